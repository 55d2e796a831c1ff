"""`[[broadcast.contacts]]` and `[[broadcast.input]]` of the configuration file: what is wired to broadcast."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stationmaster_base.configuration import Table
from stationmaster_broadcast.emergencies.contacts import contact_driver_names

__all__ = ["EVERYWHERE", "ContactSettings", "InputKind", "InputSettings", "read_inputs"]

EVERYWHERE = "*"
"""All zones of the station."""


class InputKind(StrEnum):
    """Who speaks through the input: a person, or a fire panel."""

    MICROPHONE = "microphone"
    FIRE = "fire"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactSettings:
    """One device that reads contacts; its driver reads the rest of `table`."""

    id: str
    driver: str
    table: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSettings:
    """One input: a line of a device, and what it does in which zones.

    In the zones of `yields` announcements make room for as long as it is given; in those of `evacuate` the emergency
    `message` (empty: the usual one) is called. Both name zones or groups of zones, or `*` for all. It is given while
    the contact is closed, or open if it `rests` closed; only after `debounce_s`, machine seconds. An emergency that is
    `latched` goes on when the contact lets go, until a person ends it.
    """

    id: str
    contact: str
    line: str
    kind: InputKind
    yields: tuple[str, ...] = ()
    evacuate: tuple[str, ...] = ()
    message: str = ""
    rests: str = "open"
    debounce_s: float = 0.05
    latched: bool = True
    stuck_min: int = 0
    """Minutes after which an input that is still given is a warning: a key that hangs. 0: never."""

    def given(self, closed: bool) -> bool:
        """Whether the contact, so, gives the input."""
        return closed == (self.rests == "open")


def read_inputs(table: Table) -> tuple[tuple[ContactSettings, ...], tuple[InputSettings, ...]]:
    """The devices and inputs of `[broadcast]`; faults go to the table's."""
    contacts = tuple(
        ContactSettings(
            id=each.identifier("id"), driver=each.choice("driver", contact_driver_names(), "text-lines"), table=each
        )
        for each in table.tables("contacts")
    )
    inputs = tuple(_input(each, [device.id for device in contacts]) for each in table.tables("input"))
    for key, names in (("contacts", [each.id for each in contacts]), ("input", [each.id for each in inputs])):
        for name in sorted({name for name in names if names.count(name) > 1}):
            table.fault(key, f"{name!r} stands there twice", "each once")
    return contacts, inputs


def _input(table: Table, contacts: list[str]) -> InputSettings:
    kind = InputKind(table.choice("kind", list(InputKind), InputKind.MICROPHONE))
    fire = kind is InputKind.FIRE
    contact = table.text("contact")
    if contact and contact not in contacts:
        table.fault("contact", f"{contact!r} is not known", f"the id of one of [[contacts]]: {', '.join(contacts)}")
    settings = InputSettings(
        id=table.identifier("id"),
        contact=contact,
        line=table.text("line"),
        kind=kind,
        yields=table.texts("yield"),
        evacuate=table.texts("evacuate"),
        message=table.text("message", ""),
        rests=table.choice("rests", ("open", "closed"), "open"),
        debounce_s=table.integer("debounce_ms", 200 if fire else 40, high=10_000) / 1000,
        latched=table.flag("latched", default=True),
        stuck_min=table.integer("stuck_min", 0 if fire else 15, high=1440),
    )
    if not settings.yields and not settings.evacuate:
        table.fault("yield", "is missing, and evacuate too", f'zones for one of them, or ["{EVERYWHERE}"]')
    for zone in sorted(set(settings.yields) & set(settings.evacuate)):
        table.fault("yield", f"{zone!r} stands in evacuate as well", "a zone in one of them")
    table.finish()
    return settings
