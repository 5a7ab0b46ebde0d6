package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// limits are what the platform takes: Cloudflare, "Workers, platform, limits", as published
// in the second half of 2026. Where plans differ it is the free one's, so that anybody can
// deploy. (Until May 2026 there was another one: 3 MB of gzip, or 10 on paid plans.)
var limits = struct {
	code      int // bytes, everything that is not a file of the site
	files     int // files of the site
	fileBytes int // bytes of one of them
}{64 << 20, 20_000, 25 << 20}

// code are the modules that are uploaded as the Worker's.
var code = []string{"worker.mjs", "index.html", "embed.html", "api/worker.mjs", "api/runtime.mjs", "api/wasm_exec.js", apiWasm, "room.mjs", "rules.mjs", roomWasm}

// report prints how large everything is beside what the platform takes, and returns an error
// for each limit that is exceeded.
func report(w io.Writer, out string) error {
	var problems []error
	fmt.Fprintf(w, "%-28s %10s %10s %10s\n", "Worker", "bytes", "gzip", "limit")
	plain, packed := 0, 0
	for _, name := range code {
		b, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			return err
		}
		n, err := gzipped(b)
		if err != nil {
			return err
		}
		plain, packed = plain+len(b), packed+n
		fmt.Fprintf(w, "%-28s %10d %10d\n", name, len(b), n)
	}
	fmt.Fprintf(w, "%-28s %10d %10d %10d\n", "code", plain, packed, limits.code)
	if plain > limits.code {
		problems = append(problems, fmt.Errorf("the Worker's code is %d bytes, and the platform takes %d: look at what it imports", plain, limits.code))
	}
	files, largest, name, err := siteSize(filepath.Join(out, filesOf))
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%-28s %10d %10s %10d\n", "files of the site", files, "", limits.files)
	fmt.Fprintf(w, "%-28s %10d %10s %10d\n", "largest file", largest, "", limits.fileBytes)
	if files > limits.files {
		problems = append(problems, fmt.Errorf("the site has %d files, and the platform takes %d", files, limits.files))
	}
	if largest > limits.fileBytes {
		problems = append(problems, fmt.Errorf("%s is %d bytes, and the platform takes %d", name, largest, limits.fileBytes))
	}
	return errors.Join(problems...)
}

// siteSize counts the files of the site, and returns the largest one's bytes and name.
func siteSize(folder string) (files, largest int, name string, err error) {
	err = filepath.WalkDir(folder, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		files++
		if n := int(info.Size()); n > largest {
			largest, name = n, strings.TrimPrefix(file, folder+string(filepath.Separator))
		}
		return nil
	})
	return files, largest, name, err
}

func gzipped(b []byte) (int, error) {
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return 0, err
	}
	_, err = z.Write(b)
	err = errors.Join(err, z.Close())
	return packed.Len(), err
}
