// Package apptest tests the model of the page against a real run: the engine's side of
// the worker answers it, frame by frame, in the same program. (It stands apart because
// Vugu's generator takes a folder with an external test package for a program.)
package apptest
