"""Broadcast's page for people: what is asked of the loudspeakers by hand, by whom, and what he is told."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from twisted.internet.defer import succeed
from twisted.internet.task import Clock

from agent.desk import StillAgent, StillDesk, account
from agent.world import SteppedClock
from stationmaster_agent.view import View
from stationmaster_base.errors import StationError
from stationmaster_base.times import from_iso
from stationmaster_broadcast.emergencies.control import (
    EmergencyMessage,
    EmergencyNow,
    EmergencyOrder,
    EmergencyPhase,
    ZoneTest,
)
from stationmaster_broadcast.local_pages import LocalPages
from stationmaster_kernel.account import Role
from stationmaster_service.timer import StationTimer

NOON = from_iso("2026-03-01T04:00:00Z")


@dataclass
class Hands:
    """A `BroadcastControl` that writes down what it is asked for."""

    asked: list[tuple[object, ...]] = field(default_factory=list)
    calls: list[EmergencyNow] = field(default_factory=list)

    def zones(self):
        return ("a", "b")

    def messages(self):
        return (EmergencyMessage(id="evacuation", texts=(("zh", "请疏散"), ("en", "Leave")), ready=True),)

    def emergencies(self):
        return tuple(self.calls)

    def emergency(self, order: EmergencyOrder):
        if order.message not in ("", "evacuation"):
            raise StationError("no-such-message", f"There is no message {order.message}.", "Choose another.")
        self.asked.append(("emergency", order.by, order.zones, order.message, order.texts))
        now = EmergencyNow(
            id=f"e{len(self.asked)}",
            by=order.by,
            since=NOON,
            until=None,
            zones=order.zones or self.zones(),
            everywhere=not order.zones,
            message=order.message or "evacuation",
            texts=order.texts or self.messages()[0].texts,
            phase=EmergencyPhase.TONE,
            rounds=0,
            problem="",
        )
        self.calls.append(now)
        return now

    def end_emergency(self, by, zones=(), name=""):
        self.asked.append(("end", by, tuple(zones), name))
        self.calls.clear()
        return (name or "e1",)

    def stop(self, by, zones=()):
        self.asked.append(("stop", by, tuple(zones)))
        return tuple(zones)

    def skip(self, by, zones=(), task=""):
        self.asked.append(("skip", by, tuple(zones), task))
        return tuple(zones)

    def hold(self, by, zones=()):
        self.asked.append(("hold", by, tuple(zones)))
        return tuple(zones)

    def release(self, by, zones=()):
        self.asked.append(("release", by, tuple(zones)))
        return tuple(zones)

    def held(self):
        return ("b",)

    def volume(self, by, percent, zones=()):
        self.asked.append(("volume", by, percent, tuple(zones)))
        return tuple(zones)

    def volumes(self):
        return (("a", 60),)

    def test(self, by, zones=()):
        self.asked.append(("test", by, tuple(zones)))
        return succeed(tuple(ZoneTest(zone=zone, problem="" if zone == "a" else "silent") for zone in zones))


class Scene:
    """Somebody at broadcast's page, and hands that write down what he wants."""

    def __init__(self) -> None:
        clock, reactor = SteppedClock(), Clock()
        people = (("wang", Role.CONTROLLER), ("li", Role.ANNOUNCER), ("zhao", Role.VIEWER))
        agent = StillAgent(View(), *(account(name, role) for name, role in people))
        self.page = StillDesk("broadcast", agent, clock=clock, timer=StationTimer(clock, reactor), reactor=reactor)
        self.hands = Hands()
        self.state = {"problem": "", "zones": [{"id": "a"}], "played": []}
        LocalPages(
            face=self.page.face,
            desk=self.page.desk,
            control=self.hands,
            state=lambda: self.state,
            health=lambda: agent.told,
        )
        self.person = self.page.person


@pytest.fixture
def scene():
    return Scene()


def test_what_is_shown(scene):
    """Zones and plays as on the other page, what is held, volumes, emergencies and their messages; after a login."""
    shown = scene.person("zhao").get("zones").body
    assert (shown["zones"], shown["held"], shown["volumes"]) == ([{"id": "a"}], ["b"], {"a": 60})
    assert shown["messages"] == [{"id": "evacuation", "texts": {"zh": "请疏散", "en": "Leave"}, "ready": True}]
    stranger = scene.person("zhao")
    stranger.cookie = ""
    assert stranger.get("zones").code == 401


def test_zones_by_hand(scene):
    """Each action goes to the control with the person's name; everywhere has to be said."""
    person = scene.person("li")
    for body in (
        {"action": "stop", "zones": ["a"]},
        {"action": "skip", "zones": ["a"], "task": "t1"},
        {"action": "hold", "everywhere": True},
        {"action": "release", "zones": ["a", "b"]},
        {"action": "volume", "zones": ["b"], "percent": 40},
        {"action": "volume", "zones": ["b"]},
    ):
        assert person.post("zones/command", body).code == 200
    who = "Li (li)"
    assert scene.hands.asked == [
        ("stop", who, ("a",)),
        ("skip", who, ("a",), "t1"),
        ("hold", who, ()),
        ("release", who, ("a", "b")),
        ("volume", who, 40, ("b",)),
        ("volume", who, None, ("b",)),
    ]
    tested = person.post("zones/command", {"action": "test", "zones": ["a", "b"]}).body
    assert tested == {"tests": [{"zone": "a", "problem": ""}, {"zone": "b", "problem": "silent"}]}


@pytest.mark.parametrize(
    "body",
    [
        {"action": "stop"},
        {"action": "stop", "zones": []},
        {"action": "stop", "zones": ["c"]},
        {"action": "stop", "zones": ["a"], "everywhere": True},
        {"action": "sing", "zones": ["a"]},
        {"action": "volume", "zones": ["a"], "percent": 101},
        {"zones": ["a"]},
        {"action": "stop", "zones": ["a"], "loud": True},
    ],
)
def test_what_cannot_be(scene, body):
    """Nothing is done where it is not said what and where; nobody stops all of the station by forgetting a word."""
    assert scene.person("wang").post("zones/command", body).code == 400
    assert scene.hands.asked == []


def test_an_emergency_is_called_and_ended(scene):
    """With the usual message everywhere, or with words of one's own in some zones; it says whose it is."""
    person = scene.person("wang")
    begun = person.post("emergency", {"everywhere": True, "message": "evacuation"}).body
    assert (begun["by"], begun["everywhere"], begun["phase"]) == ("Wang (wang)", True, "tone")
    person.post("emergency", {"zones": ["b"], "zh": "着火"})
    assert scene.hands.asked == [
        ("emergency", "Wang (wang)", (), "evacuation", ()),
        ("emergency", "Wang (wang)", ("b",), "", (("zh", "着火"),)),
    ]
    assert len(person.get("zones").body["emergencies"]) == 2
    assert person.post("emergency/end", {"emergency": begun["id"]}).body == {"ended": [begun["id"]]}
    assert person.get("zones").body["emergencies"] == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 400),
        ({"message": "evacuation"}, 400),
        ({"everywhere": True, "zones": ["a"]}, 400),
        ({"everywhere": True, "zh": "x" * 501}, 400),
        ({"everywhere": True, "message": "party"}, 409),
    ],
)
def test_an_emergency_that_cannot_be(scene, body, code):
    """It is refused in words."""
    answer = scene.person("wang").post("emergency", body)
    assert (answer.code, bool(answer.body["message"])) == (code, True)
    assert scene.hands.asked == []


def test_rights(scene):
    """Who only looks has no hand on anything."""
    viewer = scene.person("zhao")
    for path, body in (
        ("zones/command", {"action": "stop", "zones": ["a"]}),
        ("emergency", {"everywhere": True}),
        ("emergency/end", {}),
    ):
        assert viewer.post(path, body).body["error"] == "not-allowed"
    assert scene.hands.asked == []
