"""Whom an operator's text is for: single boards, a type, a place, a group, or all of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stationmaster_kernel.addressing import addressed
from stationmaster_kernel.configuration import Board
from stationmaster_kernel.deeds import Show
from stationmaster_kernel.inputs import Act, Configure
from stationmaster_kernel.refused import Refused
from stationmaster_kernel.step import step
from stationmaster_kernel.task import Text
from support.small_station import STATION, at, both, running_station


def board(name: str, kind: str, **more: object) -> Board:
    return Board(id=name, type=kind, names=both(name, name), layout="x", **more)  # type: ignore[arg-type]


BOARDS = (
    board("hall", "ticket_hall", groups=("north", "public")),
    board("gate-1", "gate", gates=("1A", "1B"), groups=("north",)),
    board("gate-2", "gate", gates=("2A",), areas=("B",), groups=("public",)),
    board("plat-2", "platform", platforms=("2",)),
    board("exit-n", "exit", exits=("N",)),
)


@pytest.mark.parametrize(
    ("targets", "meant"),
    [
        (("plat-2",), ["plat-2"]),
        (("type:gate",), ["gate-1", "gate-2"]),
        (("group:north",), ["hall", "gate-1"]),
        (("platform:2",), ["plat-2"]),
        (("gate:1B",), ["gate-1"]),
        (("area:B", "exit:N"), ["gate-2", "exit-n"]),
        (("group:public", "type:gate", "gate-1"), ["hall", "gate-1", "gate-2"]),
        (("*",), ["hall", "gate-1", "gate-2", "plat-2", "exit-n"]),
    ],
)
def test_many_boards_are_addressed_at_once(targets: tuple[str, ...], meant: list[str]) -> None:
    """Each board once and in the station's order; a place means the boards that name it, not those that serve all."""
    assert list(addressed(targets, BOARDS)) == meant


@pytest.mark.parametrize(
    "targets", [(), ("moon",), ("type:moon",), ("gate:9Z",), ("colour:red",), ("hall", "group:west")]
)
def test_an_address_without_boards_is_refused_with_what_there_is(targets: tuple[str, ...]) -> None:
    """A slip in a group's name must not leave a text unseen, and he who wrote it is told what he may write."""
    with pytest.raises(Refused, match=r"Allowed: hall, .*\*, .*group:north"):
        addressed(targets, BOARDS)


def test_an_act_shows_a_text_on_a_group_and_keeps_to_it() -> None:
    """The task has the boards' ids; a board that joins the group afterwards does not get the text."""
    boards = tuple(replace(each, groups=("public",)) if each.id == "hall-1" else each for each in STATION.boards)
    state, _ = step(
        running_station(), Configure(id="c2", at=at("06:30"), configuration=replace(STATION, boards=boards))
    )
    words = (Text(name="text", language="zh", text="请注意"),)
    deed = Show(targets=("group:public", "type:gate"), texts=words, end=at("08:00"), priority=5, whole=True)
    state, _ = step(state, Act(id="desk-3", at=at("07:00"), by="li", deeds=(deed,)))
    assert state.tasks["desk-3/1"].targets == ("hall-1", "gate-1A", "gate-2A")
    everyone = tuple(replace(each, groups=("public",)) for each in boards)
    state, _ = step(state, Configure(id="c3", at=at("07:01"), configuration=replace(STATION, boards=everyone)))
    assert state.tasks["desk-3/1"].targets == ("hall-1", "gate-1A", "gate-2A")
