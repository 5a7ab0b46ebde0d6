// Package sim is the World: virtual time, a network, disks, clocks, clients and
// faults, with the nodes of one cluster in the middle. It is a pure state machine.
// The same [Config] and the same actions give the same trace, byte for byte, on
// every platform and at any speed.
//
// # Time and order
//
// The World holds a queue of what will happen, ordered by virtual time and, within
// one instant, by the order in which it was put there. One step takes the first of
// them, or the next recorded action when that comes before it; an action at time t
// is done after everything that happens at t. Everything a step does becomes events
// of package trace.
//
// # Nodes
//
// The World does not know where an engine runs. It hands out [Work], one input for
// one node, and takes the effects back; a [Host] stands in between. The host of
// [New] keeps the engines in memory and answers at once. A live room lets somebody
// else carry the inputs, through [World.Next] and [World.Complete]. Handing work out
// leaves no trace; all that follows from it happens when it comes back, one after the
// other and in the queue's order. But inputs of different nodes that lie closer together
// than the shortest flight of a message cannot depend on one another: [World.Foresee]
// tells of those that are certain before their turn has come, so that several nodes can
// be at work at once and the trace is still that of one after the other.
//
// A node with a write outstanding is busy: what arrives waits in its inbox, and the
// effects of the step that wrote are released when the write is durable. So whatever
// the trace shows of a node is true of its disk.
//
// # Randomness
//
// Nothing is drawn from a common stream. Each number is a hash of the seed, of what
// it is for and of a count that belongs to it alone: the fate of the seventh message
// from N1 to N2 depends on nothing else. So turning one dial does not reshuffle the
// rest of a run.
//
// # Time travel
//
// [World.Clone] is cheap. [History] keeps clones of a run as it goes and returns the
// World of any moment of it by running on from the nearest one.
package sim
