"""What holds for all tests: the order in which they run, and how hypothesis draws its examples."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

FIRST = ("tests/system/test_real_day.py", "tests/system/")

# The same examples at every run, so that a failure is a change's fault; a soak searches on with new ones.
settings.register_profile("same", derandomize=True, database=None)
settings.register_profile("search", derandomize=False, max_examples=1000)
settings.load_profile(os.environ.get("STATIONMASTER_TEST_EXAMPLES", "same"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run those first that run whole stations, so that none of them is left for the end; else as they were found."""

    def rank(item: pytest.Item) -> int:
        return next((n for n, start in enumerate(FIRST) if item.nodeid.startswith(start)), len(FIRST))

    items.sort(key=rank)
