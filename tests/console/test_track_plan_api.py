"""The track plan's routes over a string transport: the plan, its drawing that is kept, and what the stream tells."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import jsonschema_rs
import pytest
from prometheus_client import CollectorRegistry
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from service.web import Browser, unchunk
from stationmaster.console.track_plan.api import TOGETHER_S, TrackPlanApi
from stationmaster.console.track_plan.legend import LEGEND
from stationmaster.hub.view import HubView
from stationmaster.station.directions import Directions, Side
from stationmaster.station.load import Station
from stationmaster_base.clock import MachineClock
from stationmaster_base.health import Health
from stationmaster_base.times import Instant
from stationmaster_kernel.configuration import PlaceKind
from stationmaster_kernel.inputs import Configure, Feed, Input
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_protocol.messages import Position
from stationmaster_service.face import Face
from stationmaster_service.timer import StationTimer
from support.described import DOCUMENT, check_answer, strict
from support.small_station import STATION, at, both, planned, record, running_station

PLAN = "/api/v1/track-plan"
OWN = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>'
G1 = "TST/2026-03-01/G1/1"
CONSOLE = Path(__file__).parents[2] / "platform" / "stationmaster" / "console" / "static" / "console.css"


@dataclass
class Hub:
    """The hub, as far as the track plan asks it: a kernel without a database."""

    state: State
    now: float = float(at("07:50"))
    station: Station | None = None
    listeners: list[Callable[[], None]] = field(default_factory=list)
    sequence: int = 1

    def position(self) -> Position:
        return Position(epoch="e", sequence=self.sequence, hash="0" * 64)

    def on_commit(self, listener: Callable[[], None]) -> None:
        self.listeners.append(listener)

    def put(self, given: Input) -> None:
        """Commit something."""
        self.state, _ = step(self.state, given)
        self.sequence += 1
        for listener in self.listeners:
            listener()


class World:
    """A hub with the routes, a browser, and a clock that is stepped."""

    def __init__(self, state: State) -> None:
        self.hub = Hub(state)
        self.reactor = Clock()
        clock = MachineClock(lambda: self.hub.now)
        self.timer = StationTimer(clock, self.reactor)
        self.face = Face(
            health=lambda: Health(process="hub"), clock=clock, timer=self.timer, registry=CollectorRegistry()
        )
        TrackPlanApi(cast("HubView", self.hub), self.face)
        self.browser = Browser(self.face.site())

    def get(self, path: str, code: int = 200, headers: str = "") -> tuple[dict[str, str], bytes]:
        """An answer, held to the API's description."""
        status, found, body = self.browser.ask("GET", path, headers)
        assert status == code, body
        if code != 304:
            check_answer("GET", path, status, found["content-type"], body)
        return found, body

    def plan(self) -> Any:
        return json.loads(self.get(PLAN)[1])

    def subscribe(self) -> Browser:
        browser = Browser(self.face.site())
        browser.send("GET", f"{PLAN}/events")
        return browser

    def until(self, clock: str) -> None:
        """Station time is this, and what is due is done."""
        self.hub.now = float(at(clock))
        self.timer.poke()


@pytest.fixture
def world() -> World:
    return World(running_station(planned()))


def events(browser: Browser) -> Iterator[tuple[str, str, Any]]:
    """The events that came since the last look: id, name, data."""
    raw = browser.transport.value()
    browser.transport.clear()
    if raw.startswith(b"HTTP/"):
        raw = raw.partition(b"\r\n\r\n")[2]
    for block in unchunk(raw).decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
        if lines:
            yield lines["id"], lines["event"], json.loads(lines["data"])


def test_the_plan_says_which_train_is_where(world: World) -> None:
    """The answer has the drawing's identity and each train with its stage, as the description of the API says."""
    world.until("07:58")
    plan = world.plan()
    (train,) = plan["trains"]
    assert (train["id"], train["track"], train["stage"], train["where"]) == (G1, "1", "coming", "left")
    assert (train["begins"], train["ends"]) == (at("07:56"), at("08:00"))
    assert plan["drawing"]["path"] == f"{PLAN}/drawings/{plan['drawing']['identity']}"
    assert plan["position"]["sequence"] == 1


def test_a_drawing_is_kept_for_ever(world: World) -> None:
    """It may be kept without asking again; who asks all the same is told that it is the same."""
    path = world.plan()["drawing"]["path"]
    headers, body = world.get(path)
    assert body.startswith(b"<?xml")
    assert headers["content-type"] == "image/svg+xml"
    assert "immutable" in headers["cache-control"]
    assert "max-age=31536000" in headers["cache-control"]
    _, nothing = world.get(path, 304, f"If-None-Match: {headers['etag']}\r\n")
    assert nothing == b""


def test_another_drawing_has_another_address(world: World) -> None:
    """When the station is another one, the old identity is gone and the plan names the new one."""
    before = world.plan()["drawing"]
    tracks = tuple(
        replace(each, names=both("甲", "A")) if each.kind is PlaceKind.TRACK else each for each in STATION.places
    )
    world.hub.put(Configure(id="c2", at=at("07:50"), configuration=replace(STATION, places=tracks)))
    after = world.plan()["drawing"]
    assert before["identity"] != after["identity"]
    _, body = world.get(before["path"], 404)
    assert json.loads(body)["error"] == "no-such-drawing"
    assert "甲".encode() in world.get(after["path"])[1]


def test_a_station_s_own_drawing_is_shown(world: World) -> None:
    """With a drawing of its own the station is shown as it drew itself, and with its own directions; who looks on while
    the folder is read again is told with what is committed next.
    """
    reader = world.subscribe()
    ((_, _, before),) = events(reader)
    assert not before["drawing"]["own"]
    own = Station(
        configuration=STATION,
        timetable=(),
        folder=Path(),
        drawing=OWN,
        directions=Directions(odd_from=Side.RIGHT),
    )
    world.hub.station = own
    news = record("G9", planned_arrival=at("20:00"), planned_departure=at("20:10"))
    world.hub.put(Feed(id="f1", at=at("07:50"), records=(news,)))
    world.reactor.advance(TOGETHER_S)
    ((_, name, data),) = events(reader)
    assert (name, data["drawing"]["own"], data["puts"]) == ("changes", True, [])
    world.until("07:58")
    plan = world.plan()
    assert plan["drawing"]["own"]
    assert world.get(plan["drawing"]["path"])[1] == OWN
    assert plan["trains"][0]["where"] == "right"


def test_without_a_configuration_there_is_no_drawing() -> None:
    """A hub that has no station yet has an empty plan, and no drawing under any identity."""
    world = World(State.empty(Instant(0)))
    plan = world.plan()
    assert (plan["drawing"], plan["trains"]) == (None, [])
    world.get(f"{PLAN}/drawings/{'0' * 32}", 404)


def test_trains_move_by_the_clock_alone(world: World) -> None:
    """A reader gets the whole plan, then each change when its time comes, though nothing is committed."""
    reader = world.subscribe()
    ((event_id, name, data),) = events(reader)
    assert (event_id, name, data["trains"]) == ("e:1", "whole", [])
    world.until("07:55")
    assert list(events(reader)) == []
    world.until("07:56")
    ((_, name, data),) = events(reader)
    assert name == "changes"
    assert [train["stage"] for train in data["puts"]] == ["coming"]
    assert data["gone"] == []


def test_trains_move_by_reports(world: World) -> None:
    """What is committed is told to readers within a moment, once for all that comes together; then what time brings."""
    world.until("08:00")
    reader = world.subscribe()
    list(events(reader))
    world.hub.put(Feed(id="f1", at=at("08:00"), records=(record(actual_arrival=at("08:00")),)))
    world.hub.put(Feed(id="f2", at=at("08:00"), records=(record(actual_arrival=at("08:00"), track="3"),)))
    assert list(events(reader)) == []
    world.reactor.advance(TOGETHER_S)
    ((event_id, _, data),) = events(reader)
    assert event_id == "e:3"
    assert [(train["stage"], train["track"]) for train in data["puts"]] == [("standing", "3")]
    left = record(actual_arrival=at("08:00"), actual_departure=at("08:00"), track="3")
    world.hub.put(Feed(id="f3", at=at("08:00"), records=(left,)))
    world.reactor.advance(TOGETHER_S)
    assert [data["puts"][0]["stage"] for _, _, data in events(reader)] == ["leaving"]
    world.until("08:02")
    assert [(data["puts"], data["gone"]) for _, _, data in events(reader)] == [([], [G1])]


def test_what_does_not_concern_the_plan_is_not_told(world: World) -> None:
    """A commit that moves no train is not told; and with no reader nothing waits for a time."""
    reader = world.subscribe()
    list(events(reader))
    news = record("G9", planned_arrival=at("20:00"), planned_departure=at("20:10"))
    world.hub.put(Feed(id="f1", at=at("07:50"), records=(news,)))
    world.reactor.advance(TOGETHER_S)
    assert list(events(reader)) == []
    reader.protocol.connectionLost(Failure(ConnectionDone()))
    world.until("07:56")
    assert world.timer.next_at() is None


def test_events_are_as_described(world: World) -> None:
    """What the stream tells has the shapes that the description of the API gives them."""
    reader = world.subscribe()
    world.until("07:56")
    (_, _, whole), (_, _, changes) = events(reader)
    for kind, data in (("TrackPlanBody", whole), ("TrackPlanChanges", changes)):
        schema = strict({"$ref": f"#/components/schemas/{kind}", "components": DOCUMENT["components"]})
        jsonschema_rs.Draft202012Validator(schema).validate(data)


def test_the_legend_has_words_signs_and_colours(world: World) -> None:
    """Each state has a name in both languages, colours for both themes, and a sign, but for the usual one."""
    entries = json.loads(world.get(f"{PLAN}/legend")[1])["entries"]
    assert {entry["group"] for entry in entries} == {"time", "kind", "track", "device"}
    assert len({entry["id"] for entry in entries}) == len(entries)
    for entry in entries:
        assert all(text for _, text in entry["names"])
        assert all(text for _, text in entry["signs"]) or entry["id"] == "on_time"
    for group in ("time", "kind", "device"):
        signs = [entry["signs"][0][1] for entry in entries if entry["group"] == group]
        assert len(set(signs)) == len(signs)


def brightness(colour: str) -> float:
    """The relative luminance of a colour, by WCAG."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((brightness(one), brightness(other)))
    return (light + 0.05) / (dark + 0.05)


def grounds() -> dict[str, str]:
    """The ground of each theme, as the console's style has it."""
    style = CONSOLE.read_text("utf-8")
    day, _, night = style.partition('[data-theme="night"]')
    return {name: part.split("--panel: ")[1][:7] for name, part in (("day", day), ("night", night))}


def test_usual_colours_stand_out_in_both_themes() -> None:
    """Each colour has 3:1 at least to its theme's ground, and black or white text on it 4.5:1."""
    for entry in LEGEND:
        for theme, ground in grounds().items():
            colour = getattr(entry, theme)
            assert contrast(colour, ground) >= 3, (entry.id, theme)
            assert max(contrast(colour, "#000000"), contrast(colour, "#ffffff")) >= 4.5, (entry.id, theme)
