# Peta Dapil. Two commands do it all on a fresh machine with Python 3.11 or later: `make run`, `make test`.
PYTHON ?= python3
VENV   ?= .venv
OUT    ?= build
SOURCE ?= auto
PORT   ?= 5000
JOBS   ?= 3
BIN    := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup build run test test-national check bench bench-exports bench-elections bench-load bench-serve bundle docs clean

help:  ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 16

$(VENV)/.run: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed; name one with: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[build,serve]'
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

setup: $(VENV)/.run  ## make the virtual environment

build: $(VENV)/.run  ## fetch a base map and build every plan into OUT (default build/)
	$(BIN)/dapil build --source $(SOURCE) --out $(OUT)

run: $(VENV)/.run  ## set up, build quickly if there is no release yet, serve on PORT (default 5000); the rest behind it
	@test -e $(OUT)/current/manifest.json || $(BIN)/dapil build --quick --source $(SOURCE) --out $(OUT)
	DAPIL_RELEASES=$(OUT) DAPIL_PORT=$(PORT) DAPIL_BEHIND=on $(BIN)/python server.py

# One process more than two cores: a third of the time is waiting for browsers and servers.
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

test: $(VENV)/.dev  ## run the tests but those of the whole nation and the slow ones
	$(PYTEST) -m 'not national and not slow' $(ARGS)
	$(BIN)/python -m pytest -q --doctest-modules boundaries

test-national: $(VENV)/.dev  ## run these (BOUNDARIES_MIRROR names the base map, else national ones say that they are skipped)
	$(PYTEST) -m 'national or slow' $(ARGS)

check: $(VENV)/.dev  ## lint and type-check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/.dev  ## make pages of the documents in dist/docs; a broken link is an error
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --conf-dir docs . dist/docs

bench-load: $(VENV)/.dev  ## ten minutes of load while releases are switched and workers killed
	$(BIN)/python bench/load.py --seconds 600 --clients 32 --switch 10 --kill 60

bench: $(VENV)/.dev  ## measure: build, memory, cleaning against mapshaper, growth (ARGS='--only build')
	$(BIN)/python bench/build.py $(ARGS)

bench-exports: $(VENV)/.dev  ## measure what the downloads of a year cost: CPU, memory, bytes
	$(BIN)/python bench/exports.py $(OUT) $(ARGS)

bench-elections: $(VENV)/.dev  ## measure what the election's tables add to a build and to a worker
	$(BIN)/python bench/elections.py

bench-serve: $(VENV)/.dev  ## measure the service against its peers (ARGS=--quick: about a minute)
	$(BIN)/python bench/serve.py --releases $(OUT) $(ARGS)

bundle: $(VENV)/.run  ## make the map page's one script anew after a change of its modules (needs npm)
	$(BIN)/python scripts/bundle.py

clean:  ## remove the virtual environment (not the releases)
	rm -rf $(VENV)
