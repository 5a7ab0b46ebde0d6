//go:build js

// Command ui is the page's own program: it mounts the app of package web/app. boot.js
// loads it.
package main

import "parley/web/app"

func main() { app.Run() }
