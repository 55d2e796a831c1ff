"""Who is who at a hub, and what he may do: secrets that are wrong, and things that are forbidden."""

from __future__ import annotations

from typing import cast

from stationmaster_base.times import Instant
from stationmaster_conform import clauses
from stationmaster_conform.played_client import PlayedClient
from stationmaster_conform.scenario import Scenario
from stationmaster_conform.verdict import Broken, NotApplicable
from stationmaster_conform.words import in_words
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.task import Result, Task
from stationmaster_kernel.values import TaskKind, TaskState
from stationmaster_protocol.commands import Command, CommandResult, CommandState
from stationmaster_protocol.equipment import Condition, Device
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import Enrol, EquipmentStatus, Error, Report, Subscribed
from stationmaster_protocol.scalars import Stamp

__all__ = ["SCENARIOS"]

SECOND = 1_000_000

KINDS = (TaskKind.NOTICE, TaskKind.LIGHTING, TaskKind.CHECK_IN, TaskKind.ANNOUNCEMENT, TaskKind.DISPLAY)
"""The kinds of task of which a station is sure to have some, those with the fewest first."""


def wrong_token(client: PlayedClient) -> None:
    """A wrong secret is refused."""
    client.knock()
    client.tell(client.hello(token="conform-not-the-token"))  # noqa: S106 - it is wrong on purpose
    client.refused(clauses.NOT_AUTHENTICATED, "not-authenticated", "too-often")


def wrong_identity(client: PlayedClient) -> None:
    """An identity that nobody has is refused, with the same code, so that nobody learns who there is."""
    client.knock()
    client.tell(client.hello(identity="conform-nobody"))
    client.refused(clauses.NOT_AUTHENTICATED, "not-authenticated", "too-often")


def wrong_code(client: PlayedClient) -> None:
    """A one-time code that was never given is refused."""
    client.knock()
    client.tell(Enrol(identity=client.options.identity, code="conform-no-such-code"))
    client.refused("OP-AUTH-5", "not-enrolled", "too-often")


def account(client: PlayedClient) -> None:
    """Accounts come to those alone who have a right to them."""
    client.welcome()
    client.subscribe(Filter(kinds=("account",)))
    line = client.present()

    def answered() -> Subscribed | Error | None:
        return next((event for event in line.heard if isinstance(event, Subscribed | Error)), None)

    answer = cast("Subscribed | Error", client.wait(answered, clauses.FORBIDDEN, "error forbidden, or subscribed"))
    if isinstance(answer, Subscribed):
        raise NotApplicable("the kit's identity has a right to accounts; give it a kind that has none")
    if answer.code != "forbidden":
        raise Broken(clauses.FORBIDDEN, expected="error forbidden", came=in_words(answer), sent="subscribe to account")


def commands(client: PlayedClient) -> None:
    """A command for a subsystem that the kit may not command is refused."""
    line = client.whole(Filter(kinds=("station",)))
    assert line.welcome is not None
    client.tell(
        Command(
            id=client.name("command"),
            identity="conform-nobody",
            action="test",
            by="conformance kit",
            expires=Stamp(line.welcome.station_time + 60 * SECOND),
        )
    )

    def answered() -> CommandResult | Error | None:
        return next((event for event in line.heard if isinstance(event, CommandResult | Error)), None)

    answer = client.wait(answered, clauses.FORBIDDEN, "command-result refused")
    if isinstance(answer, CommandResult) and answer.state is not CommandState.REFUSED:
        raise Broken(clauses.FORBIDDEN, expected="state refused", came=in_words(answer), sent="a command for nobody")


def foreign_result(client: PlayedClient) -> None:
    """A result of a task that the identity does not execute is refused."""
    task = next((task for kind in KINDS if (task := _task_of(client, kind)) is not None), None)
    if task is None:
        raise NotApplicable("the hub shows it no task of a kind that it does not execute")
    line = client.present()
    assert line.welcome is not None
    at = Instant(int(line.welcome.station_time // SECOND))
    result = Result(target=task.targets[0] if task.targets else "x", state=TaskState.BEGUN, at=at, base=task.base)
    client.tell(Report(number=1, results=(TaskResult(id=client.name("result"), at=at, task=task.id, result=result),)))
    client.refused(clauses.FORBIDDEN, "forbidden")


def equipment(client: PlayedClient) -> None:
    """Devices and alarms come whole after a subscription that names them, and then what is different."""
    client.welcome()
    line = client.subscribe(Filter(kinds=("station", "device", "alarm")))
    assert line.welcome is not None

    def told() -> EquipmentStatus | Error | None:
        return next((event for event in line.heard if isinstance(event, EquipmentStatus | Error)), None)

    try:
        first = cast(
            "EquipmentStatus | Error", client.wait(told, clauses.EQUIPMENT, "equipment-status, whole", within=3)
        )
    except Broken as broken:
        raise NotApplicable("the kit's identity may not hold devices and alarms") from broken
    if isinstance(first, Error) or not first.whole:
        raise Broken(clauses.EQUIPMENT, expected="equipment-status that says whole", came=in_words(first))
    device = Device(
        id=f"conform-{client.run}",
        kind="board",
        condition=Condition.OK,
        since=Instant(int(line.welcome.station_time // SECOND)),
    )
    client.tell(Report(number=1, whole=True, devices=(device,)))

    def shown() -> bool:
        return any(
            one.id == device.id for event in line.heard if isinstance(event, EquipmentStatus) for one in event.devices
        )

    client.wait(shown, clauses.EQUIPMENT, f"equipment-status with device {device.id}")


def _task_of(client: PlayedClient, kind: TaskKind) -> Task | None:
    if kind in client.options.executes:
        return None
    line = client.whole(Filter(kinds=("task",), task_kinds=(kind,)))
    return next((one.value for one in line.replica.values() if isinstance(one.value, Task)), None)


SCENARIOS = (
    Scenario(name="wrong-token", title="a wrong token", clauses=(clauses.NOT_AUTHENTICATED,), play=wrong_token),
    Scenario(
        name="wrong-identity", title="an unknown identity", clauses=(clauses.NOT_AUTHENTICATED,), play=wrong_identity
    ),
    Scenario(name="wrong-code", title="an unknown one-time code", clauses=("OP-AUTH-5",), play=wrong_code),
    Scenario(name="forbidden-account", title="accounts without a right", clauses=(clauses.FORBIDDEN,), play=account),
    Scenario(name="forbidden-command", title="a command without a right", clauses=(clauses.FORBIDDEN,), play=commands),
    Scenario(
        name="forbidden-result",
        title="a result of somebody else's task",
        clauses=(clauses.FORBIDDEN,),
        play=foreign_result,
    ),
    Scenario(name="equipment", title="devices and alarms", clauses=(clauses.EQUIPMENT,), play=equipment),
)
