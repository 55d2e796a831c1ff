"""The schedule: what goes first, what comes round, and that the far end can prove that it has everything."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from itertools import pairwise

from stationmaster_base.configuration import Faults, Table
from stationmaster_base.times import Instant, from_iso, to_iso
from stationmaster_dmis.ledger import Ledger
from stationmaster_gateway.carousel import Carousel, Shares
from stationmaster_gateway.database import Reading
from stationmaster_gateway.mirror import Mirror
from stationmaster_gateway.rows import Rows
from stationmaster_gateway.schedule import Outgoing, Schedule
from stationmaster_telegram.frame import LONGEST_FRAME, Header, decode
from stationmaster_telegram.records import Calls, DatabaseState, GatewayState, Manifest, Tombstones

NOON = from_iso("2026-03-01T12:00:00Z")


def rows(number: int, minute: int = 0, *, track: str = "3") -> Rows:
    """A run that arrives so many minutes after noon."""
    arrival = Instant(NOON + minute * 60)
    times = (to_iso(arrival), to_iso(Instant(arrival + 300)))
    return Rows(run=number, base=(number, "2026-03-01", f"G{number}", "高速", "through", "包头", "北京", *times, track))


def whole(*found: Rows) -> Reading:
    return Reading(whole=True, runs={one.run: one for one in found}, time=NOON)


def part(*found: Rows) -> Reading:
    return Reading(runs={one.run: one for one in found}, time=NOON)


class Sending:
    """A gateway's schedule, a line without faults unless told, and a receiver's ledger."""

    def __init__(self, rate: float = 960.0) -> None:
        self.mirror = Mirror()
        self.schedule = Schedule(
            self.mirror, Header(station="QHD", gateway=1, epoch=1, sequence=1), lambda: self.schedule.epoch + 1
        )
        self.ledger = Ledger()
        self.now = 0.0
        self.rate = rate
        self.schedule.database(DatabaseState.GOOD, 0.0)

    def read(self, reading: Reading) -> None:
        self.schedule.changed(self.mirror.apply(reading))

    def send(self, *, lost: bool = False) -> Outgoing:
        outgoing = self.schedule.next_telegram(self.now)
        assert len(outgoing.frame) <= LONGEST_FRAME
        self.now += len(outgoing.frame) / self.rate
        self.schedule.sent(outgoing, self.now)
        if not lost:
            self.ledger.take(decode(outgoing.frame[1:-1], "QHD"), self.now)
        return outgoing

    def drain(self) -> list[Outgoing]:
        """Send until nothing new is left."""
        sent = []
        while self.schedule.backlog:
            sent.append(self.send())
            assert len(sent) < 1000
        return sent


def runs_of(outgoing: Outgoing) -> list[int]:
    return [record.run for record in outgoing.content.records] if isinstance(outgoing.content, Calls) else []


def test_there_is_always_something_to_say() -> None:
    """Before the first read, with no calls at all, and when all is said, the next telegram is there."""
    sending = Sending()
    for _ in range(20):
        assert isinstance(sending.send().content, GatewayState)
    sending.read(whole())
    kinds = {type(sending.send().content) for _ in range(200)}
    assert kinds == {GatewayState, Manifest}
    assert sending.ledger.complete
    sending.read(part(rows(1)))
    assert Calls in {type(sending.send().content) for _ in range(20)}


def test_nothing_is_proven_before_the_first_read() -> None:
    """A gateway that has not read its database yet sends no manifest, which would prove an empty day."""
    sending = Sending()
    assert not any(isinstance(sending.send().content, Manifest) for _ in range(100))
    assert not sending.ledger.complete


def test_a_change_goes_before_everything_and_a_manifest_follows() -> None:
    """It is in the very next telegram (or after the state, which is due each second), and then it is proven."""
    sending = Sending()
    sending.read(whole(*(rows(number, number) for number in range(200))))
    sending.drain()
    for _ in range(50):
        sending.send()
    sending.read(part(rows(150, 150, track="9")))
    assert sending.schedule.backlog == 2
    kinds = [sending.send() for _ in range(4)]
    assert 150 in [run for outgoing in kinds for run in runs_of(outgoing)][:30]
    sending.drain()
    assert sending.schedule.backlog == 0
    assert sending.ledger.complete


def test_when_the_backlog_is_empty_the_far_end_has_it_or_knows_that_it_has_not() -> None:
    """With every telegram of a change lost, the manifest after it still unproves the far end."""
    sending = Sending()
    sending.read(whole(*(rows(number, number) for number in range(50))))
    sending.drain()
    assert sending.ledger.complete
    sending.read(part(rows(20, 20, track="9")))
    while sending.schedule.backlog:
        outgoing = sending.schedule.next_telegram(sending.now)
        sending.now += 0.1
        sending.schedule.sent(outgoing, sending.now)
        if not isinstance(outgoing.content, Calls):
            sending.ledger.take(decode(outgoing.frame[1:-1], "QHD"), sending.now)
    assert not sending.ledger.complete
    while not sending.ledger.complete:
        sending.send()
        assert sending.now < 30


def test_a_change_is_repeated_a_few_times() -> None:
    """One burst on the line does not take all of its telegrams."""
    sending = Sending(rate=960)
    sending.read(whole(*(rows(number, 600 + number) for number in range(700))))
    sending.drain()
    while sending.now < 40:
        sending.send()
    sending.read(part(rows(350, 950, track="9")))
    begun = sending.now
    times = []
    while sending.now < begun + 4:
        if 350 in runs_of(sending.send()):
            times.append(sending.now - begun)
    assert len(times) >= 4
    assert times[-1] > 1.5


def test_everything_comes_round_and_the_next_hours_more_often() -> None:
    """Each call is repeated without end; those of the next hours at least twice as often as the others."""
    sending = Sending()
    near = [rows(number, number) for number in range(60)]
    far = [rows(number, 600 + number) for number in range(100, 400)]
    sending.read(whole(*near, *far))
    sending.drain()
    while sending.now < 30:
        sending.send()
    seen: Counter[int] = Counter()
    while sending.now < 90:
        seen.update(runs_of(sending.send()))
    least_near = min(seen[one.run] for one in near)
    least_far = min(seen[one.run] for one in far)
    assert least_far >= 2
    assert least_near >= 2 * max(seen[one.run] for one in far) / 1.5


def test_in_a_storm_the_next_hours_go_first_and_the_rest_is_not_forgotten() -> None:
    """Every train of the day changes at once, again and again: state, manifests and all calls still get through."""
    sending = Sending()
    sending.read(whole(*(rows(number, number * 3) for number in range(300))))
    sending.drain()
    sending.read(part(*(rows(number, number * 3, track="1") for number in range(299, -1, -1))))
    order = [run for _ in range(20) for run in runs_of(sending.send())]
    near = {number for number in range(300) if number * 3 + 5 <= 4 * 60}
    assert len(near & set(order[: len(near) + 20])) > 0.9 * len(near)
    seen: set[int] = set()
    kinds: Counter[type] = Counter()
    step = 0
    while sending.now < 60:
        step += 1
        if step % 5 == 0:
            sending.read(part(*(rows(number, number * 3, track=str(step)) for number in range(300))))
        outgoing = sending.send()
        kinds[type(outgoing.content)] += 1
        seen.update(runs_of(outgoing))
    assert len(seen) == 300
    assert kinds[GatewayState] >= 20
    assert kinds[Manifest] >= 10


def test_what_passengers_act_on_goes_before_what_they_do_not() -> None:
    """A report of one train is in the very next telegram, though a hundred others were renamed in the same reading."""
    sending = Sending()
    sending.read(whole(*(rows(number, number) for number in range(101))))
    sending.drain()
    renamed = [
        replace(one, base=(*one.base[:5], "北京南", *one.base[6:]))
        for number in range(100)
        for one in [rows(number, number)]
    ]
    sending.read(part(*renamed, rows(100, 100, track="9")))
    assert 100 in {run for _ in range(3) for run in runs_of(sending.send())}  # one may be the state, one the carousel's
    far = [rows(number, 600 + number) for number in range(200, 300)]
    sending.drain()
    sending.read(part(*far, rows(100, 100, track="8")))
    assert 100 in {run for _ in range(3) for run in runs_of(sending.send())}


def test_in_an_endless_storm_no_train_waits_for_ever() -> None:
    """What waits since an earlier reading goes first: all are told equally often, however often they change."""
    sending = Sending()
    sending.read(whole(*(rows(number, number) for number in range(200))))
    sending.drain()
    begun, step = sending.now, 0
    told: dict[int, list[float]] = {number: [begun] for number in range(200)}
    while sending.now < begun + 60:
        step += 1
        sending.read(part(*(rows(number, number, track=str(step)) for number in range(200))))
        for run in runs_of(sending.send()):
            told[run].append(sending.now)
    gaps = [later - earlier for times in told.values() for earlier, later in pairwise((*times, sending.now))]
    once = begun_to_whole(200)
    assert max(gaps) < 2 * once


def begun_to_whole(count: int) -> float:
    """Seconds that so many calls take once, at this rate."""
    sending = Sending()
    sending.read(whole(*(rows(number, number) for number in range(count))))
    sending.drain()
    return sending.now


def test_the_rounds_have_their_shares() -> None:
    """Four telegrams of seven are about the next hours, two about the next days, one about all."""
    shares = Shares(near=4, days=2, all=1)
    carousel = Carousel(shares)
    sending = Sending()
    sending.read(whole(rows(1, 30), rows(2, 1440), rows(3, 6 * 1440)))
    records = tuple(sending.mirror.calls.values())
    carousel.over(records)
    assert carousel.look(records, NOON)
    assert not carousel.look(records, NOON)
    assert [sorted(around.runs) for around in (carousel.near, carousel.days, carousel.all)] == [[1], [1, 2], [1, 2, 3]]
    turns = [carousel.next() for _ in range(70)]
    assert [turns.count(around) for around in (carousel.near, carousel.days, carousel.all)] == [40, 20, 10]
    assert max(sum(around is carousel.near for around in turns[at : at + 7]) for at in range(60)) == 4
    assert carousel.look(records, Instant(NOON + 86_400))
    assert [sorted(around.runs) for around in (carousel.near, carousel.days)] == [[2], [2]]
    assert carousel.look(records, None)
    assert {carousel.next() for _ in range(7)} == {carousel.all}


def test_every_call_comes_round_in_each_of_its_rounds() -> None:
    """Nothing is passed over: a pass of a round has each of its calls once."""
    sending = Sending()
    sending.read(whole(*(rows(number, number * 60) for number in range(150))))
    sending.drain()
    passes = sending.schedule._carousel.all.passes
    seen: set[int] = set()
    while sending.schedule._carousel.all.passes < passes + 2:
        seen.update(runs_of(sending.send()))
    assert seen == set(range(150))


def test_shares_are_read_and_what_is_not_possible_is_said() -> None:
    """Each fault with what is allowed."""
    faults = Faults()
    assert Shares.from_table(Table({}, "gateway.toml", faults, "carousel")) == Shares()
    read = Shares.from_table(Table({"near": 9, "storm": 4, "days_ahead": 7}, "gateway.toml", faults, "carousel"))
    assert read == Shares(near=9, storm=4, days_ahead=7)
    assert not len(faults)
    Shares.from_table(Table({"near": 0, "storm": 1, "far": 2}, "gateway.toml", faults, "carousel"))
    assert sorted(fault.place for fault in faults) == ["carousel.far", "carousel.near", "carousel.storm"]


def test_the_state_goes_out_each_second_and_at_once_when_it_changes() -> None:
    """Losing the database is told in the next telegram."""
    sending = Sending()
    sending.read(whole(*(rows(number, number) for number in range(100))))
    sending.drain()
    sending.send()
    sending.schedule.database(DatabaseState.GONE, 3.0)
    outgoing = sending.send()
    assert outgoing.content == GatewayState(database=DatabaseState.GONE, database_time=NOON, read_age=3)
    begun = sending.now
    states = 0
    while sending.now < begun + 10:
        states += isinstance(sending.send().content, GatewayState)
    assert 8 <= states <= 11


def test_a_telegram_that_never_left_is_not_counted() -> None:
    """If the port fails in the middle, the change is still to come."""
    sending = Sending()
    sending.read(whole(rows(1)))
    sending.send()
    before = sending.schedule.backlog
    sending.schedule.next_telegram(sending.now)
    assert sending.schedule.backlog == before
    sequence = sending.schedule.sequence
    sending.drain()
    assert sending.ledger.complete
    assert sending.schedule.sequence > sequence + 1


def test_a_change_during_transmission_is_sent_again() -> None:
    """What was on its way when the row changed once more does not count for the newer state."""
    sending = Sending()
    sending.read(whole(rows(1)))
    outgoing = sending.schedule.next_telegram(sending.now)
    while not runs_of(outgoing):
        sending.schedule.sent(outgoing, sending.now)
        outgoing = sending.schedule.next_telegram(sending.now)
    sending.read(part(rows(1, track="9")))
    sending.schedule.sent(outgoing, sending.now)
    sending.drain()
    assert sending.ledger.complete
    assert sending.mirror.calls[1].track == "9"


def test_what_vanished_is_told_and_comes_round() -> None:
    """Tombstones are transmitted at once and again in the carousel, so that one lost is not one missed."""
    sending = Sending()
    sending.read(whole(*(rows(number, number) for number in range(40))))
    sending.drain()
    sending.read(whole(*(rows(number, number) for number in range(1, 40))))
    assert any(isinstance(outgoing.content, Tombstones) for outgoing in sending.drain())
    assert sending.ledger.complete
    assert sending.ledger.calls == 39
    assert any(isinstance(sending.send().content, Tombstones) for _ in range(300))


def test_a_used_up_sequence_begins_a_new_epoch() -> None:
    """After telegram 2^32 − 1 comes telegram 1 of the next epoch."""
    sending = Sending()
    sending.schedule._header = Header(station="QHD", gateway=1, epoch=1, sequence=2**32 - 1)
    sending.read(whole(rows(1)))
    sending.send()
    assert (sending.ledger.epoch, sending.ledger.sequence) == (1, 2**32 - 1)
    outgoing = sending.send()
    assert (sending.ledger.epoch, outgoing.sequence) == (2, 1)
    for _ in range(60):
        sending.send()
    assert sending.ledger.complete


def test_the_far_end_agrees_in_the_end_whatever_is_lost() -> None:
    """Any share of telegrams may be lost: once changes stop, carousel and manifests make the far end whole."""
    dice = random.Random(5)
    for lost in (0.1, 0.5, 0.8):
        sending = Sending(rate=11520)
        present = {number: rows(number, number) for number in range(60)}
        sending.read(whole(*present.values()))
        for _ in range(400):
            if dice.random() < 0.1:
                number = dice.randrange(80)
                if number in present and dice.random() < 0.3:
                    del present[number]
                else:
                    present[number] = rows(number, number + dice.randrange(3), track=str(dice.randrange(14)))
                sending.read(whole(*present.values()))
            sending.send(lost=dice.random() < lost)
        while not sending.ledger.complete:
            sending.send(lost=dice.random() < lost)
            assert sending.now < 600
        held = {run: held.record for run, held in sending.ledger._held.items()}
        assert held == sending.mirror.calls
