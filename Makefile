# Quartet: `make` alone prints what there is to run.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
# The user's own Python settings are not for our environment.
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE PYTHONSAFEPATH PYTHONPYCACHEPREFIX VIRTUAL_ENV
# pip refuses to install for the user into a virtual environment; this also overrules `user = true` in pip.conf.
export PIP_USER := 0

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
PORT ?= 8000
STAGE ?= local
APP ?=
VENV := .venv
# Bytecode beside an app's sources would change the name of its deployment package.
export PYTHONPYCACHEPREFIX := $(CURDIR)/.cache/pycache
RUN := $(VENV)/bin/python
DEPLOY := env PORT=$(PORT) $(RUN) -m deploy
ONE_APP := $(if $(APP),--app $(APP))
PACKAGES := common local_aws local_payments contract deploy bench
APPS := $(patsubst %/stages.yaml,%,$(wildcard */stages.yaml))
TEMPLATES := $(wildcard */resources.yaml */nearest_region.yaml */quicksight.yaml tests/e2e/checkout/*/resources.yaml)
SPACE := $(subst ,, )
# One `make` at a time changes the environment; a second one waits here.
ALONE = mkdir -p .cache && exec 9>.cache/venv.lock && { ! command -v flock >/dev/null || flock 9; }
# Prints a dot each second while a terminal waits for a long command.
SHOW_WAITING = { if [ -t 1 ]; then while sleep 1; do printf .; done & fi; } && trap '[ -z "$${!:-}" ] || { kill $$!; echo; }' EXIT

.PHONY: help
help: ## print these lines
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: $(VENV)/run.stamp ## everything on this machine until Ctrl-C [default: PORT=8000; V=1 prints every change]
	@exec $(DEPLOY) run $(if $(V),--verbose)

.PHONY: dev
dev: $(VENV)/dev.stamp ## one app by `chalice local` with autoreload, beside `make run` [needs APP=todo_app or another]
	@exec $(DEPLOY) dev $(ONE_APP)

.PHONY: outputs
outputs: $(VENV)/run.stamp ## one JSON document about a stage, for scripts [default: STAGE=local, every app]
	@$(DEPLOY) outputs --stage $(STAGE) $(ONE_APP)

.PHONY: logs
logs: $(VENV)/run.stamp ## what a stage's functions print, as it comes [default: STAGE=local, every app]
	@exec $(DEPLOY) logs --follow --stage $(STAGE) $(ONE_APP)

.PHONY: status
status: $(VENV)/run.stamp ## what is deployed in a stage [default: STAGE=local, every app]
	@$(DEPLOY) status --stage $(STAGE) $(ONE_APP)

.PHONY: deploy
deploy: $(VENV)/run.stamp ## deploy to a stage; outside local it asks first [default: STAGE=local, every app; V=1 prints every change]
	@$(DEPLOY) up --stage $(STAGE) $(ONE_APP) $(if $(V),--verbose)

.PHONY: promote
promote: $(VENV)/run.stamp ## move a stage's public API to what its preview shows, or TO=deployment [default: STAGE=local, every app]
	@$(DEPLOY) promote --stage $(STAGE) $(ONE_APP) $(if $(TO),--to $(TO))

.PHONY: down
down: $(VENV)/run.stamp ## remove everything of a stage; outside local it asks first [default: STAGE=local, every app]
	@$(DEPLOY) down --stage $(STAGE) $(ONE_APP)

.PHONY: reset
reset: $(VENV)/run.stamp ## delete the local state; the next `make run` starts anew
	@$(DEPLOY) reset

.PHONY: venv
venv: $(VENV)/dev.stamp ## the virtual environment, with what tests and checks need

.PHONY: test
test: $(VENV)/dev.stamp ## the whole test suite; PAGES=all runs the commands of the documentation too
	@PAGES=$(PAGES) $(RUN) -m pytest tests local_aws/tests --numprocesses auto --maxprocesses 4

.PHONY: test-dax
test-dax: $(VENV)/dev.stamp ## todo_app's end-to-end tests without the DAX cluster of stage local, then 1,000 requests while it fails
	@DAX=off $(RUN) -m pytest tests/e2e/todo
	@DAX_REQUESTS=1000 $(RUN) -m pytest tests/e2e/todo/test_dax.py

.PHONY: soak
soak: $(VENV)/dev.stamp ## many messages through pipeline_app while everything fails, for minutes [default: SOAK_MESSAGES=100000]
	@SOAK_MESSAGES=$(or $(SOAK_MESSAGES),100000) $(RUN) -m pytest tests/e2e/pipeline/test_soak.py

.PHONY: check
check: $(VENV)/dev.stamp ## the gate: lint, format, types, import directions, templates, contracts, documents
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy $(PACKAGES)
	@# Each app has a module `app` of its own, so each is checked by itself.
	for app in $(APPS); do MYPYPATH=$$app $(VENV)/bin/mypy $$(find $$app -maxdepth 1 -name '*.py' -not -name 'test_*') \
	    $$(find $$app -mindepth 2 -maxdepth 2 -name __init__.py -not -path '*/tests/*' -exec dirname {} ';') $$app/chalicelib; done
	PYTHONPATH=$(subst $(SPACE),:,$(APPS)) $(VENV)/bin/lint-imports --no-logo
	$(VENV)/bin/cfn-lint $(TEMPLATES)
	$(RUN) -m contract --check
	$(RUN) -m pytest tests/unit/test_docs.py tests/unit/test_docs_apps.py

.PHONY: contract
contract: $(VENV)/dev.stamp ## write each app's openapi.json from its routes and types [default: every app]
	@$(RUN) -m contract $(ONE_APP)

.PHONY: bench
bench: $(VENV)/dev.stamp ## sizes and speeds against their references, as one table; BENCH=short leaves out what takes minutes
	@$(RUN) -m bench $(if $(filter short,$(BENCH)),--short)

.PHONY: clean
clean: ## delete everything that was built, and the local state
	@rm -rf $(VENV) .local .cache build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@rm -rf */.chalice && find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The virtual environment: what `make run` needs, then what the tests and checks need beside it.
$(VENV)/made.stamp:
	@command -v $(PYTHON) >/dev/null || { echo "no $(PYTHON) here: install Python 3.11 or newer, or make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments: install its venv package (Debian: python3-venv)" >&2; exit 1; }
	@# An environment that works is kept, whoever made it.
	@$(ALONE); $(RUN) -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "making $(VENV) with $$($(PYTHON) --version)"; \
		$(PYTHON) -m venv --clear $(VENV); \
	}
	@touch $@

$(VENV)/run.stamp: requirements/run.txt local_aws/pyproject.toml $(VENV)/made.stamp
	@echo "installing requirements/run.txt: some 30 s the first time"
	@$(ALONE); $(SHOW_WAITING); $(RUN) -m pip install -qq --disable-pip-version-check --require-hashes --requirement $<
	@$(ALONE); $(RUN) -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable local_aws
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	@echo "installing requirements/dev.txt: some 60 s the first time"
	@$(ALONE); $(SHOW_WAITING); $(RUN) -m pip install -qq --disable-pip-version-check --require-hashes --requirement $<
	@touch $@
