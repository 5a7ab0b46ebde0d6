package main

import (
	"bytes"
	stdgzip "compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
)

var sample = []byte(strings.Repeat("a page says the same thing again and again. ", 200))

// TestVariants holds that what is compressed comes out as it went in, and smaller.
func TestVariants(t *testing.T) {
	site := map[string][]byte{"index.html": sample, "small.js": []byte("1"), "noise.wasm": noise(4000), "photo.png": sample}
	files, err := compressAll(site, cache{dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]built{}
	for _, f := range files {
		got[f.Path] = f
	}
	page := got["index.html"]
	if b, err := io.ReadAll(brotli.NewReader(bytes.NewReader(page.Brotli))); err != nil || !bytes.Equal(b, sample) {
		t.Errorf("brotli gives other bytes back (%v)", err)
	}
	r, err := stdgzip.NewReader(bytes.NewReader(page.GZ))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r); err != nil || !bytes.Equal(b, sample) {
		t.Errorf("gzip gives other bytes back (%v)", err)
	}
	if len(page.Brotli) >= len(page.GZ) || len(page.GZ) >= len(sample)/10 {
		t.Errorf("%d bytes became %d with gzip and %d with brotli", len(sample), len(page.GZ), len(page.Brotli))
	}
	for _, name := range []string{"small.js", "noise.wasm", "photo.png"} {
		if f := got[name]; f.Brotli != nil || f.GZ != nil {
			t.Errorf("%s has variants that are not worth having", name)
		}
	}
}

// noise returns bytes that cannot be compressed.
func noise(n int) []byte {
	b := make([]byte, n)
	x := uint64(1)
	for i := range b {
		x = x*6364136223846793005 + 1442695040888963407
		b[i] = byte(x >> 56)
	}
	return b
}

// TestCache holds that nothing is compressed twice, that the quick build takes the best
// when it is there, and that the best never takes the quick one's.
func TestCache(t *testing.T) {
	dir := t.TempDir()
	best, quick := cache{dir: dir}, cache{dir: dir, quick: true}
	first, err := quick.brotli(sample)
	if err != nil {
		t.Fatal(err)
	}
	second, err := best.brotli(sample)
	if err != nil {
		t.Fatal(err)
	}
	if len(second) >= len(first) {
		t.Errorf("the best quality gives %d bytes, the quick one %d: was it taken from the cache?", len(second), len(first))
	}
	if third, _ := quick.brotli(sample); !bytes.Equal(third, second) {
		t.Error("the quick build did not take the best that is there")
	}
	for _, f := range []string{"br5", "br11"} {
		if err := os.WriteFile(best.file(sample, f), []byte("from the cache"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if b, _ := best.brotli(sample); string(b) != "from the cache" {
		t.Error("it was compressed twice")
	}
}

func TestPrune(t *testing.T) {
	c := cache{dir: t.TempDir()}
	if err := (cache{dir: filepath.Join(c.dir, "none")}).prune(time.Now()); err != nil {
		t.Error(err)
	}
	if _, err := c.gzip(sample); err != nil {
		t.Fatal(err)
	}
	if err := c.prune(time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, ok := c.find(sample, "gz9"); !ok {
		t.Error("what was just made is gone")
	}
	if err := c.prune(time.Now().Add(keepFor + time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, ok := c.find(sample, "gz9"); ok {
		t.Error("what nobody asked for is still there")
	}
}

// TestBudgets shows that a download that is too large fails the build, and says why.
func TestBudgets(t *testing.T) {
	file := func(name string, brotli int) built {
		return built{Path: "assets/" + name + ".0123456789ab.wasm", Content: make([]byte, 2_000_000), Brotli: make([]byte, brotli)}
	}
	table, err := sizeTable([]built{file("engine-raft", 650_000), file("engine-multipaxos", 650_000), file("engine-synod", 1), file("engine-room", 1), file("ui", 950_000), file("files", 1)})
	if err != nil {
		t.Errorf("within the budgets: %v", err)
	}
	if !strings.Contains(table, "engine-raft.wasm") || !strings.Contains(table, "650000") {
		t.Errorf("the table does not tell the sizes:\n%s", table)
	}
	_, err = sizeTable([]built{file("engine-raft", 650_001), file("engine-multipaxos", 650_000), file("engine-synod", 1), file("engine-room", 1), file("ui", 950_000), file("files", 1)})
	if err == nil || !strings.Contains(err.Error(), "engine-raft.wasm is 650001 bytes with brotli, 1 above its budget of 650000") {
		t.Errorf("above the budget: %v", err)
	}
	if _, err = sizeTable([]built{file("engine-raft", 1)}); err == nil || !strings.Contains(err.Error(), "ui.wasm has a budget, but was not built") {
		t.Errorf("not built: %v", err)
	}
}
