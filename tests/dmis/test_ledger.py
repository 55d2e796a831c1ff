"""The ledger: late, repeated and missing telegrams, restarts, and proof of completeness."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from stationmaster_dmis.ledger import Ledger, Taken
from stationmaster_dmis.told import Told
from stationmaster_telegram.digest import manifest_hours, whole_digest
from stationmaster_telegram.frame import Header, Telegram
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
from support.telegrams import HEADER, call

GOOD = GatewayState(database=DatabaseState.GOOD)


class Line:
    """Telegrams with numbers that grow by themselves."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.told = Told()
        self.sequence = 0
        self.epoch = 5
        self.now = 0.0

    def take(self, content: Content, *, sequence: int | None = None) -> Taken:
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        header = Header(station=HEADER.station, gateway=1, epoch=self.epoch, sequence=sequence)
        return self.ledger.take(Telegram(header=header, content=content), self.now)

    def calls(self, *records: CallRecord) -> list[int]:
        """The runs that were news."""
        return [record.run for record in self.told.news(self.take(Calls(records=records)).records)]

    def restart(self) -> None:
        self.epoch += 1
        self.sequence = 0


def manifest(records: Sequence[CallRecord], cycle: int = 0) -> Manifest:
    """What a gateway that holds these says."""
    return Manifest(cycle=cycle, count=len(records), digest=whole_digest(manifest_hours(records)))


def test_only_what_is_new_is_news() -> None:
    """A repeat is none, an older revision is ignored and counted, a newer one is news."""
    line = Line()
    assert line.calls(call(1, revision=2), call(2)) == [1, 2]
    assert line.calls(call(1, revision=2), call(2)) == []
    assert line.calls(call(1, revision=1, track="9")) == []
    assert line.ledger.old_revisions == 1
    assert line.calls(call(1, revision=3, track="9"), call(2)) == [1]


def test_a_new_epoch_counts_anew_and_repeats_are_no_news() -> None:
    """After a restart of the gateway revisions begin again; only what differs from what was known is news."""
    line = Line()
    line.calls(call(1, revision=7, track="4"), call(2, revision=3))
    line.restart()
    taken = line.take(Calls(records=(call(1, revision=1, track="4"), call(2, revision=1, track="8"))))
    assert taken.restarted
    assert [record.run for record in line.told.news(taken.records)] == [2]
    assert (line.ledger.epoch, line.ledger.sequence) == (6, 1)


def test_telegrams_of_an_old_epoch_are_ignored_unless_nothing_else_comes() -> None:
    """A late telegram changes nothing; but a gateway that lost its counter is heard again after half a minute."""
    line = Line()
    line.calls(call(1))
    line.epoch = 3
    taken = line.take(Calls(records=(call(1, revision=9, track="9"),)))
    assert taken.stale
    assert taken.records == ()
    line.now = 31.0
    taken = line.take(Calls(records=(call(1, revision=1, track="9"),)))
    assert taken.restarted
    assert [record.run for record in line.told.news(taken.records)] == [1]
    assert line.ledger.epoch == 3


def test_it_is_complete_exactly_when_it_holds_what_the_gateway_holds() -> None:
    """A manifest proves it, also of nothing; one that says more or other than is here disproves it."""
    line = Line()
    assert not line.ledger.complete
    line.take(manifest([]))
    assert line.ledger.complete
    records = [call(number, minute=number) for number in range(1, 4)]
    line.take(manifest(records))
    assert not line.ledger.complete
    assert line.ledger.missing == 3
    line.calls(*records)
    line.take(manifest(records))
    assert line.ledger.complete
    line.take(manifest([*records[:2], call(3, minute=3, revision=2)]))
    assert not line.ledger.complete


def test_each_call_has_its_age() -> None:
    """It counts from when its newest record was last said; an old record that comes late does not make it younger."""
    line = Line()
    line.calls(call(1, revision=2), call(2))
    line.now = 5.0
    line.calls(call(2))
    line.now = 8.0
    line.calls(call(1, revision=1))
    assert {record.run: age for record, age in line.ledger.ages(10.0)} == {1: 10.0, 2: 5.0}


def test_a_call_that_is_gone_and_comes_back_is_news() -> None:
    """What a complete state does not have is forgotten, so that its return is told, though nothing in it changed."""
    line = Line()
    line.calls(call(1), call(2))
    line.told.keep([call(2)])
    assert line.calls(call(1), call(2)) == [1]


def test_a_new_epoch_has_to_prove_itself() -> None:
    """What was complete before a restart of the gateway is not proven any more."""
    line = Line()
    line.calls(call(1))
    line.take(manifest([call(1)]))
    assert line.ledger.complete
    line.restart()
    line.take(GOOD)
    assert not line.ledger.complete


def test_a_late_manifest_or_state_says_nothing() -> None:
    """What describes a moment is taken only if nothing later has come."""
    line = Line()
    line.calls(call(1))
    line.take(manifest([call(1)]))
    line.take(manifest([]), sequence=1)
    assert line.ledger.complete
    assert line.take(GOOD, sequence=1).state is None
    assert line.take(GOOD).state == GOOD


def test_a_tombstone_takes_a_call_out_and_an_older_one_does_not() -> None:
    """It makes no news: that a train is not in the database any more cancels nothing."""
    line = Line()
    line.calls(call(1, revision=2), call(2))
    line.take(Tombstones(tombstones=(Tombstone(run=1, revision=2), Tombstone(run=9, revision=1))))
    assert line.ledger.calls == 2
    taken = line.take(Tombstones(tombstones=(Tombstone(run=1, revision=3),)))
    assert taken.records == ()
    line.take(manifest([call(2)]))
    assert line.ledger.complete
    line.told.keep(line.ledger.records())
    assert line.calls(call(1, revision=4)) == [1]


def test_what_the_carousel_does_not_bring_any_more_is_gone() -> None:
    """A call whose tombstone was lost falls out after three passes, and then the rest is proven."""
    line = Line()
    line.calls(call(1), call(2))
    for cycle in range(1, 4):
        line.take(manifest([call(2)], cycle))
        assert not line.ledger.complete
        line.calls(call(2))
    line.take(manifest([call(2)], 4))
    assert line.ledger.complete
    assert line.ledger.calls == 1


def test_calls_are_not_given_up_because_the_line_was_cut_or_is_bad() -> None:
    """Passes of which nothing or little came prove nothing; a call is gone once enough of them was heard without it."""
    line = Line()
    everything = manifest([call(1), call(2)], 10)
    line.calls(call(1), call(2))
    line.take(everything)
    line.sequence += 400  # a cut, for twelve passes
    line.take(manifest([call(1), call(2)], 22))
    assert line.ledger.complete
    for cycle in range(23, 60):
        line.sequence += 9  # nine of ten telegrams are lost
        line.calls(call(2))
        line.sequence += 9
        line.take(manifest([call(2), call(3)], cycle))
        assert line.ledger.calls == 2
    for cycle in range(60, 200):
        line.sequence += 9
        line.calls(call(2))
        line.sequence += 9
        line.take(manifest([call(2)], cycle))
    assert line.ledger.complete


@given(st.permutations(range(12)), st.lists(st.integers(0, 11), max_size=12))
def test_any_order_and_any_repeats_end_in_the_newest(order: list[int], repeats: list[int]) -> None:
    """Revisions of one call in any order: the newest stays, and nothing older is ever news after it."""
    line = Line()
    given = [*order, *repeats]
    newest = -1
    for revision in given:
        news = line.calls(call(1, revision=revision, track=str(revision)))
        assert news == ([1] if revision > newest else [])
        newest = max(newest, revision)
    assert line.ledger._held[1].record.track == "11"
