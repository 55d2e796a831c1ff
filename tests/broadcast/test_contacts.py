"""Drivers of contacts: what they read, and that they say so when they cannot."""

from __future__ import annotations

import errno
import os
import pty
from collections.abc import Callable, Generator
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.selectreactor import SelectReactor
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from stationmaster_base.configuration import Faults, Table
from stationmaster_base.errors import StationError
from stationmaster_broadcast.emergencies import contacts
from stationmaster_broadcast.emergencies.contacts import ContactParts, contact_driver_names, contact_factory
from stationmaster_broadcast.emergencies.modem_contacts import LINES, ModemContacts, ModemLines, modem_contacts
from stationmaster_broadcast.emergencies.text_contacts import TextContacts, read_contacts
from stationmaster_simulator.contact_box import ContactBox


class Ear:
    """Writes down what a driver tells, each thing once in a row; `wanted` fires when it is what a test waits for."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self._waiting: list[tuple[Callable[[Any], bool], Deferred[None]]] = []

    def seen(self, closed: frozenset[str], lines: frozenset[str]) -> None:
        self._tell((sorted(closed), sorted(lines)))

    def lost(self, why: str) -> None:
        self._tell(why)

    def until(self, what: Callable[[Any], bool]) -> Deferred[None]:
        """Fires when something like this is told from now on."""
        found: Deferred[None] = Deferred()
        self._waiting.append((what, found))
        return found

    def _tell(self, what: Any) -> None:
        if not self.told or self.told[-1] != what:
            self.told.append(what)
        for waiting in list(self._waiting):
            if waiting[0](what):
                self._waiting.remove(waiting)
                waiting[1].callback(None)


class FakePort:
    """A port whose lines a test sets; None: it is gone."""

    def __init__(self) -> None:
        self.bits: int | None = 0
        self.closed = 0

    def __call__(self, _path: Path) -> FakePort:
        self.read()
        return self

    def read(self) -> int:
        if self.bits is None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return self.bits

    def close(self) -> None:
        self.closed += 1


def modem(port: FakePort, guard: str = "") -> tuple[ModemContacts, Ear, Clock]:
    """A started driver of this port."""
    ear, clock = Ear(), Clock()
    driver = ModemContacts(Path("/dev/ttyX"), guard, reactor=clock, heard=ear, open_port=port)  # type: ignore[arg-type] # a double
    driver.start()
    return driver, ear, clock


ALL = ["cts", "dcd", "dsr", "ri"]


def test_modem_lines_are_read_forty_times_a_second(tmp_path: Path) -> None:
    """A change is told within 25 ms, and each line by its name."""
    port = FakePort()
    _, ear, clock = modem(port)
    for name, bit in LINES.items():
        port.bits = bit
        clock.advance(0.026)
        assert ear.told[-1] == ([name], ALL)
    port.bits = 0
    clock.advance(0.026)
    assert ear.told[-1] == ([], ALL)


def test_a_port_that_goes_is_told_and_found_again(tmp_path: Path) -> None:
    """An adapter that is pulled out: lost at once, looked for each second, and read when it is back."""
    port = FakePort()
    driver, ear, clock = modem(port)
    port.bits = None
    clock.advance(0.026)
    assert ear.told[-1] == "/dev/ttyX: Input/output error"
    assert port.closed == 1
    clock.advance(5)
    port.bits = LINES["cts"]
    clock.advance(1.1)
    assert ear.told[-1] == (["cts"], ALL)
    driver.stop()
    assert port.closed == 2
    assert clock.getDelayedCalls() == []


def test_a_guard_that_opens_means_that_the_cable_is_off(tmp_path: Path) -> None:
    """Then the other lines say nothing any more: they look open and are not."""
    port = FakePort()
    port.bits = LINES["dsr"] | LINES["cts"]
    _, ear, clock = modem(port, guard="dsr")
    assert ear.told[-1] == (["cts"], ["cts", "dcd", "ri"])
    port.bits = 0
    clock.advance(0.026)
    assert ear.told[-1] == "/dev/ttyX: dsr is open, the cable is off"


def test_a_device_without_modem_lines_is_none(tmp_path: Path) -> None:
    """A pseudo-terminal has none: that is an error and not four open contacts, and no descriptor is left open."""
    near, far = pty.openpty()
    before = len(list(Path("/proc/self/fd").iterdir()))
    try:
        with pytest.raises(OSError, match="ioctl"):
            ModemLines(Path(os.ttyname(far)))
        assert len(list(Path("/proc/self/fd").iterdir())) == before
    finally:
        os.close(near)
        os.close(far)


@given(st.dictionaries(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,20}", fullmatch=True), st.booleans(), max_size=20))
def test_what_a_box_says_is_read_as_it_is_meant(states: dict[str, bool]) -> None:
    """Every set of contacts there and back."""
    words = [f"{name}={'closed' if closed else 'open'}" for name, closed in states.items()]
    line = " ".join(["contacts", *words]).encode("ascii")
    assert read_contacts(line) == (frozenset(name for name in states if states[name]), frozenset(states))


@given(st.binary(max_size=80))
def test_nonsense_is_never_a_contact(line: bytes) -> None:
    """Whatever comes is a line of contacts or nothing."""
    found = read_contacts(line)
    assert found is None or line.startswith(b"contacts")


def test_a_contact_that_is_named_twice_is_nothing() -> None:
    """Open and closed at once: such a box is not believed."""
    assert read_contacts(b"contacts a=open a=closed") is None


def with_box(scenario: Callable[[ContactBox, TextContacts, Ear, Any], Generator[Deferred[Any], Any, None]]) -> Ear:
    """A simulated box on a real port and its driver, in a reactor of their own."""
    reactor: Any = SelectReactor()
    ear = Ear()
    problems: list[Any] = []

    @inlineCallbacks
    def whole() -> Generator[Deferred[Any], Any, None]:
        box = ContactBox(["door", "fire-1"], reactor)
        port = reactor.listenTCP(0, box, interface="127.0.0.1")
        driver = TextContacts("127.0.0.1", port.getHost().port, reactor=reactor, heard=ear)
        driver.start()
        try:
            yield inlineCallbacks(scenario)(box, driver, ear, reactor)
        finally:
            driver.stop()
            yield port.stopListening()

    def begin() -> None:
        limit = reactor.callLater(20, reactor.stop)

        def end(result: Any) -> None:
            problems.append(result)
            limit.cancel()
            reactor.callLater(0, reactor.stop)

        whole().addBoth(end)

    reactor.callWhenRunning(begin)
    reactor.run()
    for selectable in reactor.removeAll():
        selectable.connectionLost(None)
    assert problems, "it took too long"
    if problems[0] is not None:
        problems[0].raiseException()
    return ear


NAMES = ["door", "fire-1"]


def test_a_box_on_a_real_socket_is_heard_dropped_and_heard_again() -> None:
    """Open, closed, dropped, back: each told as it is."""

    def scenario(
        box: ContactBox, _driver: TextContacts, ear: Ear, _reactor: Any
    ) -> Generator[Deferred[Any], Any, None]:
        yield ear.until(lambda told: told == ([], NAMES))
        box.set("fire-1", True)
        yield ear.until(lambda told: told == (["fire-1"], NAMES))
        box.drop()
        yield ear.until(lambda told: isinstance(told, str))
        yield ear.until(lambda told: told == (["fire-1"], NAMES))
        box.say(b"HTTP/1.1 400 Bad Request\r\n")
        yield ear.until(lambda told: isinstance(told, str))

    ear = with_box(scenario)
    assert "it says something else" in ear.told[-1]


class FakeTCP(Clock):
    """A reactor that notes where it shall connect."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[Any] = []

    def connectTCP(  # noqa: N802 - Twisted's name
        self,
        host: str,
        port: int,
        factory: Any,
        timeout: float = 30,
        bindAddress: Any = None,  # noqa: N803 - likewise
    ) -> Any:
        self.made.append((host, port, factory, timeout))
        return self

    def disconnect(self) -> None:
        """What is returned by connectTCP can be told so."""


def test_a_box_that_hangs_is_lost_after_three_seconds() -> None:
    """It is connected, and says no more: told once, left, and connected to again after a second."""
    reactor, ear = FakeTCP(), Ear()
    driver = TextContacts("io-1", 7700, reactor=reactor, heard=ear)  # type: ignore[arg-type] # a double
    driver.start()
    wire = reactor.made[0][2].buildProtocol(None)
    wire.makeConnection(StringTransport())
    wire.dataReceived(b"contacts fire-1=open\r\n")
    reactor.advance(2.9)
    wire.dataReceived(b"contacts fire-1=open\n")
    reactor.advance(2.9)
    assert ear.told == [([], ["fire-1"])]
    reactor.advance(0.2)
    assert ear.told[-1] == "io-1:7700: nothing comes from it"
    assert len(reactor.made) == 1
    reactor.advance(1.0)
    assert len(reactor.made) == 2
    wire.dataReceived(b"contacts fire-1=closed\n")
    assert ear.told[-1] == "io-1:7700: nothing comes from it"
    driver.stop()
    assert reactor.getDelayedCalls() == []


def test_drivers_are_found_by_name_also_a_foreign_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The shipped ones, an entry point's, and words for one that there is not."""
    assert {"modem-lines", "text-lines"} <= set(contact_driver_names())
    with pytest.raises(StationError, match="There is no contact driver telepathy") as unknown:
        contact_factory("telepathy")
    assert unknown.value.code == "contact-driver-unknown"
    point = EntryPoint("relay", "stationmaster_broadcast.emergencies.modem_contacts:modem_contacts", contacts.GROUP)
    broken = EntryPoint("broken", "no_such_package:factory", contacts.GROUP)

    def points(*, group: str, name: str = "") -> EntryPoints:
        found = [each for each in (point, broken) if each.group == group and name in ("", each.name)]
        return EntryPoints(found)

    monkeypatch.setattr("stationmaster_service.drivers.entry_points", points)
    assert contact_factory("relay") is modem_contacts
    assert {"relay", "broken"} <= set(contact_driver_names())
    with pytest.raises(StationError, match="cannot be loaded"):
        contact_factory("broken")
    table = Table({"device": "ttyS1", "guard": "wire"}, "station.toml", Faults(), "broadcast.contacts[1]")
    contact_factory("relay")(ContactParts(reactor=FakeTCP(), table=table, folder=tmp_path, heard=Ear()))  # type: ignore[arg-type] # a double
    assert [fault.problem for fault in table.faults] == ["'wire' is not known"]
