# make demo and make test work on a machine that has only Python 3.11+, git and make.
.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV ?= .venv
BIN := $(VENV)/bin
SANDBOX ?= bubblewrap

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.ready: pyproject.toml .ci/bootstrap
	@.ci/bootstrap venv $(VENV)
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready
	@.ci/bootstrap dev $(VENV)
	@touch $@

system:
	@.ci/bootstrap system $(SANDBOX)

demo: $(VENV)/.ready system ## the main job: a team fixes a real package, on your screen
	@$(BIN)/python examples/first-light/demo.py --sandbox $(SANDBOX)

test: $(VENV)/.ready-dev system ## all tests
	@$(BIN)/python -m pytest -n auto --dist loadscope

lint: $(VENV)/.ready-dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

contracts: $(VENV)/.ready-dev
	@$(BIN)/lint-imports

types: $(VENV)/.ready-dev
	@$(BIN)/mypy

check: lint contracts types test ## what CI runs

bench: $(VENV)/.ready system ## the figures that the documents quote
	@$(BIN)/python bench/first_light.py
	@$(BIN)/python bench/memory.py

pictures: $(VENV)/.ready system ## docs/pictures, from a run of the demo
	@$(BIN)/python examples/first-light/demo.py --sandbox $(SANDBOX) --pictures docs/pictures

.PHONY: help system demo test lint contracts types check bench pictures
