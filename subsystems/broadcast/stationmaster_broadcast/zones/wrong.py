"""Whether what is being said of a train has become wrong meanwhile. Pure.

Texts are final when they are said, and nobody takes a word back; but half of "the train at platform 3" is better than
all of it once it goes from platform 5. An apology that names no platform stays as true as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from stationmaster_broadcast.zones.classes import Wrong
from stationmaster_kernel.call import Call
from stationmaster_kernel.configuration import Configuration, PlaceKind
from stationmaster_kernel.values import Running

__all__ = ["what_is_wrong"]

Texts = Sequence[tuple[str, str]]


def what_is_wrong(
    by: Collection[Wrong],
    said: Sequence[Call],
    texts: Texts,
    now: Callable[[str], Call | None],
    configuration: Configuration | None,
) -> str:
    """What has changed of the trains that are spoken of, in words; empty if nothing has.

    Args:
        by: what makes an announcement wrong.
        said: the calls as they were when it began.
        texts: what is said of them, by language.
        now: a call as it is; None if it is not known any more, which makes nothing wrong.
        configuration: the names of places; where a place is not known, it counts as named.

    """
    for before in said:
        after = now(before.id)
        if after is None or after is before:
            continue
        for each in by:
            if _has_changed(each, before, after, texts, configuration):
                return f"{each.value} of {before.number}"
    return ""


def _has_changed(of: Wrong, before: Call, after: Call, texts: Texts, configuration: Configuration | None) -> bool:
    if of is Wrong.SUSPENDED:
        return (before.running is Running.SUSPENDED) is not (after.running is Running.SUSPENDED)
    if of is Wrong.PLATFORM:
        left = {before.platform} - {after.platform, ""}
        return _are_named(PlaceKind.PLATFORM, left, texts, configuration)
    return _are_named(PlaceKind.GATE, set(before.gates) - set(after.gates), texts, configuration)


def _are_named(kind: PlaceKind, ids: Iterable[str], texts: Texts, configuration: Configuration | None) -> bool:
    """Whether one of these places is spoken of."""
    places = {place.id: place for place in configuration.places if place.kind is kind} if configuration else {}
    return any(
        each not in places or any(name in text for _, name in places[each].names for _, text in texts if name)
        for each in ids
    )
