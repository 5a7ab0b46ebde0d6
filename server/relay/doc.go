// Package relay hosts live rooms on one machine: sockets, limits, a store and a clock
// around the rules of package room, which has none of these.
//
// # Who runs what
//
// Each room that is awake has one goroutine, which alone touches its rules and takes
// letters from a mailbox: what a connection sent, that one came or is gone, that a ping was
// answered. After a handful of them it stores the room if the room asks for it, and only
// then hands frames to the connections. Each connection has a goroutine that reads and one
// that writes. The room's never waits for a connection: a frame goes into the connection's
// queue, and whoever lets that grow beyond its bounds is dropped. A reader waits for its
// room when the mailbox is full, so a flood is slowed down where it comes from, and no
// other room notices.
//
// One watchdog looks at all connections every second: it sends pings, and ends those that
// do not answer, that say and hear nothing for long, or whose socket takes nothing. (A
// deadline for each write would cost a third of the relay's time.)
//
// # Sleep
//
// A room in which nobody is for a while is stored and forgotten, and restored by the first
// who comes back. So a relay that was killed comes back in the same way as one that slept.
package relay
