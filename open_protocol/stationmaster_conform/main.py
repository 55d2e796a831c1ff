"""The kit's command line, and the place at which clocks, chance and files enter.

`python -m stationmaster_conform` needs nothing of Stationmaster but the protocol's own packages, and
`stationmaster conform` is the same.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant
from stationmaster_conform.client_scenarios.catalogue import CLIENT_SCENARIOS
from stationmaster_conform.devices.main import add_device_arguments, run_device
from stationmaster_conform.hub_scenarios.catalogue import HUB_SCENARIOS
from stationmaster_conform.junit import junit
from stationmaster_conform.machine import Machine, this_machine
from stationmaster_conform.options import ClientOptions, HubOptions, Patience
from stationmaster_conform.played_client import PlayedClient
from stationmaster_conform.played_hub import PlayedHub
from stationmaster_conform.report import Subject, line_of, markdown, summary
from stationmaster_conform.runner import chosen, play
from stationmaster_conform.verdict import CannotRun, Result, Verdict
from stationmaster_kernel.values import TaskKind

__all__ = ["add_arguments", "address", "main", "run_parsed"]

PASSED, FAILED, COULD_NOT_RUN = 0, 1, 2
PORT = 7310

Say = Callable[[str], object]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the kit; the exit code is 0 if nothing failed, 1 if something did, 2 if it could not run."""
    parser = argparse.ArgumentParser(
        prog="python -m stationmaster_conform",
        description="Tries whether a client or a hub does what the open protocol's document says.",
    )
    add_arguments(parser)
    try:
        return run_parsed(parser.parse_args(arguments))
    except StationError as error:
        sys.stderr.write(f"stationmaster conform: {error}\n")
        return COULD_NOT_RUN
    except KeyboardInterrupt:
        return COULD_NOT_RUN


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The kit's two ways of working and the simulated devices, as subcommands of a parser."""
    ways = parser.add_subparsers(dest="way", metavar="WAY", required=True, title="ways")
    client = ways.add_parser(
        "client",
        help="plays a hub to a client",
        description="Plays a hub: set the client's hub to HOST:PORT, start this, and then start the client.",
    )
    client.add_argument("--listen", type=address, required=True, metavar="HOST:PORT", help="where to be a hub")
    client.add_argument("--identity", metavar="NAME", help="whom to expect (default: anybody)")
    client.add_argument("--token", metavar="SECRET", help="the secret to expect (default: any)")
    client.add_argument("--level", choices=("A", "B"), help="judge it as of this level (default: as it says)")
    client.add_argument(
        "--target", action="append", default=[], metavar="ID", help="a board, zone, light … of the client's; repeatable"
    )
    client.add_argument(
        "--heartbeat", type=_seconds, default=1.0, metavar="S", help="seconds between heartbeats (default: 1)"
    )
    client.add_argument("--burst", type=int, metavar="N", help="updates in a burst (default: 2000, quick: 300)")
    client.add_argument("--action", default="test", metavar="WORD", help="a command that it knows (default: test)")
    hub = ways.add_parser(
        "hub",
        help="plays a client to a hub",
        description="Plays a client, with the identity and the token that the hub's operator gave for it.",
    )
    hub.add_argument("--connect", type=address, required=True, metavar="HOST:PORT", help="where the hub is")
    hub.add_argument("--identity", required=True, metavar="NAME", help="as the hub's operator gave it")
    hub.add_argument("--token", required=True, metavar="SECRET", help="as the hub's operator gave it")
    hub.add_argument(
        "--executes",
        action="append",
        default=[],
        choices=[kind.value for kind in TaskKind],
        help="a kind of task that this identity may do; repeatable",
    )
    for way in (client, hub):
        way.add_argument("--scenario", action="append", default=[], metavar="NAME", help="only this one; repeatable")
        way.add_argument("--quick", action="store_true", help="leave out what takes long")
        way.add_argument("--report", type=Path, metavar="FILE", help="write a readable report (markdown)")
        way.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML")
        way.add_argument("--patience", type=_seconds, metavar="S", help="seconds to wait for an answer (default: 10)")
        way.add_argument("--list", action="store_true", help="list the scenarios, and end")
    device = ways.add_parser(
        "device",
        help="is a simulated device, well-behaved or with a fault",
        description="Is a simulated vendor's device, with which the kit can be tried.",
    )
    device.add_argument("--connect", type=address, required=True, metavar="HOST:PORT", help="where its hub is")
    add_device_arguments(device)
    device.set_defaults(run=_run_device)
    client.set_defaults(run=_run_client)
    hub.set_defaults(run=_run_hub)


def run_parsed(parsed: argparse.Namespace, machine: Machine | None = None, say: Say | None = None) -> int:
    """Do what the parsed command line says; the exit code.

    Raises:
        StationError: the kit could not run.

    """
    run: Callable[[argparse.Namespace, Machine, Say], int] = parsed.run
    return run(parsed, machine or this_machine(), say or _say)


def _run_client(parsed: argparse.Namespace, machine: Machine, say: Say) -> int:
    scenarios = chosen(CLIENT_SCENARIOS, parsed.scenario, quick=parsed.quick)
    if parsed.list:
        return _list(scenarios, say)
    host, port = parsed.listen
    options = ClientOptions(
        host=host,
        port=port,
        identity=parsed.identity,
        token=parsed.token,
        level=parsed.level,
        targets=tuple(parsed.target),
        heartbeat_s=parsed.heartbeat,
        burst=parsed.burst or (300 if parsed.quick else 2000),
        action=parsed.action,
        patience=_patience(parsed),
    )
    stage = PlayedHub(options, machine)
    try:
        say(f"A hub listens at {stage.door}; start the client now.")
        hello = stage.first().hello
        verdicts = play(scenarios, stage, machine, lambda verdict: say(line_of(verdict)))
        stage.leave()
    finally:
        stage.close()
    subject = Subject(
        what="client",
        identity="" if hello is None else hello.identity,
        version=stage.link.version if stage.link is not None else "",
        level=parsed.level or ("" if hello is None else hello.level.value),
        where=str(stage.door),
        at=Instant(int(machine.wall())),
    )
    return _end(parsed, subject, verdicts, say)


def _run_hub(parsed: argparse.Namespace, machine: Machine, say: Say) -> int:
    scenarios = chosen(HUB_SCENARIOS, parsed.scenario, quick=parsed.quick)
    if parsed.list:
        return _list(scenarios, say)
    host, port = parsed.connect
    options = HubOptions(
        host=host,
        port=port,
        identity=parsed.identity,
        token=parsed.token,
        executes=tuple(TaskKind(kind) for kind in parsed.executes),
        watch_s=0.0 if parsed.quick else 65.0,
        patience=_patience(parsed),
    )
    stage = PlayedClient(options, machine)
    stage.knock()
    stage.drop()
    verdicts = play(scenarios, stage, machine, lambda verdict: say(line_of(verdict)))
    stage.tidy()
    subject = Subject(
        what="hub",
        identity=f"{host}:{port}",
        version=stage.version,
        level="",
        where=f"{host}:{port}",
        at=Instant(int(machine.wall())),
    )
    return _end(parsed, subject, verdicts, say)


def _run_device(parsed: argparse.Namespace, machine: Machine, say: Say) -> int:
    say(f"A {parsed.device} looks for its hub at {parsed.connect[0]}:{parsed.connect[1]}; Ctrl-C ends it.")
    return run_device(parsed, machine)


def _list(scenarios: Sequence[object], say: Say) -> int:
    for scenario in scenarios:
        say(f"{getattr(scenario, 'name', ''):22}  {getattr(scenario, 'title', '')}")
    return PASSED


def _end(parsed: argparse.Namespace, subject: Subject, verdicts: Sequence[Verdict], say: Say) -> int:
    for path, document in (
        (parsed.report, markdown(subject, verdicts).encode()),
        (parsed.junit, junit(subject, verdicts)),
    ):
        if path is not None:
            try:
                path.write_bytes(document)
            except OSError as error:
                raise CannotRun(f"{path} cannot be written: {error}.", "Give another path.") from error
    say(summary(verdicts))
    return FAILED if any(verdict.result is Result.FAIL for verdict in verdicts) else PASSED


def _patience(parsed: argparse.Namespace) -> Patience:
    if parsed.patience is None:
        return Patience()
    return Patience(answer_s=parsed.patience)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from error
    if not 0.02 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text} is not possible; a number 0.02…3600")
    return seconds


def address(text: str) -> tuple[str, int]:
    """`HOST:PORT` as a person types it."""
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not an address; write 127.0.0.1:{PORT}")
    return host.removeprefix("[").removesuffix("]"), int(port)
