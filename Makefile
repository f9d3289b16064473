# Everything a reviewer would ask for, one word each.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

BIN := .venv/bin
KERNEL := $(wildcard setup.py src/driftline/engines/*.c src/driftline/engines/*.h)
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses 8 --dist worksteal

.PHONY: help setup demo test lint format bench bench-peers soak docs lock clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | column -t -s $$'\t'

setup: .venv/.installed ## .venv with the driftline command and everything the other words need

demo: setup ## ninety days of a model, the verdict, the report; then the whole loop for real
	@$(BIN)/driftline demo

test: setup ## all tests, executed docs included
	$(PYTEST)

lint: setup ## style, types, the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## lay out the code as lint wants it
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: setup ## the numbers of the README
	$(BIN)/python bench/run.py

bench-peers: setup ## driftline beside other libraries, each in an environment of its own, into docs/benchmarks.md
	$(BIN)/python bench/side_by_side.py --install

soak: setup ## the same laws and simulations, in long rounds
	$(PYTEST) -m "soak or hypothesis" --hypothesis-profile soak

docs: setup ## docs/_build/index.html
	$(BIN)/sphinx-build -n -W --keep-going -q -b html docs docs/_build

lock: setup ## newest versions into requirements.lock: hashes, no host names
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	  --generate-hashes --no-annotate --all-extras --group dev --output-file requirements.lock pyproject.toml
	@! grep -nE "://|^ *--(index|extra|find|trusted)" requirements.lock || { echo "requirements.lock names a host"; exit 1; }

clean: ## remove what setup and the tools have made
	rm -rf .venv build docs/_build .*_cache .hypothesis src/*.egg-info src/driftline/engines/_kernel.*.so

# An interpreter counts only if it starts: version managers leave names behind that do not.
.venv/bin/python:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	  if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    exec "$$python" -m venv .venv; \
	  fi; \
	done; \
	echo "driftline needs Python 3.11 or newer with its venv module, and none of python3, python3.13, python3.12, python3.11 is that." >&2; \
	echo "Hint: install one (Debian: apt install python3 python3-venv), or name it: make setup PYTHON=/path/to/python" >&2; \
	exit 1

.venv/.packages: requirements.lock | .venv/bin/python
	@echo "installing packages into .venv (a minute or two, once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/.installed: .venv/.packages pyproject.toml $(KERNEL)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@ls src/driftline/engines/_kernel.*.so >/dev/null 2>&1 || \
	  echo "note: the counting kernel was not built (no C compiler?); NumPy counts in its place, more slowly"
	@touch $@
