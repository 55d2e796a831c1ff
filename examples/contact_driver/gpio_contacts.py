"""Contacts on pins that the operating system shows as files: `<folder>/<pin>/value` holds `1` while it is closed."""

from __future__ import annotations

from pathlib import Path

from stationmaster_broadcast.emergencies.contacts import ContactParts, ContactsHeard
from stationmaster_service.interfaces import DelayedCall, MachineTime

POLL_S = 0.02
"""Machine seconds between two looks."""


class GpioContacts:
    """A `ContactDriver`.

    Args:
        folder: where the pins are.
        pins: their names, which are the lines' names as well.
        reactor: machine time.
        heard: who is told.

    """

    def __init__(self, folder: Path, pins: tuple[str, ...], *, reactor: MachineTime, heard: ContactsHeard) -> None:
        self._folder = folder
        self._pins = pins
        self._reactor = reactor
        self._heard = heard
        self._next: DelayedCall | None = None

    def start(self) -> None:
        """Read the pins again and again."""
        self._next = self._reactor.callLater(POLL_S, self.start)
        try:
            closed = frozenset(pin for pin in self._pins if self._read(pin) == "1")
        except (OSError, ValueError) as error:
            self._heard.lost(str(error))
        else:
            self._heard.seen(closed, frozenset(self._pins))

    def stop(self) -> None:
        """Read them no more."""
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _read(self, pin: str) -> str:
        text = (self._folder / pin / "value").read_text("ascii").strip()
        if text not in ("0", "1"):
            raise ValueError(f"{pin} holds {text!r}, and not 0 or 1")
        return text


def gpio_contacts(parts: ContactParts) -> GpioContacts:
    """What the entry point names: reads the device's own keys, `folder` and `pins`."""
    folder = parts.folder / parts.table.text("folder", "/sys/class/gpio")
    pins = parts.table.texts("pins")
    if not pins:
        parts.table.fault("pins", "names no pin", '["gpio17"]')
    return GpioContacts(folder, pins, reactor=parts.reactor, heard=parts.heard)
