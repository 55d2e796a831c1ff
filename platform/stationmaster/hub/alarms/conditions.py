"""How subsystems, lines, gateways and clocks are, and since when: what nobody else remembers.

Devices say themselves since when they are as they are. Of the rest the hub sees when it changes. That survives a
restart; what was as it is now when it was first looked at is so since before that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from stationmaster_base.times import Instant
from stationmaster_clock.judge import Verdict
from stationmaster_dmis.status import FeedStatus
from stationmaster_protocol.hub_side import SubscriberInfo

__all__ = [
    "ABSENT",
    "CONNECTED",
    "SUBSYSTEM",
    "ConditionBook",
    "KnownState",
    "clock_conditions",
    "line_conditions",
    "subsystem_conditions",
]

SUBSYSTEM = "subsystem"
CONNECTED = "connected"
ABSENT = "absent"

MOST = 5000
"""Things that are remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownState:
    """How something is, since a station time; None: since before the hub first looked.

    `kind` is `subsystem`, `feed`, `line`, `gateway`, `clock` or `clock-source`, `state` a word of that kind's own.
    `detail` is what else is to be remembered of it.
    """

    kind: str
    id: str
    state: str
    since: Instant | None = None
    detail: str = ""


Source = Callable[[], Iterable[KnownState]]


class ConditionBook:
    """Since when everything is as it is; to be asked to look about once a second.

    Args:
        now: station time.

    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._sources: list[Source] = []
        self._known: dict[tuple[str, str], KnownState] = {}
        self._before: dict[tuple[str, str], KnownState] = {}
        self._dirty: dict[tuple[str, str], KnownState | None] = {}

    def watch(self, source: Source) -> None:
        """Have `source` asked how something is; what it says of `since` does not count."""
        self._sources.append(source)

    def restore(self, conditions: Iterable[KnownState]) -> None:
        """Go on with what was known before a restart."""
        self._before = {(each.kind, each.id): each for each in conditions}

    def before(self, kind: str) -> Iterator[KnownState]:
        """What was known before the restart of things of a kind."""
        return (each for each in self._before.values() if each.kind == kind)

    def look(self) -> None:
        """Ask every source."""
        now = Instant(int(self._now()))
        seen: dict[tuple[str, str], KnownState] = {}
        for source in self._sources:
            for said in source():
                name = (said.kind, said.id)
                if len(seen) < MOST:
                    seen[name] = self._judged(said, self._known.get(name), now)
        for name, condition in seen.items():
            if self._known.get(name) != condition:
                self._dirty[name] = condition
        for name in self._known.keys() - seen.keys():
            self._dirty[name] = None
        self._known = seen

    def all(self) -> tuple[KnownState, ...]:
        """How everything is, by kind and name."""
        return tuple(self._known[name] for name in sorted(self._known))

    def find(self, kind: str, name: str) -> KnownState | None:
        """How one thing is."""
        return self._known.get((kind, name))

    def take_changes(self) -> dict[tuple[str, str], KnownState | None]:
        """What is different since the last time; None: it is no more."""
        dirty, self._dirty = self._dirty, {}
        return dirty

    def put_back(self, changes: dict[tuple[str, str], KnownState | None]) -> None:
        """They could not be written."""
        self._dirty = {**changes, **self._dirty}

    def rewrite(self) -> None:
        """Have everything written anew."""
        self._dirty.update(self._known)

    def _judged(self, said: KnownState, known: KnownState | None, now: Instant) -> KnownState:
        """What is said, with since when it is so."""
        if known is None:
            before = self._before.get((said.kind, said.id))
            if before is None:
                return replace(said, since=None)
            known = before
        detail = said.detail or known.detail
        return replace(said, since=known.since if known.state == said.state else now, detail=detail)


def subsystem_conditions(expected: Iterable[str], subscribers: Iterable[SubscriberInfo]) -> Iterator[KnownState]:
    """Who may connect, and who is connected; the detail is his kind and what he executes."""
    present = {info.identity: info for info in subscribers}
    for identity in sorted({*expected, *present}):
        info = present.get(identity)
        if info is None:
            yield KnownState(kind=SUBSYSTEM, id=identity, state=ABSENT)
        else:
            detail = " ".join((info.kind, *(kind.value for kind in info.executes)))
            yield KnownState(kind=SUBSYSTEM, id=identity, state=CONNECTED, detail=detail)


def line_conditions(status: FeedStatus | None) -> Iterator[KnownState]:
    """The feed's grade, which lines are open, and each gateway's grade."""
    if status is None:
        return
    yield KnownState(kind="feed", id="feed", state=status.grade.value)
    for line in status.lines:
        yield KnownState(kind="line", id=line.name, state="open" if line.is_open else "closed", detail=line.place)
        for gateway in line.gateways:
            yield KnownState(kind="gateway", id=f"{line.name}/{gateway.gateway}", state=gateway.grade.value)


def clock_conditions(verdict: Verdict | None) -> Iterator[KnownState]:
    """How the time is known, and what each master of time tells."""
    if verdict is None:
        return
    yield KnownState(kind="clock", id="clock", state=verdict.state.value, detail=verdict.source)
    for source in verdict.sources:
        yield KnownState(kind="clock-source", id=source.name, state=source.condition.value)
