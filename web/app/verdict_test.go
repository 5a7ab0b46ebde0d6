package app

import (
	"strings"
	"testing"

	"parley/consensus"
	"parley/web/view"
)

// The reason is what made the larger part of the difference.
func TestVerdictsGiveTheReason(t *testing.T) {
	const ms = consensus.Millisecond
	after := func(leader, asked, served consensus.Duration) *view.Figures {
		return &view.Figures{LeaderAfter: leader, AskedAfter: asked, ServedAgainIn: served}
	}
	const none = -1
	for name, c := range map[string]struct {
		x, y *view.Figures
		want string
	}{
		"y had no leader when x was asked": {after(180*ms, 200*ms, 240*ms), after(400*ms, 500*ms, 540*ms),
			"Clients of Y waited for a leader: it had one after 400\u202fms, X after 180\u202fms."},
		"x needs no leader": {after(none, 100*ms, 180*ms), after(300*ms, 400*ms, 440*ms),
			"in X any node may propose"},
		"the client of y asked a wrong node first": {after(180*ms, 200*ms, 240*ms), after(190*ms, 320*ms, 360*ms),
			"the client of Y came to the right node later: after 320\u202fms, and in X after 200\u202fms"},
		"the same question, another way": {after(180*ms, 500*ms, 540*ms), after(220*ms, 500*ms, 580*ms),
			"Both had a leader before the client asked, after 180\u202fms and 220\u202fms. From the question on it took 40\u202fms and 80\u202fms."},
		"asked before there was a leader": {after(180*ms, 170*ms, 240*ms), after(220*ms, 170*ms, 280*ms),
			"The client asked after 170\u202fms and 170\u202fms."},
		"at once": {after(180*ms, 200*ms, 240*ms), after(190*ms, 190*ms, 240*ms), ""},
	} {
		got := because("X", "Y", c.x, c.y)
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
