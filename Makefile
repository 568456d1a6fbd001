SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --warn-undefined-variables

SEEDS    ?= 200
SEED     ?= 1
FUZZTIME ?= 10s
BENCHTIME ?= 1s
DATA     ?= ../shared/data
# What `make test` runs; a narrower one: make test PKG=./sync/...
PKG      ?= ./...
TESTFLAGS ?=

BINARIES := $(notdir $(patsubst %/,%,$(filter $(addsuffix /,$(addprefix cmd/,ground purser demo loopbench)),$(wildcard cmd/*/))))
BUF := go tool -modfile=tools/go.mod buf
STATICCHECK := go tool -modfile=tools/go.mod staticcheck

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: build
build: ## Build the programs into bin/
	@mkdir -p bin
	@for name in $(BINARIES); do echo "build bin/$$name"; CGO_ENABLED=0 go build -trimpath -o bin/$$name ./cmd/$$name; done
	@CGO_ENABLED=0 go build -trimpath -o bin/loopfloor ./cmd/loopbench/loopfloor

.PHONY: demo
demo: build ## Play the whole loop on this machine; Ctrl-C ends it
	bin/demo

.PHONY: test
test: build ## Install what the tests need, run them all, print what each package cost
	go run ./internal/testenv/cmd/prepare
	CABINLOOP_BIN="$(CURDIR)/bin" go run ./internal/budget/cmd/gotest $(TESTFLAGS) $(PKG)

.PHONY: check
check: fmt-check vet lint gen-check proto-check test ## Everything CI could ask: format, vet, lint, generated code, contracts, tests

.PHONY: fmt-check
fmt-check:
	@bad="$$(git ls-files -co --exclude-standard '*.go' | xargs -r gofmt -l)"; \
	if [[ -n "$$bad" ]]; then echo "not in gofmt's form:"; echo "$$bad"; exit 1; fi

.PHONY: vet
vet:
	go vet ./...

.PHONY: lint
lint:
	$(STATICCHECK) ./...

.PHONY: race
race: build ## Run all tests with the race detector (needs a C compiler)
	go run ./internal/testenv/cmd/prepare
	CGO_ENABLED=1 CABINLOOP_BIN="$(CURDIR)/bin" go run ./internal/budget/cmd/gotest -race $(TESTFLAGS) $(PKG)

.PHONY: sim
sim: ## Simulate SEEDS flights with faults, and one with every crash point; print summary lines
	go test ./sync/sim -run 'TestPlanted|TestSim$$|TestCrash|TestMergePoints' -count=1 -timeout 60m -v -args -sim.seeds=$(SEEDS) -sim.every=1

.PHONY: scenario
scenario: ## Play every named scenario on every pair of stores
	go run ./internal/testenv/cmd/prepare
	go test ./test/scenario -count=1 -timeout 20m -v -args -scenario.full

.PHONY: power
power: build ## Kill processes, cut power, fail flushes, fill disks, flip bits, live 60 days (root; long)
	CABINLOOP_BIN="$(CURDIR)/bin" go test ./test/power -count=1 -timeout 40m -v -args -power.full -power.seed=$(SEED)

.PHONY: proof
proof: build ## Run the long proofs (sim, scenario, upgrade, power, fuzz, bench; 60 minutes at most) and keep what they print in docs/proof.md
	tools/proof.sh

.PHONY: fuzz
fuzz: ## Run each fuzz target for FUZZTIME
	tools/fuzz.sh $(FUZZTIME)

.PHONY: bench
bench: build ## Run the benchmarks, then the load bench
	tools/bench.sh $(BENCHTIME)

.PHONY: loop-real
loop-real: build ## Play the loop over real posts and bookings in DATA
	bin/demo real --data $(DATA)

.PHONY: gen
gen: ## Regenerate the code made from proto/
	tools/gen.sh

.PHONY: gen-check
gen-check: gen ## Regenerate and fail on a difference
	@git diff --exit-code -- proto || { echo "generated code differs from its source; commit what make gen wrote"; exit 1; }
	@new="$$(git ls-files -o --exclude-standard -- proto)"; \
	if [[ -n "$$new" ]]; then echo "generated but not committed:"; echo "$$new"; exit 1; fi

.PHONY: proto-check
proto-check: ## Lint the contracts and refuse breaking changes
	tools/proto-check.sh
