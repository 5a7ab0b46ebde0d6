// Package wasm reads WebAssembly files that Go has made, and rewrites their code where
// Go's compiler leaves it slow and large; see Direct.
//
// The format is that of the WebAssembly core specification, section 5.
package wasm

import "errors"

// ErrModule says that a file is cut short or is no WebAssembly module of Go.
var ErrModule = errors.New("this is not a WebAssembly file that Go has made")

// The sections of a module that are looked at, by their IDs.
const (
	SectionCustom = 0
	SectionImport = 2
	SectionCode   = 10
	SectionData   = 11
)

// Reader reads what a module is made of from the front of B. Beyond the end of B its
// methods panic.
type Reader struct{ B []byte }

// Sections returns a reader of the sections of a module: for each, its ID as a Byte and
// its content as Bytes.
func Sections(module []byte) (Reader, error) {
	if len(module) < headSize || string(module[:4]) != "\x00asm" {
		return Reader{}, ErrModule
	}
	return Reader{module[headSize:]}, nil
}

// headSize is the size of a module's magic number and version in bytes.
const headSize = 8

// Byte reads a byte.
func (r *Reader) Byte() byte {
	c := r.B[0]
	r.B = r.B[1:]
	return c
}

// Number reads an unsigned LEB128 number.
func (r *Reader) Number() (n uint64) {
	for shift := 0; ; shift += 7 {
		c := r.Byte()
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return n
		}
	}
}

// Signed reads a signed LEB128 number.
func (r *Reader) Signed() (n int64) {
	for shift := 0; ; {
		c := r.Byte()
		n |= int64(c&0x7f) << shift
		if shift += 7; c < 0x80 {
			if c&0x40 != 0 && shift < 64 {
				n |= -1 << shift
			}
			return n
		}
	}
}

// Bytes reads a length and as many bytes.
func (r *Reader) Bytes() []byte {
	n := r.Number()
	b := r.B[:n]
	r.B = r.B[n:]
	return b
}
