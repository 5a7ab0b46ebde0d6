package scene

// LaneAt is for the tests that stand outside, since real nodes may not be imported here.
var LaneAt = Lane.at
