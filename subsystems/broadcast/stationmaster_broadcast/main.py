"""The broadcast process: `stationmaster broadcast --config FILE`. The composition root."""

from __future__ import annotations

import os
from pathlib import Path

from twisted.application.service import Service

from stationmaster_broadcast.build import build, thread_offload
from stationmaster_broadcast.settings import BroadcastSettings
from stationmaster_service.process import Running, run

__all__ = ["main"]


def main(config: Path) -> int:
    """Run broadcast until it is told to end; returns the exit code."""

    def wire(running: Running) -> Service:
        settings = BroadcastSettings.from_table(running.table.table("broadcast"), running.folder)
        running.table.faults.raise_if_any()
        broadcast = build(running, settings, environment=dict(os.environ), offload=thread_offload(running.reactor))
        return broadcast.service

    return run("broadcast", config, wire)
