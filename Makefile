# Everything here works from a fresh clone: it needs only Python 3.11 to 3.13, make and a network.
.DEFAULT_GOAL := help
SHELL := /bin/sh
# Some containers set it; then each of hundreds of processes compiles every package again.
unexport PYTHONDONTWRITEBYTECODE

PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin
INTO_VENV := $(BIN)/uv pip install --quiet --python $(BIN)/python

# The first interpreter that runs and fits. `make run PYTHON=/path/to/python3.12` chooses another.
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3 python; do \
	$$python -c '$(FITS)' >/dev/null 2>&1 && { command -v $$python; break; }; done)

# Snowflake's command line and the versions that Snowflake runs clash with ours: each lives by itself.
SNOW := build/snow/bin/snow
SNOW_OPTIONS ?=
ON_MAC := $(if $(filter Darwin,$(shell uname)),-e 's/xgboost-cpu/xgboost/')

.PHONY: help run check test lint format audit notebook deploy snowflake-bundle snowflake-sql results install \
	install-notebooks install-dev \
	snow deployed lowest browser screenshots clean

help:  ## What each command does
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

run: install models/card.json  ## Install, build the models if there are none, serve the dashboard on port 8501
	$(BIN)/python -m streamlit run app.py --server.port $(PORT)

# Begun first, or one processor waits for the last of them.
LONGEST := $(addprefix tests/,project/test_lowest.py dashboard/test_soak.py notebooks/test_study_notebook.py \
	notebooks/test_live_notebook.py notebooks/test_notebooks.py)
TESTS := $(sort $(wildcard tests/test_*.py tests/*/test_*.py tests/*/*/test_*.py))

# None of these needs a browser, another environment, a notebook, or half a minute.
QUICK := $(filter-out tests/dashboard/% tests/notebooks/% tests/snowflake/% tests/project/% tests/study/% \
	tests/sources/live/% tests/sources/files/% tests/bundle/% tests/test_build.py tests/test_catalogue.py \
	tests/test_score_command.py tests/test_cli.py, \
	$(TESTS)) tests/project/test_rooms.py tests/dashboard/test_track.py

check: install-dev lint  ## Style, types and the quick tests: between two edits
	$(BIN)/python -m pytest --quiet -n auto --dist loadfile $(QUICK)

# Each core has a process of its own: threads beside them only wait for one another.
check test: export OMP_NUM_THREADS := 1

test: install-dev browser snow deployed lowest lint  ## Lint and run every test
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(LONGEST) $(filter-out $(LONGEST),$(TESTS))

lint: install-dev  ## Check style, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: install-dev  ## Repair style and formatting
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

audit: install-dev  ## Ask whether any package that is installed has a known hole (needs a network)
	@mkdir -p build && $(BIN)/uv pip freeze --quiet --python $(BIN)/python > build/installed.txt
	@if $(BIN)/uv tool run pip-audit --strict --no-deps --disable-pip --requirement build/installed.txt > build/audit.txt 2>&1; then \
		echo "Nothing is known against the packages that are installed."; \
	elif grep -q '^Found' build/audit.txt; then \
		cat build/audit.txt; exit 1; \
	else \
		tail -n 3 build/audit.txt; echo "Nobody could be asked, so nothing can be said of the packages."; exit 2; \
	fi

notebook: install-notebooks  ## Run the notebooks in place: retrains the models and refreshes every figure
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace notebooks/*.ipynb

deploy: models/card.json snow  ## Check the models and put the dashboard into Snowflake (needs a connection of `snow`)
	$(BIN)/hitcast info --check
	$(SNOW) streamlit deploy hitcast --replace $(SNOW_OPTIONS)

snowflake-bundle: models/card.json snow  ## Lay out the dashboard's files for Snowsight in output/hitcast
	$(BIN)/hitcast info --check
	rm -rf output
	$(SNOW) ws bundle --entity-id hitcast
	cp -RL output/bundle/streamlit/hitcast output/hitcast

snowflake-sql: models/card.json  ## Write deploy/score.sql for the models that are there
	$(BIN)/hitcast snowflake-sql

results: models/card.json  ## Write the results into README.md and docs/results.md from the models that are there
	$(BIN)/python docs/results.py

screenshots: models/card.json browser  ## Photograph every page into docs/
	PYTHONPATH=. $(BIN)/python docs/screenshots.py

clean:  ## Remove what the commands above made, except your data and models
	rm -rf $(VENV) build output .pytest_cache .ruff_cache .mypy_cache .hypothesis

# The stamps live inside the environment, so they go when it goes; a changed list installs again.
install: $(VENV)/.installed
install-notebooks: $(VENV)/.installed-notebooks
install-dev: $(VENV)/.installed-dev

$(BIN)/python:
	@test -n "$(PYTHON)" || { \
		found=$$(command -v python3 >/dev/null && python3 --version || echo no Python); \
		echo "HitCast needs Python 3.11, 3.12 or 3.13, and found $$found."; \
		echo "Install one (https://www.python.org/downloads), or name it: make run PYTHON=/path/to/python3.12"; \
		exit 1; } >&2
	$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'

$(VENV)/.installed: requirements-app.txt pyproject.toml | $(BIN)/python
	@echo "Installing HitCast into $(VENV), about 300 MB to fetch ..."
	@$(INTO_VENV) -e .
	@touch $@

$(VENV)/.installed-notebooks: requirements-notebooks.txt $(VENV)/.installed
	@echo "Installing what the notebooks need ..."
	@$(INTO_VENV) -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed-notebooks
	@echo "Installing what the tests need ..."
	@$(INTO_VENV) -r requirements-dev.txt
	@touch $@

snow: build/snow/.installed
build/snow/.installed: requirements-dev.txt | install-dev
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python build/snow
	@$(BIN)/uv pip install --quiet --python build/snow/bin/python 'snowflake-cli==3.30.0'
	@touch $@

# What Snowflake runs: exactly these versions on its Python 3.11; on a machine that has only a newer
# Python, the first ones made for that.
deployed: build/deployed/.installed
build/deployed/.installed: deploy/container/requirements.txt | install-dev
	@$(BIN)/uv venv --quiet --clear --python "$(PYTHON)" build/deployed
	@sed -e 's/\[snowflake\]//' -e 's/==/>=/' $(ON_MAC) $< > build/deployed/requirements.txt
	@$(BIN)/uv pip install --quiet --python build/deployed/bin/python --resolution lowest-direct \
		--only-binary :all: -r build/deployed/requirements.txt 'snowflake-snowpark-python[localtest]>=1.55'
	@touch $@

# The oldest versions that the lists allow of what they name; on a newer Python, the first ones made for that.
lowest: build/lowest/.installed
build/lowest/.installed: requirements-app.txt requirements-notebooks.txt requirements-dev.txt | install-dev
	@$(BIN)/uv venv --quiet --clear --python "$(PYTHON)" build/lowest
	@$(BIN)/uv pip install --quiet --python build/lowest/bin/python --resolution lowest-direct \
		--only-binary :all: -r requirements-dev.txt
	@touch $@

browser: install-dev
	@$(BIN)/python benchmarks/chromium.py

# Only where there is none: a bundle that is out of date or damaged is the dashboard's to rebuild.
models/card.json: | install
	$(BIN)/hitcast build
