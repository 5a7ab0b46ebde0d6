package scene

import (
	"strings"

	"parley/consensus"
)

// short returns the few letters that stand beside a message of a kind.
func short(p *consensus.Protocol, kind uint8) string {
	if p != nil {
		for i := range p.Messages {
			if uint8(p.Messages[i].Kind) == kind {
				return p.Messages[i].Short
			}
		}
	}
	return ""
}

// Short writes a command in few letters: "set x 3" as "x=3", "get x" as "x?".
// Commands it does not know stay as they are.
func Short(command string) string {
	word, rest, _ := strings.Cut(command, " ")
	switch word {
	case "set", "put":
		if key, value, ok := strings.Cut(rest, " "); ok {
			return key + "=" + value
		}
	case "get":
		return rest + "?"
	case "del", "delete":
		return "−" + rest
	}
	return command
}
