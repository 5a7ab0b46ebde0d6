// Package replay is how a run is kept and sent: a Recording, its binary form, its link
// and its readable text. A Recording holds no trace. It is what the run follows from
// (the epochs of what behaved, the setup, the actions) and digests of what happened, so
// that whoever runs it again knows whether it is the same run; package rerun does that.
//
// # Forms
//
// The link is described in link.go, the binary form in it in binary.go, the text in
// text.go. A link keeps the first two hexadecimal digits of the digest at each action (of
// many actions, one) and all of that at the end: a run that differs is always found out,
// and the action from which on it does is told one too late in 1 of 256 (16) cases. The
// text keeps all digits that are known.
//
// # Epochs
//
// A recording names the behaviour epoch of its engine and that of the World. What is not
// said in it is as it was by default in that epoch of the World (see epoch.go), for ever.
package replay

import (
	"errors"
	"strconv"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
)

// KnownMax is how many hexadecimal digits a digest has.
const KnownMax = 16

// Recording is a run: what it follows from, and what came out.
type Recording struct {
	Epochs Epochs
	Script scenario.Script

	// End is the moment up to which the run was recorded, not before any action.
	End consensus.Time
	// Digest is that of all events up to and at End.
	Digest trace.Digest
	// Checks holds a digest for each action: of all events up to that of the action.
	Checks []trace.Digest
	// Known is how many of the 16 hexadecimal digits of the Checks are known, from the
	// first on; at least 1. The others are zero.
	Known int
}

// Epochs says which behaviour a run has.
type Epochs struct {
	Engine uint32 // consensus.Protocol.Epoch
	World  uint32 // sim.Epoch
}

// String returns the epochs as the text form has them: "epoch 1 world 1".
func (e Epochs) String() string {
	return "epoch " + strconv.FormatUint(uint64(e.Engine), 10) + " world " + strconv.FormatUint(uint64(e.World), 10)
}

// Validate refuses a recording that is out of its bounds, with a sentence that says what
// is wrong.
func (r *Recording) Validate() error {
	if r.Epochs.Engine == 0 || r.Epochs.World == 0 {
		return errors.New("a recording names its epochs, which are counted from 1")
	}
	if _, err := r.Epochs.defaults(); err != nil {
		return err
	}
	if err := r.Script.Validate(); err != nil {
		return err
	}
	if r.End < 0 || r.End > scenario.RunMax {
		return errors.New("a run lasts 0s to " + scenario.FormatSpan(scenario.RunMax) + ", not " + scenario.FormatSpan(r.End))
	}
	if n := len(r.Script.Actions); n > 0 && r.Script.Actions[n-1].At > r.End {
		return errors.New("the recording ends at " + scenario.FormatSpan(r.End) + ", before its last action")
	}
	if len(r.Checks) != len(r.Script.Actions) {
		return errors.New("there are " + strconv.Itoa(len(r.Script.Actions)) + " actions and " + strconv.Itoa(len(r.Checks)) + " digests at them")
	}
	if r.Known < 1 || r.Known > KnownMax {
		return errors.New("1 to 16 digits of the digests at the actions are known, not " + strconv.Itoa(r.Known))
	}
	for _, d := range r.Checks {
		if d != trimmed(d, r.Known) {
			return errors.New("a digest has digits that are said not to be known")
		}
	}
	return nil
}

// Agrees reports whether the run had this digest at action i, counted from 0, as far as
// that is known.
func (r *Recording) Agrees(i int, d trace.Digest) bool { return r.Checks[i] == trimmed(d, r.Known) }

// Trim returns the recording with no more than so many digits of its checks known.
func (r Recording) Trim(known int) Recording {
	if known >= r.Known {
		return r
	}
	checks := make([]trace.Digest, len(r.Checks))
	for i, d := range r.Checks {
		checks[i] = trimmed(d, known)
	}
	r.Checks, r.Known = checks, known
	return r
}

// trimmed returns a digest of which so many digits are known.
func trimmed(d trace.Digest, known int) trace.Digest { return d >> (64 - 4*known) << (64 - 4*known) }
