"""Devices, readbacks and alarms on their way to the hub: whole after each connection, then what is different."""

from __future__ import annotations

import pytest

from agent.making import announcement, at, resource
from agent.world import World
from stationmaster_agent.equipment import Equipment
from stationmaster_base.errors import StationError
from stationmaster_protocol.codec import LARGEST_TO_HUB, encode
from stationmaster_protocol.equipment import AlarmSign, Condition, Device, Evidence, Readback, Severity, ShownRow
from stationmaster_protocol.messages import Report


def device(name: str = "lamp", condition: Condition = Condition.OK, minute: float = 0, detail: str = "") -> Device:
    return Device(id=name, kind="lamp", condition=condition, since=at(minute), detail=detail)


def readback(target: str = "hall", revision: int = 1) -> Readback:
    rows = (ShownRow(task="a", revision=revision),)
    return Readback(target=target, at=at(0), evidence=Evidence.PAINTED, rows=rows)


def sign(name: str = "hot", text: str = "hot") -> AlarmSign:
    return AlarmSign(id=name, severity=Severity.WARNING, since=at(0), texts=(("en", text),))


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    world.hub.put(resource(announcement()))
    return world


def told(report: Report) -> tuple[list[str], list[tuple[str, str]]]:
    here = [item.id for item in (*report.devices, *report.alarms)] + [item.target for item in report.readbacks]
    return here, [(item.kind, item.id) for item in report.gone]


def test_whole_after_each_connection(world):
    """What was put before and between connections is told whole with each; the hub's memory ends with a connection."""
    world.start()
    world.agent.devices.put(device())
    world.agent.shown(readback())
    world.agent.alarm(sign())
    world.machine(1)
    world.hub.heard.clear()
    world.hub.cut()
    world.agent.devices.put(device("second"))
    world.machine(1)
    (report,) = world.hub.reports()
    assert report.whole
    assert told(report) == (["lamp", "second", "hot", "hall"], [])
    world.stop()


def test_one_who_has_nothing_says_so(world):
    """The whole report comes after a connection also if there is no hardware to tell of."""
    world.start()
    assert [(report.whole, told(report)) for report in world.hub.reports()] == [(True, ([], []))]
    world.stop()


def test_differences_are_coalesced(world):
    """A hundred changes of one device within a moment are one report with the last; the same again is none."""
    world.start()
    world.machine(1)
    world.hub.heard.clear()
    for minute in range(100):
        world.agent.devices.put(device(detail=str(minute)))
    world.machine(1)
    (report,) = world.hub.reports()
    assert not report.whole
    assert [item.detail for item in report.devices] == ["99"]
    world.agent.devices.put(device(detail="99"))
    world.machine(1)
    assert len(world.hub.reports()) == 1
    world.stop()


def test_a_flickering_device_costs_few_messages(world):
    """A device that changes with every turn is told of five times a second at most."""
    world.start()
    world.machine(1)
    world.hub.heard.clear()
    for number in range(100):
        world.agent.devices.put(device(detail=str(number)))
        world.machine(0.1, step=0.05)
    assert 40 <= len(world.hub.reports()) <= 55
    world.stop()


def test_what_is_gone_is_named(world):
    """Removing a device, a readback and an alarm names each once; what was never there is not named."""
    world.start()
    world.agent.devices.put(device())
    world.agent.shown(readback())
    world.agent.alarm(sign())
    world.machine(1)
    world.hub.heard.clear()
    world.agent.devices.remove("lamp")
    world.agent.not_shown("hall")
    world.agent.clear("hot")
    world.agent.clear("hot")
    world.agent.devices.remove("never there")
    world.machine(1)
    (report,) = world.hub.reports()
    assert told(report) == ([], [("device", "lamp"), ("readback", "hall"), ("alarm", "hot")])
    world.stop()


def test_quiet_only_when_told(world):
    """As long as the hub has not taken in how the hardware is, the agent is not quiet."""
    world.start()
    assert world.quiet()
    world.hub.receives = False
    world.agent.devices.put(device())
    assert not world.quiet()
    world.machine(1)
    assert not world.quiet()
    world.hub.cut()
    world.hub.receives = True
    world.machine(2)
    assert world.quiet()
    world.stop()


def test_since_is_that_of_the_condition(world):
    """A device that is put anew with another detail keeps the moment since which its condition is what it is."""
    world.agent_devices = world.start().agent.devices
    devices = world.agent_devices
    devices.put(device(minute=1))
    devices.put(device(minute=2, detail="warm"))
    assert devices.get("lamp").since == at(1)
    devices.put(device(minute=3, condition=Condition.FAULTY))
    assert devices.get("lamp").since == at(3)
    assert len(devices) == 1
    world.stop()


def test_every_report_fits(world):
    """Thousands of devices and long rows go in reports that a hub takes, the first of them whole; all of it."""
    equipment = Equipment(lambda: None)
    for number in range(1500):
        equipment.put(device(f"lamp-{number}", detail="\u706f" * 100))
    rows = tuple(ShownRow(task=f"QHD/2026-03-01/G{number}/1/row/1", revision=number) for number in range(300))
    for number in range(40):
        equipment.put(Readback(target=f"hall-{number}", at=at(0), evidence=Evidence.SENT, rows=rows))
    equipment.connected()
    reports = []
    while (report := equipment.next_report(len(reports) + 1)) is not None:
        reports.append(report)
    assert [report.whole for report in reports] == [True] + [False] * (len(reports) - 1)
    assert sum(len(report.devices) for report in reports) == 1500
    assert sum(len(report.readbacks) for report in reports) == 40
    for report in reports:
        assert len(encode(report, largest=LARGEST_TO_HUB)) <= LARGEST_TO_HUB // 2


@pytest.mark.parametrize(
    "item",
    [
        device("bell\x07"),
        Device(id="x", kind="two words", condition=Condition.OK, since=at(0)),
        Device(id="x", kind="lamp", condition=Condition.OK, since=at(0), detail="x" * 2001),
        Readback(
            target="hall",
            at=at(0),
            evidence=Evidence.SENT,
            rows=tuple(ShownRow(task=f"{number}" * 100, revision=1) for number in range(5000)),
        ),
    ],
)
def test_what_cannot_be_sent_is_refused_at_once(item):
    """What the protocol cannot carry is the maker's fault and told to him, not found out on the way to the hub."""
    equipment = Equipment(lambda: None)
    with pytest.raises(StationError) as caught:
        equipment.put(item)
    assert caught.value.code == "equipment-impossible"
    assert not equipment.untold
