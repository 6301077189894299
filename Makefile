# Hausgeist: set up, run, test. Each target does the whole set-up that it needs; a second run finds it done.
#
#   PYTHON=python3.12 make run      with a Python of your choice (3.11 or newer)
#   HAUSGEIST_CUDA=1 make setup     llama.cpp for an NVIDIA GPU although none is found (0: without one)

SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := $(VENV)/.packages-installed
PYTHONS := $(PYTHON) python3.13 python3.12 python3.11 python3
# Python's test of itself: new enough, and able to make virtual environments.
FIT := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))

# llama.cpp: a build for "this very CPU" was seen to die on virtual machines whose CPU promises more than it keeps,
# so x86-64 gets AVX2 and its companions where the CPU has them; other machines get the portable build.
MACHINE := $(shell uname -m)
AVX2 := $(if $(shell grep -m1 -o avx2 /proc/cpuinfo 2>/dev/null),ON,OFF)
X86_FLAGS := -DGGML_AVX2=$(AVX2) -DGGML_FMA=$(AVX2) -DGGML_F16C=$(AVX2) -DGGML_BMI2=$(AVX2)
LLAMA_FLAGS := -DGGML_NATIVE=OFF $(if $(filter x86_64 amd64,$(MACHINE)),$(X86_FLAGS))
HAUSGEIST_CUDA ?= $(shell command -v nvcc >/dev/null 2>&1 && nvidia-smi -L 2>/dev/null | grep -q GPU && echo 1 || echo 0)
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
TESTERS := $(shell [ $(CORES) -gt 4 ] && echo 4 || echo $(CORES))
INSTALL := CMAKE_BUILD_PARALLEL_LEVEL=$(CORES) $(BIN)/python -m pip install --disable-pip-version-check
PIP := $(INSTALL) -c constraints.txt

.PHONY: help setup run test check trust audit lock clean gpu

help: ## what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: $(PACKAGES) ## virtual environment, packages, llama.cpp, and the starter models (about 1.4 GB)
	$(BIN)/hausgeist models pull starter
	$(BIN)/hausgeist models warm

run: setup ## open the app; without a terminal, show the tour of the demo
	@if [ -t 0 ] && [ -t 1 ]; then exec $(BIN)/hausgeist; else exec $(BIN)/hausgeist demo; fi

test: check ## lint, type-check and run every test (also pulls a small model that only tests use)
	$(BIN)/hausgeist models pull starter test
	$(BIN)/python -m pytest --numprocesses $(TESTERS) --dist loadfile -m "not alone"
	$(BIN)/python -m pytest -m alone

check: $(PACKAGES) ## lint, format, types and licences
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/hausgeist licences --check

trust: $(PACKAGES) ## the suites of trust in one table: faults, fuzzing, injections, access, privacy (30 minutes)
	$(BIN)/hausgeist models pull starter test
	$(BIN)/python -m benchmarks.trust $(if $(MINUTES),--minutes $(MINUTES))

audit: $(PACKAGES) ## ask a public database for known holes in the pinned packages (needs the network)
	$(BIN)/pip-audit --vulnerability-service osv --disable-pip --no-deps -r constraints.txt

lock: $(BIN)/python ## write requirements.lock anew: hashes of the versions in constraints.txt (needs the network)
	$(PIP) --quiet uv
	echo "torch; sys_platform == 'never'" | $(BIN)/uv pip compile pyproject.toml --quiet --universal \
		--python-version 3.11 --extra all --extra dev --constraints constraints.txt --overrides /dev/stdin \
		--generate-hashes --no-annotate --no-header --no-emit-package pip --no-emit-package setuptools \
		--output-file requirements.lock

gpu: $(PACKAGES) ## build llama.cpp anew for an NVIDIA GPU (needs nvcc)
	@command -v nvcc >/dev/null 2>&1 || { echo "make gpu needs the CUDA compiler nvcc; install the CUDA toolkit." >&2; exit 1; }
	CMAKE_ARGS="$(LLAMA_FLAGS) -DGGML_CUDA=ON" $(PIP) --no-cache-dir --force-reinstall --no-deps \
		--no-binary llama-cpp-python llama-cpp-python
	$(BIN)/hausgeist doctor

clean: ## remove the virtual environment and caches; models and your data stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@for python in $(PYTHONS); do \
		if "$$python" -c '$(FIT)' >/dev/null 2>&1; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "No Python 3.11 or newer with venv and ensurepip was found (tried: $(PYTHONS))." >&2; \
		echo "Install one (on Debian: apt install python3 python3-venv), or name it: PYTHON=/path/to/python3 make" >&2; \
		exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$found" --version)"; "$$found" -m venv $(VENV)

# First the locked files, each checked against its hash; then what differs by machine, pinned by version: torch, which
# comes with or without CUDA, and this project.
$(PACKAGES): $(BIN)/python pyproject.toml constraints.txt requirements.lock
	@command -v c++ >/dev/null 2>&1 || command -v g++ >/dev/null 2>&1 || command -v clang++ >/dev/null 2>&1 || \
		{ echo "llama.cpp is built from source and needs a C++ compiler (on Debian: apt install g++)." >&2; exit 1; }
	@echo "Installing packages. llama.cpp is compiled the first time: about six minutes on two cores."
	@if [ "$(HAUSGEIST_CUDA)" = 1 ]; then \
		set -ex; CMAKE_ARGS="$(LLAMA_FLAGS) -DGGML_CUDA=ON" $(PIP) --no-cache-dir \
			--no-binary llama-cpp-python llama-cpp-python; \
	fi
	CMAKE_ARGS="$(LLAMA_FLAGS)" $(INSTALL) --require-hashes --no-deps -r requirements.lock
	CMAKE_ARGS="$(LLAMA_FLAGS)" $(PIP) -e ".[all,dev]"
	@touch $@
