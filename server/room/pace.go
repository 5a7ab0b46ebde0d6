package room

import (
	"math/bits"

	"parley/consensus"
	"parley/consensus/frame"
)

const (
	// tickEvery is how often time passes while the room plays, and its events are told.
	tickEvery = 50 * Millisecond
	// debtMax is how much real time the World may be behind: after it had to wait it does
	// not rush.
	debtMax = 250 * Millisecond
	// hurryTime is the real time in which most of a quiet stretch passes.
	hurryTime = 350 * Millisecond
	// hurryTick bounds the real time for which a quiet stretch is hurried at once.
	hurryTick = 100 * Millisecond
)

// running reports whether time goes on of itself. It stands still where nobody looks.
func (r *Room) running() bool { return r.state == frame.Playing && !r.alone }

// virtual returns how much virtual time passes in so much real time.
func (r *Room) virtual(real Moment) consensus.Duration {
	hi, lo := bits.Mul64(uint64(max(real, 0)), r.pace)
	v, _ := bits.Div64(hi, lo, uint64(Second)) // real is below a day, pace below 2^37
	return consensus.Duration(v)
}

// reckon sets up to where the World may run by now.
func (r *Room) reckon(now Moment) {
	elapsed := min(now-r.paced, debtMax)
	r.paced = now
	if !r.running() || elapsed <= 0 {
		return
	}
	at := r.world.Now()
	r.target = min(max(r.target, at), at+r.virtual(debtMax))
	gained := r.virtual(elapsed)
	if r.hurry && r.work == nil && r.world.InFlight() == 0 {
		if next, more := r.world.Upcoming(); more {
			gained = max(gained, (next-r.target)*consensus.Duration(min(elapsed, hurryTick)/Millisecond)/consensus.Duration(hurryTime/Millisecond))
		} else if len(r.acts) == 0 {
			gained = 0 // nothing is left to happen
		}
	}
	r.target += gained
	r.lease(r.target + r.virtual(aheadReal))
}

// stand makes time stand still where it is.
func (r *Room) stand() { r.target = r.world.Now() }

// lease makes sure that the room is stored as one that may have run to time t.
func (r *Room) lease(t consensus.Time) {
	if t > r.horizon {
		r.horizon = t + r.virtual(r.c.Limits.Lease)
		r.dirty = true
	}
}
