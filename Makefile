# The workflow as commands. `make demo` and `make test` do all their own set-up; the first run takes a minute, later ones seconds.
#
#   make demo                            everything, with a demo shop and simulated visitors
#   make run PORT=8010 WEB_WORKERS=1     everything, empty
#   make test                            linters, types, contracts and all tests
#   make bench RUNS=3                    the promises of docs/performance.md, measured so often; a promise is kept that every run kept
#   make study                           what takes half an hour: hostile requests by the hundred thousand, connections by the thousand

SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
RUNS ?= 1
UV := --require-hashes -r requirements-uv.txt

# Python 3.11 or later that this user can run; the first that answers.
PYTHON ?= $(shell for python in python3.11 /usr/bin/python3.11 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$python; break; }; done)

UP := $(BIN)/python manage.py up --port $(PORT) $(if $(WEB_WORKERS),--web-workers $(WEB_WORKERS))
# A user without a home keeps uv's cache beside the packages.
CACHE = $(if $(shell test -w "$$HOME" && echo yes),,UV_CACHE_DIR=$(VENV)/.cache)

# A test starts hundreds of processes: each would compile all of this again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo run test study lint format check bench requirements clean

help:
	@sed -n 's/^#   //p' Makefile

demo: $(VENV)/.installed
	@$(UP) --demo

run: $(VENV)/.installed
	@$(UP)

test: lint check $(VENV)/.browser
	$(BIN)/python -m pytest -n 2 $(PYTEST)

study: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -s -m study $(PYTEST)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports

check: $(VENV)/.installed-dev
	$(BIN)/python manage.py check --fail-level WARNING

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks --runs $(RUNS) $(BENCH)

requirements: $(VENV)/bin/uv
	$(BIN)/uv pip compile -q --python-version 3.11 --no-build --generate-hashes --no-header --upgrade -o requirements.txt requirements.in
	$(BIN)/uv pip compile -q --python-version 3.11 --no-build --generate-hashes --no-header -o requirements-uv.txt requirements-uv.in
	$(BIN)/uv pip compile -q --python-version 3.11 --generate-hashes --no-header --upgrade -o requirements-dev.txt requirements-dev.in

clean:
	rm -rf var staticfiles .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# --- the environment --------------------------------------------------------------------------------

# Neither ensurepip nor a pip inside the environment is needed: Debian's Python lacks the one, and the other is slow.
$(VENV)/bin/uv:
	@test -n "$(PYTHON)" || { echo "Python 3.11 is needed: apt-get install python3.11, or make PYTHON=/path/to/python" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv --without-pip $(VENV)
	@if command -v uv >/dev/null; then ln -sf "$$(command -v uv)" $@; \
	elif $(PYTHON) -m pip --version >/dev/null 2>&1; then $(PYTHON) -m pip --quiet --disable-pip-version-check --python $(BIN)/python install $(UV); \
	else $(BIN)/python -m ensurepip >/dev/null && $(BIN)/python -m pip install --quiet $(UV); fi

# uv brings its own list of certificate authorities; behind a company's proxy only the machine's own list will do.
INSTALL = $(CACHE) $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes
install = $(INSTALL) $(1) 2>/dev/null || $(INSTALL) --system-certs $(1)

$(VENV)/.installed: requirements.txt | $(VENV)/bin/uv
	@echo "installing packages into $(VENV)"
	@$(call install,-r requirements.txt)
	@touch $@

# Compiled at once, on all cores, rather than by the first process.
$(VENV)/.installed-dev: requirements.txt requirements-dev.txt | $(VENV)/bin/uv
	@echo "installing packages for tests into $(VENV)"
	@$(call install,--compile-bytecode -r requirements.txt -r requirements-dev.txt)
	@touch $(VENV)/.installed $@

# Browser tests say loudly that they were skipped where this finds nothing.
$(VENV)/.browser: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.chromium
	@touch $@
