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

// lighthouseTries is how often Lighthouse is run until it comes to a judgement.
const lighthouseTries = 5

// TestLighthouse has the example article judged by Lighthouse, before any of its figures
// is started. Lighthouse is no part of the project: `make lighthouse` gets it. What it says
// of performance is measured, and so is no part of `make test` either, even where it is.
func TestLighthouse(t *testing.T) {
	program := filepath.Join(Top(), "build", "lighthouse", "node_modules", "lighthouse", "cli", "index.js")
	if os.Getenv("PARLEY_LIGHTHOUSE") == "" {
		t.Skip("make lighthouse gets Lighthouse and runs this test")
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
	var report struct {
		RuntimeError struct{ Code, Message string }
		Categories   map[string]struct{ Score float64 }
		Audits       map[string]struct {
			Score        *float64
			Title        string
			DisplayValue string
		}
	}
	// On a busy machine the browser loses parts of its trace, and Lighthouse asks to be run
	// again: that is no judgement yet.
	for attempt := 1; ; attempt++ {
		cmd := exec.Command("node", program, s.URL+"/example.html", "--quiet", "--output=json", "--only-categories=performance,accessibility", "--chrome-flags="+flags)
		cmd.Env = append(os.Environ(), "CHROME_PATH="+browser)
		cmd.Dir = t.TempDir()
		out, failed := cmd.Output()
		report.RuntimeError.Code = ""
		if err := json.Unmarshal(out, &report); err != nil {
			t.Fatalf("lighthouse: %v, %v\n%.2000s", failed, err, out)
		}
		if failed == nil && report.RuntimeError.Code == "" {
			break
		}
		if attempt == lighthouseTries {
			t.Fatalf("lighthouse: %v, %s", failed, report.RuntimeError.Message)
		}
		t.Logf("once more: %v, %s", failed, report.RuntimeError.Message)
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
