//go:build wasip1 && !trap

package main

// mind is for tests; see mind_trap.go.
func mind([]byte) {}
