"""Trains that stay behind: withheld before anything is transmitted, and nothing on the line tells of them."""

from __future__ import annotations

import re
from dataclasses import replace
from fnmatch import translate
from threading import Lock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from stationmaster_base.times import Instant, from_iso
from stationmaster_gateway.allow import Allow, Verdict
from stationmaster_gateway.database import Reading
from stationmaster_gateway.mirror import Mirror
from stationmaster_gateway.reader import Reader
from stationmaster_gateway.rows import Rows
from stationmaster_gateway.schedule import Schedule
from stationmaster_telegram.decoder import Decoder
from stationmaster_telegram.frame import Header, Telegram
from stationmaster_telegram.records import Calls, DatabaseState, GatewayState, Manifest, Tombstones


def allow(*patterns: str) -> Allow:
    return Allow(numbers=tuple(re.compile(translate(pattern)) for pattern in patterns))


PASSENGERS = allow("G*", "[1-7][0-9][0-9][0-9]")


def rows(run: int, train: object, *, day: object = "2026-03-01", track: str = "3") -> Rows:
    times = ("2026-03-01T10:00:00Z", "2026-03-01T10:05:00Z")
    return Rows(run=run, base=(run, day, train, "", "through", "", "", *times, track))


def whole(*found: Rows, strays: tuple[str, ...] = ()) -> Reading:
    return Reading(whole=True, runs={one.run: one for one in found}, strays=strays)


def part(*found: Rows) -> Reading:
    return Reading(runs={one.run: one for one in found})


@pytest.mark.parametrize(
    ("train", "verdict"),
    [
        ("G1", Verdict.ALLOWED),
        (" G2402 / G2403 ", Verdict.ALLOWED),
        (6001, Verdict.ALLOWED),
        ("G1/Z9", Verdict.WITHHELD),
        ("90001", Verdict.WITHHELD),
        ("600", Verdict.WITHHELD),
        ("60011", Verdict.WITHHELD),
        ("g1", Verdict.WITHHELD),
        ("Ｇ1", Verdict.WITHHELD),
        ("xG1", Verdict.WITHHELD),
        ("G1\nmore", Verdict.ALLOWED),
        ("", Verdict.WITHHELD),
        ("G1/", Verdict.WITHHELD),
        (None, Verdict.WITHHELD),
        (b"G1", Verdict.UNKNOWN),
        (1.5, Verdict.UNKNOWN),
    ],
)
def test_each_number_of_a_train_must_be_on_the_list(train: object, verdict: Verdict) -> None:
    """As a whole, in the same letters: what only looks like an allowed number is none."""
    assert PASSENGERS.verdict(rows(1, train)) is verdict


def test_without_a_list_every_train_may_pass() -> None:
    """A list is somebody's decision; without one there is nothing to decide."""
    assert Allow().verdict(rows(1, b"?")) is Verdict.ALLOWED


@given(st.none() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=4))
def test_whatever_stands_there_is_judged(train: object) -> None:
    """Nothing that a database may hold is an error here."""
    assert PASSENGERS.verdict(rows(1, train)) in Verdict


def test_a_withheld_train_is_in_nothing_that_is_transmitted() -> None:
    """Calls, tombstones, manifests and the counts in the state are as if it did not exist, whatever it does."""
    mirror = Mirror(allow=PASSENGERS)
    mirror.apply(whole(rows(1, "G1"), rows(2, "90001"), rows(3, "G3/90001")))
    mirror.apply(part(rows(2, "90001", track="4")))
    mirror.apply(part(rows(2, "90001", day="nonsense")))
    mirror.apply(whole(rows(1, "G1"), strays=("report.run_id is 'x'",)))
    other = Mirror()
    other.apply(whole(rows(1, "G1")))
    other.apply(whole(rows(1, "G1")))
    assert (mirror.calls, mirror.tombstones) == (other.calls, other.tombstones)
    assert (mirror.faulty, mirror.held, mirror.withheld) == (0, 0, 0)
    assert mirror.strays == ("report.run_id is 'x'",)


def test_the_time_on_the_line_is_that_of_listed_trains_reports() -> None:
    """What is reported of a withheld train does not even move the clock; one absurd report of a listed one does not."""

    def reported(run: int, train: str, *actual: str) -> Rows:
        reports = tuple((run, event, at) for event, at in zip(("arrival", "departure"), actual, strict=False))
        return replace(rows(run, train), reports=reports)

    def at(text: str) -> Instant:
        return from_iso(f"2026-03-01T{text}:00Z")

    mirror = Mirror(allow=PASSENGERS)
    mirror.apply(replace(whole(rows(1, "G1"), reported(2, "90001", "2026-03-01T09:00:00Z")), time=at("09:00")))
    assert mirror.time is None
    mirror.apply(replace(part(reported(1, "G1", "2026-03-01T10:01:00Z", "2026-03-01T10:06:00Z")), time=at("11:00")))
    assert mirror.time == at("10:01")
    mirror.apply(replace(part(reported(3, "G3", "2026-03-02T10:04:00Z")), time=at("11:00")))
    assert mirror.time == at("10:06")
    mirror.apply(replace(part(reported(2, "90001", "2026-03-01T10:59:00Z")), time=at("11:01")))
    assert mirror.time == at("10:06")
    other = Mirror()
    other.apply(replace(whole(rows(1, "G1")), time=at("09:00")))
    assert other.time == at("09:00")


def test_what_is_withheld_is_counted_on_this_side() -> None:
    """While it is there, once a run, whether it came with a whole read or a part."""
    mirror = Mirror(allow=PASSENGERS)
    mirror.apply(whole(rows(1, "G1"), rows(2, "90001")))
    mirror.apply(part(rows(3, "X1")))
    assert (mirror.withheld, sorted(mirror.calls)) == (2, [1])
    mirror.apply(whole(rows(1, "G1"), rows(3, "X1")))
    assert mirror.withheld == 1


def test_a_train_that_becomes_withheld_gets_a_tombstone_and_may_return() -> None:
    """The far side is told that it is gone, as of any run that is; once it is allowed again it is as new."""
    mirror = Mirror(allow=PASSENGERS)
    mirror.apply(whole(rows(1, "G1"), rows(2, "G2")))
    assert mirror.apply(part(rows(2, "90001"))).gone == (2,)
    assert mirror.tombstones[2].revision == 2
    assert mirror.apply(whole(rows(1, "G1"), rows(2, "90001"))).gone == ()
    assert mirror.apply(part(rows(2, "G2"))).changed == (2,)
    assert (mirror.calls[2].revision, mirror.tombstones, mirror.withheld) == (3, {}, 0)


def test_a_train_whose_numbers_cannot_be_read_is_withheld_unless_it_was_told_before() -> None:
    """What nobody can say is allowed is not told; what was told stays as it was, like any broken row."""
    mirror = Mirror(allow=PASSENGERS)
    mirror.apply(whole(rows(1, "G1")))
    news = mirror.apply(whole(rows(1, b"\xff"), rows(2, b"\xff"), Rows(run=3)))
    assert list(news.faults) == [1]
    assert (mirror.withheld, mirror.faulty, sorted(mirror.calls)) == (2, 1, [1])


def test_many_that_become_withheld_are_not_held_back() -> None:
    """The guard against sudden shrinking holds what vanished, never what must not be told."""
    mirror = Mirror(allow=PASSENGERS)
    mirror.apply(whole(*(rows(run, f"G{run}") for run in range(20))))
    news = mirror.apply(whole(*(rows(run, f"X{run}" if run else "G0") for run in range(20))))
    assert len(news.gone) == 19
    assert (mirror.held, mirror.withheld, list(mirror.calls)) == (0, 19, [0])


def test_the_line_carries_the_same_bytes_with_a_withheld_train_as_without() -> None:
    """Every telegram of a while is the same, byte by byte, so nothing there can tell of it."""

    def sent(*readings: Reading) -> list[bytes]:
        mirror = Mirror(allow=PASSENGERS)
        schedule = Schedule(mirror, Header(station="QHD", gateway=1, epoch=1, sequence=1), lambda: 2)
        frames: list[bytes] = []
        for reading in readings:
            schedule.changed(mirror.apply(reading))
            schedule.database(DatabaseState.GOOD, 0.0)
            for _ in range(40):
                outgoing = schedule.next_telegram(len(frames) * 0.02)
                schedule.sent(outgoing, len(frames) * 0.02)
                frames.append(outgoing.frame)
        return frames

    def decoded(frames: list[bytes]) -> set[type]:
        decoder = Decoder("QHD")
        for frame in frames:
            decoder.receive_data(frame)
        kinds = set()
        while (event := decoder.next_event()) is not None:
            assert isinstance(event, Telegram)
            kinds.add(type(event.content))
        return kinds

    public = (rows(1, "G1"), rows(2, "G2"))
    with_it = sent(
        whole(*public, rows(7, "90001")),
        part(rows(7, "90001", track="9")),
        part(rows(7, "90001", day="?")),
        whole(rows(1, "G1"), rows(8, "90003"), strays=("report.run_id is 'x'",)),
    )
    without = sent(whole(*public), part(), part(), whole(rows(1, "G1")))
    assert with_it == without
    assert decoded(with_it) == {Calls, Manifest, GatewayState, Tombstones}


def test_the_log_says_how_many_are_withheld_and_never_which() -> None:
    """When the number changes, and only then; no train number is in it."""
    mirror = Mirror(allow=PASSENGERS)
    schedule = Schedule(mirror, Header(station="QHD", gateway=1, epoch=1, sequence=1), lambda: 2)
    reading = whole(rows(1, "G1"), rows(2, "90001"))
    reader = Reader(
        lambda: reading,
        lambda: None,
        mirror=mirror,
        schedule=schedule,
        lock=Lock(),
        poll_hz=5,
        slow_s=2,
        monotonic=lambda: 0.0,
    )
    with capture_logs() as logs:
        reader.step()
        reader.step()
    assert [(log["event"], log["count"]) for log in logs] == [("runs_withheld", 1)]
    assert "90001" not in str(logs)
