package main

import (
	"bytes"
	"encoding/binary"
	"errors"

	"parley/server/bundle/wasm"
)

// Go keeps in each program which line of which file every place in its code comes from, for
// those who read the stack of a crash. That is a fourteenth of what a visitor downloads, and
// who has the sources finds the line without: a stack still names its functions, with the
// place in each of them, and the same sources give the same program (go run ./server/bundle
// -packages makes it with everything left in).
//
// The tables are those of runtime/symtab.go: pcHeader, _func, and pcvalue for the form of a
// single one. A function without a table of files and lines, which is written as 0, has the
// line "?:0"; so it is with functions of assembly, and the runtime asks no further.

var errLines = errors.New("its tables of lines are not as Go 1.26 writes them (compare server/bundle/lines.go with pcHeader and _func in runtime/symtab.go)")

// What pcHeader begins with on a 64-bit platform where code is counted in bytes: the magic
// number of Go 1.20 and later, two bytes of padding, the size of the smallest instruction
// and that of a pointer.
var headerMagic = []byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8}

// Where things are in pcHeader and _func, in bytes.
const (
	headerFuncs   = 8
	headerFiles   = 32 + 8
	headerTables  = 32 + 24
	headerEntries = 32 + 32
	headerSize    = 32 + 40

	funcStacks    = 16
	funcFiles     = 20
	funcLines     = 24
	funcTables    = 28
	funcUnit      = 32
	funcFirstLine = 36
	funcSize      = 44
)

// withoutLines returns a program without its tables of files and lines. What it leaves are
// zeros, which compress to nothing.
func withoutLines(program []byte) ([]byte, error) {
	stripped := bytes.Clone(program)
	image, segments, err := imageOf(stripped)
	if err != nil {
		return nil, err
	}
	if err := clearLines(image); err != nil {
		return nil, err
	}
	for _, s := range segments {
		copy(s.content, image[s.address:])
	}
	return stripped, nil
}

// clearLines zeroes the tables of files and lines in the memory that a program begins with.
func clearLines(image []byte) (err error) {
	defer func() {
		if recover() != nil { // an index out of range: the tables are not what they seem
			err = errLines
		}
	}()
	at := bytes.Index(image, headerMagic)
	if at < 0 || bytes.Contains(image[at+1:], headerMagic) {
		return errLines
	}
	t, err := readLineTables(image[at:])
	if err != nil {
		return err
	}
	t.clear()
	return nil
}

// segment is a stretch of a program's memory, and its content in the file.
type segment struct {
	address uint64
	content []byte
}

// imageOf returns the memory that a program begins with, and what it is put together from.
func imageOf(program []byte) (image []byte, segments []segment, err error) {
	defer func() {
		if recover() != nil { // an index out of range: the file is cut short or no module
			image, segments, err = nil, nil, wasm.ErrModule
		}
	}()
	r, err := wasm.Sections(program)
	if err != nil {
		return nil, nil, err
	}
	end := uint64(0)
	for len(r.B) > 0 {
		id := r.Byte()
		s := wasm.Reader{B: r.Bytes()}
		if id != wasm.SectionData {
			continue
		}
		for n := s.Number(); n > 0; n-- {
			// An active segment of memory 0 at a constant: i32.const, the address, end.
			if s.Number() != 0 || s.Byte() != 0x41 {
				return nil, nil, wasm.ErrModule
			}
			address := s.Number()
			if s.Byte() != 0x0b || address > 1<<30 {
				return nil, nil, wasm.ErrModule
			}
			segments = append(segments, segment{address, s.Bytes()})
			end = max(end, address+uint64(len(segments[len(segments)-1].content)))
		}
	}
	image = make([]byte, end)
	for _, s := range segments {
		copy(image[s.address:], s.content)
	}
	return image, segments, nil
}

// lineTables is what the runtime knows of the functions of a program.
type lineTables struct {
	files  []byte // the names of files, and which of them each package uses
	tables []byte // of all functions, one after the other; several may share one
	funcs  [][]byte
}

func readLineTables(b []byte) (t lineTables, err error) {
	offset := func(at int) uint64 { return binary.LittleEndian.Uint64(b[at:]) }
	n, files, tables, entries := offset(headerFuncs), offset(headerFiles), offset(headerTables), offset(headerEntries)
	if files < headerSize || files > tables || tables > entries || n == 0 || n > entries {
		return t, errLines
	}
	t.files, t.tables = b[files:tables], b[tables:entries]
	last := uint32(0)
	for i := range n {
		entry := b[entries+8*i:]
		if code := binary.LittleEndian.Uint32(entry); code < last {
			return t, errLines
		} else {
			last = code
		}
		f := b[entries+uint64(binary.LittleEndian.Uint32(entry[4:])):]
		t.funcs = append(t.funcs, f[:funcSize+4*int(binary.LittleEndian.Uint32(f[funcTables:]))])
	}
	return t, nil
}

// clear zeroes what says from where code comes, and keeps all else: how large the frames
// on the stack are, and where pointers are in them.
func (t *lineTables) clear() {
	kept := make([]bool, len(t.tables))
	keep := func(at []byte) {
		start := int(binary.LittleEndian.Uint32(at))
		for i := range tableSize(t.tables, start) {
			kept[start+i] = true
		}
	}
	for _, f := range t.funcs {
		keep(f[funcStacks:])
		for other := funcSize; other < len(f); other += 4 {
			keep(f[other:])
		}
		for _, field := range [...]int{funcFiles, funcLines, funcUnit, funcFirstLine} {
			clear(f[field : field+4])
		}
	}
	for i := range t.tables {
		if !kept[i] {
			t.tables[i] = 0
		}
	}
	clear(t.files)
}

// tableSize returns the size in bytes of the table that begins at start: pairs of how much
// the value goes up (zigzag) and for how much of the code, until a 0 that is not the first.
// There is none at 0.
func tableSize(tables []byte, start int) int {
	if start == 0 {
		return 0
	}
	r := wasm.Reader{B: tables[start:]}
	for first := true; r.Number() != 0 || first; first = false {
		r.Number()
	}
	return len(tables) - start - len(r.B)
}
