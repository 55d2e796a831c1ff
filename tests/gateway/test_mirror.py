"""The mirror: revisions, broken rows, and calls that vanish."""

from __future__ import annotations

from datetime import date

from stationmaster_gateway.database import Reading
from stationmaster_gateway.mirror import Mirror
from stationmaster_gateway.rows import Rows


def rows(number: int, *, day: str = "2026-03-01", train: str = "", track: str = "3", reason: str = "") -> Rows:
    """A run's rows."""
    times = (f"{day}T10:00:00Z", f"{day}T10:05:00Z")
    base = (number, day, train or f"G{number}", "高速", "through", "包头", "北京", *times, track)
    return Rows(run=number, base=base, stage=(number, None, None, 0, 0, None, "scheduled", reason))


def whole(*found: Rows, first_day: date | None = None) -> Reading:
    return Reading(whole=True, runs={one.run: one for one in found}, first_day=first_day)


def part(*found: Rows) -> Reading:
    return Reading(runs={one.run: one for one in found})


def test_only_what_differs_gets_a_new_revision() -> None:
    """Reading the same again changes nothing; a change counts up its own call's revision."""
    mirror = Mirror()
    assert mirror.apply(whole(rows(1), rows(2))).changed == (1, 2)
    assert mirror.apply(whole(rows(1), rows(2))).changed == ()
    assert mirror.apply(part(rows(2, track="4"))).changed == (2,)
    assert (mirror.calls[1].revision, mirror.calls[2].revision) == (1, 2)


def test_a_broken_row_keeps_the_call_as_it_was_and_the_rest_goes_on() -> None:
    """It is told once, counted while it lasts, and told again when it is mended."""
    mirror = Mirror()
    mirror.apply(whole(rows(1), rows(2)))
    broken = Rows(run=1, base=(1, "?", *rows(1).base[2:]))  # type: ignore[index]  # it has a base
    news = mirror.apply(part(broken, rows(2, track="5")))
    assert news.changed == (2,)
    assert list(news.faults) == [1]
    assert "service_date" in news.faults[1]
    assert mirror.faulty == 1
    assert mirror.apply(part(broken)).faults == {}
    assert mirror.calls[1].revision == 1
    news = mirror.apply(part(rows(1, track="7")))
    assert (news.mended, news.changed, mirror.faulty) == ((1,), (1,), 0)


def test_a_run_that_vanished_gets_a_tombstone_and_returns_above_it() -> None:
    """Its tombstone has a higher revision than the call had, and the call after it a higher one still."""
    mirror = Mirror()
    mirror.apply(whole(rows(1), rows(2)))
    assert mirror.apply(whole(rows(2))).gone == (1,)
    assert mirror.tombstones[1].revision == 2
    mirror.apply(part(rows(1)))
    assert mirror.calls[1].revision == 3
    assert mirror.tombstones == {}


def test_tombstones_are_cleared_away_and_revisions_still_grow() -> None:
    """A tombstone is not kept for ever, and a run that returns much later still has a higher revision."""
    mirror = Mirror()
    mirror.apply(whole(rows(1), rows(2)))
    for number in range(60):
        mirror.apply(whole(rows(2, track=str(number))))
    assert mirror.tombstones == {}
    mirror.apply(whole(rows(1), rows(2)))
    assert mirror.calls[1].revision == 3


def test_a_part_never_buries_anything() -> None:
    """Only a whole read can show that something is gone."""
    mirror = Mirror()
    mirror.apply(whole(rows(1), rows(2)))
    assert mirror.apply(part()).gone == ()
    assert sorted(mirror.calls) == [1, 2]


def test_a_sudden_shrink_is_held_back_until_it_has_lasted() -> None:
    """More than a fifth gone at once is not believed at first; it is flagged, and believed after many reads."""
    mirror = Mirror()
    mirror.apply(whole(*(rows(number) for number in range(20))))
    few = whole(*(rows(number) for number in range(3)))
    assert mirror.apply(few).gone == ()
    assert (mirror.held, len(mirror.calls)) == (17, 20)
    mirror.apply(whole(*(rows(number) for number in range(20))))
    assert mirror.held == 0
    readings = 1
    while not mirror.apply(few).gone:
        readings += 1
    assert readings == 21
    assert (mirror.held, len(mirror.calls)) == (0, 3)


def test_a_day_that_leaves_the_window_is_no_shrink() -> None:
    """At midnight a whole day goes at once, as it should."""
    mirror = Mirror()
    mirror.apply(whole(*(rows(number, day="2026-02-26") for number in range(20)), rows(99)))
    news = mirror.apply(whole(rows(99), first_day=date(2026, 2, 27)))
    assert len(news.gone) == 20
    assert mirror.held == 0


def test_a_reason_that_is_too_long_is_shortened_and_an_impossible_row_is_a_fault() -> None:
    """What does not fit into a telegram loses the end of its reason; if that does not help it is told."""
    mirror = Mirror()
    long = "".join(chr(0x4E00 + number * 7) for number in range(200))
    mirror.apply(whole(rows(1, reason=long)))
    assert long.startswith(mirror.calls[1].reason)
    assert 20 < len(mirror.calls[1].reason) < 200
    news = mirror.apply(part(rows(2, train=long)))
    assert "too long" in news.faults[2]


def test_rows_without_a_run_count_as_faulty_until_they_are_gone() -> None:
    """Each is told once."""
    mirror = Mirror()
    stray = Reading(whole=True, runs={1: rows(1)}, strays=("report.run_id is 'x'",))
    assert mirror.apply(stray).strays == stray.strays
    assert mirror.apply(stray).strays == ()
    assert mirror.strays == stray.strays
    assert mirror.faulty == 1
    mirror.apply(whole(rows(1)))
    assert mirror.faulty == 0
