package sim

// Marks returns the numbers of events at the checkpoints of a History, for tests.
func (h *History) Marks() (at []int) {
	for _, m := range h.marks {
		at = append(at, m.Events())
	}
	return at
}

// Kept returns for how many events a World has memory, for tests.
func (w *World) Kept() int { return cap(w.tape.events) }
