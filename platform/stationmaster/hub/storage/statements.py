"""The statements with which a batch is written, in one transaction."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sqlalchemy import bindparam, delete, insert, update
from sqlalchemy.engine import URL

from stationmaster.hub.batch import Batch
from stationmaster.hub.storage.journal import JournalEntry, Row
from stationmaster.hub.storage.prepared import Prepared, Rows
from stationmaster.hub.storage.schema import HEAD, INPUT, JOURNAL, RESOURCE

__all__ = ["Statements", "resource_row"]

_ADVANCE = Prepared(
    update(HEAD)
    .where(
        HEAD.c.token == bindparam("our_token"),
        HEAD.c.epoch == bindparam("base_epoch"),
        HEAD.c.sequence == bindparam("base_sequence"),
        HEAD.c.hash == bindparam("base_hash"),
    )
    .values(sequence=bindparam("new_sequence"), hash=bindparam("new_hash"))
)
_INSERT_INPUT = Prepared(insert(INPUT))
_INSERT_ENTRY = Prepared(insert(JOURNAL))
_DELETE = Prepared(
    delete(RESOURCE).where(RESOURCE.c.kind == bindparam("gone_kind"), RESOURCE.c.id == bindparam("gone_id"))
)


class Statements:
    """Those for one kind of database, which `url` tells."""

    def __init__(self, url: URL) -> None:
        # SQLAlchemy's module for a server is 2 MB that a hub with a file has no use for.
        dialect: Any = import_module(f"sqlalchemy.dialects.{url.get_backend_name()}")
        put: Any = dialect.insert(RESOURCE)
        self._put_resource = Prepared(
            put.on_conflict_do_update(
                index_elements=[RESOURCE.c.kind, RESOURCE.c.id],
                set_={"revision": put.excluded.revision, "body": put.excluded.body},
            )
        )

    def writing(self, batch: Batch, token: int | None) -> list[tuple[Prepared, Rows]]:
        """A batch's statements. The first concerns one row if the head is where the batch begins, and else none."""
        base, head = batch.base, batch.head
        advance = {
            "new_sequence": head.sequence,
            "new_hash": head.hash,
            "our_token": token,
            "base_epoch": base.epoch,
            "base_sequence": base.sequence,
            "base_hash": base.hash,
        }
        work: list[tuple[Prepared, Rows]] = [
            (_ADVANCE, [advance]),
            (_INSERT_INPUT, [_input_row(entry) for entry in batch.entries]),
            (_INSERT_ENTRY, [_entry_row(base.epoch, entry) for entry in batch.entries]),
        ]
        if batch.rows:
            work.append((self._put_resource, [resource_row(row) for row in batch.rows]))
        if batch.deletes:
            work.append((_DELETE, [{"gone_kind": kind, "gone_id": item} for kind, item in batch.deletes]))
        return work


def _input_row(entry: JournalEntry) -> dict[str, object]:
    return {
        "id": entry.input_id,
        "sequence": entry.sequence,
        "kind": entry.input_kind,
        "at": entry.at,
        "body": entry.input_text,
    }


def _entry_row(epoch: str, entry: JournalEntry) -> dict[str, object]:
    return {
        "sequence": entry.sequence,
        "epoch": epoch,
        "previous": entry.previous,
        "hash": entry.hash,
        "input": entry.input_id,
        "at": entry.at,
        "refused": int(entry.refused),
        "changes": entry.changes_text,
        "notes": entry.notes_text,
    }


def resource_row(row: Row) -> dict[str, object]:
    """A resource as the columns of its table."""
    return {"kind": row.kind, "id": row.id, "revision": row.revision, "body": row.body}
