# Takt's commands. Each does all of its own set-up; `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup run test check lint bench dashboard lock clean clean-data

BIN := .venv/bin
FAST := not integration and not realdata and not slow

# Libraries that would report home, look for accelerators or take every core. Two threads a
# library keep sums, and so results, the same on every machine.
export OMP_NUM_THREADS ?= 2
export RAY_USAGE_STATS_ENABLED := 0
export RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO := 0
export MLFLOW_DISABLE_TELEMETRY := true
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := false
export SPARK_LOCAL_IP ?= 127.0.0.1
export GIT_PYTHON_REFRESH := quiet
# `make run` ends by serving the dashboard until Ctrl-C; not in CI, nor with SERVE=no.
SERVE ?= $(if $(CI),no,yes)
PORT ?= 8000
# Steps start a dozen Python processes; without their bytecode kept each compiles what it imports anew.
unexport PYTHONDONTWRITEBYTECODE

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## build .venv from the locked requirements, see to Java 17 (nothing to do when they stand)
	@bash deploy/setup.sh

run: setup ## plan 50 lines from real data: the Airflow DAG, the KPI table, then the dashboard (SERVE=no: not)
	@$(BIN)/takt run $(if $(filter no 0,$(SERVE)),,--serve --port $(PORT))

test: ## the linters, then every test
	@bash deploy/setup.sh test
	@linted=0; $(MAKE) --no-print-directory lint || linted=1; \
	$(BIN)/pytest; tested=$$?; \
	if [ $$tested -ne 0 ]; then exit $$tested; else exit $$linted; fi

check: setup lint ## the linters, then the fast tests (under a minute)
	@$(BIN)/pytest -q -n 2 -m "$(FAST)"

lint: setup ## formatting, ruff, mypy --strict, the direction of imports
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

bench: setup ## run every benchmark, or one: make bench NAME=evaluate
	@files=$$(grep -l "__main__" benchmarks/$(or $(NAME),*).py) || exit 1; \
	for file in $$files; do \
	  echo "== $$file"; $(BIN)/python -m "benchmarks.$$(basename "$$file" .py)" || exit 1; done

dashboard: ## check and build the dashboard (needs Node 20): what is built is committed
	@cd dashboard && { [ -d node_modules ] || npm ci --no-progress; } && npm run -s check && npm run -s build

lock: ## pin requirements.in again, with hashes and without download addresses
	@bash deploy/setup.sh lock

clean: ## remove caches and what tools left behind; keep .venv and data
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage htmlcov build dist *.egg-info
	@rm -rf airflow/logs airflow/airflow.db* mlruns spark-warehouse metastore_db derby.log dvc_plots .dvc/tmp
	@find plant envs models pipelines service dags tests -name __pycache__ -type d -prune -exec rm -rf {} +

clean-data: ## remove data/: the database, models, forecasts and every published version
	@rm -rf data .dvc/cache
