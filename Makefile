# make demo   from nothing to every customer's stage, on a seeded sample
# make test   everything that must hold, but the slow tests

.DEFAULT_GOAL := help
BIN := .venv/bin
WORKERS ?= auto
# a worker begins with a half of the tests in their order, so that what many of them share is seldom made twice
# the workers take the cores; what calculates in one of them does not divide its work again
PYTEST := OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal
UV ?= uv
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --upgrade \
	--custom-compile-command "make lock"
SOURCES := tenure tests $(wildcard benchmarks)

# what is written to the operational database is tested on both kinds of it; what clients and requests say is the same
# to both (and `make test-all` asks it of both)
ON_POSTGRESQL := $(wildcard $(addprefix tests/server/test_,coming_in.py access.py api.py tasks.py users_pages.py \
	actions_pages.py people_pages.py digest.py notes.py)) \
	$(filter-out %/test_clients.py %/test_requests.py,$(wildcard tests/server/intake/test_*.py))

# what is imported is compiled once, not by each of the many processes that are started
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo environment environment-dev check browser test test-all torture bench docs lock build clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -e 's/:[^#]*##/#/' | awk -F'# ' '{printf "  make %-10s %s\n", $$1, $$2}'

demo: environment ## create .venv, install, and run `tenure demo`
	@$(BIN)/tenure demo

environment:
	@sh scripts/environment.sh

environment-dev:
	@sh scripts/environment.sh dev

check: environment-dev ## lint, format, types and import contracts
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

browser: # what the tests of the pages are shown in
	@sh scripts/browser.sh

test: check browser ## check, then all tests but the slow ones (WORKERS=n for n processes)
	$(PYTEST) -m "not slow"
	TENURE_TEST_DATABASE=postgresql $(PYTEST) -m "not slow" $(ON_POSTGRESQL)

test-all: check browser ## check, then all tests
	$(PYTEST)
	TENURE_TEST_DATABASE=postgresql $(PYTEST) tests/server --ignore tests/server/browser

torture: environment-dev ## kill the server 1,000 times under load, and look for what is lost (KILLS=n for n times)
	$(BIN)/python -m tests.server.intake.torture --kills $(or $(KILLS),1000)

bench: environment-dev ## time and memory at 10 million events (takes minutes)
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.shop
	$(BIN)/python -m benchmarks.catalogue
	$(BIN)/python -m benchmarks.pages
	$(BIN)/python -m benchmarks.intake
	$(BIN)/python -m benchmarks.follow
	$(BIN)/python -m benchmarks.idle
	$(BIN)/python -m benchmarks.lifetimes

docs: environment-dev ## write the generated pages of docs/ again
	$(BIN)/python -m tenure.events docs/reference/events.md
	$(BIN)/python -m tenure.expressions.reference docs/reference/conditions.md
	$(BIN)/python -m tenure.cli.reference docs/reference/cli.md
	$(BIN)/python -m tenure.workspace.reference docs/reference/workspace.md
	$(BIN)/python -m tenure.server.reference docs/reference/web.md
	$(BIN)/python -m tenure.predict.reference docs/reference/predict.md

lock: ## resolve the dependencies again (needs uv)
	$(LOCK) pyproject.toml --extra dev -o requirements-dev.lock
	$(LOCK) pyproject.toml -c requirements-dev.lock -o requirements.lock
	$(LOCK) --group build -c requirements-dev.lock -o requirements-build.lock

build: environment-dev ## the wheel and the source archive, in dist/
	$(BIN)/python -m hatchling build

clean: ## remove .venv and what tools left behind
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
