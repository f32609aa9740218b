# Everything a newcomer or CI types. `make demo` and `make test` need only Python 3.11+, make and pip.
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
READY := .venv/.ready
PACK := summaries/places/gazetteer.pack
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test check bench chaos locales pictures lock clean help
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 18

# A Debian Python without ensurepip cannot make a venv that holds pip; then the system's pip fills it.
$(READY): requirements-dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Dateline needs Python 3.11 or newer: install it, or say make PYTHON=/path/to/python" >&2; exit 1; }
	@echo "Setting up .venv (once, about a minute) ..."
	@$(PYTHON) -m venv --clear .venv >/dev/null 2>&1 || $(PYTHON) -m venv --clear --without-pip .venv
	@pip="$(BIN)/python -m pip"; $$pip --version >/dev/null 2>&1 || pip="$(PYTHON) -m pip --python $(BIN)/python"; \
	$$pip install -qq --require-hashes -r requirements-dev.lock && \
	$$pip install -qq --no-deps --no-build-isolation -e .
	@touch $@

$(PACK): $(READY) summaries/places/build.py summaries/places/build_sources.py $(wildcard config/places/*.tsv config/places/*.toml)
	@echo "Building the gazetteer ..."
	@$(BIN)/python -m summaries.places.build

demo: $(READY) $(PACK) ## print today's briefing from seeds/ and answer one place question
	@$(BIN)/dateline demo

test: $(READY) $(PACK) ## run all the tests
	@$(BIN)/python -m pytest -n auto

check: $(READY) ## lint, types and the dependency rule
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

bench: $(READY) $(PACK) ## run every benchmark (each also has its own make bench-NAME)
	@for b in $(patsubst tests/benchmarks/bench_%.py,%,$(wildcard tests/benchmarks/bench_*.py)); do $(MAKE) --no-print-directory bench-$$b || exit 1; done

bench-%: $(READY) $(PACK)
	@$(BIN)/python -m tests.benchmarks.bench_$*

chaos: $(READY) $(PACK) ## bad nights for the real bot: make chaos RUNS=1000 SEED=1
	@$(BIN)/python -m tests.reliability.chaos --runs $(or $(RUNS),30) --seed $(or $(SEED),1)

locales: $(READY) ## gather the bot's words for its translators, and say what has no translation
	@$(BIN)/python -m bot.catalogs

pictures: $(READY) $(PACK) ## draw the README's pictures from the emulators' record (needs chromium)
	@$(BIN)/python -m tests.emulators.pictures docs

lock: $(READY) ## pin the newest permitted versions of every dependency (needs uv)
	uv pip compile pyproject.toml --upgrade --universal --generate-hashes --no-header --python-version 3.11 --extra postgresql -q -o requirements.lock
	uv pip compile pyproject.toml --universal --generate-hashes --no-header --python-version 3.11 --extra postgresql --group dev -c requirements.lock -q -o requirements-dev.lock

clean: ## remove what these targets made
	rm -rf .venv $(PACK) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
