"""What guidance's tests need of the rest of the platform, and nothing more of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stationmaster_agent.equipment import Devices, Equipment
from stationmaster_agent.machine import AgentState
from stationmaster_base.clock import Anchor, FileClock, write_anchor
from stationmaster_base.times import Instant
from stationmaster_kernel.call import Call
from stationmaster_kernel.configuration import Board, Configuration, Layout, StationFacts
from stationmaster_kernel.mode import Mode
from stationmaster_kernel.task import Stage, Task, Text
from stationmaster_kernel.values import FeedGrade, Status, TaskKind
from stationmaster_protocol.equipment import AlarmSign, Readback

ROOT = Path(__file__).parents[2]
NOON = Instant(1_772_337_600)  # 2026-03-01T04:00:00Z, noon in Shanghai

LAYOUT = """
languages = "alternate"
language_s = 10
dwell_s = 20
[header]
title = { zh = "出发 {board}", en = "Departures {board}" }
[stale]
text = { zh = "过时", en = "Out of date" }
silent_s = 2
[[region]]
rows = 3
pages = 2
empty = { zh = "暂无列车", en = "No trains" }
[[region.line]]
columns = [
  { field = "number", heading = { zh = "车次", en = "Train" }, width = 5 },
  { field = "destination", heading = { zh = "终到站", en = "To" }, width = 8 },
  { field = "time", heading = { zh = "开点", en = "Departs" }, width = 6 },
  { field = "status", heading = { zh = "状态", en = "Status" }, width = 8 },
]
"""

WORDS = {
    Status.WAITING: ("候车", "Waiting"),
    Status.CHECKING_IN: ("正在检票", "Checking in"),
    Status.CHECK_IN_CLOSED: ("停止检票", "Check-in closed"),
    Status.LATE: ("晚点约20分", "About 20 min late"),
    Status.SUSPENDED: ("列车停运", "Suspended"),
    Status.ARRIVED: ("列车已到达", "Arrived"),
}


def stage(at: int, status: Status) -> Stage:
    """A stage with its words in both languages."""
    zh, en = WORDS.get(status, (status.value, status.value))
    return Stage(
        at=Instant(at),
        status=status,
        texts=(Text(name="status", language="zh", text=zh), Text(name="status", language="en", text=en)),
    )


def row_task(number: str, minutes: int = 30, *, boards: tuple[str, ...] = ("hall-1",), **more: object) -> Task:
    """A row that is on from NOON until `minutes` later, for a train that leaves then."""
    at = Instant(NOON + minutes * 60)
    values: dict[str, object] = {
        "id": f"MZN/2026-03-01/{number}/1/row-hall/1",
        "revision": 1,
        "call": f"MZN/2026-03-01/{number}/1",
        "rule": "row-hall",
        "occurrence": 1,
        "kind": TaskKind.DISPLAY,
        "targets": boards,
        "start": NOON,
        "end": at,
        "order": at,
        "stages": (stage(NOON, Status.WAITING),),
        "texts": (
            Text(name="number", text=number),
            Text(name="planned", text="12:30"),
            Text(name="expected", text=""),
            Text(name="destination", language="zh", text="北京北"),
            Text(name="destination", language="en", text="Beijing North"),
            Text(name="platform", language="zh", text="1站台"),
            Text(name="platform", language="en", text="Platform 1"),
        ),
    }
    return Task(**(values | more))  # type: ignore[arg-type]


def text_task(name: str, words: str, *, boards: tuple[str, ...] = ("hall-1",), **more: object) -> Task:
    """What a person wrote on boards: on from NOON for ten minutes."""
    values: dict[str, object] = {
        "id": f"hub-1-{name}",
        "revision": 1,
        "call": "",
        "rule": "",
        "occurrence": 1,
        "kind": TaskKind.MESSAGE,
        "targets": boards,
        "start": NOON,
        "end": Instant(NOON + 600),
        "hard_end": Instant(NOON + 600),
        "order": NOON,
        "priority": 20,
        "texts": (Text(name="text", language="zh", text=words), Text(name="text", language="en", text=f"{words} (en)")),
    }
    return Task(**(values | more))  # type: ignore[arg-type]


def board(name: str = "hall-1", **more: object) -> Board:
    """A board of 1080p."""
    values: dict[str, object] = {
        "id": name,
        "type": "ticket_hall",
        "names": (("zh", "售票厅屏"), ("en", "Ticket Hall")),
        "layout": "hall",
    }
    return Board(**(values | more))  # type: ignore[arg-type]


def configuration(*boards: Board, body: str = LAYOUT) -> Configuration:
    """A station with these boards and one layout, `hall`."""
    return Configuration(
        station=StationFacts(telecode="MZN", names=(("zh", "明泽南"), ("en", "Mingze South")), zone="Asia/Shanghai"),
        boards=boards or (board(),),
        layouts=(Layout(id="hall", body=body),),
    )


@dataclass
class FakeView:
    """A view that a test sets as it likes."""

    state: AgentState = AgentState.ONLINE
    configuration: Configuration | None = None
    tasks: Mapping[str, Task] = field(default_factory=dict)
    calls: Mapping[str, Call] = field(default_factory=dict)
    grade: FeedGrade = FeedGrade.FRESH
    modes: tuple[Mode, ...] = ()
    fresh_at: Instant | None = NOON


@dataclass
class FakeSource:
    """An agent that tells its listeners when the test says so."""

    view: FakeView = field(default_factory=FakeView)
    listeners: list[Callable[[], None]] = field(default_factory=list)

    def on_change(self, listener: Callable[[], None]) -> None:
        self.listeners.append(listener)

    def show(self, *tasks: Task) -> None:
        """These tasks and no others from now on."""
        self.view.tasks = {task.id: task for task in tasks}
        self.changed()

    def changed(self) -> None:
        for listener in self.listeners:
            listener()


class FakeDesk:
    """Takes what the hub is told, as the agent does: what is so now, by name."""

    def __init__(self) -> None:
        self.devices = Devices(Equipment(lambda: None))
        self.readbacks: dict[str, Readback] = {}
        self.alarms: dict[str, AlarmSign] = {}

    def shown(self, readback: Readback) -> None:
        self.readbacks[readback.target] = readback

    def not_shown(self, target: str) -> None:
        self.readbacks.pop(target, None)

    def alarm(self, sign: AlarmSign) -> None:
        self.alarms[sign.id] = sign

    def clear(self, name: str) -> None:
        self.alarms.pop(name, None)

    def condition(self, board: str) -> str:
        """How a board is, as the hub knows it."""
        device = self.devices.get(board)
        return "" if device is None else device.condition.value

    def words(self, board: str) -> str:
        """The English words of a board's alarm; empty if there is none."""
        sign = self.alarms.get(f"board/{board}")
        return "" if sign is None else dict(sign.texts)["en"]


class SteppedClock:
    """A shadow clock of rate 0 in a file, and the way to step it."""

    def __init__(self, folder: Path, at: float = NOON) -> None:
        self.file = folder / "clock.json"
        self.set(at)
        self.clock = FileClock(self.file, lambda: 0.0)

    def set(self, at: float) -> None:
        write_anchor(self.file, Anchor(station=at, machine=0.0, rate=0.0))
