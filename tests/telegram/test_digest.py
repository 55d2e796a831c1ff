"""Digests that prove completeness."""

from __future__ import annotations

import hashlib
import struct

from hypothesis import given
from hypothesis import strategies as st

from stationmaster_telegram.digest import hour_digest, manifest_hours, whole_digest
from support.telegrams import DAY, call


def test_the_digest_of_an_hour_is_as_documented() -> None:
    """SHA-256 over run (8 bytes) and revision (4 bytes), ascending by run, cut to 8 bytes."""
    expected = hashlib.sha256(struct.pack(">QIQI", 3, 9, 5, 1)).digest()[:8]
    assert hour_digest([(5, 1), (3, 9)]) == expected


def test_the_digest_of_everything_is_as_documented() -> None:
    """SHA-256 over day, hour, count and digest of every hour, ascending, cut to 8 bytes."""
    hours = manifest_hours([call(1, minute=0), call(2, minute=10, days=1)])
    days = [(DAY - DAY.replace(2000, 1, 1)).days, (DAY - DAY.replace(2000, 1, 1)).days + 1]
    packed = b"".join(
        struct.pack(">IhI8s", day, 0, 1, hour_digest([(run, 1)])) for day, run in zip(days, (1, 2), strict=True)
    )
    assert whole_digest(reversed(hours)) == hashlib.sha256(packed).digest()[:8]


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 3), st.integers(0, 200)), unique_by=lambda item: item[0]),
    st.randoms(),
)
def test_order_does_not_matter_and_content_does(items: list[tuple[int, int, int]], shuffle: object) -> None:
    """The same calls in any order have the same digest; a missing or older one another."""
    records = [call(run, revision=revision, minute=minute * 10) for run, revision, minute in items]
    mixed = list(records)
    shuffle.shuffle(mixed)  # type: ignore[attr-defined]  # hypothesis' Random
    whole = whole_digest(manifest_hours(records))
    assert whole_digest(manifest_hours(mixed)) == whole
    assert sum(hour.count for hour in manifest_hours(records)) == len(records)
    if records:
        assert whole_digest(manifest_hours(records[1:])) != whole
        older = [call(items[0][0], revision=items[0][1] + 1, minute=items[0][2] * 10), *records[1:]]
        assert whole_digest(manifest_hours(older)) != whole
