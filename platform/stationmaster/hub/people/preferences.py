"""How each person has set up his console: JSON by a key, kept with his account."""

from __future__ import annotations

import json
import re
from typing import Any

from sqlalchemy import and_, delete, func, insert, select
from twisted.internet.defer import Deferred

from stationmaster.hub.storage.schema import PREFERENCE
from stationmaster.hub.storage.store import Store
from stationmaster.hub.writer import InThread
from stationmaster_base.errors import StationError
from stationmaster_base.health import JsonValue

__all__ = ["KEY", "LARGEST_VALUE", "MOST_KEYS", "Preferences"]

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}\Z")
LARGEST_VALUE = 32_768
"""Bytes of one value as it is sent."""

MOST_KEYS = 200
"""Of one account."""


class Preferences:
    """Args:
    store: where they are.
    in_writer: runs what waits for the database.

    """

    def __init__(self, store: Store, in_writer: InThread) -> None:
        self._store = store
        self._in_writer = in_writer

    def of(self, login: str) -> Deferred[dict[str, JsonValue]]:
        """All of one account, by key; fails with the store's errors."""

        def read() -> dict[str, JsonValue]:
            with self._store.keeping() as connection:
                rows = connection.execute(
                    select(PREFERENCE).where(PREFERENCE.c.login == login).order_by(PREFERENCE.c.key)
                )
                return {row.key: json.loads(row.value) for row in rows}

        done: Deferred[Any] = self._in_writer(read)
        return done

    def put(self, login: str, key: str, value: JsonValue) -> Deferred[None]:
        """Keep a value; fires when it is on disk.

        Fails with `StationError`: `too-many-preferences`, or the store's own.
        """
        text = json.dumps(value, separators=(",", ":"))

        def write() -> None:
            with self._store.keeping() as connection:
                connection.execute(delete(PREFERENCE).where(_is(login, key)))
                there = connection.execute(
                    select(func.count()).select_from(PREFERENCE).where(PREFERENCE.c.login == login)
                ).scalar()
                if (there or 0) >= MOST_KEYS:
                    raise StationError(
                        "too-many-preferences", f"There are {MOST_KEYS} already.", "Take one away that is not needed."
                    )
                connection.execute(insert(PREFERENCE).values(login=login, key=key, value=text))

        return self._in_writer(write)

    def drop(self, login: str, key: str) -> Deferred[None]:
        """Keep it no longer; nothing happens if there is none."""

        def write() -> None:
            with self._store.keeping() as connection:
                connection.execute(delete(PREFERENCE).where(_is(login, key)))

        return self._in_writer(write)

    def drop_all(self, login: str) -> Deferred[None]:
        """The account is gone."""

        def write() -> None:
            with self._store.keeping() as connection:
                connection.execute(delete(PREFERENCE).where(PREFERENCE.c.login == login))

        return self._in_writer(write)


def _is(login: str, key: str) -> Any:
    return and_(PREFERENCE.c.login == login, PREFERENCE.c.key == key)
