"""Boards that are watched: what lasts is told, what only follows a moment later is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stationmaster.hub.alarms.sign import Severity, Sign
from stationmaster.hub.subsystems.board_book import BoardBook
from stationmaster.hub.subsystems.board_difference import DifferenceKind
from stationmaster.hub.subsystems.board_watch import BoardWatch
from stationmaster.hub.subsystems.equipment import EquipmentBook
from stationmaster.hub.subsystems.watch_settings import WatchSettings
from stationmaster_base.times import Instant
from stationmaster_kernel.deeds import SetMode
from stationmaster_kernel.inputs import Act, Configure, Feed, Input
from stationmaster_kernel.step import step
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.equipment import AlarmSign, Evidence, Readback, ShownRow
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.hub_side import SubscriberInfo
from stationmaster_protocol.messages import Deletion, Level, Report
from support.small_station import STATION, at, planned, record, running_station


def session(identity: str = "guidance", targets: tuple[str, ...] = ()) -> SubscriberInfo:
    return SubscriberInfo(
        identity=identity,
        address="127.0.0.1",
        level=Level.A,
        executes=(TaskKind.DISPLAY,),
        filter=Filter(targets=targets),
        acked=1,
        last=1,
        queued=0,
        snapshots=1,
        whole=True,
        rejected="",
        heard_s=0.0,
    )


class Station:
    """The small station at seven with two trains, boards that a test paints, and a watch."""

    def __init__(self, settings: WatchSettings | None = None, now: str = "07:00") -> None:
        self.state = running_station(planned(), planned("G2", arrival="08:20", departure="08:30"), now=now)
        self.time = float(at(now))
        self.seconds = 0.0
        self.sessions = [session(targets=("hall-1", "gate-1A"))]
        self.equipment = EquipmentBook(lambda: self.time)
        self.boards = BoardBook(lambda: self.state)
        self.watch = BoardWatch(
            boards=self.boards,
            equipment=self.equipment,
            subscribers=lambda: self.sessions,
            task=self._task,
            settings=settings or WatchSettings(),
            now=lambda: self.time,
            seconds=lambda: self.seconds,
        )

    def _task(self, name: str) -> Task | None:
        return self.state.tasks.get(name)

    def do(self, given: Input) -> None:
        self.state, changes = step(self.state, given)
        self.boards.committed([changes])

    def paint(self, *boards: str) -> None:
        """These boards show what they should."""
        for board in boards:
            self.show(board, *self.right(board))

    def right(self, board: str) -> list[ShownRow]:
        due = self.boards.intent(board, self.time).rows
        return [ShownRow(task=each.task, revision=each.revision) for each in due]

    def show(self, board: str, *rows: ShownRow, **more: object) -> None:
        readback = Readback(target=board, at=Instant(int(self.time)), evidence=Evidence.PAINTED, rows=rows)
        self.equipment.observed("guidance", Report(number=1, readbacks=(replace(readback, **more),)))  # type: ignore[arg-type]

    def after(self, seconds: float) -> dict[str, Sign]:
        """Look now and again so much later."""
        list(self.watch.signs())
        self.seconds += seconds
        self.time += seconds
        return {sign.id: sign for sign in self.watch.signs()}


@pytest.fixture
def station() -> Station:
    return Station()


def test_right_boards_are_no_trouble(station: Station) -> None:
    """Rows of both trains are in the hall, and all boards that were painted show them."""
    station.paint("hall-1", "gate-1A")
    assert len(station.right("hall-1")) == 2
    assert station.after(60) == {}
    assert station.watch.noticed("guidance", "hall-1") == ()


def test_what_lasts_is_an_alarm_that_says_what_is_wrong(station: Station) -> None:
    """Ten seconds after it was noticed, with the trains, in both languages; not a moment before."""
    station.paint("gate-1A")
    first, second = station.right("hall-1")
    station.show("hall-1", replace(first, revision=1), ShownRow(task="G9/x", revision=1))
    assert station.after(9.5) == {}
    (noticed, *_) = station.watch.noticed("guidance", "hall-1")
    assert (noticed.since, noticed.lasting) == (at("07:00"), False)
    sign = station.after(1)["board-differs/hall-1"]
    assert sign.severity is Severity.ALARM
    assert sign.en == "Board hall-1 (guidance) does not show what it should: missing G2; not due G9/x; old G1"
    assert sign.zh == "显示屏 hall-1 (guidance) 与应显示内容不符: 缺 G2; 多 G9/x; 旧 G1"
    assert sign.since == at("07:00")
    assert {each.difference.kind for each in station.watch.noticed("guidance", "hall-1") if each.lasting} == {
        DifferenceKind.MISSING,
        DifferenceKind.EXTRA,
        DifferenceKind.OLD,
    }
    station.paint("hall-1")
    assert station.after(1) == {}
    del second


def test_a_board_that_follows_each_change_a_moment_later_is_none(station: Station) -> None:
    """Every eight seconds a delay changes, and the board is eight seconds behind all the time: nothing lasts."""
    station.paint("hall-1", "gate-1A")
    for number in range(1, 8):
        before = station.right("hall-1")
        late = record(expected_departure=Instant(at("08:10") + 60 * number))
        station.do(Feed(id=f"f/{number}", at=Instant(int(station.time)), records=(late,)))
        assert station.right("hall-1") != before
        assert station.after(8) == {}
        station.paint("hall-1", "gate-1A")


def test_a_board_that_stands_still_is_one_however_often_things_change(station: Station) -> None:
    """It shows the same old revision for longer than the grace, though the right one is another every second."""
    station.paint("hall-1", "gate-1A")
    told: dict[str, Sign] = {}
    for number in range(1, 13):
        late = record(expected_departure=Instant(at("08:10") + 60 * number))
        station.do(Feed(id=f"f/{number}", at=Instant(int(station.time)), records=(late,)))
        station.paint("gate-1A")
        told = station.after(1)
    assert list(told) == ["board-differs/hall-1"]


def test_time_alone_makes_a_board_wrong(station: Station) -> None:
    """A row whose time is over is to go without any news."""
    station.paint("hall-1", "gate-1A")
    station.time = float(at("12:00"))
    assert station.boards.intent("hall-1", station.time).rows == ()
    assert "board-differs/hall-1" in station.after(11)


def test_a_board_that_is_blank_on_purpose_is_a_warning(station: Station) -> None:
    """Somebody has switched it off; passengers see nothing wrong there."""
    station.paint("gate-1A")
    station.show("hall-1", blank=True)
    sign = station.after(11)["board-differs/hall-1"]
    assert (sign.severity, sign.en.endswith(": blank")) == (Severity.WARNING, True)


def test_boards_that_are_never_read_back(station: Station) -> None:
    """Who reads back one of his boards must read back all of them; who never does need not, unless it is asked for."""
    assert station.after(60) == {}
    station.paint("hall-1")
    sign = station.after(1)["board-unread/gate-1A"]
    assert (sign.severity, sign.after_s) == (Severity.WARNING, 10.0)
    station.sessions = []
    assert station.after(1) == {}
    asked = Station(WatchSettings(readback_from=("guidance",)))
    assert set(asked.after(1)) == {"board-unread/hall-1", "board-unread/gate-1A"}
    asked.sessions = [session()]
    assert len(asked.after(1)) == len(STATION.boards)


def test_a_readback_that_is_too_old(station: Station) -> None:
    """Only where it is asked for: subsystems need not repeat what has not changed."""
    station.paint("hall-1", "gate-1A")
    assert station.after(3600) == {}
    strict = Station(WatchSettings(readback_old_s=300))
    strict.paint("hall-1", "gate-1A")
    assert strict.after(299) == {}
    assert set(strict.after(2)) == {"board-old/hall-1", "board-old/gate-1A"}


def test_what_is_no_board_is_passed_over(station: Station) -> None:
    """A lamp's readback, or that of a board that was taken away."""
    station.paint("hall-1", "gate-1A")
    station.show("lamp-1", ShownRow(task="x", revision=1))
    assert station.after(60) == {}


def test_modes_and_configuration_change_what_is_due(station: Station) -> None:
    """A row that a manual mode keeps back is not due, and boards come and go with the configuration."""
    early = Station(now="06:20")
    assert len(early.right("hall-1")) == 1
    early.do(Act(id="a", at=at("06:20"), by="x", deeds=(SetMode(scope="rule.hall", manual=True),)))
    early.time = float(at("07:00"))
    assert len(early.right("hall-1")) == 1
    early.do(Act(id="b", at=at("06:25"), by="x", deeds=(SetMode(scope="rule.hall", manual=False),)))
    assert len(early.right("hall-1")) == 2
    fewer = replace(STATION, boards=STATION.boards[:1])
    station.do(Configure(id="c2", at=at("07:00"), configuration=fewer))
    assert [board.id for board in station.boards.boards()] == ["hall-1"]
    assert station.boards.board("gate-1A") is None


def test_the_book_agrees_with_the_state_after_anything() -> None:
    """What is kept ready is what would be worked out anew, whatever has been committed."""
    station = Station()
    station.right("hall-1")
    for number, clock in enumerate(("08:00", "08:05", "08:11", "09:40", "12:00")):
        moment = at(clock)
        given = record(expected_departure=Instant(at("08:10") + 300 * number), actual_arrival=at("08:00"))
        station.do(Feed(id=f"f/{number}", at=moment, records=(given,)))
        station.time = float(moment)
        fresh = BoardBook(lambda: station.state)
        for board in STATION.boards:
            assert station.boards.intent(board.id, station.time) == fresh.intent(board.id, station.time)


def test_a_text_that_the_subsystem_alone_knows_is_no_difference_as_long_as_it_says_so(station: Station) -> None:
    """An emergency on two hundred boards is one alarm: boards may show it instead of rows, or below them.

    When it is over, or nobody has said that it stands there, it is shown and should not be.
    """
    text = ShownRow(task="here/boot/1", revision=1)
    station.paint("gate-1A")
    station.show("hall-1", text)
    assert "board-differs/hall-1" in station.after(11)
    sign = AlarmSign(id="text/here/boot/1", severity=Severity.ALARM, since=at("07:00"), texts=(("en", "an emergency"),))
    station.equipment.observed("guidance", Report(number=2, alarms=(sign,)))
    assert station.after(11) == {}
    station.show("hall-1", *station.right("hall-1"), text)
    assert station.after(11) == {}
    station.show("hall-1", *station.right("hall-1")[1:], text)
    assert "missing" in station.after(11)["board-differs/hall-1"].en
    station.show("hall-1", text)
    station.equipment.observed("guidance", Report(number=3, gone=(Deletion(kind="alarm", id=sign.id),)))
    assert "not due" in station.after(11)["board-differs/hall-1"].en
