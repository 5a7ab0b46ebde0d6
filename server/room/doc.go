// Package room holds the rules of a live room: one World, whose nodes run in browser
// tabs, and who may do what to it. It is pure. It knows no clock, socket, goroutine or
// file: whoever hosts it says what time it is and what came from which connection, and
// carries out what follows. So two relays can host the same rooms, and a test can play a
// lesson of an hour in no time.
//
// # How to host a room
//
// A Room is made by New or Restore and is driven by one goroutine. Each call is one thing
// that happened: Connect, Receive, Heard, Drained, Disconnect, Tick. After it, in this
// order: what Unsaved returns is stored, unless it is nil; what Outs returns is carried
// out; the clock is set for what Next returns. A host that stores first and sends then can
// be killed at any moment: what anybody was shown is in the store, or follows from it.
// When Over reports true, all connections that are left are closed with CloseNoRoom and the
// room is dropped from memory and store.
//
// Outs of one peer are to be written in their order. Frames are shared between peers and
// must not be changed. A peer whose queue grows beyond what the host can bear is to be
// closed with 1013; the trace that a latecomer needs is handed out piece by piece, as
// Drained says that the piece before was written, and never fills a queue.
//
// # The conversation
//
// The frames are those of packages hosting and frame. A tab's first frame is Hello. Its
// answer is, in this order: Joined, Room, Opened if the tab has nothing of the trace
// (Hello.Texts is 0, or what it says that it has cannot be of this room), and what it lacks
// of the trace: Events, and each Did in front of the events that follow from it; then a
// Head. A tab that resumes gets its open Work again, or Quiet work first if the relay went
// on without it. A tab that lacks the engine is sent Wanted, and closed with 1000.
package room
