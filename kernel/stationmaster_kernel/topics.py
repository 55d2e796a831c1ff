"""What a person has a template say: of a train, or of none (专题广播)."""

from __future__ import annotations

from stationmaster_kernel.call import Call
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.deeds import Announce
from stationmaster_kernel.draft import Draft
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.refused import Refused
from stationmaster_kernel.settling import derived, station_of
from stationmaster_kernel.task import Text
from stationmaster_kernel.templates import Field
from stationmaster_kernel.wording import template_fields

__all__ = ["BLANK_FIELDS", "topic_texts"]

BLANK_FIELDS: dict[str, Field] = {
    **dict.fromkeys(
        (
            *("number", "numbers", "train_class", "origin", "destination", "track", "old_track"),
            *("platform", "old_platform", "gates", "areas", "exits", "planned", "expected"),
            *("reason", "formation", "turnaround", "check_in_open", "check_in_close"),
        ),
        "",
    ),
    "minutes": 0,
}
"""All that a template may use, where there is no train."""


def topic_texts(draft: Draft, deed: Announce, configuration: Configuration) -> tuple[Text, ...]:
    """What the template of `deed` says in each language of the station; of a train's departure, or else its arrival.

    Raises:
        Refused: there is no such template or call, or there are texts as well.

    """
    station = station_of(draft)
    known = [template.id for template in configuration.templates]
    if deed.texts:
        raise Refused("deed-impossible", "It has texts and a template as well.", "Give the one or the other.")
    if deed.template not in known:
        raise Refused("no-such-template", f"There is no template {deed.template!r}.", f"Allowed: {', '.join(known)}.")
    call = draft.call(deed.call) if deed.call else None
    if deed.call and call is None:
        raise Refused("no-such-call", f"There is no call {deed.call}.", "It may be over, or never have been.")
    if call is not None:  # as it will be at the end of the act that this deed is of
        call = derived(draft, call, station)
    texts = []
    for language in station.languages:
        said = station.render(deed.template, language, _fields(deed, call, station, language))
        if said:
            texts.append(Text(name="speech", language=language, text=said))
    return tuple(texts)


def _fields(deed: Announce, call: Call | None, station: ReadyStation, language: str) -> dict[str, Field]:
    fields = dict(BLANK_FIELDS)
    if call is not None:
        fields |= template_fields(call, call.departure or call.arrival, station, language)
    return fields | ({"reason": deed.reason} if deed.reason else {})
