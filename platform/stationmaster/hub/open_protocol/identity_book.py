"""Every identity in memory, and the one way to change one: in the database first, one change after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, DeferredLock

from stationmaster.hub.open_protocol.identities import Identity, read_identities, write_identity
from stationmaster.hub.storage.store import Store
from stationmaster.hub.writer import InThread
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger

__all__ = ["IdentityBook"]

_LOG = get_logger("security")

Change = Callable[[Identity | None], Identity]


class IdentityBook:
    """The identities.

    Args:
        store: where they are.
        in_writer: runs what waits for the database.

    """

    def __init__(self, store: Store, in_writer: InThread) -> None:
        self._store = store
        self._in_writer = in_writer
        self._identities: dict[str, Identity] = {}
        self._one_by_one = DeferredLock()
        self._listeners: list[Callable[[], None]] = []

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call it whenever the identities are others."""
        self._listeners.append(listener)

    def load(self) -> Deferred[None]:
        """Read all of them; fires when they are there.

        Fails with a `StationError`: `store-damaged`, or the store's own.
        """

        def read() -> list[Identity]:
            with self._store.keeping() as connection:
                try:
                    return read_identities(connection)
                except ValueError as error:
                    raise StationError(
                        "store-damaged", f"The database holds what no hub wrote: {error}.", "Restore a backup of it."
                    ) from error

        def loaded(found: list[Identity]) -> None:
            self._identities = {each.name: each for each in found}
            self._changed()

        return self._in_writer(read).addCallback(loaded)

    def find(self, name: str) -> Identity | None:
        """The identity of this name."""
        return self._identities.get(name)

    def all(self) -> list[Identity]:
        """Every identity, by name."""
        return [self._identities[name] for name in sorted(self._identities)]

    def change(self, name: str, change: Change) -> Deferred[Identity]:
        """Have an identity be what `change` makes of it; fires with it when it is on disk.

        Fails with what `change` raises, or with the store's errors; then nothing has changed.
        """

        def begin() -> Deferred[Identity]:
            made = change(self._identities.get(name))
            return self._in_writer(lambda: self._write([made])).addCallback(lambda _: self._adopt(made))

        done: Deferred[Any] = self._one_by_one.run(begin)
        return done

    def begun_anew(self) -> None:
        """The database was displaced, and is the state's again: have it hold the identities too."""

        def begin() -> Deferred[None]:
            known = self.all()
            return self._in_writer(lambda: self._write(known))

        writing: Deferred[Any] = self._one_by_one.run(begin)
        writing.addErrback(
            lambda failure: _LOG.error(
                "identities-not-written",
                problem=failure.getErrorMessage(),
                todo="they count until the hub is restarted; enrol or revoke anything to have them written again",
            )
        )

    def _adopt(self, made: Identity) -> Identity:
        self._identities[made.name] = made
        self._changed()
        return made

    def _changed(self) -> None:
        for listener in self._listeners:
            listener()

    def _write(self, identities: list[Identity]) -> None:
        with self._store.keeping() as connection:
            write_identity(connection, identities)
