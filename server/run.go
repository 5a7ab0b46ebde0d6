package main

import (
	"context"
	"errors"
	"flag"
	"io"
)

const runUsage = ``

type runOptions struct{}

func newRunFlags(o *runOptions) *flag.FlagSet { return flag.NewFlagSet("run", flag.ContinueOnError) }

func runCommand(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return failed(stderr, "run", errors.New("TODO"))
}
