"""Certificates for tests: an authority of their own, and whatever it is to sign."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from stationmaster.hub.open_protocol.authority import Authority, write_private
from stationmaster.hub.open_protocol.certificates import pem_of, pem_of_key
from stationmaster_protocol.tls import TlsFiles, TlsTrust


class TestAuthority:
    """An authority in a folder; certificates are made beside it."""

    __test__ = False

    def __init__(self, folder: Path, name: str = "A test's authority") -> None:
        self.folder = folder
        self.now = datetime.now(UTC)
        self.authority = Authority.create(folder / "authority", name, self.now)
        self.pem = folder / "authority" / "authority.pem"
        self.revoked = folder / "authority" / "revoked.pem"

    def make(self, name: str, *hosts: str, days: int = 30, ago: timedelta = timedelta()) -> tuple[Path, Path, int]:
        """The files of a certificate and of its key, and its serial number; with hosts it is a hub's."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self.authority.issue(key.public_key(), name=name, hosts=hosts, now=self.now - ago, days=days)
        certificate, private = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        certificate.write_text(pem_of(made))
        write_private(private, pem_of_key(key))
        return certificate, private, made.serial_number

    def hub(self, *hosts: str, clients: bool = True) -> TlsFiles:
        """The files of a hub on this machine; `clients`: it asks clients for certificates."""
        certificate, key, _ = self.make("hub", *(hosts or ("localhost", "127.0.0.1", "::1")))
        return TlsFiles(certificate=certificate, key=key, client_authority=self.pem if clients else None)

    def client(self, identity: str | None = None, *, server_name: str = "", days: int = 30) -> TlsTrust:
        """How a client knows a hub of this authority; with an identity it has a certificate as well."""
        if identity is None:
            return TlsTrust(authority=self.pem, server_name=server_name)
        certificate, key, _ = self.make(identity, days=days)
        return TlsTrust(authority=self.pem, server_name=server_name, certificate=certificate, key=key)
