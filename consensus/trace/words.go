package trace

import "strconv"

// kindWords are the names of the kinds, as exports and transcripts have them.
var kindWords = [kinds]string{
	None: "none", Send: "send", Deliver: "deliver", Loss: "loss", Duplicate: "duplicate", Delay: "delay",
	TimerSet: "timer-set", TimerCancel: "timer-cancel", TimerFire: "timer-fire",
	Write: "write", Sync: "sync", WriteLost: "write-lost",
	Rule: "rule", Role: "role", Term: "term", Vote: "vote", Tally: "tally", Leader: "leader", Entry: "entry",
	Truncate: "truncate", Commit: "commit", Chosen: "chosen", Apply: "apply", Progress: "progress", Compact: "compact",
	Invoke: "invoke", Retry: "retry", Answer: "answer", Refuse: "refuse", GiveUp: "give-up",
	Boot: "boot", Crash: "crash", Cut: "cut", Heal: "heal", Partition: "partition", Clock: "clock",
	Dial: "dial", Option: "option", Switch: "switch", Refused: "refused", Violation: "violation",
}

// Kinds is the number of kinds of events, the unused None included: kinds are below it.
const Kinds = int(kinds)

// String returns the name of the kind: lower-case words joined by hyphens.
func (k Kind) String() string {
	if k < kinds {
		return kindWords[k]
	}
	return "kind-" + strconv.Itoa(int(k))
}

// KindNamed returns the kind with that name, and whether there is one.
func KindNamed(name string) (Kind, bool) {
	for k := Send; k < kinds; k++ {
		if kindWords[k] == name {
			return k, true
		}
	}
	return None, false
}

// String returns the name of the cause: one word.
func (c Cause) String() string {
	switch c {
	case CauseLoss:
		return "loss"
	case CauseCut:
		return "cut"
	case CausePartition:
		return "partition"
	case CauseDown:
		return "down"
	case CauseDropped:
		return "dropped"
	case CauseFull:
		return "full"
	}
	return "cause-" + strconv.Itoa(int(c))
}

// Says returns what happened, as the end of the sentence "the message was lost:".
func (c Cause) Says() string {
	switch c {
	case CauseLoss:
		return "the network lost it"
	case CauseCut:
		return "the link is cut"
	case CausePartition:
		return "a partition stands between"
	case CauseDown:
		return "the receiver is down"
	case CauseDropped:
		return "somebody dropped it"
	case CauseFull:
		return "the receiver's inbox is full"
	}
	return "for a cause that is not known here"
}
