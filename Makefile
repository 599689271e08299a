# Needs Python 3.11 or newer and make; everything else is installed into .venv.
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin

.PHONY: run test test-long check format bench pins clean

run: .venv/run.stamp ## start DBBasic
	@exec $(BIN)/dbbasic $(ARGS)

test: .venv/test.stamp ## all checks and tests, in less than ten minutes
	@$(BIN)/python -m tests

test-long: .venv/test.stamp ## the same, with the full number of rounds
	@$(BIN)/python -m tests --long

check: .venv/test.stamp ## format, lint and types only
	@$(BIN)/python -m tests --check

format: .venv/test.stamp ## put the code into shape
	@$(BIN)/ruff check -q --fix . ; $(BIN)/ruff format -q .

bench: .venv/test.stamp ## print how fast it is
	@$(BIN)/python -m benchmarks $(ARGS)

pins: ## write requirements*.txt anew from pyproject.toml; needs uv
	@for extra in "" "--extra test"; do \
		file=requirements$${extra:+-test}.txt; \
		uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
			--no-emit-index-url -q pyproject.toml $$extra -o .pins && \
		{ echo '# Made by `make pins` from pyproject.toml; do not edit by hand.'; cat .pins; } > $$file; \
	done; rm -f .pins

clean: ## remove what make has installed
	rm -rf .venv

.venv/run.stamp: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "DBBasic needs Python 3.11 or newer, not " + sys.version.split()[0])'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo 'Installing what DBBasic needs into .venv'
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/test.stamp: .venv/run.stamp requirements-test.txt
	@echo 'Installing what the tests need into .venv'
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-test.txt
	@touch $@
