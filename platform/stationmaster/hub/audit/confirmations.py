"""What needs two persons: it waits until another one who may do it too has confirmed it, and is done then.

Which deeds and commands do is a setting; without it nothing waits. A request waits in memory for some minutes of
machine time. It is not kept over a restart of the hub: who asked sends it again, and is asked for anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from twisted.internet.defer import Deferred

from stationmaster.hub.audit.audit_log import AuditLog
from stationmaster.hub.people.askers import Asker
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant
from stationmaster_kernel.deeds import Announce, Deed, Show
from stationmaster_service.interfaces import DelayedCall, MachineTime, WebRequest

__all__ = [
    "EMERGENCY",
    "Confirmation",
    "ConfirmationBody",
    "ConfirmationBook",
    "ConfirmationState",
    "Hold",
    "Wanted",
    "kinds_of_command",
    "kinds_of_deeds",
    "nothing_held",
    "words_of_deeds",
]

EMERGENCY = "emergency"
"""Emergency commands, and deeds with a priority of emergencies."""

FIRST_ORDINARY = 10
"""Announcements and texts of a smaller priority are emergencies; see docs/web-boards.md."""

_MOST = 200


class ConfirmationState(StrEnum):
    """What became of a request."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody wants done.

    `digest` tells it from anything else with the same `id`; `check` raises for who may not do it either; `perform` does
    it, and its Deferred fires with what answers a request for it.
    """

    id: str
    kinds: frozenset[str]
    words: str
    why: str
    digest: str
    check: Callable[[Asker], None] = field(repr=False)
    perform: Callable[[], Deferred[Any]] = field(repr=False)


Hold = Callable[[WebRequest, Asker, Wanted], bytes | None]
"""What answers who wants something done that needs a second person; None: it may be done."""


def nothing_held(request: WebRequest, asker: Asker, wanted: Wanted) -> None:
    """Everything may be done by one person."""
    del request, asker, wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A request that waits, or has waited, for a second person. `until_s` is machine time."""

    id: str
    at: Instant
    by: str
    login: str
    words: str
    why: str
    state: ConfirmationState
    until_s: float
    other: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationBody:
    """What `by` wants done, and what became of it; `left_s` seconds are left, `other` is who decided."""

    id: str
    at: Instant
    by: str
    login: str
    words: str
    why: str
    state: ConfirmationState
    left_s: int
    other: str


class ConfirmationBook:
    """The requests.

    Args:
        kinds: what needs two persons; nothing: nothing does.
        minutes: for how long a request waits.
        log: where everything is recorded.
        now: station time.
        reactor: machine time.

    """

    def __init__(
        self, *, kinds: frozenset[str], minutes: int, log: AuditLog, now: Callable[[], float], reactor: MachineTime
    ) -> None:
        self._kinds = kinds
        self._patience_s = 60.0 * minutes
        self._log = log
        self._now = now
        self._reactor = reactor
        self._requests: dict[str, Confirmation] = {}
        self._wanted: dict[str, Wanted] = {}
        self._outcomes: dict[str, Any] = {}
        self._ends: dict[str, DelayedCall] = {}
        self._listeners: list[Callable[[], None]] = []

    def on_change(self, listener: Callable[[], None]) -> None:
        """Have `listener` called whenever something waits that did not, or no longer does."""
        self._listeners.append(listener)

    def needs(self, kinds: Iterable[str]) -> bool:
        """Whether any of these needs two persons."""
        return not self._kinds.isdisjoint(kinds)

    def waiting(self) -> tuple[Confirmation, ...]:
        """All that wait, the oldest first."""
        return tuple(each for each in self._requests.values() if each.state is ConfirmationState.WAITING)

    def all(self) -> tuple[Confirmation, ...]:
        """All that are remembered, the oldest first."""
        return tuple(self._requests.values())

    def left_s(self, request: Confirmation) -> int:
        """Machine seconds for which a request still waits."""
        waits = request.state is ConfirmationState.WAITING
        return max(0, round(request.until_s - self._reactor.seconds())) if waits else 0

    def told(self, request: Confirmation) -> ConfirmationBody:
        """A request as it is told."""
        return ConfirmationBody(
            id=request.id,
            at=request.at,
            by=request.by,
            login=request.login,
            words=request.words,
            why=request.why,
            state=request.state,
            left_s=self.left_s(request),
            other=request.other,
        )

    def ask(self, asker: Asker, wanted: Wanted) -> Confirmation | None:
        """Have it wait, or see what became of it; None: it needs nobody else.

        Raises:
            StationError: `confirmation-differs` if something else has this id, `too-many` if too many wait.

        """
        if not self.needs(wanted.kinds):
            return None
        known = self._requests.get(wanted.id)
        if known is not None:
            if self._wanted[wanted.id].digest != wanted.digest or (known.by, known.login) != (asker.name, asker.login):
                raise StationError("confirmation-differs", "Something else has this id.", "Use a new id.")
            return known
        self._make_room()
        made = Confirmation(
            id=wanted.id,
            at=Instant(int(self._now())),
            by=asker.name,
            login=asker.login,
            words=wanted.words,
            why=wanted.why,
            state=ConfirmationState.WAITING,
            until_s=self._reactor.seconds() + self._patience_s,
        )
        self._requests[made.id], self._wanted[made.id] = made, wanted
        self._ends[made.id] = self._reactor.callLater(self._patience_s, lambda: self._end(made.id))
        self._record("confirmation-asked", asker, made)
        self._tell()
        return made

    def outcome(self, item: str) -> Any:
        """What answers who asked, once it was done; None before."""
        return self._outcomes.get(item)

    def decide(self, item: str, asker: Asker, *, confirm: bool) -> Deferred[Any] | None:
        """Another person confirms or refuses it, or who asked withdraws it.

        Returns:
            fires with what came of it when it was confirmed; None where nothing is done.

        Raises:
            StationError: `no-such-confirmation`, `not-waiting`, `not-yourself`, `not-a-person`, `not-allowed`.

        """
        known = self._requests.get(item)
        if known is None:
            raise StationError("no-such-confirmation", f"Nothing waits under {item:.64}.", "See what waits.")
        if known.state is not ConfirmationState.WAITING:
            raise StationError("not-waiting", f"It is {known.state} already.", "See what waits.")
        own = (asker.login and asker.login == known.login) or asker.name == known.by
        if own and not confirm:
            self._close(known, ConfirmationState.WITHDRAWN, asker)
            return None
        if own:
            raise StationError("not-yourself", "Who asks does not confirm.", "Have another person do it.")
        if not asker.login:
            raise StationError("not-a-person", "A token is no second person.", "Log in with an account.")
        wanted = self._wanted[item]
        wanted.check(asker)
        if not confirm:
            self._close(known, ConfirmationState.REFUSED, asker)
            return None
        self._close(known, ConfirmationState.CONFIRMED, asker)
        return wanted.perform().addCallback(lambda outcome: self._done(item, outcome))

    def _done(self, item: str, outcome: Any) -> Any:
        self._outcomes[item] = outcome
        return outcome

    def _end(self, item: str) -> None:
        self._close(self._requests[item], ConfirmationState.EXPIRED, Asker(name=""))

    def _close(self, known: Confirmation, state: ConfirmationState, asker: Asker) -> None:
        end = self._ends.pop(known.id)
        if end.active():
            end.cancel()
        self._requests[known.id] = replace(known, state=state, other=asker.name)
        self._record(f"confirmation-{state}", asker, known)
        self._tell()

    def _make_room(self) -> None:
        if len(self._requests) < _MOST:
            return
        over = next((each.id for each in self._requests.values() if each.id not in self._ends), None)
        if over is None:
            raise StationError("too-many", "Too many requests wait for a second person.", "Decide on some.")
        del self._requests[over], self._wanted[over]
        self._outcomes.pop(over, None)

    def _record(self, kind: str, asker: Asker, known: Confirmation) -> None:
        self._log.record(
            kind,
            who=asker.name,
            login=asker.login,
            subject=f"{known.id} of {known.by}",
            words=known.words,
            why=known.why,
        )

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()


def kinds_of_deeds(deeds: Iterable[Deed]) -> frozenset[str]:
    """The words by which a setting can mean these deeds: their tags, and `emergency`."""
    found = set()
    for deed in deeds:
        found.add(deed.TAG)
        if isinstance(deed, Announce | Show) and deed.priority < FIRST_ORDINARY:
            found.add(EMERGENCY)
    return frozenset(found)


def words_of_deeds(deeds: Iterable[Deed]) -> str:
    """What deeds do, for who has to confirm it: of what is said and shown, where and in which words."""
    return "; ".join(dict.fromkeys(_words(deed) for deed in deeds))


def _words(deed: Deed) -> str:
    call = getattr(deed, "call", "")
    if not isinstance(deed, Announce | Show):
        return f"{deed.TAG} {call}".rstrip()
    texts = " / ".join(each.text for each in deed.texts)
    said = " ".join(part for part in (getattr(deed, "template", ""), call, texts) if part)
    return f"{deed.TAG} {', '.join(deed.targets)}: {said}"


def kinds_of_command(action: str) -> frozenset[str]:
    """The words by which a setting can mean a command: `command:` and its action, and `emergency`."""
    return frozenset({f"command:{action}", *((EMERGENCY,) if action == EMERGENCY else ())})
