// Package paxos is Paxos, twice: the Synod protocol, which decides each slot on its
// own, and Multi-Paxos, which builds a replicated state machine with a stable leader
// on it. Sections named in comments are sections of
//
//   - Leslie Lamport, "Paxos Made Simple", 2001;
//   - Robbert van Renesse and Deniz Altınbüken, "Paxos Made Moderately Complex", ACM
//     Computing Surveys 47(3), 2015;
//   - Heidi Howard, Dahlia Malkhi and Alexander Spiegelman, "Flexible Paxos: Quorum
//     Intersection Revisited", 2016.
//
// The second paper is cited as ACM printed it; the report of the same name of 2011 numbers
// its figures differently, and its acceptor is another one.
//
// Every demand that the papers make is one small function with its guard first, and one
// row of the table of rules: the row tells what the paper demands, which invariant
// stands on it, and what happens without it. Some rules can be switched off; the code
// of each then does what somebody does who forgot it.
//
// Where to look:
//
//	ballot.go          ballots, and why no two proposers share one
//	quorum.go          quorums of both phases             Flexible Paxos
//	replica.go         what both algorithms share: learning, executing, answering
//	log.go             the slots in memory
//	disk.go            what stands on disk, and how       Paxos Made Simple, 2.5
//	message.go         the bytes of messages
//
//	synod.go           a node of Synod, and Step, which hands each input on
//	synod_proposer.go  phases 1a and 2a, back-off         Paxos Made Simple, 2.2, 2.4
//	synod_acceptor.go  phases 1b and 2b                   Paxos Made Simple, 2.2
//	synod_learner.go   learning and finding out           Paxos Made Simple, 2.3
//	synod_forget.go    forgetting old decisions
//	synod_client.go    commands, and requests for a slot  Paxos Made Simple, 3
//
//	multi.go           a node of Multi-Paxos, and Step
//	multi_phase1.go    becoming the leader                Paxos Made Simple, 3
//	multi_phase2.go    leading: one round trip a slot
//	multi_follower.go  following a leader, catching up
//	multi_client.go    requests and redirects
//
//	rules.go           the table of the shared rules; synod_rules.go and multi_rules.go
//	                   have the others
//	protocol.go        everything else that the two tell about themselves
//	code.go            the pseudocode
//	words.go           the words of the legend, and the headlines
//	inspect.go         what people and checkers may see
package paxos
