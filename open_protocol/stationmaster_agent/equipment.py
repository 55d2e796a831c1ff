"""The device registry: the subsystem's hardware, what is seen on it, and what is wrong with it, as it is now.

None of it is kept on disk, and the hub forgets it with the connection. So after each connection all is told, and then
whatever is different; what changes several times before it can be told is told once, as it is then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from stationmaster_base.errors import StationError
from stationmaster_protocol.codec import LARGEST_TO_HUB, encode
from stationmaster_protocol.equipment import AlarmSign, Device, Readback
from stationmaster_protocol.errors import LocalProtocolError
from stationmaster_protocol.messages import Deletion, Report

__all__ = ["Devices", "Equipment"]

LARGEST_ITEM = LARGEST_TO_HUB // 4
REPORT_BYTES = LARGEST_TO_HUB // 4
"""Bytes: no item may be longer, and a report ends with the first that makes it so long. So it stays below half of what
a hub takes."""

Item = Device | Readback | AlarmSign


class Equipment:
    """Devices, readbacks and alarms by kind and id, and which of them the hub has not been told of.

    Args:
        changed: called when there is something to tell.

    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._items: dict[tuple[str, str], tuple[Item, int]] = {}
        self._untold: dict[tuple[str, str], None] = {}
        self._whole = False

    @property
    def untold(self) -> bool:
        """Whether there is something to tell."""
        return self._whole or bool(self._untold)

    def devices(self) -> tuple[Device, ...]:
        """Every device, in the order in which they were first told of."""
        return tuple(item for item, _ in self._items.values() if isinstance(item, Device))

    def readbacks(self) -> tuple[Readback, ...]:
        """What is shown at each target."""
        return tuple(item for item, _ in self._items.values() if isinstance(item, Readback))

    def alarms(self) -> tuple[AlarmSign, ...]:
        """What is wrong now."""
        return tuple(item for item, _ in self._items.values() if isinstance(item, AlarmSign))

    def put(self, item: Item) -> None:
        """Something is so now; the same again is no change.

        Raises:
            StationError: `equipment-impossible`: the protocol cannot carry it.

        """
        if not isinstance(item, Readback):
            item = replace(item, identity=None)
        key = _key(item)
        known = self._items.get(key)
        if known is not None and known[0] == item:
            return
        self._items[key] = (item, _bytes(item))
        self._untold[key] = None
        self._changed()

    def remove(self, kind: str, name: str) -> None:
        """A device, readback or alarm is no more; nothing happens if it was not there."""
        if self._items.pop((kind, name), None) is not None:
            self._untold[kind, name] = None
            self._changed()

    def connected(self) -> None:
        """There is a hub, which knows nothing of all this yet."""
        self._whole = True
        self._untold = dict.fromkeys(self._items)

    def next_report(self, number: int) -> Report | None:
        """The next report; None if the hub knows all.

        The first after a connection is `whole`; what does not fit into it follows in others.
        """
        if not self.untold:
            return None
        items: list[Item] = []
        gone: list[Deletion] = []
        told: list[tuple[str, str]] = []
        size = 0
        for key in self._untold:
            if size >= REPORT_BYTES:
                break
            told.append(key)
            if key in self._items:
                item, length = self._items[key]
                items.append(item)
                size += length
            else:
                gone.append(Deletion(kind=key[0], id=key[1]))
                size += 2 * len(key[1]) + 50
        for key in told:
            del self._untold[key]
        whole, self._whole = self._whole, False
        return Report(
            number=number,
            whole=whole,
            devices=tuple(item for item in items if isinstance(item, Device)),
            readbacks=tuple(item for item in items if isinstance(item, Readback)),
            alarms=tuple(item for item in items if isinstance(item, AlarmSign)),
            gone=() if whole else tuple(gone),
        )


class Devices:
    """The subsystem's pieces of hardware, as its maker uses them."""

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment

    def __iter__(self) -> Iterator[Device]:
        return iter(self._equipment.devices())

    def __len__(self) -> int:
        return len(self._equipment.devices())

    def get(self, name: str) -> Device | None:
        """The device of this id."""
        return next((device for device in self if device.id == name), None)

    def put(self, device: Device) -> None:
        """A device is there, or is different now.

        `since` is kept from before while its condition stays the same, so a maker may give the present moment always.

        Raises:
            StationError: `equipment-impossible`: the protocol cannot carry it.

        """
        before = self.get(device.id)
        if before is not None and before.condition is device.condition:
            device = replace(device, since=before.since)
        self._equipment.put(device)

    def remove(self, name: str) -> None:
        """A device is no more; nothing happens if it was not there."""
        self._equipment.remove("device", name)


def _key(item: Item) -> tuple[str, str]:
    if isinstance(item, Device):
        return "device", item.id
    if isinstance(item, Readback):
        return "readback", item.target
    return "alarm", item.id


def _bytes(item: Item) -> int:
    """How long it is in a message.

    Raises:
        StationError: `equipment-impossible`.

    """
    report = Report(
        number=1,
        devices=(item,) if isinstance(item, Device) else (),
        readbacks=(item,) if isinstance(item, Readback) else (),
        alarms=(item,) if isinstance(item, AlarmSign) else (),
    )
    try:
        return len(encode(report, largest=LARGEST_ITEM))
    except LocalProtocolError as error:
        kind, name = _key(item)
        raise StationError("equipment-impossible", f"{kind} {name!r}: {error.message}", error.hint) from error
