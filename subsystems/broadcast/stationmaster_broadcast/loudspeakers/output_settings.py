"""`[broadcast.outputs]`: by what each zone is heard. One table an output; its name is the table's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stationmaster_base.configuration import IDENTIFIER, Table
from stationmaster_broadcast.loudspeakers.card_output import CardSettings
from stationmaster_broadcast.loudspeakers.folder_output import FolderSettings
from stationmaster_broadcast.loudspeakers.rtp_wire import RtpSettings
from stationmaster_broadcast.loudspeakers.zone_outputs import EVERY, ZoneWiring
from stationmaster_broadcast.speech_chips.chip_sink import ChipSettings

__all__ = ["KINDS", "OutputSettings", "read_outputs", "wiring_of"]

KINDS = ("card", "rtp", "file", "chip")

Equipment = CardSettings | RtpSettings | FolderSettings | ChipSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSettings:
    """One output: the zones that it always serves, those for which it stands in, and what it is."""

    name: str
    zones: tuple[str, ...]
    spare: tuple[str, ...]
    equipment: Equipment


def read_outputs(table: Table, folder: Path) -> tuple[OutputSettings, ...]:
    """Every table in `table`; faults go to the table's, and paths count from `folder`.

    Two outputs must not have one address or one device: they would speak over each other.
    """
    found: list[OutputSettings] = []
    places: dict[str, str] = {}
    for name in list(table.keys()):
        if not IDENTIFIER.match(name):
            table.fault(name, f"{name!r} is not an identifier", "letters, digits, '.', '_', '-'")
        body = table.table(name)
        before = len(body.faults)
        kind = body.choice("kind", KINDS)
        zones, spare = body.texts("zones"), body.texts("spare")
        if not zones and not spare:
            body.fault("zones", "is missing", f'zones = ["…"], or ["{EVERY}"] for all that no other output names')
        for zone in spare:
            if zone in zones:
                body.fault("spare", f"{zone!r} stands in zones as well", "one of them")
        equipment = _equipment(body, kind, folder)
        place = _place(equipment)
        if len(body.faults) == before and places.setdefault(place, name) != name:
            body.fault("kind", f"is at {place}, as {places[place]} is", "a place of its own")
        found.append(OutputSettings(name=name, zones=zones, spare=spare, equipment=equipment))
    return tuple(found)


def wiring_of(outputs: Sequence[OutputSettings]) -> dict[str, ZoneWiring]:
    """By zone, which outputs it has."""
    zones = dict.fromkeys(zone for output in outputs for zone in (*output.zones, *output.spare))
    return {
        zone: ZoneWiring(
            own=tuple(output.name for output in outputs if zone in output.zones),
            spare=tuple(output.name for output in outputs if zone in output.spare),
        )
        for zone in zones
    }


def _equipment(body: Table, kind: str, folder: Path) -> Equipment:
    if kind == "chip":
        return ChipSettings.from_table(body, folder)
    equipment: Equipment
    if kind == "card":
        equipment = CardSettings.from_table(body)
    elif kind == "rtp":
        equipment = RtpSettings.from_table(body)
    else:
        equipment = FolderSettings.from_table(body, folder)
    body.finish()
    return equipment


def _place(equipment: Equipment) -> str:
    if isinstance(equipment, RtpSettings):
        return f"{equipment.address}:{equipment.port}"
    if isinstance(equipment, FolderSettings):
        return str(equipment.folder)
    return str(equipment.device)
