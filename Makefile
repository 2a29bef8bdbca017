# make demo: a homeserver, Hedgerow and an example place.  make test: every test.  make check: style, types, arrows.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: install demo test check bench catalogue clean

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[demo,paper,test]'
	touch $@

demo: install
	$(BIN)/hedgerow demo $(ARGS)

# Tests keep their files in memory where it has 4 GB for them: a commit waits for no disk there. Who sets
# PYTHONDONTWRITEBYTECODE would have each of the many processes compile all modules again.
SCRATCH = $(shell [ -w /dev/shm ] && ! grep -q ' /dev/shm .*noexec' /proc/mounts \
  && df -Pk /dev/shm | awk 'NR == 2 && $$4 > 4000000 {print "/dev/shm"}')

test: export PYTHONDONTWRITEBYTECODE =
test: install postgresql
	TMPDIR=$(or $(SCRATCH),$${TMPDIR:-/tmp}) $(BIN)/python -m pytest -n 4 --dist loadfile \
	  --no-loadscope-reorder -o tmp_path_retention_policy=failed $(ARGS)

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# What the bot says, for translators: bot/locale/hedgerow.pot, and each language's .po brought up to it.
catalogue: install
	$(BIN)/python -m tests.catalogue

bench: install
	$(BIN)/python -m tests.bench.provision
	$(BIN)/python -m tests.bench.reply
	$(BIN)/python -m tests.bench.answered
	$(BIN)/python -m tests.bench.find
	$(BIN)/python -m tests.bench.digest
	$(BIN)/python -m tests.bench.ingest

# The store is tested on a real PostgreSQL, which must be on the machine.
.PHONY: postgresql
postgresql:
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 \
	  || { echo "PostgreSQL is missing. On Debian: apt-get install postgresql"; exit 1; }

clean:
	rm -rf .venv .demo build *.egg-info
