"""What an operator does with identities: invite with a one-time code, give a new secret, revoke, look.

Each secret is shown once, to who asked for it, and kept as a hash.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed

from stationmaster.hub.open_protocol.client_certificates import ClientCertificates
from stationmaster.hub.open_protocol.door import GRACE_S, Door
from stationmaster.hub.open_protocol.identities import Credential, CredentialKind, Identity, ended, invited, received
from stationmaster.hub.open_protocol.identity_book import IdentityBook
from stationmaster.hub.open_protocol.token_hashing import Hashing, RandomBytes, new_code, new_token, plain_code
from stationmaster.hub.writer import InThread
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_protocol.hub_side import SUBSYSTEM_KINDS

__all__ = ["CODE_S", "Enrolment", "IdentityInfo", "Secret"]

_LOG = get_logger("security")

CODE_S = 86400
"""Seconds for which a one-time code is good, unless told otherwise."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A code or token, to be shown once; what was there before counts until `before_until`."""

    identity: str
    kind: str
    secret: str = field(repr=False)
    until: Instant | None = None
    before_until: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityInfo:
    """An identity, without anything by which one could get in.

    `known_by` are the words for what counts of it now: `configuration`, `code`, `token`, `certificate`, `name`; `waits`
    says whether the last secret that it was given was not shown yet.
    """

    identity: str
    kind: str
    known_by: tuple[str, ...]
    waits: bool = False
    made: Instant | None = None
    revoked: Instant | None = None
    serials: tuple[str, ...] = ()


class Enrolment:
    """Args:
    door: where identities come in.
    book: the identities.
    hashing: makes hashes.
    in_thread: where that is done.
    wall: seconds since 1970 by the machine's clock.
    random_bytes: makes secrets.
    certificates: clients' certificates, where clients may have them.
    close: ends the session of an identity, and says whether it had one.

    """

    def __init__(
        self,
        *,
        door: Door,
        book: IdentityBook,
        hashing: Hashing,
        in_thread: InThread,
        wall: Callable[[], float],
        random_bytes: RandomBytes,
        certificates: ClientCertificates | None,
        close: Callable[[str], bool],
    ) -> None:
        self._door = door
        self._book = book
        self._hashing = hashing
        self._in_thread = in_thread
        self._wall = wall
        self._random_bytes = random_bytes
        self._certificates = certificates
        self._close = close

    def all(self) -> tuple[IdentityInfo, ...]:
        """Every identity, by name."""
        named = [
            IdentityInfo(identity=name, kind=kind, known_by=("configuration",))
            for name, kind in self._door.configured.items()
        ]
        found = [*named, *(self._info(each) for each in self._book.all() if each.name not in self._door.configured)]
        return tuple(sorted(found, key=lambda each: each.identity))

    def invite(self, name: str, kind: str, by: str, valid_s: int = CODE_S) -> Deferred[Secret]:
        """A one-time code for an identity, new or known, in place of an earlier one.

        Fails with a `StationError`: `bad-identity`, `bad-kind`, `configured`, `other-kind`, or the store's own.
        """
        code = new_code(self._random_bytes)
        until = self._now() + valid_s

        def hashed() -> Credential:
            kept = self._hashing.hashed(plain_code(code))
            return self._credential(CredentialKind.CODE, kept, until=until)

        inviting = self._invite(name, kind, hashed)
        return inviting.addCallback(
            lambda _: self._told("invited", by, Secret(identity=name, kind=kind, secret=code, until=Instant(until)))
        )

    def accept_certificates(self, name: str, kind: str, by: str) -> Deferred[Secret]:
        """Let an identity in with any certificate of the clients' authority that is made out to it.

        Fails with a `StationError`: `no-certificates`, and as `invite`.
        """
        if self._certificates is None:
            return fail(
                StationError(
                    "no-certificates",
                    "This hub takes no clients' certificates.",
                    "Set client_authority in [hub.protocol].",
                )
            )
        inviting = self._invite(name, kind, lambda: self._credential(CredentialKind.NAME, ""))
        return inviting.addCallback(
            lambda _: self._told("certificates-accepted", by, Secret(identity=name, kind=kind, secret=""))
        )

    def rotate(self, name: str, by: str, grace_s: int = GRACE_S) -> Deferred[Secret]:
        """A new token; what the identity has counts until that is first shown, and for `grace_s` at most.

        Fails with a `StationError`: `no-identity`, `configured`, `revoked`, or the store's own.
        """
        token = new_token(self._random_bytes)
        now = self._now()

        def change(identity: Identity | None, made: Credential) -> Identity:
            found = self._enrolled(name, identity)
            if found.revoked is not None:
                raise StationError("revoked", f"{name} is revoked.", "Enrol it anew.")
            self._door.remember(made, token)
            return received(found, made, now, grace_s)

        hashing: Deferred[Any] = self._in_thread(
            lambda: self._credential(CredentialKind.TOKEN, self._hashing.hashed(token))
        )
        hashing.addCallback(lambda made: self._book.change(name, lambda identity: change(identity, made)))
        return hashing.addCallback(
            lambda identity: self._told(
                "rotated",
                by,
                Secret(identity=name, kind=identity.kind, secret=token, before_until=Instant(now + grace_s)),
            )
        )

    def revoke(self, name: str, by: str) -> Deferred[bool]:
        """Take everything from an identity and end its session; fires with whether it had one.

        Fails with a `StationError`: `no-identity`, `configured`, or the store's or the authority's own.
        """
        serials: list[str] = []

        def change(identity: Identity | None) -> Identity:
            found = self._enrolled(name, identity)
            serials.extend(each.secret for each in found.credentials if each.kind is CredentialKind.CERTIFICATE)
            return ended(found, self._now())

        changing: Deferred[Any] = self._book.change(name, change)

        def close(_: object) -> bool:
            closed = self._close(name)
            _LOG.warning("revoked", identity=name, by=by, session="ended" if closed else "none")
            return closed

        def listed(closed: bool) -> Deferred[bool]:
            certificates = self._certificates
            if certificates is None or not serials:
                return succeed(closed)
            writing: Deferred[Any] = self._in_thread(lambda: certificates.revoke(serials, self._time()))
            return writing.addCallback(lambda _: closed)

        return changing.addCallback(close).addCallback(listed)

    def _invite(self, name: str, kind: str, make: Callable[[], Credential]) -> Deferred[Any]:
        try:
            self._check(name, kind)
        except StationError as error:
            return fail(error)

        def change(identity: Identity | None, made: Credential) -> Identity:
            found = identity or Identity(name=name, kind=kind, made=self._now())
            if found.revoked is not None:
                found = replace(found, kind=kind)
            if found.kind != kind:
                raise StationError("other-kind", f"{name} is of kind {found.kind}.", "Revoke it first.")
            return invited(found, made)

        making: Deferred[Any] = self._in_thread(make)
        return making.addCallback(lambda made: self._book.change(name, lambda identity: change(identity, made)))

    def _check(self, name: str, kind: str) -> None:
        if not _NAME.match(name):
            raise StationError(
                "bad-identity", f"{name!r} is no identity.", "Letters, digits, '.', '_' and '-', at most 64."
            )
        if kind not in SUBSYSTEM_KINDS:
            raise StationError("bad-kind", f"{kind!r} is no kind.", f"Kinds are {', '.join(SUBSYSTEM_KINDS)}.")
        if name in self._door.configured:
            raise _configured(name)

    def _enrolled(self, name: str, identity: Identity | None) -> Identity:
        if name in self._door.configured:
            raise _configured(name)
        if identity is None:
            raise StationError("no-identity", f"No identity is called {name!r}.", "`stationmaster subsystem list`.")
        return identity

    def _credential(self, kind: CredentialKind, secret: str, until: int | None = None) -> Credential:
        return Credential(id=self._random_bytes(16).hex(), kind=kind, secret=secret, made=self._now(), until=until)

    def _told(self, event: str, by: str, secret: Secret) -> Secret:
        _LOG.warning(event, identity=secret.identity, kind=secret.kind, by=by)
        return secret

    def _info(self, identity: Identity) -> IdentityInfo:
        now = self._wall()
        counting = [each for each in identity.known_by(now, *CredentialKind) if not self._listed(each)]
        last = [each for each in counting if each.kind in (CredentialKind.TOKEN, CredentialKind.CERTIFICATE)][-1:]
        return IdentityInfo(
            identity=identity.name,
            kind=identity.kind,
            known_by=tuple(sorted({each.kind.value for each in counting})),
            waits=any(each.used is None for each in last),
            made=Instant(identity.made),
            revoked=None if identity.revoked is None else Instant(identity.revoked),
            serials=tuple(each.secret for each in counting if each.kind is CredentialKind.CERTIFICATE),
        )

    def _listed(self, credential: Credential) -> bool:
        """Whether it is a certificate that its authority has revoked."""
        return (
            credential.kind is CredentialKind.CERTIFICATE
            and self._certificates is not None
            and self._certificates.is_revoked(credential.secret)
        )

    def _now(self) -> int:
        return int(self._wall())

    def _time(self) -> datetime:
        return datetime.fromtimestamp(self._now(), UTC)


def _configured(name: str) -> StationError:
    return StationError(
        "configured",
        f"{name} and its token stand in the configuration file.",
        "Take it out of [hub.subsystems] and restart the hub; then it can be enrolled.",
    )
