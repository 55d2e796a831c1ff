"""Sheets of changes of shift as they are kept: signed by who went and by who came, and never changed after that."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update
from twisted.internet.defer import Deferred, DeferredLock

from stationmaster.hub.audit.handover_sheet import HandoverSheet
from stationmaster.hub.storage.schema import HANDOVER
from stationmaster.hub.storage.store import Store
from stationmaster.hub.writer import InThread
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant
from stationmaster_kernel.plain import from_plain
from stationmaster_kernel.plain_text import to_text

__all__ = ["Handover", "HandoverBook", "Signature"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who signed, under which login, and at which station time."""

    name: str
    login: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """One change of shift. `come` is None until somebody has taken over."""

    id: int
    sheet: HandoverSheet
    notes: str
    gone: Signature
    come: Signature | None = None


class HandoverBook:
    """The sheets of a hub.

    Args:
        store: the hub's; used through `in_writer` alone.
        in_writer: the writer's thread.
        keep_s: seconds of station time for which sheets are kept.

    """

    def __init__(self, store: Store, in_writer: InThread, keep_s: int) -> None:
        self._store = store
        self._in_writer = in_writer
        self._keep_s = keep_s
        self._one_by_one = DeferredLock()

    def last(self) -> Deferred[Handover | None]:
        """The newest; fires with None if there is none."""

        def read(connection: Connection) -> Handover | None:
            row = connection.execute(select(HANDOVER).order_by(HANDOVER.c.id.desc()).limit(1)).one_or_none()
            return None if row is None else _handover(row)

        return self._in_writer(lambda: self._do(read))

    def page(self, before: int | None, most: int) -> Deferred[list[Handover]]:
        """The newest of those before one, the newest first."""
        question = select(HANDOVER).order_by(HANDOVER.c.id.desc()).limit(most)
        if before is not None:
            question = question.where(HANDOVER.c.id < before)
        return self._in_writer(lambda: self._do(lambda found: [_handover(row) for row in found.execute(question)]))

    def find(self, number: int) -> Deferred[Handover | None]:
        """One sheet; fires with None if there is none."""

        def read(connection: Connection) -> Handover | None:
            row = connection.execute(select(HANDOVER).where(HANDOVER.c.id == number)).one_or_none()
            return None if row is None else _handover(row)

        return self._in_writer(lambda: self._do(read))

    def give(self, sheet: HandoverSheet, notes: str, gone: Signature) -> Deferred[Handover]:
        """Keep a sheet that somebody signs who goes; fires with it when it is on disk."""

        def write(connection: Connection) -> Handover:
            number = (connection.execute(select(func.max(HANDOVER.c.id))).scalar() or 0) + 1
            made = Handover(id=number, sheet=sheet, notes=notes, gone=gone)
            body = f'{{"sheet":{to_text(sheet)},"notes":{json.dumps(notes)}}}'
            row = {"id": number, "at": sheet.at, "gone": to_text(gone), "come": None, "come_at": None, "body": body}
            connection.execute(insert(HANDOVER).values(row))
            connection.execute(delete(HANDOVER).where(HANDOVER.c.at < sheet.at - self._keep_s))
            return made

        return self._in_turn(write)

    def take(self, number: int, come: Signature) -> Deferred[Handover]:
        """Somebody takes over who comes; fires with the sheet when it is on disk.

        Fails with `StationError`: `no-such-sheet`, `sheet-taken`, `not-yourself`.
        """

        def write(connection: Connection) -> Handover:
            row = connection.execute(select(HANDOVER).where(HANDOVER.c.id == number)).one_or_none()
            if row is None:
                raise StationError("no-such-sheet", f"There is no sheet {number}.", "See which there are.")
            known = _handover(row)
            if known.come is not None:
                raise StationError("sheet-taken", f"{known.come.name} has taken over already.", "See the newest one.")
            if known.gone.login == come.login:
                raise StationError("not-yourself", "Who goes does not take over from himself.", "Let the other sign.")
            values = {"come": to_text(come), "come_at": come.at}
            connection.execute(update(HANDOVER).where(HANDOVER.c.id == number).values(values))
            return Handover(id=number, sheet=known.sheet, notes=known.notes, gone=known.gone, come=come)

        return self._in_turn(write)

    def _in_turn(self, write: Callable[[Connection], Handover]) -> Deferred[Handover]:
        done: Deferred[Any] = self._one_by_one.run(lambda: self._in_writer(lambda: self._do(write)))
        return done

    def _do(self, work: Callable[[Connection], Any]) -> Any:
        with self._store.keeping() as connection:
            return work(connection)


def _handover(row: Any) -> Handover:
    body: Mapping[str, Any] = json.loads(row.body)
    return Handover(
        id=row.id,
        sheet=from_plain(HandoverSheet, body["sheet"]),
        notes=body["notes"],
        gone=from_plain(Signature, json.loads(row.gone)),
        come=None if row.come is None else from_plain(Signature, json.loads(row.come)),
    )
