"""The commands that act: `act` on the station's day, `command` on devices, `emergency` on loudspeakers and boards."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from stationmaster.cli import words

__all__ = ["add_act_commands"]


def add_act_commands(commands: Any, add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add `act`, `command` and `emergency` to the command line's commands; `add` is how that adds one."""
    _add_command(commands, add)
    _add_emergency(commands, add)
    parser = add(
        commands,
        "act",
        "does something to a running hub's day, as an operator",
        "Deeds are JSON, one or a list; all are done or none. docs/operation.md says what there is.\n"
        "Exit code 1 if they cannot be read, 2 if the hub refuses them or does not answer.",
        call=_act,
        extra="hub",
        examples=(
            '  stationmaster act hub.toml \'{"do": "track", "call": "NDC/2026-03-01/G2402/1", "track": "5"}\'\n'
            '  stationmaster act hub.toml --as "controller 1" \'{"do": "undo", "act": "act/5f0c…"}\'\n'
        ),
    )
    parser.add_argument(
        "config", type=Path, metavar="FILE", help="the configuration file that the hub was started with"
    )
    parser.add_argument("deeds", metavar="DEEDS", help="what to do, as JSON")
    parser.add_argument("--as", dest="operator", metavar="NAME", help="which operator acts (default: the only one)")
    parser.add_argument("--why", default="", metavar="TEXT", help="the reason, as it is written down")
    parser.add_argument("--no-lock", action="store_true", help="let the feed change again what is set")
    parser.add_argument("--id", metavar="ID", help="send the act with this id again, to hear what came of it")


def _add_command(commands: Any, add: Callable[..., argparse.ArgumentParser]) -> None:
    parser = add(
        commands,
        "command",
        "has a running hub's subsystems do something with their devices now",
        "What a subsystem can do stands in its own description. A command that nobody has answered when it expires is\n"
        "not done. Exit code 1 if anybody did not do it, 2 if the hub refuses it or does not answer.",
        call=_command,
        extra="hub",
        examples=(
            "  stationmaster command hub.toml brightness --to guidance --device led-4 --set percent=40\n"
            "  stationmaster command hub.toml self-test --target hall-1 --target gate-3A\n"
        ),
    )
    parser.add_argument(
        "config", type=Path, metavar="FILE", help="the configuration file that the hub was started with"
    )
    parser.add_argument("action", metavar="ACTION", help="what to do, a word")
    parser.add_argument("--to", metavar="IDENTITY", help="which subsystem (default: whoever serves the targets)")
    for name, more in (("target", "a board, zone, gate or light"), ("device", "a device of the subsystem")):
        parser.add_argument(f"--{name}", action="append", default=[], metavar="ID", help=f"{more}; may be repeated")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a detail of the action; may be repeated"
    )
    parser.add_argument(
        "--expires", type=int, default=30, metavar="N", help="seconds after which it is not done (default: 30)"
    )
    parser.add_argument(
        "--wait", type=float, default=10.0, metavar="N", help="seconds to wait for the answer (default: 10)"
    )
    parser.add_argument("--as", dest="operator", metavar="NAME", help="which operator acts (default: the only one)")
    parser.add_argument("--id", metavar="ID", help="the id of a command, to hear again what came of it")


def _add_emergency(commands: Any, add: Callable[..., argparse.ArgumentParser]) -> None:
    parser = add(
        commands,
        "emergency",
        "calls an emergency on loudspeakers and boards at once, or ends it",
        "It goes through a running hub to every broadcast and guidance subsystem, and needs none of its database.\n"
        "It says within 3 s who has it and who has not. Exit code 1 if anybody has not, 2 if the hub does not answer.",
        call=_emergency,
        extra="hub",
        examples=(
            '  stationmaster emergency hub.toml "请立即离开车站" --en "Leave the station now"\n'
            '  stationmaster emergency hub.toml "二站台有烟" --zones platform-2 --boards platform:2,type:gate\n'
            "  stationmaster emergency hub.toml --end\n"
        ),
    )
    parser.add_argument(
        "config", type=Path, metavar="FILE", help="the configuration file that the hub was started with"
    )
    parser.add_argument("text", metavar="TEXT", nargs="?", default="", help="the words, in the station's language")
    parser.add_argument("--en", metavar="TEXT", help="the same in English")
    parser.add_argument(
        "--also",
        type=words.translation,
        action="append",
        default=[],
        metavar="LANGUAGE=TEXT",
        help="the same in another language; may be repeated",
    )
    parser.add_argument(
        "--message", default="", metavar="ID", help="what loudspeakers say instead: one of broadcast's messages"
    )
    parser.add_argument("--zones", type=words.names, default=(), metavar="A,B", help="loudspeakers (default: all)")
    parser.add_argument(
        "--boards", type=words.names, default=(), metavar="A,B", help="boards, type:…, group:…, gate:… (default: all)"
    )
    parser.add_argument(
        "--minutes", type=words.minutes, default=120, metavar="N", help="how long boards show it at most (default: 120)"
    )
    parser.add_argument("--end", action="store_true", help="it is over; also of those that were called elsewhere")
    parser.add_argument("--as", dest="operator", metavar="NAME", help="which operator acts (default: the only one)")
    parser.set_defaults(refuse=parser.error)


def _emergency(chosen: argparse.Namespace) -> int:
    emergency: Any = import_module("stationmaster.cli.emergency")
    if bool(chosen.text.strip()) is chosen.end:
        chosen.refuse("give the words, or --end")
    texts = (*(() if chosen.en is None else (("en", chosen.en),)), *chosen.also)
    options = emergency.EmergencyOptions(
        text=chosen.text,
        texts=texts,
        message=chosen.message,
        zones=chosen.zones,
        boards=chosen.boards,
        minutes=chosen.minutes,
        end=chosen.end,
        operator=chosen.operator,
    )
    code: int = emergency.do_emergency(chosen.config, options)
    return code


def _command(chosen: argparse.Namespace) -> int:
    commanding: Any = import_module("stationmaster.cli.commanding")
    options = commanding.CommandOptions(
        action=chosen.action,
        identity=chosen.to,
        targets=tuple(chosen.target),
        devices=tuple(chosen.device),
        parameters=tuple(chosen.set),
        expires_s=chosen.expires,
        wait_s=chosen.wait,
        operator=chosen.operator,
        command=chosen.id,
    )
    code: int = commanding.do_command(chosen.config, options)
    return code


def _act(chosen: argparse.Namespace) -> int:
    acting: Any = import_module("stationmaster.cli.acting")
    code: int = acting.do_act(
        chosen.config,
        chosen.deeds,
        operator=chosen.operator,
        why=chosen.why,
        lock=not chosen.no_lock,
        act=chosen.id,
    )
    return code
