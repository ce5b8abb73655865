# Two commands on a fresh machine: `make run` and `make test`. Each sets up .venv first, with the pinned versions.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: run test exam audit

run: $(READY)
	$(BIN)/python -m benchmark.run --suite classification

test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -n auto --dist loadgroup

# The published benchmark, days on two cores: make exam TEACHER=../my-bert, after make exam TEACHER=../my-bert DRY=--dry-run
exam: $(READY)
	$(BIN)/python -m tools.exam $(if $(TEACHER),--teacher $(TEACHER)) $(DRY)

# Which of the pinned packages have known holes: asks over the network, so it is no part of the tests.
audit: $(READY)
	PATH="$(CURDIR)/$(BIN):$$PATH" .ci/audit

# Of every-eval-ever the tests use the validator alone, which needs neither Python 3.12 nor the package's dependencies.
# torch comes first and by its exact version: a looser range may bring gigabytes for GPUs to a machine without one.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet $$(grep '^torch==' constraints.txt)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	$(BIN)/pip install --quiet --no-deps --ignore-requires-python every-eval-ever==0.3.0
	touch $@
