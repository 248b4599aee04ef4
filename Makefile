# The one door to this checkout: people, hooks and CI all come in here. `make` alone lists what there is.

BIN := .venv/bin
CODE := src tests scripts demo benchmarks integrations
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo dev test test-orchestrators check check-deep fmt fuzz crash drill bench lock clean
MAKEFLAGS += --no-print-directory

##@ Start
help: ## list these targets
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\nARGS=… goes to pytest, the demo and the benchmarks; PYTHON=… chooses the interpreter for .venv.\n'

setup: ## make .venv from requirements.lock (needs Python 3.11+; uses uv where it is installed)
	@PYTHON='$(PYTHON)' sh scripts/setup.sh

demo: setup ## see three agents and a fleet of ten get their own identities; leaves nothing running
	@$(BIN)/python demo/demo.py $(ARGS)

dev: setup ## keep a server with a signed-in owner running, and say what to try
	@$(BIN)/python demo/dev.py $(ARGS)

##@ Work
test: setup ## run every suite, storage on SQLite and PostgreSQL (ARGS='tests/unit -k name' for a part)
	@$(BIN)/pytest -n 2 --ignore=tests/orchestrators $(ARGS)

test-orchestrators: setup ## try the real programs that npm has, kept in .orchestrators/ (skipped where it cannot install)
	@$(BIN)/pytest tests/orchestrators $(ARGS)

check: setup ## formatting, lint, types and import directions, changing nothing
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache # a stale cache has reported imports that are not there

check-deep: check ## also drop each filter, scope, tombstone and signature check of the server in turn: a test has to fail (ARGS='--only vault')
	@$(BIN)/python -m tests.mutations --record $(ARGS)

fmt: setup ## put formatting and imports in order
	$(BIN)/ruff check --fix-only $(CODE)
	$(BIN)/ruff format $(CODE)

fuzz: setup ## give the mail parser and the checks of senders bytes that nobody would send (ARGS='--seconds 600 html')
	@$(BIN)/python -m tests.fuzz.run $(ARGS)

crash: setup ## kill the server in the middle of 2,000 messages and 300 texts, again and again, on both engines; takes minutes
	@RAVI_SMTP_CRASH=20x2000 $(BIN)/pytest -n 2 tests/journeys/test_smtp_crash.py $(ARGS)
	@RAVI_SMS_CRASH=5x300 $(BIN)/pytest -n 2 tests/journeys/test_sms_crash.py $(ARGS)

drill: setup ## try everything with a stolen workspace, and measure how fast what is revoked stops; prints two tables
	@$(BIN)/python -m tests.drills

bench: setup ## measure start-up, fleet and server; prints a table
	@$(BIN)/python benchmarks/run.py $(ARGS)

##@ Upkeep
lock: ## write requirements.lock anew from pyproject.toml (needs uv; ARGS=--upgrade for newer versions)
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
	  --all-extras --group dev pyproject.toml -o requirements.lock $(ARGS)

clean: ## remove .venv and every cache
	rm -rf .venv .venv-compat .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .benchmarks .fuzz .mutations .orchestrators dist
	find src tests demo benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
