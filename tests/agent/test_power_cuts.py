"""An agent's process that is killed again and again: nothing is done twice, nothing that was done is lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

import stationmaster_agent
from stationmaster_agent.store import Store
from stationmaster_kernel.values import TaskState
from stationmaster_protocol.commands import CommandState, LocalAct

MINUTES = 20
KILLS = 3

CHILD = """
import os, sys
from pathlib import Path
from agent.making import announcement, at, resource
from agent.station import CONFIGURATION, kernel_state, public
from agent.world import World
from stationmaster_kernel.deeds import Delay
from stationmaster_kernel.values import EventName, TaskState
from stationmaster_protocol.commands import Command, CommandResult, CommandState
from stationmaster_protocol.scalars import stamp_of

folder, first, last = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
log = os.open(folder / "effects", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

def effect(*words):
    os.write(log, (" ".join(words) + "\\n").encode())

class Doer:
    def command(self, given):
        effect("command", given.id)
        return CommandResult(id=given.id, state=CommandState.DONE, at=at(0))

world = World(folder, commands=Doer())
tasks = [resource(announcement(f"t{n}", due=n, valid=30)) for n in range(1, last + 1)]
world.hub.put(*public(kernel_state(600)), *tasks)
world.hub.receives = False
world.boots = os.getpid()
world.clock.time = at(max(0, first - 1))
world.start()
world.hub.die()
world.machine(17, step=1)
for minute in range(first, last + 1):
    sys.stdin.readline()
    world.station_only(minute)
    for what, *key in world.performer.take():
        if what == "offer":
            work = world.performer.works[tuple(key)]
            world.agent.begin(work)
            effect("task", work.task.id)
            world.agent.finish(work, TaskState.DONE)
    for given in (f"c{minute}", f"c{minute - 1}"):
        world.agent._core.desk.take(
            Command(id=given, action="test", by="x", expires=stamp_of(at(last + 1)))
        )
    call = next(iter(world.agent.view.calls))
    act = world.agent.act(by="Wang", delays=[Delay(call=call, event=EventName.DEPARTURE, minutes=minute)])
    effect("act", act)
    sys.stdout.write(f"{minute}\\n")
    sys.stdout.flush()
"""


def run(folder: Path, first: int, minutes: int, pause_s: float | None) -> int:
    """A life of the process for so many minutes from this one on; gives the last minute that it said to be over.

    With a pause it is killed so many seconds after it was let into the last minute, wherever it is then.
    """
    roots = [str(Path(__file__).parents[1]), *sys.path, str(Path(stationmaster_agent.__file__).parents[1])]
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder), str(first), str(MINUTES)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(roots)},
        text=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    over = first - 1
    for number in range(minutes):
        child.stdin.write("go\n")
        child.stdin.flush()
        if pause_s is not None and number == minutes - 1:
            with suppress(subprocess.TimeoutExpired):
                child.wait(pause_s)
            child.send_signal(signal.SIGKILL)
        for line in child.stdout:
            if line.strip().isdigit():
                over = int(line)
                break
    with suppress(BrokenPipeError):
        child.stdin.close()
    child.stdout.close()
    assert child.wait() == (0 if pause_s is None else -signal.SIGKILL)
    return over


def test_killed_at_any_point(tmp_path):
    """Each announcement and command has its effect once at most, and what had one is known; acts are there in order."""
    chance = random.Random(7)
    minute = 0
    for _ in range(KILLS):
        minute = run(tmp_path, minute + 1, chance.randrange(2, 6), chance.uniform(0, 0.03))
    assert run(tmp_path, minute + 1, MINUTES - minute, None) == MINUTES

    effects = [line.split() for line in (tmp_path / "effects").read_text().splitlines()]
    store = Store.open(tmp_path / "agent.db", filter_class=_filter(tmp_path))
    done = Counter(name for what, name in effects if what == "task")
    progress = {task: result.state for (task, _), result in store.progress().items()}
    assert set(done.values()) == {1}
    for number in range(1, MINUTES + 1):
        state = progress[f"t{number}"]
        assert state is TaskState.DONE or (state is TaskState.INTERRUPTED and done[f"t{number}"] <= 1)
    assert sum(state is TaskState.INTERRUPTED for state in progress.values()) <= KILLS

    commanded = Counter(name for what, name in effects if what == "command")
    assert set(commanded.values()) == {1}
    answers = {result.id: result for result in store.commands()}
    assert set(commanded) <= set(answers)
    assert all(answer.state in (CommandState.DONE, CommandState.FAILED) for answer in answers.values())

    acts = [one for one in store.outbox() if isinstance(one, LocalAct)]
    told = [name for what, name in effects if what == "act"]
    assert [act.id for act in acts if act.id in told] == told
    assert len({act.id for act in acts}) == len(acts) <= len(told) + KILLS
    assert [act.at for act in acts] == sorted(act.at for act in acts)
    store.close()


def _filter(folder: Path) -> str:
    from agent.world import World  # noqa: PLC0415

    return repr(World(folder).settings.wanted)
