"""What a kiosk says of a train now: the same word, from the same template, as the boards.

A board's row gets its statuses from the kernel when its task is made; a kiosk also answers for trains that have no row
yet, so it asks the kernel's own function for them.
"""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster_base.times import Instant
from stationmaster_kernel.call import Call, Event
from stationmaster_kernel.configuration import Words
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.values import EventName, Status
from stationmaster_kernel.wording import row_stages

__all__ = ["CallStatus", "call_status", "main_event", "main_event_name"]

EVER = Instant(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStatus:
    """A status and its words by language."""

    status: Status
    texts: Words


def main_event_name(call: Call) -> EventName:
    """The event that passengers here ask about: the departure, or the arrival of a train that ends here."""
    return EventName.ARRIVAL if call.departure is None else EventName.DEPARTURE


def main_event(call: Call) -> Event:
    """That event.

    Raises:
        ValueError: the call has no event at all.

    """
    event = call.event(main_event_name(call))
    if event is None:
        raise ValueError(f"call {call.id} has no event")
    return event


def call_status(call: Call, name: EventName, station: ReadyStation, now: float) -> CallStatus:
    """The status of one event of a call at station time `now`.

    Args:
        call: the call.
        name: which of its events.
        station: the station's words and templates.
        now: station time, seconds since 1970.

    """
    stages = row_stages(call, name, EVER, station)
    stage = [each for each in stages if each.at <= now][-1]
    return CallStatus(status=stage.status, texts=tuple((text.language, text.text) for text in stage.texts))
