# Everything a person or a CI does here is a target below; `make` alone lists them.
# Each level of the environment has a lock under deploy/ and a stamp in .venv, so a second run installs nothing.

PYTHON ?= python3
ARGS ?=
ROUNDS ?= 50
SEED ?= 0
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check --no-input
UV := $(BIN)/uv pip compile pyproject.toml --group build --quiet --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo run test faults lint format docs bench lock clean

help: ## Show this list
	@echo "The right task to the right agent at the right time. What you can make:"
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "Start with 'make demo'. Arguments go in ARGS (make test ARGS='-k sample'), another interpreter in PYTHON"
	@echo "(make demo PYTHON=python3.13). Everything is installed into $(VENV), from the hashed locks in deploy/."

demo: $(VENV)/.runtime ## Start the service with a made-up centre at work in it, and watch (ARGS='--for 30 --lang es')
	@$(BIN)/python -m assigner.demo $(ARGS)

run: $(VENV)/.runtime ## Serve on loopback without keys, for development
	@$(BIN)/assigner serve --dev $(ARGS)

# In the order of the files: the longest, which have few tests, would otherwise come last, one after the other.
test: $(VENV)/.test ## Run every test but the benchmarks
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

faults: $(VENV)/.test ## Kill, stop and starve the service for real: ROUNDS=50 of it, SEED= to draw the same again
	@FAULTS_ROUNDS=$(ROUNDS) FAULTS_SEED=$(SEED) $(BIN)/python -m pytest --capture=no --verbose tests/faults $(ARGS)

lint: $(VENV)/.test ## Check style, types and import rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/style

format: $(VENV)/.test ## Rewrite the code in the house's style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(VENV)/.test ## Write README's tables, and the dashboard, from the code's
	@$(BIN)/python -m tests.style.tables
	@$(BIN)/python -m deploy.grafana.dashboard

bench: $(VENV)/.bench ## Measure speed and quality, and print the tables
	@$(BIN)/python -m tests.benchmarks $(ARGS)

lock: $(BIN)/python ## Resolve the locks again (ARGS=--upgrade for the newest of everything)
	@echo "Resolving the locks of deploy/ for Python 3.11 to 3.14 …"
	@$(PIP) install 'uv>=0.8'
	@$(UV) $(ARGS) --extra test --extra bench --output-file deploy/requirements-bench.txt
	@$(UV) --constraint deploy/requirements-bench.txt --output-file deploy/requirements.txt
	@$(UV) --constraint deploy/requirements-bench.txt --extra test --output-file deploy/requirements-test.txt

clean: ## Remove the environment, caches and outputs
	@echo "Removing $(VENV), caches and outputs …"
	@rm -rf $(VENV) build dist bench-out .pytest_cache .mypy_cache .ruff_cache .hypothesis .schemathesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# $(call install,LOCK,STAMPS): the project from its sources, its packages from a lock. A larger lock holds the smaller.
define install
	@echo "Installing the pinned packages of $(1) into $(VENV) (a minute or two the first time) …"
	@$(PIP) install --require-hashes --requirement $(1)
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $(2)
endef

$(VENV)/.runtime: deploy/requirements.txt pyproject.toml $(BIN)/python
	$(call install,deploy/requirements.txt,$@)

$(VENV)/.test: deploy/requirements-test.txt pyproject.toml $(BIN)/python
	$(call install,deploy/requirements-test.txt,$(VENV)/.runtime $@)

$(VENV)/.bench: deploy/requirements-bench.txt pyproject.toml $(BIN)/python
	$(call install,deploy/requirements-bench.txt,$(VENV)/.runtime $(VENV)/.test $@)

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { \
		echo "There is no $(PYTHON) here: install Python 3.11 to 3.14, or name it: make PYTHON=/path/to/python3."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || { \
		echo "$$($(PYTHON) --version) will not do: this needs Python 3.11 to 3.14. Name one: make PYTHON=python3.13."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make an environment: install its venv module (Debian, Ubuntu: apt install python3-venv)."; \
		exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version) …"
	@$(PYTHON) -m venv --clear $(VENV)
