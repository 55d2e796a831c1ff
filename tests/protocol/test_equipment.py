"""Devices, alarms and commands: what subsystems tell of themselves, who is told of it, and what they are told to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from twisted.internet.defer import Deferred, fail

from stationmaster_base.times import Instant
from stationmaster_protocol.commands import Command, CommandResult, CommandState
from stationmaster_protocol.equipment import AlarmSign, Condition, Device, Evidence, Readback, Severity
from stationmaster_protocol.errors import RemoteProtocolError
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.hub_side import Grant
from stationmaster_protocol.messages import Deletion, EquipmentStatus, Report
from stationmaster_protocol.scalars import stamp_of
from support.follower import Follower
from support.protocol_world import World

NOW = Instant(1772348400)
EXPIRES = stamp_of(NOW + 60)


def device(name: str, detail: str = "") -> Device:
    return Device(id=name, identity="guidance", kind="board", condition=Condition.OK, since=NOW, detail=detail)


def alarm(name: str) -> AlarmSign:
    return AlarmSign(id=name, severity=Severity.WARNING, since=NOW)


def command(name: str = "c/1", **more: Any) -> Command:
    return Command(**{"id": name, "identity": "client-1", "action": "test", "by": "li", "expires": EXPIRES, **more})


def heard(follower: Follower, kind: type) -> list[Any]:
    return [event for event in follower.heard_events if isinstance(event, kind)]


class Shown:
    """What a client knows of devices and alarms from what it was told."""

    def __init__(self, follower: Follower) -> None:
        self.ids: set[tuple[str, str]] = set()
        for status in heard(follower, EquipmentStatus):
            if status.whole:
                self.ids.clear()
            self.ids |= {("device", f"{each.identity or ''}/{each.id}") for each in status.devices}
            self.ids |= {("alarm", f"{each.identity or ''}/{each.id}") for each in status.alarms}
            self.ids -= {(each.kind, each.id) for each in status.gone}


def test_what_is_observed_reaches_the_hub_at_once() -> None:
    """Devices, readbacks and alarms are the hub's as soon as they are heard; the report is received like any other."""
    world = World()
    client = Follower()
    world.join(client)
    assert client.connection is not None
    readback = Readback(target="hall-1", at=NOW, evidence=Evidence.PAINTED)
    whole = Report(number=1, whole=True, devices=(device("led"),), readbacks=(readback,), alarms=(alarm("a"),))
    gone = Report(number=2, gone=(Deletion(kind="device", id="led"),))
    for report in (whole, gone, Report(number=3), Report(number=4, whole=True)):
        client.connection.send(report)
    world.run()
    assert world.hub.observations == [
        ("client-0", whole),
        ("client-0", gone),
        ("client-0", Report(number=4, whole=True)),
    ]
    assert [event.number for event in client.heard_events if type(event).__name__ == "Received"] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("kinds", "told"),
    [
        ((), None),
        (("board", "task"), None),
        (("device",), {("device", "guidance/led")}),
        (("alarm", "task"), {("alarm", "/late")}),
        (("alarm", "device"), {("device", "guidance/led"), ("alarm", "/late")}),
    ],
)
def test_only_who_names_them_is_told(kinds: tuple[str, ...], told: set[tuple[str, str]] | None) -> None:
    """Whole after the subscription, then differences; and none of it is in the replica or its digest."""
    world = World()
    world.hub.devices, world.hub.alarms = (device("led"),), (alarm("late"),)
    client = Follower(wanted=Filter(kinds=kinds))
    world.join(client)
    statuses = heard(client, EquipmentStatus)
    assert [status.whole for status in statuses] == ([] if told is None else [True])
    assert Shown(client).ids == (told or set())
    world.server.equipment_changed([device("led", "warm"), device("lamp")], [], [Deletion(kind="alarm", id="/late")])
    world.run()
    expected = {("device", "guidance/led"), ("device", "guidance/lamp")} if "device" in kinds else set()
    assert Shown(client).ids == expected
    world.beat(client)
    assert client.replica == {}
    assert client.whole_proofs
    assert world.server.settled()


def test_an_empty_whole_is_told_too() -> None:
    """Nothing is wrong and nothing is there: that is news as well."""
    world = World()
    client = Follower(wanted=Filter(kinds=("alarm",)))
    world.join(client)
    assert heard(client, EquipmentStatus) == [EquipmentStatus(whole=True)]
    world.server.equipment_changed([device("led")], [], [])
    world.run()
    assert len(heard(client, EquipmentStatus)) == 1


def test_who_does_not_read_gets_the_latest_whole() -> None:
    """However much changes meanwhile, what waits for a slow client is bounded, and in the end it is right."""
    world = World()
    slow, quick = Follower(wanted=Filter(kinds=("device",))), Follower(number=1, wanted=Filter(kinds=("device",)))
    wire, _ = world.join(slow)
    world.join(quick)
    wire.blocked = True
    for number in range(300):
        devices = tuple(device(f"d{number % 7}-{each}", "x" * 500) for each in range(10))
        gone = tuple(Deletion(kind="device", id=f"guidance/{each.id}") for each in world.hub.devices)
        world.hub.devices = devices
        gone = tuple(each for each in gone if each.id not in {f"guidance/{one.id}" for one in devices})
        world.server.equipment_changed(devices, (), gone)
        world.run()
    assert wire.most < 200_000
    wire.blocked = False
    world.run()
    right = {("device", f"guidance/{each.id}") for each in world.hub.devices}
    assert Shown(slow).ids == Shown(quick).ids == right
    assert len(heard(slow, EquipmentStatus)) < 50 < len(heard(quick, EquipmentStatus))


def test_a_great_many_devices_come_in_parts() -> None:
    """No message is too long: the first is whole, and the others add to it."""
    world = World(largest_out=20_000, part_bytes=5000)
    world.hub.devices = tuple(device(f"d{number}", "x" * 100) for number in range(700))
    client = Follower(wanted=Filter(kinds=("device",)))
    world.join(client)
    statuses = heard(client, EquipmentStatus)
    assert [status.whole for status in statuses] == [True, *[False] * (len(statuses) - 1)]
    assert len(Shown(client).ids) == 700
    world.hub.devices = (device("ill", "\x00"), device("well"))
    world.server.equipment_changed(world.hub.devices)
    again = Follower(number=1, wanted=Filter(kinds=("device",)))
    world.join(again)
    assert Shown(again).ids == {("device", "guidance/well")}


def test_a_replaced_subscription_ends_what_was_told() -> None:
    """After another filter nothing more comes of the first, and a client that has gone is told nothing."""
    world = World()
    client = Follower(wanted=Filter(kinds=("device",)))
    world.join(client)
    client.want(Filter(kinds=("task",)))
    world.run()
    world.server.equipment_changed([device("led")])
    world.run()
    assert len(heard(client, EquipmentStatus)) == 1
    assert client.connection is not None
    client.connection.abort()
    world.server.equipment_changed([device("led")])
    world.run()
    assert len(heard(client, EquipmentStatus)) == 1


def test_a_command_goes_to_its_subsystem_and_its_result_comes_back() -> None:
    """From the hub to a client, without the identity, and from the client to the hub."""
    world = World()
    client = Follower()
    world.join(client)
    assert world.server.command("client-0", command(identity="client-0"))
    assert not world.server.command("client-1", command())
    world.run()
    assert heard(client, Command) == [command(identity=None)]
    done = CommandResult(id="c/1", state=CommandState.DONE, at=NOW)
    assert client.connection is not None
    client.connection.send(done)
    world.run()
    assert world.hub.command_results == [("client-0", done)]


def test_a_clients_command_goes_to_the_hub() -> None:
    """It is told what is known of it at once, and what becomes of it afterwards."""
    world = World()
    client = Follower()
    world.join(client)
    assert client.connection is not None
    client.connection.send(command())
    world.run()
    assert world.hub.commands == [("client-0", command())]
    done = CommandResult(id="c/1", state=CommandState.DONE, at=NOW)
    assert world.server.command_result("client-0", done)
    assert not world.server.command_result("client-1", done)
    world.run()
    assert [each.state for each in heard(client, CommandResult)] == ["accepted", "done"]


@pytest.mark.parametrize(
    ("given", "commands", "state", "code"),
    [
        (command(identity=None), {"guidance"}, "refused", "no-identity"),
        (command(expires=stamp_of(NOW - 1)), {"guidance"}, "expired", None),
        (command(expires=stamp_of(1772348400.25)), {"guidance"}, "expired", None),
        (command(), set(), "refused", "forbidden"),
    ],
)
def test_commands_that_are_not_passed_on(given: Command, commands: set[str], state: str, code: str | None) -> None:
    """The client is told why, and the session goes on."""
    world = World()
    world.hub.grants["client-0"] = replace(Grant.everything("client-0"), commands=frozenset(commands))
    client = Follower()
    world.join(client)
    assert client.connection is not None
    client.connection.send(given)
    world.run()
    assert [(each.state, each.code) for each in heard(client, CommandResult)] == [(state, code)]
    assert not world.hub.commands
    assert client.connection is not None


@pytest.mark.parametrize(
    ("error", "state", "code"),
    [(RemoteProtocolError("forbidden", "Not that one."), "refused", "forbidden"), (OSError("x"), "failed", "internal")],
)
def test_a_command_that_the_hub_refuses(
    error: Exception, state: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client is told the hub's code, or that it is the hub's own fault."""
    world = World()
    client = Follower()
    world.join(client)
    failing: Any = lambda *_: fail(error)  # noqa: E731 - a method of the fake
    monkeypatch.setattr(world.hub, "commanded", failing)
    assert client.connection is not None
    client.connection.send(command())
    world.run()
    assert [(each.state, each.code) for each in heard(client, CommandResult)] == [(state, code)]


def test_commands_that_wait_are_bounded_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client whose commands are not answered yet is told `too-often`; one that takes none is given no more."""
    world = World(pending_commands=3)
    client = Follower()
    wire, _ = world.join(client)
    waiting: list[Deferred[CommandResult]] = []

    def commanded(*_: object) -> Deferred[CommandResult]:
        waiting.append(Deferred())
        return waiting[-1]

    monkeypatch.setattr(world.hub, "commanded", commanded)
    assert client.connection is not None
    for number in range(5):
        client.connection.send(command(f"c/{number}"))
    world.run()
    assert [each.code for each in heard(client, CommandResult)] == ["too-often", "too-often"]
    for number, asked in enumerate(waiting):
        asked.callback(CommandResult(id=f"c/{number}", state=CommandState.DONE, at=NOW))
    client.connection.send(command("c/9"))
    world.run()
    assert len(waiting) == 4
    wire.blocked = True
    given = [world.server.command("client-0", command(f"h/{number}", by="x" * 2000)) for number in range(100)]
    assert given[:20] == [True] * 20
    assert not given[-1]
    assert wire.most < 200_000
