"""A checkpoint: everything that the state held at one entry of the journal.

Replay and history begin at one, and the journal may be cut before one: its hash is the one that the entry after it
follows, so what is left of the chain is still proved. The resources stand in it with the very texts that their rows
had, as JSON lines, two for each (`[kind,id,revision]`, then the body), in the order of their revisions, compressed
with zlib.

A checkpoint without resources stands for a hub that has just begun: it knows nothing but the time.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from sqlalchemy import Connection, insert, select

from stationmaster.hub.storage.journal import UNREADABLE, Row, compact, resource_from_row
from stationmaster.hub.storage.schema import CHECKPOINT, HEAD, RESOURCE
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant
from stationmaster_kernel.state import State
from stationmaster_protocol.messages import Position

__all__ = ["Checkpoint", "Packed", "pack", "read_packed", "save", "save_now", "software", "unpack"]

_LEVEL = 6
_ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A checkpoint as it is stored. `at` is the kernel's time there, `software` the version that wrote it."""

    position: Position
    at: Instant
    software: str
    state: bytes

    def opened(self) -> Checkpoint:
        """The checkpoint itself.

        Raises:
            StationError: `journal-damaged` if it is not what was written.

        """
        try:
            rows = tuple(unpack(self.state))
        except (zlib.error, *UNREADABLE) as error:
            raise StationError(
                "journal-damaged",
                f"The checkpoint at entry {self.position.sequence} cannot be read: {error}.",
                "Begin at another one with --from, or restore a backup.",
            ) from error
        return Checkpoint(position=self.position, at=self.at, software=self.software, rows=rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The whole state after the entry at `position`; the next entry follows its hash."""

    position: Position
    at: Instant
    software: str
    rows: tuple[Row, ...]

    def state(self) -> State:
        """The kernel's state there.

        Raises:
            ValueError, TypeError, KeyError: the rows do not make one.

        """
        if not self.rows:
            return State.empty(self.at)
        return State.from_resources(resource_from_row(row) for row in self.rows)


@cache
def software() -> str:
    """The version of this software; empty if it was never installed."""
    try:
        return version("stationmaster")
    except PackageNotFoundError:
        return ""


def pack(rows: Iterable[Row]) -> bytes:
    """Rows as they are stored in a checkpoint. Takes them one by one, so that they need not be in memory at once."""
    packer = zlib.compressobj(_LEVEL)
    parts = [packer.compress(f"{compact([row.kind, row.id, row.revision])}\n{row.body}\n".encode()) for row in rows]
    return b"".join((*parts, packer.flush()))


def unpack(state: bytes) -> Iterator[Row]:
    """The reverse of `pack`.

    Raises:
        zlib.error, ValueError, TypeError: it is not what `pack` made.

    """
    lines = zlib.decompress(state).decode().split("\n")
    if lines.pop() or len(lines) % 2:
        raise ValueError("it ends in the middle of a line")
    for head, body in zip(lines[::2], lines[1::2], strict=True):
        kind, item, revision = json.loads(head)
        yield Row(kind=kind, id=item, revision=revision, body=body)


def read_packed(connection: Connection) -> Packed | None:
    """A checkpoint of what the database holds now; None if it holds no state.

    The connection's transaction must see one moment of the database throughout.

    Raises:
        ValueError, TypeError, KeyError: the database holds what no hub wrote.

    """
    head = connection.execute(select(HEAD)).one_or_none()
    kernel = connection.execute(select(RESOURCE.c.body).where(RESOURCE.c.kind == "kernel")).scalar()
    if head is None or kernel is None:
        return None
    question = select(RESOURCE).order_by(RESOURCE.c.revision, RESOURCE.c.kind, RESOURCE.c.id)
    found = connection.execute(question.execution_options(yield_per=_ROWS_AT_ONCE))
    return Packed(
        position=Position(epoch=head.epoch, sequence=head.sequence, hash=head.hash),
        at=Instant(int(json.loads(kernel)["now"])),
        software=software(),
        state=pack(Row(kind=row.kind, id=row.id, revision=row.revision, body=row.body) for row in found),
    )


def save(connection: Connection, packed: Packed) -> bool:
    """Write a checkpoint, unless there is one of that place; whether it was written."""
    position = packed.position
    here = CHECKPOINT.c.sequence == position.sequence, CHECKPOINT.c.epoch == position.epoch
    if connection.execute(select(CHECKPOINT.c.sequence).where(*here)).first() is not None:
        return False
    row: dict[str, Any] = {
        "sequence": position.sequence,
        "epoch": position.epoch,
        "hash": position.hash,
        "at": packed.at,
        "software": packed.software,
        "state": packed.state,
    }
    connection.execute(insert(CHECKPOINT).values(row))
    return True


def save_now(connection: Connection) -> None:
    """Write a checkpoint of what the database holds, in the connection's transaction: where an epoch begins."""
    packed = read_packed(connection)
    if packed is not None:
        save(connection, packed)
