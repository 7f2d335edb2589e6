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

sandbox:
	@.ci/bootstrap sandbox $(SANDBOX)

demo: $(VENV)/.ready sandbox ## the main job: a team fixes a real package, on your screen
	@$(BIN)/python examples/first-light/demo.py --sandbox $(SANDBOX)

live-client: $(VENV)/.ready-dev
	@.ci/bootstrap live $(VENV)

live: live-client ## join a live Claude Code client (needs npm)
	@$(BIN)/python -m pytest -rs tests/live

test: $(VENV)/.ready-dev sandbox live-client ## all tests
	@$(BIN)/python -m pytest -rs -n auto --dist loadscope

lint: $(VENV)/.ready-dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

contracts: $(VENV)/.ready-dev
	@$(BIN)/lint-imports

types: $(VENV)/.ready-dev
	@$(BIN)/mypy

check: lint contracts types test ## what CI runs

bench: $(VENV)/.ready sandbox ## the figures that the documents quote
	@$(BIN)/python bench/first_light.py
	@$(BIN)/python bench/memory.py
	@$(BIN)/python bench/recall.py
	@$(BIN)/python bench/recall_speed.py
	@$(BIN)/python bench/locks.py
	@$(BIN)/python bench/watching.py
	@$(BIN)/python bench/team.py
	@$(BIN)/python bench/agent.py
	@$(BIN)/python bench/mission.py
	@$(BIN)/python bench/monitor.py
	@$(BIN)/python bench/skills_cost.py

kills: $(VENV)/.ready-dev sandbox ## a mission killed after every record of its journal; an hour
	@$(BIN)/python bench/mission_kills.py --jobs 2

pictures: $(VENV)/.ready-dev sandbox ## docs/pictures, from a run of examples/long-run (needs rsvg-convert; gifsicle if there)
	@SANDBOX=$(SANDBOX) $(BIN)/python examples/long-run/pictures.py docs/pictures

.PHONY: help sandbox demo live-client live test lint contracts types check bench kills pictures
