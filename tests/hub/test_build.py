"""The wiring of a hub: what one part says reaches those whom it concerns."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry
from twisted.internet.task import Clock

from stationmaster.hub.build import AddFace, Hub
from stationmaster.hub.settings import HubSettings, Subsystem
from stationmaster.hub.storage.database import database_url
from stationmaster.station.load import load_station
from stationmaster_base.clock import MachineClock
from stationmaster_base.configuration import Faults, Table
from stationmaster_base.errors import StationError
from stationmaster_base.timekeeping import ClockQuality, ClockState
from stationmaster_clock.judge import Verdict
from stationmaster_dmis.settings import LineSettings, SerialPlace
from stationmaster_kernel.values import FeedGrade
from stationmaster_protocol.messages import HubHeartbeat
from stationmaster_service.process import Running
from stationmaster_service.timer import StationTimer
from support.follower import Follower
from support.small_station import at
from support.wires import joined

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    """A hub that is wired and not started."""
    return wired(tmp_path)


def wired(tmp_path: Path, faces: Sequence[AddFace] = (), **more_settings: Any) -> Hub:
    """A hub with these settings of its own."""
    clock, reactor = MachineClock(lambda: float(at("07:00"))), Clock()
    more: dict[str, Any] = {"reactor": reactor, "table": Table({}, "stationmaster.toml", Faults())}
    running = Running(
        clock=clock,
        timer=StationTimer(clock, reactor),
        folder=tmp_path,
        registry=CollectorRegistry(),
        random=random.Random(1),
        new_boot_id=lambda: "boot",
        fail=lambda error: pytest.fail(str(error)),
        **more,
    )
    settings = HubSettings(
        station=SAMPLE,
        database=database_url("sqlite:///hub.db", tmp_path),
        subsystems=(Subsystem(identity="client-0", token="token-0"),),
        **more_settings,
    )
    return Hub(settings, load_station(SAMPLE), running, faces, lambda _: None)


def test_the_lines_grade_reaches_subscribers_at_once(hub: Hub) -> None:
    """When the feed's grade changes, a heartbeat tells every subscriber so, without any time passing."""
    client = Follower()
    wires = joined(hub._server.buildProtocol(None), client.connect())

    def carry() -> list[FeedGrade]:
        client.heard_events.clear()
        while wires[0].carry() | wires[1].carry():
            pass
        return [event.grade for event in client.heard_events if isinstance(event, HubHeartbeat)]

    assert carry() == [FeedGrade.LOST]
    for grade in (FeedGrade.FRESH, FeedGrade.LATE):
        hub._feed.graded(grade)
        assert carry() == [grade]
    hub._feed.graded(FeedGrade.LATE)
    assert carry() == []


def test_a_hub_does_not_start_without_its_keys(tmp_path: Path) -> None:
    """A file of keys that others may read is told at the start, and the line is not taken unsigned instead."""
    keys = tmp_path / "line.keys"
    keys.write_text(f'[[key]]\nid = 1\nsecret = "{1:064x}"\n', "utf-8")
    keys.chmod(0o644)
    place = SerialPlace(device=tmp_path / "port")
    line = LineSettings(name="line", place=place, keys=keys, seen=tmp_path / "seen.json")
    with pytest.raises(StationError, match="others") as caught:
        wired(tmp_path, lines=(line,))
    assert caught.value.code == "line-keys"
    keys.chmod(0o600)
    assert wired(tmp_path, lines=(line,))._line is None


def test_a_new_hub_has_no_time_of_its_own(hub: Hub) -> None:
    """Its first input tells the time: a machine's clock that is ahead until it is set right would hold the day up."""
    assert hub.view.state.facts.now == 0


def test_masters_of_time_that_are_not_well_are_an_alarm(hub: Hub) -> None:
    """What is made of them is looked at with everything else that can be wrong."""

    class Masters:
        verdict = Verdict(state=ClockState.INVALID)

        def quality(self) -> ClockQuality:
            return ClockQuality(state=ClockState.INVALID)

    reactor, masters = cast("Clock", hub._reactor), cast("Any", Masters())
    hub._masters = masters
    for _ in range(4):
        hub._alarming._book.look()
        reactor.advance(1)
    hub._alarming._book.look()
    assert "clock-invalid" in [alarm.id for alarm in hub.view.alarms()]
