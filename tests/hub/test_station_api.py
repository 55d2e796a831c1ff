"""What people choose from, asked over a string transport."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import cast

from prometheus_client import CollectorRegistry
from twisted.internet.task import Clock

from service.web import Browser
from stationmaster.hub.view import HubView
from stationmaster.hub.web.station_api import StationApi
from stationmaster_base.clock import MachineClock
from stationmaster_base.health import Health
from stationmaster_base.times import Instant
from stationmaster_kernel.inputs import Configure
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_protocol.messages import Position
from stationmaster_service.face import Face
from stationmaster_service.timer import StationTimer
from support.described import check_answer
from support.small_station import STATION, at


@dataclass
class Looked:
    """The hub, as far as the route asks it."""

    state: State
    now: float = float(at("07:50"))

    def position(self) -> Position:
        return Position(epoch="e", sequence=3, hash="h")


def browser_of(state: State) -> Browser:
    clock = MachineClock(lambda: float(at("07:50")))
    face = Face(
        health=lambda: Health(process="hub"),
        clock=clock,
        timer=StationTimer(clock, Clock()),
        registry=CollectorRegistry(),
    )
    StationApi(cast("HubView", Looked(state)), face)
    return Browser(face.site())


def test_everything_that_people_choose_from_is_told() -> None:
    """Places, boards, zones, templates and rules stand in the answer, in the folder's order and as described."""
    state, _ = step(State.empty(Instant(0)), Configure(id="configure/1", at=Instant(0), configuration=STATION))
    code, headers, body = browser_of(state).ask("GET", "/api/v1/station")
    told = json.loads(body)
    assert (code, headers["content-type"]) == (200, "application/json; charset=utf-8")
    assert told["station"]["telecode"] == STATION.station.telecode
    for name in ("places", "boards", "zones", "templates", "rules"):
        assert [each["id"] for each in told[name]] == [each.id for each in getattr(STATION, name)]
    tracks = {each["id"]: each["platform"] for each in told["places"] if each["kind"] == "track"}
    assert tracks == {each.id: each.platform for each in STATION.places if each.kind == "track"}
    assert [each["kind"] for each in told["rules"]] == [rule.does.value for rule in STATION.rules]
    check_answer("GET", "/api/v1/station", 200, headers["content-type"], body)


def test_a_hub_without_a_configuration_has_no_station() -> None:
    """Before the folder is read there is no station and nothing to choose from."""
    told = json.loads(browser_of(State.empty(Instant(0))).ask("GET", "/api/v1/station")[2])
    assert told["station"] is None
    assert [told[name] for name in ("places", "boards", "zones", "templates", "rules")] == [[]] * 5
