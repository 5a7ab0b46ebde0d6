//go:build js

package kvstore

import (
	"strings"

	"github.com/syumai/workers/cloudflare/kv"
)

// Workers returns the namespace that a Worker's binding of this name is for.
func Workers(binding string) (Namespace, error) {
	ns, err := kv.NewNamespace(binding)
	if err != nil {
		return nil, err
	}
	return workers{ns}, nil
}

type workers struct{ ns *kv.Namespace }

// missing is what the library makes of the null that stands for no value. No link is
// written so.
const missing = "<null>"

// Get returns the value under a key.
func (w workers) Get(key string) (string, error) {
	value, err := w.ns.GetString(key, nil)
	if err == nil && value == missing {
		err = ErrNone
	}
	return value, err
}

// Put writes the value under a key.
func (w workers) Put(key, value string) error {
	err := w.ns.PutString(key, value, nil)
	if err != nil && strings.Contains(err.Error(), "limit exceeded") { // of a day's writes
		return ErrFull
	}
	return err
}
