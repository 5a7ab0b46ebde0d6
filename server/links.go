package main

import (
	"errors"
	"flag"
	"fmt"
	"time"

	"parley/server/api"
	"parley/server/links"
	"parley/server/links/boltstore"
	"parley/server/site"
	"parley/server/visitor"
)

// linkOptions are the flags of short links.
type linkOptions struct {
	url   string
	proxy bool
	burst int
	every time.Duration
	space int64 // MiB
}

func (o *linkOptions) add(f *flag.FlagSet) {
	f.StringVar(&o.url, "url", "", "`URL` by which visitors reach the site, for links that leave it: https://parley.example. Without it that is what they asked for")
	f.BoolVar(&o.proxy, "behind-proxy", false, "requests come through a reverse proxy: its X-Forwarded-For and X-Forwarded-Proto are believed")
	f.IntVar(&o.burst, "link-burst", 20, "how `MANY` short links a visitor may make at once")
	f.DurationVar(&o.every, "link-every", 30*time.Second, "`TIME` after which such a visitor may make one more")
	f.Int64Var(&o.space, "link-space", 1024, "`MiB` that all short links may take together")
}

func (o *linkOptions) check() error {
	if o.url != "" && !isOrigin(o.url) {
		return fmt.Errorf("-url %q is not the beginning of an address, for example https://parley.example", o.url)
	}
	switch {
	case o.burst < 1 || o.burst > 10_000:
		return fmt.Errorf("-link-burst is a number from 1 to 10000, not %d", o.burst)
	case o.every <= 0 || o.every > 24*time.Hour:
		return fmt.Errorf("-link-every is more than 0 and at most 24h, not %s", o.every)
	case o.space < 1 || o.space > 1<<20:
		return fmt.Errorf("-link-space is a number from 1 to %d (MiB), not %d", 1<<20, o.space)
	}
	return nil
}

// open returns what answers for short links and embeds, and what ends it. Without a data
// folder there are no short links.
func (o *linkOptions) open(data string, pages *site.Site) (h *links.Handler, end func() error, err error) {
	end = func() error { return nil }
	c := links.Config{
		Page: pages.File("index.html"), Embed: pages.File("embed.html"),
		Address: visitor.Address{Origin: o.url}, Limit: &visitor.Limit{Burst: o.burst, Every: o.every},
	}
	if o.proxy {
		c.Client = visitor.ByForwarded
		c.Address.Scheme = visitor.SchemeForwarded
	}
	if data != "" {
		store, err := boltstore.Open(data, o.space<<20)
		if err != nil {
			return nil, end, err
		}
		c.Store, end = store, store.Close
	}
	h, err = api.Links(c)
	if err != nil {
		err = errors.Join(err, end())
	}
	return h, end, err
}
