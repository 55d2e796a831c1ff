"""A signal lamp: on while the station wants it, also without a hub; tested by command. `python lamp.py lamp.toml`."""

import sys
from pathlib import Path

from twisted.application.service import Service

from stationmaster_agent.agent import Agent
from stationmaster_agent.settings import AgentSettings
from stationmaster_base.times import Instant
from stationmaster_kernel.lights import lights_on
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.commands import Command, CommandResult, CommandState
from stationmaster_protocol.equipment import Condition, Device
from stationmaster_service.process import Running, run


class Lamp:
    """The part that touches the hardware: a file such as `/sys/class/leds/signal/brightness`, which takes 1 and 0."""

    def __init__(self, file: Path, light: str, now) -> None:
        self.file, self.light, self.now = file, light, now

    def follow(self) -> None:
        """Be on or off as the tasks say at this moment of station time, and tell the hub how that went."""
        view = self.agent.view
        try:
            self.write("1" if self.light in lights_on(view.tasks.values(), self.now(), view.modes) else "0")
        except OSError as error:
            self.tell(Condition.FAULTY, str(error))

    def write(self, level: str) -> None:
        self.file.write_text(level)
        self.tell(Condition.OK, {"1": "on", "0": "off"}[self.file.read_text().strip()])

    def tell(self, condition: Condition, detail: str) -> None:
        now = Instant(int(self.now()))
        self.agent.devices.put(
            Device(id="lamp", kind="lamp", condition=condition, since=now, detail=detail, targets=(self.light,))
        )

    def command(self, command: Command) -> CommandResult:
        if command.action != "test":
            return self.result(command, CommandState.REFUSED, "unknown-action")
        self.write("1")  # until the next minute, or whatever changes before
        return self.result(command, CommandState.DONE)

    def result(self, command: Command, state: CommandState, code: str | None = None) -> CommandResult:
        return CommandResult(id=command.id, state=state, at=Instant(int(self.now())), code=code)


def build(running: Running) -> Service:
    """Join the lamp and its agent."""
    table = running.table.table("lamp")
    settings = AgentSettings.from_table(table, folder=running.folder, task_kinds=(TaskKind.LIGHTING,))
    lamp = Lamp(running.folder / table.text("file"), table.text("light"), running.clock.now)
    table.finish()
    running.table.faults.raise_if_any()
    parts = {"reactor": running.reactor, "clock": running.clock, "timer": running.timer}
    lamp.agent = Agent(settings, **parts, performer=None, commands=lamp, boot=running.new_boot_id())
    lamp.agent.on_change(lamp.follow)
    return lamp.agent


if __name__ == "__main__":
    sys.exit(run("lamp", Path(sys.argv[1]), build))
