"""A station's own authority from the command line, checked with OpenSSL's own program where it can be."""

from __future__ import annotations

import stat
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from stationmaster.cli.main import main
from stationmaster.hub.open_protocol.authority import Authority, load_certificate, load_key, read_revoked
from stationmaster.hub.open_protocol.certificates import Purpose, certified, request_of
from stationmaster.hub.open_protocol.client_certificates import ClientCertificates
from stationmaster_base.errors import StationError
from support.certificates import TestAuthority

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """`stationmaster pki …`: the exit code, what it writes, what it complains of."""

    def run(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["pki", *(str(word) for word in words)])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def pki(tmp_path: Path, run: Run) -> Path:
    folder = tmp_path / "pki"
    assert run("init", folder, "A station")[0] == 0
    return folder


def csr(name: str, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    """A request."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, SHA256())
    return made.public_bytes(Encoding.PEM).decode()


def openssl(*words: object) -> str:
    """What OpenSSL's program says."""
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_openssl_finds_them_good(pki: Path, run: Run) -> None:
    """A hub's certificate is good for a server, a subsystem's for a client, and neither for the other."""
    run("issue", pki, "hub", "--host", "hub.station.example", "--host", "10.0.0.2", "--host", "fd00::2")
    run("issue", pki, "guidance-2")
    for name, purpose, good in (
        ("hub", "sslserver", True),
        ("hub", "sslclient", False),
        ("guidance-2", "sslclient", True),
        ("guidance-2", "sslserver", False),
    ):
        said = openssl("verify", "-purpose", purpose, "-CAfile", pki / "authority.pem", pki / f"{name}.pem")
        assert said.strip().endswith(": OK") is good, said
    assert certified(load_certificate(pki / "hub.pem")).hosts == ("hub.station.example", "10.0.0.2", "fd00::2")
    text = openssl("x509", "-in", pki / "authority.pem", "-noout", "-text")
    assert "prime256v1" in text
    assert "CA:TRUE, pathlen:0" in text
    assert "Certificate Sign, CRL Sign" in text


def test_keys_are_their_owners_alone(pki: Path, run: Run) -> None:
    """Nobody else may read a key, and the authority's folder is closed."""
    run("issue", pki, "hub", "--host", "hub")
    for key in (pki / "authority.key", pki / "hub.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(pki.stat().st_mode) == 0o700


def test_renewal(pki: Path, run: Run) -> None:
    """A renewed certificate is for the same hosts and key, or for a new key if that is wanted."""
    run("issue", pki, "hub", "--host", "hub", "--days", "10")
    first, key = load_certificate(pki / "hub.pem"), load_key(pki / "hub.key")
    assert run("renew", pki, "hub")[0] == 0
    second = load_certificate(pki / "hub.pem")
    assert second.public_key() == first.public_key()
    assert certified(second).hosts == ("hub",)
    assert second.not_valid_after_utc - first.not_valid_after_utc > timedelta(days=700)
    run("renew", pki, "hub", "--new-key")
    third = load_certificate(pki / "hub.pem")
    assert third.public_key() == load_key(pki / "hub.key").public_key() != key.public_key()


def test_revocation_and_the_list(pki: Path, run: Run) -> None:
    """A revoked certificate is on the signed list, by name with all its renewals, and the list of all says so."""
    run("issue", pki, "guidance-2")
    run("renew", pki, "guidance-2")
    run("issue", pki, "query")
    code, said, _ = run("revoke", pki, "guidance-2")
    assert code == 0
    assert said.count("revoked\n") == 2
    authority = Authority(pki)
    revoked = {each.serial for each in read_revoked(pki / "revoked.pem", authority.certificate)}
    assert revoked == {each.serial for each in authority.issued() if each.name == "guidance-2"}
    both = pki / "both.pem"
    both.write_text((pki / "authority.pem").read_text() + (pki / "revoked.pem").read_text())
    for name, good in (("guidance-2", False), ("query", True)):
        said = openssl("verify", "-crl_check", "-CAfile", both, pki / f"{name}.pem")
        assert said.strip().endswith(": OK") is good, said
    lines = run("list", pki)[1].splitlines()
    assert [line.rpartition(": ")[2].split()[0] for line in lines[:-1]].count("revoked") == 2
    assert "until 2" in lines[-1]
    serial = next(each.serial for each in authority.issued() if each.name == "query")
    assert run("revoke", pki, f"{serial:x}")[0] == 0
    assert run("revoke", pki, "query")[0] == 2


def test_a_request_from_elsewhere(pki: Path, run: Run, tmp_path: Path) -> None:
    """A device that made its key by itself gets a certificate for it, and only for its own name."""
    key, file = ec.generate_private_key(ec.SECP256R1()), tmp_path / "r.csr"
    file.write_text(csr("guidance-2", key))
    assert "asks for a certificate of 'guidance-2'" in run("issue", pki, "query", "--request", file)[2]
    assert run("issue", pki, "guidance-2", "--request", file)[0] == 0
    made = certified(load_certificate(pki / "guidance-2.pem"))
    assert (made.name, made.purpose) == ("guidance-2", Purpose.SUBSYSTEM)
    assert not (pki / "guidance-2.key").exists()


def test_bad_requests() -> None:
    """What is no request, has another kind of key or was changed afterwards is refused."""
    pem = csr("x", ec.generate_private_key(ec.SECP256R1()))
    der = x509.load_pem_x509_csr(pem.encode()).public_bytes(Encoding.DER)
    changed = x509.load_der_x509_csr(der[:-3] + bytes([der[-3] ^ 1]) + der[-2:]).public_bytes(Encoding.PEM).decode()
    for bad in ("", "密", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", changed):
        with pytest.raises(StationError) as raised:
            request_of(bad)
        assert raised.value.code == "bad-request"
    with pytest.raises(StationError, match="EC P-256"):
        request_of(csr("x", rsa.generate_private_key(public_exponent=65537, key_size=2048)))
    assert request_of(pem)[0] == "x"


def test_what_is_not_possible_is_said(pki: Path, run: Run, tmp_path: Path) -> None:
    """Each mistake is one message and exit code 2, and nothing is written over."""
    run("issue", pki, "hub", "--host", "hub")
    kept = (pki / "hub.pem").read_text()
    for words, says in (
        (("init", pki, "again"), "There is an authority"),
        (("issue", pki, "hub"), "is there already"),
        (("issue", pki, "../hub"), "cannot be the name of a file"),
        (("issue", pki, "authority"), "cannot be the name of a file"),
        (("issue", pki, "x" * 65), "is no name"),
        (("issue", pki, "other", "--host", "no host"), "is no host name"),
        (("issue", pki, "other", "--request", tmp_path / "none"), "cannot be read"),
        (("renew", pki, "nobody"), "nobody.pem is no certificate"),
        (("revoke", pki, "nobody"), "No certificate that counts"),
        (("list", tmp_path), "authority.pem is no certificate"),
    ):
        code, _, said = run(*words)
        assert (code, says in said) == (2, True), said
    assert (pki / "hub.pem").read_text() == kept


def test_nothing_outlives_its_authority(pki: Path) -> None:
    """A certificate is never valid for longer than who signed it."""
    authority = Authority(pki)
    made = authority.issue(
        ec.generate_private_key(ec.SECP256R1()).public_key(), name="x", now=datetime.now(UTC), days=36500
    )
    assert made.not_valid_after_utc == authority.certificate.not_valid_after_utc


def test_the_hub_reads_the_list_again(tmp_path: Path) -> None:
    """A list that has changed counts when it is looked at; one that is no good, or another's, leaves the last one."""
    pki = TestAuthority(tmp_path / "one")
    certificate, _, serial = pki.make("guidance-2")
    der = load_certificate(certificate).public_bytes(Encoding.DER)
    certificates = ClientCertificates(pki.pem, pki.revoked, None)
    assert not certificates.look()
    assert not certificates.shown(der).revoked
    pki.authority.revoke([serial], pki.now)
    assert certificates.look()
    seen = certificates.shown(der)
    assert (seen.name, seen.serial, seen.revoked) == ("guidance-2", f"{serial:x}", True)
    other = TestAuthority(tmp_path / "two")
    for bad in ("nonsense", other.revoked.read_text()):
        pki.revoked.write_text(bad)
        assert not certificates.look()
        assert certificates.is_revoked(f"{serial:x}")
    pki.revoked.unlink()
    assert not certificates.look()
    assert certificates.is_revoked(f"{serial:x}")
    with pytest.raises(StationError, match=r"revoked\.pem is no list"):
        ClientCertificates(pki.pem, pki.revoked, None)
