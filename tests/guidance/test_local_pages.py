"""Guidance's page for people: texts that are written there, and what is done with boards, without any hub."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from twisted.internet.task import Clock

from agent.desk import StillAgent, StillDesk, account
from guidance.fakes import NOON, FakeDesk, FakeSource, SteppedClock, board, configuration, row_task
from stationmaster_agent.view import View
from stationmaster_base.errors import StationError
from stationmaster_guidance.boards import Boards
from stationmaster_guidance.commands import BoardCommands
from stationmaster_guidance.controls import Controls
from stationmaster_guidance.local_pages import LocalPages
from stationmaster_guidance.screens import Screens
from stationmaster_guidance.telling import Telling
from stationmaster_guidance.written_here import MOST, WrittenHere
from stationmaster_kernel.account import Role
from stationmaster_service.timer import StationTimer

EVIL = "<img src=x onerror=alert(1)>"


class Scene:
    """Two boards at noon with a train, guidance around them, and somebody at its page."""

    def __init__(self, folder: Path, boot: str = "boot1") -> None:
        self.reactor = Clock()
        self.stepped = SteppedClock(folder)
        self.timer = StationTimer(self.stepped.clock, self.reactor)
        self.source = FakeSource()
        self.view(row_task("G1", boards=("hall-1", "hall-2")))
        self.desk = FakeDesk()
        self.written = WrittenHere(
            self.source,
            clock=self.stepped.clock,
            boot=boot,
            file=folder / "texts",
            alarm=self.desk.alarm,
            clear=self.desk.clear,
        )
        registry = CollectorRegistry()
        self.controls = Controls((), folder / "boards")
        self.boards = Boards(
            self.written,
            clock=self.stepped.clock,
            timer=self.timer,
            reactor=self.reactor,
            boot=boot,
            registry=registry,
            controls=self.controls,
        )
        commands = BoardCommands(clock=self.stepped.clock, reactor=self.reactor)
        self.screens = Screens(
            self.boards,
            Telling(self.desk, self.stepped.clock),
            clock=self.stepped.clock,
            reactor=self.reactor,
            registry=registry,
            tested=commands.tested,
        )
        commands.serve(self.boards, self.screens.pages)
        self.controls.on_change(self.boards.refresh)
        self.boards.start()
        people = (("wang", Role.CONTROLLER), ("li", Role.ANNOUNCER), ("zhao", Role.VIEWER))
        self.agent = StillAgent(View(), *(account(name, role, subsystems=("guidance",)) for name, role in people))
        self.page = StillDesk("guidance", self.agent, clock=self.stepped.clock, timer=self.timer, reactor=self.reactor)
        LocalPages(
            face=self.page.face,
            desk=self.page.desk,
            boards=self.boards,
            screens=self.screens,
            commands=commands,
            written=self.written,
            health=lambda: replace(
                self.agent.told,
                devices=tuple(self.desk.devices._equipment.devices()),
                alarms=tuple(self.desk.alarms.values()),
            ),
            clock=self.stepped.clock,
            boot=boot,
        )

    def view(self, *tasks) -> None:
        """The replica holds these tasks now; every view is a value of its own, as the agent's are."""
        stations = configuration(board("hall-1"), board("hall-2"))
        self.source.view = replace(
            self.source.view, configuration=stations, tasks={task.id: task for task in tasks}, fresh_at=NOON
        )
        self.source.changed()

    def step(self, seconds: float) -> None:
        self.stepped.set(NOON + seconds)
        self.timer.poke()

    def texts(self, name: str = "hall-1") -> list[str]:
        """What people's texts a board shows, the ones that take it all first."""
        shown = self.boards.get(name).messages
        return [text for message in (*shown.whole, *shown.lines) for _, text in message.texts]


@pytest.fixture
def scene(tmp_path):
    return Scene(tmp_path)


def text(**more):
    return {"boards": ["hall-1"], "zh": "暂停检票", "en": "Gates closed", "minutes": 15, **more}


def test_a_text_is_seen_at_once_and_ends_by_itself(scene):
    """It stands on its boards for its minutes; the rows are beneath, and there again at its end to the second."""
    answer = scene.page.person("li").post("boards/text", text(whole=True))
    assert answer.code == 200
    assert scene.texts() == ["暂停检票", "Gates closed"]
    assert scene.texts("hall-2") == []
    scene.step(899)
    assert scene.texts() == ["暂停检票", "Gates closed"]
    scene.step(900)
    assert scene.texts() == []
    assert [row.number for row in scene.boards.get("hall-1").picture.rows] == ["G1"]
    scene.source.changed()
    assert scene.written.all() == ()
    assert scene.desk.alarms == {}


def test_the_hub_is_told_that_something_was_written_here(scene):
    """An alarm says who has written what where; it is over when the text is taken down."""
    wang = scene.page.person("wang")
    name = wang.post("boards/text", text()).body["id"]
    (sign,) = scene.desk.alarms.values()
    assert dict(sign.texts)["en"] == "Wang (wang) wrote at guidance's own page on hall-1: 暂停检票 / Gates closed"
    assert wang.post("boards/end", {"text": name}).code == 200
    assert (scene.texts(), scene.desk.alarms) == ([], {})
    assert wang.post("boards/end", {"text": name}).body["error"] == "no-such-text"


def test_an_emergency_takes_all_and_lights_a_board_that_was_off(scene):
    """It is above any usual text."""
    person = scene.page.person("wang")
    person.post("boards/command", {"action": "off", "boards": ["hall-1"]})
    person.post("boards/text", text(whole=True))
    person.post("boards/text", text(zh="请疏散", en="Leave now", emergency=True))
    assert scene.texts()[:2] == ["请疏散", "Leave now"]
    assert scene.boards.get("hall-1").messages.emergency
    assert scene.boards.get("hall-1").light.on


def test_texts_outlive_the_process_and_the_hub_s_texts_stay(tmp_path):
    """What was written stands after a restart until its end; what the replica brings is there with it."""
    scene = Scene(tmp_path)
    scene.page.person("wang").post("boards/text", text())
    again = Scene(tmp_path, boot="boot2")
    assert again.texts() == ["暂停检票", "Gates closed"]
    assert len(again.desk.alarms) == 1
    again.view(row_task("G1"), row_task("G2", 40))
    assert [row.number for row in again.boards.get("hall-1").picture.rows] == ["G1", "G2"]
    assert again.texts() == ["暂停检票", "Gates closed"]
    (tmp_path / "texts").write_text('[{"id": 1}]', "utf-8")
    assert Scene(tmp_path, boot="boot3").texts() == []


def test_a_full_disk_does_not_keep_a_text_from_being_seen(tmp_path):
    """It is shown, and whoever wrote it is told that a restart will lose it."""
    scene = Scene(tmp_path)
    (tmp_path / "texts.new").mkdir()
    answer = scene.page.person("wang").post("boards/text", text())
    assert (answer.code, answer.body["error"]) == (409, "not-stored")
    assert scene.texts() == ["暂停检票", "Gates closed"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"boards": []},
        {"boards": ["hall-9"]},
        {"boards": "hall-1"},
        {"zh": "", "en": " "},
        {"zh": "x" * 301},
        {"zh": "a\nb"},
        {"zh": ["x"]},
        {"minutes": 0},
        {"minutes": 1441},
        {"minutes": "15"},
        {"whole": "yes"},
        {"colour": "red"},
    ],
)
def test_what_is_no_text(scene, wrong):
    """It is refused in words, and no board changes."""
    answer = scene.page.person("wang").post("boards/text", text(**wrong))
    assert answer.code in (400, 409)
    assert answer.body["message"]
    assert scene.texts() == []


def test_nobody_fills_the_boards_with_texts(scene):
    """So many stand at once, and no more."""
    for number in range(MOST):
        scene.written.write("x", ["hall-1"], (("zh", f"{number}"),), minutes=5, whole=False)
    with pytest.raises(StationError, match="texts stand already"):
        scene.written.write("x", ["hall-1"], (("zh", "more"),), minutes=5, whole=False)


def test_boards_are_switched_dimmed_and_tested(scene):
    """The way is that of commands from the hub; a test of a board without a page fails in words."""
    person = scene.page.person("li")
    done = person.post("boards/command", {"action": "off", "boards": ["hall-1", "hall-2"]}).body
    assert (done["state"], done["detail"]) == ("done", "hall-1, hall-2")
    assert not scene.boards.get("hall-1").light.on
    person.post("boards/command", {"action": "on", "boards": ["hall-1"]})
    person.post("boards/command", {"action": "brightness", "boards": ["hall-1"], "percent": 40})
    assert (scene.boards.get("hall-1").light.on, scene.boards.get("hall-1").light.percent) == (True, 40)
    assert person.get("boards").body["boards"][0]["percent_by_hand"] is True
    person.post("boards/command", {"action": "brightness", "boards": ["hall-1"]})
    assert scene.boards.get("hall-1").light.percent == 100
    tested = person.post("boards/command", {"action": "test", "boards": ["hall-1"]}).body
    assert (tested["state"], tested["code"]) == ("failed", "test-failed")
    for wrong in ({"action": "dance"}, {"action": "on", "boards": ["hall-9"]}, {"action": "on"}, {"percent": 300}):
        assert person.post("boards/command", {"boards": [], **wrong}).code == 400


def test_what_boards_should_show_beside_what_they_show(scene):
    """Intent from the data, and what the page said after painting; nothing where no page is heard."""
    person = scene.page.person("zhao")
    first, second = person.get("boards").body["boards"]
    assert (first["intent"], first["rows"], first["painted"]) == (["G1 候车"], 1, None)
    row = {"task": "t", "revision": 1, "page": 1, "region": 0, "status": "late", "seen": True}
    cells = [{"field": "number", "words": ["G9"]}, {"field": "status", "words": ["晚点", "Late"]}]
    page = {
        "state": "s",
        "age_ms": 0,
        "notice": "",
        "nodes": 1,
        "memory": 0,
        "lines": [],
        "rows": [row | {"cells": cells}],
    }
    scene.screens.painted("hall-2", "page", json.dumps(page).encode())
    second = person.get("boards").body["boards"][1]
    assert (second["intent"], second["painted"]) == (["G1 候车"], ["G9 晚点"])
    scene.page.person("wang").post("boards/text", text(zh=EVIL, whole=True))
    answer = person.get("boards")
    assert answer.body["boards"][0]["intent"] == [f"{EVIL} / Gates closed"]
    assert answer.body["texts"][0]["texts"][0] == EVIL
    assert answer.headers["content-type"].startswith("application/json")


def test_rights(scene):
    """Who only looks changes nothing; without a login nothing is shown."""
    viewer = scene.page.person("zhao")
    for path, body in (
        ("boards/text", text()),
        ("boards/command", {"action": "off", "boards": ["hall-1"]}),
        ("boards/end", {"text": "x"}),
    ):
        assert viewer.post(path, body).body["error"] == "not-allowed"
    assert scene.texts() == []
    viewer.cookie = ""
    assert viewer.get("boards").code == 401
