"""Whose password is still the one that he was given, and has to be changed before he may do anything."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, insert, select
from twisted.internet.defer import Deferred

from stationmaster.hub.storage.schema import ONE_TIME_PASSWORD
from stationmaster.hub.storage.store import Store
from stationmaster.hub.writer import InThread
from stationmaster_kernel.account import Account
from stationmaster_people.passwords import fingerprint

__all__ = ["OneTimePasswords"]


class OneTimePasswords:
    """By login the fingerprint of the verifier that was made of it: with another password it is none any more.

    Args:
        store: where the table is.
        in_writer: runs what waits for the database.

    """

    def __init__(self, store: Store, in_writer: InThread) -> None:
        self._store = store
        self._in_writer = in_writer
        self._known: dict[str, str] = {}

    def load(self) -> Deferred[None]:
        """Read all of them; fires when they are there."""

        def read() -> dict[str, str]:
            with self._store.keeping() as connection:
                return {row.login: row.fingerprint for row in connection.execute(select(ONE_TIME_PASSWORD))}

        done: Deferred[Any] = self._in_writer(read)
        return done.addCallback(self._known.update)

    def has(self, account: Account) -> bool:
        """Whether this account's password is one that its owner has not chosen."""
        return self._known.get(account.id) == fingerprint(account.verifier)

    def put(self, login: str, verifier: str) -> Deferred[None]:
        """Take down that this verifier is of a one-time password; fires when it is on disk."""
        mark = fingerprint(verifier)

        def write() -> None:
            with self._store.keeping() as connection:
                connection.execute(delete(ONE_TIME_PASSWORD).where(ONE_TIME_PASSWORD.c.login == login))
                connection.execute(insert(ONE_TIME_PASSWORD).values(login=login, fingerprint=mark))

        done: Deferred[Any] = self._in_writer(write)
        return done.addCallback(lambda _: self._known.update({login: mark}))
