package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/andybalholm/brotli"
)

// The brotli qualities: the best there is, which takes seconds for a large file,
// and one that takes a fraction of a second.
const (
	qualityBest  = 11
	qualityQuick = 5
)

// cache keeps compressed variants by the hash of their content: compressing
// is the slowest step of a build, and most files do not change from one to the next.
type cache struct {
	dir   string
	quick bool // take what is there, and otherwise the quick quality
}

// keepFor is how long the cache keeps what no build asked for.
const keepFor = 14 * 24 * time.Hour

// brotli returns the content compressed with brotli.
func (c cache) brotli(content []byte) ([]byte, error) {
	best := func() ([]byte, error) { return compressBrotli(content, qualityBest) }
	if !c.quick {
		return c.get(content, "br11", best)
	}
	if b, ok := c.find(content, "br11"); ok {
		return b, nil
	}
	return c.get(content, "br5", func() ([]byte, error) { return compressBrotli(content, qualityQuick) })
}

// gzip returns the content compressed with gzip.
func (c cache) gzip(content []byte) ([]byte, error) {
	return c.get(content, "gz9", func() ([]byte, error) { return compressGzip(content) })
}

func (c cache) get(content []byte, form string, produce func() ([]byte, error)) ([]byte, error) {
	if b, ok := c.find(content, form); ok {
		return b, nil
	}
	b, err := produce()
	if err != nil {
		return nil, err
	}
	return b, writeFile(c.file(content, form), b)
}

func (c cache) find(content []byte, form string) ([]byte, bool) {
	file := c.file(content, form)
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, false
	}
	now := time.Now()
	_ = os.Chtimes(file, now, now) // prune looks at the time
	return b, true
}

func (c cache) file(content []byte, form string) string {
	sum := sha256.Sum256(content)
	return filepath.Join(c.dir, hex.EncodeToString(sum[:16])+"."+form)
}

// prune removes what was not used for long.
func (c cache) prune(now time.Time) error {
	files, err := os.ReadDir(c.dir)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil || now.Sub(info.ModTime()) < keepFor {
			continue
		}
		if err := os.Remove(filepath.Join(c.dir, f.Name())); err != nil {
			return err
		}
	}
	return nil
}

func compressBrotli(content []byte, quality int) ([]byte, error) {
	var out bytes.Buffer
	w := brotli.NewWriterOptions(&out, brotli.WriterOptions{Quality: quality, LGWin: 24})
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func compressGzip(content []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// writeFile writes a file whole or not at all, and its folder when it is missing.
func writeFile(file string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(file), ".part-*")
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	if _, err := part.Write(content); err != nil {
		part.Close()
		return err
	}
	if err := part.Close(); err != nil {
		return err
	}
	if err := os.Chmod(part.Name(), 0o644); err != nil {
		return err
	}
	if err := os.Rename(part.Name(), file); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return nil
}
