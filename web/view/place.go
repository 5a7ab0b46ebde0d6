package view

import (
	"parley/consensus"
	"parley/consensus/trace"
)

// Place returns where a message is at time t: 0 at the sender, 1 at the receiver.
func Place(f *trace.Flight, t consensus.Time) float64 { return float64(f.Place(t)) / trace.Whole }

// Left returns the share of a timer's span that is left at time t, from 1 down to 0.
func Left(timer trace.Timer, t consensus.Time) float64 {
	return float64(timer.Left(t)) / trace.Whole
}
