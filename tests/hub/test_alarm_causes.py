"""What has one cause is one alarm with its parts: cables, subsystems, feeds, boards; and every alarm has words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from stationmaster.hub.alarms.book import AlarmBook
from stationmaster.hub.alarms.causes import Causes
from stationmaster.hub.alarms.record import Acknowledgement, AlarmState, key_of
from stationmaster.hub.alarms.sign import Severity, Sign
from stationmaster.hub.alarms.supplies import SupplyWatch
from stationmaster.hub.alarms.words import CODES, code_of, words_of
from stationmaster.station.wiring import Supply
from stationmaster_base.times import Instant
from stationmaster_protocol.equipment import Condition, Device
from support.effort import EFFORT

HUB = Path(__file__).parents[2] / "platform" / "stationmaster" / "hub"


def device(name: str, identity: str = "rack", targets: tuple[str, ...] = ()) -> Device:
    return Device(id=name, identity=identity, kind="board", condition=Condition.OK, since=Instant(1), targets=targets)


def lost(each: Device, severity: Severity = Severity.ALARM) -> Sign:
    """That a device does not answer."""
    subject = f"{each.identity}/{each.id}"
    return Sign(
        id=f"device-absent/{subject}",
        severity=severity,
        zh=f"{each.id} 无应答",
        en=f"{each.id} does not answer",
        told_by=each.identity or "",
        subject=subject,
        targets=each.targets,
    )


def hubs_own(name: str, severity: Severity = Severity.ALARM) -> Sign:
    return Sign(id=name, severity=severity, zh=name, en=name)


class Station:
    """Forty boards of one subsystem, twenty behind each of two cables that share a switch; and what is wrong."""

    def __init__(self, *wiring: Supply) -> None:
        self.seconds = 0.0
        self.devices = [device(f"west-{number}") for number in range(20)]
        self.devices += [device(f"east-{number}") for number in range(20)]
        self.wrong: dict[str, Sign] = {}
        self.away: set[str] = set()
        self.book = AlarmBook(lambda: 1000.0 + self.seconds, lambda: self.seconds)
        self.book.watch(lambda: [sign for sign in self.wrong.values() if sign.told_by not in self.away])
        supplies = SupplyWatch(
            wiring=lambda: wiring,
            devices=lambda: self.devices,
            things=lambda: len(self.devices),
            seconds=lambda: self.seconds,
        )
        self.book.join(lambda identity: identity not in self.away, Causes(supplies))

    def fail(self, *signs: Sign) -> None:
        self.wrong.update((f"{sign.identity}/{sign.id}", sign) for sign in signs)

    def mend(self, *signs: Sign) -> None:
        for sign in signs:
            del self.wrong[f"{sign.identity}/{sign.id}"]

    def look(self, seconds: int = 5) -> dict[str, int]:
        """What is open after so many looks, with how many parts."""
        for _ in range(seconds):
            self.seconds += 1
            self.book.look()
        return {alarm.id: alarm.parts for alarm in self.book.alarms()}

    def boards(self, side: str) -> list[Sign]:
        return [lost(each) for each in self.devices if each.id.startswith(side)]


NAMES = (("zh", "西侧"), ("en", "west side"))
SWITCH = Supply(id="switch", kind="switch", names=NAMES)
WEST = Supply(id="west", kind="cable", names=NAMES, devices=("rack/west-*",), behind="switch")
EAST = Supply(id="east", kind="cable", names=NAMES, devices=("rack/east-*",), behind="switch")


def test_a_cable_is_pulled_and_that_is_one_alarm() -> None:
    """One with twenty parts, not twenty; it says how many of how many, and is acknowledged as one."""
    station = Station(SWITCH, WEST, EAST)
    station.fail(*station.boards("west"))
    assert station.look() == {"supply-lost/west": 20}
    (alarm,) = station.book.alarms()
    assert alarm.en == "Cable west side: 20 of 20 devices behind it fail together"
    assert alarm.zh == "线缆 西侧: 其下 20 台设备中 20 台同时故障"
    record = station.book.record(alarm.key)
    assert record is not None
    assert station.book.raised_within(600) == 1
    assert {part.part_of for part in station.book.parts(alarm.key)} == {record.number}
    assert {station.book.state(part) for part in station.book.parts(alarm.key)} == {AlarmState.UNACKNOWLEDGED}


def test_forty_parts_and_no_topology_are_one_alarm_too() -> None:
    """Devices of one subsystem share that: forty that fail together are one alarm with forty parts."""
    station = Station()
    station.fail(*station.boards("west"), *station.boards("east"))
    assert station.look() == {"supply-lost/subsystem.rack": 40}


def test_the_smallest_that_explains_it_all_is_the_cause() -> None:
    """Both cables at once are their switch; one of them and then the other within a minute as well."""
    station = Station(SWITCH, WEST, EAST)
    station.fail(*station.boards("west"))
    assert station.look() == {"supply-lost/west": 20}
    station.fail(*station.boards("east"))
    assert station.look(12) == {"supply-lost/switch": 40}


def test_what_fails_one_by_one_is_not_one_cause() -> None:
    """Lamps that go over days have nothing to do with each other; neither have few of many."""
    station = Station(SWITCH, WEST, EAST)
    west = station.boards("west")
    for number, sign in enumerate(west):
        station.fail(sign)
        station.look(61)
        assert len(station.book.alarms()) == number + 1
    assert not any(alarm.id.startswith("supply-lost") for alarm in station.book.alarms())
    few = Station(SWITCH, WEST, EAST)
    few.fail(*few.boards("east")[:5])
    assert len(few.look()) == 5


def test_when_the_cable_is_in_again_nothing_is_news() -> None:
    """All at once its parts are well, and until that has lasted they stay below their cause; then all is over."""
    station = Station(WEST)
    west = station.boards("west")
    station.fail(*west)
    station.look()
    station.mend(*west)
    for _ in range(4):
        assert set(station.look(1)) == {"supply-lost/west"}
    assert station.look(2) == {}
    assert [record.sign.id for record in station.book.returned()] == ["supply-lost/west"]


def test_devices_that_come_back_one_by_one_are_not_so_many_new_alarms() -> None:
    """The cause stands while they come back; what is still dead a minute later stands for itself, and is new."""
    station = Station(WEST)
    west = station.boards("west")
    station.fail(*west)
    station.look()
    key = station.book.alarms()[0].key
    record = station.book.record(key)
    assert record is not None
    for sign in west[1:]:
        station.mend(sign)
        assert set(station.look(2)) == {"supply-lost/west"}
    assert set(station.look(70)) == {west[0].id}
    station.mend(west[0])
    assert station.look(10) == {}


def test_a_new_part_of_what_somebody_knows_of_is_known_too() -> None:
    """It has the same cause; and only what stands without its head is to be acknowledged for itself."""
    station = Station(WEST)
    west = station.boards("west")
    station.fail(*west[:15])
    station.look()
    head = station.book.record(station.book.alarms()[0].key)
    assert head is not None
    station.book.acknowledged(replace(head, acknowledged=Acknowledgement(by="li", at=Instant(1))))
    station.fail(*west[15:])
    assert station.look() == {"supply-lost/west": 20}
    assert {station.book.state(part) for part in station.book.parts(head.key)} == {AlarmState.ACKNOWLEDGED}


def test_an_absent_subsystem_hides_its_own() -> None:
    """What it said is suppressed, and stands below the alarm that it is away; it is not over, and not new later."""
    station = Station()
    told = replace(hubs_own("hot"), identity="rack", told_by="rack")
    station.fail(told, *station.boards("west")[:2])
    assert len(station.look()) == 3
    station.away.add("rack")
    station.fail(hubs_own("subsystem-absent/rack"))
    assert station.look(10) == {"subsystem-absent/rack": 3}
    station.away.clear()
    station.mend(hubs_own("subsystem-absent/rack"))
    assert set(station.look(10)) == {"hot", *(sign.id for sign in station.boards("west")[:2])}


def test_subsystems_behind_one_switch_are_one_alarm() -> None:
    """Those that the station says hang on it; one alone is itself."""
    switch = Supply(id="switch", kind="switch", names=NAMES, subsystems=("rack", "query"))
    station = Station(switch)
    station.devices.clear()
    away = [replace(hubs_own(f"subsystem-absent/{name}"), subject=name) for name in ("rack", "query")]
    station.fail(away[0])
    assert station.look() == {"subsystem-absent/rack": 0}
    station.fail(away[1])
    assert station.look() == {"supply-lost/switch": 2}


def test_boards_zones_and_feeds_stand_below_what_they_suffer_from() -> None:
    """A board that differs below its dead device, a silent zone too; lines below the feed; never below a lesser one."""
    station = Station()
    screen = device("screen", targets=("hall", "zone-a"))
    station.devices.append(screen)
    zone = replace(hubs_own("zone/zone-a"), identity="rack", told_by="rack")
    station.fail(
        lost(screen),
        hubs_own("board-differs/hall"),
        zone,
        hubs_own("feed-lost"),
        hubs_own("line-silent/A"),
        hubs_own("line-closed/B"),
        hubs_own("clock-holdover", Severity.WARNING),
        hubs_own("clock-source/gps", Severity.WARNING),
        hubs_own("line-keys/A"),
    )
    assert station.look() == {
        lost(screen).id: 2,
        "feed-lost": 2,
        "clock-holdover": 1,
        "line-keys/A": 0,
    }
    lesser = Station()
    lesser.devices.append(screen)
    lesser.fail(lost(screen, Severity.WARNING), hubs_own("board-differs/hall"))
    assert len(lesser.look()) == 2


def test_what_a_subsystem_says_comes_from_another_is_its_part() -> None:
    """Along a whole chain; causes that lead round, or nowhere, part nothing."""
    station = Station()

    def told(name: str, cause: str) -> Sign:
        return replace(hubs_own(name), identity="rack", told_by="rack", cause=cause)

    station.fail(told("a", "b"), told("b", "c"), told("c", "power"))
    assert station.look() == {"c": 2}
    station.fail(told("c", "a"))
    assert station.look() == {"a": 0, "b": 0, "c": 0}


PARTS = st.lists(st.integers(0, 39), max_size=60)


@given(st.lists(st.tuples(PARTS, st.integers(1, 70)), max_size=8))
@settings(max_examples=20 * EFFORT, deadline=None)
def test_whatever_fails_everything_is_told_once(steps: list[tuple[list[int], int]]) -> None:
    """Each standing alarm is open, or a part of one that is; no head is a part; the parts' numbers are their head's."""
    station = Station(SWITCH, WEST, EAST)
    for toggled, seconds in steps:
        for number in toggled:
            sign = lost(station.devices[number])
            if sign in station.wrong.values():
                station.mend(sign)
            else:
                station.fail(sign)
        station.look(seconds)
        book = station.book
        heads = {record.key: book.head(record.key) for record in book.standing()}
        for key, head in heads.items():
            record = book.record(key)
            assert record is not None
            if head is None:
                assert record.part_of is None
                continue
            assert heads[head] is None
            above = book.record(head)
            assert above is not None
            assert record.part_of == above.number
        assert {alarm.key for alarm in book.alarms()} == {key for key, head in heads.items() if head is None}
        assert sum(1 + alarm.parts for alarm in book.alarms()) == len(heads)


def ids_of_signs() -> Iterator[str]:
    """The beginnings of the ids of every sign that the hub's modules make."""
    for file in sorted(HUB.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in ("Sign", "_sign"):
                continue
            given = [keyword.value for keyword in node.keywords if keyword.arg == "id"] or node.args[:1]
            for value in given:
                first = value.values[0] if isinstance(value, ast.JoinedStr) else value
                if isinstance(first, ast.Constant):
                    yield str(first.value)


def test_every_alarm_has_words_in_both_languages() -> None:
    """Its code has a name and says what to do; no code is in the table that nobody uses, but for subsystems' own."""
    used = {name.partition("/")[0].rstrip("-") for name in ids_of_signs()}
    used = {code for code in used if code} - {"device"} | {"device-faulty", "device-absent"}
    assert used - CODES.keys() == set()
    assert len(used) > 30
    subsystems = "".join(
        path.read_text("utf-8") for path in sorted((HUB.parents[2] / "subsystems").rglob("*.py")) if path.is_file()
    )
    for code, words in CODES.items():
        assert all((words.zh, words.en, words.do_zh, words.do_en)), code
        assert re.search("[\u4e00-\u9fff]", words.zh + words.do_zh)
        assert not re.search("[\u4e00-\u9fff]", words.en + words.do_en)
        assert code in used or code in ("told", "supply-lost") or f'"{code}' in subsystems, code


def test_codes_are_the_first_part_of_an_id() -> None:
    """What a subsystem says and nobody knows is told as it is, and the hub's own is never taken for that."""
    assert code_of("device-faulty/rack/a", "") == "device-faulty"
    assert code_of("panel/hall", "guidance") == "panel"
    assert code_of("acme.degauss/7", "rack") == "told"
    assert code_of("unheard-of", "") == "unheard-of"
    assert words_of("unheard-of").en == "unheard-of"
    assert key_of("a", "b/c") != key_of("a/b", "c")
