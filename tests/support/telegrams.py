"""Calls and telegrams for tests of the one-way line: made by hypothesis, and a few made by hand."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st

from stationmaster_base.times import Instant
from stationmaster_telegram.frame import Header, encode
from stationmaster_telegram.keys import SigningKey
from stationmaster_telegram.records import (
    CallRecord,
    Calls,
    Content,
    DatabaseState,
    GatewayState,
    HourManifest,
    Kind,
    Manifest,
    RunningState,
    Tombstone,
    Tombstones,
    day_start,
)

DAY = date(2026, 3, 1)
START = day_start(DAY)
HEADER = Header(station="QHD", gateway=1, epoch=7, sequence=42)

_words = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8)
_numbers = st.text("GDCKTZ0123456789", min_size=1, max_size=6)
_digests = st.binary(min_size=8, max_size=8)
_counters = st.integers(0, 2**32 - 1)
days = st.dates(date(2000, 3, 1), date(2199, 12, 31))


@st.composite
def records(draw: st.DrawFn, day: date | None = None) -> CallRecord:
    """Any call that may be sent."""
    day = draw(days) if day is None else day
    start = day_start(day)
    kind = draw(st.sampled_from(Kind))

    def time(known: bool = True) -> Instant | None:
        ways = st.integers(-1440, 4320).map(lambda minutes: minutes * 60) | st.integers(-86400, 259200)
        return Instant(start + draw(ways)) if known else None

    arrives, departs = kind is not Kind.ORIGIN, kind is not Kind.TERMINUS
    return CallRecord(
        run=draw(st.integers(0, 2**53 - 1)),
        revision=draw(_counters),
        day=day,
        numbers=tuple(draw(st.lists(_numbers, min_size=1, max_size=3))),
        kind=kind,
        train_class=draw(_words),
        origin=draw(_words),
        destination=draw(_words),
        planned_arrival=time(arrives),
        planned_departure=time(departs),
        expected_arrival=time(arrives and draw(st.booleans())),
        expected_departure=time(departs and draw(st.booleans())),
        actual_arrival=time(arrives and draw(st.booleans())),
        actual_departure=time(departs and draw(st.booleans())),
        arrival_unknown=draw(st.booleans()),
        departure_unknown=draw(st.booleans()),
        track=draw(_words),
        running=draw(st.sampled_from(RunningState)),
        reason=draw(_words),
    )


@st.composite
def calls(draw: st.DrawFn) -> Calls:
    """Some calls of one day."""
    day = draw(days)
    return Calls(records=tuple(draw(st.lists(records(day=day), min_size=1, max_size=3))))


_hours = st.builds(HourManifest, day=days, hour=st.integers(-24, 72), count=_counters, digest=_digests)
_states = st.builds(
    GatewayState,
    database=st.sampled_from(DatabaseState),
    database_time=st.none() | st.integers(-(2**40), 2**40).map(Instant),
    read_age=_counters,
    faulty=_counters,
    held=_counters,
    gateway_time=st.none() | st.integers(-(2**40), 2**40).map(Instant),
)
contents: st.SearchStrategy[Content] = st.one_of(
    calls(),
    st.builds(
        Tombstones,
        tombstones=st.lists(
            st.builds(Tombstone, run=st.integers(0, 2**53 - 1), revision=_counters), min_size=1, max_size=8
        ).map(tuple),
    ),
    st.builds(
        Manifest, cycle=_counters, count=_counters, digest=_digests, hours=st.lists(_hours, max_size=6).map(tuple)
    ),
    _states,
)
headers = st.builds(
    Header,
    station=st.text("ABCXYZabc019", min_size=1, max_size=4),
    gateway=st.integers(1, 255),
    epoch=st.integers(1, 2**32 - 1),
    sequence=_counters,
)


def call(run: int = 1, *, revision: int = 1, minute: int = 600, days: int = 0, **more: object) -> CallRecord:
    """A through call; `minute` is its planned arrival after 00:00 UTC of its day."""
    day = DAY + timedelta(days=days)
    start = day_start(day) + minute * 60
    fields: dict[str, object] = {
        "run": run,
        "revision": revision,
        "day": day,
        "numbers": (f"G{run}",),
        "kind": Kind.THROUGH,
        "train_class": "高速",
        "origin": "包头",
        "destination": "北京",
        "planned_arrival": Instant(start),
        "planned_departure": Instant(start + 300),
        "track": "3",
    }
    return CallRecord(**{**fields, **more})  # type: ignore[arg-type]  # a test's shorthand


def frame(
    content: Content,
    sequence: int = 1,
    *,
    epoch: int = 1,
    gateway: int = 1,
    station: str = "QHD",
    key: SigningKey | None = None,
) -> bytes:
    """The frame of a content that surely fits."""
    whole = encode(Header(station=station, gateway=gateway, epoch=epoch, sequence=sequence), content, key=key)
    if whole is None:
        raise ValueError("this does not fit into a frame")
    return whole
