package view_test

import (
	"strings"
	"testing"

	"parley/consensus"
	"parley/web/view"
)

// A cluster that refuses the quorums it was given says so as it starts.
func TestQuorumsThatAreRefusedAtTheStartAreTold(t *testing.T) {
	r := newRun(t, "engine multipaxos\nnodes 3\noption phase1-quorum 1\noption phase2-quorum 1\n")
	r.until(400 * ms)
	refused := 0
	for _, line := range r.store.Feed(r.end(), view.FeedQuery{Before: 100}) {
		if line.T == 0 && strings.Contains(line.Text, "refuses quorums of 1 for phase 1 and 1 for phase 2") {
			refused++
		}
	}
	if refused != 3 {
		t.Errorf("%d of 3 nodes tell that they refuse their quorums", refused)
	}
}

// The size of a quorum that is set but not in effect says why; with the rule off that
// quorums meet, what is set is in effect.
func TestQuorumsThatAreNotInEffectSayWhy(t *testing.T) {
	r := newRun(t, "engine multipaxos\nnodes 5\nseed 1\n"+
		"at 100ms option phase1-quorum 1\n"+
		"at 200ms option phase2-quorum 1\n"+
		"at 300ms option phase1-quorum 5\n"+
		"at 400ms off multipaxos.quorums-meet\n")
	r.until(500 * ms)
	lead, decide := -1, -1
	for i, o := range r.store.Protocol.Options {
		switch o.Name {
		case "phase1-quorum":
			lead = i
		case "phase2-quorum":
			decide = i
		}
	}
	const refused = "Refused: 1 of 5 cannot be, or need not meet the other quorum. In effect: 3."
	for _, c := range []struct {
		at           consensus.Time
		lead, decide string
		sizes        [2]int
	}{
		{50 * ms, "", "", [2]int{3, 3}},
		{150 * ms, "In effect: 3. A quorum of 1 takes a new run.", "In effect: 3. A quorum of 5 takes a new run.", [2]int{3, 3}},
		{250 * ms, refused, refused, [2]int{3, 3}},
		{350 * ms, "In effect: 3. A quorum of 5 takes a new run.", "In effect: 3. A quorum of 1 takes a new run.", [2]int{3, 3}},
		{450 * ms, "", "", [2]int{5, 1}},
	} {
		st := r.store.State(r.store.Moment(c.at).Events)
		if got := r.store.QuorumIssue(st, lead); got != c.lead {
			t.Errorf("at %v, phase 1: %q, want %q", c.at, got, c.lead)
		}
		if got := r.store.QuorumIssue(st, decide); got != c.decide {
			t.Errorf("at %v, phase 2: %q, want %q", c.at, got, c.decide)
		}
		if q := r.store.Quorums(st); q.Lead != c.sizes[0] || q.Decide != c.sizes[1] {
			t.Errorf("at %v the quorums in effect are %d and %d, want %v", c.at, q.Lead, q.Decide, c.sizes)
		}
	}
}
