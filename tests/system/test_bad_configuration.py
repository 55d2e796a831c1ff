"""What a person gets wrong before a station runs: the configuration, the station's folder, a timetable to import.

Every process and command is started as a person starts it; what differs in a file alone is tried without another start.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from stationmaster.cli.main import main
from stationmaster_base.clock import Anchor, write_anchor

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"
COMMANDS = {"simulator": "simulate"}
COLUMNS = "train_class,kind,train,origin,destination,arr,dep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def message(self) -> str:
        """What it said to the person, without the log."""
        return "".join(line for line in self.err.splitlines(keepends=True) if not line.startswith("{"))


def run(*arguments: str) -> Said:
    """Run `stationmaster` until it ends by itself."""
    path = os.pathsep.join(item for item in sys.path if item)
    done = subprocess.run(
        [sys.executable, "-m", "stationmaster.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    return Said(code=done.returncode, out=done.stdout, err=done.stderr)


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> Said:
    """The same without a start, for commands that have no process of their own."""
    code = main(list(arguments))
    out, err = capsys.readouterr()
    return Said(code=code, out=out, err=err)


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def good(folder: Path) -> dict[str, dict[str, object]]:
    """Tables with which every process starts, each on any port that is free."""
    write_anchor(folder / "clock.json", Anchor(station=1_772_400_000.0, machine=0.0, rate=0.0))
    subsystem = {"hubs": ["127.0.0.1:1"], "identity": "x", "token": "x", "port": 0}
    return {
        "clock": {"file": "clock.json"},
        "hub": {"station": str(SAMPLE), "port": 0, "protocol_port": 0},
        "gateway": {
            "database": "sqlite:///dispatching.db",
            "port": "line-gateway",
            "station": "MZN",
            "state": "gateway.state",
            "status_port": 0,
        },
        "simulator": {"station": str(SAMPLE), "database": "sqlite:///dispatching.db", "port": 0},
        "line": {"gateway": "line-gateway", "hub": "line-hub"},
        "guidance": {**subsystem, "state": "guidance.db"},
        "query": {**subsystem, "state": "query.db"},
        "broadcast": {**subsystem, "state": "broadcast.db", "sounds": "sounds", "engine": "silent"},
    }


def start(folder: Path, name: str, tables: dict[str, dict[str, object]]) -> Said:
    """Start a process with these tables; it must end by itself."""
    config = folder / "my-station.toml"
    config.write_text(
        "".join(
            f"[{table}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
            for table, values in tables.items()
        ),
        "utf-8",
    )
    return run(COMMANDS.get(name, name), "--config", str(config))


def refused(said: Said, name: str, *words: str) -> None:
    """It ended with 2 and one message in which these words stand, and nothing that only a programmer understands."""
    assert said.code == 2, said
    assert said.out == ""
    assert said.message.startswith(f"stationmaster {name}: "), said
    assert said.message.count("stationmaster ") == 1
    assert "Traceback" not in said.err
    for word in words:
        assert word in said.message, said.message


PROCESSES = ("hub", "gateway", "simulator", "line", "guidance", "query", "broadcast")


@pytest.mark.parametrize("name", PROCESSES)
def test_every_fault_of_a_table_is_told_at_once(tmp_path: Path, name: str) -> None:
    """A key that nobody knows and a value of the wrong type are told together, with file, key and what is allowed."""
    tables = good(tmp_path)
    wrong = {"line": "baud", "gateway": "status_port"}.get(name, "port")
    tables[name] |= {"shiny": True, wrong: "a text"}
    said = start(tmp_path, name, tables)
    refused(said, name, f"my-station.toml: {name}.shiny: is not a key of this table (allowed: ")
    (line,) = (line for line in said.message.splitlines() if f"{name}.{wrong}" in line)
    assert "my-station.toml: " in line
    assert "'a text'" in line
    assert "(allowed: " in line
    assert len(said.message.splitlines()) == 2


@pytest.mark.parametrize("name", PROCESSES)
def test_an_empty_table_lists_what_is_missing(tmp_path: Path, name: str) -> None:
    """Every key without which a process cannot run is named."""
    tables = good(tmp_path)
    needed = {
        "hub": ["station"],
        "gateway": ["database", "port", "station", "state"],
        "simulator": ["station", "database"],
        "line": ["gateway", "hub"],
        "guidance": ["identity", "token", "state"],
        "query": ["identity", "token", "state"],
        "broadcast": ["identity", "token", "state", "sounds"],
    }[name]
    tables[name] = {}
    refused(start(tmp_path, name, tables), name, *(f"my-station.toml: {name}.{key}: is missing" for key in needed))


@pytest.mark.parametrize("name", PROCESSES)
def test_a_file_that_is_no_configuration(tmp_path: Path, name: str) -> None:
    """Broken TOML is told with file and line."""
    config = tmp_path / "my-station.toml"
    config.write_text('[hub]\nstation = "x"\nport = = 3\n', "utf-8")
    refused(run(COMMANDS.get(name, name), "--config", str(config)), name, "my-station.toml", "line 3")


@pytest.mark.parametrize("name", ["hub", "gateway"])
def test_a_configuration_that_is_not_there(tmp_path: Path, name: str) -> None:
    """A file that does not exist is told by its name."""
    refused(run(name, "--config", str(tmp_path / "none.toml")), name, "none.toml")


@pytest.mark.parametrize("name", ["hub", "simulator"])
def test_a_station_that_is_not_there(tmp_path: Path, name: str) -> None:
    """A station's folder that does not exist is told by its name."""
    tables = good(tmp_path)
    tables[name]["station"] = "nowhere"
    said = start(tmp_path, name, tables)
    refused(said, name, f"{tmp_path / 'nowhere'}: folder: does not exist")
    assert len(said.message.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("hub", "port"),
        ("hub", "protocol_port"),
        ("gateway", "status_port"),
        ("simulator", "port"),
        ("guidance", "port"),
        ("query", "port"),
        ("broadcast", "port"),
    ],
)
def test_a_port_that_is_taken(tmp_path: Path, taken: int, name: str, key: str) -> None:
    """A port that somebody else has is told by its address, with what to do."""
    tables = good(tmp_path)
    tables[name][key] = taken
    refused(start(tmp_path, name, tables), name, f"Cannot listen on 127.0.0.1:{taken}", "in use")


@pytest.mark.parametrize("telecode", ["TOOLONG", "明泽南", "M N"])
def test_a_telecode_that_cannot_be(tmp_path: Path, telecode: str) -> None:
    """A station's telecode that no telegram can carry is told with what is allowed."""
    tables = good(tmp_path)
    tables["gateway"]["station"] = telecode
    refused(start(tmp_path, "gateway", tables), "gateway", "my-station.toml: gateway.station: ", "(allowed: 1 to 4")


@pytest.mark.parametrize(
    "content",
    [
        "",
        '{"station": "now"}',
        '{"station": 1, "machine": 2, "rate": -1}',
        '{"station": NaN, "machine": 2, "rate": 1}',
        '{"station": 1e30, "machine": 2, "rate": 1}',
    ],
)
def test_a_clock_that_cannot_be_read(tmp_path: Path, content: str) -> None:
    """A clock file that is none is told by its name."""
    tables = good(tmp_path)
    (tmp_path / "clock.json").write_text(content, "utf-8")
    for name in ("hub", "gateway") if content == "" else ("gateway",):
        refused(start(tmp_path, name, tables), name, f"{tmp_path / 'clock.json'} is not a usable clock file: ")


# The station's folder


def replaced(folder: Path, file: str, old: str, new: str) -> int:
    """Put `new` for the first `old` in a file; the line where that stands."""
    path = folder / file
    text = path.read_text("utf-8")
    assert old in text, (file, old)
    path.write_text(text.replace(old, new, 1), "utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_all_faults_of_a_folder_are_listed(tmp_path: Path) -> None:
    """`check` reads on after a fault: every one in every file, with key or line and what is allowed; exit code 1."""
    folder = shutil.copytree(SAMPLE, tmp_path / "mine")
    replaced(folder, "station.toml", '"Asia/Shanghai"', '"Asia/Shanghia"')
    replaced(folder, "station.toml", "overdue_after = 2", 'overdue_after = "two"\ncolour = "red"')
    replaced(folder, "places.toml", 'platform = "1"', 'platform = "88"')
    replaced(folder, "rules.toml", 'base = "departure", offset = -30', 'base = "departed", offset = -30')
    replaced(folder, "rules.toml", 'kinds = ["through"], platforms = ["7"]', 'kinds = ["thru"], platforms = ["77"]')
    replaced(folder, "templates.toml", "{{ track }}道", "{{ trakc }}道")
    replaced(folder, "boards.toml", 'layout = "hall"', 'layout = "hal"')
    replaced(folder, "boards.toml", "width = 1920", "width = -1")
    replaced(folder, "layouts/hall.toml", "language_s = 10", 'language_s = "ten"')
    time = replaced(folder, "timetable.csv", "00:12", "24:12")
    track = replaced(folder, "timetable.csv", "23:58,00:26,14", "23:58,00:26,99")
    kind = replaced(folder, "timetable.csv", "快速,through,K2285", "快速,thru,K2285")

    said = run("check", str(folder))
    assert (said.code, said.err) == (1, "")
    *lines, last = said.out.splitlines()
    expected = [
        ("station.toml: zone: ", "'Asia/Shanghia'"),
        ("station.toml: overdue_after: ", "'two'"),
        ("station.toml: colour: ", "is not a key"),
        ("places.toml: ", "'88'"),
        ("rules.toml: ", "'departed'"),
        ("rules.toml: ", "'thru'"),
        ("rules.toml: ", "'77'"),
        ("templates.toml: staff-formation.zh: ", "trakc"),
        ("boards.toml: board[1].layout: ", "'hal'"),
        ("boards.toml: board[1].width: ", "-1"),
        ("layouts/hall.toml: language_s: ", "'ten'"),
        (f"timetable.csv: line {time}", "'24:12'"),
        (f"timetable.csv: line {track}", "'99'"),
        (f"timetable.csv: line {kind}", "'thru'"),
    ]
    for place, what in expected:
        found = [line for line in lines if line.startswith(place) and what in line]
        assert len(found) == 1, (place, what, said.out)
        assert "(allowed: " in found[0], found
    assert len(lines) == len(expected), said.out
    assert last == f"{folder}: {len(expected)} faults."


def test_a_folder_that_cannot_be_read_at_all(tmp_path: Path) -> None:
    """Broken TOML, bytes that are no text, and files that are missing are faults like others, all told at once."""
    folder = shutil.copytree(SAMPLE, tmp_path / "mine")
    (folder / "rules.toml").write_text("[[rule]\n", "utf-8")
    (folder / "templates.toml").write_bytes(b"\xff\xfe\x00")
    (folder / "timetable.csv").write_bytes(b"\x80\x81\x82,\xff\n")
    (folder / "places.toml").unlink()
    said = run("check", str(folder))
    assert (said.code, said.err) == (1, "")
    for file in ("rules.toml", "templates.toml", "timetable.csv", "places.toml"):
        assert any(line.startswith(f"{file}: ") for line in said.out.splitlines()), (file, said.out)
    assert run("check", str(tmp_path / "nowhere")).code == 1


def test_a_hub_says_the_same_of_such_a_folder(tmp_path: Path) -> None:
    """What `check` finds keeps the hub from starting, with the same words and no traceback."""
    folder = shutil.copytree(SAMPLE, tmp_path / "mine")
    replaced(folder, "station.toml", '"Asia/Shanghai"', '"Asia/Shanghia"')
    replaced(folder, "timetable.csv", "00:12", "24:12")
    tables = good(tmp_path)
    tables["hub"]["station"] = "mine"
    found = run("check", str(folder)).out.splitlines()[:-1]
    assert len(found) == 2
    refused(start(tmp_path, "hub", tables), "hub", *found)


# A timetable to import


def everything(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with its content."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            f"{COLUMNS}\n快速,origin,G1,北京西,武汉,,10:00\n快速,orig,G2,北京西,武汉,,10:10\n",
            "line 3",
        ),
        (f"{COLUMNS}\n高速动车,through,G1,北京西,武汉,10:00,\n", "line 2"),
        (f"{COLUMNS}\n高速动车,origin,G1,北京西,武汉,,25:61\n", "'25:61'"),
        (f"{COLUMNS}\n高速动车,origin,G1\n", "line 2"),
        (f"{COLUMNS}\n高速动车,origin,,北京西,武汉,,10:00\n", "line 2"),
        ("train_class,kind,number\n高速动车,origin,G1\n", "line 1: column 'destination' is missing"),
        ("", "bad.csv"),
        (f"{COLUMNS}\n", "bad.csv"),
        (b"\x80\xff\xfe\x00\x81", "bad.csv"),
        (None, "bad.csv"),
    ],
    ids=["kind", "no-departure", "time", "short", "no-train", "columns", "empty", "no-rows", "no-text", "no-file"],
)
def test_a_broken_import_writes_nothing(
    tmp_path: Path, content: str | bytes | None, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One row that cannot be, and the folder is byte for byte as it was; the fault is told with file and line."""
    folder = shutil.copytree(SAMPLE, tmp_path / "mine")
    before = everything(folder)
    file = tmp_path / "bad.csv"
    if content is not None:
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    said = told(capsys, "import", "timetable", str(file), "--into", str(folder))
    assert (said.code, said.err) == (1, "")
    assert "Nothing was imported: " in said.out
    assert any("bad.csv" in line and says in line for line in said.out.splitlines()), said.out
    assert everything(folder) == before


def test_a_good_import_writes(tmp_path: Path) -> None:
    """The same way with good rows does write, so that the tests above prove something."""
    folder = shutil.copytree(SAMPLE, tmp_path / "mine")
    before = everything(folder)
    file = tmp_path / "good.csv"
    file.write_text(f"{COLUMNS}\n高速动车,through,G1,北京西,武汉,10:00,10:05\n", "utf-8")
    said = run("import", "timetable", str(file), "--into", str(folder))
    assert (said.code, said.err) == (0, "")
    assert everything(folder)["timetable.csv"] != before["timetable.csv"]
    assert run("check", str(folder)).code == 0
