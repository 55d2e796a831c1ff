"""The demo's folder: made, gone on with, begun anew, and never somebody else's."""

from __future__ import annotations

import json
import os
import socket
import stat
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from stationmaster.cli.demo import Demo, DemoOptions, Ports, open_demo
from stationmaster_base.clock import read_anchor
from stationmaster_base.errors import StationError
from stationmaster_base.times import from_iso

ZONE = ZoneInfo("Asia/Shanghai")
NOW = float(from_iso("2026-03-01T12:00:00Z"))  # 20:00 at the station
SEVEN = float(from_iso("2026-02-28T23:00:00Z"))


def free_block() -> int:
    """A port from which a few are free."""
    for first in range(15_000 + os.getpid() % 90 * 50, 20_000, 50):
        try:
            for port in range(first, first + 8):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise AssertionError("no free ports")


@pytest.fixture
def options(tmp_path: Path) -> DemoOptions:
    return DemoOptions(station=tmp_path / "station", folder=tmp_path / "var" / "demo", ports_from=free_block())


class Opened:
    """Opens demos and releases what a test leaves open."""

    def __init__(self) -> None:
        self.open: list[Demo] = []

    def __call__(self, options: DemoOptions, now: float = NOW) -> Demo:
        numbers = count(1)
        demo = open_demo(options, zone=ZONE, telecode="QHD", now=now, token=lambda: f"secret-{next(numbers)}")
        self.open.append(demo)
        return demo

    def end(self, demo: Demo, now: float) -> None:
        demo.hold_clock(now)
        demo.release()
        self.open.remove(demo)


@pytest.fixture
def opened() -> Iterator[Opened]:
    opened = Opened()
    yield opened
    for demo in opened.open:
        demo.release()


def test_a_new_demo_begins_at_seven_ten_times_as_fast(options: DemoOptions, opened: Opened) -> None:
    """Today at the station, 07:00, from now on at rate 10."""
    demo = opened(options)
    anchor = read_anchor(demo.folder / "clock.json")
    assert (anchor.station, anchor.machine, anchor.rate) == (SEVEN, NOW, 10.0)
    assert demo.begins == "2026-03-01 07:00"
    assert not demo.going_on


def test_the_beginning_can_be_chosen(options: DemoOptions, opened: Opened) -> None:
    """Day, time and speed are those that were asked for."""
    demo = opened(replace(options, at="17:30", day=date(2026, 7, 1), speed=0.0))
    anchor = read_anchor(demo.folder / "clock.json")
    assert (anchor.station, anchor.rate) == (float(from_iso("2026-07-01T09:30:00Z")), 0.0)


def test_the_configuration_has_a_table_for_every_process(options: DemoOptions, opened: Opened) -> None:
    """One TOML file, with the same tokens on both sides, readable by its owner alone."""
    demo = opened(options)
    assert stat.S_IMODE(demo.configuration.stat().st_mode) == 0o600
    tables = tomllib.loads(demo.configuration.read_text("utf-8"))
    assert set(tables) == {"clock", "simulator", "gateway", "line", "hub", "guidance", "query", "broadcast"}
    for name in ("guidance", "query", "broadcast"):
        assert tables[name]["token"] == tables["hub"]["subsystems"][name]
        assert tables[name]["hubs"] == [f"127.0.0.1:{tables['hub']['protocol_port']}"]
    assert len(set(tables["hub"]["subsystems"].values())) == 3
    assert tables["simulator"]["database"] == tables["gateway"]["database"]
    assert tables["gateway"]["port"] == tables["line"]["gateway"]
    assert tables["hub"]["line"] == tables["line"]["hub"]
    assert demo.line_ends == (demo.folder / tables["line"]["gateway"], demo.folder / tables["line"]["hub"])
    first = options.ports_from
    ports = [tables[name]["port"] for name in ("hub", "guidance", "query", "broadcast", "simulator")]
    assert sorted([*ports, tables["hub"]["protocol_port"], tables["gateway"]["status_port"]]) == [
        *range(first or 0, (first or 0) + 7)
    ]


def test_the_usual_ports_are_the_documented_ones() -> None:
    """Without `--ports-from` every face is where docs/operation.md says."""
    ports = Ports()
    assert ports.of("hub") == (8080, 7310)
    assert [ports.of(name) for name in ("guidance", "query", "broadcast", "simulate", "gateway", "line")] == [
        (8081,),
        (8082,),
        (8083,),
        (8088,),
        (8089,),
        (),
    ]


def test_an_ended_demo_goes_on_where_it_was(options: DemoOptions, opened: Opened) -> None:
    """An hour at rate 10, a night of rest, and it is 17:00 and not next week; the speed is as it was."""
    opened.end(opened(options), NOW + 3600)
    assert read_anchor(options.folder / "clock.json").rate == 0.0
    demo = opened(options, NOW + 50_000)
    anchor = read_anchor(options.folder / "clock.json")
    assert (anchor.station, anchor.machine, anchor.rate) == (SEVEN + 36_000, NOW + 50_000, 10.0)
    assert demo.going_on
    assert demo.begins == "2026-03-01 17:00"


def test_a_killed_demo_finds_its_clock_run_on(options: DemoOptions, opened: Opened) -> None:
    """Without an end the anchor and its rate still hold, as for every process that was killed."""
    opened(options).release()
    opened.open.clear()
    opened(options, NOW + 60)
    assert read_anchor(options.folder / "clock.json").station == SEVEN + 600


def test_another_speed_holds_from_now_on(options: DemoOptions, opened: Opened) -> None:
    """The time stays, the speed changes, and the new speed is the one that is kept."""
    opened.end(opened(options), NOW + 360)
    opened.end(opened(replace(options, speed=60.0), NOW + 400), NOW + 400)
    opened(options, NOW + 500)
    anchor = read_anchor(options.folder / "clock.json")
    assert (anchor.station, anchor.rate) == (SEVEN + 3600, 60.0)


def test_fresh_begins_anew_and_forgets(options: DemoOptions, opened: Opened) -> None:
    """What the processes kept is gone, the clock is at the beginning again; the lock stays one."""
    demo = opened(options)
    (demo.folder / "state" / "hub.db").write_text("x")
    (demo.folder / "log" / "hub.log").write_text("x")
    opened.end(demo, NOW + 360)
    demo = opened(replace(options, fresh=True), NOW + 400)
    assert not demo.going_on
    assert read_anchor(demo.folder / "clock.json").station == SEVEN
    assert list((demo.folder / "state").iterdir()) == []
    with pytest.raises(StationError, match="running"):
        opened(options)


def test_a_folder_of_somebody_elses_is_left_alone(options: DemoOptions, opened: Opened) -> None:
    """`--fresh` in a folder that is no demo's removes nothing and says why."""
    options.folder.mkdir(parents=True)
    (options.folder / "thesis.txt").write_text("years of work")
    (options.folder / "state").mkdir()
    with pytest.raises(StationError, match=r"holds thesis\.txt") as caught:
        opened(replace(options, fresh=True))
    assert caught.value.code == "demo-folder"
    assert (options.folder / "thesis.txt").exists()
    assert (options.folder / "state").exists()


def test_two_demos_do_not_share_a_folder(options: DemoOptions, opened: Opened) -> None:
    """The second says that there is one, and after the first has gone it may."""
    first = opened(options)
    with pytest.raises(StationError) as caught:
        opened(options)
    assert caught.value.code == "demo-running"
    opened.end(first, NOW)
    assert opened(options).going_on


def test_real_time_has_no_shadow_clock(options: DemoOptions, opened: Opened) -> None:
    """`--live` writes no clock table and no clock file."""
    demo = opened(replace(options, live=True))
    assert "clock" not in tomllib.loads(demo.configuration.read_text("utf-8"))
    opened.end(demo, NOW)
    assert not (options.folder / "clock.json").exists()


@pytest.mark.parametrize("live", [True, False])
def test_a_demo_does_not_change_its_kind_of_time(options: DemoOptions, opened: Opened, live: bool) -> None:
    """What was kept in shadow time cannot go on in real time, nor the reverse: begin anew."""
    opened.end(opened(replace(options, live=live)), NOW)
    with pytest.raises(StationError, match="--fresh") as caught:
        opened(replace(options, live=not live))
    assert caught.value.code == "demo-clock"
    opened(replace(options, live=not live, fresh=True))


def test_taken_ports_are_named_all_at_once(options: DemoOptions, opened: Opened) -> None:
    """Two ports that are taken are one message, with whom they were for; the folder stays unlocked."""
    first = options.ports_from or 0
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", first))
        two.bind(("127.0.0.1", first + 3))
        one.listen()
        two.listen()
        with pytest.raises(StationError) as caught:
            opened(options)
    assert caught.value.code == "port-taken"
    assert f"{first} (hub), {first + 3} (query)" in caught.value.message
    opened(options)


def test_ports_of_what_does_not_run_do_not_matter(options: DemoOptions, opened: Opened) -> None:
    """`--only` looks at its own processes, and keeps the order of starting."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", (options.ports_from or 0) + 3))
        one.listen()
        assert opened(replace(options, only=("hub", "line", "simulate"))).processes == ("simulate", "line", "hub")


def test_an_unknown_process_is_refused(options: DemoOptions, opened: Opened) -> None:
    """`--only` with a misspelt name says what there is."""
    with pytest.raises(StationError, match="simulate, line, gateway, hub"):
        opened(replace(options, only=("hubb",)))


def test_a_time_that_is_none_is_refused(options: DemoOptions, opened: Opened) -> None:
    """`--at` with nonsense makes no folder."""
    with pytest.raises(StationError, match="not a time of day"):
        opened(replace(options, at="7 o'clock"))
    assert not options.folder.exists()


def test_a_spoilt_mark_is_a_message(options: DemoOptions, opened: Opened) -> None:
    """A folder whose own notes are unreadable asks to be begun anew."""
    opened.end(opened(options), NOW)
    (options.folder / "demo.json").write_text("{")
    with pytest.raises(StationError, match="--fresh"):
        opened(options)
    opened(replace(options, fresh=True))


def test_names_with_odd_letters_survive_toml(options: DemoOptions, opened: Opened) -> None:
    """A station's folder with spaces, quotes, backslashes and Chinese is written so that it is read again."""
    folder = options.station / 'a "b" \\ 呼和'
    demo = opened(replace(options, station=folder, scenario=folder / "日.jsonl"))
    tables = tomllib.loads(demo.configuration.read_text("utf-8"))
    assert tables["hub"]["station"] == str(folder)
    assert tables["simulator"]["scenario"] == str(folder / "日.jsonl")
    assert json.loads((demo.folder / "demo.json").read_text()) == {"live": False, "speed": 10.0}
