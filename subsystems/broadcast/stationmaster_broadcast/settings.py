"""`[broadcast]` of the configuration file: where sounds go, what speaks, how far ahead, how much is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stationmaster_agent.desk import DeskSettings
from stationmaster_agent.settings import AgentSettings
from stationmaster_base.configuration import Table
from stationmaster_broadcast.emergencies.urgent import UrgentSettings
from stationmaster_broadcast.loudspeakers.amplifier_settings import AmplifierSettings, read_amplifiers, read_routes
from stationmaster_broadcast.loudspeakers.output_settings import OutputSettings, read_outputs
from stationmaster_broadcast.loudspeakers.routing import Route
from stationmaster_broadcast.speech.engine import engine_names
from stationmaster_broadcast.speech.pronunciation import Pronunciation, read_pronunciations
from stationmaster_broadcast.zones.queue_rules import QueueRules
from stationmaster_kernel.values import TaskKind

__all__ = ["BroadcastSettings"]

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastSettings:
    """Everything that the file says of broadcast.

    `sounds` is the folder of spoken announcements; the cache is a folder in it. `sink` is `file`, `loudspeaker` (file
    and sound card) or `auto` (the sound card where there is one); `device` is the card's name. Sounds are made
    `ahead_minutes` of station time before they are due; 0 makes none ahead. `cache_bytes` bounds the cache;
    spoken files of more than `keep_days` service dates, or beyond `sounds_bytes` together, are deleted, oldest first.
    `desk` is what the page for people is told.
    `outputs` are what zones are heard by, `amplifiers` and `routes` what is between those and the loudspeakers.
    """

    agent: AgentSettings
    desk: DeskSettings
    listen: str = "127.0.0.1"
    port: int = 8083
    sounds: Path
    engine: str = "pyttsx3"
    speech: Table
    sink: str = "file"
    device: str = "default"
    ahead_minutes: int = 10
    cache_bytes: int = 256 * MEBIBYTE
    sounds_bytes: int = 4096 * MEBIBYTE
    keep_days: int = 7
    pronunciations: tuple[Pronunciation, ...] = ()
    queue: QueueRules = field(default_factory=QueueRules)
    urgent: UrgentSettings
    outputs: tuple[OutputSettings, ...] = ()
    amplifiers: tuple[AmplifierSettings, ...] = ()
    routes: Mapping[str, tuple[Route, ...]] = field(default_factory=dict)

    @staticmethod
    def from_table(table: Table, folder: Path) -> BroadcastSettings:
        """Read `[broadcast]`; faults go to the table's, and relative paths count from `folder`.

        `speech` is handed on to the engine, which reads and finishes it.
        """
        pronunciation = table.text("pronunciation", "")
        amplifiers = read_amplifiers(table.table("amplifiers"), folder)
        agent = AgentSettings.from_table(table, folder=folder, task_kinds=(TaskKind.ANNOUNCEMENT,))
        settings = BroadcastSettings(
            agent=agent,
            desk=DeskSettings.from_table(
                table.table("desk"), identity=agent.identity, kind="broadcast", logins=agent.accounts
            ),
            listen=table.text("listen", "127.0.0.1"),
            port=table.integer("port", 8083, high=65535),
            sounds=folder / table.text("sounds"),
            engine=table.choice("engine", engine_names(), "pyttsx3"),
            speech=table.table("speech"),
            sink=table.choice("sink", ("file", "loudspeaker", "auto"), "file"),
            device=table.text("device", "default"),
            ahead_minutes=table.integer("ahead_minutes", 10, high=1440),
            cache_bytes=MEBIBYTE * table.integer("cache_mb", 256, low=1, high=1_000_000),
            sounds_bytes=MEBIBYTE * table.integer("sounds_mb", 4096, low=1, high=100_000_000),
            keep_days=table.integer("keep_days", 7, low=1, high=36500),
            pronunciations=read_pronunciations(folder / pronunciation, table.faults) if pronunciation else (),
            queue=QueueRules.from_table(table.table("queue")),
            urgent=UrgentSettings.from_table(table, folder, folder / table.text("sounds")),
            outputs=read_outputs(table.table("outputs"), folder),
            amplifiers=amplifiers,
            routes=read_routes(table.tables("routes"), amplifiers),
        )
        table.finish()
        return settings
