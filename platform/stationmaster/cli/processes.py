"""The processes of a station: their commands, where their code is, and which extra brings what they need."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PROCESSES", "Process"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process.

    `command` starts it; `module` has `main(config: Path) -> int`; `extra` is what to install for it.
    """

    command: str
    module: str
    extra: str
    summary: str
    more: str


PROCESSES = (
    Process(
        command="hub",
        module="stationmaster.hub.main",
        extra="hub",
        summary="the hub: runs the station's day and tells everybody (table [hub])",
        more="It receives the dispatching feed from the serial line, keeps the calls and the tasks of the day in its\n"
        "database, feeds subsystems over the open protocol, and serves the console.",
    ),
    Process(
        command="gateway",
        module="stationmaster_gateway.main",
        extra="gateway",
        summary="the one-way gateway: dispatching database to serial line (table [gateway])",
        more="It reads the database and transmits; nothing can come back. It stands on the dispatching side.",
    ),
    Process(
        command="guidance",
        module="stationmaster_guidance.main",
        extra="guidance",
        summary="boards for browsers at /board/<id> (table [guidance])",
        more="It draws what the hub's tasks say, and goes on by itself when the hub is gone.",
    ),
    Process(
        command="broadcast",
        module="stationmaster_broadcast.main",
        extra="broadcast",
        summary="announcements in every zone (table [broadcast])",
        more="It speaks what the hub's tasks say, and goes on by itself when the hub is gone.",
    ),
    Process(
        command="query",
        module="stationmaster_query.main",
        extra="query",
        summary="the kiosk: search by number, place and time (table [query])",
        more="It answers from its own replica of the station's day.",
    ),
    Process(
        command="simulate",
        module="stationmaster_simulator.main",
        extra="all",
        summary="a simulated dispatching database, for demonstrations (table [simulator])",
        more="It makes each day from the station's timetable and a seed: late trains, changes of track, suspensions.",
    ),
    Process(
        command="line",
        module="stationmaster_simulator.line_main",
        extra="all",
        summary="a simulated serial line: two ends on this machine (table [line])",
        more="What the gateway writes to one end the hub reads from the other, at the line's speed.",
    ),
)
