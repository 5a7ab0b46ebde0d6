package replay

// Binary is the binary form, for tests outside.
func Binary(r *Recording) (head, body, noise []byte) { return r.binary() }

// DecodeBinary reads it.
func DecodeBinary(head, body, noise []byte) (Recording, error) {
	r, rest, err := decodeHead(head)
	if err == nil && len(rest) > 0 {
		err = &Error{Malformed, "the head goes on"}
	}
	if err == nil {
		err = r.decode(body, noise)
	}
	return r, err
}

// Newest is the code with the World's epoch after the last one that is known.
func Newest(code string) string {
	packed, err := open(code)
	if err != nil {
		panic(err)
	}
	packed[len("_raft_")] = byte(WorldEpochs) + 1
	return armour(packed)
}
