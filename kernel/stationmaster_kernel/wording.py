"""The texts of tasks: a row's fields, its statuses in order of time, and what announcements and notices say."""

from __future__ import annotations

from stationmaster_base.times import Instant, local_hhmm
from stationmaster_kernel.call import Call, Event
from stationmaster_kernel.configuration import PlaceKind
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.task import Stage, Text
from stationmaster_kernel.values import EventName, Running, Status, TaskKind

__all__ = ["CallWords", "row_stages", "template_fields"]

SAID = {TaskKind.ANNOUNCEMENT: "speech", TaskKind.NOTICE: "notice"}
"""What the text is called that a task says."""


class CallWords:
    """The words of one call as it is now. Many of its tasks say the same, so each is made once."""

    def __init__(self, call: Call, station: ReadyStation) -> None:
        self._call = call
        self._station = station
        self._rows: dict[EventName, tuple[Text, ...]] = {}
        self._fields: dict[tuple[int, str], dict[str, str | int]] = {}

    def row(self, name: EventName) -> tuple[Text, ...]:
        """The fields of the row on a board that shows this event."""
        if name not in self._rows:
            self._rows[name] = _row_texts(self._call, name, self._station)
        return self._rows[name]

    def stages(self, name: EventName, start: Instant, *, old: bool = False) -> tuple[Stage, ...]:
        """The statuses of that row, the first from `start` on; `old`: on a board of the platform that it has left."""
        if old and self._call.running is not Running.SUSPENDED:
            return (_elsewhere(self._call, name, start, self._station),)
        return row_stages(self._call, name, start, self._station)

    def said(self, kind: TaskKind, template: str, event: Event) -> tuple[Text, ...]:
        """What an announcement or a notice says of an event, in each language that its template has."""
        texts = []
        for language in self._station.languages:
            key = (id(event), language)
            if key not in self._fields:
                self._fields[key] = template_fields(self._call, event, self._station, language)
            text = self._station.render(template, language, self._fields[key])
            if text:
                texts.append(Text(name=SAID[kind], language=language, text=text))
        return tuple(texts)


def _row_texts(call: Call, name: EventName, station: ReadyStation) -> tuple[Text, ...]:
    """The fields of the row of a call on a board that shows its arrival or its departure."""
    event = call.event(name)
    planned, expected = _clock_words(event, station)
    texts = [
        Text(name="number", text=call.number),
        Text(name="planned", text=planned),
        Text(name="expected", text=expected),
        Text(name="track", text=call.track),
    ]
    for language in station.languages:
        fields = _place_fields(call, station, language)
        texts.extend(Text(name=field, language=language, text=text) for field, text in fields.items())
    return tuple(texts)


def row_stages(call: Call, name: EventName, start: Instant, station: ReadyStation) -> tuple[Stage, ...]:
    """The statuses of a row, the first from `start` on."""
    event = call.event(name)
    status = _first_status(call, name, event, station)
    stages = [_stage(start, status, event, station)]
    if name is EventName.DEPARTURE and status in (Status.WAITING, Status.LATE, Status.EARLY):
        for at, later in ((call.check_in_open, Status.CHECKING_IN), (call.check_in_close, Status.CHECK_IN_CLOSED)):
            if at is not None:
                stages.append(_stage(at, later, event, station))
    return tuple(stages)


def template_fields(call: Call, event: Event | None, station: ReadyStation, language: str) -> dict[str, str | int]:
    """What a template may use; `docs/kernel.md` lists it."""
    planned, expected = _clock_words(event, station)
    known = event is not None and event.best is not None
    return {
        "number": call.number,
        "numbers": "/".join(call.numbers),
        "train_class": call.train_class,
        "track": call.track,
        "old_track": call.planned_track,
        "old_platform": station.place_words(PlaceKind.PLATFORM, (call.planned_platform,), language),
        "planned": planned,
        "expected": expected or (planned if known else ""),
        "minutes": max(0, event.late_minutes) if event is not None else 0,
        "reason": call.reason,
        "formation": call.formation,
        "turnaround": call.turnaround,
        "check_in_open": _clock(call.check_in_open, station),
        "check_in_close": _clock(call.check_in_close, station),
        **_place_fields(call, station, language),
    }


def _place_fields(call: Call, station: ReadyStation, language: str) -> dict[str, str]:
    return {
        "origin": station.name(call.origin, language),
        "destination": station.name(call.destination, language),
        "platform": station.place_words(PlaceKind.PLATFORM, (call.platform,), language),
        "gates": station.place_words(PlaceKind.GATE, call.gates, language),
        "areas": station.place_words(PlaceKind.AREA, call.areas, language),
        "exits": station.place_words(PlaceKind.EXIT, call.exits, language),
    }


def _clock_words(event: Event | None, station: ReadyStation) -> tuple[str, str]:
    """Planned and expected HH:MM; expected is empty while unknown or the same."""
    if event is None:
        return "", ""
    return _clock(event.planned, station), "" if event.best == event.planned else _clock(event.best, station)


def _clock(instant: Instant | None, station: ReadyStation) -> str:
    """HH:MM of the station's day; empty for none."""
    return "" if instant is None else local_hhmm(instant, station.zone)


def _first_status(call: Call, name: EventName, event: Event | None, station: ReadyStation) -> Status:
    departure = name is EventName.DEPARTURE
    if call.running is Running.SUSPENDED:
        return Status.SUSPENDED
    if call.is_past(name):
        return Status.CHECK_IN_CLOSED if departure else Status.ARRIVED
    if call.unconfirmed:
        return Status.UNCONFIRMED
    if event is None or event.best is None:
        return Status.DELAY_UNKNOWN
    if event.late_minutes >= station.facts.late_from:
        return Status.LATE
    if event.late_minutes <= -station.facts.early_from:
        return Status.EARLY
    return Status.WAITING if departure else Status.ON_TIME


def _elsewhere(call: Call, name: EventName, start: Instant, station: ReadyStation) -> Stage:
    """What a board of the planned platform says: where the train is to be found, whatever its time.

    Who leaves with it is told its gates, who meets somebody its exits.
    """
    event = call.event(name)
    gates, exits = (call.gates, ()) if name is EventName.DEPARTURE else ((), call.exits)
    texts = []
    for language in station.languages:
        fields: dict[str, str | int] = {
            "minutes": abs(event.late_minutes) if event is not None else 0,
            "platform": station.place_words(PlaceKind.PLATFORM, (call.platform,), language),
            "old_platform": station.place_words(PlaceKind.PLATFORM, (call.planned_platform,), language),
            "track": call.track,
            "gates": station.place_words(PlaceKind.GATE, gates, language),
            "exits": station.place_words(PlaceKind.EXIT, exits, language),
        }
        text = station.render(f"status.{Status.PLATFORM_CHANGED}", language, fields)
        texts.append(Text(name="status", language=language, text=text))
    return Stage(at=start, status=Status.PLATFORM_CHANGED, texts=tuple(texts))


def _stage(at: Instant, status: Status, event: Event | None, station: ReadyStation) -> Stage:
    minutes = abs(event.late_minutes) if event is not None else 0
    texts = tuple(
        Text(name="status", language=language, text=station.render(f"status.{status}", language, {"minutes": minutes}))
        for language in station.languages
    )
    return Stage(at=at, status=status, texts=texts)
