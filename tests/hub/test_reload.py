"""Reading the station's folder again while the hub runs: all of it or nothing, and what differs afterwards."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from twisted.python.failure import Failure

from hub.making import HandThread, MadeHub, made_hub
from hub.test_process import World, ask
from service.web import Browser
from stationmaster.hub.day import StationDay
from stationmaster.hub.people.askers import Askers
from stationmaster.hub.reload import MOST_IDS, Difference, KindDifference, NotNow, Reloader, TaskList
from stationmaster.hub.settings import Operator
from stationmaster.hub.storage.database import database_url
from stationmaster.hub.web.reload_api import ReloadApi
from stationmaster.station.load import load_station
from stationmaster.station.plans import plan_day
from stationmaster_base.clock import MachineClock
from stationmaster_base.errors import ConfigurationError, StationError
from stationmaster_base.health import Health
from stationmaster_base.times import from_iso
from stationmaster_kernel.deeds import SetPlaces
from stationmaster_kernel.inputs import Act, Presence, TaskResult
from stationmaster_kernel.refused import Refused
from stationmaster_kernel.task import Result, Task
from stationmaster_kernel.values import TaskKind, TaskState
from stationmaster_service.face import Face
from stationmaster_service.timer import StationTimer

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"
NOW = from_iso("2026-03-01T00:00:00Z")
NOTHING = TaskList(count=0, ids=())

WELCOME = '[[rule]]\nid = "welcome-aboard"'
ROWS = 8


class Fixture:
    """A hub in memory, up, on a copy of the sample with a few trains."""

    def __init__(self, hub: MadeHub, folder: Path) -> None:
        self.hub, self.folder = hub, folder
        self.thread = HandThread()
        station = load_station(folder)
        clock = MachineClock(lambda: float(NOW))
        timer = StationTimer(clock, hub.reactor)
        self.day = StationDay(
            configuration=station.configuration,
            plan_day=partial(plan_day, station),
            pipeline=hub.pipeline,
            clock=clock,
            timer=timer,
            boot="boot",
        )
        self.reloader = Reloader(
            station=station,
            day=self.day,
            state=lambda: hub.pipeline.state,
            now=clock.now,
            in_thread=self.thread,
        )
        hub.pipeline.on_commit(self.reloader.committed)
        hub.open()
        self.day.begin(fresh=True)
        self.reloader.begin()
        face = Face(health=lambda: Health(process="hub"), clock=clock, timer=timer, registry=CollectorRegistry())
        ReloadApi(face, self.reloader, Askers((Operator(name="li", token="li-secret"),)))
        self.browser = Browser(face.site())

    def change(self, file: str, old: str, new: str) -> Fixture:
        text = (self.folder / file).read_text("utf-8")
        assert old in text
        (self.folder / file).write_text(text.replace(old, new, 1), "utf-8")
        return self

    def without_rule(self, start: str) -> Fixture:
        text = (self.folder / "rules.toml").read_text("utf-8")
        begins = text.index(start)
        rule = text[begins : text.index("[[rule]]", begins + 8)]
        return self.change("rules.toml", rule, "")

    def reload(self) -> Difference:
        found = self.outcome()
        assert isinstance(found, Difference), found
        return found

    def outcome(self) -> Any:
        """What the reading came to: a difference, or the error."""
        outcomes: list[Any] = []
        self.reloader.reload().addBoth(outcomes.append)
        (found,) = outcomes
        return found.value if isinstance(found, Failure) else found

    def tasks(self, rule: str, *states: TaskState) -> list[Task]:
        found = [task for task in self.hub.pipeline.state.tasks.values() if task.rule == rule]
        return [task for task in found if not states or task.state in states]


@pytest.fixture
def fixture(tmp_path: Path) -> Iterator[Fixture]:
    folder = tmp_path / "station"
    shutil.copytree(SAMPLE, folder)
    timetable = folder / "timetable.csv"
    timetable.write_text("".join(timetable.read_text("utf-8").splitlines(keepends=True)[:ROWS]), "utf-8")
    with made_hub(database_url("sqlite:///hub.db", tmp_path)) as hub:
        yield Fixture(hub, folder)


def test_a_folder_that_says_nothing_new_changes_nothing(fixture: Fixture) -> None:
    """Nothing is put into the pipeline either."""
    before = fixture.hub.pipeline.position
    assert fixture.reload() == Difference(
        at=NOW,
        configuration=(),
        plans=(),
        tasks_made=NOTHING,
        tasks_changed=NOTHING,
        tasks_withdrawn=NOTHING,
        warnings=(),
    )
    assert fixture.hub.pipeline.position == before


def test_any_fault_leaves_everything_as_it_was(fixture: Fixture) -> None:
    """All faults of all files are told; mended, the folder is taken."""
    fixture.change("rules.toml", "offset = -30 }", "offset = -3000 }")
    fixture.change("rules.toml", 'kinds = ["through"], platforms', 'kinds = ["thru"], platforms')
    fixture.change("templates.toml", "{{ number }}", "{{ nubmer }}").change("station.toml", "late_from", "late")
    before = fixture.hub.pipeline.position
    error = fixture.outcome()
    assert isinstance(error, ConfigurationError)
    assert [(fault.file, fault.place) for fault in error.faults] == [
        ("station.toml", "late"),
        ("templates.toml", "staff-check-in.zh"),
        ("rules.toml", "rule[1].start.offset"),
        ("rules.toml", "rule[3].when.kinds[0]"),
    ]
    assert fixture.hub.pipeline.position == before
    fixture.change("rules.toml", "offset = -3000 }", "offset = -31 }").change("rules.toml", '"thru"', '"through"')
    fixture.change("templates.toml", "{{ nubmer }}", "{{ number }}").change("station.toml", "late", "late_from")
    assert fixture.reload().configuration == (
        KindDifference(kind="rule", added=(), changed=("check-in-origin-conventional",), gone=()),
    )


def test_the_difference_names_what_was_added_changed_and_gone_and_the_tasks(fixture: Fixture) -> None:
    """A rule gone, one changed, one new, and a text; tasks are counted and named."""
    fixture.without_rule(WELCOME)
    fixture.change("rules.toml", "offset = -120", "offset = -110").change("templates.toml", "随身物品", "行李")
    with (fixture.folder / "rules.toml").open("a", encoding="utf-8") as stream:
        stream.write('\n[[rule]]\nid = "new"\ndoes = "notice"\nposts = ["duty"]\ntemplate = "notice-receive"\n')
        stream.write('when = { kinds = ["terminus"] }\ndue = { base = "arrival", offset = -30 }\n')
    planned = {task.id for task in fixture.tasks("welcome-aboard", TaskState.PLANNED)}
    difference = fixture.reload()
    assert difference.configuration == (
        KindDifference(kind="template", added=(), changed=("arrived-terminus",), gone=()),
        KindDifference(kind="rule", added=("new",), changed=("row-waiting",), gone=("welcome-aboard",)),
    )
    assert planned
    assert set(difference.tasks_withdrawn.ids) == planned
    assert {task.id for task in fixture.tasks("new")} == set(difference.tasks_made.ids)
    changed = {task.id for rule in ("row-waiting", "arrived-terminus") for task in fixture.tasks(rule)}
    assert set(difference.tasks_changed.ids) <= changed
    assert (difference.tasks_changed.count, difference.plans) == (len(difference.tasks_changed.ids), ())
    assert not fixture.tasks("welcome-aboard", TaskState.PLANNED)


def test_what_is_done_stays_done(fixture: Fixture) -> None:
    """Its rule gone, a done task is neither withdrawn nor counted; with the rule back it is not done again."""
    task = fixture.tasks("welcome-aboard", TaskState.PLANNED)[0]
    result = Result(target=task.targets[0], state=TaskState.DONE, at=NOW, base=task.base)
    fixture.hub.put(
        Presence(id="here", at=NOW, kind=TaskKind.ANNOUNCEMENT, present=True),
        TaskResult(id="result", at=NOW, task=task.id, result=result),
    )
    rules = (fixture.folder / "rules.toml").read_text("utf-8")
    assert task.id not in fixture.without_rule(WELCOME).reload().tasks_withdrawn.ids
    assert fixture.hub.pipeline.state.tasks[task.id].state is TaskState.DONE
    (fixture.folder / "rules.toml").write_text(rules, "utf-8")
    difference = fixture.reload()
    assert task.id not in (*difference.tasks_made.ids, *difference.tasks_changed.ids)
    assert difference.tasks_made.count == len(fixture.tasks("welcome-aboard", TaskState.PLANNED))
    assert [other for other in fixture.tasks("welcome-aboard") if other.call == task.call] == [
        fixture.hub.pipeline.state.tasks[task.id]
    ]


def test_a_new_timetable_makes_new_plans(fixture: Fixture) -> None:
    """The days of which it says something else are named, and what comes of them is in the tasks."""
    timetable = fixture.folder / "timetable.csv"
    lines = (SAMPLE / "timetable.csv").read_text("utf-8").splitlines(keepends=True)
    timetable.write_text("".join(lines[: ROWS + 1]), "utf-8")
    difference = fixture.reload()
    assert list(difference.plans) == sorted(difference.plans)
    assert "2026-03-01" in difference.plans
    assert difference.tasks_made.count > 0
    assert len(difference.tasks_made.ids) <= MOST_IDS


def test_what_makes_a_station_cannot_change_while_the_hub_runs(fixture: Fixture) -> None:
    """Calls bear its telecode and their dates are its zone's: both are faults, at once."""
    fixture.change("station.toml", '"MZN"', '"MZX"').change("station.toml", "Asia/Shanghai", "Asia/Tokyo")
    error = fixture.outcome()
    assert isinstance(error, ConfigurationError)
    assert [(fault.place, fault.problem.split(" ")[0]) for fault in error.faults] == [
        ("telecode", "'MZX'"),
        ("zone", "'Asia/Tokyo'"),
    ]
    assert all("a new database" in fault.allowed for fault in error.faults)


def test_a_place_that_a_call_still_uses_is_a_warning(fixture: Fixture) -> None:
    """Calls that have their platform's gates follow it; one that a person gave the gate keeps it, and is named."""
    at_platform_7 = [call for call in fixture.hub.pipeline.state.calls.values() if call.gates == ("7A", "7B")]
    call = at_platform_7[0].id
    deed = SetPlaces(call=call, gates=("7B",))
    fixture.hub.put(Act(id="act", at=NOW, by="li", deeds=(deed,)))
    fixture.change("places.toml", '[[gate]]\nid = "7B"\nnames = { zh = "7B", en = "7B" }\n', "")
    fixture.change("places.toml", '["7A", "7B"]', '["7A"]').change("boards.toml", '["7A", "7B"]', '["7A"]')
    (warning,) = fixture.reload().warnings
    assert (warning.file, warning.place) == ("places.toml", "gate 7B")
    assert warning.problem == f"is gone, and 1 call uses it: {call}"
    assert {fixture.hub.pipeline.state.calls[other.id].gates for other in at_platform_7[1:]} == {("7A",)}


def test_one_reading_at_a_time_and_none_before_the_hub_is_up(fixture: Fixture) -> None:
    """A second one is refused until the first has ended."""
    fixture.thread.at_once = False
    outcomes: list[Any] = []
    fixture.reloader.reload().addBoth(outcomes.append)
    busy = fixture.outcome()
    assert isinstance(busy, NotNow)
    assert busy.code == "reload-under-way"
    assert outcomes == []
    fixture.thread.run()
    assert isinstance(outcomes[0], Difference)
    fixture.thread.at_once = True
    assert fixture.reload().configuration == ()
    fixture.reloader._up = False
    early = fixture.outcome()
    assert isinstance(early, NotNow)
    assert early.code == "hub-not-up"


def test_the_api_tells_the_difference_or_every_fault(fixture: Fixture) -> None:
    """200, 422, and 409 while it cannot be."""
    code, _, body = fixture.change("rules.toml", "offset = -120", "offset = -110").browser.ask("POST", "/api/v1/reload")
    assert code == 200
    assert json.loads(body)["configuration"] == [{"kind": "rule", "added": [], "changed": ["row-waiting"], "gone": []}]
    code, _, body = fixture.change("rules.toml", "offset = -110", "offset = -1100").browser.ask(
        "POST", "/api/v1/reload"
    )
    assert code == 422
    assert json.loads(body)["faults"] == [
        {
            "file": "rules.toml",
            "place": "rule[6].start.offset",
            "problem": "-1100 is not possible",
            "allowed": "a whole number -600…600",
        }
    ]
    fixture.reloader._up = False
    assert fixture.browser.ask("POST", "/api/v1/reload")[0] == 409


@pytest.mark.parametrize("header", ["Origin: http://elsewhere", "X-Forwarded-For: 10.0.0.9", "Via: 1.1 proxy"])
def test_a_page_or_a_proxy_on_this_machine_needs_a_token(fixture: Fixture, header: str) -> None:
    """What a browser shows may be of another site, and who comes by a proxy is elsewhere; an operator has a token."""
    code, _, body = fixture.browser.ask("POST", "/api/v1/reload", f"{header}\r\n")
    assert (code, json.loads(body)["error"]) == (401, "not-logged-in")
    headers = f"{header}\r\nAuthorization: Bearer li-secret\r\n"
    assert fixture.browser.ask("POST", "/api/v1/reload", headers)[0] == 200


def test_a_configuration_that_the_kernel_does_not_take_is_said(fixture: Fixture) -> None:
    """It stands in the journal as quarantined, and whoever asked is told why."""
    fixture.hub.pipeline._writer._kernel = refuse
    error = fixture.change("rules.toml", "offset = -120", "offset = -110").outcome()
    assert isinstance(error, StationError)
    assert (error.code, error.message) == ("reload-refused", "It was not taken: Not today.")


def refuse(*_: Any) -> Any:
    raise Refused("not-today", "Not today.")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    for process in made.processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


def command(config: Path) -> tuple[int, str, str]:
    """`stationmaster reload` as a person types it."""
    found = subprocess.run(
        [sys.executable, "-m", "stationmaster.cli", "reload", str(config)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return found.returncode, found.stdout, found.stderr


def test_a_running_hub_reads_its_folder_again(world: World) -> None:
    """By the command: nothing new, faults, a difference; and by SIGHUP. Without a hub it says so."""
    config, port = world.configure()
    assert command(config)[0] == 2
    hub = world.start(config)
    head = world.up(hub, port)["head"]
    assert command(config) == (0, "The folder says nothing new.\n", "")

    rules = world.folder / "station" / "rules.toml"
    good = rules.read_text("utf-8")
    rules.write_text(good.replace("offset = -120", "offset = -1200", 1), "utf-8")
    code, out, _ = command(config)
    assert code == 1
    assert out.splitlines() == [
        "rules.toml: rule[6].start.offset: -1200 is not possible (allowed: a whole number -600…600)",
        "Nothing has changed: 1 fault.",
    ]
    assert ask(port, "GET", "/healthz")["head"] == head

    rules.write_text(good.replace("offset = -120", "offset = -110", 1), "utf-8")
    code, out, _ = command(config)
    assert code == 0
    assert out.splitlines()[0] == "rule changed: row-waiting"
    assert " tasks changed: MZN/" in out
    assert ask(port, "GET", "/healthz")["head"] == head + 1

    rules.write_text(good, "utf-8")
    hub.send_signal(signal.SIGHUP)
    world.look(hub, port, lambda health: health["head"] == head + 2)
    hub.send_signal(signal.SIGTERM)
    assert world.finish(hub)[0] == 0
