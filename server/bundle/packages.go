package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// packageSizes prints which packages the code of the WebAssembly files comes from, for
// whoever has to make one smaller. It compiles them anew, with their names left in.
func packageSizes(w io.Writer, dir string) error {
	if err := compile(dir, ""); err != nil {
		return err
	}
	for _, p := range programs {
		b, err := os.ReadFile(filepath.Join(dir, p.name+".wasm"))
		if err != nil {
			return err
		}
		m, err := readModule(b)
		if err != nil {
			return fmt.Errorf("%s.wasm: %w", p.name, err)
		}
		data, err := compressBrotli(m.data, qualityQuick)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s.wasm\n%10s %10s\n%10d %10d  data: tables of functions and types, constants\n", p.name, "bytes", "brotli", len(m.data), len(data))
		names := sortedKeys(m.code)
		slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(len(m.code[b]), len(m.code[a])) })
		for _, name := range names {
			if len(m.code[name]) < 5000 {
				continue
			}
			code, err := compressBrotli(m.code[name], qualityQuick)
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "%10d %10d  %s\n", len(m.code[name]), len(code), name)
		}
		fmt.Fprintln(w)
	}
	return nil
}

// module is what there is to know of a WebAssembly file here.
type module struct {
	data []byte
	code map[string][]byte // by package, as the linker writes its name
}

var errModule = errors.New("this is not a WebAssembly file that Go has made")

// The sections of a WebAssembly file that are looked at, and the subsection of the custom
// section "name" that names functions (WebAssembly core specification, section 5.5 and
// appendix "Custom Sections").
const (
	sectionCustom     = 0
	sectionImport     = 2
	sectionCode       = 10
	sectionData       = 11
	subsectionOfNames = 1
)

// readModule takes a file apart. It trusts the file no further than its bounds.
func readModule(b []byte) (m module, err error) {
	defer func() {
		if recover() != nil { // an index out of range: the file is cut short or no module
			err = errModule
		}
	}()
	if string(b[:4]) != "\x00asm" {
		return m, errModule
	}
	r := wasmReader{b[8:]}
	var bodies [][]byte
	names := map[uint64]string{}
	imports := uint64(0)
	for len(r.b) > 0 {
		id := r.byte()
		s := wasmReader{r.bytes()}
		switch id {
		case sectionData:
			m.data = s.b
		case sectionImport:
			for imports = s.number(); len(s.b) > 0; {
				s.bytes()
				s.bytes()
				s.byte()
				s.number()
			}
		case sectionCode:
			for s.number(); len(s.b) > 0; {
				bodies = append(bodies, s.bytes())
			}
		case sectionCustom:
			if string(s.bytes()) != "name" {
				continue
			}
			for len(s.b) > 0 {
				sub, list := s.byte(), wasmReader{s.bytes()}
				if sub != subsectionOfNames {
					continue
				}
				for list.number(); len(list.b) > 0; {
					i := list.number()
					names[i] = string(list.bytes())
				}
			}
		}
	}
	m.code = map[string][]byte{}
	for i, body := range bodies {
		p := packageOf(names[uint64(i)+imports])
		m.code[p] = append(m.code[p], body...)
	}
	if len(m.code) == 0 {
		return m, errModule
	}
	return m, nil
}

// packageOf returns the package of a function by its name. In these names everything
// that is not a letter, a digit or a dot is an underscore.
func packageOf(function string) string {
	name, _, _ := strings.Cut(function, ".")
	return name
}

type wasmReader struct{ b []byte }

func (r *wasmReader) byte() byte {
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

// number reads an unsigned LEB128 number.
func (r *wasmReader) number() (n uint64) {
	for shift := 0; ; shift += 7 {
		c := r.byte()
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return n
		}
	}
}

// bytes reads a length and as many bytes.
func (r *wasmReader) bytes() []byte {
	n := r.number()
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}
