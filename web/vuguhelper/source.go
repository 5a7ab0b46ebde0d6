package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The page is built with a copy of Vugu's packages that is made here, by rules, from the
// module's own source, as the script is. Two things are different in it:
//
//   - In place of fmt stands package plainfmt. Vugu formats the messages of panics and
//     the numbers in positions; fmt, and what comes along with it (os, time, the tables
//     of reflection), is a twentieth of all that a visitor downloads.
//   - The files in dropped are not there.
//
// Nothing else changes, and nothing of it is in this repository. The Go source is pinned
// as a whole.

// sourcePin is the SHA-256 of the names and the texts of the files of sourceFolders.
const sourcePin = "4d5dccc889b7605e3da5a1bbeb9c8bf88ca8214a769845eddda283f59957b896"

// sourceFolders are the packages that the page is built with.
var sourceFolders = []string{".", "domrender", "js"}

// dropped are files that nothing in the page needs: they make new keys for components,
// which vugugen does, and bring in package time and a source of random numbers.
var dropped = map[string]bool{"comp-key.go": true}

const (
	fmtImport   = "\"fmt\"\n"
	plainImport = "fmt \"parley/web/vuguhelper/plainfmt\"\n"
)

// writeModule writes the copy to a folder inside this module, and beside it, with the
// endings .mod and .sum, what go build -modfile needs to build with it.
func writeModule(dir string) error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	files, sum, err := readSource(root)
	if err != nil {
		return err
	}
	if sum != sourcePin {
		return fmt.Errorf("the Go source of Vugu has changed: its SHA-256 is %s, pinned is %s.\n"+
			"Read what changed in it, see that web/vuguhelper/plainfmt has what it formats with, then renew the sum in web/vuguhelper/source.go", sum, sourcePin)
	}
	out := map[string][]byte{}
	for name, text := range files {
		if !dropped[name] {
			out[filepath.Join(dir, name)] = withPlainFmt(text)
		}
	}
	for file, from := range map[string]string{filepath.Join(dir, "go.mod"): filepath.Join(root, "go.mod"), dir + ".mod": "go.mod", dir + ".sum": "go.sum"} {
		if out[file], err = os.ReadFile(from); err != nil {
			return err
		}
	}
	out[dir+".mod"] = fmt.Appendf(out[dir+".mod"], "\nreplace github.com/vugu/vugu => ./%s\n", filepath.ToSlash(filepath.Clean(dir)))
	return writeAll(out)
}

// readSource reads the Go files of Vugu's packages, and the sum over them.
func readSource(root string) (files map[string][]byte, sum string, err error) {
	files = map[string][]byte{}
	h := sha256.New()
	for _, folder := range sourceFolders {
		names, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
		if err != nil {
			return nil, "", err
		}
		for _, file := range names { // Glob sorts them
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, "", err
			}
			name := filepath.Join(folder, filepath.Base(file))
			files[name] = text
			fmt.Fprintf(h, "%s %d\n%s", filepath.ToSlash(name), len(text), text)
		}
	}
	return files, hex.EncodeToString(h.Sum(nil)), nil
}

// withPlainFmt exchanges the import of fmt.
func withPlainFmt(text []byte) []byte {
	for _, before := range []string{"\n\t", "\nimport "} {
		text = bytes.Replace(text, []byte(before+fmtImport), []byte(before+plainImport), 1)
	}
	return text
}

// writeAll writes the files that are not there as they should be: somebody else may be
// building with them.
func writeAll(files map[string][]byte) error {
	for file, text := range files {
		if was, err := os.ReadFile(file); err == nil && bytes.Equal(was, text) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// moduleRoot returns the folder of the Vugu module that this module builds with.
func moduleRoot() (string, error) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/vugu/vugu").Output()
	if err != nil {
		return "", fmt.Errorf("find the Vugu module: %w", err)
	}
	root := strings.TrimSpace(string(dir))
	if root == "" {
		return "", fmt.Errorf("find the Vugu module: not downloaded; run 'go mod download'")
	}
	return root, nil
}
