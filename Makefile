# What one can do here; `make help` lists it. Relative paths only, so that a space in the checkout's path does no harm.

MAKEFLAGS += --no-print-directory
SHELL := /bin/sh
SETUP := sh images/host/setup
BIN := .venv/bin
# Where this is set, every command and every worker of a run would compile the harness anew: two seconds each.
unexport PYTHONDONTWRITEBYTECODE

# Both are handed on to the tool: `make lab-up STAGE=40-ipv6-only ARGS="--engine containerlab"`.
STAGE ?=
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup venv image lab-up lab-down test test-all check exercises format bench containerlab containerlab-stop lock clean distclean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' Makefile
	@echo "  STAGE=… chooses a stage for lab-up; ARGS=… is added to the command."

setup: ## install what is missing: Debian packages, the virtual environment, the node image
	@$(SETUP)

venv:
	@$(SETUP) venv

image:
	@$(SETUP) image

lab-up: setup ## set up, then bring the pilot estate up (STAGE=31-datacentre unless given)
	@$(BIN)/v6lab up $(if $(STAGE),--stage $(STAGE)) $(ARGS)

lab-down: ## take the lab down
	@if [ -x $(BIN)/v6lab ]; then $(BIN)/v6lab down $(ARGS); fi

test: setup ## unit tests, the engine contract, and the checks against labs of their own
	@$(BIN)/pytest tests -m "not long" $(ARGS)

test-all: setup ## the same, and what takes minutes each: stage steps broken off everywhere, a rehearsal, an exercise
	@$(BIN)/pytest tests $(ARGS)

check: venv ## format, lint, types, import rules, unit tests: no root, about a minute
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/pytest -q --collect-only tests >/dev/null || $(BIN)/pytest -q --collect-only tests
	@$(BIN)/pytest -q -n auto --dist loadfile tests/unit

exercises: setup ## do every exercise whole: start, cheats, solution (half an hour; V6LAB_EXERCISES=T02,T06: some)
	@V6LAB_EXERCISES=$${V6LAB_EXERCISES:-all} $(BIN)/pytest tests/lab/test_exercises.py $(ARGS)

format: venv ## put the code into form
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: setup ## measure: both engines, by phase; the checks; the continuity probe
	@$(BIN)/python -m bench $(ARGS)

containerlab: setup ## get the second engine: Docker, the containerlab command, the image in Docker
	@$(BIN)/python -m harness.setup.containerlab

containerlab-stop: ## take the labs on containerlab down, stop the Docker daemon that `make containerlab` started
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m harness.setup.containerlab stop; fi

lock: ## make requirements.lock anew from pyproject.toml
	@if command -v uv >/dev/null; then exec uv pip compile --universal --generate-hashes --no-emit-index-url \
	  --no-header --python-version 3.11 --group dev pyproject.toml -o requirements.lock; \
	else echo "make lock needs uv  → pip install uv" >&2; exit 2; fi

clean: ## remove what the tools cached in the checkout
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .render
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean ## also remove the virtual environment and the built images
	@rm -rf .venv
	@rm -rf --one-file-system /var/lib/v6lab/images /var/lib/v6lab/bin
