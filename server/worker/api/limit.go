//go:build js

package main

import (
	"syscall/js"
	"time"

	"github.com/syumai/workers/cloudflare"
)

// limit is a visitor.Limiter on a binding for rate limits. How many there may be in which time
// stands in wrangler.jsonc; the counts are kept near to the visitor, not in this instance.
type limit struct{ binding string }

// limitWait is what one who has made too many is told to wait: the longest period that a
// binding can have.
const limitWait = time.Minute

// Take counts one more. When the counter does not answer, the visitor may.
func (l limit) Take(client string) time.Duration {
	b := cloudflare.GetBinding(l.binding)
	if !b.Truthy() {
		return 0
	}
	key := js.Global().Get("Object").New()
	key.Set("key", client)
	answer := make(chan bool, 1)
	done := js.FuncOf(func(_ js.Value, args []js.Value) any {
		answer <- args[0].Get("success").Bool()
		return nil
	})
	defer done.Release()
	failed := js.FuncOf(func(js.Value, []js.Value) any {
		answer <- true
		return nil
	})
	defer failed.Release()
	b.Call("limit", key).Call("then", done, failed)
	if <-answer {
		return 0
	}
	return limitWait
}
