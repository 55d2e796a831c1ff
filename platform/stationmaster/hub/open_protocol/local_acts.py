"""What people did at a subsystem's own page, on its way into the pipeline as acts like any other.

An act keeps its id, so that it counts once however often it is sent. One that the kernel refuses stands in the journal
with the reason, and is a warning for a while, because who did it may have believed that it held.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from twisted.internet.defer import Deferred, gatherResults, succeed

from stationmaster.hub.alarms.sign import Severity, Sign
from stationmaster.hub.batch import QUARANTINED
from stationmaster.hub.pipeline import Committed
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_kernel.deeds import Deed
from stationmaster_kernel.inputs import Act, Input
from stationmaster_protocol.commands import ActRefusal, LocalAct

__all__ = ["SHOWN_S", "LocalActs", "act_of"]

_LOG = get_logger("acts")

SHOWN_S = 900.0
"""Machine seconds for which a refused act is told."""

MOST_REFUSED = 100
LARGEST_MINUTES = 1_000_000
"""As for acts that come over the web."""


class Pipeline(Protocol):
    """The pipeline, as acts see it."""

    def put(self, given: Input, /) -> Deferred[Any]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refused:
    act: str
    answer: ActRefusal
    by: str
    at: Instant
    seconds: float


class LocalActs:
    """Takes acts in.

    Args:
        pipeline: where they go.
        now: station time.
        seconds: machine time.

    """

    def __init__(self, pipeline: Pipeline, now: Callable[[], float], seconds: Callable[[], float]) -> None:
        self._pipeline = pipeline
        self._now = now
        self._seconds = seconds
        self._refused: deque[_Refused] = deque(maxlen=MOST_REFUSED)

    def put(self, identity: str, acts: Sequence[LocalAct]) -> Deferred[tuple[ActRefusal, ...]]:
        """Put acts in, in their order; fires with the refusals when each is committed, was so before, or is refused."""
        at = Instant(int(self._now()))
        done = [self._put(identity, act, at) for act in acts]
        return gatherResults(done, consumeErrors=True).addCallback(lambda each: tuple(filter(None, each)))

    def signs(self) -> Iterator[Sign]:
        """The acts that were refused not long ago."""
        limit = self._seconds() - SHOWN_S
        while self._refused and self._refused[0].seconds < limit:
            self._refused.popleft()
        for refused in self._refused:
            yield Sign(
                id=f"act-refused/{refused.act}",
                severity=Severity.WARNING,
                zh=f"{refused.by} 的操作未被采纳: {refused.answer.why}",
                en=f"What {refused.by} did was refused: {refused.answer.why}",
                since=refused.at,
                after_s=0.0,
            )

    def _put(self, identity: str, local: LocalAct, at: Instant) -> Deferred[ActRefusal | None]:
        act = act_of(identity, local, at)
        problem = _problem(local)
        if problem:
            return succeed(self._refuse(act, ActRefusal(id=local.id, code="act-impossible", why=problem)))
        _LOG.info("local-act", identity=identity, act=act.id, by=local.by, done_at=local.at, deeds=len(act.deeds))
        done: Deferred[Committed | None] = self._pipeline.put(act)
        return done.addCallback(lambda committed: self._committed(local, act, committed))

    def _committed(self, local: LocalAct, act: Act, committed: Committed | None) -> ActRefusal | None:
        if committed is None:  # it was put in before: its answer may have been lost on its way
            return next((refused.answer for refused in self._refused if refused.act == act.id), None)
        if not committed.refused:
            return None
        notes = committed.stored.changes.notes
        detail = {key: value for note in notes if note.code == QUARANTINED for key, value in note.detail}
        code = detail.get("reason", QUARANTINED)
        why = detail.get("message", "") or code
        return self._refuse(act, ActRefusal(id=local.id, code=code, why=why))

    def _refuse(self, act: Act, answer: ActRefusal) -> ActRefusal:
        if all(refused.act != act.id for refused in self._refused):
            _LOG.warning("local-act-refused", act=act.id, by=act.by, reason=answer.why, todo="tell him; do it here")
            refused = _Refused(act=act.id, answer=answer, by=act.by, at=act.at, seconds=self._seconds())
            self._refused.append(refused)
        return answer


def act_of(identity: str, local: LocalAct, at: Instant) -> Act:
    """The kernel's input: it counts as of now, and locks what it sets as an operator's act does."""
    deeds: tuple[Deed, ...] = (*local.delays, *local.unknowns, *local.tracks, *local.handles)
    return Act(id=f"act/{identity}/{local.id}", at=at, by=f"{local.by} at {identity}", why=local.why, deeds=deeds)


def _problem(local: LocalAct) -> str:
    """Why an act cannot be put in at all; empty if it can."""
    if not (local.delays or local.unknowns or local.tracks or local.handles):
        return "Nothing is to be done."
    if any(abs(delay.minutes) > LARGEST_MINUTES for delay in local.delays):
        return "No train is late by so much."
    return ""
