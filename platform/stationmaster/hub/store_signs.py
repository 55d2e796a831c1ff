"""What can be wrong with the hub itself, as signs for the alarms."""

from __future__ import annotations

from collections.abc import Iterator

from stationmaster.hub.alarms import Severity, Sign
from stationmaster.hub.view import HubView

__all__ = ["StoreSigns"]


class StoreSigns:
    """Whether what comes in can be committed.

    Args:
        view: the hub.

    """

    def __init__(self, view: HubView) -> None:
        self._view = view

    def signs(self) -> Iterator[Sign]:
        """What is wrong now."""
        if self._view.trouble:
            yield Sign(
                id="hub-trouble",
                severity=Severity.ALARM,
                zh=f"中心无法记录, 更新暂停: {self._view.trouble}",
                en=f"The hub cannot commit, and nothing new is sent out: {self._view.trouble}",
            )
