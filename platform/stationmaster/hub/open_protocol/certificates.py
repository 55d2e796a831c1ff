"""Certificates as values: how an authority, a hub and a subsystem are certified, and what a certificate says.

EC P-256 with SHA-256. An authority signs certificates and lists of revoked ones and nothing else; a hub's certificate
is good for a server alone and a subsystem's for a client alone, so that neither can play the other.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from stationmaster_base.errors import StationError

__all__ = [
    "AUTHORITY_DAYS",
    "CERTIFICATE_DAYS",
    "Certified",
    "Purpose",
    "Revoked",
    "certified",
    "certify",
    "certify_authority",
    "pem_of",
    "pem_of_key",
    "request_of",
    "revocation_list",
    "subject_of",
]

AUTHORITY_DAYS = 7300
CERTIFICATE_DAYS = 730
REVOCATION_DAYS = 365
"""Days for which an authority, a certificate and a list of revoked ones are valid, unless told otherwise."""

_BACKDATED = timedelta(hours=1)
"""Before now a certificate begins to be valid, for clocks that are a little slow."""

_LONGEST_NAME = 64


class Purpose(StrEnum):
    """What a certificate is for."""

    HUB = "hub"
    SUBSYSTEM = "subsystem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """What a certificate says; `hosts` are a hub's names and addresses."""

    serial: int
    name: str
    purpose: Purpose | None
    hosts: tuple[str, ...]
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """A certificate that does not count any more, since `at`."""

    serial: int
    at: datetime


def certify_authority(key: ec.EllipticCurvePrivateKey, name: str, now: datetime) -> x509.Certificate:
    """An authority's certificate, signed by itself.

    Raises:
        StationError: `bad-name`.

    """
    subject = _subject(name)
    builder = _builder(subject, subject, key.public_key(), now, now + timedelta(days=AUTHORITY_DAYS))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(authority=True), critical=True)
    return builder.sign(key, hashes.SHA256())


def certify(
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    public_key: ec.EllipticCurvePublicKey,
    *,
    name: str,
    hosts: Sequence[str],
    now: datetime,
    days: int,
) -> x509.Certificate:
    """A certificate for a hub that is reached at `hosts`, or without any for a subsystem with the identity `name`.

    It is never valid for longer than the authority.

    Raises:
        StationError: `bad-name`, `bad-host`.

    """
    until = min(now + timedelta(days=days), authority.not_valid_after_utc)
    builder = _builder(_subject(name), authority.subject, public_key, now, until)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(authority=False), critical=True)
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if hosts else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
    )
    if hosts:
        names = x509.SubjectAlternativeName([_host(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(authority_key, hashes.SHA256())


def request_of(pem: str) -> tuple[str, ec.EllipticCurvePublicKey]:
    """The name and the key of a request for a certificate that proves that its maker has the key.

    Raises:
        StationError: `bad-request`.

    """
    try:
        request = x509.load_pem_x509_csr(pem.encode("ascii"))
        key = request.public_key()
        good = request.is_signature_valid
    except (ValueError, TypeError) as error:
        raise _bad_request("It cannot be read") from error
    if not good:
        raise _bad_request("Its signature is wrong")
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1):
        raise _bad_request("Its key is not one of EC P-256 or P-384")
    return subject_of(request.subject), key


def revocation_list(
    authority: x509.Certificate, key: ec.EllipticCurvePrivateKey, revoked: Iterable[Revoked], now: datetime
) -> x509.CertificateRevocationList:
    """The list of these, signed by the authority."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(authority.subject)
    builder = builder.last_update(now - _BACKDATED).next_update(now + timedelta(days=REVOCATION_DAYS))
    for each in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(each.serial).revocation_date(each.at).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(key, hashes.SHA256())


def certified(certificate: x509.Certificate) -> Certified:
    """What a certificate says."""
    hosts: tuple[str, ...] = ()
    purpose = None
    for extension in certificate.extensions:
        value = extension.value
        if isinstance(value, x509.SubjectAlternativeName):
            hosts = tuple(str(each.value) for each in value)
        if isinstance(value, x509.ExtendedKeyUsage):
            if ExtendedKeyUsageOID.SERVER_AUTH in value:
                purpose = Purpose.HUB
            elif ExtendedKeyUsageOID.CLIENT_AUTH in value:
                purpose = Purpose.SUBSYSTEM
    return Certified(
        serial=certificate.serial_number,
        name=subject_of(certificate.subject),
        purpose=purpose,
        hosts=hosts,
        since=certificate.not_valid_before_utc,
        until=certificate.not_valid_after_utc,
    )


def subject_of(name: x509.Name) -> str:
    """The one common name; empty if there is none or more than one."""
    names = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if len(names) == 1 else ""


def pem_of(certificate: x509.Certificate) -> str:
    """The certificate in PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def pem_of_key(key: ec.EllipticCurvePrivateKey) -> str:
    """The key in PEM (PKCS #8), without a password: its file is for its owner alone."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode("ascii")


def _subject(name: str) -> x509.Name:
    if not name.strip() or len(name) > _LONGEST_NAME:
        raise StationError(
            "bad-name", f"{name!r} is no name for a certificate.", f"It has 1 to {_LONGEST_NAME} characters."
        )
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    labels = host.split(".")
    if len(host) > 253 or not all(_label(label) for label in labels):
        raise StationError("bad-host", f"{host!r} is no host name and no address.", "As in: hub.example, 10.0.0.2.")
    return x509.DNSName(host)


def _label(label: str) -> bool:
    inner = label.replace("-", "")
    return 0 < len(label) < 64 and inner.isascii() and inner.isalnum() and label[0] != "-" != label[-1]


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, until: datetime
) -> x509.CertificateBuilder:
    now = now.astimezone(UTC).replace(microsecond=0)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - _BACKDATED).not_valid_after(until)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _bad_request(problem: str) -> StationError:
    return StationError(
        "bad-request", f"{problem}: this is no request for a certificate.", "Send PKCS #10 in PEM, with an EC key."
    )
