"""The store: the hub's state and journal in a database, written in one transaction a batch.

Everything here blocks, and is called by the writer thread alone. A database that is away, locked or full is a
`StoreDown`: what was to be done is tried again later. `Fenced` is for good: another hub has taken the database.

After a failure nobody knows what the database holds when it comes back, so its head is looked at before it is used.
What the hub has published is the truth. A database that is where it was, or where the last batch would have brought
it, is used on. One that is empty, or that is an older copy of the same journal, is `Displaced`: the hub's present
state is written into it as the beginning of a new epoch. Anything else is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, bindparam, delete, insert, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from stationmaster.hub.batch import Batch
from stationmaster.hub.storage.backends import open_database
from stationmaster.hub.storage.checkpoint import save_now
from stationmaster.hub.storage.database import LOCK_WAIT_S, Database, Occupied, StoreDown, migrate
from stationmaster.hub.storage.journal import first_hash, row_of
from stationmaster.hub.storage.readback import (
    Loaded,
    Recorded,
    Stored,
    last_sequence,
    position_of,
    read_entries,
    read_fault,
    read_head,
    read_recorded,
    read_state,
)
from stationmaster.hub.storage.schema import HEAD, INPUT, RESOURCE
from stationmaster.hub.storage.statements import Statements, resource_row
from stationmaster_base.errors import StationError
from stationmaster_kernel.state import State
from stationmaster_protocol.messages import Position

__all__ = ["Displaced", "Fenced", "Loaded", "Probe", "Recorded", "Repeated", "Store", "StoreDown", "Stored", "set_head"]

Probe = Callable[[str], None]
"""Told each point that the pipeline passes; crash tests end the process there."""

_MANY = 400
"""Ids in one question; SQLite and PostgreSQL both take more."""


class Fenced(StationError):
    """Another hub has opened this database since; this one may not write any more."""

    def __init__(self) -> None:
        super().__init__(
            "fenced",
            "Another hub has taken over the database, or it was put back to an earlier state under this one.",
            "Let only one hub run on a database, and restore a backup only while none does.",
        )


class Displaced(Exception):
    """The database is not the one that was written last: it is empty, or an older copy. `begin_again` is to be called.

    Its text says what it is.
    """


class Repeated(Exception):
    """An input of the batch has been committed before; `known` tells which."""


class _Elsewhere(Exception):
    """The database's head is not where a batch begins."""


class Store:
    """The database of one hub.

    Args:
        url: where it is.
        new_epoch: gives the name of a new epoch.
        probe: told the points of a commit.
        lock_wait_s: machine seconds for which one try waits for who else has a lock in the database.

    """

    def __init__(
        self,
        url: URL,
        new_epoch: Callable[[], str],
        probe: Probe = lambda _: None,
        *,
        lock_wait_s: float = LOCK_WAIT_S,
    ) -> None:
        self._database: Database = open_database(url, lock_wait_s=lock_wait_s)
        self._new_epoch = new_epoch
        self.probe = probe
        self._sure = True
        """Whether nothing has failed since the head was seen where it should be."""
        self._token: int | None = None
        self._at: Position | None = None
        """Where the database is, as far as is known."""
        self._perhaps: Position | None = None
        """Where the last batch will have brought it, if that went through."""
        self._beginning: Position | None = None
        """The new beginning that was tried, and that may have gone through."""
        self._statements = Statements(url)

    def open(self, tail: int, tail_size: int) -> Loaded:
        """Take the database: bring its schema up to date, become the only hub that may write, and read everything.

        Args:
            tail: the most journal entries to read back.
            tail_size: the most characters of their changes.

        Raises:
            StoreDown: the database cannot be used now, or another hub has it.
            StationError: `store-damaged` if what it holds cannot be read.

        """
        with self._down(), self._database.transaction() as connection:
            migrate(connection)
            head = connection.execute(select(HEAD).with_for_update()).one_or_none()
            token = 1 if head is None else head.token + 1
            fault = ""
            if head is None:
                position = self._new_beginning(0)
            elif fault := read_fault(connection, head):
                position = self._new_beginning(max(head.sequence, last_sequence(connection)))
            else:
                position = position_of(head)
            set_head(connection, position, token)
            if fault:
                save_now(connection)  # replay begins anew there
            try:
                loaded = Loaded(
                    position=position,
                    state=read_state(connection),
                    tail=tuple(read_entries(connection, position.epoch, tail, tail_size)),
                    fault=fault,
                )
            except (ValueError, TypeError, KeyError) as error:
                raise StationError(
                    "store-damaged", f"The database holds what no hub wrote: {error!r}.", "Restore a backup of it."
                ) from error
        self._token, self._at, self._sure = token, position, True
        return loaded

    def known(self, ids: Iterable[str]) -> frozenset[str]:
        """Which of these inputs have been committed.

        Raises:
            StoreDown, Fenced, Displaced: the database cannot be used now, or any more, or as it is.

        """
        wanted = list(ids)
        found: set[str] = set()
        with self._transaction() as connection:
            for start in range(0, len(wanted), _MANY):
                rows = connection.execute(_KNOWN, {"ids": wanted[start : start + _MANY]})
                found.update(row.id for row in rows)
        return frozenset(found)

    def recorded(self, input_id: str) -> Recorded | None:
        """What the journal has of an input; None if it was never committed, or its entry is no longer kept.

        Raises:
            StoreDown, Fenced, Displaced: the database cannot be used now, or any more, or as it is.

        """
        with self._transaction() as connection:
            return read_recorded(connection, input_id)

    def commit(self, batch: Batch) -> None:
        """Write a batch in one transaction. When it returns, the batch is on disk.

        Raises:
            StoreDown: it may or may not have been committed; `committed` tells.
            Repeated: an input has been committed before; nothing was written.
            Fenced: another hub has the database; nothing was written.
            Displaced: the database is not the one that was written last; nothing was written.

        """
        self.probe("before-transaction")
        self._perhaps = batch.head
        if not self._sure:
            with self._transaction():
                pass  # which judges it
        work = self._statements.writing(batch, self._token)
        try:
            with self._down(), self._database.writing() as run:
                try:
                    moved, *_ = run(work)
                except IntegrityError as error:
                    raise Repeated from error
                if moved != 1:
                    raise _Elsewhere
                self.probe("inside-transaction")
        except (Repeated, _Elsewhere) as fault:
            self._sure = False  # it may be another database, which has those inputs
            if isinstance(fault, Repeated):
                raise
            with self._transaction():
                raise StoreDown("its head is not where the batch begins") from None
        self._at = batch.head
        self.probe("after-transaction")

    def committed(self, batch: Batch) -> bool:
        """Whether a batch with an unknown outcome is in the database: looked up by the id of its last input.

        Raises:
            StoreDown, Fenced, Displaced: the database cannot be used now, or any more, or as it is.

        """
        found = batch.entries[-1].input_id in self.known([batch.entries[-1].input_id])
        if found:
            self._at = batch.head
        return found

    def begin_again(self, state: State) -> Position:
        """Write the whole state into a database that is `Displaced`, as the beginning of a new epoch; its position.

        Raises:
            StoreDown: it may or may not have been written; call it again.
            Fenced: another hub has the database; nothing was written.

        """
        if self._at is None or self._token is None:
            raise ValueError("the store has not been opened")
        with self._down(), self._database.transaction() as connection:
            migrate(connection)
            head = read_head(connection)
            beginning = self._beginning
            if beginning is None or head is None or position_of(head) != beginning:
                with suppress(Displaced):
                    self._judge(connection)
                    raise StoreDown("the right one has come back")  # to be looked at again
                beginning = self._beginning = self._new_beginning(self._at.sequence)
                connection.execute(delete(RESOURCE))
                rows = [resource_row(row_of(resource)) for resource in state.resources()]
                if rows:
                    connection.execute(insert(RESOURCE), rows)
                set_head(connection, beginning, self._token)
                save_now(connection)
                self.probe("inside-new-beginning")
        self._at, self._perhaps, self._beginning, self._sure = beginning, None, None, True
        return beginning

    @contextmanager
    def keeping(self) -> Iterator[Connection]:
        """A transaction for what keeps the journal bounded, which changes neither head nor resources.

        Raises:
            StoreDown, Fenced, Displaced: the database cannot be used now, or any more, or as it is.

        """
        with self._transaction() as connection:
            yield connection

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def _new_beginning(self, sequence: int) -> Position:
        epoch = self._new_epoch()
        return Position(epoch=epoch, sequence=sequence, hash=first_hash(epoch))

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._down(), self._database.transaction() as connection:
            if not self._sure:
                self._judge(connection)
            yield connection
        self._sure = True

    @contextmanager
    def _down(self) -> Iterator[None]:
        try:
            yield
        except Occupied as occupied:
            self._sure = False
            if self._token is None:
                raise
            raise Fenced from occupied  # we had it, and another has it now
        except StoreDown:
            self._sure = False
            raise
        except (SQLAlchemyError, OSError) as error:
            self._sure = False
            raise StoreDown(str(getattr(error, "orig", None) or error).strip().rstrip(".")) from error

    def _judge(self, connection: Connection) -> None:
        """Return if the database is where we left it; raise what it is otherwise."""
        head = read_head(connection)
        if head is None:
            raise Displaced("it is empty")
        there, at = position_of(head), self._at
        if at is None or self._token is None:
            raise ValueError("the store has not been opened")
        if head.token > self._token:
            raise Fenced
        if head.token == self._token and there in (at, self._perhaps):
            return
        if there == self._beginning:
            raise Displaced("it has been begun again")
        if there.epoch == at.epoch and there.sequence <= at.sequence:
            raise Displaced(f"it ends at entry {there.sequence}, and entry {at.sequence} has been published")
        if there.hash == first_hash(there.epoch):
            raise Fenced  # a backup was restored, or another hub began there
        raise StoreDown(
            f"it holds the journal of another hub, of epoch {there.epoch}",
            "Put the right one back, and the hub goes on; or end the hub, and start it with this one.",
        )


_KNOWN = select(INPUT.c.id).where(INPUT.c.id.in_(bindparam("ids", expanding=True)))


def set_head(connection: Connection, position: Position, token: int) -> None:
    """Have the head, and nothing else, stand there, for the hub that has this token."""
    connection.execute(delete(HEAD))
    connection.execute(
        insert(HEAD).values(id=1, epoch=position.epoch, sequence=position.sequence, hash=position.hash, token=token)
    )
