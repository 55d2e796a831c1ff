"""The screens: every page of a board that is open, what it says it has painted, and whether that is right.

A page speaks after each painting and every few seconds. What it says is compared with the board's intent at once and
again each second, so a page that shows the wrong thing, stands still, or has fallen silent is known within seconds:
as the condition of the board's device, as an alarm, and to the hub as what is really to be seen (`Readback`).
A board of which no page was ever opened since this process started may never have been meant to be seen here, so
nothing is known of it; one whose last page went is absent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Gauge, Histogram

from stationmaster_base.clock import StationClock
from stationmaster_base.errors import StationError
from stationmaster_base.health import JsonValue
from stationmaster_base.times import Instant
from stationmaster_guidance.boards import Boards, ShownBoard
from stationmaster_guidance.judging import Intent, Wrong, wrongs
from stationmaster_guidance.readings import Reading, TestOutcome, parse_reading
from stationmaster_guidance.telling import Judgement, Telling
from stationmaster_service.interfaces import MachineTime

__all__ = ["GRACE_S", "SILENT_S", "Screens"]

GRACE_S = 3.0
"""Machine seconds for which a page may differ: a state is on its way, a picture is being painted."""

SILENT_S = 12.0
"""Machine seconds without a word after which a page is silent; it speaks every five, if it is painted at all."""

LATE_S = 4.0
"""Machine seconds after a page's goodbye within which its last words may come; one that is loaded anew says more."""

MOST_PAGES = 50
LATENCIES = 200
BUCKETS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


@dataclass(slots=True, kw_only=True, eq=False)
class _Page:
    """One open page. `since`: machine time since which each thing is wrong; `measured`: the last state timed."""

    began: float
    heard: float
    reading: Reading | None = None
    since: dict[Wrong, float] = field(default_factory=dict)
    measured: str = ""

    def lasting(self, now: float, grace: float) -> tuple[Wrong, ...]:
        return tuple(wrong for wrong, since in self.since.items() if now - since >= grace)

    def silent(self, now: float) -> bool:
        return now - self.heard > SILENT_S


@dataclass(slots=True, kw_only=True, eq=False)
class _Screen:
    """What is known of one board: its pages, when the last of them went, and how long its last change took.

    `goodbyes` are the machine times of those that left lately.
    """

    pages: dict[str, _Page] = field(default_factory=dict)
    goodbyes: dict[str, float] = field(default_factory=dict)
    gone_since: float | None = None
    shown_s: float | None = None

    def let_go(self, now: float) -> None:
        """Forget who has said nothing since his goodbye but what was on its way then: requests overtake each other."""
        for name, page in list(self.pages.items()):
            if page.silent(now) and name in self.goodbyes and page.heard - self.goodbyes[name] < LATE_S:
                del self.pages[name]
                self.gone_since = None if self.pages else now


class Screens:
    """Args:
    boards: what should be seen.
    telling: who is told of what is seen.
    clock: station time.
    reactor: machine time.
    registry: the process's metrics.
    tested: gets what a page found when it tested itself: the board, the page, and the outcome.
    panelled: boards that LED panels show: their panels are told of, and no page of them is missed or believed.
    grace_s: machine seconds for which a page may differ.

    """

    def __init__(
        self,
        boards: Boards,
        telling: Telling,
        *,
        clock: StationClock,
        reactor: MachineTime,
        registry: CollectorRegistry,
        tested: Callable[[str, str, TestOutcome], None],
        panelled: Collection[str] = (),
        grace_s: float = GRACE_S,
    ) -> None:
        self._grace = grace_s
        self._boards = boards
        self._telling = telling
        self._clock = clock
        self._reactor = reactor
        self._tested = tested
        self._panelled = frozenset(panelled)
        self._screens: dict[str, _Screen] = {}
        self._latencies: deque[float] = deque(maxlen=LATENCIES)
        self._took = Histogram(
            "stationmaster_guidance_shown_seconds",
            "Machine time from a board's change to its being painted.",
            buckets=BUCKETS,
            registry=registry,
        )
        self._last_took = Gauge(
            "stationmaster_guidance_board_shown_seconds",
            "Machine time from a board's last change to its being painted, by board.",
            ["board"],
            registry=registry,
        )
        self._memory = Gauge(
            "stationmaster_guidance_page_memory_bytes", "What a board's page holds.", ["board"], registry=registry
        )
        self._nodes = Gauge(
            "stationmaster_guidance_page_nodes", "Elements in a board's page.", ["board"], registry=registry
        )

    def painted(self, board: str, page: str, body: bytes) -> bool:
        """A page says what it shows, or with an empty body that it still shows what it said last.

        Returns:
            whether it is known what the page shows; False: it should say it in full.

        Raises:
            StationError: `no-such-board`; `reading-impossible`; `too-many-pages`.

        """
        shown = self._boards.get(board)
        if shown is None:
            raise StationError("no-such-board", f"There is no board {board!r}.", "Open a board of the list.")
        if board in self._panelled:
            return True
        reading = parse_reading(body) if body else None
        now = self._reactor.seconds()
        mine = self._page(board, page, now)
        mine.heard = now
        if reading is not None:
            mine.reading = reading
            self._time(shown, mine, reading, now)
            self._nodes.labels(board).set(reading.nodes)
            self._memory.labels(board).set(reading.memory)
            if reading.test is not None:
                self._tested(board, page, reading.test)
        if mine.reading is None:
            return False
        self._look_at(shown, now)
        return True

    def left(self, board: str, page: str) -> None:
        """A page says goodbye."""
        screen = self._screens.get(board)
        if screen is None or screen.pages.pop(page, None) is None:
            return
        now = self._reactor.seconds()
        lately = {name: at for name, at in screen.goodbyes.items() if now - at < 2 * SILENT_S}
        screen.goodbyes = lately | {page: now}
        if not screen.pages:
            screen.gone_since = now

    def pages(self, board: str) -> tuple[str, ...]:
        """The pages of a board that are heard."""
        now = self._reactor.seconds()
        screen = self._screens.get(board, _Screen())
        return tuple(name for name, page in screen.pages.items() if not page.silent(now))

    def reading(self, board: str) -> Reading | None:
        """What the page of a board that was heard last says of itself; None if none is heard."""
        now = self._reactor.seconds()
        heard = [page for page in self._screens.get(board, _Screen()).pages.values() if not page.silent(now)]
        return max(heard, key=lambda page: page.heard).reading if heard else None

    def look(self) -> None:
        """Judge every board as it is now; to be called about once a second, and after the boards have changed."""
        now = self._reactor.seconds()
        there = set()
        for shown in self._boards.all():
            if shown.board.id not in self._panelled:
                there.add(shown.board.id)
                self._look_at(shown, now)
        for name in [name for name in self._screens if name not in there]:
            del self._screens[name]
        self._telling.only(there)

    def health(self) -> dict[str, JsonValue]:
        """For `/healthz`: boards that are not as they should be, and how long changes took, in milliseconds."""
        took = sorted(self._latencies)
        return {
            "boards_wrong": list(self._telling.wrong()),
            "pages": sum(len(screen.pages) for screen in self._screens.values()),
            "shown_ms": None
            if not took
            else {"p50": round(took[len(took) // 2] * 1000), "p95": round(took[len(took) * 95 // 100] * 1000)},
        }

    def _page(self, board: str, name: str, now: float) -> _Page:
        screen = self._screens.setdefault(board, _Screen())
        if name not in screen.pages:
            # A page that is opened after another fell silent stands in its place: a browser was started anew.
            for old in [old for old, page in screen.pages.items() if page.silent(now)]:
                del screen.pages[old]
            if len(screen.pages) >= MOST_PAGES:
                raise StationError("too-many-pages", f"Board {board!r} is open too often.", "Close some of its pages.")
            screen.pages[name] = _Page(began=now, heard=now)
            screen.gone_since = None
        return screen.pages[name]

    def _time(self, shown: ShownBoard, page: _Page, reading: Reading, now: float) -> None:
        """How long the board's last change took, if this page was there when it came."""
        if reading.state != shown.event_id or page.measured == reading.state:
            return
        page.measured = reading.state
        if page.began < shown.published_s:
            took = max(0.0, now - reading.age_s - shown.published_s)
            self._screens[shown.board.id].shown_s = took
            self._latencies.append(took)
            self._took.observe(took)
            self._last_took.labels(shown.board.id).set(took)

    def _look_at(self, shown: ShownBoard, now: float) -> None:
        screen = self._screens.get(shown.board.id)
        if screen is None:
            self._telling.unknown(shown)
            return
        screen.let_go(now)
        intent = Intent(
            picture=shown.picture,
            messages=shown.messages,
            state=shown.event_id,
            stale=shown.stale,
            lit=shown.light.on and not shown.light.test,
        )
        for page in screen.pages.values():
            if page.reading is not None:
                found = wrongs(intent, page.reading)
                page.since = {wrong: page.since.get(wrong, now) for wrong in found}
        heard = [page for page in screen.pages.values() if not page.silent(now) and page.reading is not None]
        worst = max(
            heard, key=lambda page: (len(page.lasting(now, self._grace)), len(page.since), page.heard), default=None
        )
        gone = screen.gone_since is not None and now - screen.gone_since >= self._grace
        self._telling.tell(
            shown,
            Judgement(
                pages=len(screen.pages),
                silent=sum(page.silent(now) for page in screen.pages.values()),
                absent=gone,
                wrong=() if worst is None else worst.lasting(now, self._grace),
                shown_s=screen.shown_s,
                heard_at=Instant(int(self._clock.now())) if worst is not None and worst.heard == now else None,
            ),
            None if worst is None else worst.reading,
        )
