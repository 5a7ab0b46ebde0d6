package sim_test

import "time"

var began = time.Now()

// processorTime returns the seconds since the program began: it has one thread, and
// that is always busy here.
func processorTime() float64 { return time.Since(began).Seconds() }
