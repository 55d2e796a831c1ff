"""TLS at both ends of the open protocol, over real sockets on this machine: who gets in, and what is said of others."""

from __future__ import annotations

import socket
import ssl
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.selectreactor import SelectReactor
from twisted.python.failure import Failure

from stationmaster_agent.settings import HostPort
from stationmaster_base.configuration import Faults, Table
from stationmaster_base.errors import ConfigurationError, StationError
from stationmaster_protocol.codec import LARGEST_TO_HUB, FrameReader
from stationmaster_protocol.errors import RemoteProtocolError
from stationmaster_protocol.hub_side import Peer
from stationmaster_protocol.tls import (
    TlsFiles,
    TlsRefused,
    TlsTrust,
    client_endpoint,
    is_loopback,
    server_endpoint,
    tls_factory,
    trust_from_table,
)
from stationmaster_protocol.transport import StreamTransport, peer_of
from support.certificates import TestAuthority

PATIENCE_S = 5.0


class Talker(Protocol):
    """Says its piece when it is connected, and keeps what it hears."""

    def __init__(self, talk: Talk, says: bytes) -> None:
        self.talk = talk
        self.says = says
        self.heard = b""
        self.peer: Peer | None = None
        self.lost: BaseException | None = None

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        wire: Any = self.transport
        wire.write(self.says)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        self.heard += data
        self.peer = peer_of(cast("StreamTransport", self.transport))

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802 - Twisted's name
        self.lost = reason.value


class Talk:
    """A server and its clients, on a reactor of their own."""

    def __init__(self) -> None:
        self.reactor: Any = SelectReactor()
        self.served: list[Talker] = []
        self.refused: list[tuple[str, TlsRefused]] = []
        self._ports: list[Any] = []

    def factory(self, made: list[Talker], says: bytes) -> Factory[Talker]:
        """Keeps its protocols in `made`."""

        def build() -> Talker:
            made.append(Talker(self, says))
            return made[-1]

        return Factory.forProtocol(build)

    def listen(self, files: TlsFiles | None) -> int:
        """Listen; the port."""
        endpoint = server_endpoint(self.reactor, "127.0.0.1", 0, files, lambda *said: self.refused.append(said))
        self._ports.append(self.now(endpoint.listen(self.factory(self.served, b"server"))))
        return int(self._ports[-1].getHost().port)

    def connect(self, port: int, trust: TlsTrust | None, host: str = "127.0.0.1") -> Talker:
        """Connect."""
        made: list[Talker] = []
        connecting = client_endpoint(self.reactor, HostPort(host=host, port=port), trust).connect(
            self.factory(made, b"client")
        )
        self.now(connecting)
        return made[0]

    def until(self, true: Callable[[], object]) -> None:
        """Let the reactor run until something is true."""
        end = self.reactor.seconds() + PATIENCE_S
        while not true():
            assert self.reactor.seconds() < end, "it did not come to that"
            self.reactor.runUntilCurrent()
            self.reactor.doIteration(0.02)

    def now(self, given: Deferred[Any]) -> Any:
        """What a deferred gives, as soon as it does."""
        outcome: list[Any] = []
        given.addBoth(outcome.append)
        self.until(lambda: outcome)
        if isinstance(outcome[0], Failure):
            outcome[0].raiseException()
        return outcome[0]

    def refusal(self, client: Talker) -> tuple[str, str]:
        """The codes at the client and at the server after a connection that came to nothing."""
        self.until(lambda: client.lost is not None and self.refused)
        assert isinstance(client.lost, TlsRefused)
        assert b"client" not in b"".join(each.heard for each in self.served)
        ((address, refused),) = self.refused
        assert address == "127.0.0.1"
        assert str(refused).endswith(f"({refused.code})")
        return client.lost.code, refused.code

    def close(self) -> None:
        """Let go of every socket."""
        self.reactor.disconnectAll()
        for port in self._ports:
            port.stopListening()
        self.reactor.iterate(0)


@pytest.fixture
def talk() -> Iterator[Talk]:
    running = Talk()
    yield running
    running.close()


@pytest.fixture
def pki(tmp_path: Path) -> TestAuthority:
    return TestAuthority(tmp_path)


def test_both_ends_hear_each_other(talk: Talk, pki: TestAuthority) -> None:
    """A client that knows the hub's authority gets through, without a certificate of its own."""
    client = talk.connect(talk.listen(pki.hub()), pki.client())
    talk.until(lambda: client.heard == b"server" and talk.served and talk.served[0].heard == b"client")
    assert talk.served[0].peer == Peer(address="127.0.0.1", secure=True)
    assert talk.refused == []


def test_a_clients_certificate_is_seen(talk: Talk, pki: TestAuthority) -> None:
    """A client's certificate reaches the hub in DER when the authority has signed it."""
    client = talk.connect(talk.listen(pki.hub()), pki.client("guidance-2"))
    talk.until(lambda: talk.served and talk.served[0].heard == b"client")
    assert client.lost is None
    peer = talk.served[0].peer
    assert peer is not None
    assert b"guidance-2" in (peer.certificate or b"")


def test_the_name_may_be_given(talk: Talk, pki: TestAuthority) -> None:
    """Where the hub is reached by another name than its certificate's, the settings name that one."""
    port = talk.listen(pki.hub("hub.station.example"))
    client = talk.connect(port, pki.client(server_name="hub.station.example"))
    talk.until(lambda: client.heard == b"server")


def test_a_hub_of_another_name_is_not_believed(talk: Talk, pki: TestAuthority) -> None:
    """A certificate of the right authority for another host is refused, and nothing was sent to it."""
    client = talk.connect(talk.listen(pki.hub("hub.station.example")), pki.client())
    assert talk.refusal(client) == ("wrong-name", "refused-by-peer")


def test_a_hub_of_another_authority_is_not_believed(talk: Talk, pki: TestAuthority, tmp_path: Path) -> None:
    """A hub whose authority the client does not know is refused, at both ends."""
    other = TestAuthority(tmp_path / "other")
    assert talk.refusal(talk.connect(talk.listen(pki.hub()), other.client())) == ("wrong-authority", "refused-by-peer")


def test_a_hub_that_has_expired_is_not_believed(talk: Talk, pki: TestAuthority) -> None:
    """An expired certificate of a hub is refused."""
    certificate, key, _ = pki.make("hub", "127.0.0.1", days=30, ago=timedelta(days=31))
    client = talk.connect(talk.listen(TlsFiles(certificate=certificate, key=key)), pki.client())
    assert talk.refusal(client) == ("certificate-expired", "refused-by-peer")


def test_a_hub_with_a_clients_certificate_is_not_believed(talk: Talk, pki: TestAuthority) -> None:
    """A subsystem that listens as a hub is refused although the authority has signed its certificate."""
    certificate, key, _ = pki.make("127.0.0.1")
    client = talk.connect(talk.listen(TlsFiles(certificate=certificate, key=key)), pki.client())
    assert talk.refusal(client) == ("wrong-purpose", "refused-by-peer")


@pytest.mark.parametrize("kind", ["wrong-authority", "certificate-expired", "wrong-purpose"])
def test_a_client_whose_certificate_is_no_good(talk: Talk, pki: TestAuthority, tmp_path: Path, kind: str) -> None:
    """A client's certificate that is another's, expired or a hub's is refused, and the hub can say why."""
    port = talk.listen(pki.hub())
    maker = TestAuthority(tmp_path / "other") if kind == "wrong-authority" else pki
    hosts = ("127.0.0.1",) if kind == "wrong-purpose" else ()
    ago = timedelta(days=31) if kind == "certificate-expired" else timedelta()
    certificate, key, _ = maker.make("guidance-2", *hosts, ago=ago)
    client = talk.connect(port, TlsTrust(authority=pki.pem, certificate=certificate, key=key))
    assert talk.refusal(client) == ("refused-by-peer", kind)


def test_plain_text_to_a_tls_port(talk: Talk, pki: TestAuthority) -> None:
    """A client without TLS is refused by a TLS port, and nothing of it reaches the protocol."""
    client = talk.connect(talk.listen(pki.hub()), None)
    talk.until(lambda: client.lost is not None and talk.refused)
    assert [refused.code for _, refused in talk.refused] == ["not-tls"]
    assert talk.served[0].heard == b""


def test_tls_to_a_plain_port(talk: Talk, pki: TestAuthority) -> None:
    """A client with TLS says that the port is none for it."""
    client = talk.connect(talk.listen(None), pki.client())
    talk.until(lambda: client.lost is not None)
    assert isinstance(client.lost, TlsRefused)
    assert client.lost.code == "not-tls"


def test_old_tls_is_refused(talk: Talk, pki: TestAuthority) -> None:
    """TLS 1.1 is refused, whatever the ciphers."""
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that it is old is what is tried
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    wrapped = old.wrap_bio(incoming, outgoing)
    with pytest.raises(ssl.SSLWantReadError):
        wrapped.do_handshake()
    with socket.create_connection(("127.0.0.1", talk.listen(pki.hub()))) as wire:
        wire.sendall(outgoing.read())
        talk.until(lambda: talk.refused)
    assert [refused.code for _, refused in talk.refused] == ["old-tls"]


@pytest.mark.parametrize(("version", "cipher"), [("TLSv1.3", ""), ("TLSv1.2", "ECDHE"), ("TLSv1.2", "AES256-SHA")])
def test_versions_and_ciphers(talk: Talk, pki: TestAuthority, version: str, cipher: str) -> None:
    """TLS 1.2 and 1.3 are spoken, and of 1.2 no cipher without forward secrecy."""
    context = ssl.create_default_context(cafile=pki.pem)
    chosen = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}[version]
    context.minimum_version = context.maximum_version = chosen
    if cipher:
        context.set_ciphers(cipher)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    wrapped = context.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    with socket.create_connection(("127.0.0.1", talk.listen(pki.hub()))) as wire:
        wire.setblocking(False)

        def shaken() -> bool:
            try:
                wrapped.do_handshake()
            except ssl.SSLWantReadError:
                wire.sendall(outgoing.read())
                with suppress(BlockingIOError):
                    incoming.write(wire.recv(65536))
                return False
            return True

        if cipher == "AES256-SHA":
            with pytest.raises(ssl.SSLError, match=r"(?i)handshake.failure"):
                talk.until(shaken)
            assert [refused.code for _, refused in talk.refused] == ["no-cipher"]
        else:
            talk.until(shaken)
            assert wrapped.version() == version


def test_a_renewed_certificate_counts_from_the_next_connection_on(talk: Talk, pki: TestAuthority) -> None:
    """Files may change under a running hub; while they are no good, the ones before count."""
    files = pki.hub("hub.station.example")
    port = talk.listen(files)
    good = files.certificate.read_text()
    files.certificate.write_text("half a certif")
    first = talk.connect(port, pki.client(server_name="hub.station.example"))
    talk.until(lambda: first.heard == b"server")
    files.certificate.write_text(good)
    pki.hub("other.station.example")  # over the same files
    second = talk.connect(port, pki.client(server_name="other.station.example"))
    talk.until(lambda: second.heard == b"server")
    assert first.lost is None


def test_nothing_leaves_the_machine_in_plain_text(talk: Talk) -> None:
    """Without TLS there is no connection to another machine and no port that others could reach."""
    made: list[Talker] = []
    with pytest.raises(StationError, match="without TLS"):
        talk.now(client_endpoint(talk.reactor, HostPort(host="10.0.0.2"), None).connect(talk.factory(made, b"")))
    for interface in ("0.0.0.0", "::", "10.0.0.2", "hub.example", ""):
        with pytest.raises(StationError, match="without TLS"):
            server_endpoint(talk.reactor, interface, 0, None)
    assert made == []


@pytest.mark.parametrize(
    ("host", "near"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("127.0.0.1.example", False)],
)
def test_what_is_this_machine(host: str, near: bool) -> None:
    """Loopback addresses and `localhost` alone."""
    assert is_loopback(host) is near


def test_files_that_cannot_be_used(talk: Talk, pki: TestAuthority, tmp_path: Path) -> None:
    """A missing file, a file of something else and a key of something else are named."""
    good = pki.hub()
    _, other_key, _ = pki.make("other")
    for files, named in (
        (TlsFiles(certificate=tmp_path / "none.pem", key=good.key), "none.pem cannot be read"),
        (TlsFiles(certificate=good.key, key=good.key), "hub.key does not hold a certificate"),
        (TlsFiles(certificate=good.certificate, key=other_key), "other.key does not hold"),
        (TlsFiles(certificate=good.certificate, key=good.key, client_authority=good.key), "certificates"),
    ):
        with pytest.raises(StationError, match=named):
            tls_factory(talk.reactor, Factory(), files)
    trust = TlsTrust(authority=tmp_path / "none.pem")
    failed = client_endpoint(talk.reactor, HostPort(host="127.0.0.1"), trust).connect(Factory())
    with pytest.raises(StationError, match=r"none\.pem cannot be read"):
        talk.now(failed)


def test_trust_from_a_table(tmp_path: Path) -> None:
    """A subsystem's table `tls` names files beside it, or says that the machine's authorities are believed."""
    faults = Faults()

    def read(body: dict[str, Any]) -> TlsTrust | None:
        return trust_from_table(Table(body, "file", faults, "guidance"), tmp_path)

    assert read({}) is None
    assert read({"tls": {"authority": "system", "server_name": "hub"}}) == TlsTrust(server_name="hub")
    assert read({"tls": {"authority": "a.pem", "certificate": "c.pem", "key": "c.key"}}) == TlsTrust(
        authority=tmp_path / "a.pem", certificate=tmp_path / "c.pem", key=tmp_path / "c.key"
    )
    faults.raise_if_any()
    read({"tls": {"certificate": "c.pem", "insecure": True}})
    with pytest.raises(ConfigurationError) as raised:
        faults.raise_if_any()
    assert [fault.place for fault in raised.value.faults] == [
        "guidance.tls.authority",
        "guidance.tls.key",
        "guidance.tls.insecure",
    ]


@pytest.mark.parametrize("begins", [b"\x16\x03\x01\x02\x00", b"\x15\x03\x03\x00\x02"])
def test_tls_where_plain_text_was_expected_is_named(begins: bytes) -> None:
    """A handshake at a plain port, and a TLS port's alert at a plain client, are told as what they are."""
    with pytest.raises(RemoteProtocolError, match="This is TLS"):
        list(FrameReader(LARGEST_TO_HUB).documents(begins))
