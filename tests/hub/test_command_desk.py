"""Commands on their way: who gets them, what becomes of them, and that nothing is done twice or too late."""

from __future__ import annotations

from dataclasses import replace

import pytest
from structlog.testing import capture_logs
from twisted.internet.task import Clock

from stationmaster.hub.subsystems import command_desk
from stationmaster.hub.subsystems.command_desk import CommandDesk, Order
from stationmaster_base.clock import MachineClock
from stationmaster_base.times import Instant
from stationmaster_protocol.commands import Command, CommandResult, CommandState, Parameter
from stationmaster_protocol.hub_side import Grant
from stationmaster_protocol.scalars import stamp_of
from stationmaster_service.timer import StationTimer

ACCEPTED, DONE, FAILED, REFUSED, EXPIRED = CommandState
NIGHT = Command(
    id="", action="brightness", by="Li", expires=stamp_of(1030), parameters=(Parameter(name="to", value="20"),)
)


class Desk:
    """A desk, with subsystems that a test answers for."""

    def __init__(self) -> None:
        self.reactor = Clock()
        self.reactor.advance(1000)
        clock = MachineClock(self.reactor.seconds)
        self.connected = {"guidance", "broadcast", "staff"}
        self.sent: list[tuple[str, str]] = []
        self.news: list[tuple[str, CommandResult]] = []
        self.grants = {
            "guidance": Grant.everything("guidance", "guidance"),
            "broadcast": replace(Grant.everything("broadcast", "broadcast"), commands=frozenset()),
            "staff": replace(Grant.everything("staff", "staff"), commands=frozenset({"guidance"})),
        }
        self.desk = CommandDesk(
            router=lambda: self,
            timer=StationTimer(clock, self.reactor),
            now=clock.now,
            grant=self.grants.get,
        )

    def command(self, identity: str, command: Command) -> bool:
        if identity in self.connected:
            assert command.identity is None
            self.sent.append((identity, command.id))
        return identity in self.connected

    def command_result(self, identity: str, result: CommandResult) -> bool:
        self.news.append((identity, result))
        return True

    def give(self, name: str, *identities: str, command: Command = NIGHT) -> Order:
        order = self.desk.give(name, dict.fromkeys(identities, command))
        assert order is not None
        return order

    def says(self, identity: str, name: str, state: CommandState, code: str | None = None) -> None:
        self.desk.result(identity, CommandResult(id=name, state=state, at=Instant(1001), code=code))

    def states(self, name: str) -> dict[str, tuple[CommandState | None, str | None]]:
        order = self.desk.order(name)
        assert order is not None
        return {
            part.identity: (None, None) if part.result is None else (part.result.state, part.result.code)
            for part in order.parts
        }

    def asked(self, identity: str, command: Command) -> list[CommandResult]:
        answers: list[CommandResult] = []
        self.desk.commanded(identity, command).addCallback(answers.append)
        return answers


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_each_is_told_and_each_answers(desk: Desk) -> None:
    """A command goes to each once, under an id of its own; results stand by who gave them; all of it is in the log."""
    with capture_logs() as logs:
        desk.give("night", "guidance", "broadcast")
        assert desk.sent == [("guidance", "night/guidance"), ("broadcast", "night/broadcast")]
        assert desk.states("night") == {"guidance": (None, None), "broadcast": (None, None)}
        desk.says("guidance", "night/guidance", ACCEPTED)
        desk.says("guidance", "night/guidance", DONE)
        desk.says("broadcast", "night/broadcast", FAILED, "no-lamp")
    assert desk.states("night") == {"guidance": (DONE, None), "broadcast": (FAILED, "no-lamp")}
    order = desk.desk.order("night")
    assert order is not None
    assert (order.over, order.at, order.giver) == (True, 1000, "")
    assert [log["event"] for log in logs] == ["command", "command", *["command-result"] * 3]
    assert {log["by"] for log in logs} == {"Li"}
    assert desk.news == []


def test_the_same_again_is_not_given_again(desk: Desk) -> None:
    """Its id is known, so what is known of it is the answer, whatever else is asked for."""
    desk.give("night", "guidance")
    desk.says("guidance", "night/guidance", DONE)
    again = desk.give("night", "broadcast", command=replace(NIGHT, action="off"))
    assert [part.identity for part in again.parts] == ["guidance"]
    assert again.over
    assert len(desk.sent) == 1


def test_who_is_not_there_is_refused_at_once(desk: Desk) -> None:
    """The command is for this moment, so it does not wait for him; the others get it."""
    desk.connected.remove("broadcast")
    desk.give("night", "guidance", "broadcast")
    assert desk.states("night") == {"guidance": (None, None), "broadcast": (REFUSED, "not-connected")}


def test_what_nobody_answers_expires_by_station_time(desk: Desk) -> None:
    """At its own moment; what comes too late is taken for what it is; what was begun has no end by itself."""
    desk.give("one", "guidance")
    desk.give("two", "broadcast")
    desk.says("broadcast", "two/broadcast", ACCEPTED)
    desk.reactor.advance(29)
    assert desk.states("one") == {"guidance": (None, None)}
    desk.reactor.advance(1)
    assert desk.states("one") == {"guidance": (EXPIRED, "no-answer")}
    assert desk.states("two") == {"broadcast": (ACCEPTED, None)}
    desk.says("guidance", "one/guidance", DONE)
    assert desk.states("one") == {"guidance": (DONE, None)}
    late = desk.give("three", "guidance")
    assert late.parts[0].result is not None
    assert (late.parts[0].result.state, late.parts[0].result.code) == (EXPIRED, "too-late")
    assert len(desk.sent) == 2


def test_who_comes_back_is_asked_again(desk: Desk) -> None:
    """For what he has not answered, under the same id, so that he does it only once; not for what is over."""
    desk.give("one", "guidance")
    desk.give("two", "guidance")
    desk.give("three", "guidance")
    desk.give("four", "broadcast")
    desk.says("guidance", "one/guidance", DONE)
    desk.says("guidance", "two/guidance", ACCEPTED)
    del desk.sent[:]
    desk.desk.returned("guidance")
    assert desk.sent == [("guidance", "two/guidance"), ("guidance", "three/guidance")]
    desk.reactor.advance(40)
    del desk.sent[:]
    desk.desk.returned("guidance")
    assert desk.sent == [("guidance", "two/guidance")]
    assert desk.reactor.getDelayedCalls() == []


def test_results_of_nothing_and_of_others_are_not_believed(desk: Desk) -> None:
    """A subsystem speaks for itself alone, and what is done stays done."""
    desk.give("one", "guidance")
    with capture_logs() as logs:
        desk.says("broadcast", "one/guidance", DONE)
        desk.says("guidance", "nothing", DONE)
    assert [log["event"] for log in logs] == ["result-of-nothing"] * 2
    assert desk.states("one") == {"guidance": (None, None)}
    desk.says("guidance", "one/guidance", DONE)
    desk.says("guidance", "one/guidance", FAILED)
    assert desk.states("one") == {"guidance": (DONE, None)}


def test_a_clients_command_is_passed_on_and_answered_under_its_own_id(desk: Desk) -> None:
    """The first that is known answers it; what comes later is told as news."""
    command = replace(NIGHT, id="c1", identity="guidance")
    answers = desk.asked("staff", command)
    assert desk.sent == [("guidance", "staff/c1/guidance")]
    assert answers == []
    desk.says("guidance", "staff/c1/guidance", ACCEPTED)
    assert [(each.id, each.state) for each in answers] == [("c1", ACCEPTED)]
    assert desk.news == []
    desk.says("guidance", "staff/c1/guidance", DONE)
    assert [(to, each.id, each.state) for to, each in desk.news] == [("staff", "c1", DONE)]
    assert [each.state for each in desk.asked("staff", command)] == [DONE]
    assert len(desk.sent) == 1


def test_two_clients_may_use_the_same_id(desk: Desk) -> None:
    """Ids are each client's own; one used for something else is refused, and who waits goes on waiting."""
    command = replace(NIGHT, id="c1", identity="guidance")
    first, again = desk.asked("staff", command), desk.asked("staff", command)
    other = desk.asked("guidance", replace(command, identity="broadcast"))
    assert desk.sent == [("guidance", "staff/c1/guidance"), ("broadcast", "guidance/c1/broadcast")]
    (refused,) = desk.asked("staff", replace(command, action="off"))
    assert (refused.id, refused.state, refused.code) == ("c1", REFUSED, "id-used")
    desk.says("guidance", "staff/c1/guidance", DONE)
    desk.reactor.advance(31)
    assert [each.state for each in (*first, *again, *other)] == [DONE, DONE, EXPIRED]


def test_rights_are_by_kind_of_subsystem(desk: Desk) -> None:
    """Staff may command guidance and not broadcast; broadcast may command nobody; a stranger is not there."""

    def code(giver: str, to: str) -> str | None:
        (answer,) = desk.asked(giver, replace(NIGHT, id=f"{giver}-{to}", identity=to))
        assert answer.state is REFUSED
        return answer.code

    assert code("staff", "broadcast") == "forbidden"
    assert code("broadcast", "guidance") == "forbidden"
    assert code("nobody", "guidance") == "forbidden"
    assert code("staff", "stranger") == "not-connected"
    assert desk.sent == []


def test_commands_of_a_client_are_bounded(desk: Desk) -> None:
    """In size, in how long they hold, and in how many are open at once, of one client; a person still gets through."""

    def code(command: Command) -> str | None:
        answers = desk.asked("staff", replace(command, identity="guidance"))
        return answers[0].code if answers else None

    assert code(replace(NIGHT, id="a", devices=("x" * command_desk.LARGEST,))) == "too-large"
    assert code(replace(NIGHT, id="b", expires=stamp_of(1001 + command_desk.LONGEST_S))) == "too-long"
    for number in range(command_desk.MOST_OPEN):
        assert code(replace(NIGHT, id=f"c{number}")) is None
    assert code(replace(NIGHT, id="d")) == "too-many"
    desk.give("night", "guidance")
    desk.reactor.advance(31)
    assert code(replace(NIGHT, id="e", expires=stamp_of(1060))) is None


def test_what_is_over_is_forgotten_when_there_are_many(desk: Desk) -> None:
    """A thousand are remembered; while all of them are open no other is taken."""
    for number in range(command_desk.MOST_ORDERS):
        desk.give(f"n{number}", "guidance")
    assert desk.desk.give("more", {"guidance": NIGHT}) is None
    desk.says("guidance", "n7/guidance", DONE)
    desk.give("more", "guidance")
    assert desk.desk.order("n7") is None
    assert [order.id for order in desk.desk.orders()][:2] == ["more", f"n{command_desk.MOST_ORDERS - 1}"]
    with capture_logs() as logs:
        desk.says("guidance", "n7/guidance", DONE)
    assert [log["event"] for log in logs] == ["result-of-nothing"]
