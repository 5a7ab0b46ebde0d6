//go:build wasip1 && trap

package main

import "bytes"

// mind fails where a message asks for it, so that a test sees what becomes of the others. It
// is in no module that is deployed.
func mind(message []byte) {
	if bytes.Contains(message, []byte("fail, please")) {
		panic("it was asked for")
	}
}
