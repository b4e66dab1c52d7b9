# The commands of the course; `make help` lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
# What `make lab` hands on to JupyterLab, for example LAB_ARGS="--port 9999".
LAB_ARGS ?=
# What `make demo` hands on to Voila, for example DEMO_ARGS="--port 9998".
DEMO_ARGS ?=
# Test processes; loadscope keeps the tests of one module together. The longest come first: see tests/conftest.py.
PYTEST_ARGS ?= -n 3 --dist loadscope --no-loadscope-reorder
# For example BENCH_ARGS="--only predict --json figures.json".
BENCH_ARGS ?=
# For example MUTATE_ARGS="--near", which takes minutes.
MUTATE_ARGS ?=
# Two notebooks at a time. A dead kernel would hang nbval until this many seconds have passed.
NBVAL := -p tests.lesson_runs --quiet -n 2 --dist loadscope --nbval-cell-timeout=300 --nbval-current-env

.PHONY: help lab demo test site links mutate bench lessons clean

help:  ## List these commands
	@sed -n 's/^\([a-z]*\):[^#]*## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

# Students need the first stamp only; tests and style need the second.
.venv/course: pyproject.toml constraints.txt
	@if ! $(BIN)/python -c 'import sys, pip; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null; then \
	  python=; \
	  for candidate in python3.11 python3.12 python3 python; do \
	    if "$$candidate" -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null; then \
	      python=$$candidate; break; fi; \
	  done; \
	  if [ -z "$$python" ]; then \
	    echo "The course needs Python 3.11 or 3.12, and neither was found: install one (https://www.python.org/downloads/) and run make again." >&2; \
	    exit 2; fi; \
	  if ! "$$python" -c 'import ensurepip' 2>/dev/null; then \
	    echo "$$python cannot make virtual environments here: install its venv package (Debian, Ubuntu: apt install python3-venv) and run make again." >&2; \
	    exit 2; fi; \
	  echo "Making .venv with $$("$$python" --version)"; \
	  "$$python" -m venv --clear .venv; \
	fi
	@echo "Installing the course into .venv: some minutes and 2 GB the first time"
	@$(PIP) --editable '.[download]'
	@# Students should meet the lesson, and not the question whether they want news from Jupyter.
	@$(BIN)/jupyter labextension disable --level=sys_prefix @jupyterlab/apputils-extension:announcements 2>/dev/null
	@touch $@

.venv/tests: .venv/course
	@echo "Installing what the tests need"
	@$(PIP) --editable '.[download,grade,site,test,dev]'
	@touch $@

lab: .venv/course  ## Set up what is missing, then open the lessons in JupyterLab
	@options=(); \
	if [ -n "$${CI:-}" ] || { [ "$$(uname -s)" = Linux ] && [ -z "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ]; }; then \
	  options+=(--no-browser); \
	  echo "No screen here: open the address that JupyterLab prints below in a browser."; fi; \
	if [ "$$(id -u)" = 0 ]; then options+=(--allow-root); fi; \
	exec $(BIN)/python -m jupyterlab --ServerApp.root_dir=lessons --LabApp.default_url=/lab/tree/00_start_here.ipynb \
	  --LabApp.news_url=None --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate "$${options[@]}" $(LAB_ARGS)

demo: .venv/course  ## The live demo as a page of its own, for a camera in your browser
	@options=(); \
	if [ -n "$${CI:-}" ] || { [ "$$(uname -s)" = Linux ] && [ -z "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ]; }; then \
	  options+=(--no-browser); \
	  echo "No screen here: open the address that Voila prints below in a browser on this machine."; fi; \
	exec $(BIN)/python -m voila emocourse/widgets/webcam/demo.ipynb --Voila.config_file_paths=emocourse/widgets/webcam "$${options[@]}" $(DEMO_ARGS)

test: .venv/tests  ## Check style, run every test, run every notebook
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .
	@$(BIN)/lint-imports --no-cache >/dev/null || $(BIN)/lint-imports --no-cache
	@$(BIN)/python -m pytest $(PYTEST_ARGS)
	@$(BIN)/python -m pytest $(NBVAL) --nbval-lax lessons
	@$(BIN)/python -m pytest $(NBVAL) --nbval --nbval-sanitize-with tests/nbval.cfg solutions

site: .venv/tests  ## Make the course's web pages in build/site
	@$(BIN)/python -m course_tools.site.build

links: .venv/tests  ## Ask every address outside the course whether it is still there (needs the internet)
	@$(BIN)/python -m tests.gates.links

mutate: .venv/tests  ## Put twenty faults into a copy, one at a time, and see that tests notice (an hour)
	@$(BIN)/python -m tests.mutations $(MUTATE_ARGS)

bench: .venv/tests  ## Measure how fast the course is on this machine
	@$(BIN)/python benchmarks/run.py $(BENCH_ARGS)

lessons: .venv/tests  ## Make lessons/ and the executed solutions/ again from solutions/*.py
	@$(BIN)/emocourse lessons
	@$(BIN)/python -m course_tools.site.readme

clean:  ## Remove the environment and what tests and builds leave behind
	@rm -rf .venv build dist .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
