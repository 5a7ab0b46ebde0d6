package browsertest

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// lighthouseMin is the least score of the example article, out of 1.
const lighthouseMin = 0.95

// TestLighthouse has the example article judged by Lighthouse, before any of its figures
// is started. Lighthouse is no part of the project: `make lighthouse` gets it.
func TestLighthouse(t *testing.T) {
	program := filepath.Join(Top(), "build", "lighthouse", "node_modules", "lighthouse", "cli", "index.js")
	if _, err := os.Stat(program); err != nil {
		t.Skip("Lighthouse is not there; make lighthouse gets it and runs this test")
	}
	browser, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	flags := "--headless=new --disable-gpu --disable-component-update"
	if os.Geteuid() == 0 {
		flags += " --no-sandbox"
	}
	s := Serve(t)
	cmd := exec.Command("node", program, s.URL+"/example.html", "--quiet", "--output=json", "--only-categories=performance,accessibility", "--chrome-flags="+flags)
	cmd.Env = append(os.Environ(), "CHROME_PATH="+browser)
	cmd.Dir = t.TempDir()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("lighthouse: %v\n%.2000s", err, out)
	}
	var report struct {
		Categories map[string]struct{ Score float64 }
		Audits     map[string]struct {
			Score        *float64
			Title        string
			DisplayValue string
		}
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"performance", "accessibility"} {
		if c, ok := report.Categories[name]; !ok || c.Score < lighthouseMin {
			t.Errorf("%s: %v, at least %v is wanted", name, c.Score, lighthouseMin)
		} else {
			t.Logf("%s: %v", name, c.Score)
		}
	}
	if t.Failed() {
		for _, a := range report.Audits {
			if a.Score != nil && *a.Score < 1 {
				t.Logf("%v: %s %s", *a.Score, a.Title, a.DisplayValue)
			}
		}
	}
}
