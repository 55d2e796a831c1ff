"""The web API's answers about alarms: what stands in them."""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster.hub.alarms.book import AlarmBook
from stationmaster.hub.alarms.conditions import KnownState
from stationmaster.hub.alarms.record import Acknowledgement, AlarmState, Record, Shelf
from stationmaster.hub.alarms.sign import Severity
from stationmaster.hub.alarms.words import words_of
from stationmaster_base.times import Instant

__all__ = [
    "AlarmBody",
    "AlarmCounts",
    "AlarmPart",
    "AlarmsBody",
    "AlarmsChanged",
    "ConditionsBody",
    "DoneBody",
    "HistoryBody",
    "PastAlarm",
    "ShelvedBody",
    "alarms_body",
    "counts_of",
    "past_alarm",
]

MOST_PARTS = 200
"""Parts of one alarm that are told; all are counted."""

FLOOD_S = 600.0
FLOOD = 10
"""More new alarms than this in ten minutes are more than one person can follow, as EEMUA 191 has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmPart:
    """An alarm that comes from another."""

    key: str
    number: int
    id: str
    identity: str
    code: str
    severity: Severity
    state: AlarmState
    since: Instant
    zh: str
    en: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmBody:
    """One alarm.

    `zh` and `en` say what is wrong, `name_…` what that is called, `do_…` what to do. `since`, `raised`, `last` and
    `ended` are when it began to be so, when it became an alarm, when it last came, and when it was over. `times` is how
    often it came; `number` this standing. `subject` is the device (`<subsystem>/<device>`) or the subsystem, `targets`
    the boards, zones and lights that suffer. `parts` are the first of the `parts_total` alarms that come from it.
    """

    key: str
    number: int
    id: str
    identity: str
    code: str
    severity: Severity
    state: AlarmState
    since: Instant
    raised: Instant
    last: Instant
    ended: Instant | None
    times: int
    zh: str
    en: str
    name_zh: str
    name_en: str
    do_zh: str
    do_en: str
    cause: str
    subject: str
    targets: tuple[str, ...]
    acknowledged: Acknowledgement | None
    parts_total: int
    parts: tuple[AlarmPart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelvedBody:
    """What is put aside, and the alarm if it stands."""

    shelf: Shelf
    alarm: AlarmBody | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmCounts:
    """How many there are: parts are counted with their heads, and not again.

    `unacknowledged` are the new ones, of which `grave` are; `within_ten_minutes` those that came in the last
    ten minutes of machine time, and `flood` says whether that is more than one person can follow.
    """

    unacknowledged: int
    grave: int
    acknowledged: int
    returned: int
    shelved: int
    suppressed: int
    within_ten_minutes: int
    flood: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmsBody:
    """What is wrong: `alarms` are open, the gravest first, then what has been so for longest.

    `returned` were over before anybody acknowledged them; `shelved` are put aside until a time; `suppressed` cannot be
    told while their subsystem is away. `revision` grows with each change until the hub ends.
    """

    now: Instant
    revision: int
    counts: AlarmCounts
    alarms: tuple[AlarmBody, ...]
    returned: tuple[AlarmBody, ...]
    shelved: tuple[ShelvedBody, ...]
    suppressed: tuple[AlarmBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmsChanged:
    """Told with the event `alarm`: ask for the alarms anew."""

    revision: int
    counts: AlarmCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneBody:
    """What was done to an alarm; `shelf` is None unless it was put aside or taken back."""

    now: Instant
    key: str
    number: int | None
    acknowledged: Acknowledgement | None
    shelf: Shelf | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAlarm:
    """One standing of an alarm, as it was kept; `part_of` is the number of its head."""

    key: str
    number: int
    id: str
    identity: str
    code: str
    severity: Severity
    since: Instant
    raised: Instant
    last: Instant
    ended: Instant | None
    times: int
    zh: str
    en: str
    name_zh: str
    name_en: str
    subject: str
    acknowledged: Acknowledgement | None
    part_of: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryBody:
    """Standings, the newest first; `before` is to be asked for next, None at the end."""

    now: Instant
    alarms: tuple[PastAlarm, ...]
    before: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionsBody:
    """How every subsystem, line, gateway and clock is, and since when; `began` is when the hub was started.

    Where `since` is null it has been so since before the hub first looked.
    """

    now: Instant
    began: Instant
    conditions: tuple[KnownState, ...]


def counts_of(book: AlarmBook) -> AlarmCounts:
    """How many there are."""
    states = [book.state(record) for record in book.standing() if book.head(record.key) is None]
    grave = sum(
        record.is_grave and book.state(record) is AlarmState.UNACKNOWLEDGED
        for record in book.standing()
        if book.head(record.key) is None
    )
    recent = book.raised_within(FLOOD_S)
    return AlarmCounts(
        unacknowledged=states.count(AlarmState.UNACKNOWLEDGED),
        grave=grave,
        acknowledged=states.count(AlarmState.ACKNOWLEDGED),
        returned=len(book.returned()),
        shelved=len(book.shelves()),
        suppressed=sum(book.state(record) is AlarmState.SUPPRESSED for record in book.standing()),
        within_ten_minutes=recent,
        flood=recent > FLOOD,
    )


def alarms_body(book: AlarmBook, now: Instant) -> AlarmsBody:
    """All of it."""
    open_, suppressed = [], []
    for record in book.standing():
        state = book.state(record)
        if state is AlarmState.SUPPRESSED:
            suppressed.append(_body(book, record, state))
        elif book.head(record.key) is None and state in (AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED):
            open_.append(_body(book, record, state))
    return AlarmsBody(
        now=now,
        revision=book.revision,
        counts=counts_of(book),
        alarms=tuple(open_),
        returned=tuple(_body(book, record, AlarmState.RETURNED) for record in book.returned()),
        shelved=tuple(_shelved(book, shelf) for shelf in book.shelves()),
        suppressed=tuple(suppressed),
    )


def past_alarm(record: Record) -> PastAlarm:
    """A standing for the history."""
    sign, words = record.sign, words_of(record.code)
    return PastAlarm(
        key=record.key,
        number=record.number,
        id=sign.id,
        identity=sign.identity,
        code=record.code,
        severity=sign.severity,
        since=record.since,
        raised=record.raised,
        last=record.last,
        ended=record.ended,
        times=record.times,
        zh=sign.zh,
        en=sign.en,
        name_zh=words.zh,
        name_en=words.en,
        subject=sign.subject,
        acknowledged=record.acknowledged,
        part_of=record.part_of,
    )


def _shelved(book: AlarmBook, shelf: Shelf) -> ShelvedBody:
    record = book.record(shelf.key)
    return ShelvedBody(shelf=shelf, alarm=None if record is None else _body(book, record, AlarmState.SHELVED))


def _body(book: AlarmBook, record: Record, state: AlarmState) -> AlarmBody:
    sign, words = record.sign, words_of(record.code)
    parts = [] if record.ended is not None else book.parts(record.key)
    return AlarmBody(
        key=record.key,
        number=record.number,
        id=sign.id,
        identity=sign.identity,
        code=record.code,
        severity=sign.severity,
        state=state,
        since=record.since,
        raised=record.raised,
        last=record.last,
        ended=record.ended,
        times=record.times,
        zh=sign.zh,
        en=sign.en,
        name_zh=words.zh,
        name_en=words.en,
        do_zh=words.do_zh,
        do_en=words.do_en,
        cause=sign.cause,
        subject=sign.subject,
        targets=sign.targets,
        acknowledged=record.acknowledged,
        parts_total=len(parts),
        parts=tuple(_part(book, part) for part in parts[:MOST_PARTS]),
    )


def _part(book: AlarmBook, record: Record) -> AlarmPart:
    sign = record.sign
    return AlarmPart(
        key=record.key,
        number=record.number,
        id=sign.id,
        identity=sign.identity,
        code=record.code,
        severity=sign.severity,
        state=book.state(record),
        since=record.since,
        zh=sign.zh,
        en=sign.en,
        subject=sign.subject,
    )
