"""What broadcast's tests share: a stepped clock, a reactor that turns, an agent that writes down what it is told."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, fail, maybeDeferred, succeed
from twisted.internet.task import Clock

from stationmaster_agent.work import Work
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant
from stationmaster_broadcast.loudspeakers.outputs import NoOutputs, Outputs
from stationmaster_broadcast.loudspeakers.sinks import FileSink
from stationmaster_broadcast.speech.cache import SoundCache
from stationmaster_broadcast.speech.pronunciation import Pronunciations
from stationmaster_broadcast.speech.recording import Utterance
from stationmaster_broadcast.speech.silent_engine import SilentEngine
from stationmaster_broadcast.speech.sound import Sound, write_wave
from stationmaster_broadcast.speech.studio import Studio
from stationmaster_broadcast.zones.holds import Holds
from stationmaster_broadcast.zones.performer import BroadcastPerformer
from stationmaster_broadcast.zones.plays import PlayLog
from stationmaster_broadcast.zones.queue_rules import QueueRules
from stationmaster_kernel.call import Call
from stationmaster_kernel.configuration import Configuration, StationFacts, Zone
from stationmaster_kernel.task import Task, Text
from stationmaster_kernel.values import TaskKind, TaskState
from stationmaster_service.timer import StationTimer

START = Instant(1772326800)  # 2026-03-01T01:00:00Z, 09:00 at the station

CONFIGURATION = Configuration(
    station=StationFacts(telecode="QHD", names=(("zh", "试验"), ("en", "Trial")), zone="Asia/Shanghai"),
    zones=tuple(
        Zone(id=name, type="platform", names=(("zh", f"{name}区"), ("en", f"Zone {name}"))) for name in ("a", "b", "c")
    ),
)


class SteppedClock:
    """Station time that moves only when a test says so."""

    shadow = True
    rate = 0.0

    def __init__(self, at: float = START) -> None:
        self.at = float(at)

    def now(self) -> float:
        return self.at

    def wait_for(self, instant: float) -> float:
        return 0.0 if instant <= self.at else math.inf

    def reread(self) -> None:
        """Nothing sets it but the test."""


class FakeEngine:
    """Speaks at once or when told, and can fail; `asked` are the texts in the order in which they were asked for."""

    signature = "fake 1"
    problem = ""

    def __init__(self, *, by_hand: bool = False) -> None:
        self.by_hand = by_hand
        self.asked: list[str] = []
        self.failures: dict[str, StationError] = {}
        self.waiting: list[tuple[Deferred[None], Utterance, Path]] = []

    def start(self) -> None:
        """Nothing to start."""

    def stop(self) -> Deferred[None]:
        return succeed(None)

    def speak(self, utterance: Utterance, path: Path) -> Deferred[None]:
        self.asked.append(utterance.text)
        if self.by_hand:
            done: Deferred[None] = Deferred()
            self.waiting.append((done, utterance, path))
            return done
        return self._speak(utterance, path)

    def go_on(self) -> None:
        """Finish what has waited longest."""
        done, utterance, path = self.waiting.pop(0)
        self._speak(utterance, path).addCallbacks(done.callback, done.errback)

    def _speak(self, utterance: Utterance, path: Path) -> Deferred[None]:
        if utterance.text in self.failures:
            return fail(self.failures[utterance.text])
        write_wave(path, Sound(rate=4000, samples=array("h", [2000, -2000] * (200 * len(utterance.text)))))
        return succeed(None)


@dataclass
class FakeAgent:
    """Writes down begin and finish with the station time."""

    clock: SteppedClock
    said: list[tuple[Any, ...]] = field(default_factory=list)
    refused: set[tuple[str, str]] = field(default_factory=set)

    def begin(self, work: Work) -> None:
        if work.key in self.refused:
            raise StationError("work-not-offered", "refused")
        self.said.append((round(self.clock.now() - START), "begin", work.task.id, work.target))

    def finish(self, work: Work, state: TaskState, detail: str = "") -> None:
        self.said.append((round(self.clock.now() - START), state.value, work.task.id, work.target))


@dataclass
class Hall:
    """A performer with everything around it, on a stepped clock."""

    folder: Path
    clock: SteppedClock
    machine: Clock
    timer: StationTimer
    engine: FakeEngine | SilentEngine
    studio: Studio
    plays: PlayLog
    agent: FakeAgent
    performer: BroadcastPerformer

    def turn(self) -> None:
        """Let the reactor come to all that is to be done at once."""
        self.machine.advance(0)
        self.machine.advance(0)

    def offer(self, *works: Work) -> None:
        """Offer works, and let the reactor turn."""
        for work in works:
            self.performer.offer(work)
        self.turn()

    def step(self, seconds: float) -> None:
        """Station time goes on to so many seconds after the start, as `POST /clock` does it."""
        self.clock.at = START + seconds
        self.timer.poke()
        self.turn()

    def run_out(self, most: int = 1000) -> None:
        """Step from one end to the next until nothing plays."""
        for _ in range(most):
            ends = self.performer.next_at()
            if ends is None:
                return
            self.step(ends - START)
        raise AssertionError("it never ends")


def at_once(function: Callable[[], Any]) -> Deferred[Any]:
    """An offload that does it here and now."""
    return maybeDeferred(function)


def hall(
    folder: Path,
    *,
    engine: FakeEngine | SilentEngine | None = None,
    outputs: Outputs | None = None,
    rules: QueueRules | None = None,
    calls: Mapping[str, Call] | None = None,
    holds: Holds | None = None,
    configuration: Configuration = CONFIGURATION,
) -> Hall:
    """A hall whose sounds go to `folder`."""
    clock, machine = SteppedClock(), Clock()
    timer = StationTimer(clock, machine)
    speaker = engine or SilentEngine()
    studio = Studio(
        engine=speaker,
        cache=SoundCache(folder / "cache", 10_000_000),
        pronunciations=Pronunciations([]),
        reactor=machine,
        offload=at_once,
    )
    plays = PlayLog(folder)
    agent = FakeAgent(clock)
    performer = BroadcastPerformer(
        reactor=machine,
        timer=timer,
        studio=studio,
        sink=FileSink(folder, timer),
        outputs=outputs or NoOutputs(),
        plays=plays,
        rules=rules or QueueRules(),
        configuration=lambda: configuration,
        calls=({} if calls is None else calls).get,
        holds=holds,
    )
    performer.bind(agent)
    return Hall(folder, clock, machine, timer, speaker, studio, plays, agent, performer)


def announcement(
    number: str = "G1",
    *,
    rule: str = "open",
    due: int = 0,
    valid: int = 600,
    order: int = 0,
    priority: int = 50,
    targets: tuple[str, ...] = ("a",),
    zh: str | None = None,
    en: str | None = None,
    more: Mapping[str, Any] | None = None,
) -> Task:
    """A task to say something; times are seconds after the start."""
    call = f"QHD/2026-03-01/{number}/1"
    texts = [("zh", f"{number}次列车检票" if zh is None else zh), ("en", f"Train {number}" if en is None else en)]
    return Task(
        id=f"{call}/{rule}/1",
        call=call,
        rule=rule,
        occurrence=1,
        kind=TaskKind.ANNOUNCEMENT,
        targets=targets,
        due=Instant(START + due),
        valid_until=Instant(START + due + valid),
        order=Instant(START + order),
        priority=priority,
        texts=tuple(Text(name="speech", language=language, text=text) for language, text in texts if text),
        **(more or {}),
    )


def works(task: Task) -> list[Work]:
    """The task's works, one for each target."""
    return [Work(task=task, target=target) for target in task.targets]


DAY_OF_SPEECH = (
    announcement(
        "G1", due=60, targets=("a", "b"), zh="开往六安的G1次列车开始检票，请到1A检票口。", en="Train G1, gate 1A."
    ),
    announcement(
        "K1178", due=60, order=1, zh="K1178次列车晚点约25分钟。", en="Train K1178 is 25 minutes late.", priority=40
    ),
    announcement("G3", due=70, order=2, valid=10, zh="G3次列车停止检票。", en="Check-in for train G3 is closed."),
    announcement("D5", due=120, targets=("c",), zh="D5次列车进站，请站在安全线以内。", en="Train D5 is coming in."),
    announcement("D7", due=300, targets=("b",), zh="D7次列车就要开车了。", en="Train D7 is about to leave."),
    announcement(
        "D8", due=700, targets=("c",), zh="D8次列车开始检票。", en="Check-in for train D8.", more={"feed_limit": 10}
    ),
    announcement("D9", due=700, order=1, targets=("c",), zh="请注意安全。", en="Mind your step.", valid=900),
)
"""One morning's announcements: two at the same second in one zone, one that will be too old, one in two zones.

One of the last two may rely on a feed of ten minutes, the other on any.
"""
