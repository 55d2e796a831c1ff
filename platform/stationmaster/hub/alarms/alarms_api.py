"""`/api/v1/alarms` and what is below it: what is wrong, what people do about it, and what was wrong before.

`GET /api/v1/conditions` says how every subsystem, line and clock is, and since when.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from stationmaster.hub.alarms.bodies import (
    AlarmsChanged,
    ConditionsBody,
    DoneBody,
    HistoryBody,
    alarms_body,
    counts_of,
    past_alarm,
)
from stationmaster.hub.alarms.book import AlarmBook
from stationmaster.hub.alarms.conditions import ConditionBook
from stationmaster.hub.alarms.desk import AlarmDesk
from stationmaster.hub.alarms.record import LONGEST_MINUTES, Record
from stationmaster.hub.alarms.rows import HistoryFilter
from stationmaster.hub.people.askers import Asker, Askers, refusal
from stationmaster.hub.web.bodies import as_json, told_faults
from stationmaster.hub.web.json_reading import plain_json
from stationmaster_base.configuration import Faults, Table
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant, from_iso
from stationmaster_protocol.equipment import Severity
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["LARGEST_BODY", "LONGEST_WHY", "MOST_HISTORY", "AlarmsApi", "Done", "History"]

LARGEST_BODY = 8000
LONGEST_WHY = 500
USUAL_HISTORY = 200
MOST_HISTORY = 1000

_UNWRITABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""What is no text: control characters but the line feed, and halves of characters."""

_MOST_WAITING = 8
_LAST_INSTANT = 4_102_444_799
_STATUS = {"no-such-alarm": 404, "alarm-changed": 409, "not-shelved": 409, "shelved-too-long": 409}

History = Callable[[HistoryFilter, int], "Deferred[list[Record]]"]
"""Reads standings that are kept."""

Done = Callable[[Asker, str, Record | None, str, str], None]
"""Told who has done what (`acknowledge`, `shelve`, `unshelve`) to which alarm, by its id, and why."""


class AlarmsApi:
    """The routes.

    Args:
        book: the alarms.
        conditions: how everything is.
        desk: where people act.
        history: what was.
        askers: who may act.
        now: station time.
        face: where the routes go.

    """

    def __init__(
        self,
        *,
        book: AlarmBook,
        conditions: ConditionBook,
        desk: AlarmDesk,
        history: History,
        askers: Askers,
        now: Callable[[], float],
        face: Face,
    ) -> None:
        self._book = book
        self._conditions = conditions
        self._desk = desk
        self._read = history
        self._askers = askers
        self._now = now
        self._began = self._instant()
        self._waiting = 0
        self._told = -1
        self._answer: tuple[tuple[int, int], bytes] | None = None
        self._listeners: list[Done] = []
        for path, answer in (
            ("/api/v1/alarms", self._alarms),
            ("/api/v1/alarms/history", self._history),
            ("/api/v1/conditions", self._all_conditions),
        ):
            face.app.route(path, methods=["GET"], endpoint=path)(answer)
        for what, do in (
            ("acknowledge", self._acknowledge),
            ("shelve", self._shelve),
            ("unshelve", self._unshelve),
        ):
            path = f"/api/v1/alarms/<key>/{what}"
            face.app.route(path, methods=["POST"], endpoint=f"alarms-{what}")(do)

    def on_done(self, listener: Done) -> None:
        """Have `listener` told what people do."""
        self._listeners.append(listener)

    def changed(self) -> str | None:
        """What the stream's event `alarm` says, if anything is different since the last time; else None."""
        if self._book.revision == self._told:
            return None
        self._told = self._book.revision
        body = AlarmsChanged(revision=self._told, counts=counts_of(self._book))
        return json.dumps(as_json(body), separators=(",", ":"))

    def _alarms(self, request: WebRequest) -> bytes:
        """The same bytes for all who ask while nothing is different."""
        name = (self._book.revision, self._instant())
        if self._answer is None or self._answer[0] != name:
            self._answer = (name, json_answer(request, as_json(alarms_body(self._book, self._instant()))))
            return self._answer[1]
        json_answer(request, None)
        return self._answer[1]

    def _all_conditions(self, request: WebRequest) -> bytes:
        body = ConditionsBody(now=self._instant(), began=self._began, conditions=self._conditions.all())
        return json_answer(request, as_json(body))

    # What people do.

    def _acknowledge(self, request: WebRequest, key: str) -> bytes:
        return self._do(request, "acknowledgeAlarm", "acknowledge", key)

    def _shelve(self, request: WebRequest, key: str) -> bytes:
        return self._do(request, "shelveAlarm", "shelve", key)

    def _unshelve(self, request: WebRequest, key: str) -> bytes:
        return self._do(request, "unshelveAlarm", "unshelve", key)

    def _do(self, request: WebRequest, operation: str, what: str, key: str) -> bytes:
        try:
            asker = self._askers.permit(request, operation)
        except StationError as error:
            return refusal(request, error)
        faults = Faults()
        asked = _table(request, faults)
        if asked is None:
            return _not_taken(request, faults)
        why = _why(asked, needed=what == "shelve")
        number = asked.integer("number", high=2**53) if what == "acknowledge" and "number" in asked else None
        minutes = asked.integer("minutes", low=1, high=LONGEST_MINUTES) if what == "shelve" else 0
        asked.finish()
        if len(faults):
            return _not_taken(request, faults)
        try:
            body = self._done(asker, what, key, number=number, minutes=minutes, why=why)
        except StationError as error:
            return problem_answer(request, _STATUS[error.code], error.code, error.message, error.hint)
        return json_answer(request, as_json(body))

    def _done(self, asker: Asker, what: str, key: str, *, number: int | None, minutes: int, why: str) -> DoneBody:
        record, shelf = self._book.record(key), None
        if what == "acknowledge":
            record = self._desk.acknowledge(key, number, asker.name, why)
        elif what == "shelve":
            shelf = self._desk.shelve(key, minutes, asker.name, why)
        else:
            shelf = self._desk.unshelve(key, asker.name)
            record = self._book.record(key)
        for listener in self._listeners:
            listener(asker, what, record, key if shelf is None else shelf.alarm, why)
        return DoneBody(
            now=self._instant(),
            key=key,
            number=None if record is None else record.number,
            acknowledged=None if record is None else record.acknowledged,
            shelf=shelf,
        )

    # What was.

    def _history(self, request: WebRequest) -> bytes | Deferred[bytes]:
        try:
            wanted, most = _wanted(request)
        except StationError as error:
            return problem_answer(request, 400, "bad-argument", error.message)
        if self._waiting >= _MOST_WAITING:
            return problem_answer(request, 503, "busy", "Others are asking too.", "Ask again.")
        self._waiting += 1

        def told(records: list[Record]) -> bytes:
            before = records[most - 1].number if len(records) > most else None
            alarms = tuple(past_alarm(record) for record in records[:most])
            return json_answer(request, as_json(HistoryBody(now=self._instant(), alarms=alarms, before=before)))

        def failed(failure: Failure) -> bytes:
            error = failure.value
            if not isinstance(error, StationError):
                failure.raiseException()
                raise AssertionError("a failure raises")
            return problem_answer(request, 503, error.code, error.message, error.hint)

        return self._read(wanted, most + 1).addBoth(self._looked).addCallbacks(told, failed)

    def _looked(self, outcome: Any) -> Any:
        self._waiting -= 1
        return outcome

    def _instant(self) -> Instant:
        return Instant(int(self._now()))


def _table(request: WebRequest, faults: Faults) -> Table | None:
    """The object that was sent; None if it was none, with the reason in `faults`. Nothing at all is an empty one."""
    body = request.content.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        faults.add("request", "body", "is too large", f"{LARGEST_BODY} bytes")
        return None
    try:
        plain = plain_json(body) if body.strip() else {}
    except ValueError as error:
        faults.add("request", "body", f"is not JSON: {error}", "a JSON object in UTF-8")
        return None
    if not isinstance(plain, dict):
        faults.add("request", "body", "is no object", "a JSON object")
        return None
    for key in (key for key, value in plain.items() if value is None):
        faults.add("request", f"{key:.60}", "is null", "a value, or nothing at all")
    return None if len(faults) else Table(plain, "request", faults)


def _why(asked: Table, *, needed: bool) -> str:
    why = asked.text("why", None if needed else "").strip()
    if len(why) > LONGEST_WHY or _UNWRITABLE.search(why):
        asked.fault("why", "is no text that can be kept", f"at most {LONGEST_WHY} characters")
    elif needed and not why and "why" in asked:
        asked.fault("why", "is empty", "why it may be put aside")
    return why


def _not_taken(request: WebRequest, faults: Faults) -> bytes:
    told = told_faults(faults)
    return problem_answer(request, 400, "bad-request", "What was sent cannot be read.", faults=told)


def _wanted(request: WebRequest) -> tuple[HistoryFilter, int]:
    """Which standings are asked for, and how many at the most.

    Raises:
        StationError: `bad-argument`.

    """
    severity, heads = _given(request, "severity"), _given(request, "heads")
    if heads not in (None, "yes"):
        raise _bad("heads", heads, "yes")
    if severity is not None and severity not in tuple(Severity):
        raise _bad("severity", severity, ", ".join(Severity))
    wanted = HistoryFilter(
        begin=_instant_of(request, "from"),
        end=_instant_of(request, "to"),
        identity=_argument(request, "identity"),
        code=_argument(request, "code"),
        severity=severity or "",
        key=_argument(request, "key"),
        text=_argument(request, "text"),
        part_of=_number_of(request, "part_of", 2**53),
        heads=heads == "yes",
        before=_number_of(request, "before", 2**53),
    )
    most = _number_of(request, "limit", MOST_HISTORY)
    if most == 0:
        raise _bad("limit", "0", f"1…{MOST_HISTORY}")
    return wanted, USUAL_HISTORY if most is None else most


def _instant_of(request: WebRequest, name: str) -> Instant | None:
    text = _given(request, name)
    if text is None:
        return None
    try:
        instant = Instant(int(text)) if text.isascii() and text.isdecimal() and len(text) < 12 else from_iso(text)
    except ValueError:
        raise _bad(name, text, "an instant such as 2026-03-01T07:04:00Z, or seconds since 1970") from None
    if not 0 <= instant <= _LAST_INSTANT:
        raise _bad(name, text, "an instant of this century")
    return instant


def _number_of(request: WebRequest, name: str, most: int) -> int | None:
    text = _given(request, name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 17 and int(text) <= most):
        raise _bad(name, text, f"0…{most}")
    return int(text)


def _given(request: WebRequest, name: str) -> str | None:
    values = request.args.get(name.encode(), [])
    return values[0].decode("utf-8", "replace") if values else None


def _argument(request: WebRequest, name: str) -> str:
    return (_given(request, name) or "").replace("\0", "")


def _bad(name: str, value: str, allowed: str) -> StationError:
    return StationError("bad-argument", f"{name}={value!r:.80} is not possible; it may be {allowed}.")
