"""The words of `stationmaster backup` and `stationmaster restore`; the work's modules are imported when called."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = ["add_database_commands"]


def add_database_commands(commands: Any, add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add both commands; `add` makes a command's parser as the others are made."""
    parser = add(
        commands,
        "backup",
        "writes all that a hub's database holds into one file",
        "The file shows one moment; the hub may be running meanwhile and does not wait. It can be restored to SQLite\n"
        "and to PostgreSQL, whichever it was made of. Exit code 1 if it was written and the journal is not whole.",
        call=_backup,
        extra="hub",
        examples="  stationmaster backup /etc/stationmaster/stationmaster.toml /backup/2026-03-01.jsonl.gz\n",
    )
    _add_places(parser, "the backup; there must be no such file yet")
    parser = add(
        commands,
        "restore",
        "brings a backup into a hub's database",
        "No hub may have the database. The backup is checked to its end first, and nothing is changed unless all of\n"
        "it went in. The next hub begins a new epoch, so that every subscriber gets everything anew.",
        call=_restore,
        extra="hub",
        examples="  stationmaster restore stationmaster.toml /backup/2026-03-01.jsonl.gz --check\n"
        "  stationmaster restore stationmaster.toml /backup/2026-03-01.jsonl.gz --replace\n",
    )
    _add_places(parser, "the backup")
    parser.add_argument("--check", action="store_true", help="say what the backup holds, and leave the database alone")
    parser.add_argument("--replace", action="store_true", help="do away with what the database holds already")
    parser.add_argument(
        "--damaged", action="store_true", help="take it although an entry of its journal does not follow from the other"
    )


def _add_places(parser: argparse.ArgumentParser, file: str) -> None:
    parser.add_argument("config", type=Path, metavar="CONFIG", help="the hub's configuration file")
    parser.add_argument("file", type=Path, metavar="FILE", help=file)


def _backup(chosen: argparse.Namespace) -> int:
    backups: Any = import_module("stationmaster.cli.backups")
    code: int = backups.backup(chosen.config, chosen.file)
    return code


def _restore(chosen: argparse.Namespace) -> int:
    backups: Any = import_module("stationmaster.cli.backups")
    code: int
    if chosen.check:
        code = backups.check(chosen.file)
    else:
        code = backups.restore(chosen.config, chosen.file, replace=chosen.replace, damaged=chosen.damaged)
    return code
