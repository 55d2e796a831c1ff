"""Who comes in by the open protocol, and what he may do: tokens, certificates, one-time codes.

A secret that was recognised once is known by its quick hash from then on, and is let in whatever else is going on; all
others wait for argon2 in a thread of its own, and whoever was wrong too often waits before that.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed

from stationmaster.hub.open_protocol.client_certificates import ClientCertificates, Shown, Signed
from stationmaster.hub.open_protocol.identities import Credential, CredentialKind, Identity, received, shown
from stationmaster.hub.open_protocol.identity_book import IdentityBook
from stationmaster.hub.open_protocol.rate_limits import Backoff, source_of
from stationmaster.hub.open_protocol.refusals import Refusals
from stationmaster.hub.open_protocol.rights import grant_of, kind_by_name
from stationmaster.hub.open_protocol.token_hashing import Hashing, RandomBytes, new_token, plain_code
from stationmaster.hub.settings import Subsystem
from stationmaster.hub.writer import InThread
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_protocol.errors import RemoteProtocolError
from stationmaster_protocol.hub_side import Grant, Peer
from stationmaster_protocol.messages import Enrol, Enrolled, Hello

__all__ = ["Door"]

_LOG = get_logger("security")

ADDRESS_FREE = 20
IDENTITY_FREE = 5
ENROL_FREE = 3
"""Failures without a wait: of an address, of an identity, and of either at enrolment."""

GRACE_S = 7 * 86400
"""Seconds for which what an identity had counts on when it has enrolled anew, unless the new secret is shown first."""

MOST_QUICK = 20_000

_LEAST_KIND = "monitoring"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A secret that was made for an identity, and what the client is told."""

    credential: Credential
    answer: Enrolled


class Door:
    """Args:
    configured: identities that the settings name, with their tokens.
    book: those that were enrolled.
    hashing: recognises secrets.
    in_thread: where that is done.
    seconds: machine time, for limits.
    wall: seconds since 1970 by the machine's clock.
    random_bytes: makes secrets.
    refusals: is told of everything that is refused.
    certificates: clients' certificates, where clients may have them.

    """

    def __init__(
        self,
        *,
        configured: Sequence[Subsystem],
        book: IdentityBook,
        hashing: Hashing,
        in_thread: InThread,
        seconds: Callable[[], float],
        wall: Callable[[], float],
        random_bytes: RandomBytes,
        refusals: Refusals,
        certificates: ClientCertificates | None = None,
    ) -> None:
        self.configured: Mapping[str, str] = {
            each.identity: each.kind or kind_by_name(each.identity) or _LEAST_KIND for each in configured
        }
        self._tokens = {each.identity: each.token.encode() for each in configured}
        self._book = book
        self._hashing = hashing
        self._in_thread = in_thread
        self._wall = wall
        self._random_bytes = random_bytes
        self._refusals = refusals
        self._certificates = certificates
        self._quick: dict[str, bytes] = {}
        """The quick hash of each token that was recognised, by its credential's id."""
        self._from: dict[str, str] = {}
        """Where each identity came from when it was let in last."""
        self._serials: dict[str, str] = {}
        """The serial number of the certificate with which each identity was let in last."""
        self._addresses = Backoff(seconds, free=ADDRESS_FREE)
        self._identities = Backoff(seconds, free=IDENTITY_FREE)
        self._enrolments = Backoff(seconds, free=ENROL_FREE)

    def authenticate(self, hello: Hello, peer: Peer) -> Deferred[Grant]:
        """What a client may do, if it has shown who it is.

        Fails with `RemoteProtocolError`: `not-authenticated`, `revoked` or `too-often`.
        """
        name, source = hello.identity, source_of(peer.address)
        if name in self._tokens:
            if hello.token and hmac.compare_digest(self._tokens[name], hello.token.encode()):
                return self._welcome(name, self.configured[name], source)
        elif hello.token and (credential := self._recognised(name, hello.token)):
            return self._token_shown(name, credential, source)
        elif not hello.token and peer.certificate is not None and self._certificates is not None:
            return self._certificate_shown(name, peer.address, self._certificates.shown(peer.certificate))
        wait = max(
            self._addresses.wait_s(source), 0.0 if self._from.get(name) == source else self._identities.wait_s(name)
        )
        if wait:
            return self._refuse("too-often", name, peer.address, f"after too many failures, {wait:.0f} s to wait")
        identity = self._book.find(name)
        if identity is not None and identity.revoked is not None:
            self._failed(name, source)
            return self._refuse("revoked", name, peer.address, "the operator has revoked it")
        candidates = () if identity is None else identity.known_by(self._wall(), CredentialKind.TOKEN)
        if not hello.token or not candidates:
            self._failed(name, source)
            why = "it is not known" if identity is None and name not in self._tokens else "its secret is wrong"
            return self._refuse("not-authenticated", name, peer.address, why if hello.token else f"no token, and {why}")
        checking: Deferred[Any] = self._in_thread(lambda: self._matching(candidates, hello.token))
        return checking.addCallback(lambda found: self._checked(found, hello, peer, source))

    def enrol(self, request: Enrol, peer: Peer) -> Deferred[Enrolled]:
        """A secret, for a client that has a one-time code.

        Fails with `RemoteProtocolError`: `not-enrolled` or `too-often`.
        """
        name, source = request.identity, source_of(peer.address)
        wait = max(self._enrolments.wait_s(f"from {source}"), self._enrolments.wait_s(name))
        if wait:
            return self._refuse("too-often", name, peer.address, f"enrols too often, {wait:.0f} s to wait")
        identity = self._book.find(name)
        codes = () if identity is None else identity.known_by(self._wall(), CredentialKind.CODE)
        working: Deferred[Any] = (
            self._in_thread(lambda: self._made(codes, request)) if codes else succeed("there is no code for it")
        )
        working.addCallback(lambda made: self._received(made, name))
        return working.addCallback(lambda answer: self._enrolled(answer, request, peer, source))

    def certificate_revoked(self) -> list[str]:
        """Look at the list of revoked certificates: the identities that are here with one that has come onto it."""
        certificates = self._certificates
        if certificates is None or not certificates.look():
            return []
        return [name for name, serial in self._serials.items() if certificates.is_revoked(serial)]

    def remember(self, credential: Credential, token: str) -> None:
        """By which quick hash this token is recognised from now on."""
        if len(self._quick) >= MOST_QUICK:
            self._quick.clear()  # those of credentials that have ended among them
        self._quick[credential.id] = self._hashing.quick(token)

    # Tokens.

    def _recognised(self, name: str, token: str) -> Credential | None:
        identity = self._book.find(name)
        if identity is None:
            return None
        quick = self._hashing.quick(token)
        for each in identity.known_by(self._wall(), CredentialKind.TOKEN):
            if hmac.compare_digest(self._quick.get(each.id, b""), quick):
                return each
        return None

    def _matching(self, candidates: Sequence[Credential], token: str) -> Credential | None:
        for each in candidates:
            if self._hashing.matches(each.secret, token):
                return each
        return None

    def _checked(self, found: Credential | None, hello: Hello, peer: Peer, source: str) -> Deferred[Grant]:
        identity = self._book.find(hello.identity)
        if found is None or identity is None or found not in identity.credentials:
            self._failed(hello.identity, source)
            return self._refuse("not-authenticated", hello.identity, peer.address, "its token is wrong")
        self.remember(found, hello.token)
        return self._token_shown(hello.identity, found, source)

    def _token_shown(self, name: str, credential: Credential, source: str) -> Deferred[Grant]:
        self._serials.pop(name, None)
        return self._known(name, credential, source)

    # Certificates.

    def _certificate_shown(self, name: str, address: str, seen: Shown) -> Deferred[Grant]:
        identity = self._book.find(name)
        if seen.name != name:
            return self._refuse("not-authenticated", name, address, f"its certificate is made out to {seen.name!r}")
        if seen.revoked:
            return self._refuse("revoked", name, address, f"its certificate {seen.serial} is revoked")
        if identity is None:
            return self._refuse("not-authenticated", name, address, "it has a certificate and is not enrolled")
        if identity.revoked is not None:
            return self._refuse("revoked", name, address, "the operator has revoked it")
        for each in identity.known_by(self._wall(), CredentialKind.CERTIFICATE, CredentialKind.NAME):
            if each.kind is CredentialKind.NAME or each.secret == seen.serial:
                self._serials[name] = seen.serial
                return self._known(name, each, source_of(address))
        return self._refuse(
            "not-authenticated", name, address, f"certificate {seen.serial} is not the one that it was enrolled with"
        )

    # Both.

    def _known(self, name: str, credential: Credential, source: str) -> Deferred[Grant]:
        identity = self._book.find(name)
        if identity is None:
            raise RuntimeError(f"{name} has a credential and is not there")
        if credential.used is None and credential.kind is not CredentialKind.NAME:
            self._first_shown(name, credential.id)
        return self._welcome(name, identity.kind, source)

    def _first_shown(self, name: str, credential_id: str) -> None:
        """Have it written down; while that is not possible, what was there before goes on counting too."""

        def change(identity: Identity | None) -> Identity:
            if identity is None:
                raise StationError("no-identity", f"{name} is not there any more.")
            return shown(identity, credential_id, int(self._wall()))

        changing: Deferred[Any] = self._book.change(name, change)
        changing.addErrback(
            lambda failure: _LOG.warning(
                "first-use-not-written", identity=name, problem=failure.getErrorMessage(), todo="it is tried again"
            )
        )

    def _welcome(self, name: str, kind: str, source: str) -> Deferred[Grant]:
        self._addresses.forgive(source)
        self._identities.forgive(name)
        self._from[name] = source
        return succeed(grant_of(name, kind))

    def _failed(self, name: str, source: str) -> None:
        self._addresses.failed(source)
        self._identities.failed(name)

    # Enrolment.

    def _made(self, codes: Sequence[Credential], request: Enrol) -> tuple[Credential, _Made] | str:
        """In the thread: the code that was shown and what is given for it, or what is wrong."""
        typed = plain_code(request.code)
        code = next((each for each in codes if self._hashing.matches(each.secret, typed)), None)
        if code is None:
            return "its code is wrong"
        now = int(self._wall())
        new_id = self._random_bytes(16).hex()
        if not request.request:
            token = new_token(self._random_bytes)
            credential = Credential(id=new_id, kind=CredentialKind.TOKEN, secret=self._hashing.hashed(token), made=now)
            self.remember(credential, token)
            return code, _Made(credential=credential, answer=Enrolled(token=token))
        signed = self._signed(request, now)
        if isinstance(signed, str):
            return signed
        credential = Credential(id=new_id, kind=CredentialKind.CERTIFICATE, secret=signed.serial, made=now)
        return code, _Made(
            credential=credential, answer=Enrolled(certificate=signed.certificate, authority=signed.authority)
        )

    def _signed(self, request: Enrol, now: int) -> Signed | str:
        if self._certificates is None:
            return "it asks for a certificate, and this hub takes none"
        try:
            return self._certificates.sign(request.request, request.identity, datetime.fromtimestamp(now, UTC))
        except StationError as error:
            return str(error)

    def _received(self, made: tuple[Credential, _Made] | str, name: str) -> Any:
        if isinstance(made, str):
            return made
        code, secret = made

        def change(identity: Identity | None) -> Identity:
            if identity is None or code not in identity.credentials:
                raise StationError("code-used", "its code has been used just now")
            return received(identity, secret.credential, int(self._wall()), GRACE_S)

        writing: Deferred[Any] = self._book.change(name, change)
        return writing.addCallbacks(lambda _: secret.answer, _used)

    def _enrolled(self, answer: Enrolled | str, request: Enrol, peer: Peer, source: str) -> Deferred[Enrolled]:
        if isinstance(answer, str):
            self._enrolments.failed(f"from {source}")
            self._enrolments.failed(request.identity)
            return self._refuse("not-enrolled", request.identity, peer.address, answer)
        self._enrolments.forgive(f"from {source}")
        self._enrolments.forgive(request.identity)
        by = "certificate" if answer.certificate else "token"
        _LOG.info("enrolled", identity=request.identity, address=peer.address, by=by)
        return succeed(answer)

    def _refuse(self, code: str, name: str, address: str, why: str) -> Deferred[Any]:
        """Say why in the log; the client is told no more than the code says."""
        self._refusals.refused(code, address, name, why)
        return fail(RemoteProtocolError(code, _TOLD[code].format(name)))


def _used(failure: Any) -> str:
    failure.trap(StationError)
    if failure.value.code != "code-used":
        failure.raiseException()
    return str(failure.value)


_TOLD = {
    "not-authenticated": "{} is not known with this secret.",
    "revoked": "The secret of {} has been taken away.",
    "too-often": "There were too many failures for {}.",
    "not-enrolled": "{} cannot be enrolled with this code.",
}
"""What a client is told, by code."""
