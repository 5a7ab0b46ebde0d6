package poster

import (
	"context"
	"errors"
	"sync"

	"parley/consensus/scenario"
)

// Cache draws posters and keeps those that were asked for last. It draws few at once, so
// that nobody can keep the machine busy with pictures. It is safe for concurrent use.
type Cache struct {
	draw  func(ctx context.Context, script *scenario.Script, look Look) ([]byte, error)
	seats chan struct{} // one for each that is drawn

	mu    sync.Mutex
	kept  map[key][]byte
	order []key // those that were drawn first are forgotten first
}

type key struct {
	run  string
	look Look
}

// Bounds of a Cache.
const (
	keptMax  = 256 // some 10 MB
	drawnMax = 2
	lookMax  = 64 // bytes of a look's words
)

// NewCache returns an empty cache.
func NewCache() *Cache {
	return &Cache{draw: Draw, seats: make(chan struct{}, drawnMax), kept: map[key][]byte{}}
}

// Draw is Draw for a run that has a name of its own, the same for the same run.
func (c *Cache) Draw(ctx context.Context, run string, script *scenario.Script, look Look) ([]byte, error) {
	k := key{run, look}
	if svg, ok := c.get(k); ok {
		return svg, nil
	}
	select {
	case c.seats <- struct{}{}:
		defer func() { <-c.seats }()
	case <-ctx.Done():
		return nil, errors.New("nobody waits for it any more")
	}
	if svg, ok := c.get(k); ok { // somebody drew it meanwhile
		return svg, nil
	}
	svg, err := c.draw(ctx, script, look)
	if err == nil && len(look.T)+len(look.View)+len(look.Theme) <= lookMax {
		c.put(k, svg)
	}
	return svg, err
}

func (c *Cache) get(k key) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	svg, ok := c.kept[k]
	return svg, ok
}

func (c *Cache) put(k key, svg []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.kept[k]; ok {
		return
	}
	if len(c.order) == keptMax {
		delete(c.kept, c.order[0])
		c.order = c.order[1:]
	}
	c.kept[k] = svg
	c.order = append(c.order, k)
}
