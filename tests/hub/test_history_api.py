"""The past, asked of the hub's web API."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy.engine import URL
from twisted.internet.task import Clock

from hub.journalled import journal, morning, run_sql, write
from hub.making import HandThread
from service.web import Browser
from stationmaster.hub.web.history_api import HistoryApi
from stationmaster_base.clock import MachineClock
from stationmaster_base.health import Health
from stationmaster_service.face import Face
from stationmaster_service.timer import StationTimer
from support.small_station import ZONE


@dataclass
class Asked:
    """The API of a database, and the thread in which it reads."""

    face: Face
    thread: HandThread

    def get(self, question: str) -> tuple[int, Any]:
        """Code and body of an answer."""
        code, _, body = Browser(self.face.site()).ask("GET", f"/api/v1/history?{question}")
        return code, json.loads(body)


def api(url: URL, *, at_once: bool = True) -> Asked:
    """The API of this database."""
    reactor = Clock()
    clock = MachineClock(reactor.seconds)
    face = Face(
        health=lambda: Health(process="hub"),
        clock=clock,
        timer=StationTimer(clock, reactor),
        registry=CollectorRegistry(),
    )
    thread = HandThread(at_once=at_once)
    HistoryApi(face, url, ZONE, thread)
    return Asked(face=face, thread=thread)


def test_a_board_and_a_zone_of_the_past(database: URL) -> None:
    """The answer is the one that the command gives, while a hub has the database."""
    with journal(database, *morning()):
        code, answer = api(database).get("at=2026-03-01T08:20&board=hall-1&board=arr-1&zone=waiting-A&minutes=1")
    assert code == 200
    assert [board["board"] for board in answer["boards"]] == ["hall-1", "arr-1"]
    (row,) = answer["boards"][0]["rows"]
    assert row["status"] == "checking_in"
    (item,) = answer["zones"][0]["said"]
    assert (item["begun"], item["ended"], item["state"]) == (1772324402, 1772324440, "done")
    assert answer["position"]["epoch"] == "epoch-1"


@pytest.mark.parametrize(
    ("question", "code", "says"),
    [
        ("board=hall-1", 400, "is not a time"),
        ("at=x&board=hall-1", 400, "is not a time"),
        ("at=2026-03-01T08:20", 400, "Name boards"),
        ("at=2026-03-01T08:20&zone=x&minutes=-1", 400, "0…1440"),
        ("at=2026-03-01T08:20&zone=x&minutes=1441", 400, "0…1440"),
        ("at=2026-03-01T08:20&zone=x&minutes=" + "9" * 5000, 400, "0…1440"),
        ("at=2026-03-01T08:20&board=x", 404, "no board x"),
        ("at=2026-03-01T08:20&zone=%FF", 404, "no zone"),
        ("at=2025-03-01T08:20&board=hall-1", 404, "begins at"),
        ("at=9999-12-31T23:59-12:00&board=hall-1", 400, "is not a time"),
    ],
)
def test_what_cannot_be_answered_is_said(sqlite_database: URL, question: str, code: int, says: str) -> None:
    """A stable code, and what to ask instead."""
    write(sqlite_database, *morning())
    got, answer = api(sqlite_database).get(question)
    assert got == code
    assert says in answer["message"]


def test_a_journal_that_cannot_be_read_is_said(sqlite_database: URL) -> None:
    """While the database is away the answer says so, and later it is there again."""
    asked = api(sqlite_database)
    question = "at=2026-03-01T08:20&board=hall-1"
    assert asked.get(question)[0] == 503
    write(sqlite_database)
    code, answer = asked.get(question)
    assert (code, answer["error"]) == (404, "journal-empty")
    write(sqlite_database, *morning())
    assert asked.get(question)[0] == 200
    run_sql(sqlite_database, "UPDATE journal SET changes = 'x'")
    code, answer = asked.get(question)
    assert (code, answer["error"]) == (503, "journal-damaged")


def test_the_reactor_does_not_wait(sqlite_database: URL) -> None:
    """Answers come when the thread has read; who asks when many wait is told to come again."""
    write(sqlite_database, *morning())
    asked = api(sqlite_database, at_once=False)
    browsers = [Browser(asked.face.site()) for _ in range(5)]
    for browser in browsers:
        browser.send("GET", "/api/v1/history?at=2026-03-01T08:20&board=hall-1")
    assert browsers[4].take()[0] == 503
    assert not browsers[0].transport.value()
    asked.thread.run()
    assert [browser.take()[0] for browser in browsers[:4]] == [200] * 4
    browsers[4].send("GET", "/api/v1/history?at=2026-03-01T08:20&board=hall-1")
    asked.thread.run()
    assert browsers[4].take()[0] == 200
