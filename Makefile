# make run     everything this machine needs, then the running assistant
# make test    everything this machine needs, then every test that needs no key
# make setup   the set-up alone
# make install what the running assistant needs, and nothing for tests
# make check   lint, format and types
# make mutants plant every known defect, one at a time, and tell which no test notices
# make bench   the benchmarks; BENCH=--quick only shows that they work
# make chaos   every failure at every moment of a call, about an hour; CHAOS="--soak 200" holds many short calls
# make browsers  the page in Firefox and WebKit, where they are installed
# make deploy-check  servers from the files in deploy/; needs Caddy, Redis and Postgres
# make models  what the speech models need, anew from the files that Pipecat ships
# make audit   what the advisory databases know about the packages in the lock files; needs a network
# make lock    new lock files from pyproject.toml and web/package.json

PYTHON := .venv/bin/python
# pyright would look for a newer version of itself.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
export NEXT_TELEMETRY_DISABLED := 1
export ORT_DISABLE_TELEMETRY := 1

# Stamps are named after the content they stand for, so an unchanged tree costs nothing.
checksum = $(firstword $(shell $(1) | cksum))
RUNTIME := .venv/runtime-$(call checksum,cat requirements.lock)
DEVELOPMENT := .venv/development-$(call checksum,cat requirements-dev.lock)
# What we are measured against lives apart from what we install.
PEERS := .cache/bench-venv/peers-$(call checksum,cat bench/requirements.txt)
# Other people's servers, which the contract tests run our clients against.
SERVERS_DIR := tests/contract/servers
SERVERS := .cache/servers-venv/servers-$(call checksum,cat $(SERVERS_DIR)/requirements.txt)
NODE_SERVERS := $(SERVERS_DIR)/node_modules/.servers-$(call checksum,cat $(SERVERS_DIR)/package-lock.json)
PACKAGES := web/node_modules/.packages-$(call checksum,cat web/package-lock.json)
PAGE_SOURCES = find web -type f -not -path '*/node_modules/*' -not -path 'web/.next/*' \
	-not -path 'web/out/*' -not -path 'web/tests/*' -not -name '*.tsbuildinfo' -not -name next-env.d.ts
PAGE := web/out/.page-$(call checksum,$(PAGE_SOURCES) | LC_ALL=C sort | xargs cat)

.PHONY: run install setup test check mutants bench chaos browsers deploy-check models audit lock livekit \
	browser clean
.NOTPARALLEL:

install: $(RUNTIME) $(PAGE) livekit

run: install
	@exec $(PYTHON) runner.py

setup: $(DEVELOPMENT) $(PAGE) $(SERVERS) $(NODE_SERVERS) livekit browser

# pytest comes last: its summary is the last line.
test: setup check
	cd web && npm test
	$(PYTHON) -m pytest -n 3 --max-worker-restart 0 --ignore tests/deploy --ignore tests/browsers

check: $(DEVELOPMENT) $(PACKAGES)
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	@(cd web && npm run lint && npm run typecheck) & page=$$!; \
		$(PYTHON) -m pyright; python=$$?; wait $$page && exit $$python

mutants: setup
	$(PYTHON) -m tests.mutants $(MUTANTS)

bench: setup $(PEERS)
	$(PYTHON) -m bench $(BENCH)

chaos: setup
	$(PYTHON) -m tests.chaos $(CHAOS)

browsers: setup
	$(PYTHON) -m pytest tests/browsers

deploy-check: setup
	@command -v caddy >/dev/null && command -v redis-server >/dev/null || \
		{ echo "Caddy and Redis are needed (on Debian: apt-get install caddy haproxy redis-server postgresql iptables libnss3-tools)." >&2; exit 1; }
	@setup/caddy_with_layer4.sh .cache/caddy-with-layer4
	$(PYTHON) -m pytest tests/deploy

livekit: $(RUNTIME)
	@$(PYTHON) -m bot.livekit.install

browser: $(DEVELOPMENT)
	@setup/browser.sh

$(RUNTIME):
	@setup/python.sh .venv requirements.lock
	@touch $@

$(DEVELOPMENT): $(RUNTIME)
	@setup/python.sh .venv requirements-dev.lock
	@touch $@

$(PEERS):
	@setup/python.sh .cache/bench-venv bench/requirements.txt
	@touch $@

$(SERVERS):
	@setup/python.sh .cache/servers-venv $(SERVERS_DIR)/requirements.txt
	@touch $@

$(PACKAGES):
	@setup/node.sh web
	@touch $@

$(NODE_SERVERS):
	@setup/node.sh $(SERVERS_DIR)
	@touch $@

$(PAGE): $(PACKAGES)
	@echo "Building the page"
	@cd web && npm run --silent build
	@touch $@

models: $(RUNTIME)
	$(PYTHON) setup/speech_models.py

audit:
	@setup/audit.sh

# uv is the resolver only; it lives in an environment of its own.
UV_COMPILE = .cache/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate

lock:
	python3 -m venv .cache/lock
	.cache/lock/bin/python -m pip install --quiet uv==0.13.9
	$(UV_COMPILE) pyproject.toml --all-extras --group dev --output-file requirements-dev.lock
	$(UV_COMPILE) pyproject.toml --extra app --constraints requirements-dev.lock --output-file requirements.lock
	$(UV_COMPILE) bench/requirements.in --output-file bench/requirements.txt
	$(UV_COMPILE) $(SERVERS_DIR)/requirements.in --output-file $(SERVERS_DIR)/requirements.txt
	cd web && npm install --package-lock-only
	cd $(SERVERS_DIR) && npm install --package-lock-only

clean:
	rm -rf .venv .cache build parley.egg-info web/node_modules web/.next web/out $(SERVERS_DIR)/node_modules
