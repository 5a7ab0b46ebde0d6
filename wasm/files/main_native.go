//go:build !js

// Command files is built for js/wasm only; this file lets native tools see the
// package.
package main

func main() { panic("files runs in a Web Worker: build it with GOOS=js GOARCH=wasm") }
