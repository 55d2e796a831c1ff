"""`stationmaster broadcast preview`: what would be said, before anybody hears it."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from typing import Any

from stationmaster.cli import words

__all__ = ["add_broadcast_commands"]

_MORE = """\
Shows each announcement twice: the text, and below it exactly what the speech engine is given for it, with numbers
written out and names as the tables of pronunciations say. Nothing runs and nothing is heard.
With a TEXT that text alone, else all announcements of a day on which everything is as planned; with --examples one by
each rule, of a train that is late, suspended or moved where the rule waits for that, and each topic."""

_EXAMPLES = """\
examples:
  stationmaster broadcast preview '开往六安的G101次列车，2站台'
  stationmaster broadcast preview --language en 'Train G101, gate 1A'
  stationmaster broadcast preview --chip syn6288 '2站台'
  stationmaster broadcast preview --station stations/mine --examples
  stationmaster broadcast preview --station stations/mine --day 2026-03-06 --train G101
"""


def add_broadcast_commands(broadcast: argparse.ArgumentParser) -> None:
    """Add `preview` below the command that runs broadcast; without it that runs as ever."""
    commands = broadcast.add_subparsers(metavar="WHAT", title="instead of running it")
    parser = commands.add_parser(
        "preview",
        help="what would be said, and what the speech engine is given for it",
        description=_MORE,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(call=_preview, extra="all")
    parser.add_argument("text", metavar="TEXT", nargs="?", help="a text of your own")
    parser.add_argument(
        "--station",
        type=Path,
        default=Path("stations/sample"),
        metavar="DIR",
        help="the station's folder (default: stations/sample)",
    )
    parser.add_argument(
        "--language", metavar="CODE", help="this language alone (default: all; for a TEXT the station's first)"
    )
    parser.add_argument("--day", type=words.day, metavar="YYYY-MM-DD", help="the service date (default: today)")
    parser.add_argument("--train", metavar="NUMBER", help="this train alone")
    parser.add_argument("--examples", action="store_true", help="one announcement by each rule, and each topic")
    parser.add_argument("--spoken", action="store_true", help="one line each: what the engine is given, and no more")
    engine = parser.add_mutually_exclusive_group()
    engine.add_argument("--chip", metavar="NAME", help="the frames, byte for byte, that this speech chip gets")
    engine.add_argument(
        "--fragments", type=Path, metavar="DIR", help="which recordings and gaps it is put together from"
    )
    parser.add_argument("--table", type=Path, metavar="FILE", help="the subsystem's own table of pronunciations")


def _preview(chosen: argparse.Namespace) -> int:
    previewing: Any = import_module("stationmaster.cli.previewing")
    code: int = previewing.preview(
        chosen.station,
        text=chosen.text,
        language=chosen.language,
        day=chosen.day,
        train=chosen.train,
        one_of_each=chosen.examples,
        table=chosen.table,
        spoken=chosen.spoken,
        chip=chosen.chip,
        fragments=chosen.fragments,
    )
    return code
