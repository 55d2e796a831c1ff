"""The pipeline: the one way by which anything in the hub changes.

Inputs wait in order; those that wait together go to the writer as one batch, and one batch is with the writer at a
time. When it is committed, its state becomes the hub's state, its entries are published, and its inputs are
acknowledged, in this order. So nothing is published that is not committed, and after a crash everything that was
committed is in the journal, from which subscribers resume. While the database is away, inputs wait, and the batch is
tried again with growing pauses. If it comes back empty or as an older copy, the state that was published is written
into it as the beginning of a new epoch, and the inputs follow.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from twisted.internet.defer import Deferred, succeed
from twisted.python.failure import Failure

from stationmaster.hub.metrics import HubMetrics
from stationmaster.hub.storage.journal import JournalEntry
from stationmaster.hub.storage.store import Loaded, Probe, Recorded, Store, Stored, StoreDown
from stationmaster.hub.writer import InThread, NewBeginning, Work, Writer
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_kernel.inputs import Input
from stationmaster_kernel.state import State
from stationmaster_protocol.messages import Position
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["Committed", "Pipeline"]

_LOG = get_logger("pipeline")

MOST_INPUTS = 256
"""Inputs in one batch; more wait for the next, so that no transaction grows without bound."""

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0

TAIL = 2000
TAIL_PUTS = 5000
"""Journal entries, and resources in them, that are kept in memory for subscribers that resume; who has been away for
longer is served with a snapshot, which then costs less."""

TAIL_SIZE = 2_000_000
"""Characters of journal that are read back for them at the start."""

Listener = Callable[[Sequence["Committed"]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """One journal entry that is on disk; `refused` tells that its input was quarantined."""

    stored: Stored
    input_id: str
    input_kind: str
    refused: bool


@dataclass(slots=True, kw_only=True)
class _Waiting:
    given: Input
    done: Deferred[Committed | None]


class Pipeline:
    """The hub's state, and the queue of what will change it.

    Args:
        store: the database; used through `in_thread` alone.
        writer: makes and commits batches; used through `in_thread` alone.
        in_thread: the writer's thread.
        reactor: machine time, for pauses.
        state: the state until the store is open.
        metrics: where to count.
        fail: told an error that ends the hub.
        probe: told the points that the pipeline passes.
        stamp: gives each input as it is to be put in.

    """

    def __init__(
        self,
        *,
        store: Store,
        writer: Writer,
        in_thread: InThread,
        reactor: MachineTime,
        state: State,
        metrics: HubMetrics,
        fail: Callable[[StationError], None],
        probe: Probe = lambda _: None,
        stamp: Callable[[Input], Input] = lambda given: given,
    ) -> None:
        self._stamp = stamp
        self.state = state
        self.position = Position(epoch="none", sequence=0, hash="")
        self.fresh = False
        """Whether the store held nothing when it was opened."""
        self.trouble = "the database is not open yet"
        """Why nothing can be committed now; empty if all is well."""
        self._store = store
        self._writer = writer
        self._in_thread = in_thread
        self._reactor = reactor
        self._metrics = metrics
        self._fail = fail
        self._probe = probe
        self._listeners: list[Listener] = []
        self._at_beginnings: list[Callable[[], None]] = []
        self._waiting: deque[_Waiting] = deque()
        self._with_writer: list[_Waiting] = []
        self._idle: list[Deferred[None]] = []
        self._tail: deque[Stored] = deque()
        self._tail_puts = 0
        self._open = False
        self._stopped = False
        self._pause = FIRST_PAUSE_S
        self._retry: DelayedCall | None = None

    # Life

    def open(self) -> Deferred[Loaded]:
        """Open the store, however long that takes; fires with what it held. Inputs may be put before."""
        opened: Deferred[Loaded] = Deferred()
        self._try_open(opened)
        return opened

    def stop(self) -> Deferred[None]:
        """Take no more, and fire when the writer has nothing left in hand. What waits stays unacknowledged."""
        self._stopped = True
        self._waiting.clear()
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
            self._with_writer.clear()
        return self.when_idle() if self._with_writer else succeed(None)

    # Inputs

    def put(self, given: Input) -> Deferred[Committed | None]:
        """Put an input in; fires with its journal entry when it is committed or quarantined.

        It fires with None for an input that says nothing new, and for one that was committed before: `recorded` tells
        what came of that.
        """
        done: Deferred[Committed | None] = Deferred()
        if not self._stopped:
            self._waiting.append(_Waiting(given=self._stamp(given), done=done))
            self._pump()
        return done

    @property
    def waiting(self) -> int:
        """Inputs that are not yet committed."""
        return len(self._waiting) + len(self._with_writer)

    @property
    def idle(self) -> bool:
        """Whether the store is open and everything that was put in is committed and published."""
        return self._open and not self.waiting

    def when_idle(self) -> Deferred[None]:
        """Fires as soon as `idle` holds, or when the writer has finished after `stop`."""
        if self.idle:
            return succeed(None)
        waiting: Deferred[None] = Deferred()
        self._idle.append(waiting)
        return waiting

    def recorded(self, input_id: str) -> Deferred[Recorded | None]:
        """What the journal says of an input; None if it has none of this id, or no longer what came of it.

        Fails with `StoreDown` while the database cannot be used.
        """
        return self._in_thread(lambda: self._store.recorded(input_id))

    # Outcomes

    def on_commit(self, listener: Listener) -> None:
        """Have each batch's entries told to `listener`, after the state has been adopted."""
        self._listeners.append(listener)

    def on_new_beginning(self, listener: Callable[[], None]) -> None:
        """Have `listener` called when the position has become another one without any entry leading there."""
        self._at_beginnings.append(listener)

    def entries_after(self, sequence: int) -> tuple[Stored, ...] | None:
        """The entries of this epoch after `sequence`, oldest first; None if they are more than is kept in memory."""
        if sequence == self.position.sequence:
            return ()
        if sequence > self.position.sequence or not self._tail or sequence < self._tail[0].sequence - 1:
            return None
        return tuple(entry for entry in self._tail if entry.sequence > sequence)

    # Inside

    def _try_open(self, opened: Deferred[Loaded]) -> None:
        self._retry = None
        self._in_thread(lambda: self._store.open(TAIL, TAIL_SIZE)).addCallbacks(
            self._opened, self._not_opened, (opened,), {}, (opened,)
        )

    def _opened(self, loaded: Loaded, opened: Deferred[Loaded]) -> None:
        if self._stopped:
            return
        if loaded.fault:
            _LOG.warning(
                "new-epoch", epoch=loaded.position.epoch, reason=loaded.fault, todo="find out who changed the database"
            )
        self._recovered()
        self.fresh = loaded.state is None
        self.state = self.state if loaded.state is None else loaded.state
        self.position = loaded.position
        for entry in loaded.tail:
            self._remember(entry)
        self._open = True
        opened.callback(loaded)
        self._pump()
        self._tell_idle()

    def _not_opened(self, failure: Failure, opened: Deferred[Loaded]) -> None:
        self._after_failure(failure, lambda: self._try_open(opened))

    def _pump(self) -> None:
        if self._with_writer or not self._open or not self._waiting:
            return
        while self._waiting and len(self._with_writer) < MOST_INPUTS:
            self._with_writer.append(self._waiting.popleft())
        self._hand_over()

    def _hand_over(self) -> None:
        self._retry = None
        state, position = self.state, self.position
        inputs = tuple(item.given for item in self._with_writer)
        working = self._in_thread(lambda: self._writer.work(state, position, inputs))
        working.addCallbacks(self._worked, self._not_committed).addErrback(self._broke)

    def _worked(self, work: Work | NewBeginning) -> None:
        self._recovered()
        if isinstance(work, NewBeginning):
            self._begin_again(work)
        else:
            self._adopt(work)

    def _begin_again(self, beginning: NewBeginning) -> None:
        _LOG.error(
            "database-begun-again",
            reason=beginning.why,
            epoch=beginning.position.epoch,
            todo="find out what happened to the database; the state is whole, the journal before this is not in it",
        )
        self.position = beginning.position
        self._tail.clear()
        self._tail_puts = 0
        for listener in self._at_beginnings:
            listener()
        self._hand_over()

    def _adopt(self, work: Work) -> None:
        batch = work.batch
        done, self._with_writer = self._with_writer, []
        self.state = batch.state
        self.position = batch.head
        committed = tuple(_committed(entry) for entry in batch.entries)
        if committed:
            for each in committed:
                self._remember(each.stored)
            self._metrics.committed(work)
            for listener in self._listeners:
                self._tell(listener, committed)
            self._probe("after-publish")
        outcomes = {each.input_id: each for each in committed}
        for item in done:
            item.done.callback(outcomes.get(item.given.id))
        self._pump()
        self._tell_idle()

    def _not_committed(self, failure: Failure) -> None:
        self._after_failure(failure, self._hand_over)

    def _after_failure(self, failure: Failure, again: Callable[[], None]) -> None:
        error = failure.value
        if self._stopped:
            self._with_writer.clear()
            self._tell_idle()
        elif isinstance(error, StoreDown):
            if self.trouble != str(error):
                _LOG.error("store-down", problem=error.message, todo=error.hint, inputs="wait, and none is lost")
            self.trouble = str(error)
            self._retry = self._reactor.callLater(self._pause, again)
            self._pause = min(self._pause * 2, LONGEST_PAUSE_S)
        elif isinstance(error, StationError):
            self._end(error)
        else:
            self._broke(failure)

    def _broke(self, failure: Failure) -> None:
        _LOG.error("pipeline-failed", problem=failure.getTraceback())
        self._end(StationError("hub-fault", f"The hub cannot go on: {failure.value!r}.", "Report this with the log."))

    def _end(self, error: StationError) -> None:
        self.trouble = str(error)
        self._stopped = True
        self._waiting.clear()
        self._with_writer.clear()
        self._fail(error)

    def _recovered(self) -> None:
        if self._pause != FIRST_PAUSE_S:
            _LOG.info("store-up")
        self.trouble = ""
        self._pause = FIRST_PAUSE_S

    def _tell(self, listener: Listener, committed: Sequence[Committed]) -> None:
        try:
            listener(committed)
        except Exception:
            _LOG.exception("listener-failed", listener=getattr(listener, "__qualname__", repr(listener)))

    def _remember(self, entry: Stored) -> None:
        self._tail.append(entry)
        self._tail_puts += len(entry.changes.puts)
        while len(self._tail) > 1 and (len(self._tail) > TAIL or self._tail_puts > TAIL_PUTS):
            self._tail_puts -= len(self._tail.popleft().changes.puts)

    def _tell_idle(self) -> None:
        if self.idle or (self._stopped and not self._with_writer):
            waiting, self._idle = self._idle, []
            for each in waiting:
                each.callback(None)


def _committed(entry: JournalEntry) -> Committed:
    stored = Stored(sequence=entry.sequence, hash=entry.hash, at=entry.at, changes=entry.changes)
    return Committed(stored=stored, input_id=entry.input_id, input_kind=entry.input_kind, refused=entry.refused)
