"""A kiosk says of a train what a board's row says of it."""

from __future__ import annotations

from datetime import time

import pytest

from guidance.believable import BelievableDay
from stationmaster_base.times import Instant
from stationmaster_kernel.places import ReadyStation, make_ready
from stationmaster_kernel.task import stage_at
from stationmaster_kernel.values import EventName, Status, TaskKind
from stationmaster_query.status import call_status, main_event_name


@pytest.fixture(scope="module")
def day() -> BelievableDay:
    """A morning with trains in every state."""
    return BelievableDay(time(8, 7))


@pytest.fixture(scope="module")
def station(day: BelievableDay) -> ReadyStation:
    """The sample station's words."""
    return make_ready(day.configuration)


def test_kiosk_and_rows_agree(day: BelievableDay, station: ReadyStation) -> None:
    """Whatever state a train is in, kiosk and board use the same status and the same words."""
    seen = set()
    for task in day.state.tasks.values():
        if task.kind is not TaskKind.DISPLAY or task.start is None or task.start > day.now:
            continue
        stage = stage_at(task, day.now)
        call = day.state.calls[task.call]
        arrival = any(word in task.rule for word in ("arriv", "exit", "terminus"))
        found = call_status(call, EventName.ARRIVAL if arrival else EventName.DEPARTURE, station, day.now)
        assert stage is not None
        assert found.status is stage.status
        assert dict(found.texts) == {text.language: text.text for text in stage.texts}
        seen.add(found.status)
    assert seen >= {Status.WAITING, Status.LATE, Status.CHECKING_IN, Status.ARRIVED, Status.CHECK_IN_CLOSED}


def test_status_follows_the_clock(day: BelievableDay, station: ReadyStation) -> None:
    """Check-in opens and closes on the kiosk at its second, without news."""
    call = next(
        call
        for call in day.state.calls.values()
        if call.check_in_open and call.check_in_open > day.now and call.departure and not call.departure.late_minutes
    )
    assert call.check_in_open is not None
    assert call.check_in_close is not None
    moments = (call.check_in_open - 1, call.check_in_open, call.check_in_close - 1, call.check_in_close)
    assert [call_status(call, EventName.DEPARTURE, station, at).status for at in moments] == [
        Status.WAITING,
        Status.CHECKING_IN,
        Status.CHECKING_IN,
        Status.CHECK_IN_CLOSED,
    ]


def test_words_are_there_in_every_language(day: BelievableDay, station: ReadyStation) -> None:
    """Each status has words in both languages, whichever train it is."""
    for call in day.state.calls.values():
        found = call_status(call, main_event_name(call), station, Instant(day.now))
        assert [language for language, _ in found.texts] == ["zh", "en"]
        assert all(text for _, text in found.texts)
