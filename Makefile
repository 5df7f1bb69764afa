# make demo   set up all it needs and answer the main question on the packaged catalogue
# make test   set up and run every test
# make check  lint, types, layers, generated docs
# make docs   write what is generated in the docs, build their site, follow every link (make site: only build)
# make floors install the lowest allowed version of every dependency and try them
# make pythons try the newest versions on every other Python that is here
# make sbom   write the bill of materials of headwater itself; make citation: validate CITATION.cff
# make notebooks  execute the notebooks on the packaged catalogue and keep their outputs
# make bench  measure against graph libraries at 300,000 models; bench-full at 3,000,000
# make bench-crawl  measure crawls, imports and updates, and write docs/crawl-speed.md
# make bench-neo4j  push 10,000, 100,000 and a million models to a Neo4j server of its own
# make bench-api  ask a server of three million models 200 times a second, open its pages, write docs/server-speed.md
# make fuzz-api  send what the OpenAPI document allows, and what it does not, EXAMPLES=200 an operation
# make screens  make the pictures of the explorer for the docs, from the packaged catalogue
# make fuzz   feed every reader of strangers' bytes from a fuzzer, SECONDS=60 each
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DEMO   := build/demo
SECONDS ?= 60
# Two files of tests at a time, unless both would empty the one Neo4j server that is named.
PYTEST ?= $(if $(HEADWATER_TEST_NEO4J_URI),,-n 2 --dist loadfile)
EXAMPLES ?= 200
FUZZED := yaml card record page reference gguf links

.PHONY: demo test check docs notebooks site floors pythons sbom citation wheel bench bench-full bench-crawl bench-neo4j bench-api fuzz fuzz-api screens clean

$(VENV)/.app: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("headwater needs Python 3.11 or newer; say make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable ".[view,serve,neo4j]"
	touch $@

$(VENV)/.dev: $(VENV)/.app
	$(BIN)/python -m pip install --quiet --group dev
	touch $@

demo: $(VENV)/.app
	$(BIN)/headwater build --data-dir $(DEMO)
	$(BIN)/headwater what-breaks llama --data-dir $(DEMO)
	$(BIN)/headwater why Vicuna Alpaca --data-dir $(DEMO)
	$(BIN)/headwater concentration --where task=text-generation --where access=open,gated --data-dir $(DEMO)
	$(BIN)/headwater view "LLaMA 7B" --html $(DEMO)/llama.html --data-dir $(DEMO)
	@echo
	@echo "Open $(DEMO)/llama.html in a browser. Ask more: $(BIN)/headwater --help"

test: $(VENV)/.dev
	HEADWATER_CHROMIUM="$$(sh tools/find_browser.sh $(BIN))" $(BIN)/python -m pytest $(PYTEST)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/generate_docs.py --check
	$(BIN)/python tools/check_size.py

docs: $(VENV)/.dev
	$(BIN)/python tools/generate_docs.py
	$(BIN)/python tools/site_builder.py

site: $(VENV)/.dev
	$(BIN)/python tools/site_builder.py

floors: $(VENV)/.dev
	bash tools/try_versions.sh $(BIN)/uv lowest 3.11

pythons: $(VENV)/.dev
	set -e; for version in 3.12 3.13 3.14; do bash tools/try_versions.sh $(BIN)/uv newest $$version; done

sbom: $(VENV)/.dev
	$(BIN)/python tools/sbom.py dist/headwater.cdx.json

citation: $(VENV)/.dev
	$(BIN)/uv tool run --quiet --from cffconvert==2.0.0 cffconvert --validate

notebooks: $(VENV)/.dev
	$(BIN)/python tools/notebooks.py

$(VENV)/.bench: $(VENV)/.app
	$(BIN)/python -m pip install --quiet --group bench
	touch $@

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks.bench --size 300k

bench-full: $(VENV)/.bench
	$(BIN)/python -m benchmarks.bench --size 30k
	$(BIN)/python -m benchmarks.bench --size 300k
	$(BIN)/python -m benchmarks.bench --size 3m

bench-crawl: $(VENV)/.bench
	$(BIN)/python -m benchmarks.bench_crawl
	$(BIN)/python -m benchmarks.bench_import --size 3M
	$(BIN)/python -m benchmarks.bench_update --size 3M
	$(BIN)/python -m benchmarks.crawl_report

bench-neo4j: $(VENV)/.dev
	$(BIN)/python -m benchmarks.bench_neo4j --size 10k --size 100k --size 1m

bench-api: $(VENV)/.dev
	-$(BIN)/python -m benchmarks.bench_api --size 3m
	-HEADWATER_CHROMIUM="$$(sh tools/find_browser.sh $(BIN))" $(BIN)/python -m benchmarks.bench_pages --size 3m
	$(BIN)/python -m benchmarks.serve_report

fuzz-api: $(VENV)/.dev
	HEADWATER_SPEC_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest tests/api/test_spec.py

screens: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --no-deps --upgrade --target build/mteb mteb
	HEADWATER_CHROMIUM="$$(sh tools/find_browser.sh $(BIN))" $(BIN)/python tools/screens.py build/mteb/mteb

fuzz: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --group fuzz
	set -e; for target in $(FUZZED); do \
		$(BIN)/python -m tests.fuzz.run $$target --seconds $(SECONDS); \
	done

wheel: $(VENV)/.dev
	rm -rf dist
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:
	rm -rf $(VENV) build dist
