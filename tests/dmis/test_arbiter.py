"""Several gateways, one feed: who counts, when that changes, and that nothing is lost or told twice by it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster_base.times import Instant
from stationmaster_dmis.arbiter import Arbiter
from stationmaster_dmis.feed import Moment
from stationmaster_dmis.grading import Limits
from stationmaster_dmis.line import Line
from stationmaster_dmis.records import feed_record
from stationmaster_kernel.inputs import FeedRecord
from stationmaster_kernel.values import FeedGrade
from stationmaster_telegram.decoder import Decoder
from stationmaster_telegram.digest import manifest_hours, whole_digest
from stationmaster_telegram.records import (
    CallRecord,
    Calls,
    Content,
    DatabaseState,
    GatewayState,
    Manifest,
    Tombstone,
    Tombstones,
)
from support.telegrams import call, frame

FRESH, LATE, LOST = FeedGrade.FRESH, FeedGrade.LATE, FeedGrade.LOST
GOOD = GatewayState(database=DatabaseState.GOOD)
CLOCK_AHEAD = 1000.0
"""Station time less machine time."""


class Sending:
    """One gateway: what it has, in revisions of its own, and the telegrams that say so."""

    def __init__(self, station: Station, line: Line, gateway: int) -> None:
        self._station = station
        self.line = line
        self._gateway = gateway
        self._sequence = 0
        self._revision = 0
        self._epoch = 1
        self.has: dict[int, CallRecord] = {}

    def restart(self) -> None:
        self._epoch += 1
        self._sequence = 0

    def send(self, *contents: Content) -> None:
        """Telegrams that arrive now."""
        for content in contents:
            self._sequence += 1
            self._station.deliver(self.line, frame(content, self._sequence, gateway=self._gateway, epoch=self._epoch))

    def change(self, *records: CallRecord) -> None:
        """The database says this now; it is not sent yet."""
        for record in records:
            self._revision += 1
            fields = {name: getattr(record, name) for name in record.__slots__}
            self.has[record.run] = CallRecord(**{**fields, "revision": self._revision})

    def say(self, *runs: int) -> None:
        """Send these calls, and that the database is well."""
        for run in runs:
            self.send(Calls(records=(self.has[run],)))
        self.send(GOOD)

    def prove(self) -> None:
        """Say what there is."""
        records = self.has.values()
        self.send(Manifest(cycle=0, count=len(records), digest=whole_digest(manifest_hours(records))))

    def whole(self) -> None:
        """A whole pass of the carousel."""
        self.say(*self.has)
        self.prove()


class Station:
    """The receiving end, with gateway 1 on line A and gateway 2 on line B, which read the same database."""

    def __init__(self, grade: FeedGrade = LOST) -> None:
        self.now = 0.0
        self.told: list[str | FeedGrade] = []
        lines = [Line("A", Decoder("QHD")), Line("B", Decoder("QHD"))]
        self.arbiter = Arbiter(lines, sink=self, limits=Limits(), grade=grade, now=0.0)
        self.a, self.b = (Sending(self, line, number) for number, line in enumerate(lines, 1))

    def news(self, records: Sequence[FeedRecord]) -> None:
        self.told += [f"{record.numbers[0]}/{record.track}" for record in records]

    def graded(self, grade: FeedGrade) -> None:
        self.told.append(grade)

    def deliver(self, line: Line, data: bytes) -> None:
        self.arbiter.receive(line, data, Moment(machine=self.now, station=self.now + CLOCK_AHEAD))

    def wait(self, seconds: float, *sending: Sending) -> None:
        """Time passes, looked at four times a second; these gateways send whole passes meanwhile."""
        end = self.now + seconds
        while self.now < end:
            self.now += 0.25
            for each in sending:
                each.whole()
            self.arbiter.look(self.now)

    @property
    def chosen(self) -> str:
        assert self.arbiter.chosen is not None
        return self.arbiter.chosen.line


def begun(tracks: Sequence[str] = ("1", "2", "3")) -> Station:
    """Both gateways have said everything; A was heard first."""
    station = Station()
    records = [call(run, minute=600 + run, track=track) for run, track in enumerate(tracks, 1)]
    station.a.change(*records)
    station.b.change(*reversed(records))
    station.a.whole()
    station.b.whole()
    station.wait(3, station.a, station.b)
    station.told.clear()
    return station


def test_both_say_the_same_and_it_is_told_once() -> None:
    """Two gateways with revisions of their own bring one feed; the first that is heard counts."""
    station = Station()
    records = [call(1, track="1"), call(2, track="2")]
    station.a.change(*records)
    station.b.change(*reversed(records))
    station.a.whole()
    station.b.whole()
    station.wait(10, station.a, station.b)
    assert station.told == ["G1/1", "G2/2", LATE, FRESH]
    assert station.chosen == "A"
    assert station.arbiter.changeovers == 0


def test_a_change_is_told_once_whichever_says_it_first() -> None:
    """What the gateway that does not count says first is told when the one that counts says it."""
    station = begun()
    for sending in (station.b, station.a):
        sending.change(call(1, minute=601, track="9"))
    station.b.whole()
    assert station.told == []
    station.a.whole()
    assert station.told == ["G1/9"]


def test_silence_of_one_hands_over_before_the_feed_is_late() -> None:
    """Half the time to late after the last word of A, B counts; the feed stays fresh and nothing is told again."""
    station = begun()
    station.wait(4.5, station.b)
    assert station.chosen == "A"
    station.wait(1, station.b)
    assert station.chosen == "B"
    station.wait(100, station.b)
    assert station.told == []
    assert station.arbiter.grade is FRESH
    assert station.arbiter.changeovers == 1


def test_what_the_lost_one_had_not_brought_comes_at_once() -> None:
    """A change that only B has said, while A's word counted, is told in the moment in which B's counts."""
    station = begun()
    station.b.change(call(2, minute=602, track="8"))
    station.wait(4.5, station.b)
    assert station.told == []
    station.wait(1, station.b)
    assert station.told == ["G2/8"]


def test_who_comes_back_changes_nothing() -> None:
    """After A is back and good the word stays with B, so that a bad contact does not make it go to and fro."""
    station = begun()
    station.wait(20, station.b)
    station.wait(60, station.a, station.b)
    assert station.chosen == "B"
    station.wait(20, station.a)
    assert station.chosen == "A"
    assert station.arbiter.changeovers == 2
    assert station.told == []


def test_a_lost_database_hands_over_to_a_good_one() -> None:
    """A's telegrams go on, but its database is gone: that is as bad as silence."""
    station = begun()
    station.b.change(call(3, minute=603, track="5"))
    for _ in range(6):
        station.now += 1
        station.a.send(GatewayState(database=DatabaseState.GONE))
        station.b.whole()
    assert station.chosen == "B"
    assert station.told == ["G3/5"]


def test_one_that_misses_something_hands_over_to_a_complete_one() -> None:
    """A's manifest tells for two seconds that calls are missing, B has them all: B counts, and brings them."""
    station = begun()
    new = call(4, minute=700, track="4")
    for sending in (station.a, station.b):
        sending.change(new)
    station.b.whole()
    for _ in range(5):
        station.now += 0.5
        station.a.send(GOOD)
        station.a.prove()
        station.b.whole()
    assert station.chosen == "B"
    assert station.told == ["G4/4"]


def test_an_incomplete_one_is_believed_call_by_call() -> None:
    """When A is late and B has not everything, B's old words do not count against A's later ones; its new words do."""
    station = Station()
    records = [call(run, minute=600 + run, track="1") for run in (1, 2, 3)]
    station.a.change(*records)
    station.b.change(*records)
    station.b.say(1, 2)
    station.a.whole()
    station.wait(3, station.a)
    assert station.chosen == "A"
    station.told.clear()
    station.a.change(call(1, minute=601, track="7"))
    station.a.whole()
    assert station.told == ["G1/7"]
    while station.chosen == "A":
        station.now += 0.25
        station.b.send(GOOD)
        station.arbiter.look(station.now)
    assert station.told == ["G1/7", LATE]
    station.b.change(call(1, minute=601, track="7"))
    station.b.change(call(2, minute=602, track="6"))
    station.b.say(1, 2)
    assert station.told == ["G1/7", LATE, "G2/6"]
    station.b.whole()
    assert station.told == ["G1/7", LATE, "G2/6", FRESH]


def test_all_lost_is_lost() -> None:
    """When nothing comes from anywhere the feed is late, then lost, as with one line."""
    station = begun()
    station.wait(11)
    assert station.told == [LATE]
    station.wait(60)
    assert station.told == [LATE, LOST]


def test_a_restarted_receiver_takes_over_the_grade_for_the_first_it_hears() -> None:
    """The kernel is told nothing new while the feed is as good as before."""
    station = Station(grade=FRESH)
    station.b.change(call(1, track="1"))
    station.b.whole()
    station.wait(30, station.b)
    assert station.told == ["G1/1"]


def test_a_gateway_that_starts_anew_counts_as_it_did() -> None:
    """A new epoch of the gateway that counts has to prove itself; until then the other one takes over, once."""
    station = begun()
    station.a.restart()
    station.a.send(GOOD)
    station.wait(3, station.b)
    assert station.chosen == "B"
    assert station.told == []


def test_gateways_that_differ_are_noticed() -> None:
    """Both are fresh and complete and say different things of two calls: that is counted, with since when."""
    station = begun()
    station.b.change(call(1, minute=601, track="9"))
    del station.b.has[3]
    station.b.send(Tombstones(tombstones=(Tombstone(run=3, revision=99),)))
    station.wait(12, station.a, station.b)
    assert station.arbiter.differing == 2
    assert station.arbiter.differing_s(station.now) >= 5
    station.a.change(call(1, minute=601, track="9"))
    station.b.change(call(3, minute=603, track="3"))
    station.wait(6, station.a, station.b)
    assert station.arbiter.differing == 0
    assert station.arbiter.differing_s(station.now) == 0


def test_the_gateways_clock_is_compared() -> None:
    """The least delayed of its last words tells how far its clock is off, at most a second too low."""
    station = begun()
    for wait, delay in ((1.0, 3.2), (1.0, 0.4), (1.0, 1.7)):
        station.now += wait
        made = station.now + CLOCK_AHEAD - delay
        station.a.send(GatewayState(database=DatabaseState.GOOD, gateway_time=Instant(int(made + 7.5))))
    assert station.arbiter.chosen is not None
    found = station.arbiter.chosen.status(station.now, chosen=True).clock_difference_s
    assert found is not None
    assert 7.5 - 0.4 - 1 <= found <= 7.5 - 0.4
    station.a.send(GatewayState(database=DatabaseState.GOOD))
    assert station.arbiter.chosen.status(station.now, chosen=True).clock_difference_s is None


def test_more_gateways_than_there_can_be_take_no_more_room() -> None:
    """Of a line that brings ever other numbers eight are followed; the one that counts is never forgotten for them."""
    station = begun()
    for gateway in range(10, 200):
        station.now += 0.1
        station.deliver(station.a.line, frame(GOOD, 1, gateway=gateway))
        if gateway % 10 == 0:
            station.a.whole()
    assert len(station.a.line.feeds) == 8
    assert station.chosen == "A"
    assert station.told == []


@pytest.mark.parametrize("seed_line", ["A", "B"])
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["change", "a", "b", "a_some", "b_some", "a_restart", "b_restart", "wait"]),
            st.integers(1, 4),
            st.integers(0, 5),
        ),
        max_size=40,
    )
)
def test_whatever_happens_the_hub_ends_with_what_the_database_says(
    seed_line: str, steps: list[tuple[str, int, int]]
) -> None:
    """Changes, passes, parts of them, restarts, silence in any order: in the end all is known, nothing told twice."""
    station = Station()
    known: dict[tuple[str, ...], FeedRecord] = {}

    def news(records: Sequence[FeedRecord]) -> None:
        for record in records:
            assert known.get(record.numbers) != record
            known[record.numbers] = record

    station.news = news  # type: ignore[method-assign]  # to check each
    both = {"a": station.a, "b": station.b}
    for sending in both.values():
        sending.change(call(1, track="0"))
    both[seed_line.lower()].whole()
    for what, run, number in steps:
        station.now += 0.2
        if what == "change":
            for sending in both.values():
                sending.change(call(run, minute=600 + run, track=str(number)))
        elif what == "wait":
            station.wait(number * 3)
        elif what.endswith("_restart"):
            both[what[0]].restart()
        elif what.endswith("_some"):
            sending = both[what[0]]
            sending.say(*[each for each in sending.has if each <= number])
        else:
            both[what].whole()
    station.wait(15, station.a, station.b)
    assert known == {record.numbers: feed_record(record) for record in station.a.has.values()}
    assert station.arbiter.grade is FRESH
    assert station.arbiter.complete
