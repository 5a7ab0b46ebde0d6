package texts

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestFill(t *testing.T) {
	for _, c := range []struct {
		text string
		args []string
		want string
	}{
		{"{node} leads.", []string{"node", "N1"}, "N1 leads."},
		{"{a}{b}{a}", []string{"a", "1", "b", "2"}, "121"},
		{"{a} and {c}", []string{"a", "{c}", "c", "{a}"}, "{c} and {a}"},
		{"{a}", nil, "{a}"},
		{"{a} {b}", []string{"a", "1"}, "1 {b}"},
		{"} {a", []string{"a", "1"}, "} {a"},
		{"", []string{"a", "1"}, ""},
		{"{a}", []string{"a"}, "{a}"},
	} {
		if got := Fill(c.text, c.args...); got != c.want {
			t.Errorf("%q with %q is %q, want %q", c.text, c.args, got, c.want)
		}
	}
}

func TestParse(t *testing.T) {
	texts, bad := parse("# said to people\n\na.b = x = y \n  c-1 = {n} \r\nno text\nA.b = capitals\na.b = twice\n.a = dot\nempty = \n")
	if texts["a.b"] != "x = y" || texts["c-1"] != "{n}" || len(texts) != 2 {
		t.Errorf("texts are %q", texts)
	}
	if want := []int{5, 6, 7, 8, 9}; !slices.Equal(bad, want) {
		t.Errorf("bad lines are %v, want %v", bad, want)
	}
}

func TestLoadFallsBack(t *testing.T) {
	defer Load(English)
	for _, lang := range []string{"en-GB", "EN", "tlh", "", "../en", "tlh-x-y"} {
		if got := Load(lang).Code(); got != English {
			t.Errorf("%q speaks %q", lang, got)
		}
	}
	// A language that has only one text says the rest in English.
	current = &Catalogue{"xx", map[string]string{"word.on": "an", "rule.test.says": "eigenes", "event.begin.2": "zwei"}}
	if Get("word.on") != "an" || Get("word.off") != "off" || Or("rule.test.says", "own") != "eigenes" || Or("rule.test.without", "own") != "own" {
		t.Error("the languages are not laid one on the other")
	}
	if Count("event.begin", 2) != "zwei" || !strings.HasPrefix(Count("event.begin", 3), "3 ") || Count("event.begin", 1) != english.Get("event.begin.1") {
		t.Error("numbers are not counted as the language does")
	}
	if got := Get("no.such-key"); got != "‹no.such-key›" {
		t.Errorf("a key that is nowhere is %q", got)
	}
}

// A further language is a further file and nothing else.
func TestASecondLanguageNeedsOnlyAFile(t *testing.T) {
	defer func() { files = embedded; Load(English) }()
	files = append(slices.Clone(embedded), languages{
		{"zh", "language.name = 中文\nstatus.leads = {node} 领导第 {term} 任期。\n"},
	}...)
	if got, want := Languages(), []Language{{English, "English"}, {"zh", "中文"}}; !slices.Equal(got, want) {
		t.Errorf("languages are %v, want %v", got, want)
	}
	if got := Load("zh-Hans-CN").Code(); got != "zh" {
		t.Errorf("zh-Hans-CN speaks %q", got)
	}
	if got := Get("status.leads", "node", "N3", "term", "2", "termword", "term"); got != "N3 领导第 2 任期。" {
		t.Errorf("it says %q", got)
	}
	if Get("word.on") != "on" {
		t.Error("what the language lacks is not said in English")
	}
}

// Every file is in the list that go generate writes.
func TestEveryFileIsALanguage(t *testing.T) {
	names, err := filepath.Glob("*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, f := range embedded {
		codes = append(codes, f.code+".txt")
	}
	if !slices.Equal(codes, names) {
		t.Errorf("languages are %q, files are %q: run make generate", codes, names)
	}
}

func TestLanguages(t *testing.T) {
	all := Languages()
	if !slices.Contains(all, Language{Code: English, Name: "English"}) {
		t.Errorf("languages are %v", all)
	}
	for _, l := range all {
		if l.Name == "" {
			t.Errorf("%s.txt has no language.name", l.Code)
		}
	}
}

var placeholder = regexp.MustCompile(`\{[a-z0-9:]+\}`)

func placeholders(text string) string {
	all := placeholder.FindAllString(text, -1)
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " ")
}

// Every language has what English has, with the same placeholders.
func TestLanguagesAreComplete(t *testing.T) {
	for _, l := range Languages() {
		b, err := os.ReadFile(l.Code + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		texts, bad := parse(string(b))
		for _, n := range bad {
			t.Errorf("%s.txt:%d: no key, no text, or a key that was there before", l.Code, n)
		}
		for key, text := range english.texts {
			own, ok := texts[key]
			if !ok {
				if !strings.HasSuffix(key, ".1") { // a language need not tell one from many
					t.Errorf("%s.txt lacks %s", l.Code, key)
				}
				continue
			}
			if a, b := placeholders(text), placeholders(own); a != b && !counted(key) {
				t.Errorf("%s.txt: %s has the placeholders %s, in English %s", l.Code, key, b, a)
			}
		}
		for key := range texts {
			if _, ok := english.texts[key]; !ok && !ofEngine(key) && !counted(key) {
				t.Errorf("%s.txt: nobody asks for %s", l.Code, key)
			}
		}
	}
}

// counted reports whether a key is the form of a number, which may leave {n} out.
func counted(key string) bool {
	last := key[strings.LastIndexByte(key, '.')+1:]
	return strings.Trim(last, "0123456789") == ""
}

// ofEngine reports whether a key replaces what an algorithm says of itself.
func ofEngine(key string) bool {
	for _, p := range []string{"rule.", "invariant.", "role.", "message.", "timer.", "option.", "code.", "detail.", "word.", "headline.", "dial."} {
		if strings.HasPrefix(key, p) {
			return true
		}
	}
	return false
}

var (
	// asked finds keys that are asked for by their full name.
	asked = regexp.MustCompile(`(?:\btexts\.|\bText\.|\bcurrent\.|\bt\.)(Get|Fill|Count)\(\s*"([a-z0-9-]+(?:\.[a-z0-9-]+)*)"`)
	// built finds keys that begin with a literal and go on with something else.
	built = regexp.MustCompile(`"([a-z0-9-]+(?:\.[a-z0-9-]+)*\.)"\s*\+`)
	// literal finds every literal that might be a key: tables of keys have them.
	literal = regexp.MustCompile(`["'\x60]([a-z0-9-]+(?:\.[a-z0-9-]+)+)["'\x60]`)
	// fields and groups of the inspector, whose names stand alone.
	named = regexp.MustCompile(`\bs\.(field|group)\("([a-z0-9-]+)"`)
)

// TestEveryKeyIsThereAndUsed holds the catalogue and the page's sources to each other.
func TestEveryKeyIsThereAndUsed(t *testing.T) {
	used := map[string]bool{}
	var prefixes []string
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		ext := filepath.Ext(path)
		if d.IsDir() || ext != ".go" && ext != ".vugu" || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_gen.go") {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		src := string(b)
		for _, m := range asked.FindAllStringSubmatch(src, -1) {
			key, forms := m[2], []string{m[2]}
			if m[1] == "Count" {
				forms = []string{key + ".n"}
			}
			for _, k := range forms {
				used[k] = true
				if _, ok := english.texts[k]; !ok {
					t.Errorf("%s asks for %q, which en.txt does not have", path, k)
				}
			}
		}
		for _, m := range named.FindAllStringSubmatch(src, -1) {
			key := m[1] + "." + m[2]
			used[key] = true
			if _, ok := english.texts[key]; !ok {
				t.Errorf("%s asks for %q, which en.txt does not have", path, key)
			}
		}
		for _, m := range built.FindAllStringSubmatch(src, -1) {
			prefixes = append(prefixes, m[1])
		}
		for _, m := range literal.FindAllStringSubmatch(src, -1) {
			used[m[1]] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for key := range english.texts {
		base := key
		if i := strings.LastIndexByte(key, '.'); key[i+1:] == "n" || counted(key) {
			base = key[:i] // a form of a number
		}
		if used[key] || used[base] || used[base+".n"] || slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) }) || own(key) {
			continue
		}
		t.Errorf("nothing on the page says %s", key)
	}
}

// own reports whether a key is a protocol's wording of a field or a group whose plain
// form is there too.
func own(key string) bool {
	parts := strings.Split(key, ".")
	if len(parts) != 3 || parts[0] != "field" && parts[0] != "group" {
		return false
	}
	_, ok := english.texts[parts[0]+"."+parts[2]]
	return ok
}
