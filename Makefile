# make install | run | test | lint | bench | soak | gpu-check
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: install run test lint bench soak gpu-check system clean

install: $(STAMP)

# torch first and alone, so that no other package's range picks a build of several gigabytes.
$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip
	$(BIN)/python -m pip install -q -c constraints.txt torch $(TORCH_ARGS)
	$(BIN)/python -m pip install -q -c constraints.txt -e ".[dev,train]"
	touch $@

run: install
	$(BIN)/python app.py --open

# What tests need from the system (a browser, ffprobe, Node): installed when missing and allowed.
system:
	sh tests/system.sh

# Two at a time, a file as a whole: most of a page test is waiting.
test: install system
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install
	$(BIN)/python -m benchmarks live
	$(BIN)/python -m benchmarks sound
	$(BIN)/python -m benchmarks library
	$(BIN)/python -m benchmarks quality
	$(BIN)/python -m benchmarks loop

soak: install system
	DUET_SOAK=1 $(BIN)/python -m pytest tests/studio -k "kill or soak" --timeout 3600

gpu-check: install
	$(BIN)/python -m benchmarks.gpu_check

clean:
	rm -rf $(VENV) build *.egg-info
