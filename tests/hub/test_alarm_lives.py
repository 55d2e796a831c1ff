"""Lives of alarms: raised, acknowledged, shelved, chattering, over, back again, and over a restart, in any order."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import create_engine

from stationmaster.hub.alarms.book import MOST_RETURNED, AlarmBook
from stationmaster.hub.alarms.desk import AlarmDesk
from stationmaster.hub.alarms.raising import MOST_RAISED
from stationmaster.hub.alarms.record import GRAVE_MINUTES, LONGEST_MINUTES, AlarmState, Record, key_of
from stationmaster.hub.alarms.rows import HistoryFilter, Written, cut, read_history, read_kept, write
from stationmaster.hub.alarms.sign import Severity, Sign
from stationmaster.hub.storage.schema import METADATA
from stationmaster_base.errors import StationError
from stationmaster_base.times import MINUTE, Instant
from support.effort import EFFORT

GRAVE = Sign(id="grave", severity=Severity.ALARM, zh="重", en="Grave")
LIGHT = Sign(id="light", severity=Severity.WARNING, zh="轻", en="Light")
TOLD = Sign(id="told", severity=Severity.ALARM, zh="报", en="Told", identity="rack", after_s=0.0, told_by="rack")
SIGNS = (GRAVE, LIGHT, TOLD)


class Life:
    """A hub's alarms with their database, which can be started anew; time is what it is told."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.station = 1_000_000.0
        self.signs: dict[str, Sign] = {}
        self.rack = True
        self.engine = create_engine("sqlite://")
        METADATA.create_all(self.engine)
        self.begin()

    def begin(self) -> None:
        """The hub is started, on what its database has."""
        self.book = AlarmBook(lambda: self.station, lambda: self.seconds)
        self.book.watch(lambda: [sign for sign in self.signs.values() if self.rack or not sign.told_by])
        self.book.join(lambda identity: not identity or self.rack, Loose())
        self.desk = AlarmDesk(self.book, lambda: self.station)
        with self.engine.begin() as connection:
            kept = read_kept(connection)
        self.book.restore(kept.records, kept.shelves, kept.number)

    def look(self, seconds: int = 1) -> None:
        """Look once a second for so long, and write what is different."""
        for _ in range(seconds):
            self.seconds += 1
            self.station += 1
            self.book.look()
        self.write()

    def write(self) -> None:
        records, shelves = self.book.take_changes()
        with self.engine.begin() as connection:
            write(connection, Written(records=records, shelves=shelves, conditions={}))

    def show(self, *signs: Sign, seconds: int = 5) -> None:
        """These signs are there, and no others, for so long."""
        self.signs = {sign.id: sign for sign in signs}
        self.look(seconds)

    def state(self, sign: Sign) -> AlarmState | None:
        record = self.book.record(key(sign))
        return None if record is None else self.book.state(record)

    def number(self, sign: Sign) -> int:
        record = self.book.record(key(sign))
        assert record is not None
        return record.number

    def past(self) -> list[Record]:
        with self.engine.begin() as connection:
            return read_history(connection, HistoryFilter(), 5000)


class Loose:
    """No alarm has anything to do with another."""

    def signs(self, _seen: object) -> list[Sign]:
        return []

    def heads(self, _standing: object) -> dict[str, str]:
        return {}


def key(sign: Sign) -> str:
    return key_of(sign.identity, sign.id)


def test_an_acknowledged_alarm_that_comes_back_is_new_again() -> None:
    """It is another standing with another number; the history has both, and who knew of the first and why."""
    life = Life()
    life.show(GRAVE)
    first = life.number(GRAVE)
    life.desk.acknowledge(key(GRAVE), first, "li", "Electrician called")
    assert life.state(GRAVE) is AlarmState.ACKNOWLEDGED
    life.show(seconds=10)
    assert life.state(GRAVE) is None
    life.show(GRAVE)
    assert life.state(GRAVE) is AlarmState.UNACKNOWLEDGED
    with pytest.raises(StationError, match="come again") as raised:
        life.desk.acknowledge(key(GRAVE), first, "li")
    assert raised.value.code == "alarm-changed"
    again, before = life.past()
    assert (again.number, again.ended, again.acknowledged) == (first + 1, None, None)
    assert before.ended is not None
    assert before.acknowledged is not None
    assert (before.acknowledged.by, before.acknowledged.why) == ("li", "Electrician called")


def test_a_grave_one_that_nobody_saw_waits_to_be_seen() -> None:
    """It stands among those that are over until somebody acknowledges it, over a restart too; a warning does not."""
    life = Life()
    life.show(GRAVE, LIGHT)
    life.show(seconds=10)
    assert [record.sign.id for record in life.book.returned()] == ["grave"]
    life.begin()
    assert life.state(GRAVE) is AlarmState.RETURNED
    life.desk.acknowledge(key(GRAVE), None, "li")
    life.write()
    life.begin()
    assert (life.state(GRAVE), life.book.returned()) == (None, [])


def test_those_that_wait_to_be_seen_are_bounded() -> None:
    """The oldest is dropped first; the history still has it."""
    life = Life()
    many = [replace(GRAVE, id=f"grave/{number}") for number in range(MOST_RETURNED + 5)]
    life.show(*many)
    life.show(seconds=10)
    assert len(life.book.returned()) == MOST_RETURNED
    assert len(life.past()) == MOST_RETURNED + 5


def test_one_that_chatters_is_held_and_counted() -> None:
    """Three comings within a minute are one alarm that stands until it has been quiet for a minute."""
    life = Life()
    for _ in range(3):
        life.show(TOLD, seconds=2)
        life.show(seconds=7)
    assert life.state(TOLD) is AlarmState.UNACKNOWLEDGED
    number = life.number(TOLD)
    life.desk.acknowledge(key(TOLD), number, "li")
    for _ in range(4):
        life.show(TOLD, seconds=2)
        life.show(seconds=20)
    record = life.book.record(key(TOLD))
    assert record is not None
    assert (record.number, record.times, life.state(TOLD)) == (number, 5, AlarmState.ACKNOWLEDGED)
    life.show(seconds=61)
    assert life.state(TOLD) is None


def test_what_becomes_grave_has_to_be_acknowledged_anew() -> None:
    """A warning that somebody knew of is news when passengers are concerned."""
    life = Life()
    life.show(LIGHT)
    life.desk.acknowledge(key(LIGHT), None, "li")
    life.show(replace(LIGHT, en="Lighter still"))
    assert life.state(LIGHT) is AlarmState.ACKNOWLEDGED
    life.show(replace(LIGHT, severity=Severity.ALARM))
    assert life.state(LIGHT) is AlarmState.UNACKNOWLEDGED


def test_what_becomes_grave_is_put_aside_no_longer() -> None:
    """Who shelved a warning for the shift meant no alarm: neither one that it becomes nor one that comes anew."""
    life = Life()
    life.show(LIGHT)
    life.desk.shelve(key(LIGHT), LONGEST_MINUTES, "susan", "Works")
    life.show(replace(LIGHT, severity=Severity.ALARM))
    assert (life.state(LIGHT), life.book.shelves()) == (AlarmState.UNACKNOWLEDGED, [])
    life.show(LIGHT)
    life.desk.shelve(key(LIGHT), LONGEST_MINUTES, "susan", "Works")
    life.show(seconds=10)
    life.show(replace(LIGHT, severity=Severity.ALARM))
    assert life.state(LIGHT) is AlarmState.SHELVED
    life.station += GRAVE_MINUTES * MINUTE
    life.look()
    assert (life.state(LIGHT), life.book.shelves()) == (AlarmState.UNACKNOWLEDGED, [])


def test_what_nobody_can_tell_is_suppressed_and_goes_on() -> None:
    """While its subsystem is away it is not open and not over; back again, it is the same alarm, acknowledged."""
    life = Life()
    life.show(TOLD)
    life.desk.acknowledge(key(TOLD), None, "li")
    number = life.number(TOLD)
    life.rack = False
    life.look(600)
    assert (life.state(TOLD), life.book.alarms()) == (AlarmState.SUPPRESSED, ())
    life.begin()
    life.look(600)
    assert life.state(TOLD) is AlarmState.SUPPRESSED
    life.rack = True
    life.look()
    assert (life.state(TOLD), life.number(TOLD)) == (AlarmState.ACKNOWLEDGED, number)
    life.rack = False
    life.look(10)
    life.signs.clear()
    life.rack = True
    life.look(10)
    assert life.state(TOLD) is None


def test_what_is_shelved_comes_back_by_itself_and_is_new() -> None:
    """For a limited time and never longer than is allowed; it stays so over a restart, and while it is over."""
    life = Life()
    life.show(GRAVE, LIGHT)
    life.desk.acknowledge(key(LIGHT), None, "li")
    for sign, most in ((GRAVE, GRAVE_MINUTES), (LIGHT, LONGEST_MINUTES)):
        with pytest.raises(StationError, match="at most") as raised:
            life.desk.shelve(key(sign), most + 1, "susan", "Works")
        assert raised.value.code == "shelved-too-long"
        life.desk.shelve(key(sign), most, "susan", "Works")
    assert life.book.alarms() == ()
    life.write()
    life.begin()
    assert [life.state(sign) for sign in (GRAVE, LIGHT)] == [AlarmState.SHELVED] * 2
    life.station += GRAVE_MINUTES * MINUTE
    life.look()
    assert [life.state(sign) for sign in (GRAVE, LIGHT)] == [AlarmState.UNACKNOWLEDGED, AlarmState.SHELVED]
    life.show(seconds=10)
    life.show(LIGHT)
    assert life.state(LIGHT) is AlarmState.SHELVED
    life.desk.unshelve(key(LIGHT), "susan")
    assert life.state(LIGHT) is AlarmState.UNACKNOWLEDGED
    with pytest.raises(StationError, match="is shelved") as raised:
        life.desk.unshelve(key(LIGHT), "susan")
    assert raised.value.code == "not-shelved"


def test_a_subsystem_that_has_gone_wild_is_bounded() -> None:
    """New alarms all the time fill neither the list nor the history; it is said, and others are none the worse."""
    life = Life()
    for number in range(4):
        life.show(*(replace(TOLD, id=f"hot/{number}/{each}") for each in range(MOST_RAISED // 2)), seconds=2)
    life.look(5)
    assert len([record for record in life.past() if record.sign.identity]) == MOST_RAISED
    assert "alarms-too-many/rack" in {record.sign.id for record in life.book.standing()}
    life.show(GRAVE)
    assert life.state(GRAVE) is AlarmState.UNACKNOWLEDGED
    life.seconds += 400
    life.show(TOLD, seconds=10)
    assert life.state(TOLD) is AlarmState.UNACKNOWLEDGED
    assert "alarms-too-many/rack" not in {record.sign.id for record in life.book.standing()}


def test_old_standings_are_cut_and_those_that_stand_are_not() -> None:
    """What was over before a time goes, a bounded number at once."""
    life = Life()
    life.show(LIGHT, TOLD)
    life.show(TOLD, seconds=10)
    with life.engine.begin() as connection:
        assert cut(connection, Instant(int(life.station) + 1), 100) == 1
    assert [record.sign.id for record in life.past()] == ["told"]


class Lives(RuleBasedStateMachine):
    """Whatever happens, what the book has, what the database has and what people did agree."""

    def __init__(self) -> None:
        super().__init__()
        self.life = Life()
        self.known: dict[int, str] = {}
        """By number, who acknowledged a standing last."""

    @rule(sign=st.sampled_from(SIGNS), grave=st.booleans())
    def comes(self, sign: Sign, grave: bool) -> None:
        severity = Severity.ALARM if grave else Severity.WARNING
        self.life.signs[sign.id] = replace(sign, severity=severity)

    @rule(sign=st.sampled_from(SIGNS))
    def goes(self, sign: Sign) -> None:
        self.life.signs.pop(sign.id, None)

    @rule(seconds=st.sampled_from((1, 2, 4, 7, 65)))
    def time_goes_by(self, seconds: int) -> None:
        self.life.look(seconds)

    @rule(minutes=st.sampled_from((1, 30, 90, 800)))
    def station_time_goes_by(self, minutes: int) -> None:
        self.life.station += minutes * MINUTE
        self.life.look()

    @rule()
    def cable(self) -> None:
        self.life.rack = not self.life.rack

    @rule(sign=st.sampled_from(SIGNS), by=st.sampled_from(("li", "susan")))
    def acknowledges(self, sign: Sign, by: str) -> None:
        before = self.life.book.record(key(sign))
        if before is None:
            return
        after = self.life.desk.acknowledge(key(sign), before.number, by)
        assert after.acknowledged is not None
        assert before.acknowledged in (None, after.acknowledged)
        self.known[before.number] = after.acknowledged.by

    @rule(sign=st.sampled_from(SIGNS), minutes=st.sampled_from((1, 60, 61, 720)))
    def shelves(self, sign: Sign, minutes: int) -> None:
        record = self.life.book.record(key(sign))
        if record is None:
            return
        allowed = GRAVE_MINUTES if record.is_grave else LONGEST_MINUTES
        if minutes <= allowed:
            self.life.desk.shelve(key(sign), minutes, "susan", "Works")
        else:
            with pytest.raises(StationError):
                self.life.desk.shelve(key(sign), minutes, "susan", "Works")

    @rule()
    def restarts(self) -> None:
        self.life.write()
        before = self.told()
        self.life.begin()
        assert self.told() == before

    def told(self) -> object:
        """Everything that people see of alarms, but for whether one is suppressed, which only a look tells."""
        book = self.life.book
        standing = {record.number: (record.key, record.acknowledged, record.times) for record in book.standing()}
        returned = [record.number for record in book.returned()]
        return standing, returned, book.shelves()

    @invariant()
    def what_stands_stands_once(self) -> None:
        book = self.life.book
        keys = [record.key for record in book.standing()]
        assert len(keys) == len(set(keys))
        assert not set(keys) & {record.key for record in book.returned()}
        for shelf in book.shelves():
            assert shelf.until - shelf.at <= LONGEST_MINUTES * MINUTE
            record = book.record(shelf.key)
            if record is not None and record.ended is None and record.is_grave:
                assert self.life.station < shelf.at + GRAVE_MINUTES * MINUTE

    @invariant()
    def who_knew_is_not_forgotten_and_nobody_is_made_up(self) -> None:
        for record in self.life.book.standing():
            if record.acknowledged is not None:
                assert self.known[record.number] == record.acknowledged.by

    @invariant()
    def the_database_has_what_the_book_has(self) -> None:
        life = self.life
        life.write()
        with life.engine.begin() as connection:
            kept = read_kept(connection)
        waits = {record.number for record in (*life.book.standing(), *life.book.returned())}
        assert {record.number for record in kept.records} == waits
        assert sorted(kept.shelves, key=lambda shelf: shelf.key) == sorted(life.book.shelves(), key=lambda s: s.key)
        for record in life.past():
            assert (record.ended is None) == (record.number in {each.number for each in life.book.standing()})

    def teardown(self) -> None:
        self.life.engine.dispose()


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=12 * EFFORT, stateful_step_count=25, deadline=None)
