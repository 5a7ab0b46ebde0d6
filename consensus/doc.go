// Package consensus is the contract between a consensus algorithm and the world
// it lives in.
//
// An algorithm is an [Engine]: a state machine that takes one [Input] at a time
// and answers with [Effects]. It has no clock, no socket, no goroutine and no
// randomness but its own seeded stream, so the same inputs give the same effects
// on every platform. Whoever runs an engine (the simulated World of package sim,
// a live room, a test) is its host, and the host keeps three promises:
//
//  1. It gives inputs one at a time and takes all effects before it gives the next.
//  2. It appends Effects.Write to the node's disk, and waits until that is durable,
//     before anything else of the same Effects leaves the node or becomes visible
//     to anybody; unless the engine says Loose. While the disk is busy the node
//     takes no other input.
//  3. After a crash it makes a new engine and starts it (InputStart) from what was
//     durable, possibly with a torn tail of the last write.
//
// What an algorithm wants people to know about itself is data: a [Protocol] with
// its rules, invariants, messages, roles, timers, options and pseudocode. The page
// draws from that and never imports an engine.
package consensus
