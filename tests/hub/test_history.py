"""What was shown and said in the past, on every kind of database."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.engine import URL

from hub.journalled import CHECK_IN, archive, journal, morning, said, write
from hub.making import START, begin, tick
from stationmaster.hub.history import RowThen, Said, Then, look_back
from stationmaster.hub.storage.checkpoint import save_now
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant
from stationmaster_kernel.inputs import Feed, Input
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_kernel.task import interval_on, stage_at
from stationmaster_kernel.values import FeedGrade, TaskKind, TaskState
from support.small_station import at, planned, record


def asked(
    url: URL, moment: str, *, boards: tuple[str, ...] = (), zones: tuple[str, ...] = (), minutes: int = 10
) -> Then:
    """The answer for a local time of the test day."""
    with archive(url) as found:
        return look_back(found, at(moment), boards=boards, zones=zones, minutes=minutes)


def rows(url: URL, moment: str, board: str = "hall-1") -> tuple[RowThen, ...]:
    """A board's rows at a local time."""
    (then,) = asked(url, moment, boards=(board,)).boards
    return then.rows


def heard(url: URL, moment: str, zone: str = "waiting-A", minutes: int = 10) -> tuple[Said, ...]:
    """What was said in a zone."""
    (then,) = asked(url, moment, zones=(zone,), minutes=minutes).zones
    return then.said


def test_a_board_is_as_the_tasks_of_that_time_say(database: URL) -> None:
    """For each minute of a morning, the rows are those that the kernel's state of that minute has on."""
    inputs = sorted(morning(), key=lambda given: given.at)
    write(database, *inputs)
    state = State.empty(START)
    waiting = list(inputs)
    seen: set[str] = set()
    for minutes in range(75, 211, 5):
        moment = tick(minutes).at
        while waiting and waiting[0].at <= moment:
            given = waiting.pop(0)
            if given.id != "tick/backwards":
                state, _ = step(state, given)
        with archive(database) as found:
            then = look_back(found, moment, boards=("hall-1", "arr-1"))
        for board in then.boards:
            on = [
                task
                for task in state.tasks.values()
                if task.kind is TaskKind.DISPLAY and board.board in task.targets and interval_on(task, moment)
            ]
            assert sorted(row.task for row in board.rows) == sorted(task.id for task in on)
            for row in board.rows:
                task = state.tasks[row.task]
                stage = stage_at(task, moment)
                assert stage is not None
                assert (row.status, row.texts) == (str(stage.status), task.texts + stage.texts)
                seen.add(row.status)
    assert {"waiting", "late", "checking_in", "check_in_closed", "arrived"} <= seen


def test_rows_come_in_the_order_of_boards(database: URL) -> None:
    """By planned time, whatever is expected, then by call."""
    calls = (
        planned("G9", arrival="08:20", departure="08:30"),
        planned("G1"),
        planned("G5", arrival="08:05", departure="08:15"),
    )
    configure, plan, grade = begin()
    write(database, configure, replace(plan, calls=calls), grade, tick(90))
    assert [row.text("number", "zh") for row in rows(database, "07:40")] == ["G1", "G5", "G9"]


def test_what_a_row_said_before_a_delay_was_known(database: URL) -> None:
    """The answer is what was known then: the delay shows from the minute in which it came."""
    write(database, *morning())
    (before,) = rows(database, "07:30")
    (after,) = rows(database, "07:31")
    assert (before.status, before.text("planned", "zh"), before.text("expected", "zh")) == ("waiting", "08:10", "")
    assert (after.status, after.text("expected", "en"), after.text("status", "en")) == ("late", "08:35", "late 25")
    assert (before.text("destination", "en"), before.text("nothing", "en")) == ("Baotou", "")


def test_the_minute_asked_for_includes_its_tick(database: URL) -> None:
    """14:06 means: with all that came at 14:06:00, and nothing of what came after."""
    write(
        database,
        *begin(),
        tick(10),
        Feed(id="f", at=Instant(tick(10).at + 1), records=(record(actual_arrival=None, reason="x"),)),
    )
    with archive(database) as found:
        then = look_back(found, tick(10).at, boards=("hall-1",))
        assert (then.position.sequence, then.grade) == (4, FeedGrade.FRESH)
        assert look_back(found, Instant(tick(10).at - 1), boards=("hall-1",)).position.sequence == 3
        assert look_back(found, Instant(tick(10).at + 1), boards=("hall-1",)).position.sequence == 5


def test_what_was_said_has_its_times_its_text_and_its_outcome(database: URL) -> None:
    """An announcement that was made: when it was due, when it began and ended, and its words."""
    write(database, *morning())
    (made,) = (item for item in heard(database, "08:20") if item.task == CHECK_IN)
    assert (made.due, made.begun, made.ended) == (at("08:20"), at("08:20:02"), at("08:20:40"))
    assert (made.state, made.rule) == (TaskState.DONE, "say-check-in")
    assert [text.text for text in made.texts] == ["check-in G1", "check-in Baotou 25"]


def test_what_was_due_and_not_made_is_told(database: URL) -> None:
    """An announcement of which nobody said anything stands there with what became of it."""
    write(database, *morning())
    (apology,) = (item for item in heard(database, "07:35") if item.rule == "apology")
    assert (apology.due, apology.begun, apology.state) == (at("07:30:20"), None, TaskState.EXPIRED)


def test_the_window_is_as_wide_as_asked_for(database: URL) -> None:
    """What overlaps it counts, what lies beside it does not."""
    write(database, *morning())
    assert [item.rule for item in heard(database, "08:21", minutes=1)] == ["say-check-in"]
    assert heard(database, "08:22", minutes=1) == ()
    assert [item.rule for item in heard(database, "07:55", minutes=26)] == ["apology", "say-check-in"]
    assert heard(database, "08:20", "waiting-B") == ()


def test_a_report_that_came_in_late_counts_for_when_it_happened(database: URL) -> None:
    """An executor that was cut off tells the next day what it did; the journal knows it from then on."""
    inputs = [given for given in morning() if not given.id.startswith("result/")]
    late: list[Input] = [
        said("08:20:02", TaskState.BEGUN, told="09:35"),
        said("08:20:20", TaskState.INTERRUPTED, "power", told="09:35"),
    ]
    write(database, *inputs)
    assert [item.begun for item in heard(database, "08:20", minutes=1)] == [None]
    write(database, *late)
    (made,) = heard(database, "08:20", minutes=1)
    assert (made.begun, made.ended, made.state) == (at("08:20:02"), at("08:20:20"), TaskState.INTERRUPTED)
    assert made.detail == "power"


def test_an_announcement_made_twice_is_told_twice(database: URL) -> None:
    """After a crash it was begun again; and one of which only the end was told is told with its end."""
    inputs = [given for given in morning() if not given.id.startswith("result/")]
    again = [
        said("08:20:02", TaskState.BEGUN, told="08:21"),
        said("08:20:30", TaskState.BEGUN, told="08:21"),
        said("08:20:50", TaskState.DONE, told="08:21"),
    ]
    write(database, *sorted((*inputs, *again), key=lambda given: given.at))
    assert [(item.begun, item.ended) for item in heard(database, "08:20", minutes=2)] == [
        (at("08:20:02"), None),
        (at("08:20:30"), at("08:20:50")),
    ]


def test_only_the_end_of_an_announcement_is_known(database: URL) -> None:
    """Then it is told with its end alone."""
    inputs = [given for given in morning() if not given.id.startswith("result/")]
    write(database, *sorted((*inputs, said("08:20:50", TaskState.DONE)), key=lambda given: given.at))
    (made,) = heard(database, "08:20", minutes=2)
    assert (made.begun, made.ended, made.state) == (None, at("08:20:50"), TaskState.DONE)


def test_a_call_that_is_gone_is_still_known(database: URL) -> None:
    """Long after a call was dropped with its tasks, the past has them."""
    write(database, *morning(), *(tick(minutes) for minutes in range(211, 6000, 300)))
    with journal(database) as made:
        assert not made.state.calls
    assert len(rows(database, "08:00")) == 1
    assert [item.rule for item in heard(database, "08:20", minutes=1)] == ["say-check-in"]
    assert rows(database, "12:00") == ()


def test_history_begins_at_the_last_checkpoint(database: URL) -> None:
    """The answer is the same from a checkpoint on, and nothing before it is read."""
    inputs = morning()
    with journal(database) as made:
        for number, given in enumerate(inputs, 1):
            made.put(given)
            if number == 60:
                with made.store.keeping() as connection:
                    save_now(connection)
    full = asked(database, "08:20", boards=("hall-1",), zones=("waiting-A",))
    with journal(database) as made, made.store.keeping() as connection:
        connection.exec_driver_sql("UPDATE journal SET changes = 'x' WHERE sequence <= 60")
    assert asked(database, "08:20", boards=("hall-1",), zones=("waiting-A",)) == full
    with pytest.raises(StationError, match="cannot be read"):
        asked(database, "06:40", boards=("hall-1",))


def test_a_time_after_the_journal_is_answered_and_said(database: URL) -> None:
    """The last data says what is to be shown later: rows come and go by time."""
    write(database, *begin(), tick(1))
    then = asked(database, "07:00", boards=("hall-1",))
    assert then.journal_until == tick(1).at < then.at
    assert [row.status for row in then.boards[0].rows] == ["waiting"]


def test_what_cannot_be_answered_is_said(database: URL) -> None:
    """A time before the journal, a board or a zone that was not there, an empty journal."""
    write(database)
    with pytest.raises(StationError, match="empty"):
        asked(database, "07:00", boards=("hall-1",))
    write(database, *begin(), tick(1))
    with pytest.raises(StationError, match="begins at 2026-02-28T22:00:00Z"):
        asked(database, "05:59", boards=("hall-1",))
    with pytest.raises(StationError, match=r"no board hall-9.*arr-1, gate-1A"):
        asked(database, "07:00", boards=("hall-9", "hall-1"))
    with pytest.raises(StationError, match=r"no zone x.*platform-1"):
        asked(database, "07:00", zones=("x",))


def test_a_refused_input_of_the_future_does_not_move_time(database: URL) -> None:
    """A tick that was refused counts for nothing, whatever time it names."""

    def careful(state: State, given: Input) -> tuple[State, object]:
        if given.at > at("23:00"):
            raise ValueError("too far ahead")
        return step(state, given)

    write(database, *begin(), tick(1), replace(tick(5000), id="leap"), tick(2), kernel=careful)  # type: ignore[arg-type]  # the changes are the kernel's own
    assert asked(database, "06:01", boards=("hall-1",)).position.sequence == 5
    assert asked(database, "06:02", boards=("hall-1",)).position.sequence == 6
