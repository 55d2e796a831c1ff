"""Contacts that close and open outside: a microphone's key, a fire panel's relay; and the interface of what reads them.

A driver knows its device: it says which of the device's lines are closed, whenever that is news, and that it cannot say
so any more. What a line means, and how long it has to be closed to count, is not its business. Two drivers come with
the package; others are entry points of the group `stationmaster.contact_drivers`, each a function that takes
`ContactParts` and gives a `ContactDriver`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from stationmaster_base.configuration import Table
from stationmaster_service.drivers import Drivers
from stationmaster_service.interfaces import Reactor

__all__ = [
    "GROUP",
    "ContactDriver",
    "ContactFactory",
    "ContactParts",
    "ContactsHeard",
    "contact_driver_names",
    "contact_factory",
]

GROUP = "stationmaster.contact_drivers"

_SHIPPED = {
    "modem-lines": ("stationmaster_broadcast.emergencies.modem_contacts", "modem_contacts"),
    "text-lines": ("stationmaster_broadcast.emergencies.text_contacts", "text_contacts"),
}

_DRIVERS = Drivers(group=GROUP, what="contact driver", shipped=_SHIPPED)


class ContactsHeard(Protocol):
    """Whom a driver tells."""

    def seen(self, closed: frozenset[str], lines: frozenset[str]) -> None:
        """The device is there; of its `lines` these are closed, all others open. To say it again does no harm."""

    def lost(self, why: str) -> None:
        """It cannot be known how the lines are. To say it again does no harm."""


class ContactDriver(Protocol):
    """Reads one device."""

    def start(self) -> None:
        """Look for the device, and go on looking for it whenever it is not there."""

    def stop(self) -> None:
        """Let go of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactParts:
    """What a driver is made from.

    `table` holds the device's own settings, from which the driver reads its keys; faults go to the table's. Relative
    paths count from `folder`.
    """

    reactor: Reactor
    table: Table
    folder: Path
    heard: ContactsHeard


ContactFactory = Callable[[ContactParts], ContactDriver]


def contact_driver_names() -> list[str]:
    """Every driver that can be named in the configuration."""
    return _DRIVERS.names()


def contact_factory(name: str) -> ContactFactory:
    """The driver of this name.

    Raises:
        StationError: `contact-driver-unknown`, or `contact-driver-missing` if its package cannot be loaded.

    """
    factory: ContactFactory = _DRIVERS.load(name)
    return factory
