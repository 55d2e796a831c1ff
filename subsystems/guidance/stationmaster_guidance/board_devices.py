"""Boards as devices: whether a page of each is there, as the hub is told.

A board here is a page in a browser. That a page is connected is all that is known of it. One that nobody has opened
since this process started may never have been meant to be seen, so nothing is known of it; one whose page was there
and went is absent.
"""

from __future__ import annotations

from stationmaster_agent.equipment import Devices
from stationmaster_base.clock import StationClock
from stationmaster_base.times import Instant
from stationmaster_guidance.boards import Boards
from stationmaster_protocol.equipment import Condition, Device, Reading

__all__ = ["BoardDevices"]


class BoardDevices:
    """Args:
    boards: the station's boards.
    devices: where they are told of.
    clock: station time.

    """

    def __init__(self, boards: Boards, devices: Devices, clock: StationClock) -> None:
        self._boards = boards
        self._devices = devices
        self._clock = clock

    def look(self) -> None:
        """Tell of every board as it is now, and that those are gone which the station no longer has."""
        now = Instant(int(self._clock.now()))
        there = set()
        for shown in self._boards.all():
            name, pages = shown.board.id, shown.stream.readers
            there.add(name)
            known = self._devices.get(name)
            seen = known is not None and known.condition is not Condition.UNKNOWN
            condition = Condition.OK if pages else Condition.ABSENT if seen else Condition.UNKNOWN
            self._devices.put(
                Device(
                    id=name,
                    kind="board",
                    condition=condition,
                    since=now,
                    targets=(name,),
                    readings=(Reading(name="pages", value=str(pages)),),
                )
            )
        for device in tuple(self._devices):
            if device.id not in there:
                self._devices.remove(device.id)
