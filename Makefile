# Peta Dapil. Two commands do it all on a fresh machine with Python 3.11 or later: `make run`, `make test`.
PYTHON ?= python3
VENV   ?= .venv
OUT    ?= build
SOURCE ?= auto
PORT   ?= 5000
JOBS   ?= 2
BIN    := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup build run test check bench bench-exports bench-load bench-serve bundle docs clean

help:  ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 14

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

run: $(VENV)/.run  ## set up, build if there is no release yet, serve on PORT (default 5000)
	@test -e $(OUT)/current/manifest.json || $(BIN)/dapil build --source $(SOURCE) --out $(OUT)
	DAPIL_RELEASES=$(OUT) DAPIL_PORT=$(PORT) $(BIN)/python server.py

test: $(VENV)/.dev  ## run the tests (national ones need BOUNDARIES_MIRROR, else they say that they are skipped)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)
	$(BIN)/python -m pytest -q --doctest-modules boundaries

check: $(VENV)/.dev  ## lint and type-check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/.dev  ## make pages of the documents in dist/docs; a broken link is an error
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --conf-dir docs . dist/docs

bench-load: $(VENV)/.dev  ## ten minutes of load while releases are switched and workers killed
	$(BIN)/python bench/load.py --seconds 600 --clients 32 --switch 10 --kill 60

bench: $(VENV)/.dev  ## measure: build, cleaning against mapshaper, quality
	$(BIN)/python bench/build.py

bench-exports: $(VENV)/.dev  ## measure what the downloads of a year cost: CPU, memory, bytes
	$(BIN)/python bench/exports.py $(OUT) $(ARGS)

bench-serve: $(VENV)/.dev  ## measure the service against its peers (ARGS=--quick: about a minute)
	$(BIN)/python bench/serve.py --releases $(OUT) $(ARGS)

bundle: $(VENV)/.run  ## make the map page's one script anew after a change of its modules (needs npm)
	$(BIN)/python scripts/bundle.py

clean:  ## remove the virtual environment (not the releases)
	rm -rf $(VENV)
