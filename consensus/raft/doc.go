// Package raft is the Raft consensus algorithm as the extended version of the paper
// tells it: Diego Ongaro and John Ousterhout, "In Search of an Understandable
// Consensus Algorithm (Extended Version)", 2014. Sections named in comments are
// sections of that paper; "thesis" is Ongaro's "Consensus: Bridging Theory and
// Practice", 2014.
//
// A [Raft] is one server. Its state is the state of the paper's Figure 2, and every
// demand that the figure or section 5 makes of a server is one small function with
// its guard first, and one row of the table of rules: the row tells what the paper
// demands, which invariant stands on it, and what happens without it. Some rules can
// be switched off; the code of each then does what somebody does who forgot it.
//
// Where to look:
//
//	raft.go         the server's state, and Step, which hands each input on
//	election.go     terms, timeouts and votes               sections 5.1, 5.2, 5.4.1
//	replication.go  AppendEntries, from both sides          section 5.3
//	progress.go     what a leader knows of one follower
//	commit.go       when entries are committed and applied  sections 5.3, 5.4.2
//	client.go       requests, redirects, answers            section 8
//	persist.go      what stands on disk, and how            Figure 2, section 5.5
//	log.go          the log in memory
//	message.go      the bytes of messages
//	options.go      the numbers that a visitor may set
//	rules.go        the table of rules
//	protocol.go     everything else that raft tells about itself
//	code.go         the pseudocode
//	inspect.go      what people and checkers may see
//
// What the paper or the thesis has beyond this has its place:
//
//   - PreVote (thesis 9.6) is a phase before startElection in election.go, with a role
//     of its own behind Leader and two kinds of messages behind the present ones.
//   - CheckQuorum and leases (thesis 6.2, 6.4.1) are a time in progress, of the
//     follower's last answer, that the leader looks at on its heartbeat timer.
//   - Reads that do not go through the log (section 8, thesis 6.4) branch off at
//     Raft.request in client.go and wait for a round of heartbeats.
//   - Membership changes (section 6, thesis 4) are entries whose Client is None and
//     whose Command is not empty; Raft.nodes and Raft.quorum are all that asks who
//     belongs to the cluster.
//   - Snapshots (section 7) are a record kind of the disk, an InstallSnapshot message,
//     and a base index in log, which is all that knows where index 1 lies.
package raft
