# Every target prepares what it needs: a fresh clone with Python 3.11 or newer is enough.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# The first interpreter that is new enough; override with `make PYTHON=/path/to/python3.12 ...`.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v "$$p" && break; done)
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.installed-runtime
DEVELOP := $(VENV)/.installed-develop
# The pins are complete, so nothing is resolved; bytecode is compiled at first use, which halves the installation,
# and is kept, or else every process would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile

.PHONY: help demo test check stories siege serve migrate bench docs constraints clean

help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "StormGraph needs Python 3.11 or newer: install it, or name it with make PYTHON=..." >&2; exit 1; }
	"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); echo "On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }

$(RUNTIME): constraints.txt pyproject.toml | $(BIN)/python
	$(PIP_INSTALL) --require-hashes --only-binary :all: -r constraints.txt
	$(PIP_INSTALL) --no-build-isolation --editable .
	@touch $@

$(DEVELOP): constraints-dev.txt $(RUNTIME)
	$(PIP_INSTALL) --require-hashes --only-binary :all: -r constraints-dev.txt
	@touch $@

demo: $(RUNTIME) ## six sources of the sample town become a served household graph
	$(BIN)/stormgraph demo $(ARGS)

serve: $(RUNTIME) ## serve the graph of STORMGRAPH_GRAPH_URL over HTTP
	$(BIN)/stormgraph serve $(ARGS)

migrate: $(RUNTIME) ## bring the graph's constraints and indexes up to date
	$(BIN)/stormgraph migrate $(ARGS)

# Two workers, each with its own engines; a Neo4j that is named is one for all, and so is the worker.
TEST_WORKERS ?= $(if $(STORMGRAPH_TEST_NEO4J_URL),0,2)
test: $(DEVELOP) ## all tests, on the embedded engine and on Neo4j (STORMGRAPH_TEST_NEO4J=required insists on it)
	$(BIN)/python -m pytest -m "not siege" -n $(TEST_WORKERS) --dist loadfile $(ARGS)

stories: $(DEVELOP) ## only the Cypher stories: one example or more for every query
	$(BIN)/python -m pytest tests/cypher $(ARGS)

siege: $(DEVELOP) ## the long campaigns: crashes, floods and many writers at once
	$(BIN)/python -m pytest -m siege $(ARGS)

check: $(DEVELOP) ## style, types, import contracts, house rules, docs freshness
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --strict tools
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest -q tests/test_house_rules.py tests/test_docs.py tests/test_compose.py tests/test_package.py

bench: $(DEVELOP) ## list the measurements; NAME=match runs one, NAME=all runs every one
	$(BIN)/python tools/bench.py $(NAME)

docs: $(DEVELOP) ## write the generated parts: README settings and commands, cypher/README.md
	$(BIN)/python tools/docs.py write

constraints: ## pin the newest allowed versions again, with their hashes, in constraints*.txt
	tools/constraints.sh "$(PYTHON)"

clean: ## remove the virtual environment and caches (never var/, where graphs live)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build ./*.egg-info
