// Package texts is the catalogue of everything the page says, one file a language.
// en.txt documents the format. A further language is a further file beside it: it is
// found by its name (zh.txt is "zh"), offered under its own language.name, and whatever
// it does not have yet is said in English.
//
// What an algorithm says of itself (its rules, roles, messages) comes from the
// algorithm in English; a language replaces it by keys such as
// rule.raft.vote-once.says, which English does not have.
package texts

import (
	"sort"
	"strconv"
	"strings"
)

//go:generate go run ./internal/list

// languages holds the file of each language, by code.
type languages []struct{ code, text string }

var files = embedded

// English is the language that has every text.
const English = "en"

// Language is a language that the page speaks.
type Language struct {
	Code string // "en"
	Name string // in the language itself: "English"
}

// Catalogue is the texts of one language, with English behind it.
type Catalogue struct {
	code  string
	texts map[string]string
}

var (
	english = &Catalogue{English, read(English)}
	current = english
)

// Languages returns the languages there are, by code.
func Languages() []Language {
	var l []Language
	for _, f := range files {
		l = append(l, Language{Code: f.code, Name: read(f.code)["language.name"]})
	}
	sort.Slice(l, func(i, j int) bool { return l[i].Code < l[j].Code })
	return l
}

// Load makes a language the current one and returns it: the one of that code ("zh"),
// else the one of its first part ("zh" for "zh-CN"), else English. It is not safe for
// concurrent use with the other functions.
func Load(lang string) *Catalogue {
	for lang = strings.ToLower(lang); ; {
		if texts := read(lang); texts != nil {
			current = &Catalogue{lang, texts}
			return current
		}
		i := strings.LastIndexAny(lang, "-_")
		if i < 0 {
			current = english
			return current
		}
		lang = lang[:i]
	}
}

// Code returns the code of the language, for the lang attribute of the page.
func (c *Catalogue) Code() string { return c.code }

// Get returns the text of a key. A key that is nowhere returns the key itself between
// angle quotes, which a test makes impossible.
func (c *Catalogue) Get(key string) string {
	if t, ok := c.lookup(key); ok {
		return t
	}
	return "‹" + key + "›"
}

// Fill returns the text of a key with its placeholders filled; args are names and
// values in turn: Fill("status.leads", "node", "N3", "term", "2").
func (c *Catalogue) Fill(key string, args ...string) string { return Fill(c.Get(key), args...) }

// Or returns the text of a key that no language need have, else the text given.
func (c *Catalogue) Or(key, otherwise string, args ...string) string {
	if t, ok := c.lookup(key); ok {
		otherwise = t
	}
	return Fill(otherwise, args...)
}

// Count returns the text of a key for a number: the key with ".1" at its end for 1 and
// so on where the language has one, else with ".n". {n} is the number.
func (c *Catalogue) Count(key string, n int, args ...string) string {
	number := strconv.Itoa(n)
	t, ok := c.texts[key+"."+number]
	if !ok {
		t, ok = c.texts[key+".n"]
	}
	if !ok {
		if t, ok = english.texts[key+"."+number]; !ok {
			t = english.Get(key + ".n")
		}
	}
	return Fill(t, append([]string{"n", number}, args...)...)
}

func (c *Catalogue) lookup(key string) (string, bool) {
	if t, ok := c.texts[key]; ok {
		return t, true
	}
	t, ok := english.texts[key]
	return t, ok
}

// Get returns the text of a key in the current language, its placeholders filled as by
// Catalogue.Fill.
func Get(key string, args ...string) string { return current.Fill(key, args...) }

// Or is Catalogue.Or of the current language.
func Or(key, otherwise string, args ...string) string { return current.Or(key, otherwise, args...) }

// Count is Catalogue.Count of the current language.
func Count(key string, n int, args ...string) string { return current.Count(key, n, args...) }

// Fill replaces the placeholders of a text: {node} by the value that follows "node" in
// args. A placeholder without a value stays as it is; values are not searched for
// placeholders again.
func Fill(text string, args ...string) string {
	if len(args) < 2 || strings.IndexByte(text, '{') < 0 {
		return text
	}
	var b strings.Builder
	for {
		open := strings.IndexByte(text, '{')
		if open < 0 {
			break
		}
		length := strings.IndexByte(text[open:], '}')
		if length < 0 {
			break
		}
		name := text[open+1 : open+length]
		value, found := "", false
		for i := 0; i+1 < len(args); i += 2 {
			if args[i] == name {
				value, found = args[i+1], true
				break
			}
		}
		if !found {
			value = text[open : open+length+1]
		}
		b.WriteString(text[:open])
		b.WriteString(value)
		text = text[open+length+1:]
	}
	b.WriteString(text)
	return b.String()
}

// read returns the texts of a language, nil when there is no such file.
func read(lang string) map[string]string {
	for _, f := range files {
		if f.code == lang {
			texts, _ := parse(f.text)
			return texts
		}
	}
	return nil
}

// parse reads the file format and returns the lines that it could not read.
func parse(file string) (texts map[string]string, bad []int) {
	texts = map[string]string{}
	n := 0
	for line := range strings.SplitSeq(file, "\n") {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, text, ok := strings.Cut(line, " = ")
		key, text = strings.TrimSpace(key), strings.TrimSpace(text)
		if _, twice := texts[key]; !ok || twice || !isKey(key) || text == "" {
			bad = append(bad, n)
			continue
		}
		texts[key] = text
	}
	return texts, bad
}

// isKey reports whether a key is made of words in lower case, digits, hyphens and dots.
func isKey(key string) bool {
	for i := range len(key) {
		c := key[i]
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.') {
			return false
		}
	}
	return key != "" && key[0] != '.' && key[len(key)-1] != '.'
}
