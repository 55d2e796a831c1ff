"""`devices.toml`: what many devices share, a cable, a switch, a power feed, so that its failure is one alarm."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stationmaster.station.places import ids_of
from stationmaster.station.reading import read_references, read_words, unique
from stationmaster_base.configuration import Faults, Table, read_toml
from stationmaster_kernel.configuration import Board, Place, PlaceKind, Words, Zone

__all__ = ["SUPPLY_KINDS", "WIRING_FILE", "Supply", "read_wiring"]

WIRING_FILE = "devices.toml"

SUPPLY_KINDS = ("cable", "switch", "power", "line", "cabinet")

_DEVICE = re.compile(r"[A-Za-z0-9*][A-Za-z0-9_.*-]*/\S(?:.*\S)?\Z")
_SUBSYSTEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")

_SHARE = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """Something that devices hang on together.

    `devices` are patterns `<subsystem>/<device>`, in which `*` stands for anything; `targets` the boards and zones
    whose devices hang on it too, those that serve its places among them; `subsystems` those that hang on it whole.
    `behind` is the supply that it hangs on itself, empty if none. `share` of them has to fail together.
    """

    id: str
    kind: str
    names: Words
    devices: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    subsystems: tuple[str, ...] = ()
    behind: str = ""
    share: float = _SHARE


def read_wiring(
    folder: Path,
    languages: tuple[str, ...],
    places: Sequence[Place],
    served: Sequence[Board | Zone],
    faults: Faults,
) -> tuple[Supply, ...]:
    """`devices.toml`, where boards and zones are `served`; nothing if there is no such file."""
    if not (folder / WIRING_FILE).exists():
        return ()
    table = read_toml(folder / WIRING_FILE, faults, WIRING_FILE)
    read = [(item, _supply(item, languages, places, served)) for item in table.tables("supply")]
    supplies = unique(read)
    _check_order(read)
    table.finish()
    return supplies


def _supply(
    table: Table, languages: tuple[str, ...], places: Sequence[Place], served: Sequence[Board | Zone]
) -> Supply:
    supply = Supply(
        id=table.identifier("id"),
        kind=table.choice("kind", SUPPLY_KINDS),
        names=read_words(table, "names", languages),
        devices=_matching(table, "devices", _DEVICE, "<subsystem>/<device>, with * for anything"),
        targets=_targets(table, places, served),
        subsystems=_matching(table, "subsystems", _SUBSYSTEM, "a subsystem's identity"),
        behind=table.text("behind", ""),
        share=table.number("share", _SHARE, low=0.01, high=1.0),
    )
    table.finish()
    return supply


def _matching(table: Table, key: str, pattern: re.Pattern[str], allowed: str) -> tuple[str, ...]:
    texts = table.texts(key)
    for number, text in enumerate(texts):
        if not pattern.match(text):
            table.fault(f"{key}[{number}]", f"{text!r} is not possible", allowed)
    return texts


def _targets(table: Table, places: Sequence[Place], served: Sequence[Board | Zone]) -> tuple[str, ...]:
    """Those that are named, and those that serve a place that is named."""
    named = read_references(table, "targets", "board or zone", [each.id for each in served])
    found = dict.fromkeys(named)
    for key, kind in (
        ("platforms", PlaceKind.PLATFORM),
        ("gates", PlaceKind.GATE),
        ("areas", PlaceKind.AREA),
        ("exits", PlaceKind.EXIT),
    ):
        wanted = set(read_references(table, key, kind.value, ids_of(places, kind)))
        found.update(dict.fromkeys(each.id for each in served if wanted.intersection(getattr(each, key))))
    return tuple(found)


def _check_order(read: Sequence[tuple[Table, Supply]]) -> None:
    """Each hangs on something that there is, and nothing on itself, through however many others."""
    behind = {supply.id: supply.behind for _, supply in read}
    for table, supply in read:
        if supply.behind and supply.behind not in behind:
            table.fault("behind", f"{supply.behind!r} is not known", ", ".join(behind))
            continue
        seen = {supply.id}
        above = supply.behind
        while above and above not in seen:
            seen.add(above)
            above = behind.get(above, "")
        if above:
            table.fault("behind", f"{supply.id} hangs on itself in the end", "a supply that does not")
