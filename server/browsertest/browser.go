package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// chromium returns the browser's program.
func chromium() (string, error) {
	names := []string{"chromium", "chromium-browser", "google-chrome"}
	if own := os.Getenv("PARLEY_CHROMIUM"); own != "" {
		names = []string{own}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no browser found (looked for %q): install Chromium, or name one in PARLEY_CHROMIUM", names)
}

// browser is the one Chromium of a test program; each page has a profile of its own in it.
var browser struct {
	sync.Mutex
	ctx    context.Context
	cancel context.CancelFunc
	stop   context.CancelFunc
	output logBuffer
}

// startBrowser starts Chromium, or returns the one that runs.
func startBrowser(t testing.TB) context.Context {
	t.Helper()
	browser.Lock()
	defer browser.Unlock()
	if browser.ctx != nil {
		return browser.ctx
	}
	browser.ctx, browser.cancel, browser.stop = launch(t, &browser.output)
	return browser.ctx
}

// launch starts a Chromium. Of the functions that it returns, the first closes it, and the
// second ends what is left.
func launch(t testing.TB, output *logBuffer, more ...chromedp.ExecAllocatorOption) (ctx context.Context, cancel, stop context.CancelFunc) {
	t.Helper()
	path, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.CombinedOutput(output),
		chromedp.WindowSize(1280, 800),
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("font-render-hinting", "none"),
		// Nothing but the loopback is reachable: a page that asks for more fails.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // its sandbox refuses to run as root
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(options, more...)...)
	ctx, cancel = chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		stop()
		t.Fatalf("start %s: %v\n%s", path, err, output)
	}
	return ctx, cancel, stop
}

// Main runs the tests of a package and then closes the browser; call it from TestMain.
func Main(m *testing.M) {
	status := m.Run()
	browser.Lock()
	if browser.ctx != nil {
		browser.cancel()
		browser.stop()
	}
	browser.Unlock()
	os.Exit(status)
}
