"""What every subsystem says of its hardware: its devices, what its boards show, and what is wrong there.

A subsystem tells everything after it has connected, and then what is different. When its session is over nothing is
known any more: its devices are still listed, as absent since then, and what was read back and what was wrong there is
forgotten. None of this is journalled.

Of one subsystem a bounded number of things is kept, so that one that has gone wild costs the hub no more than that.
Each change of devices has a number, so that who has seen everything up to one asks only for what is different since.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from stationmaster.hub.alarms.sign import Severity, Sign
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_protocol.equipment import AlarmSign, Condition, Device, Readback
from stationmaster_protocol.messages import Deletion, Report

__all__ = ["MOST_ALARMS", "MOST_DEVICES", "MOST_READBACKS", "DevicesSince", "EquipmentBook", "Told"]

_LOG = get_logger("equipment")

MOST_DEVICES = 5000
MOST_READBACKS = 2000
MOST_ALARMS = 500
"""Of one subsystem; what is told beyond that is not taken."""

MOST_IDENTITIES = 2000
"""Subsystems of which something is remembered; who has been gone for longest is forgotten first."""

MOST_GONE = 5000
"""Devices that are no more and are still told to who asks what is different."""

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicesSince:
    """Devices that are different since a change; `whole`: these are all that there are, whatever was known before."""

    devices: tuple[Device, ...]
    gone: tuple[str, ...]
    whole: bool


@dataclass(slots=True)
class Told:
    """What one subsystem has told: by id, readbacks by target.

    `present`: its session goes on. `whole`: it has told everything since it connected. `reads_back`: it has read back
    something since the hub was started. `too_many` counts what was not taken.
    """

    present: bool = True
    whole: bool = False
    reads_back: bool = False
    too_many: int = 0
    devices: dict[str, Device] = field(default_factory=dict)
    readbacks: dict[str, Readback] = field(default_factory=dict)
    alarms: dict[str, AlarmSign] = field(default_factory=dict)


Listener = Callable[[tuple[Device, ...], tuple[Deletion, ...]], None]


class EquipmentBook:
    """What there is, and how it is.

    Args:
        now: station time.

    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._told: dict[str, Told] = {}
        self._listeners: list[Listener] = []
        self._returns: list[Callable[[str], None]] = []
        self._changed_at: dict[str, int] = {}
        self._gone_at: deque[tuple[int, str]] = deque(maxlen=MOST_GONE)
        self._forgotten = 0
        self.revision = 0
        """The number of the last change of devices."""
        self.things = 0
        """Grows whenever there are other devices, or devices that serve something else."""

    def on_change(self, listener: Listener) -> None:
        """Have `listener` told the devices that are different now, and which are no more."""
        self._listeners.append(listener)

    def on_whole(self, listener: Callable[[str], None]) -> None:
        """Have `listener` told who has connected and said how everything is."""
        self._returns.append(listener)

    # What the sessions say.

    def observed(self, identity: str, report: Report) -> None:
        """Take in what a subsystem says."""
        told = self._told.pop(identity, None) or Told()
        self._told[identity] = told  # the last one now: those at the front have been silent for longest
        told.present = True
        too_many = told.too_many
        devices = {device.id: replace(device, identity=identity) for device in report.devices}
        touched = dict.fromkeys((*devices, *(told.devices if report.whole else (each.id for each in report.gone))))
        before = {name: told.devices[name] for name in touched if name in told.devices}
        for gone in report.gone:
            self._gone(told, gone)
        readbacks = {readback.target: readback for readback in report.readbacks}
        alarms = {alarm.id: replace(alarm, identity=identity) for alarm in report.alarms}
        if report.whole:
            told.devices, told.readbacks, told.alarms = {}, {}, {}
            told.whole, told.too_many = True, 0
        told.too_many += _take(told.devices, devices, MOST_DEVICES)
        told.too_many += _take(told.readbacks, readbacks, MOST_READBACKS)
        told.too_many += _take(told.alarms, alarms, MOST_ALARMS)
        told.reads_back = told.reads_back or bool(told.readbacks)
        if told.too_many and not too_many:
            _LOG.warning("equipment-too-much", identity=identity, todo="see why it tells of so many things")
        self._compare(identity, before, {name: told.devices[name] for name in touched if name in told.devices})
        if report.whole:
            for listener in self._returns:
                listener(identity)

    def lost(self, identity: str) -> None:
        """A subsystem's session is over."""
        told = self._told.get(identity)
        if told is None or not told.present:
            return
        before = dict(told.devices)
        now = Instant(int(self._now()))
        told.present, told.whole, told.too_many = False, False, 0
        told.devices = {
            device.id: replace(device, condition=Condition.ABSENT, since=now) for device in told.devices.values()
        }
        told.readbacks, told.alarms = {}, {}
        self._compare(identity, before, told.devices)
        while len(self._told) > MOST_IDENTITIES and (gone := self._longest_gone()) is not None:
            self._compare(gone, self._told.pop(gone).devices, {})

    # What there is to see.

    def devices(self) -> Iterator[Device]:
        """All devices, by subsystem."""
        for identity in sorted(self._told):
            yield from self._told[identity].devices.values()

    def devices_of(self, identity: str) -> tuple[Device, ...]:
        """The devices of one subsystem."""
        told = self._told.get(identity)
        return () if told is None else tuple(told.devices.values())

    def devices_since(self, revision: int) -> DevicesSince:
        """What is different since a change with this number; everything if that is too long ago, or was never."""
        if not self._forgotten <= revision <= self.revision:
            return DevicesSince(devices=tuple(self.devices()), gone=(), whole=True)
        return DevicesSince(
            devices=tuple(
                device
                for device in self.devices()
                if self._changed_at.get(f"{device.identity}/{device.id}", 0) > revision
            ),
            gone=tuple(name for at, name in self._gone_at if at > revision and name not in self._changed_at),
            whole=False,
        )

    def tells(self, identity: str) -> bool:
        """Whether a subsystem is there and has said how everything is; the hub's own word is always there."""
        told = self._told.get(identity)
        return not identity or (told is not None and told.present and told.whole)

    def readbacks(self) -> Iterator[tuple[str, Readback]]:
        """Everything that was read back, with whose it is."""
        for identity in sorted(self._told):
            for readback in self._told[identity].readbacks.values():
                yield identity, readback

    def told(self, identity: str) -> Told | None:
        """What one subsystem has told; None if nothing."""
        return self._told.get(identity)

    def serving(self, targets: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Who serves these boards, zones, gates …: subsystem → those of them that its devices or readbacks name."""
        wanted = tuple(dict.fromkeys(targets))
        found: dict[str, tuple[str, ...]] = {}
        for identity in sorted(self._told):
            told = self._told[identity]
            served = {target for device in told.devices.values() for target in device.targets} | set(told.readbacks)
            mine = tuple(target for target in wanted if target in served)
            if mine:
                found[identity] = mine
        return found

    def signs(self) -> Iterator[Sign]:
        """What subsystems say is wrong, and devices that do not do their work."""
        for identity in sorted(self._told):
            told = self._told[identity]
            if not told.present:
                continue
            yield from (_told_sign(identity, alarm, told.devices) for alarm in told.alarms.values())
            # The subsystem knows better what it comes from: one fault, one alarm.
            explained = {name for alarm in told.alarms.values() for name in (alarm.id, alarm.cause) if name}
            yield from (
                _device_sign(device)
                for device in told.devices.values()
                if device.condition in _NOT_WORKING and device.id not in explained
            )
            if told.too_many:
                yield Sign(
                    id=f"equipment-too-much/{identity}",
                    severity=Severity.WARNING,
                    zh=f"子系统 {identity} 上报的设备或告警过多, {told.too_many} 项未采纳",
                    en=f"Subsystem {identity} tells of more devices or alarms than are kept: {told.too_many} are not",
                )

    def _gone(self, told: Told, gone: Deletion) -> None:
        things: dict[str, dict[str, Device] | dict[str, Readback] | dict[str, AlarmSign]] = {
            "device": told.devices,
            "readback": told.readbacks,
            "alarm": told.alarms,
        }
        if gone.kind in things:
            things[gone.kind].pop(gone.id, None)

    def _compare(self, identity: str, before: dict[str, Device], now: dict[str, Device]) -> None:
        changed = tuple(device for name, device in now.items() if before.get(name) != device)
        gone = tuple(Deletion(kind="device", id=f"{identity}/{name}") for name in before if name not in now)
        if not changed and not gone:
            return
        self.revision += 1
        if gone or any((old := before.get(device.id)) is None or old.targets != device.targets for device in changed):
            self.things += 1
        for device in changed:
            self._changed_at[f"{identity}/{device.id}"] = self.revision
        for each in gone:
            self._changed_at.pop(each.id, None)
            if len(self._gone_at) == MOST_GONE:
                self._forgotten = self._gone_at[0][0]
            self._gone_at.append((self.revision, each.id))
        for listener in self._listeners:
            listener(changed, gone)

    def _longest_gone(self) -> str | None:
        return next((identity for identity, told in self._told.items() if not told.present), None)


def _take(held: dict[str, _Item], news: dict[str, _Item], most: int) -> int:
    """Put news in as far as there is room; how many there was none for."""
    refused = 0
    for name, item in news.items():
        if name in held or len(held) < most:
            held[name] = item
        else:
            refused += 1
    return refused


_NOT_WORKING = {Condition.FAULTY: ("故障", "is faulty"), Condition.ABSENT: ("无应答", "does not answer")}


def _told_sign(identity: str, alarm: AlarmSign, devices: Mapping[str, Device]) -> Sign:
    words = dict(alarm.texts)
    device = devices.get(alarm.cause) or devices.get(alarm.id)
    lost = device is not None and device.condition in _NOT_WORKING
    text = words.get("en") or words.get("zh") or next((text for _, text in alarm.texts if text), alarm.id)
    return Sign(
        id=alarm.id,
        severity=alarm.severity,
        zh=f"{identity}: {words.get('zh') or text}",
        en=f"{identity}: {text}",
        identity=identity,
        cause=alarm.cause,
        since=alarm.since,
        after_s=0.0,
        told_by=identity,
        subject=f"{identity}/{device.id}" if device is not None and lost else "",
        targets=() if device is None else device.targets,
    )


def _device_sign(device: Device) -> Sign:
    zh, en = _NOT_WORKING[device.condition]
    serves = "、".join(device.targets)
    detail = f": {device.detail}" if device.detail else ""
    return Sign(
        id=f"device-{device.condition.value}/{device.identity}/{device.id}",
        severity=Severity.ALARM,
        zh=f"{device.identity} 设备 {device.id}{f' ({serves})' if serves else ''} {zh}{detail}",
        en=f"Device {device.id} of {device.identity}{f' ({serves})' if serves else ''} {en}{detail}",
        since=device.since,
        cause=f"{device.identity}/{device.id}",
        told_by=device.identity or "",
        subject=f"{device.identity}/{device.id}",
        targets=device.targets,
    )
