"""The order of all tests: those that run whole stations first, so that none of them is left for the end."""

from __future__ import annotations

import pytest

FIRST = ("tests/system/test_real_day.py", "tests/system/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort stably: within a kind, tests stay as they were collected."""

    def rank(item: pytest.Item) -> int:
        return next((n for n, start in enumerate(FIRST) if item.nodeid.startswith(start)), len(FIRST))

    items.sort(key=rank)
