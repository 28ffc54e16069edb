# knockon: `make help` lists what can be made. All of it can be repeated.
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help setup demo neo4j-up neo4j-down check lint types imports tests parts test test-long bench lock format clean built
BIN := .venv/bin
LOCAL_NEO4J = $(or $(wildcard $(BIN)/python),python3) -m scripts.local_neo4j
EARLY_NEO4J = python3 -c 'from scripts.neo4j_jars import prepare; prepare()' 2>/dev/null
SUBMAKE = $(MAKE) --no-print-directory

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: ## .venv from requirements.lock; afterwards .venv/bin/knockon is the command
	@scripts/setup

demo: setup ## setup, then three true stories: loaded, asked what-if, drawn
	@$(BIN)/knockon demo

# Used as `eval "$(make -s neo4j-up)"`: only the lines to be evaluated go to stdout.
neo4j-up: setup ## starts a local Neo4j, or finds it running, and prints how knockon reaches it
	@$(LOCAL_NEO4J) up

neo4j-down: ## stops the local Neo4j; its data stays in .neo4j
	@$(LOCAL_NEO4J) down

check: lint types imports tests ## lint, types, imports and tests on what is set up

lint: built
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: built
	$(BIN)/mypy

imports: built
	$(BIN)/lint-imports

# Files go to workers whole: what a file's tests share is made once. More workers would each want a server's memory.
tests: built
	$(BIN)/pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# The browser and Neo4j come while pip installs; `parts` says what cannot be had. Then the engine compiles on one
# processor; the other has Neo4j started once, and reads the code.
test: ## setup, a browser and a throw-away Neo4j for the tests, then check: what CI runs
	@{ scripts/ensure-browser; found=$$?; $(EARLY_NEO4J); exit $$found; } & browser=$$!; \
	scripts/setup; ready=$$?; wait $$browser && exit $$ready
	@$(BIN)/python -m graph.warming & engine=$$!; \
	$(SUBMAKE) parts lint types imports && wait $$engine || { kill $$engine 2>/dev/null; exit 1; }
	@$(BIN)/python -m scripts.local_neo4j with $(SUBMAKE) tests

parts: built
	@$(LOCAL_NEO4J) fetch

test-long: test ## test, then the slow ones
	$(BIN)/pytest -m long

bench: setup ## one table of speeds, as ratios
	@$(BIN)/python -m benchmarks

format: built ## lays the code out, and mends what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The pins that still fit stay; UPGRADE=--upgrade takes the newest of everything.
lock: built ## makes requirements.lock again from pyproject.toml (UPGRADE=--upgrade: newest of everything)
	@$(BIN)/uv pip compile pyproject.toml --group dev --output-file requirements.lock $(UPGRADE) --quiet \
		--universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

clean: neo4j-down ## removes .venv and every cache; the data in .neo4j stays
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

built:
	@test -x $(BIN)/pytest || { echo "Nothing is set up yet: run 'make setup'." >&2; exit 1; }
