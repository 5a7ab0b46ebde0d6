package replay

// Binary is the binary form, for tests outside.
func Binary(r *Recording) (body, noise []byte) { return r.binary() }

// DecodeBinary reads it.
func DecodeBinary(body, noise []byte) (Recording, error) { return decodeBinary(body, noise) }
