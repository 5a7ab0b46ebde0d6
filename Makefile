# Parley. `make` says what there is.

# One way to build for everybody: the same sources give the same bytes, wherever they
# lie, and no C compiler is needed.
export GOFLAGS := $(filter-out -trimpath,$(GOFLAGS)) -trimpath
export CGO_ENABLED := 0

GO := go
ADDR ?= localhost:8080
DATA ?= build/data
WORKER_ADDR ?= localhost:8787

# What runs in the browser, and so is compiled, checked and tested for js/wasm too.
BROWSER := ./consensus/... ./web/... ./wasm/...
JS := GOOS=js GOARCH=wasm

# What of the server runs as js/wasm, on Cloudflare Workers.
WORKER := ./server/worker/api ./server/links/kvstore

# Tests for js/wasm run in Node. It gets few variables of the environment: Go's
# wasm_exec refuses more than 8 kB of them.
NODE = env -i 'PATH=$$PATH' 'HOME=$$HOME' '$$($(GO) env GOROOT)/lib/wasm/go_js_wasm_exec'

GENERATED_FROM := $(shell find web -name '*.vugu' -o -name 'doc.go' -o -path 'web/texts/*.txt')

.PHONY: help run build quick test test-native test-race test-js test-browser check format vet \
	lighthouse generated arrows bench profile size clean generate need-go need-node need-chromium

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: quick ## build everything and serve it on http://localhost:8080 (ADDR=host:port)
	@bin/parley serve -addr $(ADDR) -data $(DATA)

build: need-go build/generated ## build bin/parley with the site in it, as small as it gets
	@$(GO) run ./server/bundle
	@$(GO) build -ldflags='-s -w' -o bin/parley ./server

# quick is build with light compression where nothing better is there: seconds instead of
# a minute, for those who look at the page on their own machine.
quick: need-go build/generated
	@$(GO) run ./server/bundle -quick
	@$(GO) build -ldflags='-s -w' -o bin/parley ./server

test: test-native test-race test-js test-browser ## prove it: natively, as js/wasm, and in Chromium

test-native: quick worker
	$(GO) test $$($(GO) list ./... | grep -v -e /server/browsertest -e /server/relay -e /server/room -e /server/door)

# Live rooms are tested under the race detector, which is the only thing here that needs a
# C compiler.
RACE := ./server/relay/... ./server/room/... ./server/door

test-race: need-go
	@if command -v $${CC:-cc} >/dev/null; then \
		echo "CGO_ENABLED=1 $(GO) test -race $(RACE)"; CGO_ENABLED=1 $(GO) test -race $(RACE); \
	else echo "There is no C compiler here: the race detector is left out."; $(GO) test $(RACE); fi

test-js: need-go need-node
	$(JS) $(GO) test -exec="$(NODE)" $$($(JS) $(GO) list $(BROWSER) | grep -v /web/vuguhelper)

test-browser: quick worker need-chromium
	$(GO) test -count=1 -timeout 40m ./server/browsertest/...

# What is deployed to Cloudflare, or run here on its runtime, is in build/worker; npm is
# needed for these targets alone, and installs exactly what the lock file says.
WRANGLER := WRANGLER_SEND_METRICS=false node node_modules/wrangler/bin/wrangler.js

worker: quick need-node build/worker/node_modules/.package-lock.json ## build what runs on Cloudflare Workers
	@$(GO) run ./server/worker/bundle

worker-run: worker ## build it and run it here, on workerd, on http://localhost:8787 (WORKER_ADDR=host:port)
	@cd build/worker && node local.mjs --address $(WORKER_ADDR)

measure: worker ## measure the native relay and the Worker side by side, as in README
	@$(GO) test -count=1 -v -run '^TestMeasure$$' ./server/worker -measure -timeout 20m | grep '^|'

worker-deploy: worker ## build it and deploy it to Cloudflare; README says what must be set first
	@cd build/worker && $(WRANGLER) deploy

build/worker/node_modules/.package-lock.json: server/worker/package-lock.json
	@.ci/need npm npm "to get Cloudflare's runtime and tools"
	@mkdir -p build/worker && cp server/worker/package.json server/worker/package-lock.json build/worker/
	@cd build/worker && npm ci --no-audit --no-fund --ignore-scripts --silent && touch node_modules/.package-lock.json

lighthouse: quick need-node need-chromium ## have Lighthouse judge the example article; gets it with npm
	@mkdir -p build/lighthouse && cp server/browsertest/lighthouse/package*.json build/lighthouse/
	@command -v npm >/dev/null || { echo "npm is missing: it is needed to get Lighthouse." >&2; exit 1; }
	@cd build/lighthouse && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error
	PARLEY_LIGHTHOUSE=1 $(GO) test -count=1 -v -run '^TestLighthouse$$' ./server/browsertest

check: format vet generated test size ## all that a reviewer runs: format, vet, staticcheck, arrows, test, size

format: need-go
	@files=$$(git ls-files '*.go' | xargs -r gofmt -l); \
	if [ -n "$$files" ]; then echo "not formatted (gofmt -w mends it):"; echo "$$files"; exit 1; fi

vet: need-go
	$(GO) vet ./...
	$(JS) $(GO) vet $(BROWSER) $(WORKER)
	GOOS=wasip1 GOARCH=wasm $(GO) vet ./server/worker/room
	@# What Vugu generates is not ours to tidy. And go tool would build staticcheck itself
	@# for js/wasm, so it is asked only where it is.
	@staticcheck=$$($(GO) tool -n staticcheck) && \
	found=$$("$$staticcheck" ./... ; $(JS) "$$staticcheck" $(BROWSER) $(WORKER)); \
	found=$$(echo "$$found" | grep -v '_gen\.go:' | sort -u); \
	if [ -n "$$found" ]; then echo "staticcheck:"; echo "$$found"; exit 1; fi

# generated fails when generating changes a file: then what was committed was old.
generated: need-go
	@before=$$(git ls-files -co --exclude-standard '*_gen.go' | xargs -r sha256sum); \
	$(GO) generate ./... && \
	after=$$(git ls-files -co --exclude-standard '*_gen.go' | xargs -r sha256sum); \
	if [ "$$before" != "$$after" ]; then echo "generated code was out of date; it is up to date now, please commit it"; exit 1; fi

arrows: need-go
	$(GO) test ./server/house

bench: quick need-node need-chromium ## measure: natively, as js/wasm, in Chromium (BENCH="-bench World" for a part)
	@$(GO) run ./server/bench -exec "$(NODE)" $(BENCH)

# The Worlds under load that BenchmarkDelivered runs, as the compiler is to see them.
profile: need-go ## find out anew which calls of the engines are hot (server/bundle/hot.pgo)
	$(GO) test -o /dev/null -run '^$$' -bench Delivered -benchtime 15x -cpuprofile $(CURDIR)/server/bundle/hot.pgo ./consensus/sim

size: need-go build/generated ## print the download's sizes; fail above the budget
	@$(GO) run ./server/bundle -sizes
	@echo && $(GO) run ./server/worker/bundle -sizes

generate: need-go ## generate code from the .vugu files
	@$(GO) generate ./...
	@mkdir -p build && touch build/generated

build/generated: $(GENERATED_FROM)
	@$(GO) generate ./web/...
	@mkdir -p build && touch build/generated

clean: ## remove what was built
	rm -rf bin build
	find server/site/dist -mindepth 1 ! -name README.md -delete

need-go:
	@command -v $(GO) >/dev/null || { echo "go is missing: get Go 1.26 or newer from https://go.dev/dl/ and try again." >&2; exit 1; }

need-node:
	@.ci/need node nodejs "to run tests and benchmarks as js/wasm"

need-chromium:
	@[ -n "$$PARLEY_CHROMIUM" ] || .ci/need chromium chromium "to test the page in a real browser (or name another in PARLEY_CHROMIUM)"
