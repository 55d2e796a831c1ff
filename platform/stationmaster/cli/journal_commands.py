"""The words of `replay`, `export` and `log`; what does the work is imported when one is called."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from stationmaster_base.errors import StationError

__all__ = ["add_journal_commands"]


def add_journal_commands(commands: Any, add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands; `add` makes a command's parser as the others are made."""
    parser = add(
        commands,
        "replay",
        "puts a hub's journal through the kernel again, or tells what was shown and said at a time",
        "Without --at every entry is made again from its input and compared byte for byte with what was\n"
        "journalled; the first difference is told, and the exit code is 1. With --at, --board and --zone it tells\n"
        "what these boards were to show then, and what was said in these zones around it.\n"
        "The hub may be running meanwhile: nothing is written.\n"
        "Times are the station's: 2026-03-01T14:06; or, with a zone: 2026-03-01T06:06Z.",
        call=_replay,
        extra="hub",
        examples="  stationmaster replay /etc/stationmaster/stationmaster.toml\n"
        "  stationmaster replay journal.jsonl\n"
        "  stationmaster replay stationmaster.toml --at 2026-03-01T14:06 --board hall-1 --zone platform-3\n",
    )
    parser.add_argument(
        "source", type=Path, metavar="CONFIG", help="the hub's configuration file, or an exported journal"
    )
    parser.add_argument("--from", dest="since", metavar="TIME", help="begin with the last checkpoint before this time")
    parser.add_argument("--at", metavar="TIME", help="the time that is asked about")
    parser.add_argument(
        "--board", action="append", default=[], metavar="ID", help="what it was showing; may be repeated"
    )
    parser.add_argument(
        "--zone", action="append", default=[], metavar="ID", help="what was said there; may be repeated"
    )
    parser.add_argument(
        "--minutes",
        type=_minutes,
        default=10,
        metavar="N",
        help="how far around the time a zone is asked about (default: 10)",
    )
    parser.add_argument("--json", action="store_true", help="answer as JSON; instants are seconds since 1970")
    parser = add(
        commands,
        "export",
        "writes a hub's journal as JSON lines",
        "The first line is a checkpoint, then comes one line for each entry (docs/journal.md). What is exported can\n"
        "be replayed, a part of the journal as well as all of it. The hub may be running meanwhile.",
        call=_export,
        extra="hub",
        examples="  stationmaster export stationmaster.toml --out journal.jsonl.gz\n"
        "  stationmaster export stationmaster.toml --from 2026-03-01T12:00 --until 2026-03-01T15:00 > noon.jsonl\n",
    )
    parser.add_argument("config", type=Path, metavar="CONFIG", help="the hub's configuration file")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="where to; .gz compresses it (default: standard output)"
    )
    parser.add_argument("--from", dest="since", metavar="TIME", help="the first entries to be exported")
    parser.add_argument("--until", metavar="TIME", help="entries before this time")
    parser = add(
        commands,
        "log",
        "proves that a hub's log of what people did is whole and as it was written",
        "Every record's hash, the chain, its beginning and its end are looked at; the exit code is 1 if something is\n"
        "wrong. What it cannot see in the database alone is a chain that was written anew as a whole: give it a place\n"
        "that you have written down, as the console shows it to auditors. The hub may be running meanwhile.",
        call=_log,
        extra="hub",
        examples="  stationmaster log /etc/stationmaster/stationmaster.toml\n"
        "  stationmaster log stationmaster.toml --known 4711:9f86d081884c7d65…\n",
    )
    parser.add_argument("config", type=Path, metavar="CONFIG", help="the hub's configuration file")
    parser.add_argument(
        "--known",
        action="append",
        default=[],
        metavar="SEQUENCE:HASH",
        help="a place of the log that is known from elsewhere; may be repeated",
    )


def _replay(chosen: argparse.Namespace) -> int:
    journals: Any = import_module("stationmaster.cli.journals")
    code: int
    if chosen.at is None:
        if chosen.board or chosen.zone or chosen.json:
            raise StationError("usage", "--board, --zone and --json belong to a time.", "Name it with --at.")
        code = journals.replay(chosen.source, chosen.since)
        return code
    if not chosen.board and not chosen.zone:
        raise StationError("usage", "--at alone asks nothing.", "Name boards with --board ID, or zones with --zone ID.")
    code = journals.history(
        chosen.source,
        chosen.at,
        boards=chosen.board,
        zones=chosen.zone,
        minutes=chosen.minutes,
        as_json=chosen.json,
    )
    return code


def _export(chosen: argparse.Namespace) -> int:
    journals: Any = import_module("stationmaster.cli.journals")
    code: int = journals.export(chosen.config, chosen.out, chosen.since, chosen.until)
    return code


def _log(chosen: argparse.Namespace) -> int:
    journals: Any = import_module("stationmaster.cli.log_proof")
    code: int = journals.prove_log(chosen.config, chosen.known)
    return code


def _minutes(text: str) -> int:
    minutes = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= minutes <= 1440:
        raise argparse.ArgumentTypeError(f"{text!r} is not possible; a number of minutes 0…1440")
    return minutes
