package machine

// words splits a command at its blanks and returns how many words it has. Words
// beyond the room in into are counted, up to one, and not stored.
func words(command []byte, into *[4][]byte) int {
	n := 0
	for i := 0; i < len(command); {
		for i < len(command) && blank(command[i]) {
			i++
		}
		start := i
		for i < len(command) && !blank(command[i]) {
			i++
		}
		if start == i {
			break
		}
		if n == len(into) {
			return n + 1
		}
		into[n] = command[start:i]
		n++
	}
	return n
}

// blank reports whether c separates words. Control characters do: no answer of a
// machine then holds one, whatever a client sends.
func blank(c byte) bool { return c <= ' ' || c == 0x7f }
