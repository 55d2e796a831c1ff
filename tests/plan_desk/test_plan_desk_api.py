"""The desk over the web: drafted, checked, previewed, applied and put back, by people who are in each other's way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry

from hub.making import HandThread, MadeHub, made_hub
from plan_desk.drafting import NOW, desk_on, small_station
from service.web import Browser
from station.workbook_making import packed
from stationmaster.hub.audit.audit_log import AuditLog
from stationmaster.hub.day import StationDay
from stationmaster.hub.people.askers import Askers
from stationmaster.hub.people.permits import DAY, DECIDE, PERMITS
from stationmaster.hub.plan_desk.draft_api import DraftApi
from stationmaster.hub.plan_desk.files import live_files
from stationmaster.hub.plan_desk.files_api import LARGEST_SENT, FilesApi
from stationmaster.hub.plan_desk.import_api import PATIENCE_S, ImportApi
from stationmaster.hub.plan_desk.recording import Recorder
from stationmaster.hub.plan_desk.uploads import Importer
from stationmaster.hub.plan_desk.work import DeskWork
from stationmaster.hub.reload import Reloader
from stationmaster.hub.settings import Operator
from stationmaster.hub.storage.database import database_url
from stationmaster.station.load import load_station
from stationmaster.station.plans import plan_day
from stationmaster_base.clock import MachineClock
from stationmaster_base.errors import Fault, StationError
from stationmaster_base.health import Health
from stationmaster_base.times import from_iso
from stationmaster_kernel.deeds import CheckRows
from stationmaster_kernel.inputs import Act
from stationmaster_service.face import Face
from stationmaster_service.timer import StationTimer
from support.described import check_answer

LI, WANG = "li-secret", "wang-secret"
FILES = "/api/v1/station/files"
DRAFT = "/api/v1/station/draft"
RULE, LATER = "offset = -30 }", "offset = -31 }"


class Log:
    """Takes what is recorded."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    def record(self, kind: str, **said: Any) -> None:
        self.told.append({"kind": kind, **said})


class Desk:
    """A hub in memory on a small station, its desk, and two people at it."""

    def __init__(self, hub: MadeHub, folder: Path) -> None:
        self.folder, self.hub, self.log = folder, hub, Log()
        self.thread, self.reading, self.uploads = HandThread(), HandThread(), HandThread()
        station = load_station(folder)
        clock = MachineClock(lambda: float(NOW))
        timer = StationTimer(clock, hub.reactor)
        day = StationDay(
            configuration=station.configuration,
            plan_day=partial(plan_day, station),
            pipeline=hub.pipeline,
            clock=clock,
            timer=timer,
            boot="boot",
        )
        self.reloader = Reloader(
            station=station, day=day, state=lambda: hub.pipeline.state, now=clock.now, in_thread=self.reading
        )
        hub.pipeline.on_commit(self.reloader.committed)
        hub.open()
        day.begin(fresh=True)
        self.reloader.begin()
        face = Face(health=lambda: Health(process="hub"), clock=clock, timer=timer, registry=CollectorRegistry())
        askers = Askers((Operator(name="li", token=LI), Operator(name="wang", token=WANG)))
        work = self.work = DeskWork(
            desk=desk_on(folder),
            reloader=self.reloader,
            state=lambda: hub.pipeline.state,
            now=clock.now,
            days=3,
            in_thread=self.thread,
            where_read=self.reading,
            where_uploads=self.uploads,
            importer=Importer(),
        )
        recorder = Recorder(cast("AuditLog", self.log))
        FilesApi(face, askers, recorder, work, clock.now)
        DraftApi(face, askers, recorder, work, clock.now)
        ImportApi(face=face, askers=askers, recorder=recorder, work=work, now=clock.now, reactor=hub.reactor)
        self.site = face.site()
        self.browser = Browser(self.site)

    def ask(
        self, method: str, path: str, sent: object = None, *, token: str = LI, tag: str | None = None
    ) -> tuple[int, Any]:
        """What is answered, which is as described."""
        headers = f"Authorization: Bearer {token}\r\n" + ("" if tag is None else f'If-Match: "{tag}"\r\n')
        body = sent if isinstance(sent, bytes) else b"" if sent is None else json.dumps(sent).encode()
        status, told, answer = self.browser.ask(method, path, headers, body=body)
        check_answer(method, path, status, told["content-type"], answer)
        return status, json.loads(answer)

    def edit(self, name: str, old: str, new: str, *, token: str = LI) -> tuple[int, Any]:
        _, file = self.ask("GET", f"{FILES}/{name}")
        assert old in file["text"]
        return self.ask(
            "PUT", f"{FILES}/{name}", {"text": file["text"].replace(old, new, 1)}, token=token, tag=_tag(file)
        )

    @property
    def newest(self) -> int:
        """The number of the version that is used."""
        return int(self.ask("GET", "/api/v1/station/versions")[1]["versions"][0]["number"])

    def put_back(self, number: int, current: int | None = None) -> tuple[int, Any]:
        """Use a version again."""
        known = self.newest if current is None else current
        return self.ask("POST", f"/api/v1/station/versions/{number}/apply", {"current": known, "why": "undo"})

    def check(self) -> Any:
        status, checked = self.ask("POST", f"{DRAFT}/check", {})
        assert status == 200
        return checked


def _tag(body: Any) -> str:
    return str(body["file"]["tag"])


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = small_station(tmp_path_factory.mktemp("desk") / "station")
    with made_hub(database_url("sqlite:///hub.db", folder.parent)) as hub:
        made = Desk(hub, folder)
        assert made.edit("zones.toml", "[[zone]]", "# \n[[zone]]")[0] == 200
        assert made.ask("POST", f"{DRAFT}/apply", {"draft": made.check()["digest"], "why": "a version"})[0] == 200
        yield made


@pytest.fixture
def desk(shared: Desk) -> Iterator[Desk]:
    """The desk of all tests, as it was before each of them, but for the versions."""
    shared.log.told.clear()
    used, newest = live_files(shared.folder), shared.newest
    yield shared
    if shared.ask("GET", FILES)[1]["draft"]:
        assert shared.ask("DELETE", DRAFT)[0] == 200
    if live_files(shared.folder) != used:
        assert shared.put_back(newest)[0] == 200


def test_a_rule_is_changed_and_put_back(desk: Desk) -> None:
    """Seen wrong, mended, previewed, applied with a reason, and undone: the day follows, and the log has all of it."""
    newest = desk.newest
    assert desk.edit("rules.toml", RULE, "offset = -3000 }")[0] == 200
    checked = desk.check()
    assert [(fault["file"], fault["place"]) for fault in checked["faults"]] == [("rules.toml", "rule[1].start.offset")]
    assert checked["preview"] is None
    status, refused = desk.ask("POST", f"{DRAFT}/apply", {"draft": checked["digest"], "why": "now"})
    assert (status, refused["error"], len(refused["faults"])) == (422, "configuration", 1)
    desk.edit("rules.toml", "offset = -3000 }", LATER)
    checked = desk.check()
    tasks = checked["preview"]["tasks"]
    assert checked["faults"] == []
    assert checked["preview"]["configuration"] == [
        {"kind": "rule", "added": [], "changed": ["check-in-origin-conventional"], "gone": []}
    ]
    tomorrow = [task for task in tasks["first"] if task["day"] == "2026-03-02" and task["change"] == "moved"]
    assert (tomorrow[0]["number"], tasks["made"], tasks["gone"]) == ("K4951", 0, 0)
    assert all(task["before"] - task["after"] == 60 for task in tomorrow)
    opens = "MZN/2026-03-02/K4951/1/check-in-origin-conventional/1"
    before = desk.hub.pipeline.state.tasks[opens].start
    assert [task["before"] for task in tomorrow if task["id"] == opens] == [before]
    status, applied = desk.ask("POST", f"{DRAFT}/apply", {"draft": checked["digest"], "why": "later check-in"})
    assert (status, applied["version"]["number"], applied["version"]["by"]) == (200, newest + 1, "li")
    assert applied["difference"]["tasks_changed"]["count"] == tasks["moved"] + tasks["changed"]
    assert desk.hub.pipeline.state.tasks[opens].start == before - 60
    assert LATER in (desk.folder / "rules.toml").read_text("utf-8")
    assert desk.ask("GET", FILES)[1]["draft"] == ""
    status, undone = desk.put_back(newest)
    assert (status, undone["version"]["again"]) == (200, newest)
    assert desk.hub.pipeline.state.tasks[opens].start == before
    assert [each["kind"] for each in desk.log.told] == [
        "station-draft",
        "station-draft",
        "station-apply",
        "station-apply",
    ]
    change = desk.log.told[0]["changes"][0]
    assert (change.subject, change.field, RULE in change.before, "-3000" in change.after) == (
        *("rules.toml", "line 10"),
        *(True, True),
    )
    assert [(each["who"], each["why"], each["subject"]) for each in desk.log.told[2:]] == [
        ("li", "later check-in", f"version {newest + 1}"),
        ("li", "undo", f"version {newest + 2}"),
    ]


def test_a_template_is_previewed_with_what_it_would_say(desk: Desk) -> None:
    """In both languages, of a call of tomorrow; as it is said now, and as it would be."""
    desk.edit("templates.toml", "All posts: check-in", "Attention: check-in")
    desk.edit("templates.toml", "各岗位注意，五分钟后", "各岗位请注意，五分钟后")
    samples = desk.check()["preview"]["samples"]
    assert [(each["template"], each["language"]) for each in samples] == [
        ("staff-check-in", "zh"),
        ("staff-check-in", "en"),
    ]
    assert samples[1]["before"].replace("All posts", "Attention") == samples[1]["after"]


def test_trains_of_the_next_days_are_previewed(desk: Desk) -> None:
    """Which are added, gone and changed, on which day; and nothing of it is in the state."""
    state = desk.hub.pipeline.state
    desk.edit("timetable.csv", "明泽南,成都西,,00:12,13", "明泽南,成都西,,00:22,12")
    preview = desk.check()["preview"]
    assert [day["day"] for day in preview["plans"]] == ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"]
    (row,) = preview["plans"][0]["rows"]
    assert (row["change"], row["number"]) == ("changed", "K4951")
    assert {field["field"] for field in row["fields"]} >= {"departure", "track"}
    assert [day["waiting"] for day in preview["plans"]] == [1, 0, 0, 0]  # today it has left
    assert desk.hub.pipeline.state is state


def test_a_plan_that_people_have_checked_is_not_changed_behind_their_backs(desk: Desk) -> None:
    """The preview says that the change would wait there for a decision, and its tasks are not among those that move."""
    day = date(2026, 3, 3)
    checked = CheckRows(day=day, rows=(f"{day.isoformat()}/K4951/1",))
    desk.hub.pipeline.put(Act(id="act/tick", at=NOW, by="li", deeds=(checked,)))
    desk.edit("timetable.csv", "明泽南,成都西,,00:12", "明泽南,成都西,,00:22")
    preview = desk.check()["preview"]
    assert [(each["day"], each["waiting"]) for each in preview["plans"]] == [
        ("2026-03-01", 1),  # it has left
        ("2026-03-02", 0),
        ("2026-03-03", 1),
        ("2026-03-04", 0),
    ]
    assert {task["day"] for task in preview["tasks"]["first"] if task["change"] == "moved"} == {
        *("2026-03-02", "2026-03-04"),
    }


def test_what_draws_boards_is_asked_about_layouts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its faults are among the draft's."""

    def look(path: Path, name: str) -> list[Fault]:
        bad = "wrong" in path.read_text("utf-8")
        return [Fault(file=name, place="row", problem="is wrong")] if bad else []

    monkeypatch.setattr(desk.work, "_layout_check", look)
    desk.edit("layouts/hall.toml", "#", "# wrong")
    assert [(each["file"], each["place"]) for each in desk.check()["faults"]] == [("layouts/hall.toml", "row")]


def test_two_who_edit_one_file(desk: Desk) -> None:
    """The slower one is refused with what the other has changed; he takes it over, and both changes are there."""
    _, seen = desk.ask("GET", f"{FILES}/rules.toml", token=WANG)
    desk.edit("rules.toml", RULE, LATER)
    mine = seen["text"].replace("after_arrival = 5", "after_arrival = 6", 1)
    status, refused = desk.ask("PUT", f"{FILES}/rules.toml", {"text": mine}, token=WANG, tag=_tag(seen))
    assert (status, refused["error"]) == (412, "file-moved")
    assert [(fault["place"], LATER in fault["problem"]) for fault in refused["faults"]] == [("line 10", True)]
    assert desk.edit("rules.toml", "after_arrival = 5", "after_arrival = 6", token=WANG)[0] == 200
    _, file = desk.ask("GET", f"{FILES}/rules.toml")
    assert (LATER in file["text"], "after_arrival = 6" in file["text"], file["file"]["by"]) == (True, True, "wang")
    assert RULE in file["used"]


def test_what_was_checked_is_what_is_applied(desk: Desk) -> None:
    """A draft that somebody has changed since it was checked is refused; so is a version that is no longer used."""
    desk.edit("rules.toml", RULE, LATER)
    digest = desk.check()["digest"]
    desk.edit("rules.toml", LATER, "offset = -32 }", token=WANG)
    status, refused = desk.ask("POST", f"{DRAFT}/apply", {"draft": digest, "why": "x"})
    assert (status, refused["error"]) == (409, "draft-changed")
    assert "wang" in refused["message"]
    status, refused = desk.put_back(1, desk.newest - 1)
    assert (status, refused["error"]) == (409, "version-moved")
    status, refused = desk.put_back(777)
    assert (status, refused["error"]) == (404, "no-such-version")


def test_nothing_is_drafted_while_a_station_is_applied(desk: Desk) -> None:
    """What is drafted meanwhile would be neither in it nor left."""
    desk.edit("rules.toml", RULE, LATER)
    digest = desk.check()["digest"]
    _, seen = desk.ask("GET", f"{FILES}/zones.toml")
    desk.reading.at_once = False
    body = json.dumps({"draft": digest, "why": "x"}).encode()
    desk.browser.send("POST", f"{DRAFT}/apply", f"Authorization: Bearer {LI}\r\nContent-Length: {len(body)}\r\n")
    desk.browser.protocol.dataReceived(body)
    browser = Browser(desk.site)
    sent = b'{"text": "x"}'
    status, _, answer = browser.ask(
        "PUT", f"{FILES}/zones.toml", f'Authorization: Bearer {WANG}\r\nIf-Match: "{_tag(seen)}"\r\n', body=sent
    )
    assert (status, json.loads(answer)["error"]) == (409, "desk-busy")
    desk.reading.at_once = True
    while desk.reading.waiting:
        desk.reading.run()
    assert desk.browser.take()[0] == 200
    assert desk.ask("PUT", f"{FILES}/zones.toml", {"text": seen["text"] + "#\n"}, tag=_tag(seen))[0] == 200


def test_what_the_hub_does_not_take_is_taken_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is as before, the draft is still there, and the versions tell what happened."""
    used, newest = live_files(desk.folder), desk.newest
    desk.edit("rules.toml", RULE, LATER)
    digest = desk.check()["digest"]
    monkeypatch.setattr("stationmaster.hub.reload.differences", _refuse)
    status, refused = desk.ask("POST", f"{DRAFT}/apply", {"draft": digest, "why": "x"})
    assert (status, refused["error"]) == (500, "reload-refused")
    monkeypatch.undo()
    assert live_files(desk.folder) == used
    assert desk.ask("GET", FILES)[1]["draft"] == digest
    versions = desk.ask("GET", "/api/v1/station/versions")[1]["versions"]
    told = [(each["number"], each["why"], each["again"]) for each in versions[:2]]
    assert told == [(newest + 2, "It was not taken.", newest), (newest + 1, "x", 0)]


_REFUSALS = iter([True])


def _refuse(*_: object) -> Any:
    if next(_REFUSALS, False):
        raise StationError("reload-refused", "It was not taken.")
    return []


def test_telecode_and_zone_are_told_before_they_are_tried(desk: Desk) -> None:
    """They cannot be taken while the hub runs: that is a fault of the draft."""
    desk.edit("station.toml", 'telecode = "MZN"', 'telecode = "XYZ"')
    assert [(each["file"], each["place"]) for each in desk.check()["faults"]] == [("station.toml", "telecode")]


@pytest.mark.parametrize(
    ("sent", "tag", "status", "code"),
    [
        ({"text": "x"}, None, 428, "no-if-match"),
        ({"text": "x", "more": 1}, "-.-", 400, "bad-draft"),
        ({"text": 1}, "-.-", 400, "bad-draft"),
        ({}, "-.-", 400, "bad-draft"),
        ([], "-.-", 400, "bad-draft"),
        (b"{", "-.-", 400, "bad-draft"),
        (b'{"text": "\xff"}', "-.-", 400, "bad-draft"),
        ({"text": "a\0"}, "-.-", 422, "not-text"),
        (b'{"text": "\\ud800"}', "-.-", 422, "not-text"),
        (b" " * (LARGEST_SENT + 1), "-.-", 413, "file-too-large"),
    ],
)
def test_what_is_no_draft_is_refused(desk: Desk, sent: object, tag: str | None, status: int, code: str) -> None:
    """In words, whatever it is; nothing is drafted."""
    answer = desk.ask("PUT", f"{FILES}/layouts/x.toml", sent, tag=tag)
    assert (answer[0], answer[1]["error"]) == (status, code)
    assert desk.ask("GET", FILES)[1]["draft"] == ""


@pytest.mark.parametrize("path", ["..%2fhub.db", "%2e%2e/hub.db", "layouts/..%2f..%2fhub.db", "x%00"])
def test_no_path_leads_out(desk: Desk, path: str) -> None:
    """Neither read nor written nor dropped."""
    for method, sent in (("GET", None), ("PUT", {"text": "x"})):
        status, answer = desk.ask(method, f"{FILES}/{path}", sent, tag="-.-")
        assert (status, answer["error"] in ("no-such-file", "no-such-path")) == (404, True)
    assert desk.ask("DELETE", f"{DRAFT}/files/{path}")[0] == 404


def test_a_draft_is_dropped_by_file_and_as_a_whole(desk: Desk) -> None:
    """What is not drafted cannot be dropped."""
    desk.edit("rules.toml", RULE, LATER)
    desk.edit("zones.toml", "[[zone]]", "# mine\n[[zone]]")
    assert desk.ask("DELETE", f"{DRAFT}/files/rules.toml")[0] == 200
    assert [file["name"] for file in desk.ask("GET", FILES)[1]["files"] if file["drafted"]] == ["zones.toml"]
    assert desk.ask("DELETE", f"{DRAFT}/files/rules.toml")[1]["error"] == "nothing-drafted"
    assert desk.ask("DELETE", DRAFT) == (200, {"draft": ""})
    assert desk.ask("DELETE", DRAFT)[1]["error"] == "nothing-drafted"


CSV = "train_class,kind,train,origin,destination,arr,dep,track\n快速,through,K2285,长春,昆明,00:33,00:52,1\n"


def test_an_upload_goes_into_the_draft(desk: Desk) -> None:
    """A table becomes the draft's timetable with a report, and nothing is used of it yet."""
    used = live_files(desk.folder)
    status, told = desk.ask("POST", "/api/v1/station/import", f"{CSV}快速,through,K1,长春,漠河,03:33,03:52,\n".encode())
    assert (status, told["state"], told["report"]["drafted"], told["report"]["rows"]) == (200, "done", True, 2)
    assert (told["report"]["allotted"], told["report"]["names_added"]) == (1, ["漠河"])
    _, file = desk.ask("GET", f"{FILES}/timetable.csv")
    assert (file["file"]["drafted"], file["file"]["by"], "K2285" in file["text"]) == (True, "li", True)
    assert live_files(desk.folder) == used
    assert desk.ask("GET", "/api/v1/station/import")[1] == told
    assert (desk.log.told[-1]["kind"], desk.log.told[-1]["words"]) == ("station-import", "timetable: 2 rows, drafted")


def test_an_upload_with_faults_changes_nothing(desk: Desk) -> None:
    """They are told with their lines."""
    status, told = desk.ask("POST", "/api/v1/station/import", CSV.replace("00:33", "25:33").encode())
    assert (status, told["report"]["drafted"]) == (200, False)
    assert [fault["place"] for fault in told["report"]["faults"]] == ["line 2, arr"]
    status, told = desk.ask("POST", "/api/v1/station/import?kind=gtfs&stop=1", packed({"../stops.txt": "x"}))
    assert "leads out of it" in told["report"]["faults"][0]["problem"]
    assert desk.ask("GET", FILES)[1]["draft"] == ""


def test_what_is_drafted_while_an_upload_is_read_is_not_lost(desk: Desk) -> None:
    """The upload is refused then: it was read into another draft."""
    desk.uploads.at_once = False
    body = CSV.encode()
    desk.browser.send(
        "POST", "/api/v1/station/import", f"Authorization: Bearer {LI}\r\nContent-Length: {len(body)}\r\n"
    )
    desk.browser.protocol.dataReceived(body)
    desk.hub.reactor.advance(PATIENCE_S)
    assert desk.browser.take()[0] == 202
    desk.edit("timetable.csv", "00:12", "00:13", token=WANG)
    desk.uploads.at_once = True
    while desk.uploads.waiting:
        desk.uploads.run()
    told = desk.ask("GET", "/api/v1/station/import")[1]
    assert (told["state"], "changed meanwhile" in told["problem"]) == ("refused", True)
    assert desk.ask("GET", f"{FILES}/timetable.csv")[1]["file"]["by"] == "wang"


def test_a_large_upload_is_read_after_its_request_was_answered(desk: Desk) -> None:
    """It stands in a file of its own then, and is the hub's memory's no more than a small one."""
    desk.uploads.at_once = False
    body = (CSV + "\n" * 200_000).encode()
    desk.browser.send(
        "POST", "/api/v1/station/import", f"Authorization: Bearer {LI}\r\nContent-Length: {len(body)}\r\n"
    )
    desk.browser.protocol.dataReceived(body)
    desk.hub.reactor.advance(PATIENCE_S)
    assert desk.browser.take()[0] == 202
    desk.uploads.at_once = True
    while desk.uploads.waiting:
        desk.uploads.run()
    told = desk.ask("GET", "/api/v1/station/import")[1]
    assert (told["state"], told["report"]["drafted"], told["report"]["rows"]) == ("done", True, 1)


@pytest.mark.parametrize("query", ["?kind=exe", "?kind=gtfs", "?class=x", "?number_from=x", "?without_track=1"])
def test_what_is_asked_of_an_upload_is_read_strictly(desk: Desk, query: str) -> None:
    """An option that is none is told before anything is read."""
    status, answer = desk.ask("POST", f"/api/v1/station/import{query}", b"x")
    assert (status, answer["error"]) == (400, "bad-draft")


def test_an_upload_that_takes_long_is_told_later(desk: Desk) -> None:
    """The browser is answered in time; one upload is read at a time; what came of it is told to who asks again."""
    desk.uploads.at_once = False
    body = CSV.encode()
    desk.browser.send(
        "POST", "/api/v1/station/import", f"Authorization: Bearer {LI}\r\nContent-Length: {len(body)}\r\n"
    )
    desk.browser.protocol.dataReceived(body)
    desk.hub.reactor.advance(PATIENCE_S)
    status, _, answer = desk.browser.take()
    assert (status, json.loads(answer)["state"]) == (202, "running")
    assert desk.ask("POST", "/api/v1/station/import", body)[1]["error"] == "desk-busy"
    assert desk.ask("GET", FILES)[0] == 200  # others are answered meanwhile
    desk.uploads.at_once = True
    while desk.uploads.waiting:
        desk.uploads.run()
    assert desk.ask("GET", "/api/v1/station/import")[1]["state"] == "done"


def test_who_may(desk: Desk) -> None:
    """Supervisors draft and apply, controllers check; a stranger is let in to nothing."""
    changing = ("putStationFile", "applyDraft", "dropDraft", "dropDraftedFile", "putBackVersion", "importTimetable")
    assert {PERMITS[item] for item in changing} == {DECIDE}
    assert PERMITS["checkDraft"] == DAY
    assert desk.ask("PUT", f"{FILES}/rules.toml", {"text": "x"}, token="nobody's", tag="-.-")[0] == 401
    assert from_iso("2026-03-01T00:00:00Z") == NOW
