package trace

// Watcher looks at every event of a run as it happens and may report that an
// invariant broke. Whoever runs a World gives it one; the checks of package check
// are one.
type Watcher interface {
	// Observe takes the next event, which must not be kept, and calls report with a
	// Violation for each invariant that broke with it. The World fills in the time.
	Observe(e *Event, report func(Event))
	// Clone returns an independent copy that goes on from the same events.
	Clone() Watcher
}
