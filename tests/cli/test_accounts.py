"""`stationmaster account`, against a real hub: accounts are made, told, locked, removed; no password is shown."""

from __future__ import annotations

import getpass
import io
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from stationmaster.cli.accounts import read_password
from stationmaster.cli.main import main
from stationmaster_base.errors import StationError
from support.ports import free_ports

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"
PASSWORD = "青河 river 7 lanterns"
PROGRAM = (
    "import sys; from pathlib import Path; from stationmaster.hub.main import main; sys.exit(main(Path(sys.argv[1])))"
)

ADMIN = "admin (Administrator): administrator; at the hub alone\n"
"""Whom the hub makes at its first start."""


class Typed(io.StringIO):
    """A terminal at which nobody needs to sit."""

    def isatty(self) -> bool:
        return True


class World:
    """A hub in a process of its own, on a small station, with one operator."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(SAMPLE, folder / "station")
        timetable = folder / "station" / "timetable.csv"
        timetable.write_text("".join(timetable.read_text("utf-8").splitlines(keepends=True)[:8]), "utf-8")
        port, protocol = free_ports(2)
        self.config = folder / "hub.toml"
        self.config.write_text(
            f'[hub]\nstation = "station"\nport = {port}\nprotocol_port = {protocol}\n'
            '[hub.operators]\ndesk-1 = "secret"\n',
            "utf-8",
        )
        self.said: list[str] = []

    def start(self) -> None:
        """Start the hub, and come back when it is up."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(self.config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert self.process.stderr is not None
        up = threading.Event()

        def listen() -> None:
            for line in self.process.stderr or ():
                self.said.append(line)
                if '"event": "up"' in line:
                    up.set()

        self._listening = threading.Thread(target=listen)
        self._listening.start()
        assert up.wait(60), self.said

    def end(self) -> str:
        """End the hub; all that it said."""
        self.process.terminate()
        assert self.process.wait(60) == 0, self.said
        self._listening.join()
        assert self.process.stderr is not None
        self.process.stderr.close()
        return "".join(self.said)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    process = getattr(made, "process", None)
    if process is not None and process.poll() is None:
        process.kill()
        process.wait()
        process.stderr.close()


def test_accounts_of_a_running_hub(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made with a password from standard input, changed, locked, kept over a restart, in the export, and removed."""

    def account(*words: str, typed: str = "", code: int = 0) -> str:
        what, *rest = words
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        assert main(["account", what, str(world.config), *rest]) == code
        return capsys.readouterr().out

    world.start()
    assert account("list") == ADMIN
    made = account(
        "add",
        "li",
        "--name",
        "李站长",
        "--role",
        "supervisor",
        "--at",
        "broadcast",
        "--at",
        "query",
        typed=PASSWORD + "\n",
    )
    assert made == "li (李站长): supervisor; at broadcast, query\n"
    short = account("add", "wang", "--name", "王", "--role", "viewer", typed="short\n", code=1)
    assert short.startswith("password: has 5 characters")
    assert "announcer, viewer" in account("change", "li", "--role", "announcer", "--role", "viewer")
    assert account("lock", "li").endswith("locked\n")
    assert account("password", "li", typed="a wholly other one\n").endswith("locked\n")
    account("unlock", "wang", code=2)
    world.end()
    assert main(["export", str(world.config), "--out", str(world.config.parent / "journal.jsonl")]) == 0
    assert main(["replay", str(world.config.parent / "journal.jsonl")]) == 0
    exported = (world.config.parent / "journal.jsonl").read_text("utf-8")
    capsys.readouterr()
    world.start()
    assert account("list") == f"{ADMIN}li (李站长): announcer, viewer; at broadcast, query, locked\n"
    assert account("remove", "li") == "li: removed\n"
    assert account("list") == ADMIN
    log = world.end()
    assert exported.count('"kind":"putaccount"') == 5
    assert PASSWORD not in exported + log
    assert "a wholly other one" not in exported + log
    assert "argon2" not in log


def test_a_password_is_typed_twice_without_being_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a terminal it is asked for twice; if the two differ nothing is done."""
    monkeypatch.setattr(sys, "stdin", Typed())
    typed = iter([PASSWORD, PASSWORD, PASSWORD, "another"])
    monkeypatch.setattr(getpass, "getpass", lambda _: next(typed))
    assert read_password("li") == PASSWORD
    with pytest.raises(StationError, match="differ"):
        read_password("li")


def test_a_password_that_does_not_come_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty standard input is no password; only its first line is one."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with pytest.raises(StationError, match="Nothing came"):
        read_password("li")
    monkeypatch.setattr(sys, "stdin", io.StringIO("river 7 lanterns\r\nmore\n"))
    assert read_password("li") == "river 7 lanterns"


@pytest.mark.parametrize(
    "words",
    [
        ["add", "hub.toml"],
        ["add", "hub.toml", "li", "--name", "Li"],
        ["list", "hub.toml", "li"],
        ["change", "hub.toml", "li"],
        ["add", "hub.toml", "li", "--name", "Li", "--role", "king"],
        ["add", "hub.toml", "li", "--name", "Li", "--role", "viewer", "--password", "x"],
    ],
)
def test_what_is_missing_or_too_much_is_said(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The command line says what it needs; a password is never taken from it."""
    with pytest.raises(SystemExit) as ended:
        main(["account", *words])
    assert ended.value.code == 2
    assert "usage: stationmaster" in capsys.readouterr().err


def test_no_hub_is_a_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As everywhere."""
    (tmp_path / "hub.toml").write_text('[hub]\nport = 1\n[hub.operators]\ndesk-1 = "l"\n', "utf-8")
    assert main(["account", "list", str(tmp_path / "hub.toml")]) == 2
    assert "No hub answers at 127.0.0.1:1" in capsys.readouterr().err
