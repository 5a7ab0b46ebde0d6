package main

import (
	"net/url"
	"testing"
)

// TestOnePoster holds that the headless command draws the picture that the server does: an
// author who keeps a picture beside the article has the one that the figure would fetch.
func TestOnePoster(t *testing.T) {
	s := linkServer(t, "", defaultLinks())
	for _, name := range []string{"raft-leader-crash", "synod-duelling"} {
		for _, look := range [][2]string{{}, {"t", "m2"}, {"t", "e40"}, {"t", "0.31s"}} {
			for _, view := range []string{"", "ring", "logs", "diagram"} {
				for _, theme := range []string{"", "dark"} {
					q, args := url.Values{}, []string{"export"}
					for _, pair := range [][2]string{look, {"view", view}, {"theme", theme}} {
						if pair[1] != "" {
							q.Set(pair[0], pair[1])
							args = append(args, "-"+pair[0], pair[1])
						}
					}
					_, want := fetch(t, "GET", s.URL+"/s/"+name+".svg?"+q.Encode(), "")
					if got := parley("", append(args, "#s="+name)...); got.status != 0 || got.stdout != want {
						t.Errorf("%q of %s: %d bytes, %s; the server draws %d bytes", args, name, len(got.stdout), got.stderr, len(want))
					}
				}
			}
		}
	}
}
