"""A hub's process with TLS: what an operator does from the command line, and what comes of it at the port."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from stationmaster.cli.main import main
from stationmaster.hub.open_protocol.certificates import pem_of_key
from stationmaster_base.clock import Anchor, write_anchor
from stationmaster_base.times import from_iso
from stationmaster_protocol.codec import LARGEST_TO_CLIENT, LARGEST_TO_HUB, FrameReader, decode, encode
from stationmaster_protocol.messages import Enrol, Enrolled, Error, Hello, Message, Welcome
from support.ports import ENVIRONMENT, free_block

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"
PATIENCE_S = 30.0
PROGRAM = (
    "import sys; from pathlib import Path; from stationmaster.hub.main import main; sys.exit(main(Path(sys.argv[1])))"
)


class Wire:
    """A client that speaks TLS by Python's own library and not by ours."""

    def __init__(self, port: int, authority: Path, own: tuple[Path, Path] | None = None) -> None:
        context = ssl.create_default_context(cafile=authority)
        if own is not None:
            context.load_cert_chain(*own)
        plain = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self._wire = context.wrap_socket(plain, server_hostname="127.0.0.1")
        self._reader = FrameReader(LARGEST_TO_CLIENT)

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self._wire.close()

    def ask(self, message: Message) -> Message:
        """The answer to a message."""
        self._wire.sendall(encode(message, largest=LARGEST_TO_HUB))
        return self.hear()

    def hear(self) -> Message:
        """What the hub says next."""
        while data := self._wire.recv(65536):
            for document in self._reader.documents(data):
                return decode(document)
        raise AssertionError("the hub has closed without a word")


class TlsHub:
    """A hub's process, and an operator at its machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pki = folder / "pki"
        self.authority = self.pki / "authority.pem"
        self.config = folder / "hub.toml"
        self.web = free_block()
        self.port = self.web + 1
        shutil.copytree(SAMPLE, folder / "station")
        timetable = folder / "station" / "timetable.csv"
        timetable.write_text("".join(timetable.read_text("utf-8").splitlines(keepends=True)[:8]), "utf-8")
        write_anchor(folder / "clock.json", Anchor(station=from_iso("2026-03-01T00:00:00Z"), machine=0.0, rate=0.0))
        self.config.write_text(
            f'[clock]\nfile = "clock.json"\n[hub]\nstation = "station"\nport = {self.web}\n'
            f'protocol_port = {self.port}\nprotocol_listen = "0.0.0.0"\n'
            '[hub.operators]\ncontroller = "an-operator-s-secret"\n'
            '[hub.protocol]\ncertificate = "pki/hub.pem"\nkey = "pki/hub.key"\n'
            'client_authority = "pki/authority.pem"\nrevoked = "pki/revoked.pem"\nsigning = "pki"\n',
            "utf-8",
        )
        self.log = folder / "hub.log"

    def start(self) -> subprocess.Popen[bytes]:
        """Start it, and wait until it is up."""
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, str(self.config)], stdout=log, stderr=log, env=ENVIRONMENT
            )
        self.until(lambda: '"event": "up"' in self.log.read_text("utf-8"))
        return process

    def until(self, true: Callable[[], object]) -> None:
        """Wait until something is true."""
        end = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < end, self.log.read_text("utf-8")
            threading.Event().wait(0.02)  # nothing depends on its length

    def connect(self, own: tuple[Path, Path] | None = None) -> Wire:
        """A connection."""
        return Wire(self.port, self.authority, own)

    def refusals(self) -> list[tuple[str, str]]:
        """Reason and identity of everything that was refused, from the log."""
        lines = [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]
        return [(line["reason"], line["identity"]) for line in lines if line["event"] == "refused"]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsHub]:
    made = TlsHub(tmp_path_factory.mktemp("tls"))
    assert main(["pki", "init", str(made.pki), "A station"]) == 0
    assert main(["pki", "issue", str(made.pki), "hub", "--host", "127.0.0.1"]) == 0
    process = made.start()
    yield made
    process.terminate()
    assert process.wait(PATIENCE_S) == 0
    assert "Traceback" not in made.log.read_text("utf-8")


Say = Callable[..., str]


@pytest.fixture
def say(hub: TlsHub, capsys: pytest.CaptureFixture[str]) -> Say:
    """`stationmaster …` with the hub's configuration; what it writes."""

    def run(*words: str) -> str:
        capsys.readouterr()
        assert main([*words[:2], str(hub.config if words[0] == "subsystem" else hub.pki), *words[2:]]) == 0
        return capsys.readouterr().out.strip()

    return run


def test_from_the_code_to_the_end(hub: TlsHub, say: Say) -> None:
    """Enrolled by a code, in with the token, a new token while the old one counts, out at once when revoked."""
    code = say("subsystem", "enrol", "guidance-2", "--kind", "guidance")
    with hub.connect() as first:
        given = first.ask(Enrol(identity="guidance-2", code=code))
        assert isinstance(given, Enrolled)
        assert isinstance(first.ask(Hello(identity="guidance-2", token=given.token)), Welcome)
    shown = "guidance-2 (guidance): token"
    hub.until(lambda: shown in say("subsystem", "list").splitlines())  # it is written down
    new = say("subsystem", "rotate", "guidance-2")
    with hub.connect() as old:
        assert isinstance(old.ask(Hello(identity="guidance-2", token=given.token)), Welcome)
    with hub.connect() as session:
        assert isinstance(session.ask(Hello(identity="guidance-2", token=new)), Welcome)
        hub.until(lambda: shown in say("subsystem", "list").splitlines())
        with hub.connect() as late:
            assert refused(late.ask(Hello(identity="guidance-2", token=given.token))) == "not-authenticated"
        assert say("subsystem", "revoke", "guidance-2") == "guidance-2: revoked; its session was ended"
        assert refused(session.hear()) == "revoked"
    with hub.connect() as after:
        assert refused(after.ask(Hello(identity="guidance-2", token=new))) == "revoked"
    with hub.connect() as again:
        assert refused(again.ask(Enrol(identity="guidance-2", code=code))) == "not-enrolled"
    codes = ("not-authenticated", "revoked", "not-enrolled")
    hub.until(lambda: hub.refusals()[-3:] == [(code, "guidance-2") for code in codes])


def test_a_certificate_that_the_hub_signs(hub: TlsHub, say: Say) -> None:
    """A key that never leaves its maker, a certificate for it, no token, and out as soon as it is revoked."""
    code = say("subsystem", "enrol", "broadcast", "--kind", "broadcast")
    key = ec.generate_private_key(ec.SECP256R1())
    with hub.connect() as first:
        given = first.ask(Enrol(identity="broadcast", code=code, request=request("broadcast", key)))
    assert isinstance(given, Enrolled)
    assert (given.token, given.authority) == ("", hub.authority.read_text())
    own = hub.folder / "broadcast.pem", hub.folder / "broadcast.key"
    own[0].write_text(given.certificate)
    own[1].write_text(pem_of_key(key))
    with hub.connect(own) as other:
        assert refused(other.ask(Hello(identity="guidance-9"))) == "not-authenticated"
    with hub.connect() as bare:
        assert refused(bare.ask(Hello(identity="broadcast"))) == "not-authenticated"
    with hub.connect(own) as session:
        assert isinstance(session.ask(Hello(identity="broadcast")), Welcome)
        say("pki", "revoke", "broadcast")
        assert refused(session.hear()) == "revoked"
    with hub.connect(own) as after:
        assert refused(after.ask(Hello(identity="broadcast"))) == "revoked"
    assert "broadcast (broadcast): nothing that counts" in say("subsystem", "list").splitlines()


def test_certificates_that_an_authority_made(hub: TlsHub, say: Say) -> None:
    """Where the authority hands certificates out by itself, the operator only says who may come with one."""
    say("pki", "issue", "query")
    own = hub.pki / "query.pem", hub.pki / "query.key"
    with hub.connect(own) as stranger:
        assert refused(stranger.ask(Hello(identity="query"))) == "not-authenticated"
    say("subsystem", "enrol", "query", "--kind", "query", "--certificate")
    with hub.connect(own) as session:
        assert isinstance(session.ask(Hello(identity="query")), Welcome)


def test_a_request_for_somebody_else(hub: TlsHub, say: Say) -> None:
    """A code is good for a certificate of its own identity alone, and is not used up by another's."""
    code = say("subsystem", "enrol", "voice", "--kind", "voice")
    key = ec.generate_private_key(ec.SECP256R1())
    for pem in (request("broadcast", key), "no request"):
        with hub.connect() as wire:
            assert refused(wire.ask(Enrol(identity="voice", code=code, request=pem))) == "not-enrolled"
    with hub.connect() as wire:
        assert isinstance(wire.ask(Enrol(identity="voice", code=code)), Enrolled)


def test_a_renewed_certificate_of_the_hub(hub: TlsHub, say: Say) -> None:
    """The hub shows a renewed certificate from the next connection on."""
    before = ssl.get_server_certificate(("127.0.0.1", hub.port))
    say("pki", "renew", "hub")
    after = ssl.get_server_certificate(("127.0.0.1", hub.port))
    assert before != after == (hub.pki / "hub.pem").read_text()


def test_plain_text_gets_nowhere(hub: TlsHub) -> None:
    """A client without TLS is closed, logged and counted."""
    before = hub.refusals().count(("not-tls", ""))
    with socket.create_connection(("127.0.0.1", hub.port), timeout=PATIENCE_S) as wire:
        wire.sendall(encode(Hello(identity="guidance-2", token="x"), largest=LARGEST_TO_HUB))
        while wire.recv(65536):
            pass
    hub.until(lambda: hub.refusals().count(("not-tls", "")) == before + 1)
    with urlopen(f"http://127.0.0.1:{hub.web}/metrics", timeout=PATIENCE_S) as answer:
        assert b'stationmaster_hub_refused_total{reason="not-tls"}' in answer.read()


def test_only_operators_are_told_secrets(hub: TlsHub) -> None:
    """The page for identities wants an operator's token, and no proxy or browser in between."""

    def status(headers: dict[str, str]) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", hub.web, timeout=PATIENCE_S)
        connection.request("POST", "/api/v1/identities", json.dumps({"do": "revoke", "identity": "x"}), headers)
        code = connection.getresponse().status
        connection.close()
        return code

    good = {"Authorization": "Bearer an-operator-s-secret"}
    assert status({}) == 401
    assert status({"Authorization": "Bearer wrong"}) == 401
    assert status({**good, "Origin": "http://elsewhere"}) == 403
    assert status(good) == 404


def request(identity: str, key: ec.EllipticCurvePrivateKey) -> str:
    """A request for a certificate."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, identity)])
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return made.public_bytes(Encoding.PEM).decode()


def refused(message: Message) -> str:
    """The code of an error."""
    assert isinstance(message, Error), message
    return message.code


def test_what_the_hub_refuses_an_operator(hub: TlsHub, capsys: pytest.CaptureFixture[str]) -> None:
    """A kind that there is not, an identity that there is not, and half a command are said, with exit code 2."""
    for words, says in (
        (("enrol", "west", "--kind", "loudspeaker"), "Kinds are guidance"),
        (("rotate", "nobody"), "No identity is called 'nobody'"),
        (("revoke", "nobody"), "No identity is called 'nobody'"),
        (("list", "--as", "somebody"), "Operators are: controller"),
    ):
        assert main(["subsystem", words[0], str(hub.config), *words[1:]]) == 2
        assert says in capsys.readouterr().err
    for words in (("enrol", "west"), ("list", "west"), ("revoke",), ("rotate", "west", "--kind", "query")):
        with pytest.raises(SystemExit):
            main(["subsystem", words[0], str(hub.config), *words[1:]])
        assert "subsystem: error" in capsys.readouterr().err


@pytest.mark.parametrize(
    "body",
    [
        *("", "[]", "{}", '{"do": "enrol", "identity": "x"}', '{"do": "dance", "identity": "x"}', "x" * 20_000),
        *('{"do": "rotate", "identity": "x", "grace_s": null}', "[" * 9000, '{"do": "rotate", "identity": NaN}'),
    ],
)
def test_what_is_no_request(hub: TlsHub, body: str) -> None:
    """The page for identities answers 400 to what it cannot read."""
    connection = http.client.HTTPConnection("127.0.0.1", hub.web, timeout=PATIENCE_S)
    connection.request("POST", "/api/v1/identities", body, {"Authorization": "Bearer an-operator-s-secret"})
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["error"]) == (400, "bad-request")
    connection.close()
