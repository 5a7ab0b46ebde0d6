package view

import "parley/consensus"

// Speed is how fast virtual time runs beside real time: a step of a logarithmic scale
// from 1/1000 at 0 to 100 at SpeedMax, four steps a decade. It fits a range input.
type Speed int

// The scale of speeds. At SpeedDefault, 1/100, a flight of 10 to 20 ms takes one to two
// seconds on screen.
const (
	SpeedDefault Speed = 4
	SpeedMax     Speed = 20
)

// slowdowns are the denominators of the speeds below 1; from 1 on, speedups follow.
var (
	slowdowns = [12]int64{1000, 500, 300, 200, 100, 50, 30, 20, 10, 5, 3, 2}
	speedups  = [9]int64{1, 2, 3, 5, 10, 20, 30, 50, 100}
)

// fraction returns the speed as a fraction; one of the two numbers is 1.
func (v Speed) fraction() (num, den int64) {
	v = max(0, min(v, SpeedMax))
	if int(v) < len(slowdowns) {
		return 1, slowdowns[v]
	}
	return speedups[int(v)-len(slowdowns)], 1
}

// Virtual returns how much virtual time passes in so much real time.
func (v Speed) Virtual(real consensus.Duration) consensus.Duration {
	num, den := v.fraction()
	return real * consensus.Duration(num) / consensus.Duration(den)
}

// SpeedOf returns the fastest speed that is not above a pace, which is given as the
// virtual nanoseconds of a second of real time; 0 if all are.
func SpeedOf(pace uint64) Speed {
	v := SpeedMax
	for v > 0 && uint64(v.Virtual(consensus.Second)) > pace {
		v--
	}
	return v
}

// String returns the speed as people read it: "1/100×", "1×", "30×".
func (v Speed) String() string {
	num, den := v.fraction()
	if den > 1 {
		return "1/" + itoa(den) + "×"
	}
	return itoa(num) + "×"
}
