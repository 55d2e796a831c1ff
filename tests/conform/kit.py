"""The kit and a simulated device in one process, each in a thread of its own, on a port of their own."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from stationmaster_conform.client_scenarios.catalogue import CLIENT_SCENARIOS
from stationmaster_conform.devices.device import Device
from stationmaster_conform.devices.faults import Fault
from stationmaster_conform.devices.hardware import DEVICES
from stationmaster_conform.devices.settings import DeviceSettings
from stationmaster_conform.machine import this_machine
from stationmaster_conform.options import ClientOptions, Patience
from stationmaster_conform.played_hub import PlayedHub
from stationmaster_conform.runner import chosen, play
from stationmaster_conform.verdict import Verdict

PATIENT = Patience(first_s=30, answer_s=15, return_s=30, silence_s=5)
"""Waits that end as soon as what is waited for has come: they bound a hang, and cost nothing where all is well."""

SHORT = Patience(first_s=30, answer_s=1.5, return_s=2.5, silence_s=1)
"""For devices that are wrong, where waiting is the proof."""


@contextmanager
def device(name: str, port: int, fault: Fault | None = None, token: str = "secret") -> Iterator[Device]:
    """A simulated device that runs until the block ends."""
    ended = threading.Event()
    settings = DeviceSettings(kind=DEVICES[name], host="127.0.0.1", port=port, identity=name, token=token, fault=fault)
    running = Device(settings, this_machine(), lambda: not ended.is_set())
    thread = threading.Thread(target=running.run, name=f"{name} {fault}")
    thread.start()
    try:
        yield running
    finally:
        ended.set()
        thread.join(30)
        assert not thread.is_alive()


def tried(
    name: str, fault: Fault | None, scenarios: Sequence[str], *, quick: bool = False, patience: Patience = PATIENT
) -> list[Verdict]:
    """What the kit says of a device in these scenarios; all of them without any."""
    options = ClientOptions(port=0, heartbeat_s=0.1, burst=200, patience=patience)
    hub = PlayedHub(options, this_machine())
    try:
        with device(name, hub.door.port, fault):
            return play(chosen(CLIENT_SCENARIOS, scenarios, quick=quick), hub, this_machine(), lambda _: None)
    finally:
        hub.close()
