# What a person types. Each target sets up what it needs first; see tools/setup.
#
#   make run                  the demo station; make run ARGS="--at 17:30 --speed 60 --fresh"
#   make test                 all tests;        make test ARGS="-k gateway"
#   make check                format, lint, types, import contracts, layout
#   make bench                benchmarks, into benchmarks/RESULTS.md
#   make soak                 the same tests with large counts, a year, then the demo for hours; make soak ARGS="--minutes 240"

PYTHON = .venv/bin/python
ARGS =

# Tests start hundreds of processes; without kept bytecode each of them would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check bench soak format constraints clean

run: ; @tools/setup && exec .venv/bin/stationmaster run $(ARGS)

# Each file stays with one worker, so that what its tests share is started once; the longest are first (tests/conftest.py).
test: ; @tools/setup test && exec $(PYTHON) -m pytest -n 4 --dist loadfile --no-loadscope-reorder $(ARGS)

check:
	@tools/setup
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports
	$(PYTHON) -m pytest -q tests/layout

bench: ; @tools/setup && exec $(PYTHON) benchmarks/run.py $(ARGS)

soak:
	@tools/setup test
	STATIONMASTER_TEST_KILLS=300 $(PYTHON) -m pytest -q -s tests/system/test_real_day.py tests/system/test_faults_day.py --timeout 14400
	STATIONMASTER_TEST_EFFORT=50 $(PYTHON) -m pytest -q -n 2 tests/kernel tests/protocol tests/agent tests/broadcast tests/hub --timeout 14400
	STATIONMASTER_TEST_EFFORT=2 $(PYTHON) -m pytest -q tests/console/test_day_live.py tests/system/test_emergency.py --timeout 3600
	$(PYTHON) benchmarks/line_errors.py --bits 1e9 --seconds 600
	$(PYTHON) benchmarks/year.py 366
	$(PYTHON) tools/soak.py $(ARGS)

format:
	@tools/setup
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

constraints:
	@tools/setup
	@{ echo "# Versions that the tests have been run with: \`pip install -c constraints.txt …\`. Made with \`make constraints\`."; \
	  $(PYTHON) -m pip freeze --exclude-editable --all | grep -v '^pip==' | LC_ALL=C sort -f; } > constraints.txt

clean:
	rm -rf build dist var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
