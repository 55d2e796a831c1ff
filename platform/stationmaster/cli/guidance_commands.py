"""What `stationmaster guidance` can do besides running: show a board before it is hung up, and check what is on it."""

from __future__ import annotations

import argparse
from datetime import time
from importlib import import_module
from pathlib import Path
from typing import Any

from stationmaster.cli import words

__all__ = ["add_guidance_commands"]


def add_guidance_commands(parser: argparse.ArgumentParser) -> None:
    """Add them below the command that runs guidance; without one of them it runs."""
    commands = parser.add_subparsers(dest="does", metavar="", title="instead of running")
    _add_preview(commands)
    _add_check(commands)


def _add_preview(commands: Any) -> None:
    parser = commands.add_parser(
        "preview",
        help="write the picture of a board as PNG or SVG",
        description="Writes what a board of a station's folder shows at a time of day: as PNG, painted by Chromium,\n"
        "or as SVG, drawn without a browser. Trains are in time unless --late, --suspend or --move says otherwise.",
        epilog="examples:\n  stationmaster guidance preview hall-1\n"
        "  stationmaster guidance preview gate-2a-2b --at 08:05 --language en -o gate.svg\n"
        "  stationmaster guidance preview hall-1 --late G2402=135 --late K1278=? --suspend Z2\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(call=_preview, extra="preview")
    parser.add_argument("board", metavar="BOARD", help="the board's id in boards.toml")
    _add_station(parser)
    parser.add_argument("--at", type=_clock, default=time(8, 0), metavar="HH:MM", help="station time (default: 08:00)")
    parser.add_argument("--day", type=words.day, metavar="YYYY-MM-DD", help="the date (default: today)")
    parser.add_argument(
        "--language", metavar="LANGUAGE", help="where languages alternate: which one (default: the first)"
    )
    parser.add_argument("--page", type=int, default=1, metavar="N", help="which page (default: 1)")
    parser.add_argument(
        "--late",
        action="append",
        default=[],
        metavar="TRAIN=MINUTES",
        help="this train is late; ? for a delay that is not known; may be given several times",
    )
    parser.add_argument("--suspend", action="append", default=[], metavar="TRAIN", help="this train does not run")
    parser.add_argument(
        "--move", action="append", default=[], metavar="TRAIN=TRACK", help="this train uses another track than planned"
    )
    parser.add_argument("-o", "--out", type=Path, metavar="FILE", help="a .png or .svg (default: BOARD.png)")


def _add_check(commands: Any) -> None:
    parser = commands.add_parser(
        "check",
        help="find names that do not fit on their boards, and signs that fonts lack",
        description="Puts every name, place, status and title of a station's folder into every cell that may show it,\n"
        "and says what is too long even in the smallest type, which signs no font has, and which names were made\n"
        "by rule. Best run on the computer of a board, with that board's fonts. Exit code 1 if anything was found.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(call=_check, extra="guidance")
    parser.add_argument("board", nargs="*", metavar="BOARD", help="these boards alone (default: all)")
    _add_station(parser)
    parser.add_argument(
        "--fonts", type=Path, action="append", metavar="DIR", help="look for fonts here and not where the system does"
    )


def _add_station(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--station",
        type=Path,
        default=Path("stations/sample"),
        metavar="DIR",
        help="the station's folder (default: stations/sample)",
    )


def _clock(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time of day; write it as 08:05") from None


def _preview(chosen: argparse.Namespace) -> int:
    pictures: Any = import_module("stationmaster.cli.board_pictures")
    options = pictures.PreviewOptions(
        board=chosen.board,
        station=chosen.station,
        at=chosen.at,
        day=chosen.day,
        language=chosen.language,
        page=chosen.page,
        late=tuple(chosen.late),
        suspended=tuple(chosen.suspend),
        moved=tuple(chosen.move),
        out=chosen.out or Path(f"{chosen.board}.png"),
    )
    code: int = pictures.preview(options)
    return code


def _check(chosen: argparse.Namespace) -> int:
    pictures: Any = import_module("stationmaster.cli.board_pictures")
    code: int = pictures.check_boards(
        chosen.station, tuple(chosen.board), None if chosen.fonts is None else tuple(chosen.fonts)
    )
    return code
