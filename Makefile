# Every target that needs Python makes the environment first, so each one alone is enough on a
# fresh clone. `make` without a target lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV   ?= .venv
BIN    := $(VENV)/bin
SEED   ?= 0
# Further arguments for pytest or the pipeline: make test ARGS="-k packing -x"
ARGS   ?=
CODE   := granite_rl pretrain sft rewards envs tests

export VENV
# Programs that the platform starts by name (ninja, ray) are those of the environment.
export PATH := $(abspath $(BIN)):$(PATH)
# Tests share the cores between Ray actors, each of which would otherwise start one thread a core
# and then wait for the others' turns.
TEST_ENV := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false \
            WANDB_MODE=offline HF_HUB_OFFLINE=1 RAY_USAGE_STATS_ENABLED=0
# Two processes share the suite out as tests/conftest.py says; ARGS="-n 0" runs it in one.
PYTEST := $(TEST_ENV) $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: help setup demo demo-control test test-faults check lint format bench lock clean

help: ## list the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

setup: ## make .venv from the pinned lock (once; every other target does it too)
	@scripts/bootstrap.sh

demo: setup ## the whole recipe on a tiny model into runs/demo (SEED=0)
	$(BIN)/python -m granite_rl.pipeline recipe=demo run.seed=$(SEED) run.dir=runs/demo $(ARGS)

demo-control: setup ## the same with rewards shuffled inside the batch, into runs/demo-control
	$(BIN)/python -m granite_rl.pipeline recipe=demo control=true run.seed=$(SEED) \
	  run.dir=runs/demo-control $(if $(wildcard runs/demo/report.json),reuse_from=runs/demo) $(ARGS)

test: setup ## the whole test suite
	$(PYTEST) -m "not bench and not long" $(ARGS)

test-faults: setup ## everything that is killed, stopped or filled up, the long tests too
	$(PYTEST) -m "long or not long" tests/faults tests/granite_rl/rl/test_rollout_modes.py \
	  tests/granite_rl/test_recipe_batch.py tests/granite_rl/algorithm/test_stage_options.py \
	  tests/test_light_install.py $(ARGS)

check: lint ## formatting, lint, types and the fast tests
	$(PYTEST) -q -m "not slow and not ray and not bench" $(ARGS)

lint: setup ## formatting, lint and types only
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: setup ## format the code and fix what ruff can fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup ## the benchmarks of tests/bench, one JSON line each, into runs/bench.json
	$(BIN)/python -m tests.bench $(ARGS)

lock: setup ## resolve requirements/*.in again (ARGS=--upgrade moves the pins)
	scripts/lock.sh $(ARGS)

clean: ## remove the environment and caches (run directories stay)
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info build dist
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +
