"""A cable between a link and a simulated rack."""

from __future__ import annotations

from collections.abc import Callable

from stationmaster_service.interfaces import MachineTime
from stationmaster_simulator.amplifier_rack import AmplifierRack


class PipedRack:
    """A port whose other end is the rack; answers take no time."""

    def __init__(self, rack: AmplifierRack, machine: MachineTime) -> None:
        self.rack = rack
        self.problem = ""
        self.renewed = 0
        self.written = 0
        self._machine = machine
        self._received: Callable[[bytes], None] = lambda _: None

    def start(self, received: Callable[[bytes], None], up: Callable[[], None]) -> None:
        self._received = received
        self.rack.said.append(self._hear)
        self._machine.callLater(0, up)

    def write(self, data: bytes) -> None:
        self.written += 1
        if not self.problem:
            answer = self.rack.receive(data)
            if answer:
                self._received(answer)

    def again(self) -> None:
        self.renewed += 1

    def stop(self) -> None:
        self.rack.said.remove(self._hear)

    def _hear(self, data: bytes) -> None:
        if not self.problem:
            self._received(data)
