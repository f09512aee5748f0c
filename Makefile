# SPDX-License-Identifier: BSD-3-Clause
# `make help` lists the targets.

PYTHON ?= python3.11
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help .venv demo test lint format compiler

help:  ## list the targets
	@grep -hE '^[.a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([.a-z]+):.*## /\1\t/' | expand -t 10

.venv: .venv/package.stamp  ## install everything, as pinned in requirements.lock, into .venv

demo: .venv compiler  ## train, build, verify and estimate the digits demo into runs/digits-demo
	$(BIN)/hw-bnn run build_configs/digits-demo.yaml --out runs/digits-demo

test: lint compiler  ## lint, type check and all tests
	$(BIN)/python -m pytest

lint: .venv  ## style and types only
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: .venv  ## rewrite the code in the project's style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

compiler:
	@command -v g++ >/dev/null || { \
	  echo "error: g++ not found: Verilator needs a C++ compiler, install g++ and make" >&2; exit 1; }

.venv/lock.stamp: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { \
	  echo "error: $(PYTHON) is not Python 3.11: install it, or name one with make PYTHON=..." >&2; \
	  exit 1; }
	@echo "installing torch, FINN+ and all others into .venv: about 3 GB, some minutes"
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet "$$(sed -n 's/^\(torch==[^ ]*\).*/\1/p' requirements.lock)"
	$(BIN)/pip install --quiet --no-deps -r requirements.lock
	@touch $@

.venv/package.stamp: .venv/lock.stamp pyproject.toml
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@
