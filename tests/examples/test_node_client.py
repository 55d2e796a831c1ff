"""The client in Node.js that was written from the document alone: its own tests, and against a hub's process."""

from __future__ import annotations

import http.client
import json
import queue
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from stationmaster.hub.open_protocol.authority import write_private
from stationmaster.hub.open_protocol.certificates import pem_of_key
from stationmaster_base.clock import Anchor, write_anchor
from stationmaster_base.times import from_iso
from stationmaster_kernel.task import Task, interval_on, stage_at
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.client_session import Applicable, ClientSession, Whole
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import Bye, ClientHeartbeat, Error, Hello, HubHeartbeat, Welcome
from support.certificates import TestAuthority
from support.ports import ENVIRONMENT, free_block

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "examples" / "node_client"
NOW = from_iso("2026-03-02T01:01:10Z")
BOARDS = ("arrivals-1", "hall-1", "platform-4", "waiting-a")
ROWS = Filter(kinds=frozenset({"task"}), task_kinds=frozenset({TaskKind.DISPLAY}), targets=frozenset(BOARDS))
SPOKEN = Filter(kinds=frozenset({"task"}), task_kinds=frozenset({TaskKind.ANNOUNCEMENT}), targets=frozenset({"hall"}))
ONE = ("--target", "hall-1")
SCENARIOS = {
    "board": ("hall-1", "connect", "readback", "gap", "wrong-digest", "epoch", "resume", "extension", "redirect"),
    "speaker": ("hall", "tasks", "unreceived", "expiry", "held", "deleted", "command", "hostile-not-xml"),
}
"""What the kit tries here, for each mode: a target, and the scenarios. All of them take minutes."""
TOKEN = ("--token", "secret")
PATIENCE_S = 30.0
"""How long something may take before the test fails: a bound on hanging."""


@dataclass
class HubProcess:
    """A hub on the sample station, whose clock stands still; it can be killed and started again."""

    folder: Path
    port: int = field(default_factory=free_block)
    running: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.authority = TestAuthority(self.folder)
        tls = self.authority.hub()
        write_anchor(self.folder / "clock.json", Anchor(station=NOW, machine=0.0, rate=0.0))
        lines = [
            '[clock]\nfile = "clock.json"\n[hub]',
            f'station = "{ROOT / "stations" / "sample"}"\nport = {self.port}\nprotocol_port = {self.port + 1}',
            f'heartbeat_s = 5\n[hub.protocol]\ncertificate = "{tls.certificate}"\nkey = "{tls.key}"',
            f'client_authority = "{self.authority.pem}"\nsigning = "{self.authority.pem.parent}"',
            '[hub.subsystems]\nguidance = "secret"\nbroadcast = "secret"\nuplink = "secret"',
            '[hub.operators]\ntester = "secret"\n',
        ]
        (self.folder / "stationmaster.toml").write_text("\n".join(lines), "utf-8")

    def start(self) -> None:
        command = [sys.executable, "-P", "-m", "stationmaster.cli", "hub", "--config", "stationmaster.toml"]
        with (self.folder / "hub.log").open("ab") as log:
            self.running = subprocess.Popen(command, cwd=self.folder, env=ENVIRONMENT, stdout=log, stderr=log)

    def kill(self) -> None:
        assert self.running is not None
        self.running.kill()
        self.running.wait()

    def up(self) -> bool:
        """Whether it has put its plans in place and serves."""
        assert self.running is not None
        assert self.running.poll() is None, (self.folder / "hub.log").read_text("utf-8")
        with suppress(OSError, http.client.HTTPException):
            return bool(self.ask("GET", "/healthz")["settled"])
        return False

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, json.dumps(body), {"Authorization": "Bearer secret"})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        assert answer.status == 200, text
        return json.loads(text)

    def act(self, name: str, *deeds: dict[str, Any]) -> None:
        self.ask("POST", "/api/v1/acts", {"id": name, "why": "a test", "deeds": deeds})

    def tasks(self, wanted: Filter, until: Callable[[dict[str, Task]], bool] = bool) -> dict[str, Task]:
        """The tasks that a subscriber has, as soon as they are as they should be."""
        session = ClientSession()
        tasks: dict[str, Task] = {}
        end = time.monotonic() + PATIENCE_S
        context = ssl.create_default_context(cafile=self.authority.pem)
        with (
            socket.create_connection(("localhost", self.port + 1), timeout=PATIENCE_S) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as connection,
        ):
            connection.sendall(session.send(Hello(identity="uplink", token="secret")))
            while not until(tasks):
                assert time.monotonic() < end, tasks
                data = connection.recv(65536)
                assert data
                for event in session.receive_data(data):
                    match event:
                        case Welcome():
                            connection.sendall(session.subscribe(wanted, None))
                        case Whole():
                            tasks = {one.id: one.value for one in event.resources if isinstance(one.value, Task)}
                        case Applicable():
                            tasks |= {one.id: one.value for one in event.update.puts if isinstance(one.value, Task)}
                        case HubHeartbeat():
                            connection.sendall(session.send(ClientHeartbeat()))
                        case Error() | Bye():
                            raise AssertionError(event)
        return tasks


class NodeClient:
    """One run of the client; what it prints is read as it comes."""

    def __init__(self, hub: HubProcess, mode: str, identity: str, *arguments: str) -> None:
        words = ["node", str(CLIENT / "main.mjs"), mode, "--json", "--hub", f"localhost:{hub.port + 1}"]
        words += ["--ca", str(hub.authority.pem), "--identity", identity, "--folder", str(hub.folder / identity)]
        words += arguments
        self.running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.heard: list[dict[str, Any]] = []
        self._events: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.running.stdout is not None
        for line in self.running.stdout:
            self._events.put(json.loads(line))
        self._events.put(None)

    def until(self, **wanted: object) -> dict[str, Any]:
        """Read on to the next event that has these values."""
        end = time.monotonic() + PATIENCE_S
        while (event := self._events.get(timeout=max(0.01, end - time.monotonic()))) is not None:
            self.heard.append(event)
            if wanted.items() <= event.items():
                return event
        assert self.running.stderr is not None
        raise AssertionError(f"It ended before {wanted}: {self.heard[-5:]} {self.running.stderr.read()}")

    def rows_until(self, board: str, holds: Callable[[list[str]], bool]) -> None:
        """Read on until the ids of a board's rows are as they should be."""
        while not holds([row["task"] for row in self.until(event="rows")["boards"][board]]):
            pass

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.running.send_signal(how)
        code = self.running.wait(timeout=PATIENCE_S)
        self._reader.join(timeout=PATIENCE_S)
        return code

    def close(self) -> None:
        self.running.kill()
        self.running.wait()
        for stream in (self.running.stdout, self.running.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[subprocess.Popen[str], Path]]]:
    """The conformance kit at work on a board and on a loudspeaker; it mostly waits, so other tests run meanwhile."""
    folder = tmp_path_factory.mktemp("kit")
    port = free_block()
    started: list[subprocess.Popen[str]] = []
    kits = {}
    for number, (mode, (target, *scenarios)) in enumerate(SCENARIOS.items()):
        place = f"127.0.0.1:{port + 10 + number}"
        report = folder / f"{mode}.md"
        words = [word for name in scenarios for word in ("--scenario", name)]
        command = [sys.executable, "-P", "-m", "stationmaster_conform", "client", "--listen", place]
        command += ["--target", target, "--heartbeat", "0.5", "--report", str(report), *words]
        kits[mode] = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True), report
        client = ["node", str(CLIENT / "main.mjs"), mode, "--hub", place, "--identity", mode, "--token", "secret"]
        client += ["--folder", str(folder / mode), "--target", target, "--seconds", "0.1"]
        with (folder / f"{mode}.log").open("w") as log:
            started += [kits[mode][0], subprocess.Popen(client, text=True, stdout=log, stderr=log)]
    yield kits
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    process = HubProcess(tmp_path_factory.mktemp("hub"))
    process.start()
    wait_for(process.up)
    yield process
    process.kill()


@pytest.fixture
def client(hub: HubProcess) -> Iterator[Callable[..., NodeClient]]:
    """Starts clients, and ends those that are left."""
    started: list[NodeClient] = []

    def start(mode: str, identity: str, *arguments: str) -> NodeClient:
        started.append(NodeClient(hub, mode, identity, *arguments))
        return started[-1]

    yield start
    for one in started:
        one.close()


def enrolled(hub: HubProcess, identity: str) -> str:
    """A one-time code for a board."""
    asked = {"do": "enrol", "identity": identity, "kind": "guidance"}
    return str(hub.ask("POST", "/api/v1/identities", asked)["secret"])


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.05)


def rows_of(tasks: dict[str, Task], board: str) -> list[dict[str, Any]]:
    """What a board shows, as the kernel says."""
    on = [task for task in tasks.values() if board in task.targets and interval_on(task, NOW)]
    return [_row(task) for task in sorted(on, key=lambda task: (task.order, task.call, task.id))]


def _row(task: Task) -> dict[str, Any]:
    stage = stage_at(task, NOW)
    texts = {name: task.text(name, "zh") for name in {text.name for text in task.texts}}
    texts |= {text.name: text.text for text in stage.texts if text.language == "zh"} if stage else {}
    status = str(stage.status) if stage else ""
    return {"task": task.id, "revision": str(task.revision), "status": status, "whole": task.whole, "texts": texts}


def until_said(hub: HubProcess, name: str, state: str) -> None:
    """Wait until the hub knows this of the task at its one target."""

    def is_so(tasks: dict[str, Task]) -> bool:
        return name in tasks and [one.state for one in tasks[name].results] == [state]

    hub.tasks(SPOKEN, is_so)


def announce(hub: HubProcess, name: str, zone: str) -> str:
    text = {"name": "speech", "language": "en", "text": "The lift is out of order."}
    hub.act(name, {"do": "announce", "targets": [zone], "texts": [text]})
    return next(item for item in hub.tasks(SPOKEN) if item.startswith(f"act/{name}"))


@pytest.mark.usefixtures("trials")
def test_its_own_tests() -> None:
    """The client's parts do what the document says, by the client's own tests."""
    tests = sorted(str(path) for path in (CLIENT / "test").glob("*.test.mjs"))
    assert len(tests) >= 6
    ended = subprocess.run(["node", "--test", *tests], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stdout[-4000:]


def test_rows_are_those_of_the_hub(hub: HubProcess, client: Callable[..., NodeClient]) -> None:
    """Boards of the sample station show the rows, with their texts and in their order, that the hub's tasks give."""
    targets = [word for board in BOARDS for word in ("--target", board)]
    shown = client("board", "guidance", *TOKEN, "--once", *targets).until(event="rows")["boards"]
    assert sum(len(rows) for rows in shown.values()) > 50
    tasks = hub.tasks(ROWS)
    assert shown == {board: rows_of(tasks, board) for board in BOARDS}


def test_goes_on_without_the_hub_and_resumes(hub: HubProcess, client: Callable[..., NodeClient]) -> None:
    """With the hub killed the board stays up; with the hub back it goes on from where it was, and hears what is new."""
    board = client("board", "guidance", *TOKEN, *ONE)
    row = board.until(event="rows")["boards"]["hall-1"][-1]["task"]
    hub.kill()
    alone = board.until(event="rows", state="alone")
    assert row in [one["task"] for one in alone["boards"]["hall-1"]]
    hub.start()
    assert board.until(event="followed") == {"event": "followed", "resumed": True}
    wait_for(hub.up)
    hub.act("skip", {"do": "handle", "tasks": [row], "how": "skip"})
    board.rows_until("hall-1", lambda rows: row not in rows)
    assert board.end() == 0


def test_an_announcement_is_made_once_and_reported(hub: HubProcess, client: Callable[..., NodeClient]) -> None:
    """A loudspeaker says an announcement, and the hub hears that it is done."""
    task = announce(hub, "lift", "hall")
    gong = client("speaker", "broadcast", *TOKEN, "--target", "hall", "--seconds", "0")
    said = gong.until(event="announcement", task=task, phase="begun")
    assert said["texts"] == [{"language": "en", "content": "The lift is out of order."}]
    until_said(hub, task, "done")
    gong.end()


def test_what_a_crash_cuts_off_is_reported_and_not_repeated(hub: HubProcess, client: Callable[..., NodeClient]) -> None:
    """A loudspeaker that is killed while it speaks reports *interrupted* when it is back, and does not begin again."""
    task = announce(hub, "cut", "hall")
    gong = client("speaker", "broadcast", *TOKEN, "--target", "hall", "--seconds", "600")
    gong.until(event="announcement", task=task, phase="begun")
    gong.end(signal.SIGKILL)
    again = client("speaker", "broadcast", *TOKEN, "--target", "hall", "--seconds", "0")
    until_said(hub, task, "interrupted")
    other = announce(hub, "after", "hall")
    again.until(event="announcement", task=other, phase="done")
    assert task not in [event.get("task") for event in again.heard]
    assert again.end() == 0


def test_enrols_with_a_code_and_keeps_its_token(hub: HubProcess, client: Callable[..., NodeClient]) -> None:
    """A board fetches its token with a one-time code, and has it at its next start."""
    first = client("board", "lobby", *ONE, "--once", "--enrol", enrolled(hub, "lobby"))
    assert first.until(event="enrolled") == {"event": "enrolled", "token": True, "certificate": False}
    first.until(event="rows", state="online")
    again = client("board", "lobby", *ONE, "--once")
    again.until(event="rows", state="online")


def test_enrols_for_a_certificate(hub: HubProcess, client: Callable[..., NodeClient]) -> None:
    """A board that sends a request gets a certificate, which lets it in from then on."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "foyer")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    (hub.folder / "foyer.csr").write_bytes(request.public_bytes(Encoding.PEM))
    write_private(hub.folder / "foyer.key", pem_of_key(key))
    own = ("--key", str(hub.folder / "foyer.key"))
    asking = ("--enrol", enrolled(hub, "foyer"), "--request", str(hub.folder / "foyer.csr"))
    first = client("board", "foyer", *ONE, "--once", *own, *asking)
    assert first.until(event="enrolled") == {"event": "enrolled", "token": False, "certificate": True}
    first.until(event="rows", state="online")
    again = client("board", "foyer", *ONE, "--once", *own)
    again.until(event="rows", state="online")


@pytest.mark.parametrize("mode", list(SCENARIOS))
def test_conforms(trials: dict[str, tuple[subprocess.Popen[str], Path]], mode: str) -> None:
    """The conformance kit finds no fault in the client, in either mode."""
    kit, report = trials[mode]
    said, _ = kit.communicate(timeout=60)
    assert kit.returncode == 0, said
    assert said.count("PASS") == len(SCENARIOS[mode]) - 1
    assert report.exists()
