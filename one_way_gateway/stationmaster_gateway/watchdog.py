"""The watchdog: a thread that does nothing but see whether the others live, and end the process if one does not.

It takes no lock, touches no disk and asks nobody, so nothing can hang it but the machine itself; and then the init
system, which it tells every second that all is well, ends the process in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from stationmaster_base.logging import get_logger
from stationmaster_gateway.notify import Notifier
from stationmaster_gateway.vitals import Vitals

__all__ = ["EVERY_S", "Watchdog"]

_LOG = get_logger("watchdog")

EVERY_S = 1.0


class Watchdog:
    """Watches.

    Args:
        vitals: the parts' signs of life.
        notifier: the init system.
        perish: ends this process at once, and writes down why.
        status: one line for people.

    """

    def __init__(
        self, vitals: Vitals, *, notifier: Notifier, perish: Callable[[str], None], status: Callable[[], str]
    ) -> None:
        self._vitals = vitals
        self._notifier = notifier
        self._perish = perish
        self._status = status
        self._ready = False

    def step(self) -> None:
        """Look once."""
        hung = self._vitals.hung()
        if hung:
            silence = self._vitals.silence_s()
            said = ", ".join(f"{part} for {silence[part]:.0f} s" for part in hung)
            _LOG.error("hung", parts=hung, do="nothing: the process ends, and its init system starts it again")
            self._perish(f"No sign of life from {said}.")
            return
        if not self._ready:
            self._notifier.ready()
            self._ready = True
        self._notifier.alive(self._status())

    def run(self, stop: Event) -> None:
        """Look until told to stop."""
        self.step()
        while not stop.wait(EVERY_S):
            self.step()
        self._notifier.stopping()
