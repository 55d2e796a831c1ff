"""How a welcome client becomes a subscriber: what of its filter it may hold, and where its updates begin."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import maybeDeferred
from twisted.python.failure import Failure

from stationmaster_base.logging import get_logger
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.connection import HubConnection
from stationmaster_protocol.equipment_feed import EquipmentFeed
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.hub_side import Entry, HubSide
from stationmaster_protocol.messages import Position, Subscribe, Subscribed
from stationmaster_protocol.publication import Publication
from stationmaster_service.interfaces import MachineTime

__all__ = ["Subscriptions"]

_LOG = get_logger("protocol")


class Subscriptions:
    """Begins and ends subscriptions.

    Args:
        hub: has the entries that lead on from a held position.
        publication: sends resources.
        equipment: sends devices and alarms.
        reactor: machine time.
        settled: is called when all may be settled.

    """

    def __init__(
        self,
        *,
        hub: HubSide,
        publication: Publication,
        equipment: EquipmentFeed,
        reactor: MachineTime,
        settled: Callable[[], None],
    ) -> None:
        self._hub = hub
        self._publication = publication
        self._equipment = equipment
        self._reactor = reactor
        self._settled = settled
        self._presence: dict[HubConnection, frozenset[TaskKind]] = {}

    def begin(self, connection: HubConnection, wanted: Subscribe) -> None:
        """Give the client what it asks for, from where it stands if that can be shown to be our history."""
        admitted = wanted.filter.narrowed(connection.resources)
        if admitted is None:
            connection.refuse("forbidden", f"{connection.identity} may hold nothing of what it asks for.")
            return
        if admitted != wanted.filter:
            _LOG.warning("filter_narrowed", identity=connection.identity, kinds=admitted.kinds)
        self.end(connection)
        connection.joined(wanted, admitted)
        self._set_presence(connection, admitted)
        position = self._hub.position()
        held = wanted.held
        if held is None or held.epoch != position.epoch or not 0 < held.sequence <= position.sequence:
            if held is not None:
                _LOG.info("not_our_history", identity=connection.identity, held=str(held), head=str(position))
            self._resume(connection, wanted, None)
        elif held == position:
            self._resume(connection, wanted, [])
        else:
            # The entry itself as well: its hash shows whether the client's history is ours.
            reading = maybeDeferred(self._hub.entries_after, held.sequence - 1)
            reading.addCallback(lambda entries: _from_held(held, entries))
            reading.addErrback(self._unreadable)
            reading.addCallback(lambda entries: self._resume(connection, wanted, entries))

    def end(self, connection: HubConnection) -> None:
        """Send a client nothing more of what it had subscribed to."""
        self._publication.leave(connection)
        self._equipment.leave(connection)

    def gone(self, connection: HubConnection) -> None:
        """The client has gone."""
        self.end(connection)
        self._set_presence(connection, None)

    def _resume(self, connection: HubConnection, wanted: Subscribe, entries: list[Entry] | None) -> None:
        """Let the subscription begin, with what leads on from the held position or with a snapshot."""
        if connection.over or connection.wanted is not wanted or connection.admitted is None:
            return
        if not self._publication.level():
            # The hub has adopted entries that it has not published yet; it will in this very turn.
            self._reactor.callLater(0, self._resume, connection, wanted, entries)
            return
        held, head = wanted.held, self._hub.position()
        if held is None or held.epoch != head.epoch:
            entries = None
        elif entries is not None and (known := entries[-1].sequence if entries else held.sequence) < head.sequence:
            # More was published while these were read.
            reading = maybeDeferred(self._hub.entries_after, known)
            reading.addErrback(self._unreadable)
            reading.addCallback(lambda more: self._resume(connection, wanted, None if not more else [*entries, *more]))
            return
        self._publication.join(connection, connection.admitted.normalised())
        way = None
        if held is not None and entries is not None:
            way = self._publication.way(connection, held, entries)
        connection.answer(Subscribed(number=wanted.number, resumed=way is not None))
        self._equipment.join(connection, connection.admitted.live())
        if way is None:
            connection.outbox.restart()
            connection.outbox.pump()
            return
        for framed in way:
            connection.outbox.publish(framed)
        self._settled()

    def _unreadable(self, failure: Failure) -> None:
        _LOG.error("journal_unreadable", reason=str(failure.value))

    def _set_presence(self, connection: HubConnection, admitted: Filter | None) -> None:
        now = frozenset() if admitted is None else connection.executes & admitted.tasks_admitted()
        before = self._presence.pop(connection, frozenset())
        if now:
            self._presence[connection] = now
        if before - now:
            self._hub.presence(connection.identity, before - now, False)
        if now - before:
            self._hub.presence(connection.identity, now - before, True)


def _from_held(held: Position, entries: list[Entry] | None) -> list[Entry] | None:
    """The entries after a held position, if the first is that position itself; None if that cannot be shown."""
    if not entries or (entries[0].sequence, entries[0].hash) != (held.sequence, held.hash):
        return None
    return entries[1:]
