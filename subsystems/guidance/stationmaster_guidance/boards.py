"""Keeps the picture of every board right, and tells the boards' pages when theirs has changed.

Pictures follow from the replica and the time alone. They are made anew when the replica changes, and at the very
moment at which time alone brings, changes or ends a row; a board that neither concerns costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge

from stationmaster_agent.machine import AgentState
from stationmaster_base.clock import StationClock
from stationmaster_base.configuration import Faults
from stationmaster_base.logging import get_logger
from stationmaster_base.times import MINUTE, Instant
from stationmaster_guidance.controls import Controls
from stationmaster_guidance.layout import BoardLayout
from stationmaster_guidance.layout_reader import parse_layout
from stationmaster_guidance.messages import NOTHING_WRITTEN, BoardMessages, board_messages
from stationmaster_guidance.naming import served_words
from stationmaster_guidance.plain_layout import plain_layout
from stationmaster_guidance.rows import BoardPicture, RowCache, board_rows
from stationmaster_guidance.source import Source, View
from stationmaster_guidance.wire import FULL_LIGHT, Light, page_state
from stationmaster_kernel.call import Call
from stationmaster_kernel.configuration import Board, Configuration, StationFacts, Words
from stationmaster_kernel.mode import Mode
from stationmaster_kernel.task import Task, expires
from stationmaster_kernel.values import FeedGrade, TaskKind
from stationmaster_service.events import EventStream
from stationmaster_service.interfaces import MachineTime
from stationmaster_service.timer import Handle, StationTimer

__all__ = ["Boards", "ShownBoard", "Source", "View", "stale_from"]

_LOG = get_logger("boards")

KINDS = (TaskKind.DISPLAY, TaskKind.MESSAGE)
"""The kinds of task that are seen on boards."""


@dataclass(slots=True, kw_only=True, eq=False)
class ShownBoard:
    """One board, what it shows, and the id of the state that its pages should hold.

    `text` is that state; it is written when the first page asks for it, and empty until then. `published_s` is the
    machine time at which it came to be, `drawn_at` the station time at which the picture was last made anew.
    """

    board: Board
    layout: BoardLayout
    stream: EventStream
    picture: BoardPicture
    places: Words = ()
    stale: bool = False
    text: str = ""
    event_id: str = ""
    messages: BoardMessages = NOTHING_WRITTEN
    light: Light = FULL_LIGHT
    published_s: float = 0.0
    drawn_at: float = 0.0
    tasks: dict[str, Task] = field(default_factory=dict)


class Boards:
    """All boards of the station.

    Args:
        source: the agent.
        clock: station time.
        timer: waits for the moments at which a picture changes by time alone.
        reactor: machine time, for the streams.
        boot: this run of the process, the first part of event ids.
        registry: the process's metrics.
        controls: what people want of the boards; whoever changes one has `refresh` called.

    """

    def __init__(
        self,
        source: Source,
        *,
        clock: StationClock,
        timer: StationTimer,
        reactor: MachineTime,
        boot: str,
        registry: CollectorRegistry,
        controls: Controls | None = None,
    ) -> None:
        self.controls = Controls() if controls is None else controls
        self._source = source
        self._clock = clock
        self._timer = timer
        self._reactor = reactor
        self._boot = boot
        self._counter = 0
        self._boards: dict[str, ShownBoard] = {}
        self._configuration: Configuration | None = None
        self._modes: tuple[Mode, ...] = ()
        self._known: Mapping[str, Task] = {}
        self._calls: Mapping[str, Call] = {}
        self._cache = RowCache(self._formation)
        self._broken: tuple[str, ...] = ()
        self._alone = False
        self._next: Instant | None = None
        self._handle: Handle | None = None
        self._published = Counter(
            "stationmaster_guidance_states", "Board states that differed from the one before.", registry=registry
        )
        rows = Gauge("stationmaster_guidance_rows", "Rows that are on, over all boards.", registry=registry)
        rows.set_function(lambda: sum(len(shown.picture.rows) for shown in self._boards.values()))
        homeless = Gauge(
            "stationmaster_guidance_rows_without_room",
            "Rows that are on and for which their board has no page; give the layout more rows or pages.",
            registry=registry,
        )
        homeless.set_function(lambda: sum(shown.picture.without_room for shown in self._boards.values()))
        readers = Gauge("stationmaster_guidance_pages", "Board pages that are connected.", registry=registry)
        readers.set_function(lambda: sum(shown.stream.readers for shown in self._boards.values()))

    @property
    def ready(self) -> bool:
        """Whether the station is known, and so its boards."""
        return self._configuration is not None

    @property
    def station(self) -> StationFacts | None:
        """The station itself; None until it is known."""
        return None if self._configuration is None else self._configuration.station

    @property
    def broken(self) -> tuple[str, ...]:
        """The ids of layouts that cannot be used; their boards are drawn plainly."""
        return self._broken

    @property
    def next_at(self) -> Instant | None:
        """When a picture will next change by time alone."""
        return self._next

    @property
    def quiet(self) -> bool:
        """Whether every picture is that of the present station time."""
        return self._next is None or self._next > self._clock.now()

    def start(self) -> None:
        """Begin to follow the agent and the time."""
        self._source.on_change(self.refresh)
        self.refresh()

    def stop(self) -> None:
        """End every page's connection."""
        if self._handle is not None:
            self._handle.cancel()
        for shown in self._boards.values():
            shown.stream.close()

    def get(self, board: str) -> ShownBoard | None:
        """A board by id."""
        return self._boards.get(board)

    def all(self) -> Iterable[ShownBoard]:
        """Every board, in the station's order."""
        return self._boards.values()

    def refresh(self) -> None:
        """Make the pictures those of the present view and time, and publish what has changed."""
        now = self._clock.now()
        view = self._source.view
        configured = self._configured(view.configuration)
        touched = self._changed(view.tasks)
        if view.calls is not self._calls:
            self._calls = view.calls
            touched |= {name for name, shown in self._boards.items() if shown.layout.shows_formation}
        alone = view.state not in (AgentState.ONLINE, AgentState.SUSPECT)
        everyone = alone is not self._alone or view.modes != self._modes
        self._alone, self._modes = alone, view.modes
        moments: list[Instant] = []
        for name, shown in self._boards.items():
            stale_at = stale_from(view, shown.layout)
            stale = stale_at is not None and stale_at <= now
            marked = everyone or configured or stale is not shown.stale
            due = any(at is not None and at <= now for at in (shown.picture.until, shown.messages.until))
            if marked or name in touched or due:
                marked = self._draw(shown, now, view.modes) or marked
                shown.stale = stale
            light = self._light(shown, now)
            if marked or light != shown.light:
                shown.light = light
                self._publish(shown)
            untils = (shown.picture.until, shown.messages.until, stale_at)
            moments += [at for at in untils if at is not None and at > now]
        if self._configuration is not None:
            dimmed = self.controls.next_at(now, self._configuration.station.zone)
            moments += [] if dimmed is None else [dimmed]
        self._arm(min(moments, default=None))

    def state(self, shown: ShownBoard) -> tuple[str, str]:
        """The event id and the whole state of a board's page."""
        if not shown.text and self._configuration is not None:
            shown.text = page_state(
                shown.board,
                shown.layout,
                self._configuration.station,
                shown.picture,
                places=shown.places,
                stale=shown.stale,
                alone=self._alone,
                messages=shown.messages,
                light=shown.light,
                ends={name: expires(task) for name, task in shown.tasks.items()},
            )
        return shown.event_id, shown.text

    def _draw(self, shown: ShownBoard, now: float, modes: tuple[Mode, ...]) -> bool:
        """Make a board's picture and texts anew; whether they are others than before."""
        rows, texts = shown.picture, shown.messages
        tasks = shown.tasks.values()
        shown.picture = board_rows(shown.board, shown.layout, tasks, now, modes=modes, row=self._cache.row)
        shown.messages = board_messages(shown.board.id, tasks, now, modes)
        shown.drawn_at = now
        return (rows.rows, rows.regions, texts.whole, texts.lines) != (
            shown.picture.rows,
            shown.picture.regions,
            shown.messages.whole,
            shown.messages.lines,
        )

    def _light(self, shown: ShownBoard, now: float) -> Light:
        """An emergency is seen at full light, also on a board that was switched off."""
        control = self.controls.of(shown.board.id)
        if shown.messages.emergency:
            return Light(test=control.test)
        zone = "UTC" if self._configuration is None else self._configuration.station.zone
        return Light(on=control.on, percent=self.controls.percent(shown.board.id, now, zone), test=control.test)

    def _publish(self, shown: ShownBoard) -> None:
        self._counter += 1
        self._published.inc()
        shown.published_s = self._reactor.seconds()
        shown.event_id, shown.text = f"{self._boot}.{self._counter}", ""
        if shown.stream.readers:
            event_id, text = self.state(shown)
            shown.stream.publish(event_id, "state", text)

    def _arm(self, moment: Instant | None) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._next = moment
        self._handle = None if moment is None else self._timer.call_at(moment, self.refresh)

    def _configured(self, configuration: Configuration | None) -> bool:
        """Take over a new configuration; whether there was one, so that all boards have to be drawn anew."""
        if configuration is None or configuration is self._configuration:
            return False
        self._configuration = configuration
        layouts = self._layouts(configuration)
        old = self._boards
        self._boards = {board.id: self._shown(board, layouts, old.get(board.id)) for board in configuration.boards}
        for shown in self._boards.values():
            shown.places = served_words(shown.board, configuration)
        for name, shown in old.items():
            if name not in self._boards:
                shown.stream.close()
        return True

    def _shown(self, board: Board, layouts: Mapping[str, BoardLayout], old: ShownBoard | None) -> ShownBoard:
        layout = layouts.get(board.layout) or plain_layout(board.layout)
        if old is not None:
            old.board, old.layout = board, layout
            return old
        shown: ShownBoard
        stream = EventStream(whole=lambda: self.state(shown), reactor=self._reactor)
        shown = ShownBoard(
            board=board,
            layout=layout,
            stream=stream,
            picture=BoardPicture(board=board.id, rows=(), regions=()),
            tasks={task.id: task for task in self._known.values() if _concerns(task, board.id)},
        )
        return shown

    def _layouts(self, configuration: Configuration) -> dict[str, BoardLayout]:
        """The layouts that can be used; what is wrong with the others is logged, and their boards go on plainly."""
        good: dict[str, BoardLayout] = {}
        broken = []
        for layout in configuration.layouts:
            faults = Faults()
            read = parse_layout(layout.body, layout.id, faults)
            if faults:
                broken.append(layout.id)
                _LOG.error(
                    "layout-broken",
                    layout=layout.id,
                    faults=[str(fault) for fault in faults],
                    todo="mend the layout's file; its boards are drawn plainly until then",
                )
            else:
                good[layout.id] = read
        for board in configuration.boards:
            if board.layout not in good and board.layout not in broken:
                broken.append(board.layout)
                _LOG.error(
                    "layout-missing",
                    layout=board.layout,
                    board=board.id,
                    todo="write the layout's file or name another; the board is drawn plainly until then",
                )
        self._broken = tuple(broken)
        return good

    def _changed(self, tasks: Mapping[str, Task]) -> set[str]:
        """Hand tasks to their boards; the boards whose tasks are not what they were."""
        if tasks is self._known:
            return set()
        before, self._known = self._known, tasks
        touched: set[str] = set()
        for name, task in tasks.items():
            old = before.get(name)
            if old is not task:
                touched |= self._take_out(old)
                touched |= self._put_in(task)
        for name, old in before.items():
            if name not in tasks:
                touched |= self._take_out(old)
                self._cache.forget(name)
        return touched

    def _formation(self, call: str) -> str:
        found = self._calls.get(call)
        return "" if found is None else found.formation

    def _take_out(self, task: Task | None) -> set[str]:
        if task is None or task.kind not in KINDS:
            return set()
        for target in task.targets:
            if (shown := self._boards.get(target)) is not None:
                shown.tasks.pop(task.id, None)
        return set(task.targets)

    def _put_in(self, task: Task) -> set[str]:
        if task.kind not in KINDS:
            return set()
        for target in task.targets:
            if (shown := self._boards.get(target)) is not None:
                shown.tasks[task.id] = task
        return set(task.targets)


def _concerns(task: Task, board: str) -> bool:
    return task.kind in KINDS and board in task.targets


def stale_from(view: View, layout: BoardLayout) -> Instant | None:
    """The station time from which a board cannot be relied on; None while the feed is fresh and the hub is there."""
    if view.grade is FeedGrade.FRESH and view.state in (AgentState.ONLINE, AgentState.SUSPECT):
        return None
    if view.fresh_at is None:
        return Instant(0)
    return Instant(view.fresh_at + layout.stale.after_min * MINUTE)
