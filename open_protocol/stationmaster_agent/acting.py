"""The desk's part that acts: what a person wishes is tried, done, remembered, and taken back if he wants.

What was done is remembered here for as long as the process runs, so that it can be taken back; the acts themselves are
on disk and in the hub's journal, whatever becomes of this memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from stationmaster_agent.outlook import Difference, differences, is_still
from stationmaster_agent.view import View
from stationmaster_agent.wishes import Wish, counterpart
from stationmaster_base.clock import StationClock
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_kernel.changes import Changes
from stationmaster_kernel.deeds import Delay, Handle, SetTrack, Unknown
from stationmaster_people.logins import Login

__all__ = ["Acting", "Done", "Tried", "Worker"]

_LOG = get_logger("desk")

REMEMBERED = 50


class Worker(Protocol):
    """The agent, as far as acts need it."""

    @property
    def view(self) -> View:
        """The station as it is known here and now."""

    def act(
        self,
        *,
        by: str,
        why: str = "",
        delays: Sequence[Delay] = (),
        unknowns: Sequence[Unknown] = (),
        tracks: Sequence[SetTrack] = (),
        handles: Sequence[Handle] = (),
    ) -> str:
        """Do it; see `Agent.act`."""

    def would(
        self,
        *,
        by: str,
        why: str = "",
        delays: Sequence[Delay] = (),
        unknowns: Sequence[Unknown] = (),
        tracks: Sequence[SetTrack] = (),
        handles: Sequence[Handle] = (),
    ) -> Changes:
        """What it would change; see `Agent.would`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a wish would change; `back` takes it back, if anything does."""

    changes: tuple[Difference, ...]
    back: Wish | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What somebody did here: `set_` is what his wish itself set, `undone` the act that took it back."""

    id: str
    at: Instant
    by: str
    why: str
    changes: tuple[Difference, ...]
    set_: tuple[Difference, ...]
    back: Wish | None
    undone: str = ""


class Acting:
    """Args:
    agent: does it.
    clock: station time.

    """

    def __init__(self, agent: Worker, clock: StationClock) -> None:
        self._agent = agent
        self._clock = clock
        self._done: deque[Done] = deque(maxlen=REMEMBERED)

    @property
    def done(self) -> tuple[Done, ...]:
        """What was done since the process began, the newest first; a few."""
        return tuple(reversed(self._done))

    def tried(self, by: Login, wish: Wish) -> Tried:
        """What would change; nothing does.

        Raises:
            StationError: it cannot be, in words for that person.

        """
        view = self._agent.view
        changes = self._agent.would(
            by=_name(by),
            why=wish.why,
            delays=wish.delays,
            unknowns=wish.unknowns,
            tracks=wish.tracks,
            handles=wish.handles,
        )
        return Tried(changes=differences(view, changes), back=counterpart(wish, view.calls, view.tasks))

    def do(self, by: Login, wish: Wish) -> Done:
        """Do it: it is on disk when this returns.

        Raises:
            StationError: it cannot be; nothing is changed.

        """
        return self._do(by, wish, undo=False)

    def undo(self, by: Login, act: str) -> Done:
        """Take an act back by its counterpart.

        Raises:
            StationError: `nothing-to-undo`: it is not known here, was taken back, cannot be, or something later has
                changed what it set.

        """
        found = next((each for each in self._done if each.id == act), None)
        if found is None or found.back is None or not self.can_undo(found):
            raise StationError(
                "nothing-to-undo", "This cannot be taken back here any more.", "Look at how it is now, and set it so."
            )
        made = self._do(by, found.back, undo=True)
        self._done[self._done.index(found)] = replace(found, back=None, undone=made.id)
        return made

    def can_undo(self, done: Done) -> bool:
        """Whether what an act set is still as it left it."""
        return done.back is not None and not done.undone and is_still(self._agent.view, done.set_)

    def _do(self, by: Login, wish: Wish, *, undo: bool) -> Done:
        tried = self.tried(by, wish)
        act = self._agent.act(
            by=_name(by),
            why=wish.why,
            delays=wish.delays,
            unknowns=wish.unknowns,
            tracks=wish.tracks,
            handles=wish.handles,
        )
        fields = wish.fields
        done = Done(
            id=act,
            at=Instant(int(self._clock.now())),
            by=by.name,
            why=wish.why,
            changes=tried.changes,
            set_=tuple(each for each in tried.changes if (each.kind, each.id, each.field) in fields),
            back=None if undo else tried.back,
        )
        self._done.append(done)
        _LOG.info("act-here", act=act, login=by.id, changes=len(tried.changes), undo=undo)
        return done


def _name(by: Login) -> str:
    return f"{by.name} ({by.id})"
