// Package house holds the tests of the house as a whole, which belong to no room: who
// may import whom, and what code that must behave the same everywhere keeps away from.
// Each rule stands in a table with its reason, and the reason is in the failure.
package house
