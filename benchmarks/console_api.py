"""The hub's web API as consoles use it: requests a second, and two hundred consoles on the stream at once.

    python benchmarks/console_api.py [CONSOLES]

The hub is its own process, with its console, on the sample station's day, SQLite and `synchronous=FULL`. It is compared
with a bare klein app in another process: for a look and an act with one that answers the same bytes and does nothing
else, for the stream with one that writes the same bytes to as many connections. Both are asked by the same client, over
connections that stay open, and take turns, so that both see the same machine.

A change is timed from the first byte of the act that makes it until each console has the whole event. The processor
time and the memory are the hub's, as the kernel counts them.
"""

from __future__ import annotations

import http.client
import json
import os
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from measured import Measured, against, hand_on, share, told

from stationmaster_base.clock import Anchor, write_anchor
from stationmaster_base.times import from_iso

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "stations" / "sample"
START = from_iso("2026-03-01T00:00:00Z")
TOKEN = "of-the-benchmark"
CONNECTIONS = 8
LOOKS, ACTS, CHANGES = 400, 160, 40
"""Requests of each kind in a round, and changes while consoles look on."""

ROUNDS = 3
CONSOLES = 200
PATIENCE_S = 120.0

BARE = """\
import sys
from klein import Klein
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.web.server import Site
app, body, event, readers = Klein(), b"", b"", []
@app.route("/body", methods=["PUT"])
def set_body(request):
    global body
    body = request.content.read()
    return b"{}"
@app.route("/event", methods=["PUT"])
def set_event(request):
    global event
    event = request.content.read()
    return b"{}"
@app.route("/look", methods=["GET"])
def look(request):
    request.setHeader(b"Content-Type", b"application/json")
    return body
@app.route("/act", methods=["POST"])
def act(request):
    request.content.read()
    request.setHeader(b"Content-Type", b"application/json")
    return body
@app.route("/events", methods=["GET"])
def events(request):
    request.setHeader(b"Content-Type", b"text/event-stream")
    request.write(b":\\n\\n")
    readers.append(request)
    return Deferred()
@app.route("/tell", methods=["POST"])
def tell(request):
    for each in readers:
        each.write(event)
    return b"{}"
reactor.listenTCP(int(sys.argv[1]), Site(app.resource()), interface="127.0.0.1")
reactor.run()
"""


class Asked:
    """A process with a web port, and what the kernel says of it."""

    def __init__(self, name: str, port: int, process: subprocess.Popen[bytes]) -> None:
        self.name, self.port, self.process = name, port, process

    def processor_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def ask(self, method: str, path: str, body: bytes = b"") -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body or None, {"Authorization": f"Bearer {TOKEN}"})
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


def free_port() -> int:
    """A port on loopback that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(name: str, port: int, command: list[str], ready: Callable[[Asked], bool]) -> Iterator[Asked]:
    """A process that is ready."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    asked = Asked(name, port, process)
    try:
        until = time.monotonic() + PATIENCE_S
        while True:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{name} did not come up")
            try:
                if ready(asked):
                    break
            except (OSError, ValueError):
                time.sleep(0.05)
        yield asked
    finally:
        process.terminate()
        process.wait()


def hub(folder: Path) -> Any:
    """A hub on the sample station at the beginning of its day."""
    shutil.copytree(SAMPLE, folder / "station")
    write_anchor(folder / "clock.json", Anchor(station=START, machine=0.0, rate=0.0))
    port, protocol = free_port(), free_port()
    config = folder / "stationmaster.toml"
    config.write_text(
        f'[clock]\nfile = "clock.json"\n[hub]\nstation = "station"\nport = {port}\nprotocol_port = {protocol}\n'
        f'[hub.operators]\ndesk = "{TOKEN}"\n',
        "utf-8",
    )
    command = [sys.executable, "-m", "stationmaster.cli", "hub", "--config", str(config)]
    return started("hub", port, command, lambda asked: bool(asked.ask("GET", "/healthz")["settled"]))


def bare() -> Any:
    """A klein app that does nothing."""
    port = free_port()
    return started(
        "bare klein", port, [sys.executable, "-c", BARE, str(port)], lambda asked: asked.ask("PUT", "/body") == {}
    )


def rate(asked: Asked, requests: Callable[[int], bytes], count: int) -> float:
    """Answers a second, over some connections, each with its next request as soon as it has its answer."""
    sent = done = 0
    waiting: dict[socket.socket, bytes] = {}
    with selectors.DefaultSelector() as chosen, ExitStack() as stack:
        begun = time.monotonic()
        for _ in range(CONNECTIONS):
            wire = stack.enter_context(socket.create_connection(("127.0.0.1", asked.port), timeout=PATIENCE_S))
            chosen.register(wire, selectors.EVENT_READ)
            wire.sendall(requests(sent))
            sent, waiting[wire] = sent + 1, b""
        while done < count:
            for key, _ in chosen.select(PATIENCE_S):
                wire: Any = key.fileobj
                waiting[wire] += wire.recv(1 << 18)
                if not whole(waiting[wire]):
                    continue
                if not waiting[wire].startswith(b"HTTP/1.1 200"):
                    raise RuntimeError(waiting[wire][:300])
                done, waiting[wire] = done + 1, b""
                if sent < count:
                    wire.sendall(requests(sent))
                    sent += 1
        return count / (time.monotonic() - begun)


def whole(answer: bytes) -> bool:
    """Whether an answer has come to its end."""
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found:
        return False
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return len(body) >= int(line.split(b":")[1])
    return body.endswith(b"0\r\n\r\n")


def request(method: str, path: str, body: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    return (
        f"{method} {path} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def act_of(call: str, number: int, round_: str) -> bytes:
    """An act that delays a train; each has an id of its own."""
    deed = {"do": "delay", "call": call, "event": "departure", "minutes": number % 40}
    return json.dumps({"id": f"{round_}-{number}", "deeds": [deed]}).encode()


def requests(ours: Asked, other: Asked, calls: list[str]) -> list[Measured]:
    """Looks and acts a second."""
    results = []
    one = json.dumps(ours.ask("GET", f"/api/v1/calls/{calls[0]}")).encode()
    act = json.dumps(ours.ask("POST", "/api/v1/acts", act_of(calls[0], 1, "warm"))).encode()
    for what, count, mine, answer, path in (
        ("GET call", LOOKS, lambda n, _: request("GET", f"/api/v1/calls/{calls[n % len(calls)]}"), one, "/look"),
        (
            "POST act",
            ACTS,
            lambda n, r: request("POST", "/api/v1/acts", act_of(calls[n % len(calls)], n, r)),
            act,
            "/act",
        ),
    ):
        other.ask("PUT", "/body", answer)
        method = what.split()[0]
        taken: dict[str, list[float]] = {ours.name: [], other.name: []}
        for number in range(ROUNDS + 1):
            speed = rate(ours, lambda n, r=f"{path[1:]}{number}", m=mine: m(n, r), count)
            bare_speed = rate(
                other, lambda _, m=method, p=path: request(m, p, b"x" * 150 if m == "POST" else b""), count
            )
            if number:  # the first warms up
                taken[ours.name].append(speed)
                taken[other.name].append(bare_speed)
        best = {name: max(values) for name, values in taken.items()}
        print(f"{what}: hub {best[ours.name]:.0f}/s, bare klein {best[other.name]:.0f}/s, {CONNECTIONS} connections")
        results.append(
            against(f"{what}, answers a second, against bare klein", best[ours.name], "/s", best[other.name])
        )
    return results


class Consoles:
    """Connections that read a stream."""

    def __init__(self, asked: Asked, path: str, count: int) -> None:
        self.asked, self.bytes = asked, 0
        self._chosen = selectors.DefaultSelector()
        self._wires = [socket.create_connection(("127.0.0.1", asked.port), timeout=PATIENCE_S) for _ in range(count)]
        for wire in self._wires:
            wire.sendall(request("GET", path))
            wire.setblocking(False)
            self._chosen.register(wire, selectors.EVENT_READ, bytearray())

    def quiet(self, seconds: float = 0.5) -> None:
        """Read until nothing comes any more."""
        while found := self._chosen.select(seconds):
            for key, _ in found:
                self._read(key)

    def until(self, wanted: bytes, cause: Callable[[], None]) -> list[float]:
        """Do something; for each connection the seconds until `wanted` has come whole."""
        for key in self._chosen.get_map().values():
            key.data.clear()
        begun = time.monotonic()
        cause()
        came: dict[Any, float] = {}
        while len(came) < len(self._wires):
            found = self._chosen.select(PATIENCE_S)
            if not found:
                raise RuntimeError(f"{len(self._wires) - len(came)} consoles did not hear of it")
            for key, _ in found:
                self._read(key)
                if key.fileobj not in came and wanted in key.data and key.data.endswith(b"\n\n\r\n"):
                    came[key.fileobj] = time.monotonic() - begun
        return list(came.values())

    def last(self) -> bytes:
        """What came last to one of them, out of its chunk."""
        key = next(iter(self._chosen.get_map().values()))
        return bytes(key.data).partition(b"\r\n")[2].removesuffix(b"\r\n")

    def _read(self, key: Any) -> None:
        data = key.fileobj.recv(1 << 18)
        if not data:
            raise RuntimeError("a console was hung up on")
        self.bytes += len(data)
        key.data.extend(data)

    def close(self) -> None:
        for wire in self._wires:
            wire.close()


def stream(ours: Asked, other: Asked, calls: list[str], count: int) -> list[Measured]:
    """Changes to as many consoles, in turn with a bare write loop of the same bytes."""
    before = ours.memory_mb()
    event = b""
    taken: dict[str, list[float]] = {ours.name: [], other.name: []}
    busy: dict[str, float] = {}
    told_by_hub, told_by_loop = Consoles(ours, "/api/v1/events", count), Consoles(other, "/events", count)
    for each in (told_by_hub, told_by_loop):
        each.quiet()
    with (
        socket.create_connection(("127.0.0.1", ours.port)) as acting,
        socket.create_connection(("127.0.0.1", other.port)) as telling,
    ):
        for number in range(CHANGES + 4):
            if number == 4:
                busy = {each.name: each.processor_s() for each in (ours, other)}
                told_by_hub.bytes = 0
            post = request("POST", "/api/v1/acts", act_of(calls[number % len(calls)], number + 1, "stream"))
            mine = told_by_hub.until(f'"act/stream-{number + 1}"'.encode(), lambda p=post: acting.sendall(p))
            while not whole(acting.recv(1 << 18)):
                pass
            if not event:
                event = told_by_hub.last()
                other.ask("PUT", "/event", event)
            theirs = told_by_loop.until(b'"act/stream-1"', lambda: telling.sendall(request("POST", "/tell")))
            telling.recv(1 << 16)
            if number >= 4:
                taken[ours.name] += mine
                taken[other.name] += theirs
    spent = {each.name: (each.processor_s() - busy[each.name]) / CHANGES * 1000 for each in (ours, other)}
    memory = ours.memory_mb()
    sent = told_by_hub.bytes / CHANGES / count
    for each in (told_by_hub, told_by_loop):
        each.close()
    print(
        f"{count} consoles, {CHANGES} acts: {sent:.0f} bytes a change to each; processor {spent[ours.name]:.1f} ms "
        f"a change (bare loop {spent[other.name]:.1f} ms); memory {before:.0f} → {memory:.0f} MB"
    )
    for name, values in taken.items():
        print(f"  {name:12} median {share(values, 0.5) * 1000:.1f} ms, p95 {share(values, 0.95) * 1000:.1f} ms")
    late = [share(taken[each.name], 0.95) * 1000 for each in (ours, other)]
    return [
        against(f"an act until {count} consoles have it, p95, against a bare write loop", late[0], "ms", late[1]),
        against("the hub's processor for one act and its consoles", spent[ours.name], "ms", spent[other.name]),
        Measured(name=f"bytes of one change to each of {count} consoles", value=sent, unit="bytes"),
        Measured(
            name=f"the hub's memory with {count} consoles", value=memory, unit="MB", budget="< 200 MB", ok=memory < 200
        ),
    ]


def main(count: int) -> None:
    """Measure, print, hand on."""
    with tempfile.TemporaryDirectory() as name, hub(Path(name)) as ours, bare() as other:
        calls = [call["id"] for call in ours.ask("GET", "/api/v1/calls?day=2026-03-01")["calls"] if call["departure"]]
        results = [*requests(ours, other, calls), *stream(ours, other, calls, count)]
    print(told(results))
    hand_on(results)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else CONSOLES)
