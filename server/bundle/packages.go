package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"parley/server/bundle/wasm"
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

// subsectionOfNames is the subsection of the custom section "name" that names functions
// (WebAssembly core specification, appendix "Custom Sections").
const subsectionOfNames = 1

// readModule takes a file apart. It trusts the file no further than its bounds.
func readModule(b []byte) (m module, err error) {
	defer func() {
		if recover() != nil { // an index out of range: the file is cut short or no module
			err = wasm.ErrModule
		}
	}()
	r, err := wasm.Sections(b)
	if err != nil {
		return m, err
	}
	var bodies [][]byte
	names := map[uint64]string{}
	imports := uint64(0)
	for len(r.B) > 0 {
		id := r.Byte()
		s := wasm.Reader{B: r.Bytes()}
		switch id {
		case wasm.SectionData:
			m.data = s.B
		case wasm.SectionImport:
			for imports = s.Number(); len(s.B) > 0; {
				s.Bytes()
				s.Bytes()
				s.Byte()
				s.Number()
			}
		case wasm.SectionCode:
			for s.Number(); len(s.B) > 0; {
				bodies = append(bodies, s.Bytes())
			}
		case wasm.SectionCustom:
			if string(s.Bytes()) != "name" {
				continue
			}
			for len(s.B) > 0 {
				sub, list := s.Byte(), wasm.Reader{B: s.Bytes()}
				if sub != subsectionOfNames {
					continue
				}
				for list.Number(); len(list.B) > 0; {
					i := list.Number()
					names[i] = string(list.Bytes())
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
		return m, wasm.ErrModule
	}
	return m, nil
}

// packageOf returns the package of a function by its name. In these names everything
// that is not a letter, a digit or a dot is an underscore.
func packageOf(function string) string {
	name, _, _ := strings.Cut(function, ".")
	return name
}
