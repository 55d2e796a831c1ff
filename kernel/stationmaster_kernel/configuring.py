"""What a new configuration changes, resource by resource."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

from stationmaster_kernel.changes import Resource, Value
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.state import CONFIGURATION_KINDS, configuration_values, resource_id

__all__ = ["configuration_changes", "numbered_configuration"]

Key = tuple[str, str]


def configuration_changes(
    before: Configuration | None, after: Configuration
) -> tuple[dict[Key, Value], dict[Key, None]]:
    """What to put and what to delete, by kind and id.

    A kind with any change is put anew whole, so that revisions keep the folder's order.
    """
    old, new = _by_kind(before), _by_kind(after)
    puts: dict[Key, Value] = {}
    deletes: dict[Key, None] = {}
    for kind in ("station", *CONFIGURATION_KINDS):
        was, will = old.get(kind, {}), new.get(kind, {})
        deletes.update({(kind, item): None for item in was if item not in will})
        unrevised = [replace(cast("Any", value), revision=0) for value in was.values()]
        if list(was) != list(will) or unrevised != list(will.values()):
            puts.update({(kind, item): value for item, value in will.items()})
    return puts, deletes


def numbered_configuration(
    before: Configuration | None, after: Configuration, puts: Iterable[Resource]
) -> Configuration:
    """The configuration with the revisions that its values were given, or have had."""
    old = _by_kind(before)
    numbered = {(put.kind, put.id): put.value for put in puts}
    fields: dict[str, Any] = {}
    for kind, field in CONFIGURATION_KINDS.items():
        ids = [resource_id(kind, value) for value in getattr(after, field)]
        fields[field] = tuple(numbered.get((kind, item)) or old[kind][item] for item in ids)
    telecode = after.station.telecode
    station: Any = numbered.get(("station", telecode)) or old["station"][telecode]
    return Configuration(station=station, **fields)


def _by_kind(configuration: Configuration | None) -> dict[str, dict[str, Value]]:
    found: dict[str, dict[str, Value]] = {}
    if configuration is not None:
        for kind, value in configuration_values(configuration):
            found.setdefault(kind, {})[resource_id(kind, value)] = value
    return found
