# What one can do with Huisu. Needs Python 3.11 or later, and make; `make` shows the menu.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The first interpreter that is new enough; PYTHON= names another.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.14; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo "$$python" && break; done)
PORT ?= 8000
# How many processes share the tests; each brings a database and a queue of its own.
PROCESSES ?= 2
# Arguments for pytest: make test TESTS="tests/config -k supervisor".
TESTS ?=

# This menu is for one's own machine. Servers named by DATABASE_URL and REDIS_URL are used
# as they are; production starts by other means (docker-compose.yml).
export HUISU_MODE ?= local

BIN := .venv/bin
SOURCES := config contributions accounting bench tests manage.py
CATALOGS := $(wildcard locale/*/LC_MESSAGES/django.po)
COMPILED := $(CATALOGS:.po=.mo)

.PHONY: help
help: ## Show this menu
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The environment

.PHONY: setup
setup: .venv/runs $(COMPILED) ## Make the environment that Huisu runs in

.PHONY: setup-checks
setup-checks: setup .venv/checks

.venv/bin/python:
	@test -n "$(PYTHON)" || { \
		echo "Huisu needs Python 3.11 or later, and none is on the PATH." >&2; \
		echo "Install one, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "This Python cannot make virtual environments." >&2; \
		echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	"$(PYTHON)" -m venv .venv

# An installed lock leaves a stamp, so a second call has nothing to do.
.venv/runs: requirements.txt requirements-embedded.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r requirements.txt -r requirements-embedded.txt
	@touch $@

.venv/checks: requirements-dev.txt .venv/runs
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r requirements-dev.txt
	@touch $@

%.mo: %.po .venv/runs
	@$(BIN)/python -m config.translations compile
	@touch $@

.PHONY: lock
lock: setup-checks ## Write new locks from requirements*.in
	for list in requirements requirements-embedded requirements-dev; do $(BIN)/uv pip compile --quiet --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
		$$list.in -o $$list.txt || exit 1; done

.PHONY: translations
translations: setup ## Bring the .po files up to date with the source
	$(BIN)/python -m config.translations update

# Using it

.PHONY: demo
demo: setup ## Show Huisu with the demo cases on http://localhost:8000 (PORT=)
	@exec $(BIN)/python manage.py demo --port $(PORT)

# Every folder of bench/ with a __main__.py is one benchmark and prints its table.
BENCHMARKS := $(sort $(patsubst bench/%/__main__.py,%,$(wildcard bench/*/__main__.py)))

.PHONY: bench
bench: setup ## Measure how fast it is (ONLY=valuation measures one part)
	@for part in $(or $(ONLY),$(BENCHMARKS)); do \
		echo "== $$part"; $(BIN)/python -m "bench.$$part" || exit 1; done

.PHONY: forget
forget: setup ## Delete the demo's database, queue, files and log-ins
	$(BIN)/python -m config.embedded.forgetting

# Checking it

# Tests in a browser need chromium. Where it cannot be had, they say so and are skipped.
.PHONY: chromium
chromium: ## Install the browser that tests use (as root, with apt)
	@if command -v chromium >/dev/null || command -v chromium-browser >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		{ apt-get update -q && apt-get install -y -q --no-install-recommends chromium; } \
			>/dev/null || echo "chromium could not be installed; browser tests will be skipped"; \
	else echo "no chromium here; browser tests will be skipped"; fi

.PHONY: test
test: setup-checks chromium ## Run every test (TESTS= narrows it down)
	$(BIN)/python -m pytest --numprocesses $(PROCESSES) --dist loadfile $(TESTS)

.PHONY: format
format: setup-checks ## Format the source
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

.PHONY: lint
lint: setup-checks
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)

.PHONY: types
types: setup-checks
	$(BIN)/mypy $(SOURCES)

.PHONY: contracts
contracts: setup-checks
	$(BIN)/lint-imports

.PHONY: migrations
migrations: setup
	$(BIN)/python manage.py makemigrations --check --dry-run

.PHONY: translated
translated: setup
	$(BIN)/python -m config.translations check

.PHONY: check
check: lint types contracts migrations translated test ## Everything that must hold before a change lands
