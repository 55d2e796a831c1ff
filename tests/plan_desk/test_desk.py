"""The desk: drafts of files, versions, and nothing in between."""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from twisted.internet.task import Clock

from plan_desk.drafting import NOW, desk_on, edit, small_station
from stationmaster.hub.build import build
from stationmaster.hub.plan_desk import versions
from stationmaster.hub.plan_desk.desk import PlanDesk
from stationmaster.hub.plan_desk.files import LARGEST_FILE, live_files
from stationmaster.hub.plan_desk.refusals import STATUS, DeskRefusal
from stationmaster.station.load import load_station
from stationmaster.station.replacing import desk_of, finish_replacing
from stationmaster_base.clock import MachineClock
from stationmaster_base.configuration import Faults, Table
from stationmaster_base.errors import ConfigurationError, StationError
from stationmaster_service.process import Running
from stationmaster_service.timer import StationTimer
from support.effort import EFFORT

RULE = "offset = -30 }"
LATER = "offset = -31 }"


class Died(Exception):
    """The process has ended here."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small_station(tmp_path / "station")


@pytest.fixture
def desk(folder: Path) -> PlanDesk:
    return desk_on(folder)


def test_a_draft_changes_nothing_that_is_used(desk: PlanDesk, folder: Path) -> None:
    """The folder is as it was; the desk shows the draft, by whom and when, and outlives its process."""
    before = live_files(folder)
    edit(desk, "rules.toml", RULE, LATER)
    assert live_files(folder) == before
    for each in (desk, desk_on(folder)):
        file = each.file("rules.toml")
        assert file.shown is not None
        assert LATER in file.shown.decode()
        assert file.drafted is not None
        assert (file.drafted.by, file.drafted.at, file.stale) == ("li", NOW, False)
    assert list(desk.draft().files) == ["rules.toml"]
    assert desk.versions() == []


def test_what_was_edited_must_be_what_is_there(desk: PlanDesk) -> None:
    """The second of two who edit one file is refused, and told what the first has changed; his own is not lost."""
    seen = desk.file("rules.toml")
    edit(desk, "rules.toml", RULE, LATER, by="li")
    with pytest.raises(DeskRefusal, match=r"changed by li since") as caught:
        desk.put("rules.toml", "mine", seen.tag, "wang")
    assert caught.value.code == "file-moved"
    (fault,) = caught.value.faults
    assert (fault.file, fault.place) == ("rules.toml", "line 10")
    assert LATER in fault.problem
    assert RULE in fault.allowed
    desk.put("rules.toml", "mine", desk.file("rules.toml").tag, "wang")
    assert desk.file("rules.toml").shown == b"mine"


def test_a_tag_that_was_never_one_is_refused_as_well(desk: PlanDesk) -> None:
    """Whatever is sent as a tag, it is no path and no reason to fail."""
    for tag in ("", ".", "-.-", "../../etc/passwd", "x" * 64 + "." + "y" * 64, "é.é"):
        with pytest.raises(DeskRefusal) as caught:
            desk.put("rules.toml", "mine", tag, "wang")
        assert caught.value.code == "file-moved"


def test_a_change_in_the_folder_itself_is_not_undone_in_silence(desk: PlanDesk, folder: Path) -> None:
    """A draft of a file that somebody has changed there since is stale: it is neither applied nor saved over unseen."""
    edit(desk, "rules.toml", RULE, LATER)
    digest, tag = desk.draft().digest, desk.file("rules.toml").tag
    rules = folder / "rules.toml"
    rules.write_text(rules.read_text("utf-8").replace("after_arrival = 5", "after_arrival = 6", 1), "utf-8")
    assert desk.file("rules.toml").stale
    with pytest.raises(DeskRefusal) as caught:
        desk.drafted_contents(digest)
    assert caught.value.code == "draft-stale"
    assert [fault.problem for fault in caught.value.faults] == ["after_arrival = 6"]
    with pytest.raises(DeskRefusal, match="in the station's folder"):
        desk.put("rules.toml", "mine", tag, "li")
    edit(desk, "rules.toml", LATER, "offset = -32 }")
    assert not desk.file("rules.toml").stale


def test_what_says_the_same_as_what_is_used_is_no_draft(desk: PlanDesk, folder: Path) -> None:
    """Neither when it is drafted, nor when somebody puts the draft into the folder by hand."""
    edit(desk, "rules.toml", RULE, LATER)
    edit(desk, "rules.toml", LATER, RULE)
    assert desk.draft().files == {}
    edit(desk, "rules.toml", RULE, LATER)
    shown = desk.file("rules.toml").shown
    assert shown is not None
    (folder / "rules.toml").write_bytes(shown)
    assert desk.draft().digest == ""


def test_files_come_and_go(desk: PlanDesk, folder: Path) -> None:
    """A layout is added and another taken away, in the draft, and both happen when it is applied."""
    desk.put("layouts/new-one.toml", "a = 1\n", "-.-", "li")
    desk.put("layouts/hall.toml", None, desk.file("layouts/hall.toml").tag, "li")
    assert (folder / "layouts" / "hall.toml").exists()
    contents = desk.drafted_contents(desk.draft().digest)
    assert "layouts/hall.toml" not in contents
    version = desk.apply(contents, "li", "boards")
    assert set(version.changed) == {"layouts/new-one.toml", "layouts/hall.toml"}
    assert (folder / "layouts" / "new-one.toml").read_text("utf-8") == "a = 1\n"
    assert not (folder / "layouts" / "hall.toml").exists()
    desk.apply(desk.contents_of(1), "li", "undo", again=1)
    assert (folder / "layouts" / "hall.toml").exists()
    assert not (folder / "layouts" / "new-one.toml").exists()


def test_there_is_no_station_without_some_files(desk: PlanDesk) -> None:
    """These cannot go."""
    with pytest.raises(DeskRefusal, match=r"no station without rules\.toml"):
        desk.put("rules.toml", None, desk.file("rules.toml").tag, "li")


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "/etc/passwd", "../rules.toml", "layouts", "layouts/", "layouts/../rules.toml"),
        *("layouts/..toml", "layouts/a/b.toml", "layouts/.hidden.toml", "layouts/a.toml\n", "layouts/\0.toml"),
        *("rules.toml/", "RULES.TOML", "rules.toml\0", "layouts\\a.toml", "layouts/é.toml", "hub.db", "x" * 5000),
    ],
)
def test_no_other_name_is_a_file(desk: PlanDesk, name: str) -> None:
    """Not for reading, not for writing, not for dropping."""
    for deed in (
        lambda: desk.file(name),
        lambda: desk.put(name, "x", "-.-", "li"),
        lambda: desk.put(name, None, "-.-", "li"),
    ):
        with pytest.raises(DeskRefusal) as caught:
            deed()
        assert (caught.value.code, STATUS[caught.value.code]) == ("no-such-file", 404)
        assert len(caught.value.message) < 500


def test_a_file_is_text_of_a_bounded_size(desk: PlanDesk) -> None:
    """Control characters and halves of characters are told with their line; too much is too much."""
    tag = desk.file("rules.toml").tag
    for text, said in (("a\nb\0", "line 2: U\\+0000"), ("\ud800", "line 1: U\\+D800"), ("\x1b[2J", "U\\+001B")):
        with pytest.raises(DeskRefusal, match=said) as caught:
            desk.put("rules.toml", text, tag, "li")
        assert caught.value.code == "not-text"
    with pytest.raises(DeskRefusal, match="bytes") as caught:
        desk.put("rules.toml", "é" * (LARGEST_FILE // 2 + 1), tag, "li")
    assert caught.value.code == "file-too-large"
    assert desk.draft().files == {}


def test_what_is_applied_is_kept_with_who_when_and_why(desk: PlanDesk, folder: Path) -> None:
    """Also what was there before; and each version can be put back, which is a version again."""
    found = live_files(folder)
    edit(desk, "rules.toml", RULE, LATER)
    desk.apply(desk.drafted_contents(desk.draft().digest), "susan", "later check-in")
    assert desk.draft().files == {}
    desk.apply(desk.contents_of(1), "li", "undo", again=1)
    told = [(each.number, each.at, each.by, each.why, each.again) for each in desk_on(folder).versions()]
    assert told == [
        (3, NOW, "li", "undo", 1),
        (2, NOW, "susan", "later check-in", 0),
        (1, NOW, "", "", 0),
    ]
    assert live_files(folder) == found
    with pytest.raises(DeskRefusal, match="no version 9"):
        desk.contents_of(9)


def test_old_versions_are_let_go_with_what_only_they_had(
    desk: PlanDesk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is kept can still be put back, and so can what is drafted."""
    monkeypatch.setattr(versions, "KEPT", 3)
    edit(desk, "zones.toml", "[[zone]]", "# mine\n[[zone]]")
    for minute in range(31, 37):
        contents = desk.drafted_contents()
        rules = contents["rules.toml"].decode()
        text = rules.replace(f"offset = -{minute - 1} }}", f"offset = -{minute} }}", 1)
        used = {**live_files(folder), "rules.toml": text.encode()}
        desk.apply(used, "li", str(minute))
    assert [each.why for each in desk.versions()] == ["36", "35", "34"]
    objects = {path.name for path in (desk_of(folder) / "objects").iterdir()}
    wanted = {item for each in desk.versions() for item in each.files.values()}
    assert objects == wanted | {
        item for file in desk.draft().files.values() for item in (file.shown, file.live) if item
    }
    assert b"-34 }" in desk.contents_of(desk.versions()[-1].number)["rules.toml"]


def test_a_damaged_desk_is_told_and_the_station_is_whole(desk: PlanDesk, folder: Path) -> None:
    """A draft or a content that somebody has changed on disk is an error in words, and nothing is taken from it."""
    edit(desk, "rules.toml", RULE, LATER)
    shown = desk.draft().files["rules.toml"].shown
    assert shown is not None
    (desk_of(folder) / "objects" / shown).write_bytes(b"something else")
    with pytest.raises(StationError, match="not what was put there") as caught:
        desk.drafted_contents()
    assert caught.value.code == "desk-damaged"
    (desk_of(folder) / "draft.json").write_text("{", "utf-8")
    with pytest.raises(StationError, match=r"draft\.json cannot be read"):
        desk.files()
    assert load_station(folder).timetable


POINTS = ("begin", "intent", "moved rules.toml", "moved templates.toml", "moved layouts/one.toml", "recorded")


def changed(folder: Path, probe: object = None) -> tuple[PlanDesk, dict[str, bytes]]:
    """A desk with a draft of three files, one of them new, and what the folder would be."""

    def die(point: str) -> None:
        if point == probe:
            raise Died

    desk = desk_on(folder, die)
    edit(desk, "rules.toml", RULE, LATER)
    edit(desk, "templates.toml", "各岗位注意", "各岗位请注意")
    desk.put("layouts/one.toml", (folder / "layouts" / "hall.toml").read_text("utf-8"), "-.-", "li")
    return desk, desk.drafted_contents(desk.draft().digest)


@pytest.mark.parametrize("point", POINTS)
def test_a_crash_leaves_the_old_station_or_the_new_one(folder: Path, point: str) -> None:
    """Wherever it ends: what the next hub reads is whole; until then nobody takes a mixture for a station."""
    old = live_files(folder)
    desk, new = changed(folder, point)
    with pytest.raises(Died):
        desk.apply(new, "li", "all three")
    if live_files(folder) not in (old, new):
        with pytest.raises(ConfigurationError, match="was being replaced"):
            load_station(folder)
    assert finish_replacing(folder) == (point != "begin")
    assert live_files(folder) == (old if point == "begin" else new)
    assert load_station(folder).timetable
    again = desk_on(folder)
    assert bool(again.draft().files) == (point == "begin")
    assert [each.number for each in again.versions()] == ([1] if point == "begin" else [2, 1])
    assert not finish_replacing(folder)


def test_a_hub_finishes_what_was_interrupted_before_it_reads_the_folder(folder: Path, tmp_path: Path) -> None:
    """What it starts with is the new station."""
    desk, new = changed(folder, "moved rules.toml")
    with pytest.raises(Died):
        desk.apply(new, "li", "all three")
    clock, reactor = MachineClock(lambda: float(NOW)), Clock()
    running = Running(
        reactor=cast("Any", reactor),
        clock=clock,
        timer=StationTimer(clock, reactor),
        table=Table({"hub": {"station": "station"}}, "stationmaster.toml", Faults()),
        folder=tmp_path,
        registry=CollectorRegistry(),
        random=random.Random(1),
        new_boot_id=lambda: "boot",
        fail=lambda error: pytest.fail(str(error)),
    )
    build(running)
    assert live_files(folder) == new
    assert not (desk_of(folder) / "replacing.json").exists()


@settings(max_examples=8 * EFFORT)
@given(points=st.lists(st.sampled_from(POINTS), min_size=1, max_size=6))
def test_however_often_it_crashes(points: list[str]) -> None:
    """Finishing may be interrupted anywhere as well, and again: it is the old station, or the new in the end."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "station"
        (folder / "layouts").mkdir(parents=True)
        for file, text in (("rules.toml", RULE), ("templates.toml", "各岗位注意"), ("layouts/hall.toml", "a = 1")):
            (folder / file).write_text(text, "utf-8")
        old = live_files(folder)
        left = list(points)

        def die(point: str) -> None:
            if left and left[0] == point:
                left.pop(0)
                raise Died

        desk, new = changed(folder, None)
        desk = desk_on(folder, die)
        begun = False
        while True:
            try:
                if begun:
                    finish_replacing(folder, die)
                else:
                    desk.apply(new, "li", "again")
                break
            except Died:
                begun = (desk_of(folder) / "replacing.json").exists()
            assert begun or live_files(folder) == old
        assert live_files(folder) == new
        assert desk_on(folder).current().files == desk_on(folder).versions()[0].files


def test_an_intent_that_cannot_be_read_stops_everything(folder: Path) -> None:
    """What it was to become is not known then, so nothing is guessed, and no reader takes the folder."""
    desk, new = changed(folder, "moved rules.toml")
    with pytest.raises(Died):
        desk.apply(new, "li", "all three")
    intent = desk_of(folder) / "replacing.json"
    intent.write_text(json.dumps({"files": {}}), "utf-8")
    with pytest.raises(StationError, match=r"replacing\.json cannot be read"):
        finish_replacing(folder)
    with pytest.raises(ConfigurationError, match="was being replaced"):
        load_station(folder)
