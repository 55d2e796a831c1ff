"""How hard tests search: the usual number of examples, or for `make soak` a multiple of it."""

from __future__ import annotations

import os

EFFORT = int(os.environ.get("STATIONMASTER_TEST_EFFORT", "1"))


def scaled(examples: int) -> int:
    """So many examples by usual effort."""
    return examples * EFFORT
