package sim

import (
	"parley/consensus"
	"parley/consensus/scenario"
)

// clock is a node's own clock: at the World's time base it read local, and since then
// it runs fast (or slow) by drift parts per million. The zero value is exact.
type clock struct {
	base, local consensus.Time
	drift       int64
}

// read returns what the clock shows at the World's time t, which must not be before
// base. With times up to scenario.RunMax and drift up to scenario.DriftMax no product
// leaves 64 bits.
func (c *clock) read(t consensus.Time) consensus.Time {
	d := t - c.base
	return c.local + d + consensus.Time(int64(d)*c.drift/scenario.Million)
}

// worldly returns how long the World has to wait until d has passed on the clock,
// rounded up.
func (c *clock) worldly(d consensus.Duration) consensus.Duration {
	if c.drift == 0 {
		return d
	}
	rate := consensus.Duration(scenario.Million + c.drift)
	return (d*scenario.Million + rate - 1) / rate
}

// own returns how much passes on the clock while d passes in the World, rounded down.
func (c *clock) own(d consensus.Duration) consensus.Duration {
	return d + consensus.Duration(int64(d)*c.drift/scenario.Million)
}
