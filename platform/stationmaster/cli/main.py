"""The command line: reads what a person asked for, and calls the component that does it.

A component is imported only here and only when its command is called, so that each machine needs nothing but the
extra of what runs on it. What a person did wrong comes back as one message and exit code 2.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from stationmaster.cli import words
from stationmaster.cli.account_commands import add_account_commands
from stationmaster.cli.act_commands import add_act_commands
from stationmaster.cli.broadcast_commands import add_broadcast_commands
from stationmaster.cli.conform_commands import add_conform_commands
from stationmaster.cli.database_commands import add_database_commands
from stationmaster.cli.drill_commands import add_drill_command
from stationmaster.cli.gateway_commands import add_gateway_options, run_gateway
from stationmaster.cli.guidance_commands import add_guidance_commands
from stationmaster.cli.journal_commands import add_journal_commands
from stationmaster.cli.line_commands import add_line_commands
from stationmaster.cli.pki_commands import add_pki_commands
from stationmaster.cli.processes import PROCESSES, Process
from stationmaster.cli.station_commands import add_station_commands
from stationmaster.cli.subsystem_commands import add_subsystem_commands
from stationmaster_base.collecting import kept_for_good
from stationmaster_base.errors import StationError

__all__ = ["main"]

USER_ERROR = 2
INTERRUPTED = 130
OURS = ("stationmaster",)


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        metadata: Any = import_module("importlib.metadata")
        try:
            version = metadata.version("stationmaster")
        except metadata.PackageNotFoundError:
            version = "(from source, not installed)"
        sys.stdout.write(f"stationmaster {version}\n")
        parser.exit()


Command = Callable[[argparse.Namespace], int]

DESCRIPTION = """\
Stationmaster integrates the passenger information of a railway station: it takes train running data out of the
dispatching system over a line that cannot carry anything back, runs the station's day, and feeds boards,
loudspeakers and kiosks."""

EXAMPLES = """\
first steps:
  stationmaster run                              a whole demo station on this machine; Ctrl-C ends it
  stationmaster check stations/sample            is this station's folder right?
  stationmaster import timetable day.csv --into stations/mine
  stationmaster hub --config stationmaster.toml  one process of a real station

`stationmaster COMMAND --help` tells more. Processes are set up in a TOML file: see docs/operation.md.
A station is a folder of TOML and CSV files: see docs/station-folder.md."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says.

    Args:
        arguments: the words after the program's name; the process's own unless given.

    Returns:
        the exit code: 0 for done, 1 for `check` with faults and `replay` with a difference,
        2 for something that a person has to mend.

    """
    parser = _parser()
    chosen = parser.parse_args(arguments)
    command: Command | None = getattr(chosen, "call", None)
    if command is None:
        parser.print_help()
        return USER_ERROR
    try:
        code = command(chosen)
        sys.stdout.flush()
    except StationError as error:
        sys.stderr.write(f"stationmaster {chosen.command}: {error}\n")
        return USER_ERROR
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing.startswith(OURS):
            raise
        sys.stderr.write(
            f"stationmaster {chosen.command}: needs the Python package {missing!r}, which is not installed. "
            f"Install it with: pip install 'stationmaster[{chosen.extra}]'\n"
        )
        return USER_ERROR
    except BrokenPipeError:  # what reads our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="stationmaster",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="say which version this is, and end")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    _add_run(commands)
    add_station_commands(commands, _add)
    _add_reload(commands)
    add_act_commands(commands, _add)
    add_account_commands(commands, _add)
    add_subsystem_commands(commands, _add)
    add_pki_commands(commands, _add)
    add_journal_commands(commands, _add)
    add_database_commands(commands, _add)
    add_line_commands(commands, _add)
    add_conform_commands(commands, _add)
    add_drill_command(commands, _add, _hub_of)
    for process in PROCESSES:
        _add_process(commands, process)
    return parser


def _add(
    commands: Any, name: str, summary: str, more: str, *, call: Command, extra: str, examples: str = ""
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.\n\n{more}",
        epilog=f"examples:\n{examples}" if examples else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(call=call, extra=extra)
    return parser


def _add_run(commands: Any) -> None:
    parser = _add(
        commands,
        "run",
        "a whole demo station on this machine",
        "Starts a simulated dispatching database, a serial line, the gateway, the hub, guidance, broadcast and query,\n"
        "each as its own process, restarts what dies, and says where to look. Ctrl-C ends everything.\n"
        "The station's day runs on a shadow clock, which goes on where it was when the demo is started again.",
        call=_run,
        extra="all",
        examples="  stationmaster run                          from 07:00 on, ten times as fast as real\n"
        "  stationmaster run --at 17:30 --speed 60 --fresh\n"
        "  stationmaster run --live                   real time, now\n"
        "  stationmaster run --only simulate,gateway,line,hub\n",
    )
    parser.add_argument(
        "--station",
        type=Path,
        default=Path("stations/sample"),
        metavar="DIR",
        help="the station's folder (default: stations/sample)",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path("var/demo"),
        metavar="DIR",
        help="where the demo keeps everything (default: var/demo)",
    )
    parser.add_argument("--at", metavar="HH:MM", help="station time at the beginning of a demo (default: 07:00)")
    parser.add_argument(
        "--day", metavar="YYYY-MM-DD", type=words.day, help="its date at the beginning (default: today)"
    )
    parser.add_argument(
        "--speed",
        type=words.speed,
        metavar="N",
        help="station seconds per second (default: 10, or as before); 0: it moves when clock.json is written",
    )
    parser.add_argument("--live", action="store_true", help="real time instead of a shadow clock")
    parser.add_argument("--fresh", action="store_true", help="forget the demo that is in the folder and begin anew")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which days the simulator makes (default: 1)")
    parser.add_argument(
        "--scenario", type=Path, metavar="FILE", help="events to be simulated instead (docs/dispatching-database.md)"
    )
    parser.add_argument(
        "--only", metavar="A,B", help="these processes alone: " + ", ".join(process.command for process in PROCESSES)
    )
    parser.add_argument("--ports-from", type=words.port, metavar="N", help="ports N, N+1, … instead of 8080, 7310, …")


def _add_reload(commands: Any) -> None:
    parser = _add(
        commands,
        "reload",
        "has a running hub read its station's folder again",
        "All of the folder is taken or, if anything in it is wrong, nothing; each fault is a line then, as for check.\n"
        "What has been done stays done, the rest is worked out anew, and the differences are listed.\n"
        "Exit code 1 if there are faults, 2 if no hub answers.",
        call=_reload,
        extra="hub",
        examples="  stationmaster reload /etc/stationmaster/stationmaster.toml\n",
    )
    parser.add_argument(
        "config",
        type=Path,
        nargs="?",
        default=Path("stationmaster.toml"),
        metavar="FILE",
        help="the configuration file that the hub was started with (default: stationmaster.toml)",
    )


def _add_process(commands: Any, process: Process) -> None:
    call: Command = _simulate if process.command == "simulate" else lambda chosen: _process(process, chosen.config)
    if process.command == "hub":
        call = _hub
    if process.command == "gateway":
        call = run_gateway
    parser = _add(
        commands,
        process.command,
        process.summary,
        process.more + " It runs until SIGTERM or Ctrl-C.",
        call=call,
        extra=process.extra,
        examples=f"  stationmaster {process.command} --config /etc/stationmaster/stationmaster.toml\n",
    )
    parser.add_argument(
        "--config",
        type=Path,
        default=Path("stationmaster.toml"),
        metavar="FILE",
        help="the configuration file (default: stationmaster.toml)",
    )
    if process.command == "gateway":
        add_gateway_options(parser)
    if process.command == "broadcast":
        add_broadcast_commands(parser)
    if process.command == "guidance":
        add_guidance_commands(parser)
    if process.command == "simulate":
        parser.add_argument(
            "--print-scenario", action="store_true", help="write the events of some days as JSON lines, and end"
        )
        parser.add_argument(
            "--day", type=words.day, metavar="YYYY-MM-DD", help="the first of these days (default: today)"
        )
        parser.add_argument("--days", type=int, default=1, metavar="N", help="how many days (default: 1)")


def _process(process: Process, config: Path, **more: object) -> int:
    with kept_for_good():
        start: Callable[..., int] = import_module(process.module).main
    return start(config, **more)


def _hub(chosen: argparse.Namespace) -> int:
    return _hub_of(chosen.config)


def _hub_of(config: Path) -> int:
    process = next(process for process in PROCESSES if process.command == "hub")
    with kept_for_good():
        console = import_module("stationmaster.console.face")
        layout_check = _layout_check()
    return _process(process, config, faces=[console.install], layout_check=layout_check)


def _layout_check() -> Any:
    """Guidance's look at layouts; None on a machine on which only the hub is installed."""
    try:
        return import_module("stationmaster_guidance.check").check_layout
    except ImportError:
        return None


def _simulate(chosen: argparse.Namespace) -> int:
    simulator: Any = import_module("stationmaster_simulator.main")
    if chosen.print_scenario:
        code: int = simulator.print_scenario(chosen.config, first=chosen.day, days=chosen.days)
        return code
    process = next(process for process in PROCESSES if process.command == "simulate")
    return _process(process, chosen.config)


def _run(chosen: argparse.Namespace) -> int:
    demo: Any = import_module("stationmaster.cli.demo")
    run: Any = import_module("stationmaster.cli.run")
    options = demo.DemoOptions(
        station=chosen.station,
        folder=chosen.folder,
        at=chosen.at,
        day=chosen.day,
        speed=chosen.speed,
        live=chosen.live,
        fresh=chosen.fresh,
        seed=chosen.seed,
        scenario=chosen.scenario,
        only=None if chosen.only is None else tuple(word.strip() for word in chosen.only.split(",")),
        ports_from=chosen.ports_from,
    )
    code: int = run.run_demo(options)
    return code


def _reload(chosen: argparse.Namespace) -> int:
    reloading: Any = import_module("stationmaster.cli.reloading")
    code: int = reloading.reload_station(chosen.config)
    return code
