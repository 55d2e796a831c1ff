"""The agent's status page: everything that somebody who sets a subsystem up wants to know, and nothing that runs."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from prometheus_client import CollectorRegistry
from twisted.web.test.requesthelper import DummyRequest

from agent.making import announcement, at, call, resource, task_result
from agent.world import World
from stationmaster_agent.acts import RefusedAct
from stationmaster_agent.machine import AgentState
from stationmaster_agent.page import StatusPage, status_html
from stationmaster_agent.settings import HostPort
from stationmaster_agent.view import AgentHealth
from stationmaster_base.health import Health
from stationmaster_base.timekeeping import ClockQuality, ClockState
from stationmaster_protocol.commands import CommandResult, CommandState, LocalAct
from stationmaster_protocol.equipment import AlarmSign, Condition, Device, Reading, Severity
from stationmaster_service.face import Face

EVIL = "<script>alert('\"&')</script>"


class Texts(HTMLParser):
    """The tags and texts of a page, which must be well nested."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in ("meta", "link"):
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def health(text: str) -> AgentHealth:
    return AgentHealth(
        state=AgentState.ALONE,
        since=at(1),
        position=17,
        unreported=2,
        quiet=True,
        next_at=None,
        stored=False,
        hub_stores=False,
        hub=HostPort(host="hub.example"),
        secure=True,
        attempts=3,
        acts_waiting=1,
        clock=ClockQuality(state=ClockState.LOCKED, error_s=0.0042),
        acts_refused=(RefusedAct(act=LocalAct(id="a", at=at(0), by=text), problem=text),),
        devices=(
            Device(
                id=text,
                kind="lamp",
                condition=Condition.FAULTY,
                since=at(0),
                detail=text,
                targets=(text,),
                readings=(Reading(name="temperature", value=text),),
            ),
        ),
        alarms=(AlarmSign(id=text, severity=Severity.ALARM, since=at(0), texts=(("zh", text),)),),
        results=(task_result(1, task=text, target=text),),
        command=CommandResult(id=text, state=CommandState.DONE, at=at(0), detail=text),
    )


def test_everything_is_said():
    """State, hub, position, clock, devices, alarms, results, commands and refused acts all stand there."""
    said = " ".join(Texts(status_html(health("Lamp 7"), at(5), "lighting")).texts)
    for words in (
        "lighting", "自治 alone", "2026-03-01T00:05:00Z", "hub.example:7310 (TLS)", "17", "locked ± 4 ms", "faulty",
        "temperature Lamp 7", "done", "cannot be written",
    ):  # fmt: skip
        assert words in said


def test_everything_is_escaped():
    """Whatever a hub, a device or a person says is text and never part of the page."""
    html = status_html(health(EVIL), at(5), EVIL)
    page = Texts(html)
    assert "script" not in page.tags
    assert "<script" not in html
    assert sum(EVIL in text for text in page.texts) >= 12


def test_an_agent_that_knows_nothing_has_a_page():
    """At the first start, with nothing known, the page is there and says so."""
    fresh = AgentHealth(state=AgentState.RESYNCING, position=None, unreported=0, quiet=False, next_at=None)
    said = " ".join(Texts(status_html(fresh, at(0), "lamp")).texts)
    assert "无 none" in said
    assert "尚无 none yet" in said


def test_on_the_process_own_face(tmp_path):
    """`GET /agent` on the face gives the page of the moment, which loads nothing from elsewhere and is not kept."""
    world = World(tmp_path)
    world.hub.put(resource(call()), resource(announcement()))
    world.start()
    face = Face(
        health=lambda: Health(process="lamp"), clock=world.clock, timer=world.timer, registry=CollectorRegistry()
    )
    StatusPage(face, world.agent, world.clock, "lamp")
    request = DummyRequest([b"agent"])
    body = face.app._endpoints["agent"](None, request).decode()
    assert "联机 online" in body
    assert request.responseHeaders.getRawHeaders(b"Cache-Control") == [b"no-store"]
    assert set(re.findall(r'(?:src|href)="([^"]*)"', body)) == {"/static/base.css"}
    world.stop()
