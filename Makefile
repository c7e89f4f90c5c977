# `make` or `make help` lists what there is.
SHELL := /bin/bash
export PATH := $(PATH):/usr/sbin:/sbin
export UV_SYSTEM_CERTS := 1
export UV_PYTHON_DOWNLOADS := never
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup run test quick bench campaign drill bundle requirements lint docs pictures lock messages

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make .venv from requirements.lock
	@scripts/setup

run: setup ## start everything here: PostgreSQL, web, worker, demo data (PORT, CHENGXIN_HOME, DATABASE_URL)
	@exec $(BIN)/chengxin run

lint: setup ## style, import contracts, types, templates
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy chengxin
	$(BIN)/djlint --lint --quiet chengxin/web/templates

test: setup ## everything that must hold before a change lands
	@scripts/tools
	@$(MAKE) --no-print-directory lint
	$(PYTEST) -n $(WORKERS) -m "not campaign"

quick: setup ## the tests that need no browser and little time
	$(PYTEST) -n $(WORKERS) -q -m "not campaign and not slow and not browser"

campaign: setup ## races, kills, fuzzing: long
	@scripts/tools cluster
	$(PYTEST) -m campaign

drill: setup ## kill the leader of a database cluster five times under load; writes docs/reference/drill.md
	@scripts/tools cluster
	$(PYTEST) -m campaign tests/campaign/test_drill.py

bundle: setup ## the archive for a machine without network, from the committed state, into dist/
	@$(BIN)/python deploy/bundle.py

bench: setup ## every published figure beside its floor
	$(BIN)/python -m bench

requirements: setup ## which accept lines the tests show; writes docs/reference/traceability.md
	@$(BIN)/python -m tests.traceability

docs: setup ## write the generated pages of docs/reference
	@$(BIN)/python -m tests.reference

pictures: setup ## take the pictures of the READMEs from a demo of its own
	@$(BIN)/python -m tests.pictures

lock: setup ## resolve pyproject.toml into requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group dev --extra ocr pyproject.toml -o requirements.lock

messages: setup ## collect Chinese source texts into the English catalogue
	$(BIN)/python -m django makemessages -l en --settings chengxin.settings --ignore .venv
