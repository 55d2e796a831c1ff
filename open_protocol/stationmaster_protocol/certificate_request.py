"""A key of one's own and the request for a certificate to it, as `enrol` carries it; the key never leaves its maker."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = ["KeyAndRequest", "make_request", "pem_of_key"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAndRequest:
    """Both in PEM; whoever keeps the key lets nobody else read it."""

    key: str = field(repr=False)
    request: str


def make_request(identity: str) -> KeyAndRequest:
    """A new key (EC P-256), and the request for a certificate that says that its owner is `identity`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, identity)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return KeyAndRequest(key=pem_of_key(key), request=request.public_bytes(serialization.Encoding.PEM).decode("ascii"))


def pem_of_key(key: ec.EllipticCurvePrivateKey) -> str:
    """The key in PEM (PKCS #8), without a password."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode("ascii")
