# make demo   a Kubernetes cluster of four hosts on this machine, from nothing
# make test   every test, those on the lab's hosts included
# make check  format, lint, types, contracts, unit and short simulated tests: some minutes on two processors

SHELL := /bin/bash
.DEFAULT_GOAL := check
.PHONY: check fmt test test-thorough test-cluster test-hosts test-long lab-report demo demo-down lock bench docs

# What Python compiled is kept, as on an operator's machine: without, every start of rke-py takes a second more.
unexport PYTHONDONTWRITEBYTECODE

run := .venv/bin/
lab := $(run)python -m vagrant.lab

# Labs side by side: 2 halves the time where the machine has four processors or more; on two they are in each other's way.
LABS ?= 1

# Many tests wait for one another's threads, for sockets or for a disk: two to a processor.
WORKERS := $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN))))

.venv/installed: uv.lock pyproject.toml .ci/environment
	.ci/environment

check: .venv/installed
	$(run)ruff format --check .
	$(run)ruff check .
	$(run)mypy
	$(run)lint-imports
	$(run)python -m pytest -q -n $(WORKERS)

fmt: .venv/installed
	$(run)ruff format .
	$(run)ruff check --fix .

test: check test-thorough
	@$(MAKE) --no-print-directory --jobs=$(LABS) --output-sync=line test-cluster test-hosts

test-thorough: .venv/installed
	$(run)python -m pytest -q -n $(WORKERS) -m "thorough and not long"

test-cluster test-hosts: test-%: .venv/installed
	MAKEFLAGS= RKE_PY_TEST_PART=$* $(run)python -m pytest -vv --durations=15 -m "lab and not long" tests/lab

test-long: .venv/installed
	$(run)python -m pytest -m ""

# Rows of the reliability report that never ended well, one lab after another; ROW=NAME repeats one, or a pattern of names.
lab-report: .venv/installed
	$(run)python -m tests.lab.report "$(ROW)"; status=$$?; $(run)python -m docs.generate; exit $$status

demo: .venv/installed
	$(run)python -m vagrant.demo

demo-down: .venv/installed
	$(lab) down --name demo
	rm -rf .demo

# The libraries of the tools image follow the lock.
lock: .venv/installed
	uv lock
	uv export -q --frozen --no-dev --extra tools --no-emit-project --no-header -o images/tools/requirements.txt > /dev/null

bench: .venv/installed
	$(run)python -m benchmarks
	$(run)python -m docs.generate

docs: .venv/installed
	$(run)python -m docs.generate
