"""Trains as JSON, as `GET /api/v1/search` gives them: times in UTC, words in every language of the station."""

from __future__ import annotations

from collections.abc import Iterable

from stationmaster_base.health import JsonValue
from stationmaster_base.times import Instant, to_iso
from stationmaster_kernel.call import Call, Event
from stationmaster_kernel.configuration import PlaceKind
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.values import EventName
from stationmaster_query.status import CallStatus, call_status, main_event_name

__all__ = ["call_body"]


def call_body(call: Call, station: ReadyStation, now: float) -> dict[str, JsonValue]:
    """One call with its live status at station time `now`.

    `status` is that of the call's main event, the departure where there is one; a through train also has `arrival`
    with a status of its own.
    """
    name = main_event_name(call)
    return {
        "call": call.id,
        "revision": call.revision,
        "service_date": call.service_date.isoformat(),
        "number": call.number,
        "numbers": list(call.numbers),
        "train_class": call.train_class,
        "kind": call.kind,
        "running": call.running,
        "reason": call.reason,
        "origin": _station(call.origin, station),
        "destination": _station(call.destination, station),
        "arrival": _event(call, EventName.ARRIVAL, station, now),
        "departure": _event(call, EventName.DEPARTURE, station, now),
        "track": call.track,
        "platform": _places(PlaceKind.PLATFORM, (call.platform,), station),
        "gates": _places(PlaceKind.GATE, call.gates, station),
        "areas": _places(PlaceKind.AREA, call.areas, station),
        "exits": _places(PlaceKind.EXIT, call.exits, station),
        "platform_changed": bool(call.planned_platform) and call.platform != call.planned_platform,
        "check_in_open": _iso(call.check_in_open),
        "check_in_close": _iso(call.check_in_close),
        "unconfirmed": call.unconfirmed,
        "event": name,
        **_status(call_status(call, name, station, now)),
    }


def _event(call: Call, name: EventName, station: ReadyStation, now: float) -> JsonValue:
    event: Event | None = call.event(name)
    if event is None:
        return None
    return {
        "planned": to_iso(event.planned),
        "best": _iso(event.best),
        "actual": _iso(event.actual),
        "unknown": event.best is None,
        **_status(call_status(call, name, station, now)),
    }


def _status(found: CallStatus) -> dict[str, JsonValue]:
    return {"status": found.status, "status_texts": dict(found.texts)}


def _station(key: str, station: ReadyStation) -> JsonValue:
    return {language: station.name(key, language) for language in station.languages}


def _places(kind: PlaceKind, ids: Iterable[str], station: ReadyStation) -> JsonValue:
    wanted = tuple(ids)
    return {language: station.place_words(kind, wanted, language) for language in station.languages}


def _iso(instant: Instant | None) -> str | None:
    return None if instant is None else to_iso(instant)
