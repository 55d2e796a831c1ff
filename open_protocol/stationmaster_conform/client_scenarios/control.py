"""What the hub tells a client to do now: commands, another hub, and that another has its identity."""

from __future__ import annotations

from collections.abc import Callable

from stationmaster_conform import clauses
from stationmaster_conform.client_scenarios.subject import link_of, tells
from stationmaster_conform.played_hub import PlayedHub
from stationmaster_conform.scenario import Scenario
from stationmaster_conform.verdict import Broken, NotApplicable
from stationmaster_conform.wire import Door
from stationmaster_conform.words import in_words
from stationmaster_protocol.commands import Command, CommandResult, CommandState
from stationmaster_protocol.messages import Bye, ByeReason, HubAddress, Level, Report
from stationmaster_protocol.scalars import Stamp

__all__ = ["SCENARIOS"]

OVER = (CommandState.DONE, CommandState.FAILED, CommandState.REFUSED, CommandState.EXPIRED)
SECOND = 1_000_000

LEAST_WAIT_S, LONG_WAIT_S = 0.05, 15.0
"""What is no wait at all, and what is so long a wait that it need not grow any more."""

MOST_WAITS = 4


def command(hub: PlayedHub) -> None:
    """A command is answered: it is done, or it is said why not; and the same id again gives the same answer again."""
    hub.whole()
    given = _command(hub, hub.options.action, 30)
    first = _result(hub, given)
    again = _result(hub, given, again=True)
    if (again.state, again.code) != (first.state, first.code) or again.at != first.at:
        raise Broken(
            clauses.COMMAND_AGAIN, expected=in_words(first), came=in_words(again), sent=f"{in_words(given)}, twice"
        )


def expired(hub: PlayedHub) -> None:
    """A command that has expired is not done."""
    hub.whole()
    given = _command(hub, hub.options.action, -5)
    _ends_as(hub, given, clauses.COMMAND_EXPIRED, CommandState.EXPIRED)


def unknown(hub: PlayedHub) -> None:
    """An action that the client does not know is refused, with a code."""
    hub.whole()
    given = _command(hub, "conform.unknown-action", 30)
    _ends_as(hub, given, clauses.COMMAND_REFUSED, CommandState.REFUSED, coded=True)


def foreign(hub: PlayedHub) -> None:
    """A command for a device that the client does not have is refused, with a code."""
    hub.whole()
    given = _command(hub, hub.options.action, 30, devices=("conform-no-such-device",))
    _ends_as(hub, given, clauses.COMMAND_REFUSED, CommandState.REFUSED, coded=True)


def redirect(hub: PlayedHub) -> None:
    """The client is sent to another hub: it connects there. How soon it returns from there is its own affair."""
    hub.whole()
    first = hub.door
    second = Door(first.host, 0, hub.machine)
    try:
        hub.leave(Bye(reason=ByeReason.REDIRECTED, hubs=(HubAddress(host=first.host, port=second.port),)))
        first.shut()
        hub.door = second
        hub.wait(
            lambda: hub.link is not None and hub.link.subscribed,
            clauses.REDIRECT,
            f"a connection to {first.host}:{second.port}, which the bye named",
            within=hub.options.patience.return_s,
        )
        hub.whole(clauses.REDIRECT)
    finally:
        hub.drop()
        second.shut()
        hub.door = first
        first.open()


def replaced(hub: PlayedHub) -> None:
    """Another has the client's identity: it waits before it connects again, each time longer.

    A busy machine adds to any wait, so one that is no longer than the first is given another try.
    """
    hub.whole()
    hub.manners.subscribes = False
    waits: list[float] = []
    while len(waits) < 2 or (len(waits) < MOST_WAITS and not _grew(waits)):
        left = hub.machine.monotonic()
        count = len(hub.knocks)
        hub.leave(Bye(reason=ByeReason.REPLACED))
        hub.wait(_knocked(hub, count), clauses.RECONNECT, "a new connection", within=hub.options.patience.return_s)
        waits.append(hub.knocks[count] - left)
        hub.wait(lambda: hub.link is not None and bool(hub.link.version), clauses.HELLO, "hello on the new connection")
    hub.manners.subscribes = True
    if waits[0] < LEAST_WAIT_S or not _grew(waits):
        raise Broken(
            clauses.REPLACED,
            expected="a wait before each new connection, each longer than the one before",
            came=f"new connections after {', '.join(f'{wait:.2f}' for wait in waits)} s",
            sent=f"bye replaced, {len(waits)} times",
        )
    hub.drop()
    hub.whole()


def _grew(waits: list[float]) -> bool:
    return waits[-1] > waits[0] or waits[0] >= LONG_WAIT_S


def acts(hub: PlayedHub) -> None:
    """What people enter at the client's page comes as acts, with ids that are never used again."""
    link = hub.whole()
    level = hub.options.level or (link.hello.level.value if link.hello is not None else Level.A.value)
    if level == Level.A.value:
        raise NotApplicable("level B only: a client of level A takes in nothing from people")
    found = [act for message in link.heard if isinstance(message, Report) for act in message.acts]
    if not found:
        raise NotApplicable("nobody entered anything at its page while the kit watched")
    if len({act.id for act in found}) != len(set(found)):
        raise Broken(clauses.ACTS, expected="an id of its own for each act", came=repr(found)[:300])


def _knocked(hub: PlayedHub, count: int) -> Callable[[], bool]:
    return lambda: len(hub.knocks) > count


def _command(hub: PlayedHub, action: str, seconds: int, devices: tuple[str, ...] = ()) -> Command:
    if not tells(hub):
        raise NotApplicable("it tells of no devices, so that there is nothing to command")
    expires = Stamp(hub.clock.stamp() + seconds * SECOND)
    given = Command(id=hub.name("command"), action=action, by="conformance kit", expires=expires, devices=devices)
    hub.tell(given)
    return given


def _result(hub: PlayedHub, given: Command, *, again: bool = False) -> CommandResult:
    clause = clauses.COMMAND_AGAIN if again else clauses.COMMAND
    seen = _results(hub, given)
    if again:
        hub.tell(given)

    def result() -> CommandResult | None:
        found = _results(hub, given)
        later = found[len(seen) :] if again else found
        return next((one for one in later if one.state in OVER), None)

    return hub.wait(result, clause, f"command-result {given.id}" + (", once more" if again else ""))


def _results(hub: PlayedHub, given: Command) -> list[CommandResult]:
    return [one for one in link_of(hub).heard if isinstance(one, CommandResult) and one.id == given.id]


def _ends_as(hub: PlayedHub, given: Command, clause: str, state: CommandState, *, coded: bool = False) -> None:
    result = hub.wait(
        lambda: next(iter(_results(hub, given)), None), clause, f"command-result {given.id} with state {state}"
    )
    if result.state is not state:
        raise Broken(clause, expected=f"state {state}", came=in_words(result), sent=in_words(given))
    if coded and result.code is None:
        raise Broken(clause, expected=f"state {state} and a code", came=in_words(result), sent=in_words(given))


SCENARIOS = (
    Scenario(
        name="command",
        title="a command, and the same again",
        clauses=(clauses.COMMAND, clauses.COMMAND_AGAIN),
        play=command,
    ),
    Scenario(
        name="command-expired", title="a command that has expired", clauses=(clauses.COMMAND_EXPIRED,), play=expired
    ),
    Scenario(name="command-unknown", title="an unknown action", clauses=(clauses.COMMAND_REFUSED,), play=unknown),
    Scenario(
        name="command-foreign",
        title="a command for an unknown device",
        clauses=(clauses.COMMAND_REFUSED,),
        play=foreign,
    ),
    Scenario(name="acts", title="what people enter at its page", clauses=(clauses.ACTS,), play=acts),
    Scenario(name="replaced", title="another has its identity", clauses=(clauses.REPLACED,), play=replaced),
    Scenario(name="redirect", title="sent to another hub", clauses=(clauses.REDIRECT,), play=redirect),
)
