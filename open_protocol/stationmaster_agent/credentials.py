"""The subsystem's secret: the token or certificate that says to the hub who it is, and how it is got the first time.

The operator gives a one-time code. The subsystem shows it to the hub once and gets a token, which it keeps in a file
that nobody else may read; or, when its settings name a certificate and a key that are not there yet, it makes the key,
asks the hub to certify it, and keeps both. A code that was used is remembered by its digest, so it may stay in the
settings; another code there means that the operator wants the subsystem enrolled anew.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from stationmaster_agent.settings import AgentSettings
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_protocol.messages import Enrol, Enrolled
from stationmaster_protocol.tls import TlsTrust

__all__ = ["Credentials", "write_secret"]

_LOG = get_logger("credentials")

PRIVATE = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What the secret's file holds."""

    token: str = ""
    code: str = ""


class Credentials:
    """What to show to hubs.

    Args:
        settings: what the operator entered.

    Raises:
        StationError: `secret-file`: the file with the secret cannot be read.

    """

    def __init__(self, settings: AgentSettings) -> None:
        self._identity = settings.identity
        self._configured = settings.token
        self._code = settings.code
        self._file = settings.secret_file
        self._tls = settings.tls
        self._kept = _read(self._file)
        self._refused = False
        self._key: ec.EllipticCurvePrivateKey | None = None

    @property
    def token(self) -> str:
        """What `hello` says; empty where the certificate says it."""
        return self._configured or self._kept.token

    @property
    def enrols(self) -> bool:
        """Whether a secret is to be asked for first: there is a code that has not been shown yet, or no secret."""
        if not self._code or self._configured or self._refused:
            return False
        return _digest(self._code) != self._kept.code

    @property
    def trust(self) -> TlsTrust | None:
        """How to connect now: with our own certificate once it is there."""
        tls = self._tls
        if tls is None or tls.certificate is None or (tls.certificate.is_file() and not self.enrols):
            return tls
        return replace(tls, certificate=None, key=None)

    def enrolment(self) -> Enrol:
        """The message that asks for a secret."""
        request = ""
        if self._wants_certificate:
            self._key = ec.generate_private_key(ec.SECP256R1())
            name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, self._identity)])
            signed = x509.CertificateSigningRequestBuilder().subject_name(name).sign(self._key, hashes.SHA256())
            request = signed.public_bytes(serialization.Encoding.PEM).decode()
        return Enrol(identity=self._identity, code=self._code, request=request)

    def enrolled(self, given: Enrolled) -> bool:
        """Keep the secret that the hub has given.

        Returns:
            whether the same connection may go on with `hello`; with a certificate a new one is needed.

        Raises:
            StationError: `secret-file`: it cannot be written. The code is used up: the operator has to give another.

        """
        if self._tls is not None and self._wants_certificate and given.certificate and self._key is not None:
            self._keep_certificate(self._tls, given, self._key)
        kept = _Kept(token=given.token, code=_digest(self._code))
        if self._file is not None:
            body = json.dumps({"identity": self._identity, "token": kept.token, "code": kept.code})
            write_secret(self._file, f"{body}\n")
        self._kept = kept
        _LOG.info("enrolled", identity=self._identity, by="certificate" if given.certificate else "token")
        return not given.certificate

    def refused(self) -> bool:
        """The hub does not know the code.

        Returns:
            whether there is an older secret that may still be good; it is shown from now on.

        """
        own = self._tls is not None and self._tls.certificate is not None and self._tls.certificate.is_file()
        self._refused = bool(self._kept.token) or own
        return self._refused

    @property
    def _wants_certificate(self) -> bool:
        return self._tls is not None and self._tls.certificate is not None

    def _keep_certificate(self, tls: TlsTrust, given: Enrolled, key: ec.EllipticCurvePrivateKey) -> None:
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        if tls.key is None or tls.certificate is None:
            raise RuntimeError("a certificate was asked for without a place for it")
        write_secret(tls.key, pem.decode())
        write_secret(tls.certificate, given.certificate)


def write_secret(path: Path, text: str) -> None:
    """Put `text` in place of what the file holds, durably, and so that nobody but its owner may read it.

    Raises:
        StationError: `secret-file`.

    """
    draft = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "w", encoding="utf-8") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(path)
        if hasattr(os, "O_DIRECTORY"):
            folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except OSError as error:
        raise _failed(path, error) from error


def _read(path: Path | None) -> _Kept:
    if path is None or not path.exists():
        return _Kept()
    try:
        body = json.loads(path.read_text("utf-8"))
        return _Kept(token=str(body["token"]), code=str(body["code"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _failed(path, error) from error


def _digest(code: str) -> str:
    return sha256(f"stationmaster code {code}".encode()).hexdigest()


def _failed(path: Path, error: Exception) -> StationError:
    return StationError(
        "secret-file",
        f"{path}, which keeps the subsystem's secret, cannot be read or written: {error}.",
        "Look at the file and its folder; if it is lost, have the operator give a new one-time code.",
    )
