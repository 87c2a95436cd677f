# Two commands are all that is needed: `make demo` and `make test`. Both install what is missing.

PYTHON ?= python3
VENV := .venv
export DO_NOT_TRACK := 1
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
DEMO_PREFECT_HOME := $(CURDIR)/.data/demo/prefect

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-server demo-gallery test test-starting test-computing test-long \
	test-long-faults test-long-others test-faults \
	lint types check format migrate report api up server deploy worker \
	requirements readme-picture gallery-pictures bench bench-parsing bench-fetch bench-ranking \
	bench-downloads bench-memory bench-creative bench-rest bench-gallery bench-cap bench-fan-out \
	bench-memory-curve check-previews chaos clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

setup: $(INSTALLED) ## Make .venv and install the pinned requirements (nothing to do when they are there)

$(INSTALLED): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $(INSTALLED)

demo: setup ## Run the main job on the demo shop and show what came out
	@$(BIN)/python -m demo

demo-server: setup ## Show the demo's runs in the Prefect UI, at http://127.0.0.1:4200
	PREFECT_HOME="$(DEMO_PREFECT_HOME)" \
	PREFECT_SERVER_DATABASE_CONNECTION_URL="sqlite+aiosqlite:///$(DEMO_PREFECT_HOME)/prefect.db" \
	$(BIN)/prefect server start

demo-gallery: setup ## Look through the demo's previews in a browser, at http://127.0.0.1:8000
	@$(BIN)/python -m demo.gallery

# Their tests start programs and wait for them; all others compute for the most part. Both halves run
# at the same time, each with a database and servers of its own, and are shown when they have ended.
STARTING := $(wildcard tests/api tests/deployments tests/faults tests/tasks)
# On a busy machine real processes may be late once: where CI is set, what fails is run once more, and
# what fails twice fails. $(1) remembers what failed; $(2) says which tests they are.
PYTEST = $(BIN)/python -m pytest -o cache_dir=.pytest_cache/$(1)
TESTS = $(PYTEST) $(2) $(if $(CI),|| $(PYTEST) --last-failed $(2))
WHOLE := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

test: setup ## Run the test suite, but for the tests that take long
	@echo "Both halves of the tests run at the same time; each is shown when it has ended."
	@$(MAKE) --no-print-directory --jobs=2 --keep-going $(WHOLE) test-starting test-computing

test-starting:
	$(call TESTS,starting,-m "not faults and not long" $(STARTING))

test-computing:
	$(call TESTS,computing,-m "not faults and not long" $(STARTING:%=--ignore=%))

test-long: setup ## Run all tests that take long, those of faults among them
	@echo "Both halves of the tests run at the same time; each is shown when it has ended."
	@$(MAKE) --no-print-directory --jobs=2 --keep-going $(WHOLE) test-long-faults test-long-others

test-long-faults:
	$(call TESTS,long-faults,-m "faults or long" tests/faults)

test-long-others:
	$(call TESTS,long-others,-m "faults or long" --ignore=tests/faults)

test-faults: setup ## Run the long tests of faults: real processes killed, frozen, started again
	$(call TESTS,faults,-m faults)

MINUTES ?= 10
chaos: setup ## Kill databases, servers and workers under a batch at random (SEED=, MINUTES=10)
	$(BIN)/python -m tests.faults.chaos --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

lint: setup ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup ## Check types
	$(BIN)/mypy

check: lint types test test-long ## All that CI checks

format: setup ## Put the code in form
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

migrate: setup ## Bring the database of CTA_DATABASE_URL (or the embedded one) up to date
	$(BIN)/alembic upgrade head

WORKSPACE ?= default
report: setup ## Write a batch's report (BATCH=, WORKSPACE=, FOLDER=; of the demo's: CTA_DATA_DIR=.data/demo WORKSPACE=demo)
	@$(BIN)/python -m db.write_report --workspace "$(WORKSPACE)" $(if $(BATCH),--batch "$(BATCH)") $(if $(FOLDER),--folder "$(FOLDER)")

api: setup ## Serve the REST API, at http://127.0.0.1:8000
	$(BIN)/uvicorn api.app:app --no-access-log --timeout-graceful-shutdown 5

up: setup ## Start Prefect's server, a worker and the API in this terminal; Ctrl-C ends all
	@$(BIN)/python -m deployments.up

server: setup ## Start a Prefect server with its UI, at http://127.0.0.1:4200
	$(BIN)/python -m deployments.server

deploy: setup ## Register the work pool, the limit and the deployments with the Prefect server
	$(BIN)/python -m deployments

worker: setup ## Start a worker for the deployments
	$(BIN)/prefect worker start --pool cta-previews --type process

requirements: setup ## Compile requirements.txt anew from requirements.in
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile requirements.in --universal --python-version 3.11 --no-emit-index-url \
		--custom-compile-command "make requirements" --upgrade --quiet --output-file requirements.txt

bench: setup ## Measure the demo against its limits of time and memory
	$(BIN)/python -m bench.demo_run

bench-parsing: setup ## Measure how long a page of 150 KB takes to be read
	$(BIN)/python -m bench.parsing

bench-fetch: setup ## Measure the guarded fetch against bare requests
	$(BIN)/python -m bench.fetch

bench-ranking: setup ## Measure ranking end to end against the bare model
	$(BIN)/python -m bench.ranking

PEER := .data/bench/img2dataset
$(PEER)/.installed: bench/requirements-img2dataset.txt
	$(PYTHON) -m venv $(PEER)
	$(PEER)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

bench-downloads: setup $(PEER)/.installed ## Measure downloading and decoding against img2dataset
	$(BIN)/python -m bench.downloads

bench-memory: setup ## Measure that memory does not grow with the products ranked
	$(BIN)/python -m bench.memory

check-previews: setup ## Judge the demo's previews by their pixels (needs chromium)
	$(BIN)/python -m demo.check_previews

bench-creative: setup ## Measure the embedded generator and the overlay against their limits
	$(BIN)/python -m bench.creative

bench-rest: setup ## Measure the REST API on a million previews, which are made first (3 GB)
	$(BIN)/python -m bench.rest

bench-gallery: setup ## Measure the gallery with ten thousand previews in a batch (needs chromium)
	$(BIN)/python -m bench.gallery

bench-cap: setup ## Measure the cap at 20 a minute and ten times faster (ten minutes)
	$(BIN)/python -m bench.cap

CELERY := .data/bench/celery
$(CELERY)/.installed: bench/requirements-celery.txt
	$(PYTHON) -m venv $(CELERY)
	$(CELERY)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

bench-fan-out: setup $(CELERY)/.installed ## Measure the cost of a preview beside the obvious program and Celery (needs redis-server)
	$(BIN)/python -m bench.fan_out

bench-memory-curve: setup ## Measure the memory of a run of 5,000 sources (two hours)
	$(BIN)/python -m bench.memory_curve

readme-picture: setup ## Take the README's picture of the demo's previews (needs chromium)
	$(BIN)/python -m demo.readme_picture

gallery-pictures: setup ## Take the README's pictures of the gallery (needs chromium)
	@$(BIN)/python -m demo.gallery_pictures

clean: ## Remove what was written at run time (the environment stays)
	rm -rf .data/* .hypothesis .pytest_cache .mypy_cache .ruff_cache
