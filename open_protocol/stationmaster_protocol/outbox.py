"""What waits to be sent to one subscriber, and how little of it that may be.

The connection says when it can take more. Answers go first; then the parts of a snapshot; then what has been published
meanwhile, and a heartbeat that proves the whole. When that grows beyond its limit it is thrown away, and once the
connection takes again, a fresh snapshot makes up for it: the latest state wins, and a slow subscriber costs a bounded
amount of memory. What is told besides, and not published, never waits at all: who did not take it is told the whole
after everything else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from stationmaster_protocol.filter_class import Framed, SnapshotParts, Unsendable
from stationmaster_protocol.messages import Snapshot

__all__ = ["Outbox"]

_AT_ONCE = 64 * 1024
"""Bytes that go to the connection in one piece."""


class Outbox:
    """Args:
    limit: bytes of published messages that may wait.
    write: hands messages to the connection.
    fresh: begins a fresh snapshot; None if there is none to be had right now, `pump` is then called later.
    proof: the heartbeat to follow a snapshot and what was published meanwhile; None if there is to be none now.
    unsendable: is told which resource cannot be sent; the next fresh snapshot is to be without it.

    """

    def __init__(
        self,
        *,
        limit: int,
        write: Callable[[list[Framed]], None],
        fresh: Callable[[], SnapshotParts | None],
        proof: Callable[[], Framed | None],
        unsendable: Callable[[Unsendable], None],
    ) -> None:
        self._limit = limit
        self._write = write
        self._fresh = fresh
        self._proof = proof
        self._unsendable = unsendable
        self._answers: deque[Framed] = deque()
        self._published: deque[Framed] = deque()
        self._whole: Callable[[], list[Framed]] | None = None
        self._telling: deque[Framed] = deque()
        self._untold = False
        self._snapshot: SnapshotParts | None = None
        self._part = 0
        self._paused = False
        self._open = True
        self.queued = 0
        self.behind = False
        self.snapshots = 0

    @property
    def level(self) -> bool:
        """Whether everything has been handed to the connection."""
        return not (self._answers or self._published or self._snapshot or self.behind)

    @property
    def stuck(self) -> bool:
        """Whether answers wait: the client asks faster than it listens."""
        return bool(self._answers)

    @property
    def answers(self) -> int:
        """How many answers wait."""
        return len(self._answers)

    @property
    def paused(self) -> bool:
        """Whether the connection takes no more for now."""
        return self._paused

    @property
    def idle(self) -> bool:
        """Whether something sent now would go out at once."""
        return self.level and not self._paused

    def answer(self, framed: Framed) -> None:
        """Send as soon as the connection takes anything."""
        self._answers.append(framed)
        self.pump()

    def publish(self, framed: Framed) -> None:
        """Send in its turn, unless a fresh snapshot will make it needless."""
        if self.behind:
            return
        if self._open and not (self._published or self._paused or self._answers or self._snapshot):
            # The usual case, a thousand times for one update: nothing waits.
            self._write([framed])
            return
        if self.queued + len(framed.frame) > self._limit and self._published:
            self.restart(later=True)
        else:
            self._append(framed)
        self.pump()

    def watch(self, whole: Callable[[], list[Framed]] | None) -> None:
        """Send besides what `whole` gives, once everything else is out, and then what is told; None: no more of it."""
        self._whole = whole
        self._telling.clear()
        self._untold = whole is not None

    def tell(self, frames: list[Framed]) -> None:
        """What is different since the whole: sent at once, or the whole again later."""
        if self._untold or self._telling or not self.idle:
            self._untold = self._whole is not None
        elif frames and self._open:
            self._write(frames)

    def restart(self, *, later: bool = False) -> None:
        """Forget what waits; a fresh snapshot follows, after the one that is under way if `later`."""
        self._published.clear()
        self.queued = 0
        if not later:
            self._snapshot = None
        self.behind = True

    def clear(self) -> None:
        """Forget what waits, without a snapshot to follow."""
        self.restart()
        self.behind = False

    def close(self) -> None:
        """Send nothing more, ever."""
        self._open = False
        self.watch(None)
        self.clear()
        self._answers.clear()

    def pause(self) -> None:
        """The connection takes no more for now."""
        self._paused = True

    def resume(self) -> None:
        """The connection takes more."""
        self._paused = False
        self.pump()

    def pump(self) -> None:
        """Send what can be sent now."""
        while self._open and not self._paused:
            batch: list[Framed] = []
            size = 0
            while size < _AT_ONCE and (framed := self._next()) is not None:
                batch.append(framed)
                size += len(framed.frame)
            if not batch:
                return
            self._write(batch)

    def _append(self, framed: Framed) -> None:
        self._published.append(framed)
        self.queued += len(framed.frame)

    def _next(self) -> Framed | None:
        if self._answers:
            return self._answers.popleft()
        while self._snapshot is not None or self.behind:
            if self._snapshot is None and not self._begin():
                return None
            framed = self._next_part()
            if framed is not None:
                return framed
        if self._published:
            framed = self._published.popleft()
            self.queued -= len(framed.frame)
            return framed
        return self._next_told() if self._whole is not None else None

    def _next_told(self) -> Framed | None:
        if self._untold and not self._telling and self._whole is not None:
            self._untold = False
            self._telling.extend(self._whole())
        return self._telling.popleft() if self._telling else None

    def _begin(self) -> bool:
        self._snapshot = self._fresh()
        if self._snapshot is None:
            return False
        self.behind = False
        self._part = 0
        self.snapshots += 1
        return True

    def _next_part(self) -> Framed | None:
        """The next part; None if it cannot be made, and the snapshot is begun anew."""
        if self._snapshot is None:
            return None
        try:
            framed = self._snapshot.part(self._part + 1)
        except Unsendable as fault:
            self.restart()
            self._unsendable(fault)
            return None
        self._part += 1
        if isinstance(framed.message, Snapshot) and framed.message.last:
            self._snapshot = None
            if not self.behind and (proof := self._proof()) is not None:
                self._append(proof)
        return framed
