"""What the protocol's server takes for granted of a hub; the fake hub and the real one are held to the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from stationmaster_kernel.changes import PUBLIC_KINDS, Resource
from stationmaster_protocol.digest import digest_of
from stationmaster_protocol.errors import RemoteProtocolError
from stationmaster_protocol.hub_side import Entry, HubSide, Peer
from stationmaster_protocol.messages import Enrol, Hello


def answered(waiting: Any) -> Any:
    """What a Deferred that has fired has to say."""
    found: list[Any] = []
    waiting.addCallback(found.append)
    assert found, "the hub has not answered"
    return found[0]


def public(hub: HubSide) -> dict[tuple[str, str], Resource]:
    """The hub's public resources by kind and id."""
    resources = [resource for resource in hub.resources() if resource.kind in PUBLIC_KINDS]
    world = {(resource.kind, resource.id): resource for resource in resources}
    assert len(world) == len(resources), "a resource stands there twice"
    return world


def check_hub_side(hub: HubSide, change: Callable[[], Sequence[Entry]]) -> None:
    """Commit several times with `change`, which gives the entries that it made, and see that all views agree."""
    begin = hub.position()
    world = public(hub)
    made: list[Entry] = []
    for _ in range(3):
        entries = change()
        assert entries, "the change made no entry"
        made += entries
        position = hub.position()
        assert (position.sequence, position.hash) == (entries[-1].sequence, entries[-1].hash)
        for entry in entries:
            for key in entry.changes.deletes:
                world.pop(key, None)
            for resource in entry.changes.puts:
                if resource.kind in PUBLIC_KINDS:
                    assert resource.value.revision == resource.revision
                    world[resource.kind, resource.id] = resource
        assert public(hub) == world
        assert digest_of(public(hub).values()) == digest_of(world.values())
    assert answered(hub.entries_after(begin.sequence)) == made
    assert answered(hub.entries_after(made[0].sequence)) == made[1:]
    assert answered(hub.entries_after(hub.position().sequence)) == []
    assert [entry.sequence for entry in made] == sorted({entry.sequence for entry in made})
    check_strangers(hub)


def check_strangers(hub: HubSide) -> None:
    """Who is not known gets in neither with a token nor with a code, and is told by a code of the protocol."""
    peer = Peer(address="127.0.0.1")
    assert refusal(hub.authenticate(Hello(identity="nobody", token=""), peer)) == "not-authenticated"
    assert refusal(hub.authenticate(Hello(identity="nobody", token="x"), peer)) == "not-authenticated"
    assert refusal(hub.enrol(Enrol(identity="nobody", code="x"), peer)) == "not-enrolled"
    assert hub.task_kind("no such task") is None


def refusal(waiting: Any) -> str:
    """The code with which a Deferred has failed."""
    failures: list[Any] = []
    waiting.addErrback(failures.append)
    assert failures, "the hub has not refused"
    error = failures[0].value
    assert isinstance(error, RemoteProtocolError)
    return error.code
