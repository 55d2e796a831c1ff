"""What holds for all tests: the order in which they run, and how hypothesis draws its examples."""

from __future__ import annotations

import pytest
from hypothesis import settings

from support.effort import EFFORT

FIRST = (
    "tests/system/test_real_day.py",
    "tests/system/",
    "tests/hub/test_openapi_process.py",
    "tests/hub/test_crash.py",
    "tests/examples/",
    "tests/broadcast/test_process.py",
    "tests/console/",
    "tests/hub/",
)
"""What takes longest: whole stations, processes that are killed and started again, browsers."""

# The same examples at every run, so that a failure is a change's fault; a soak searches on with new ones. How long one
# takes is the machine's affair.
settings.register_profile("same", derandomize=EFFORT == 1, database=None, deadline=None)
settings.load_profile("same")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run first what takes longest, so that none of it is left for the end; else as they were found."""

    def rank(item: pytest.Item) -> int:
        return next((n for n, start in enumerate(FIRST) if item.nodeid.startswith(start)), len(FIRST))

    items.sort(key=rank)
