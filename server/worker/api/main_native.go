//go:build !js

// Command api is built for js/wasm only; this file lets native tools see the package.
package main

func main() { panic("the API of the Worker runs in workerd: build it with GOOS=js GOARCH=wasm") }
