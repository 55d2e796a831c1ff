"""Devices and alarms for those who asked for them by name.

The latest is all that counts: who takes what it is sent gets the differences, made into bytes once for all who asked
for the same; who does not gets the whole, once it takes again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from stationmaster_base.logging import get_logger
from stationmaster_protocol.equipment import AlarmSign, Device
from stationmaster_protocol.errors import LocalProtocolError
from stationmaster_protocol.filter_class import Framed, Frames
from stationmaster_protocol.hub_side import HubSide
from stationmaster_protocol.messages import Deletion, EquipmentStatus
from stationmaster_protocol.outbox import Outbox

__all__ = ["EquipmentFeed", "Watcher"]

_LOG = get_logger("protocol")

_TOGETHER = 200
"""Items in one message, if they are not too long for that."""


class Watcher(Protocol):
    """Who is told, as far as that is concerned."""

    outbox: Outbox


class EquipmentFeed:
    """Args:
    hub: knows all devices and alarms.
    frames: how messages become bytes.

    """

    def __init__(self, hub: HubSide, frames: Frames) -> None:
        self._hub = hub
        self._frames = frames
        self._watchers: dict[frozenset[str], set[Watcher]] = {}
        self._wholes: dict[frozenset[str], list[Framed]] = {}

    def join(self, watcher: Watcher, kinds: frozenset[str]) -> None:
        """Tell a subscriber of these live kinds, beginning with the whole."""
        if kinds:
            self._watchers.setdefault(kinds, set()).add(watcher)
            watcher.outbox.watch(lambda: self._whole(kinds))

    def leave(self, watcher: Watcher) -> None:
        """Tell it no more."""
        for kinds, watchers in list(self._watchers.items()):
            watchers.discard(watcher)
            if not watchers:
                del self._watchers[kinds]
                self._wholes.pop(kinds, None)
        watcher.outbox.watch(None)

    def changed(self, devices: Sequence[Device], alarms: Sequence[AlarmSign], gone: Sequence[Deletion]) -> None:
        """Tell everybody what is different."""
        self._wholes.clear()
        for kinds, watchers in self._watchers.items():
            frames = self._frames_of(
                devices if "device" in kinds else (),
                alarms if "alarm" in kinds else (),
                [each for each in gone if each.kind in kinds],
                whole=False,
            )
            for watcher in list(watchers):
                watcher.outbox.tell(frames)

    def _whole(self, kinds: frozenset[str]) -> list[Framed]:
        if kinds not in self._wholes:
            devices, alarms = self._hub.equipment()
            self._wholes[kinds] = self._frames_of(
                devices if "device" in kinds else (), alarms if "alarm" in kinds else (), (), whole=True
            )
        return self._wholes[kinds]

    def _frames_of(
        self, devices: Sequence[Device], alarms: Sequence[AlarmSign], gone: Sequence[Deletion], *, whole: bool
    ) -> list[Framed]:
        """Messages of some items each; only the first of them is `whole`."""
        items: list[Device | AlarmSign | Deletion] = [*devices, *alarms, *gone]
        frames: list[Framed] = []
        chunks = [items[start : start + _TOGETHER] for start in range(0, len(items), _TOGETHER)] or [[]] * whole
        while chunks:
            chunk = chunks.pop(0)
            message = EquipmentStatus(
                whole=whole and not frames,
                devices=tuple(each for each in chunk if isinstance(each, Device)),
                alarms=tuple(each for each in chunk if isinstance(each, AlarmSign)),
                gone=tuple(each for each in chunk if isinstance(each, Deletion)),
            )
            try:
                frames.append(self._frames.framed(message))
            except LocalProtocolError as fault:
                if len(chunk) > 1:
                    half = len(chunk) // 2
                    chunks[:0] = [chunk[:half], chunk[half:]]
                else:
                    # One that cannot be sent must not keep the others from being sent.
                    _LOG.error("equipment_not_sendable", item=str(chunk)[:500], reason=str(fault))
        return frames
