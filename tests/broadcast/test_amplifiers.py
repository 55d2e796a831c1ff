"""Racks of amplifiers: their protocol against a rack written from its description, and what a link makes of silence."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock

from stationmaster_base.configuration import Faults, Table
from stationmaster_base.errors import StationError
from stationmaster_broadcast.loudspeakers import amplifiers
from stationmaster_broadcast.loudspeakers.amplifier_line import LineAmplifier
from stationmaster_broadcast.loudspeakers.amplifier_link import AmplifierLink
from stationmaster_broadcast.loudspeakers.amplifier_settings import read_amplifiers, read_routes
from stationmaster_broadcast.loudspeakers.amplifiers import (
    Connection,
    Stirred,
    UnitState,
    amplifier_factory,
    amplifier_names,
)
from stationmaster_simulator.amplifier_rack import AmplifierRack
from support.fake_racks import PipedRack


def made(line: int, channel: int, source: int) -> Connection:
    return Connection(line=line, channel=channel, input=source)


numbers = st.integers(1, 4)
connections = st.dictionaries(numbers, st.tuples(numbers, numbers)).map(
    lambda found: frozenset(made(line, *where) for line, where in found.items())
)


def possible(wanted: frozenset[Connection]) -> bool:
    """A channel has one input."""
    return len({each.channel for each in wanted}) == len({(each.channel, each.input) for each in wanted})


def state_of(rack: AmplifierRack) -> UnitState:
    """What the driver reads of it."""
    [state] = LineAmplifier().receive(rack.receive(b"STATE\r\n"))
    assert isinstance(state, UnitState)
    return state


@given(connections.filter(possible), connections.filter(possible))
def test_a_rack_is_brought_from_any_state_to_any_other(
    before: frozenset[Connection], after: frozenset[Connection]
) -> None:
    """And the driver reads there what it wanted; what is right already is left alone."""
    rack, driver = AmplifierRack(), LineAmplifier()
    rack.receive(driver.change(frozenset(), before))
    assert state_of(rack).connections == before
    rack.commands.clear()
    rack.receive(driver.change(before, after))
    assert state_of(rack).connections == after
    assert len(rack.commands) == len(before - after) + len(after - before)


def test_faults_are_read_with_their_words() -> None:
    """Of the unit, of channels, of lines; a line may be faulty and connected."""
    rack = AmplifierRack(channels=2, lines=2, unit_fault="mains")
    rack.receive(b"CONNECT 1 2 1\r\n")
    rack.fault(channel=2)
    rack.fault(line=1, why="earth")
    assert state_of(rack) == UnitState(
        connections=frozenset({made(1, 2, 1)}), channels=((2, "overtemperature"),), lines=((1, "earth"),), unit="mains"
    )


@given(st.lists(st.integers(0, 300)))
def test_a_state_may_come_in_any_pieces(cuts: list[int]) -> None:
    """Byte by byte, or several at once."""
    data = AmplifierRack().receive(b"STATE\r\nSTATE\r\n") + b"CHANGED\r\n"
    driver = LineAmplifier()
    found: list[Any] = []
    at = 0
    for cut in [*sorted(cuts), len(data)]:
        found += driver.receive(data[at:cut])
        at = max(at, cut)
    assert found == [UnitState(), UnitState(), Stirred()]


@given(st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([b"STATE\r\n", b"END\r\n", b"CHANNEL 1 FAULT\r\n"]))))
def test_noise_is_passed_over(pieces: list[bytes]) -> None:
    """Nothing is raised, and a whole state afterwards is read."""
    driver = LineAmplifier()
    for piece in pieces:
        driver.receive(piece)
    driver.receive(b"\r\n")
    found = [each for each in driver.receive(AmplifierRack().receive(b"STATE\r\n")) if isinstance(each, UnitState)]
    assert found[-1:] == [UnitState()]


def test_a_state_with_a_line_that_nobody_knows_is_none() -> None:
    """Half a state would be read as lines that are open."""
    driver = LineAmplifier()
    assert driver.receive(b"STATE\r\nUNIT OK\r\nLINE 1 OK CHANNEL X INPUT 1\r\nEND\r\n") == []
    assert driver.receive(b"x" * 70000) == []
    assert driver.receive(b"\r\nSTATE\r\nEND\r\n") == [UnitState()]


class Desk:
    """A link and a rack at the two ends of a cable."""

    def __init__(self) -> None:
        self.machine = Clock()
        self.rack = AmplifierRack()
        self.port = PipedRack(self.rack, self.machine)
        self.link = AmplifierLink("rack", LineAmplifier(), self.port, self.machine)
        self.told: list[str] = []
        self.link.start(lambda: self.told.append(self.link.problem))

    def advance(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.machine.advance(0.1)


WANTED = (frozenset({made(1, 1, 1), made(2, 2, 1)}), frozenset({1, 2}))


def test_a_rack_is_connected_as_wanted_and_kept_so() -> None:
    """After it was switched off and on, or connected by hand; lines of others are left alone."""
    desk = Desk()
    desk.rack.receive(b"CONNECT 4 4 4\r\n")
    desk.link.want(*WANTED)
    desk.advance(1.2)
    everything = {1: (1, 1), 2: (2, 1), 4: (4, 4)}
    assert desk.rack.connected == everything
    desk.rack.switch_off_and_on()
    desk.rack.receive(b"CONNECT 1 3 1\r\nCONNECT 4 4 4\r\n")
    desk.advance(1.2)
    assert desk.rack.connected == everything
    assert desk.link.problem == ""


def test_a_fault_is_known_at_once_where_the_rack_tells_it_and_within_a_second_where_not() -> None:
    """Both by the same question."""
    desk = Desk()
    desk.advance(1.0)
    desk.rack.fault(channel=2)
    desk.advance(0.1)
    assert desk.link.state is not None
    assert desk.link.state.channels == ((2, "overtemperature"),)
    desk.rack.ways.mute_notices = True
    desk.rack.fault(line=1, why="short")
    desk.advance(1.1)
    assert desk.link.state.lines == ((1, "short"),)


def test_silence_is_a_problem_after_three_seconds() -> None:
    """And what was known of it is known no more; it is over with its next answer."""
    desk = Desk()
    desk.advance(1.5)
    desk.rack.ways.silent = True
    desk.advance(2.5)
    assert desk.link.problem == ""
    desk.advance(1.8)
    assert (desk.link.problem, desk.link.state) == ("it does not answer", None)
    desk.advance(10)
    assert desk.port.renewed == 2
    desk.rack.ways.silent = False
    desk.advance(1.1)
    assert (desk.link.problem, desk.told[-1]) == ("", "")


def test_a_rack_that_says_changed_all_the_time_is_asked_ten_times_a_second_at_most() -> None:
    """It costs neither side more than that."""
    desk = Desk()
    desk.advance(1.5)
    before = desk.port.written
    for _ in range(200):
        desk.machine.advance(0.01)
        desk.rack.fault(channel=1)
    assert 15 <= desk.port.written - before <= 23


def test_a_cable_that_is_pulled_is_a_problem_at_the_next_question() -> None:
    """In the port's words."""
    desk = Desk()
    desk.port.problem = "10.0.0.9:7900: connection refused"
    desk.advance(1.1)
    assert desk.link.problem == "10.0.0.9:7900: connection refused"


def test_a_rack_that_does_not_as_it_is_told_is_a_problem() -> None:
    """It says that it did, and its state says that it did not."""
    desk = Desk()
    desk.rack.ways.deaf = True
    desk.link.want(*WANTED)
    desk.advance(3.0)
    assert desk.link.problem == ""
    desk.advance(2.5)
    assert "does not connect" in desk.link.problem
    desk.rack.ways.deaf = False
    desk.advance(2.2)
    assert desk.link.problem == ""
    desk.link.stop()
    assert not desk.machine.getDelayedCalls()


def test_a_unit_that_says_it_is_faulty_is_a_problem() -> None:
    """Although it answers."""
    desk = Desk()
    desk.rack.unit_fault = "mains"
    desk.advance(1.1)
    assert desk.link.problem == "mains"


def test_a_makers_driver_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """As an entry point; what is not there or cannot be loaded is said."""

    class Point:
        name = "maker"

        def __init__(self, load: Callable[[], object]) -> None:
            self.load = load

    def found(load: Callable[[], object]) -> Callable[..., list[Point]]:
        return lambda group, name="maker": [Point(load)] if (group, name) == (amplifiers.GROUP, "maker") else []

    monkeypatch.setattr("stationmaster_service.drivers.entry_points", found(lambda: LineAmplifier))
    assert amplifier_factory("maker") is LineAmplifier
    assert amplifier_names() == ["line", "maker"]
    with pytest.raises(StationError, match="There is no amplifier driver other"):
        amplifier_factory("other")

    def broken() -> object:
        raise ImportError("no module maker")

    monkeypatch.setattr("stationmaster_service.drivers.entry_points", found(broken))
    with pytest.raises(StationError, match="cannot be loaded: no module maker"):
        amplifier_factory("maker")


def places(faults: Faults) -> list[str]:
    return [fault.place for fault in faults]


def test_settings_of_racks_and_routes_and_all_their_faults(tmp_path: Any) -> None:
    """Everything wrong is said at once, with its place."""
    faults = Faults()
    body = {
        "one": {"address": "10.0.0.1:7900"},
        "two": {"device": "ttyS1", "baud": 19200},
        "three": {"address": "nowhere", "driver": "parrot", "loud": 1},
        "four": {"address": "x:1", "device": "y", "baud": 17},
        "five": {},
    }
    racks = read_amplifiers(Table(body, "f", faults, "amplifiers"), tmp_path)
    assert [(rack.name, rack.place) for rack in racks[:2]] == [
        ("one", "10.0.0.1:7900"),
        ("two", str(tmp_path / "ttyS1")),
    ]
    assert places(faults) == [
        "amplifiers.three.driver",
        "amplifiers.three.address",
        "amplifiers.three.loud",
        "amplifiers.four.address",
        "amplifiers.four.baud",
        "amplifiers.five.address",
    ]
    faults = Faults()
    rows: list[dict[str, Any]] = [
        {"zone": "hall", "amplifier": "one", "input": 1, "channel": 3},
        {"zone": "hall", "amplifier": "two", "input": 1, "channel": 3, "line": 5},
        {"zone": "gate", "amplifier": "one", "input": 2, "channel": 3, "line": 4},
        {"zone": "gate", "amplifier": "six", "input": 0, "channel": 2, "wire": 1},
    ]
    routes = read_routes([Table(row, "f", faults, f"routes[{at}]") for at, row in enumerate(rows, 1)], racks[:2])
    assert [(way.amplifier, way.connection) for way in routes["hall"]] == [
        ("one", made(3, 3, 1)),
        ("two", made(5, 3, 1)),
    ]
    assert places(faults) == ["routes[3].channel", "routes[4].amplifier", "routes[4].input", "routes[4].wire"]
