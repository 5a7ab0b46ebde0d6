package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"parley/server/api"
	"parley/server/site"
)

const serveUsage = `usage: parley [serve] [flags]

Serves the site until it is told to stop (Ctrl-C, SIGTERM); then it tells the live rooms,
whose tabs come back when it does, and finishes the answers that it has begun.

With -addr 0.0.0.0:8080 others in the same network reach it too.
`

type serveOptions struct {
	addr  string // host:port
	data  string // a folder, "" for none
	links linkOptions
	rooms roomOptions
}

func newServeFlags(o *serveOptions) *flag.FlagSet {
	f := flag.NewFlagSet("serve", flag.ContinueOnError)
	f.StringVar(&o.addr, "addr", "localhost:8080", "`HOST:PORT` to listen on; port 0 takes any that is free")
	f.StringVar(&o.data, "data", "", "`DIR` for what the server keeps; made if it is missing. Without one there are no short links, and live rooms end with the server")
	o.links.add(f)
	o.rooms.add(f)
	return f
}

func (o *serveOptions) check() error {
	if err := checkAddress("-addr", o.addr); err != nil {
		return err
	}
	if err := o.links.check(); err != nil {
		return err
	}
	return o.rooms.check()
}

func serveCommand(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o serveOptions
	flags := newServeFlags(&o)
	if status, ok := parse(flags, args, serveUsage, stdout, stderr); !ok {
		return status
	}
	if err := o.check(); err != nil {
		return wrongUsage(stderr, "serve", err)
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	if err := serve(ctx, o, log, stdout); err != nil {
		return failed(stderr, "serve", err)
	}
	return statusOK
}

// serve listens and answers until ctx ends. It prints the site's address to stdout as
// soon as it listens there.
func serve(ctx context.Context, o serveOptions, log *slog.Logger, stdout io.Writer) (err error) {
	pages, err := site.New(site.Embedded())
	if err != nil {
		return err
	}
	if err := prepare(o.data); err != nil {
		return err
	}
	short, closeLinks, err := o.links.open(o.data, pages)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLinks()) }()
	rooms, err := o.rooms.open(o.data, &o.links, pages, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rooms.close(context.Background())) }()
	closeMetrics, err := o.rooms.listenMetrics(rooms, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeMetrics()) }()
	listener, err := net.Listen("tcp", o.addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("cannot listen on %s: another program does. Stop it, or choose another port with -addr", o.addr)
	case err != nil:
		return fmt.Errorf("cannot listen on %s: %w", o.addr, err)
	}
	fmt.Fprintf(stdout, "Parley is at http://%s/ (Ctrl-C stops it)\n", address(o.addr, listener))
	for _, there := range elsewhere(listener) {
		fmt.Fprintf(stdout, "Others in the same network find it at http://%s/\n", there)
	}
	return answer(ctx, listener, api.Handler(pages, short, rooms), log, rooms.stop)
}

// prepare makes the data folder, and makes sure that it can be written to.
func prepare(dir string) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot make the data folder %s: %w", dir, cause(err))
	}
	probe, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return fmt.Errorf("cannot write to the data folder %s: %w", dir, cause(err))
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// cause takes the path out of an error, where the sentence around it has named it.
func cause(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// address is how a person reaches the listener: by the name that was asked for and the
// port that was got.
func address(asked string, l net.Listener) string {
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return asked
	}
	host, _, err := net.SplitHostPort(asked)
	if err != nil || isEvery(host) {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// isEvery reports whether a host to listen on stands for all addresses of the machine.
func isEvery(host string) bool { return host == "" || host == "0.0.0.0" || host == "::" }

// elsewhere returns how others in the same network reach a listener on all addresses.
func elsewhere(l net.Listener) (all []string) {
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil || !isEvery(host) {
		return nil
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsPrivate() {
			all = append(all, net.JoinHostPort(n.IP.String(), port))
		}
	}
	return all
}

// Bounds of a connection. The slowest that is served is about 2 MB in writeTimeout.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second
	writeTimeout  = 2 * time.Minute
	idleTimeout   = 2 * time.Minute
	stopTimeout   = 10 * time.Second // for the answers that are under way when it is told to stop
	headerMax     = 16 << 10
)

// answer serves connections until ctx ends, then calls what is to be told first, and
// finishes what it has begun.
func answer(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger, tell ...func(context.Context) error) error {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerMax,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	log.Info("serving", "address", l.Addr().String())
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	log.Info("stopping")
	last, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	var told error
	for _, t := range tell {
		told = errors.Join(told, t(last))
	}
	if err := server.Shutdown(last); err != nil {
		return errors.Join(told, fmt.Errorf("stop: some answers were not finished within %s: %w", stopTimeout, err))
	}
	if told != nil {
		return told
	}
	log.Info("stopped")
	return nil
}
