"""Subsystems as the hub knows them: values, what each step in their life makes of them, and their rows in the database.

An identity is invited with a one-time code, enrolled with a token or a certificate, given a new one while the old one
still counts, and revoked. What was ended is taken out; the log says what was. Times are seconds since 1970 of the
machine's own clock, since a secret's age has nothing to do with a drill's station time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select

from stationmaster.hub.storage.schema import CREDENTIAL, SUBSYSTEM

__all__ = [
    "Credential",
    "CredentialKind",
    "Identity",
    "ended",
    "invited",
    "read_identities",
    "received",
    "shown",
    "write_identity",
]


class CredentialKind(StrEnum):
    """By what an identity is known."""

    CODE = "code"
    """A one-time code, with which it may get one of the others."""
    TOKEN = "token"  # noqa: S105 - a word, not a secret
    CERTIFICATE = "certificate"
    """The one with a serial number."""
    NAME = "name"
    """Any certificate of the authority that is made out to the identity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One thing by which an identity is known.

    `secret` is the argon2 hash of a code or token, or the serial number of a certificate in hexadecimal digits.
    It counts until `until`, if that is given, and was first shown at `used`.
    """

    id: str
    kind: CredentialKind
    secret: str = field(repr=False)
    made: int
    until: int | None = None
    used: int | None = None

    def counts(self, now: float) -> bool:
        """Whether it has not run out."""
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One subsystem. Nothing counts of it since it was `revoked`, if it was."""

    name: str
    kind: str
    made: int
    revoked: int | None = None
    credentials: tuple[Credential, ...] = ()

    def known_by(self, now: float, *kinds: CredentialKind) -> tuple[Credential, ...]:
        """What counts now, of some kinds."""
        if self.revoked is not None:
            return ()
        return tuple(each for each in self.credentials if each.kind in kinds and each.counts(now))


_SECRETS = (CredentialKind.TOKEN, CredentialKind.CERTIFICATE)


def invited(identity: Identity, credential: Credential) -> Identity:
    """A code, or the right to come with any certificate of its name, in place of an earlier one; revoked no more."""
    kept = () if identity.revoked is not None else identity.credentials
    kept = tuple(each for each in kept if each.kind is not credential.kind)
    return replace(identity, revoked=None, credentials=(*kept, credential))


def received(identity: Identity, credential: Credential, now: int, grace_s: int) -> Identity:
    """A token or certificate was made for it: codes are used up, and what was shown before counts for a while yet.

    What was never shown is lost, and ends now.
    """
    kept = tuple(
        replace(each, until=min(now + grace_s, each.until or now + grace_s)) if each.kind in _SECRETS else each
        for each in identity.credentials
        if each.counts(now) and each.kind is not CredentialKind.CODE and (each.kind not in _SECRETS or each.used)
    )
    return replace(identity, credentials=(*kept, credential))


def shown(identity: Identity, credential_id: str, now: int) -> Identity:
    """A token or certificate was shown for the first time: the earlier ones end."""
    kept = tuple(
        replace(each, used=now) if each.id == credential_id else each
        for each in identity.credentials
        if each.id == credential_id or each.kind not in _SECRETS
    )
    return replace(identity, credentials=kept)


def ended(identity: Identity, now: int) -> Identity:
    """It is revoked, and all that it was known by with it."""
    return replace(identity, revoked=now, credentials=())


def read_identities(connection: Connection) -> list[Identity]:
    """Every identity, by name.

    Raises:
        ValueError: a row says what no hub wrote.

    """
    credentials: dict[str, list[Credential]] = {}
    for row in connection.execute(select(CREDENTIAL).order_by(CREDENTIAL.c.made, CREDENTIAL.c.id)):
        credentials.setdefault(row.identity, []).append(
            Credential(
                id=row.id,
                kind=CredentialKind(row.kind),
                secret=row.secret,
                made=row.made,
                until=row.until,
                used=row.used,
            )
        )
    return [
        Identity(
            name=row.identity,
            kind=row.kind,
            made=row.made,
            revoked=row.revoked,
            credentials=tuple(credentials.get(row.identity, ())),
        )
        for row in connection.execute(select(SUBSYSTEM).order_by(SUBSYSTEM.c.identity))
    ]


def write_identity(connection: Connection, identities: Iterable[Identity]) -> None:
    """Have these stand there as they are now, in the connection's transaction."""
    for identity in identities:
        connection.execute(delete(CREDENTIAL).where(CREDENTIAL.c.identity == identity.name))
        connection.execute(delete(SUBSYSTEM).where(SUBSYSTEM.c.identity == identity.name))
        connection.execute(
            insert(SUBSYSTEM).values(
                identity=identity.name, kind=identity.kind, made=identity.made, revoked=identity.revoked
            )
        )
        for each in identity.credentials:
            connection.execute(
                insert(CREDENTIAL).values(
                    id=each.id,
                    identity=identity.name,
                    kind=each.kind.value,
                    secret=each.secret,
                    made=each.made,
                    until=each.until,
                    used=each.used,
                )
            )
