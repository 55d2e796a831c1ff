"""What is known of boards by what their pages say: conditions, readbacks, alarms, how long a change took."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from guidance.fakes import NOON, row_task, stage, text_task
from guidance.making import Guidance
from stationmaster_guidance.controls import Controls, Dimming
from stationmaster_guidance.rows import NO_ROOM
from stationmaster_kernel.values import Status
from stationmaster_protocol.commands import Command, CommandResult, Parameter
from stationmaster_protocol.scalars import stamp_of


class Screen:
    """A page that shows just what it is sent, until a test makes it do otherwise."""

    def __init__(self, guidance: Guidance, name: str = "p1") -> None:
        self.guidance = guidance
        self.name = name

    def says(self, **other: object) -> dict[str, Any]:
        """Say what is shown."""
        shown = self.guidance.boards.get("hall-1")
        rows = [
            {
                "task": row.task,
                "revision": row.revision,
                "page": row.page,
                "region": row.region,
                "status": str(row.status),
                "seen": True if row.page == 1 else None,
                "cells": [{"field": "number", "words": [row.number]}],
            }
            for row in shown.picture.rows
            if row.page != NO_ROOM
        ]
        usual = {"state": shown.event_id, "rows": rows, "whole": None, "lines": [], "notice": "", "dark": False}
        return self.post({**usual, "nodes": 9, "memory": 9, "age_ms": 0, "test": None} | other)

    def post(self, body: object | None) -> dict[str, Any]:
        """Say `body`; None: that all is as before."""
        path = f"/board/hall-1/painted?page={self.name}"
        sent = b"" if body is None else json.dumps(body).encode()
        answer: dict[str, Any] = json.loads(self.guidance.browser().ask("POST", path, body=sent)[2])
        return answer

    def leaves(self) -> None:
        self.guidance.browser().ask("POST", f"/board/hall-1/left?page={self.name}")


@pytest.fixture
def guidance(tmp_path: Path) -> Guidance:
    """One board at noon with two trains."""
    made = Guidance(tmp_path, dimming=(Dimming(at=6 * 60, percent=100), Dimming(at=22 * 60, percent=40)))
    made.source.show(row_task("G1"), row_task("G2", 40))
    made.screens.look()
    return made


def later(guidance: Guidance, seconds: float) -> None:
    """So many machine seconds pass."""
    guidance.reactor.advance(seconds)
    guidance.screens.look()


def test_board_is_unknown_until_a_page_speaks(guidance: Guidance) -> None:
    """A board that was never opened is unknown and no alarm; with a right page it is well, and read back."""
    desk = guidance.desk
    assert (desk.condition("hall-1"), desk.alarms, desk.readbacks) == ("unknown", {}, {})
    assert Screen(guidance).says() == {"known": True}
    readback = desk.readbacks["hall-1"]
    assert [row.task.split("/")[2] for row in readback.rows] == ["G1", "G2"]
    assert (readback.evidence, readback.capacity, readback.at, readback.blank) == ("painted", 6, NOON, False)
    assert (desk.condition("hall-1"), desk.alarms) == ("ok", {})


def test_page_that_says_the_same_is_believed_only_if_it_was_heard_before(guidance: Guidance) -> None:
    """After guidance has begun anew a page is asked to say all again."""
    screen = Screen(guidance)
    assert screen.post(None) == {"known": False}
    assert guidance.desk.readbacks == {}
    screen.says()
    assert screen.post(None) == {"known": True}


def test_wrong_page_is_an_alarm_after_the_grace_and_not_before(guidance: Guidance) -> None:
    """A difference that lasts is an alarm that names the train; it ends when the page is right again."""
    screen = Screen(guidance)
    screen.says(rows=[])
    later(guidance, 2.9)
    assert guidance.desk.alarms == {}
    later(guidance, 0.2)
    assert guidance.desk.condition("hall-1") == "faulty"
    assert guidance.desk.words("hall-1") == "Board hall-1: rows missing G1, G2"
    assert guidance.screens.health()["boards_wrong"] == ["hall-1"]
    screen.says()
    assert (guidance.desk.condition("hall-1"), guidance.desk.alarms) == ("ok", {})


def test_page_that_follows_is_never_wrong_and_one_that_stands_still_is(guidance: Guidance) -> None:
    """A page that is a moment behind every change is well; one that stays behind is an alarm."""
    screen = Screen(guidance)
    screen.says()
    for number in range(8):
        guidance.source.show(row_task("G1"), row_task("G2", 40, stages=(stage(NOON, list(Status)[number % 4]),)))
        later(guidance, 1)
        screen.says()
    assert guidance.desk.alarms == {}
    guidance.source.show(row_task("G1", revision=2), row_task("G2", 40))
    later(guidance, 1)
    later(guidance, 3)
    assert "stands still" in guidance.desk.words("hall-1")


def test_silent_page_is_an_alarm_and_no_readback(guidance: Guidance) -> None:
    """Nothing is known of what a silent page shows; another page in its place ends the alarm."""
    Screen(guidance).says()
    later(guidance, 11)
    assert guidance.desk.condition("hall-1") == "ok"
    later(guidance, 2)
    assert guidance.desk.condition("hall-1") == "faulty"
    assert "silent" in guidance.desk.words("hall-1")
    assert guidance.desk.readbacks == {}
    Screen(guidance, "p2").says()
    assert (guidance.desk.condition("hall-1"), guidance.desk.alarms) == ("ok", {})
    assert guidance.screens.pages("hall-1") == ("p2",)


def test_a_word_that_comes_after_its_goodbye_is_no_screen_that_falls_silent(guidance: Guidance) -> None:
    """What a page sent before it left may come later; it is not missed then, and counts if it says more."""
    screen, other = Screen(guidance), Screen(guidance, "p2")
    screen.says()
    other.says()
    screen.leaves()
    screen.says()
    for _ in range(4):
        later(guidance, 4)
        other.says()
    assert (guidance.desk.condition("hall-1"), guidance.screens.pages("hall-1")) == ("ok", ("p2",))
    screen.says()
    for _ in range(4):
        later(guidance, 4)
        other.says()
    assert guidance.desk.words("hall-1").endswith("1 of 2 screens are silent")


def test_a_board_of_a_panel_is_no_screen(tmp_path: Path) -> None:
    """Its panel tells of it: a browser that looks at it is not judged, read back, or missed when it goes."""
    guidance = Guidance(tmp_path, panelled=("hall-1",))
    guidance.source.show(row_task("G1"))
    guidance.screens.look()
    screen = Screen(guidance)
    assert screen.says(rows=[]) == {"known": True}
    later(guidance, 20)
    screen.leaves()
    later(guidance, 20)
    assert (guidance.desk.condition("hall-1"), guidance.desk.alarms, guidance.desk.readbacks) == ("", {}, {})
    assert guidance.screens.health()["boards_wrong"] == []
    assert guidance.screens.pages("hall-1") == ()


def test_the_worst_of_several_screens_counts(guidance: Guidance) -> None:
    """Of two screens of one board the wrong one is told; a silent one beside a right one is a warning."""
    one, other = Screen(guidance, "p1"), Screen(guidance, "p2")
    one.says()
    other.says(rows=[])
    later(guidance, 4)
    one.says()
    assert "rows missing" in guidance.desk.words("hall-1")
    assert guidance.desk.readbacks["hall-1"].rows == ()
    later(guidance, 9)
    one.says()
    assert guidance.desk.condition("hall-1") == "degraded"
    assert guidance.desk.words("hall-1").endswith("1 of 2 screens are silent")


def test_page_that_leaves_is_missed(guidance: Guidance) -> None:
    """The last page that goes makes the board absent; one that is only loaded anew does not."""
    screen = Screen(guidance)
    screen.says()
    screen.leaves()
    later(guidance, 1)
    screen.says()
    later(guidance, 5)
    assert guidance.desk.condition("hall-1") == "ok"
    screen.leaves()
    later(guidance, 4)
    assert guidance.desk.condition("hall-1") == "absent"
    assert guidance.desk.readbacks == {}


def test_board_that_is_no_more_is_forgotten(guidance: Guidance) -> None:
    """With the board go its device, its alarm and its readback."""
    Screen(guidance).says(rows=[])
    later(guidance, 4)
    known = guidance.view.configuration
    guidance.view.configuration = replace(known, boards=())
    guidance.source.changed()
    guidance.screens.look()
    assert (len(guidance.desk.devices), guidance.desk.alarms, guidance.desk.readbacks) == (0, {}, {})


def test_time_from_change_to_shown_is_measured(guidance: Guidance) -> None:
    """The machine time from a change to its painting, for pages that were there when it came."""
    screen = Screen(guidance)
    screen.says()
    assert guidance.screens.health()["shown_ms"] is None
    guidance.reactor.advance(1)
    guidance.source.show(row_task("G1", revision=2))
    guidance.reactor.advance(0.25)
    screen.says(age_ms=50)
    screen.says(age_ms=0)
    assert guidance.screens.health()["shown_ms"] == {"p50": 200, "p95": 200}
    assert guidance.metric("stationmaster_guidance_shown_seconds_count") == 1
    readings = {each.name: each.value for each in guidance.desk.devices.get("hall-1").readings}
    assert readings == {"pages": "1", "brightness": "100 %", "shown": "200 ms"}


def test_readback_is_of_now_when_time_passed_over_the_picture(guidance: Guidance) -> None:
    """The same rows are told anew once their picture was made anew, so that none seems to be of before a change."""
    screen = Screen(guidance)
    same = row_task("G1", stages=(stage(NOON, Status.WAITING), stage(NOON + 60, Status.WAITING)))
    guidance.source.show(same)
    screen.says()
    assert guidance.desk.readbacks["hall-1"].at == NOON
    guidance.step(50)
    screen.post(None)
    assert guidance.desk.readbacks["hall-1"].at == NOON
    guidance.step(61)
    screen.post(None)
    assert guidance.desk.readbacks["hall-1"].at == NOON + 61


def command(action: str, percent: str = "", *boards: str) -> Command:
    parameters = (Parameter(name="percent", value=percent),) if percent else ()
    return Command(
        id=f"c-{action}", action=action, by="li", expires=stamp_of(2e9), devices=boards, parameters=parameters
    )


def test_commands_hold_over_a_restart(guidance: Guidance, tmp_path: Path) -> None:
    """On, off and brightness are done, kept, and read again; without a percentage the time of day decides."""
    said = guidance.commands.command(command("brightness", "70", "hall-1"))
    assert isinstance(said, CommandResult)
    assert said.state == "done"
    guidance.commands.command(command("off"))
    shown = guidance.boards.get("hall-1")
    assert (shown.light.on, shown.light.percent) == (False, 70)
    again = Controls((), tmp_path / "boards.json")
    assert (again.of("hall-1").on, again.of("hall-1").percent) == (False, 70)
    guidance.commands.command(command("on"))
    guidance.commands.command(command("brightness"))
    assert (shown.light.on, shown.light.percent) == (True, 100)
    refused = guidance.commands.command(command("degauss"))
    assert isinstance(refused, CommandResult)
    assert (refused.state, refused.code) == ("refused", "unknown-action")


def test_brightness_follows_the_time_of_day(guidance: Guidance) -> None:
    """At ten in the evening, local time, the board is dimmed by itself, and at six it is bright again."""
    shown = guidance.boards.get("hall-1")
    assert shown.light.percent == 100
    assert guidance.boards.next_at == NOON + 30 * 60
    guidance.step(10 * 3600 - 1)
    assert shown.light.percent == 100
    guidance.step(10 * 3600)
    assert shown.light.percent == 40
    guidance.step(18 * 3600)
    assert shown.light.percent == 100


def test_emergency_lights_a_board_that_is_off(guidance: Guidance) -> None:
    """An emergency is seen at full light, and the board is dark again after it."""
    guidance.commands.command(command("off"))
    shown = guidance.boards.get("hall-1")
    guidance.source.show(row_task("G1"), text_task("a", "疏散", whole=True, priority=1))
    assert shown.light.on is True
    guidance.step(600)
    assert shown.messages.whole == ()
    assert shown.light.on is False


def test_self_test_is_answered_by_every_page(guidance: Guidance) -> None:
    """A test is done when all pages found themselves well, and failed when one did not, is silent, or there is none."""
    results: list[CommandResult] = []
    guidance.commands.command(command("test")).addCallback(results.append)
    assert (results[-1].state, results[-1].detail) == ("failed", "hall-1: no page is open")
    screen = Screen(guidance)
    screen.says()
    found = {"id": "c-test", "frames": 60, "width": 1920, "height": 1080, "wrong": []}
    guidance.commands.command(command("test")).addCallback(results.append)
    assert guidance.boards.get("hall-1").light.test == "c-test"
    screen.says(test=found, dark=True)
    assert (results[-1].state, guidance.boards.get("hall-1").light.test) == ("done", "")
    guidance.commands.command(command("test")).addCallback(results.append)
    screen.says(test={**found, "wrong": ["only 3 pictures a second"]}, dark=True)
    assert (results[-1].state, results[-1].code) == ("failed", "test-failed")
    guidance.commands.command(command("test")).addCallback(results.append)
    guidance.reactor.advance(15)
    assert "no answer" in results[-1].detail
    assert len(results) == 4


def test_nonsense_from_a_page_is_refused_and_nothing_more(guidance: Guidance) -> None:
    """A page that says what cannot be is told so; a board that is not there has no pages."""
    assert Screen(guidance).post({"rows": 3})["error"] == "reading-impossible"
    code, _, body = guidance.browser().ask("POST", "/board/nowhere/painted", body=b"")
    assert (code, json.loads(body)["error"]) == (400, "no-such-board")
