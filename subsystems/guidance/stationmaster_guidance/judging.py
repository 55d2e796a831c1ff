"""How what a page shows differs from what its board should show.

Pure: the intent and a reading go in, what is wrong comes out. Nothing is compared with what the page was sent; a row
that a page lost, kept, changed, or hid behind something else is found, whoever did it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from stationmaster_guidance.messages import BoardMessage, BoardMessages
from stationmaster_guidance.readings import Reading, ReadMessage, ReadRow
from stationmaster_guidance.rows import NO_ROOM, BoardPicture, BoardRow

__all__ = ["Intent", "Wrong", "WrongKind", "wrongs"]

DERIVED = {"cars"}
"""Fields that a page draws, and whose words are not those of the task."""


class WrongKind(StrEnum):
    """A row is not there; should not be there; is of another revision, page, part or state; says other words; is not
    to be seen; stands in another place. The board is dark, or is not; a person's text is not as it should be; that
    the board is out of date is not said; the page is at an older state.
    """

    MISSING = "missing"
    EXTRA = "extra"
    OLD = "old"
    WORDS = "words"
    UNSEEN = "unseen"
    ORDER = "order"
    DARK = "dark"
    LIT = "lit"
    TEXT = "text"
    TRUST = "trust"
    BEHIND = "behind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """One thing that is wrong; `what` names the train, the text's task, or the state that the page stands at: one that
    follows every change, a moment behind, has a new fault each time and none that lasts.
    """

    kind: WrongKind
    what: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a board should show: its rows, what people wrote, the id of that state, and whether it is lit."""

    picture: BoardPicture
    messages: BoardMessages
    state: str
    stale: bool
    lit: bool


def wrongs(intent: Intent, reading: Reading) -> tuple[Wrong, ...]:
    """Everything in which a reading differs from the intent; the same each time for the same two."""
    return tuple(_wrongs(intent, reading))


def _wrongs(intent: Intent, reading: Reading) -> Iterator[Wrong]:
    if reading.state != intent.state:
        yield Wrong(kind=WrongKind.BEHIND, what=reading.state)
    if not intent.lit:
        if not reading.dark:
            yield Wrong(kind=WrongKind.LIT)
        return
    if reading.dark:
        yield Wrong(kind=WrongKind.DARK)
        return
    if intent.stale and reading.notice != "stale":
        yield Wrong(kind=WrongKind.TRUST)
    if intent.messages.whole:
        yield from _of_whole(intent.messages.whole, reading.whole)
        return
    if reading.whole is not None:
        yield Wrong(kind=WrongKind.TEXT, what=reading.whole.task)
    yield from _of_lines(intent.messages.lines, reading.lines)
    yield from _of_rows([row for row in intent.picture.rows if row.page != NO_ROOM], reading.rows)


def _of_whole(due: Sequence[BoardMessage], read: ReadMessage | None) -> Iterator[Wrong]:
    """Of several texts that take the whole board one is seen at a time."""
    message = None if read is None else next((each for each in due if each.task == read.task), None)
    if read is None or message is None or not _same(message, read) or read.seen is not True:
        yield Wrong(kind=WrongKind.TEXT, what=due[0].task)


def _of_lines(due: Sequence[BoardMessage], read: Sequence[ReadMessage]) -> Iterator[Wrong]:
    there = {message.task: message for message in read}
    for message in due:
        shown = there.pop(message.task, None)
        if shown is None or not _same(message, shown) or shown.seen is False:
            yield Wrong(kind=WrongKind.TEXT, what=message.task)
    for task in there:
        yield Wrong(kind=WrongKind.TEXT, what=task)


def _same(due: BoardMessage, read: ReadMessage) -> bool:
    words = {text for _, text in due.texts}
    return read.revision == due.revision and bool(read.words) and set(read.words) <= words


def _of_rows(due: Sequence[BoardRow], read: Sequence[ReadRow]) -> Iterator[Wrong]:
    there: dict[str, ReadRow] = {}
    wanted = {row.task: row for row in due}
    for seen in read:
        if seen.task not in wanted or seen.task in there:
            yield Wrong(kind=WrongKind.EXTRA, what=_number(seen))
        else:
            there[seen.task] = seen
    right = []
    for row in due:
        found = there.get(row.task)
        if found is None:
            yield Wrong(kind=WrongKind.MISSING, what=row.number)
        elif not _is_of(row, found):
            yield Wrong(kind=WrongKind.OLD, what=row.number)
        elif not _says(row, found):
            yield Wrong(kind=WrongKind.WORDS, what=row.number)
        elif found.seen is False:
            yield Wrong(kind=WrongKind.UNSEEN, what=row.number)
        else:
            right.append(row)
    yield from _of_order(right, read)


def _is_of(row: BoardRow, read: ReadRow) -> bool:
    place = (row.revision, row.page, row.region, str(row.status or ""))
    return place == (read.revision, read.page, read.region, read.status)


def _says(row: BoardRow, read: ReadRow) -> bool:
    """Whether nothing stands in the row that is not its own, and nothing is empty that has words."""
    own = {name: {text for _, text in words} for name, words in row.fields}
    own["status"] = {text for _, text in row.status_texts}
    own.setdefault("time", own.get("planned", set()) | own.get("expected", set()))
    for field in {field for field, _ in read.words} - DERIVED:
        shown = {text for name, text in read.words if name == field and text}
        known = {text for text in own.get(field, set()) if text}
        if not shown <= known or (known and not shown):
            return False
    return True


def _of_order(due: Sequence[BoardRow], read: Sequence[ReadRow]) -> Iterator[Wrong]:
    """The first row of each page of a part that does not stand where it should."""
    place: dict[str, int] = {}
    for number, seen in enumerate(read):
        place.setdefault(seen.task, number)
    last: dict[tuple[int, int], int] = {}
    told: set[tuple[int, int]] = set()
    for row in due:
        key = (row.region, row.page)
        here = place[row.task]
        if here < last.get(key, -1) and key not in told:
            told.add(key)
            yield Wrong(kind=WrongKind.ORDER, what=row.number)
        last[key] = here


def _number(row: ReadRow) -> str:
    return next((text for field, text in row.words if field == "number"), row.task)[:40]
