"""Commands on their way to subsystems, and what became of them.

A command is for this moment. It is sent to a subsystem that is connected, and not done at all after it has expired
(station time); it stands in no journal, but every one is in the log with who gave it and what came of it. The same id
again is the same command: nothing is sent twice, and the answer is what is known of it by now. A subsystem that comes
back is given again what it has not answered: that only asks it for its result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from twisted.internet.defer import Deferred, succeed

from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_protocol.commands import Command, CommandResult, CommandState
from stationmaster_protocol.hub_side import Grant
from stationmaster_protocol.scalars import seconds_of
from stationmaster_service.timer import Handle, StationTimer

__all__ = ["MOST_ORDERS", "CommandDesk", "Order", "Part", "Router"]

_LOG = get_logger("commands")

MOST_ORDERS = 1000
"""Orders that are remembered; the oldest that is over is forgotten first."""

MOST_OPEN = 200
"""Orders of one subsystem that are not over: it cannot keep others from giving theirs."""

LARGEST = 16_000
"""Characters of one subsystem's command."""

LONGEST_S = 86_400
"""Station seconds until a command expires, at the most."""

_FINAL = (CommandState.DONE, CommandState.FAILED)
"""What nobody has anything to add to; of what the hub took for expired its subsystem may still say what became."""

_OVER = (*_FINAL, CommandState.REFUSED, CommandState.EXPIRED)


class Router(Protocol):
    """The open protocol's server, as the desk sees it."""

    def command(self, identity: str, command: Command) -> bool:
        """Send a command; False if that subsystem is not connected."""

    def command_result(self, identity: str, result: CommandResult) -> bool:
        """Tell a client what became of the command that it gave; False if it is not connected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one subsystem is to do, and what is known of it; None: it has not answered yet."""

    identity: str
    command: Command
    result: CommandResult | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.result is not None and self.result.state in _OVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One command to one or more subsystems, given `at` station time.

    `giver` is the subsystem that gave it; empty for a person at the hub's own console.
    """

    id: str
    giver: str
    at: Instant
    parts: tuple[Part, ...]

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return all(part.over for part in self.parts)


class CommandDesk:
    """Takes commands, passes them on, and keeps what is known of them.

    Args:
        router: how to reach subsystems; None as long as the hub is not up.
        timer: station time, for expiry.
        now: station time.
        grant: what a subsystem may do; None if it has never been welcome.

    """

    def __init__(
        self,
        *,
        router: Callable[[], Router | None],
        timer: StationTimer,
        now: Callable[[], float],
        grant: Callable[[str], Grant | None],
    ) -> None:
        self._router = router
        self._timer = timer
        self._now = now
        self._grant = grant
        self._orders: dict[str, Order] = {}
        self._wires: dict[str, str] = {}
        self._handles: dict[str, Handle] = {}
        self._asking: dict[str, list[Deferred[CommandResult]]] = {}
        self._listeners: list[Callable[[Part, str], None]] = []

    def on_part(self, listener: Callable[[Part, str], None]) -> None:
        """Have `listener` told what each subsystem is to do, when it is given and when more is known; and by whom."""
        self._listeners.append(listener)

    # Giving commands.

    def give(self, order: str, commands: Mapping[str, Command], giver: str = "") -> Order | None:
        """Pass a command on to each of some subsystems; what is known of it at once.

        Args:
            order: its id; what has this id already is not given again.
            commands: what each is to do, by identity; their ids are set here.
            giver: the subsystem that gives it; empty for a person.

        Returns:
            the order; None if there are too many that are not over.

        """
        known = self._orders.get(order)
        if known is not None:
            return known
        if not self._make_room(giver):
            _LOG.warning("command-not-taken", command=order, todo="too many are under way; see why none is answered")
            return None
        parts = tuple(
            Part(identity=identity, command=replace(command, id=f"{order}/{identity}", identity=None))
            for identity, command in commands.items()
        )
        self._orders[order] = Order(id=order, giver=giver, at=self._instant(), parts=parts)
        for part in parts:
            self._wires[part.command.id] = order
            _LOG.info(
                "command",
                command=part.command.id,
                to=part.identity,
                action=part.command.action,
                by=part.command.by,
                giver=giver or "console",
                devices=part.command.devices,
                targets=part.command.targets,
            )
            self._heard(part, giver)
            self._send(part)
        return self._orders[order]

    def commanded(self, identity: str, command: Command) -> Deferred[CommandResult]:
        """A client's command for another subsystem; fires with the first that is known of it."""
        to = command.identity or ""
        order = f"{identity}/{command.id}"
        fault = "" if order in self._orders else self._fault(identity, to, command)
        if fault:
            _LOG.warning("command-refused", command=order, to=to, action=command.action, by=command.by, reason=fault)
            return succeed(self._result(command.id, CommandState.REFUSED, fault))
        first: Deferred[CommandResult] = Deferred()
        self._asking.setdefault(order, []).append(first)
        given = self.give(order, {to: command}, giver=identity)
        code = "too-many" if given is None else "id-used" if _other(given.parts[0], to, command) else ""
        if given is not None and not code and given.parts[0].result is not None:
            self._answer(given, given.parts[0].result)
        elif code:
            self._asking[order].remove(first)
            first.callback(self._result(command.id, CommandState.REFUSED, code))
        if not self._asking.get(order, True):
            del self._asking[order]
        return first

    # What subsystems say.

    def result(self, identity: str, result: CommandResult) -> None:
        """A subsystem says what became of a command that it was given."""
        part = self._part(result.id)
        if part is None or part.identity != identity:
            _LOG.warning("result-of-nothing", identity=identity, command=result.id, todo="see what it has done and why")
        elif part.result is None or part.result.state not in _FINAL:
            self._known(part, result)

    def returned(self, identity: str) -> None:
        """A subsystem has connected: what it has not answered is given to it again."""
        for order in list(self._orders.values()):
            for part in order.parts:
                if part.identity == identity and not part.over:
                    self._send(part)

    # What there is to see.

    def order(self, name: str) -> Order | None:
        """One command; None if it is not known, or no more."""
        return self._orders.get(name)

    def orders(self) -> Sequence[Order]:
        """All that are remembered, the newest first."""
        return list(self._orders.values())[::-1]

    # Inside.

    def _fault(self, identity: str, to: str, command: Command) -> str:
        """Why a subsystem may not give another this command; empty if it may."""
        grant, other = self._grant(identity), self._grant(to)
        if grant is None or not grant.commands:
            return "forbidden"
        if other is None:
            return "not-connected"
        if other.kind not in grant.commands:
            return "forbidden"
        if _size(command) > LARGEST:
            return "too-large"
        return "too-long" if seconds_of(command.expires) > self._now() + LONGEST_S else ""

    def _send(self, part: Part) -> None:
        wire, expires = part.command.id, seconds_of(part.command.expires)
        router = self._router()
        if part.result is None and expires <= self._now():
            self._known(part, self._result(wire, CommandState.EXPIRED, "too-late"))
        elif router is not None and router.command(part.identity, part.command):
            if part.result is None and wire not in self._handles:
                self._handles[wire] = self._timer.call_at(expires, lambda: self._expired(wire))
        elif part.result is None:
            self._known(part, self._result(wire, CommandState.REFUSED, "not-connected"))

    def _expired(self, wire: str) -> None:
        del self._handles[wire]
        part = self._part(wire)
        if part is not None and part.result is None:
            self._known(part, self._result(wire, CommandState.EXPIRED, "no-answer"))

    def _part(self, wire: str) -> Part | None:
        order = self._orders.get(self._wires.get(wire, ""))
        return None if order is None else next((each for each in order.parts if each.command.id == wire), None)

    def _known(self, part: Part, result: CommandResult) -> None:
        wire = part.command.id
        handle = self._handles.pop(wire, None)
        if handle is not None:
            handle.cancel()
        order = self._orders[self._wires[wire]]
        parts = tuple(replace(each, result=result) if each.command.id == wire else each for each in order.parts)
        order = self._orders[order.id] = replace(order, parts=parts)
        _LOG.info(
            "command-result",
            command=wire,
            identity=part.identity,
            state=result.state.value,
            code=result.code or "",
            detail=result.detail,
            by=part.command.by,
        )
        self._heard(replace(part, result=result), order.giver)
        self._tell(order, result)

    def _tell(self, order: Order, result: CommandResult) -> None:
        """Tell the client that gave it: as its answer if it waits for one, else as news."""
        router = self._router()
        if order.giver and not self._answer(order, result) and router is not None:
            router.command_result(order.giver, _own(order, result))

    def _heard(self, part: Part, giver: str) -> None:
        for listener in self._listeners:
            listener(part, giver)

    def _answer(self, order: Order, result: CommandResult) -> bool:
        """Answer all who wait for the first that is known; whether anybody did."""
        asking = self._asking.pop(order.id, [])
        for each in asking:
            each.callback(_own(order, result))
        return bool(asking)

    def _make_room(self, giver: str) -> bool:
        if giver and sum(order.giver == giver and not order.over for order in self._orders.values()) >= MOST_OPEN:
            return False
        if len(self._orders) < MOST_ORDERS:
            return True
        oldest = next((order for order in self._orders.values() if order.over), None)
        if oldest is None:
            return False
        del self._orders[oldest.id]
        for part in oldest.parts:
            del self._wires[part.command.id]
        return True

    def _result(self, name: str, state: CommandState, code: str) -> CommandResult:
        return CommandResult(id=name, state=state, at=self._instant(), code=code)

    def _instant(self) -> Instant:
        return Instant(int(self._now()))


def _own(order: Order, result: CommandResult) -> CommandResult:
    """A result under the id that the client gave."""
    return replace(result, id=order.id.removeprefix(f"{order.giver}/"))


def _other(part: Part, to: str, command: Command) -> bool:
    """Whether a command asks for something else than the one that has its id already."""
    return part.identity != to or part.command != replace(command, id=part.command.id, identity=None)


def _size(command: Command) -> int:
    texts = (command.id, command.by, *command.devices, *command.targets)
    return sum(map(len, texts)) + sum(len(each.name) + len(each.value) for each in command.parameters)
