"""How operators have devices do something over the web, and what reaches the subsystems."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.making import made_hub
from hub.watched import Watched
from stationmaster.hub.storage.database import database_url
from stationmaster.hub.subsystems.commands_api import LARGEST_BODY, read_command
from stationmaster_base.configuration import Faults
from stationmaster_base.times import Instant
from stationmaster_protocol.commands import Command, CommandResult, CommandState, Parameter
from stationmaster_protocol.equipment import Condition, Device
from stationmaster_protocol.messages import Report
from stationmaster_protocol.scalars import stamp_of
from support.small_station import at

NIGHT = {"id": "n1", "identity": "client-0", "action": "brightness", "parameters": {"to": "20"}}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Watched]:
    with made_hub(database_url("sqlite:///hub.db", tmp_path)) as made:
        yield Watched(made)


def done(name: str) -> CommandResult:
    return CommandResult(id=name, state=CommandState.DONE, at=Instant(at("07:00") + 1), detail="all dark")


def test_a_command_reaches_its_subsystem_and_its_result_the_operator(hub: Watched) -> None:
    """With who wants it, until when and how; asked again, what became of it stands in the same place."""
    guidance = hub.client(0)
    body = hub.post("/api/v1/commands", NIGHT | {"devices": ["led-1"], "expires_s": 60.0, "by": "Li"})
    hub.carry()
    (part,) = body["command"]["parts"]
    assert (part["identity"], part["result"]) == ("client-0", None)
    (command,) = guidance.heard(Command)
    assert command == Command(
        id="n1/client-0",
        action="brightness",
        by="Li (desk-1)",
        expires=stamp_of(at("07:01")),
        devices=("led-1",),
        parameters=(Parameter(name="to", value="20"),),
    )
    guidance.say(done(command.id))
    for answer in (hub.get("/api/v1/commands/n1"), hub.post("/api/v1/commands", NIGHT)):
        result = answer["command"]["parts"][0]["result"]
        assert (result["state"], result["detail"]) == ("done", "all dark")
    assert guidance.heard(Command) == []
    assert [each["id"] for each in hub.get("/api/v1/commands")["commands"]] == ["n1"]


def test_targets_alone_find_who_serves_them(hub: Watched) -> None:
    """Each subsystem gets those of them that are its own; nobody is a fault."""
    one, two = hub.client(0), hub.client(1)
    for number, client in enumerate((one, two)):
        lamp = Device(id="x", kind="lamp", condition=Condition.OK, since=at("06:00"), targets=(f"gate-{number}",))
        client.say(Report(number=1, whole=True, devices=(lamp,)))
    hub.post("/api/v1/commands", {"id": "n1", "action": "off", "targets": ["gate-1", "gate-0", "gate-9"]})
    hub.carry()
    assert [each.targets for client in (one, two) for each in client.heard(Command)] == [("gate-0",), ("gate-1",)]
    gone = {"id": "n2", "action": "off", "targets": ["gate-9"]}
    assert hub.post("/api/v1/commands", gone, 404)["error"] == "nobody-serves"


def test_who_comes_back_gets_what_he_has_not_answered(hub: Watched) -> None:
    """When he has said how everything is there, under the same id; what nobody answered by then has expired."""
    guidance = hub.client(0)
    hub.post("/api/v1/commands", NIGHT)
    guidance.cut()
    hub.run(2)
    guidance.follower.heard_events.clear()
    guidance.connect()
    guidance.say(Report(number=1, whole=True))
    assert [each.id for each in guidance.heard(Command)] == ["n1/client-0"]
    hub.run(30)
    result = hub.get("/api/v1/commands/n1")["command"]["parts"][0]["result"]
    assert (result["state"], result["code"]) == ("expired", "no-answer")


def test_a_client_commands_another_through_the_hub(hub: Watched) -> None:
    """Its answer bears its own id, the first at once, the last as it comes."""
    staff, guidance = hub.client(1), hub.client(0)
    command = Command(id="c", identity="client-0", action="test", by="Wang", expires=stamp_of(at("07:01")))
    staff.say(command)
    (passed,) = guidance.heard(Command)
    assert (passed.id, passed.identity, passed.by) == ("client-1/c/client-0", None, "Wang")
    for state in (CommandState.ACCEPTED, CommandState.DONE):
        guidance.say(CommandResult(id=passed.id, state=state, at=at("07:00")))
    assert [(each.id, each.state.value) for each in staff.heard(CommandResult)] == [("c", "accepted"), ("c", "done")]
    assert hub.get("/api/v1/commands/client-1/c")["command"]["giver"] == "client-1"


def test_only_operators_command(hub: Watched) -> None:
    """Without a token, with somebody else's, with too much, with nothing that can be read: a code for each."""
    assert hub.post("/api/v1/commands", NIGHT, 401, token="")["error"] == "not-logged-in"
    assert hub.post("/api/v1/commands", NIGHT, 401, token="wrong")["error"] == "not-an-operator"
    assert hub.post("/api/v1/commands", b"x" * (LARGEST_BODY + 1), 413)["error"] == "command-too-large"
    assert hub.post("/api/v1/commands", b"[]", 400)["faults"][0]["place"] == "body"
    assert hub.get("/api/v1/commands/never", 404)["error"] == "no-such-command"
    assert hub.get("/api/v1/commands")["commands"] == []


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"id": "no spaces"}, "id"),
        ({"id": None}, "id"),
        ({"identity": "a/b"}, "identity"),
        ({"identity": None}, "identity"),
        ({"action": ""}, "action"),
        ({"action": 3}, "action"),
        ({"devices": "led"}, "devices"),
        ({"devices": [3]}, "devices[0]"),
        ({"targets": ["x\x00"]}, "targets[0]"),
        ({"parameters": []}, "parameters"),
        ({"parameters": {"to": 20}}, "parameters.to"),
        ({"parameters": {"a b": "x"}}, "parameters"),
        ({"expires_s": 0}, "expires_s"),
        ({"expires_s": True}, "expires_s"),
        ({"by": ["Li"]}, "by"),
        ({"why": "x"}, "why"),
    ],
)
def test_every_fault_is_named(more: dict[str, Any], place: str) -> None:
    """With its place; all of them, and then nothing is given."""
    faults = Faults()
    plain = {key: value for key, value in (NIGHT | more).items() if value is not None}
    assert read_command(json.dumps(plain).encode(), faults) is None
    assert [fault.place for fault in faults] == [place]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.binary(max_size=60)
    | st.fixed_dictionaries({}, optional=dict.fromkeys([*NIGHT, "by"], JSON)).map(
        lambda plain: json.dumps(plain).encode()
    )
)
def test_whatever_comes_is_read_or_told(body: bytes) -> None:
    """A command, or at least one fault; never anything else."""
    faults = Faults()
    assert (read_command(body, faults) is None) is (len(faults) > 0)
