"""How many cars a train has, from its make-up as people write it."""

from __future__ import annotations

import re

__all__ = ["car_count"]

NUMBER = re.compile(r"\d+")
COUPLED = re.compile(r"重联|\bcoupled\b|\bdouble\b", re.IGNORECASE)
MOST = 40


def car_count(formation: str) -> int:
    """The number of cars: `8辆` is 8, `8+8` and `8辆重联` are 16; 0 where the words do not say it.

    Only what counts cars is read: a number alone, or before 辆, 节 or 编组, or joined by plus signs.
    """
    text = formation.strip()
    parts = [re.sub(r"\s*(辆|节|编组|cars?)\s*", "", COUPLED.sub("", part)).strip() for part in text.split("+")]
    if not all(re.fullmatch(r"\d{1,2}", part) for part in parts):
        return 0
    count = sum(int(part) for part in parts)
    if COUPLED.search(text) and len(parts) == 1 and count <= 8:  # a coupled pair of 16 is 8 and 8
        count *= 2
    return count if 0 < count <= MOST else 0
