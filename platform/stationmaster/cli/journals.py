"""`stationmaster replay` and `stationmaster export`: what a person reads of a hub's journal."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from stationmaster.hub.history import BoardThen, RowThen, Said, Then, ZoneThen, instant_from_text, look_back
from stationmaster.hub.settings import HubSettings
from stationmaster.hub.storage.archive import Archive, DatabaseArchive
from stationmaster.hub.storage.export import FileArchive, line_text, text_file
from stationmaster.hub.storage.export import export as lines_of
from stationmaster.hub.storage.journal import UNREADABLE, Written, rows_from_text
from stationmaster.hub.storage.replay import Difference, Part, Replayed
from stationmaster.hub.storage.replay import replay as replay_lines
from stationmaster_base.configuration import Faults, read_toml
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant
from stationmaster_kernel.plain import to_plain
from stationmaster_kernel.task import Text

__all__ = ["export", "history", "replay"]

DIFFERENT = 1
_VERIFIER = re.compile(r'("verifier":")([^"]*)')
_BEFORE = 120
_MOST = 400
"""Characters of a text that are shown before and from the first difference on."""


def replay(source: Path, since: str | None = None) -> int:
    """Replay a journal and say what came of it; 0 if every entry is as it was journalled, else 1."""
    with _archive(source) as archive:
        zone = archive.zone()
        found = replay_lines(archive.lines(None if since is None else instant_from_text(since, zone)))
        sys.stdout.write("".join(f"{line}\n" for line in _told(found, zone)))
    return 0 if found.difference is None else DIFFERENT


def history(
    source: Path, at: str, *, boards: Sequence[str], zones: Sequence[str], minutes: int, as_json: bool = False
) -> int:
    """Print what boards were to show at an instant and what was said in zones around it; 0."""
    with _archive(source) as archive:
        zone = archive.zone()
        then = look_back(archive, instant_from_text(at, zone), boards=boards, zones=zones, minutes=minutes)
    if as_json:
        sys.stdout.write(json.dumps(to_plain(then), ensure_ascii=False, indent=1) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in _answer(then, zone)))
    return 0


def export(config: Path, file: Path | None, since: str | None = None, until: str | None = None) -> int:
    """Write the journal as JSON lines to a file, or to standard output; 0."""
    with _archive(config) as archive:
        zone = archive.zone()
        lines = lines_of(
            archive,
            None if since is None else instant_from_text(since, zone),
            None if until is None else instant_from_text(until, zone),
        )
        if file is None:
            for line in lines:
                sys.stdout.write(f"{line_text(line)}\n")
            return 0
        entries = 0
        with text_file(file, "w") as out:
            for line in lines:
                out.write(f"{line_text(line)}\n")
                entries += isinstance(line, Written)
    sys.stdout.write(f"{_count(entries, 'entry', 'entries')} exported to {file}.\n")
    return 0


@contextmanager
def _archive(source: Path) -> Iterator[Archive]:
    """The journal of a configuration's hub, or of an exported file: whose first character is a brace, or packed."""
    try:
        with source.open("rb") as file:
            first = file.read(2)
    except OSError as error:
        raise StationError(
            "no-journal", f"{source}: {error.strerror}.", "Name stationmaster.toml or an export."
        ) from error
    if first.startswith(b"{") or first == b"\x1f\x8b":
        yield FileArchive(source)
        return
    faults = Faults()
    table = read_toml(source, faults)
    faults.raise_if_any()
    settings = HubSettings.from_table(table.table("hub"), source.absolute().parent)
    faults.raise_if_any()
    archive = DatabaseArchive(settings.database)
    try:
        yield archive
    finally:
        archive.close()


def _told(found: Replayed, zone: ZoneInfo) -> Iterator[str]:
    if found.begin is None or found.end is None or found.since is None or found.until is None:
        yield "The journal is empty."
        return
    same = "Every one is as it was journalled." if found.difference is None else "So far each is as it was journalled."
    yield (
        f"{_count(found.entries, 'entry', 'entries')} replayed, from {_local(found.since, zone)} "
        f"(after entry {found.begin.sequence}) to {_local(found.until, zone)} (entry {found.end.sequence} of epoch "
        f"{found.end.epoch}). {same}"
    )
    if found.refused:
        yield f"{_count(found.refused, 'input was', 'inputs were')} refused, as then."
    if found.epochs:
        yield f"A new epoch began {_count(found.epochs, 'time', 'times')} on the way."
    if found.checkpoints:
        yield f"{_count(found.checkpoints, 'checkpoint holds', 'checkpoints hold')} what the entries add up to."
    if found.difference is not None:
        yield from _difference(found.difference, zone)


def _difference(difference: Difference, zone: ZoneInfo) -> Iterator[str]:
    where, journalled, replayed = "", difference.journalled, difference.replayed
    if difference.part is Part.CHANGES:
        where, journalled, replayed = _first_resource(journalled, replayed)
    position = next(
        (at for at, (one, other) in enumerate(zip(journalled, replayed, strict=False)) if one != other),
        min(len(journalled), len(replayed)),
    )
    place = f"Entry {difference.sequence}"
    if not difference.input_id:
        place = f"The checkpoint at entry {difference.sequence}"
    place += f" ({_local(difference.at, zone)})"
    yield f"{place} differs: {difference.part}{where}, from character {position + 1} on."
    if difference.input_id:
        yield f"  input      {difference.input_kind} {difference.input_id} {_excerpt(difference.input_text, 0)}"
    yield f"  journalled {_excerpt(journalled, position)}"
    yield f"  replayed   {_excerpt(replayed, position)}"
    if not difference.intact:
        yield "The entry is not what was written: its hash is not that of its texts."
    elif difference.software:
        yield f"The checkpoint before it was written by version {difference.software} of this software."


def _first_resource(journalled: str, replayed: str) -> tuple[str, str, str]:
    """Where two texts of changes differ first, and both texts of that; the whole ones if no put differs."""
    try:
        ones, others = rows_from_text(journalled)[0], rows_from_text(replayed)[0]
    except UNREADABLE:
        return "", journalled, replayed
    for one, other in zip(ones, others, strict=False):
        if one != other:
            return (
                f" of {other.kind} {other.id}",
                f"{one.kind} {one.id} {one.body}",
                f"{other.kind} {other.id} {other.body}",
            )
    return "", journalled, replayed


def _excerpt(text: str, position: int) -> str:
    text = _VERIFIER.sub(lambda found: found[1] + "*" * len(found[2]), text)  # a screen is no place for it
    first = 0 if len(text) <= _MOST else max(0, position - _BEFORE)
    last = first + _MOST
    return ("…" if first else "") + text[first:last] + ("…" if last < len(text) else "")


def _answer(then: Then, zone: ZoneInfo) -> Iterator[str]:
    yield (
        f"{_local(then.at, zone)}, by entry {then.position.sequence} of epoch {then.position.epoch}; "
        f"the dispatching feed was {then.grade}."
    )
    if then.journal_until < then.at:
        yield f"The journal ends at {_local(then.journal_until, zone)}: what follows is what it says of later."
    for board in then.boards:
        yield from _board(board)
    for each in then.zones:
        yield from _zone(each, zone)


def _board(board: BoardThen) -> Iterator[str]:
    yield ""
    yield f"Board {board.board}: {_count(len(board.rows), 'row', 'rows')}"
    table = [_row(row) for row in board.rows]
    widths = [max(map(_width, column)) for column in zip(*table, strict=True)]
    for cells in table:
        padded = (cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True))
        yield f"  {'  '.join(padded)}".rstrip()


def _row(row: RowThen) -> tuple[str, ...]:
    expected = _words(row.texts, "expected")
    if not _words(row.texts, "number"):
        return "", "", "", _all_words(row.texts), "", "", row.status
    return (
        _words(row.texts, "planned"),
        f"→ {expected}" if expected else "",
        _words(row.texts, "number"),
        f"{_words(row.texts, 'origin')} – {_words(row.texts, 'destination')}",
        _words(row.texts, "platform"),
        row.status,
        _words(row.texts, "status"),
    )


def _zone(then: ZoneThen, zone: ZoneInfo) -> Iterator[str]:
    yield ""
    yield (
        f"Zone {then.zone}, {_clock(then.since, zone)} to {_clock(then.until, zone)}: "
        f"{_count(len(then.said), 'announcement', 'announcements')}"
    )
    for said in then.said:
        planned, begun, ended = (_clock(moment, zone) for moment in (said.due, said.begun, said.ended))
        yield f"  due {planned}  begun {begun}  ended {ended}  {_became(said)}"
        yield f"      {_all_words(said.texts)}"


def _became(said: Said) -> str:
    return f"{said.state}{f' ({said.detail})' if said.detail else ''}  {said.rule}  {said.call or said.task}"


def _words(texts: Iterable[Text], name: str) -> str:
    """The text of this name in all languages."""
    return " / ".join(dict.fromkeys(item.text for item in texts if item.name == name and item.text))


def _all_words(texts: Iterable[Text]) -> str:
    return " / ".join(dict.fromkeys(item.text for item in texts if item.text))


def _width(text: str) -> int:
    """Columns on a terminal: a character from the Chinese blocks on takes two."""
    return sum(2 if character >= "\u2e80" else 1 for character in text)


def _clock(moment: Instant | None, zone: ZoneInfo) -> str:
    return "--:--:--" if moment is None else datetime.fromtimestamp(moment, zone).strftime("%H:%M:%S")


def _local(moment: Instant, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(moment, zone).strftime("%Y-%m-%d %H:%M:%S")


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
