"""Who gets in with what rights: enrolment, grants, revocation, redirection, and the version that is spoken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from twisted.internet.defer import Deferred, fail

from stationmaster_base.times import Instant
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.task import Result
from stationmaster_kernel.values import TaskKind, TaskState
from stationmaster_protocol.client_session import Whole
from stationmaster_protocol.commands import LocalAct
from stationmaster_protocol.errors import RemoteProtocolError
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.hub_side import Grant
from stationmaster_protocol.messages import (
    VERSION,
    Bye,
    ByeReason,
    ClientMessage,
    Enrol,
    Enrolled,
    Error,
    Hello,
    HubAddress,
    Report,
    Welcome,
)
from support.follower import Follower
from support.protocol_world import World

DISPLAY = Grant(
    identity="client-0",
    kind="guidance",
    executes=frozenset({TaskKind.DISPLAY}),
    resources=frozenset({"task", "board", "device"}),
    acts=False,
    commands=frozenset(),
)


class Newcomer(Follower):
    """A follower that begins with something else than its hello."""

    def __init__(self, first: ClientMessage, **more: Any) -> None:
        super().__init__(**more)
        self.first = first

    def made(self, connection: Any) -> None:
        self.connection = connection
        connection.send(self.first)


def codes(follower: Follower) -> list[str]:
    return [event.code for event in follower.heard_events if isinstance(event, Error)]


def heard(follower: Follower, kind: type) -> list[Any]:
    return [event for event in follower.heard_events if isinstance(event, kind)]


def granted(grant: Grant = DISPLAY, **settings: Any) -> World:
    """A world in which client 0 has no more than this."""
    world = World(**settings)
    world.hub.grants["client-0"] = grant
    return world


def result(task: str) -> TaskResult:
    done = Result(target="hall-1", state=TaskState.DONE, at=Instant(1772348400))
    return TaskResult(id=f"r/{task}", at=Instant(1772348400), task=task, result=done)


def test_a_client_enrols_and_then_says_hello() -> None:
    """With its one-time code it gets a secret, and with that it is welcome on the same connection."""
    world = World()
    world.hub.codes["client-0"] = "once"
    client = Newcomer(Enrol(identity="client-0", code="once"), subscribes=False)
    world.join(client)
    (secret,) = heard(client, Enrolled)
    assert client.connection is not None
    client.connection.send(Hello(identity="client-0", token=secret.token))
    world.run()
    assert client.kinds_heard() == ["Enrolled", "Welcome"]
    assert [peer.address for peer in world.hub.peers] == ["client", "client"]
    assert not any(peer.secure or peer.certificate for peer in world.hub.peers)


@pytest.mark.parametrize("code", ["", "wrong", "once"])
def test_a_code_is_good_once(code: str) -> None:
    """A wrong one, and one that was used, are refused in the same way."""
    world = World()
    world.hub.codes["client-0"] = "once"
    if code == "once":
        world.join(Newcomer(Enrol(identity="client-0", code="once")))
    client = Newcomer(Enrol(identity="client-0", code=code))
    world.join(client)
    assert codes(client) == ["not-enrolled"]
    assert client.ended


def test_a_door_that_takes_its_time() -> None:
    """Nothing is answered before the hub knows; who has gone meanwhile is not missed, and others are let in."""
    world = World()
    world.hub.slow_door = True
    gone, slow = Follower(number=1), Follower()
    world.join(gone)
    world.join(slow)
    assert not slow.heard_events
    assert gone.connection is not None
    gone.connection.abort()
    world.run()
    world.hub.answer()
    world.run()
    assert isinstance(slow.heard_events[0], Welcome)
    assert [info.identity for info in world.server.subscribers] == ["client-0"]
    assert world.hub.losses == []


def test_a_door_that_takes_too_long() -> None:
    """The handshake's time counts for the hub's answer as well."""
    world = World(handshake_s=10)
    world.hub.slow_door = True
    client = Follower()
    world.join(client)
    world.clock.advance(10)
    world.run()
    assert codes(client) == ["too-slow"]
    world.hub.answer()
    world.run()
    assert not heard(client, Welcome)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RemoteProtocolError("revoked", "No more."), "revoked"),
        (RemoteProtocolError("too-often", "Wait."), "too-often"),
        (RemoteProtocolError("forbidden", "Not you."), "forbidden"),
        (OSError("the store is gone"), "internal"),
    ],
)
def test_why_a_client_is_not_let_in(error: Exception, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told the hub's code; a fault of the hub's own is told as such, and not in its words."""
    world = World()
    refusing: Callable[..., Deferred[Any]] = lambda *_: fail(error)  # noqa: E731 - a method of the fake
    monkeypatch.setattr(world.hub, "authenticate", refusing)
    monkeypatch.setattr(world.hub, "enrol", refusing)
    for client in (Follower(), Newcomer(Enrol(identity="client-0", code="once"))):
        world.join(client)
        assert codes(client) == [code]
        assert "store" not in heard(client, Error)[0].text


def test_a_filter_is_narrowed_to_what_is_granted() -> None:
    """What may not be held is left out, without kinds as well; the subscription stands with the rest."""
    world = granted()
    world.commit(world.task("t", "hall-1"), world.name("n"))
    client = Follower(wanted=Filter())
    world.join(client)
    assert set(client.replica) == {("task", "t")}
    world.commit(world.name("n2"), world.task("t2", "hall-1"))
    world.run()
    assert set(client.replica) == {("task", "t"), ("task", "t2")}
    (info,) = world.server.subscribers
    assert (info.kind, info.filter.kinds) == ("guidance", ("board", "task"))
    client.want(Filter(kinds=("name", "task")))
    world.run()
    assert set(client.replica) == {("task", "t"), ("task", "t2")}
    assert world.server.settled()


@pytest.mark.parametrize("kinds", [("name",), ("alarm",), ("account", "call"), ("nothing-known",)])
def test_a_subscription_to_nothing_is_forbidden(kinds: tuple[str, ...]) -> None:
    """If nothing is left of a filter, the client is told."""
    world = granted()
    client = Follower(wanted=Filter(kinds=kinds))
    world.join(client)
    assert codes(client) == ["forbidden"]
    assert not world.server.subscribers


def test_an_unknown_kind_beside_a_known_one_is_let_pass() -> None:
    """A newer client may ask for what this hub does not have."""
    world = granted()
    world.commit(world.task("t", "hall-1"))
    client = Follower(wanted=Filter(kinds=("task", "weather")))
    world.join(client)
    assert set(client.replica) == {("task", "t")}


def test_presence_is_only_what_may_be_executed() -> None:
    """A client that says that it does more than it may is not counted on for it."""
    world = granted()
    world.join(Follower(executes=(TaskKind.DISPLAY, TaskKind.ANNOUNCEMENT)))
    assert world.hub.present == [("client-0", ("display",), True)]


@pytest.mark.parametrize("task", ["say", "say-gone"])
def test_results_of_others_tasks_are_forbidden(task: str) -> None:
    """A board's client cannot report on an announcement; of a task that is gone the hub itself judges."""
    world = granted()
    world.commit(world.task("say", "zone", kind=TaskKind.ANNOUNCEMENT), world.task("show", "hall-1"))
    client = Follower()
    world.join(client)
    assert client.connection is not None
    client.connection.send(Report(number=1, results=(result("show"), result(task))))
    world.run()
    assert codes(client) == (["forbidden"] if task == "say" else [])
    assert len(world.hub.reported) == (task != "say")


def test_acts_are_for_who_may_act() -> None:
    """Without the right they are refused; with it the hub has them before the results, and both are received as one."""
    act = LocalAct(id="a/1", at=Instant(1772348400), by="li")
    report = Report(number=1, acts=(act,), results=(result("show"),))
    world = granted()
    client = Follower()
    world.join(client)
    assert client.connection is not None
    client.connection.send(report)
    world.run()
    assert (codes(client), world.hub.acted, world.hub.reported) == (["forbidden"], [], [])

    world = granted(replace(DISPLAY, acts=True))
    client = Follower()
    world.join(client)
    assert client.connection is not None
    world.hub.slow = True
    client.connection.send(report)
    world.run()
    assert (world.hub.acted, world.hub.reported) == ([("client-0", (act,))], [("client-0", (result("show"),))])
    acts, results = world.hub.unanswered
    results.callback(None)
    world.run()
    assert client.kinds_heard()[-1] != "Received"
    assert not world.server.settled()
    acts.callback(None)
    world.run()
    assert client.kinds_heard()[-1] == "Received"
    assert world.server.settled()


def test_a_secret_that_is_taken_away_ends_the_session() -> None:
    """At once, with its own code; also while the hub is still looking at it."""
    world = World()
    client, other = Follower(), Follower(number=1)
    world.join(client)
    world.join(other)
    assert world.server.revoke("client-0")
    world.run()
    assert codes(client) == ["revoked"]
    assert world.hub.losses == ["client-0"]
    assert not world.server.revoke("client-0")
    assert not codes(other)
    world.hub.slow_door = True
    late = Follower()
    world.join(late)
    assert world.server.revoke("client-0")
    world.hub.answer()
    world.run()
    assert codes(late) == ["revoked"]


def test_clients_are_sent_to_other_hubs() -> None:
    """Some or all of them, with the hubs in order; it is a goodbye and no fault."""
    world = World()
    first, second = Follower(), Follower(number=1)
    world.join(first)
    world.join(second)
    hubs = (HubAddress(host="hub-2", port=7310), HubAddress(host="fd00::2", port=7311))
    assert world.server.redirect(hubs, "Maintenance.", ["client-1", "nobody"]) == 1
    world.run()
    assert heard(second, Bye) == [Bye(reason=ByeReason.REDIRECTED, text="Maintenance.", hubs=hubs)]
    assert not heard(first, Bye)
    assert world.server.redirect(hubs) == 1
    world.run()
    assert first.ended
    assert world.hub.losses == ["client-1", "client-0"]
    assert world.server.redirect(hubs) == 0


def test_a_session_that_is_over_is_told_to_the_hub_once() -> None:
    """However it ends; one that never was welcome is none."""
    world = World()
    stranger, client = Follower(token="wrong"), Follower(number=1)
    world.join(stranger)
    world.join(client)
    again = Follower(number=1)
    world.join(again)
    assert world.hub.losses == ["client-1"]
    assert again.connection is not None
    again.connection.abort()
    world.run()
    assert world.hub.losses == ["client-1", "client-1"]


@pytest.mark.parametrize(
    ("offered", "spoken"), [("1.0", "1.0"), ("1.1", "1.0"), ("1.9999", "1.0"), ("2.0", None), ("9999.0", None)]
)
def test_the_lower_minor_version_is_spoken(offered: str, spoken: str | None) -> None:
    """A newer client is told the hub's version and is served; another major version is refused."""
    world = World()
    world.commit(world.name("n"))
    client = Newcomer(Hello(identity="client-0", token="token-0", version=offered))
    world.join(client)
    assert [each.version for each in heard(client, Welcome)] == ([spoken] if spoken else [])
    assert codes(client) == ([] if spoken else ["version"])
    assert bool(heard(client, Whole)) is (spoken is not None)
    assert [info.version for info in world.server.subscribers] == ([VERSION] if spoken else [])


def test_acknowledgements_are_timed() -> None:
    """From publication to acknowledgement, in machine time, and only of what was published to this subscriber."""
    world = World()
    client = Follower()
    world.commit(world.name("a"))
    world.join(client)
    (info,) = world.server.subscribers
    assert (info.ack_ms, info.behind) == (None, 0)
    there, here = world.wires[0]
    there.blocked = True
    world.commit(world.name("b"))
    world.clock.advance(0.25)
    world.run()
    (info,) = world.server.subscribers
    assert info.behind == 1
    there.blocked = False
    world.run()
    (info,) = world.server.subscribers
    assert (info.ack_ms, info.behind, info.secure) == (250, 0, False)
    assert here.connected
