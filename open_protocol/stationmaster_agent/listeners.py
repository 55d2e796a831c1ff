"""Those who want to know when the view has changed; changes that come together are told once."""

from __future__ import annotations

from collections.abc import Callable

from stationmaster_base.logging import get_logger
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["Listeners"]

_LOG = get_logger("listeners")


class Listeners:
    """Functions to call after changes.

    Args:
        reactor: machine time; changes are told at its next turn.

    """

    def __init__(self, reactor: MachineTime) -> None:
        self._reactor = reactor
        self._listeners: list[Callable[[], None]] = []
        self._soon: DelayedCall | None = None

    @property
    def pending(self) -> bool:
        """Whether something has changed that has not been told."""
        return self._soon is not None

    def add(self, listener: Callable[[], None]) -> None:
        """Tell this one too."""
        self._listeners.append(listener)

    def tell_soon(self) -> None:
        """Something has changed."""
        if self._soon is None:
            self._soon = self._reactor.callLater(0, self.tell)

    def tell(self) -> None:
        """Tell everyone now."""
        self.cancel()
        for listener in self._listeners:
            try:
                listener()
            except Exception:
                _LOG.exception("listener-failed", todo="report this to the maker of the subsystem")

    def cancel(self) -> None:
        """Tell nobody of what has changed so far."""
        if self._soon is not None and self._soon.active():
            self._soon.cancel()
        self._soon = None
