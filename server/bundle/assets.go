package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A site is built from assets, which get hashed names, and pages, which keep theirs.
type source struct {
	Assets map[string][]byte // by name, without /assets/
	Pages  map[string][]byte // by path from the root of the site
}

// collect adds the files of the folder web, and index.html beside it, to the source.
func (s *source) collect(root fs.FS) error {
	page, err := fs.ReadFile(root, "index.html")
	if err != nil {
		return err
	}
	s.Pages["index.html"] = page
	return fs.WalkDir(root, "web", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() {
			return nil
		}
		name, to := place(file, s)
		if name == "" {
			return nil
		}
		if _, twice := to[name]; twice {
			return fmt.Errorf("%s: another file is already served as %q", file, name)
		}
		to[name], err = fs.ReadFile(root, file)
		return err
	})
}

// place says what a file under web is called on the site, and where it belongs; a
// name of "" keeps it away.
func place(file string, s *source) (name string, to map[string][]byte) {
	ext := path.Ext(file)
	if rest, ok := strings.CutPrefix(file, "web/static/"); ok {
		if ext == ".go" || ext == ".md" || strings.HasSuffix(file, "_test.js") {
			return "", nil
		}
		if page, ok := strings.CutPrefix(rest, "root/"); ok {
			return page, s.Pages
		}
		return rest, s.Assets
	}
	if m := earlierFile.FindStringSubmatch(file); m != nil {
		return "engine-" + m[1], s.Assets
	}
	switch ext {
	case ".js", ".css", ".svg":
		if !strings.HasSuffix(file, "_test.js") {
			return path.Base(file), s.Assets
		}
	}
	return "", nil
}

// tellEarlier writes the engines of earlier epochs into a script, in the place of the
// comments that stand for them. Each needs the wasm_exec.js of its own toolchain beside it.
func (s *source) tellEarlier(script string) string {
	for _, name := range sortedKeys(s.Assets) {
		m := earlierAsset.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		for comment, entry := range map[string]string{ // any order: each has a place of its own
			earlierPaths:   `"/assets/` + name + `"`,
			earlierLoaders: `"/assets/engine-` + m[1] + `.js"`,
			earlierBytes:   `0 /* bytes of ` + name + ` */`,
		} {
			script = strings.ReplaceAll(script, comment, `"`+m[1]+`": `+entry+`, `+comment)
		}
	}
	return script
}

// What stands in scripts for the engines of earlier epochs.
const (
	earlierPaths   = "// engines of earlier epochs"
	earlierLoaders = "// loaders of engines of earlier epochs"
	earlierBytes   = "// bytes of engines of earlier epochs"
)

// isText reports whether references inside the file are replaced.
func isText(name string) bool {
	switch path.Ext(name) {
	case ".html", ".js", ".css", ".svg", ".json", ".webmanifest":
		return true
	}
	return false
}

var (
	reference      = regexp.MustCompile(`/assets/([A-Za-z0-9][A-Za-z0-9_./-]*[A-Za-z0-9])`)
	moduleImport   = regexp.MustCompile(`((?:\bfrom|\bimport)\s*\(?\s*)(["'])\./([A-Za-z0-9_./-]+)(["'])`)
	earlierFile    = regexp.MustCompile(`^web/engines/([a-z]+-[0-9]+\.[0-9]+\.(?:wasm|js))$`)
	earlierAsset   = regexp.MustCompile(`^engine-([a-z]+-[0-9]+\.[0-9]+)\.wasm$`)
	bytesReference = regexp.MustCompile(`\b0 /\* bytes of ([A-Za-z0-9_./-]+) \*/`)
)

// link replaces the references and returns the files of the site by their paths.
// Assets that nothing refers to are part of it too.
func (s *source) link() (map[string][]byte, error) {
	l := linker{source: s, site: map[string][]byte{}, paths: map[string]string{}}
	var problems []error
	for _, name := range sortedKeys(s.Assets) {
		_, err := l.asset(name)
		problems = append(problems, err)
	}
	for _, name := range sortedKeys(s.Pages) {
		if strings.HasPrefix(name, "assets/") {
			problems = append(problems, fmt.Errorf("%s: the folder assets of the site is for hashed names", name))
			continue
		}
		content := s.Pages[name]
		if path.Ext(name) == ".js" {
			content = squeeze(content)
		}
		text, err := l.text(name, content)
		problems = append(problems, err)
		l.site[name] = text
	}
	return l.site, errors.Join(problems...)
}

// squeeze makes a script smaller that pages elsewhere load: it leaves out indentation,
// empty lines, lines that are comments, and the ends of lines after which the language
// needs none. (So each statement of such a script has to end with a semicolon or a brace,
// and no text in it may go over several lines, unless blanks do not matter in it.)
func squeeze(script []byte) []byte {
	var b []byte
	for line := range strings.Lines(string(script)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "//") {
			continue
		}
		b = append(b, line...)
		if !strings.ContainsRune("{;,(}", rune(line[len(line)-1])) {
			b = append(b, '\n')
		}
	}
	return append(b, '\n')
}

type linker struct {
	source *source
	site   map[string][]byte
	paths  map[string]string // the hashed path of each asset that is done
	open   []string          // the assets that are being linked, each referring to the next
}

// asset returns the hashed path of an asset, from the root of the site.
func (l *linker) asset(name string) (string, error) {
	if p, ok := l.paths[name]; ok {
		return p, nil
	}
	content, ok := l.source.Assets[name]
	if !ok {
		return "", fmt.Errorf("/assets/%s is mentioned, but there is no such asset", name)
	}
	if slices.Contains(l.open, name) {
		return "", fmt.Errorf("assets refer to one another in a circle: %s -> %s", strings.Join(l.open, " -> "), name)
	}
	l.open = append(l.open, name)
	defer func() { l.open = l.open[:len(l.open)-1] }()
	content, err := l.text(name, content)
	if err != nil {
		return "", err
	}
	p := "assets/" + hashedName(name, content)
	l.paths[name], l.site[p] = p, content
	return p, nil
}

// text returns the content of a file with its references replaced.
func (l *linker) text(name string, content []byte) ([]byte, error) {
	if !isText(name) {
		return content, nil
	}
	var problems []error
	replace := func(line int, asset string) string {
		p, err := l.asset(asset)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s:%d: %w", name, line, err))
		}
		return "/" + p
	}
	lines := strings.Split(l.source.tellEarlier(string(content)), "\n")
	for i, s := range lines {
		s = moduleImport.ReplaceAllStringFunc(s, func(m string) string {
			part := moduleImport.FindStringSubmatch(m)
			return part[1] + part[2] + "/assets/" + path.Join(path.Dir(name), part[3]) + part[4]
		})
		s = reference.ReplaceAllStringFunc(s, func(m string) string {
			return replace(i+1, strings.TrimPrefix(m, "/assets/"))
		})
		s = bytesReference.ReplaceAllStringFunc(s, func(m string) string {
			asset := bytesReference.FindStringSubmatch(m)[1]
			p, err := l.asset(asset)
			if err != nil {
				problems = append(problems, fmt.Errorf("%s:%d: %w", name, i+1, err))
			}
			return strconv.Itoa(len(l.site[p])) + strings.TrimPrefix(m, "0")
		})
		lines[i] = s
	}
	return []byte(strings.Join(lines, "\n")), errors.Join(problems...)
}

// hashedName puts a hash of the content before the extension: page.0123456789ab.css.
func hashedName(name string, content []byte) string {
	sum := sha256.Sum256(content)
	ext := path.Ext(name)
	return strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
