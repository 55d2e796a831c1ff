"""Subsystems that are nothing but agents, each in a process of its own; they are forked, so that many start soon.

    python -m support.fault_agents CONFIG

The table `[agents]` has a `token`, `heartbeat_s`, and in `[agents.hubs]` for each identity where it finds the hub.
Each writes the log that every subsystem writes, with its identity for the process's name. SIGTERM ends all.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

from twisted.application.service import Service

from stationmaster_agent.agent import Agent
from stationmaster_agent.settings import AgentSettings, HostPort
from stationmaster_base.configuration import Faults, read_toml
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.tls import trust_from_table
from stationmaster_service.process import Running, run

_WHOLE_LINES = threading.Lock()


def settings_of(config: Path, identity: str) -> AgentSettings:
    """What one of them is told."""
    table = read_toml(config, Faults()).table("agents")
    return AgentSettings(
        identity=identity,
        token=table.text("token"),
        hubs=(HostPort.parse(table.table("hubs").text(identity)),),
        state_file=config.parent / f"{identity}.db",
        task_kinds=(TaskKind.DISPLAY,),
        heartbeat_s=table.number("heartbeat_s", 5.0),
        tls=trust_from_table(table, config.parent),
    )


def one(config: Path, identity: str) -> int:
    """Be this one until told to end; the exit code."""

    def build(running: Running) -> Service:
        return Agent(
            settings_of(config, identity),
            reactor=running.reactor,
            clock=running.clock,
            timer=running.timer,
            performer=None,
            boot=running.new_boot_id(),
        )

    return run(identity, config, build)


def main(config: Path) -> int:
    """Start all, hand their lines on one at a time, and wait for them."""
    children, ends = [], []
    for identity in read_toml(config, Faults()).table("agents").table("hubs").keys():  # noqa: SIM118 - a table is no dict
        end, mine = os.pipe()
        child = os.fork()
        if not child:
            os.dup2(mine, sys.stderr.fileno())
            os._exit(one(config, identity))
        os.close(mine)
        children.append(child)
        ends.append(end)

    def pass_on(number: int, _frame: object) -> None:
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, number)

    signal.signal(signal.SIGTERM, pass_on)
    threads = [threading.Thread(target=_hand_on, args=(end,)) for end in ends]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)


def _hand_on(end: int) -> None:
    """Each line as a whole."""
    with open(end, encoding="utf-8") as lines:
        for line in lines:
            with _WHOLE_LINES:
                sys.stdout.write(line)
                sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
