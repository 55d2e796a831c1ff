"""Commands: done at most once, answered as often as is asked, also across a crash."""

from __future__ import annotations

from dataclasses import replace

import pytest
from twisted.internet.defer import Deferred

from agent.making import announcement, at, resource
from agent.world import World
from stationmaster_agent.commands import CommandDesk
from stationmaster_agent.store import Store
from stationmaster_base.errors import StationError
from stationmaster_protocol.commands import Command, CommandResult, CommandState
from stationmaster_protocol.equipment import Condition, Device
from stationmaster_protocol.scalars import stamp_of

LAMP = Device(id="lamp", kind="lamp", condition=Condition.OK, since=at(0))


def command(name: str = "c1", action: str = "test", expires: float = 1) -> Command:
    return Command(id=name, action=action, by="controller", expires=stamp_of(at(expires)))


def result(name: str = "c1", state: CommandState = CommandState.DONE, code: str | None = None) -> CommandResult:
    return CommandResult(id=name, state=state, at=at(0), code=code)


class Doer:
    """Does what the test says."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.outcome = lambda given: result(given.id)

    def command(self, given: Command):
        self.asked.append(given.id)
        return self.outcome(given)


class Desk:
    """A desk with a file that can be opened again."""

    def __init__(self, path, *, performer=True) -> None:
        self.path = path
        self.doer = Doer()
        self.performer = self.doer if performer else None
        self.said: list[tuple[str, str, str | None]] = []
        self.now = at(0)
        self.open()

    def open(self) -> None:
        self.store = Store.open(self.path, filter_class="all")
        self.desk = CommandDesk(
            self.store, self.performer, devices=lambda: [LAMP], now=lambda: self.now, send=self.send
        )

    def crash(self) -> None:
        self.store.close()
        self.open()

    def send(self, said: CommandResult) -> None:
        self.said.append((said.id, said.state.value, said.code))

    def take(self, *commands: Command) -> list[tuple[str, str, str | None]]:
        for given in commands:
            self.desk.take(given)
        said, self.said = self.said, []
        return said


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path / "agent.db")
    yield desk
    desk.store.close()


def test_done_once_and_answered_each_time(desk):
    """The same id again brings the same result and is not done again, also after a restart."""
    assert desk.take(command(), command()) == [("c1", "done", None)] * 2
    desk.crash()
    assert desk.take(command()) == [("c1", "done", None)]
    assert desk.doer.asked == ["c1"]


def test_what_takes_longer_is_accepted_first(desk):
    """While a command is under way it is accepted; when it is over, that is said without being asked."""
    waiting = Deferred()
    desk.doer.outcome = lambda _: waiting
    assert desk.take(command()) == [("c1", "accepted", None)]
    assert desk.take(command()) == [("c1", "accepted", None)]
    waiting.callback(result())
    assert desk.take() == [("c1", "done", None)]


def test_too_late_is_not_done(desk):
    """At its expiry by station time and from then on a command is expired; a moment before it is done."""
    desk.now = at(1)
    assert desk.take(command()) == [("c1", "expired", "expired")]
    assert desk.take(command("c2", expires=1.02)) == [("c2", "done", None)]
    assert desk.doer.asked == ["c2"]


def test_expiry_does_not_undo_a_result(desk):
    """Asked again after its expiry, a command that was done is still done."""
    desk.take(command())
    desk.now = at(5)
    assert desk.take(command()) == [("c1", "done", None)]


def test_a_device_that_is_not_there(desk):
    """A command for a device that the subsystem does not have is refused; the performer never hears of it."""
    given = replace(command(), devices=("lamp", "siren"))
    assert desk.take(given) == [("c1", "refused", "no-such-device")]
    assert desk.take(replace(command("c2"), devices=("lamp",))) == [("c2", "done", None)]
    assert desk.doer.asked == ["c2"]


def test_nobody_to_do_it(tmp_path):
    """A subsystem without a performer of commands refuses each."""
    desk = Desk(tmp_path / "agent.db", performer=False)
    assert desk.take(command()) == [("c1", "refused", "unknown-action")]
    desk.store.close()


def test_a_crash_in_the_middle_is_a_failure(desk):
    """A command that was begun and whose end is not known has failed, and is not begun again."""
    desk.doer.outcome = lambda _: Deferred()
    desk.take(command())
    desk.crash()
    assert desk.take(command()) == [("c1", "failed", "interrupted")]
    assert desk.doer.asked == ["c1"]


def test_it_is_on_disk_before_it_is_done(desk):
    """When the performer acts, the id is on the disk."""
    desk.doer.outcome = lambda given: (seen.extend(item.id for item in desk.store.commands()), result(given.id))[1]
    seen: list[str] = []
    desk.take(command())
    assert seen == ["c1"]


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize(
    ("error", "code"), [(StationError("unknown-action", "No.", "Ask."), "unknown-action"), (KeyError("x"), "internal")]
)
def test_a_performer_that_raises(desk, error, code, later, capsys):
    """An error of the station's kind is the result with its code; any other is the maker's fault and logged."""
    waiting = Deferred()

    def fail(_):
        if later:
            return waiting
        raise error

    desk.doer.outcome = fail
    said = desk.take(command())
    if later:
        assert said == [("c1", "accepted", None)]
        waiting.errback(error)
        said = desk.take()
    assert said == [("c1", "failed", code)]
    assert ("Traceback" in capsys.readouterr().out) is (code == "internal")


@pytest.mark.parametrize("answer", [result("other"), result(code="no such code"), result(state=CommandState.ACCEPTED)])
def test_a_performer_that_answers_nonsense(desk, answer):
    """A result that is of another command, or that cannot be sent, becomes a failure; `accepted` without an end too."""
    desk.doer.outcome = lambda _: answer
    assert desk.take(command()) == [("c1", "failed", "internal")]


def test_memory_is_bounded(desk, monkeypatch):
    """The newest are remembered, in memory and on disk; what is older is done anew if anybody asks for it."""
    monkeypatch.setattr("stationmaster_agent.store.COMMANDS", 10)
    monkeypatch.setattr("stationmaster_agent.commands.COMMANDS", 10)
    desk.take(*(command(f"c{number}") for number in range(25)))
    for _ in range(2):
        assert list(desk.desk._known) == [f"c{number}" for number in range(15, 25)]
        assert desk.desk.last.id == "c24"
        desk.crash()


def test_through_the_agent(tmp_path):
    """A command that the hub sends is done, and its result goes back on the same connection."""
    doer = Doer()
    world = World(tmp_path, commands=doer)
    world.hub.put(resource(announcement()))
    world.start()
    world.hub.say(command())
    world.settle()
    assert [item.state for item in world.hub.heard if isinstance(item, CommandResult)] == ["done"]
    assert world.agent.health().command.id == "c1"
    world.stop()
