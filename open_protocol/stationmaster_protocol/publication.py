"""What is published to whom: the filter classes, who belongs to each, and what they are sent when something happens.

A change is turned into bytes once for each filter class, and the same bytes go to the outboxes of all its members. Who
the members are, how they got in and what becomes of their connections is the server's affair; how much of what is
published waits for one of them is its outbox's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from stationmaster_base.logging import get_logger
from stationmaster_protocol.errors import LocalProtocolError
from stationmaster_protocol.filter_class import FilterClass, Framed, Frames, SnapshotParts, Unsendable
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.fragments import Fragments
from stationmaster_protocol.hub_side import Entry, HubSide, ProtocolSettings
from stationmaster_protocol.messages import HubHeartbeat, Position, Update
from stationmaster_protocol.metrics import ProtocolMetrics
from stationmaster_protocol.outbox import Outbox
from stationmaster_protocol.scalars import milliseconds_of, stamp_of

__all__ = ["Member", "Publication"]

_LOG = get_logger("protocol")


class Member(Protocol):
    """A subscriber, as far as publication is concerned.

    `filter_class` is set by `join` and `leave` alone, and `joined_after` by `join`: the last change that was published
    before.
    """

    outbox: Outbox
    filter_class: FilterClass | None
    joined_after: int


class Publication:
    """The filter classes and their members.

    Args:
        hub: whose resources are published.
        settings: limits.
        metrics: where snapshots are counted.
        seconds: machine time.

    `frames` makes messages into bytes.

    """

    def __init__(
        self, *, hub: HubSide, settings: ProtocolSettings, metrics: ProtocolMetrics, seconds: Callable[[], float]
    ) -> None:
        self._hub = hub
        self._seconds = seconds
        self._idle_classes = settings.idle_classes
        self._metrics = metrics
        self._fragments = Fragments()
        self.frames = Frames(fragment=self._fragments.text, largest=settings.largest_out, part=settings.part_bytes)
        self._classes: dict[Filter, FilterClass] = {}
        self._members: dict[FilterClass, set[Member]] = {}
        self._head: Position | None = None

    @property
    def classes(self) -> dict[Filter, int]:
        """Each filter class that is kept up to date, and how many members it has; the last joined comes last."""
        return {wanted: len(self._members[item]) for wanted, item in self._classes.items()}

    def level(self) -> bool:
        """Whether everything that the hub has adopted has been taken in here."""
        position = self._hub.position()
        if not self._classes:
            self._head = position
        return self._head == position

    # Who belongs to which class.

    def join(self, member: Member, wanted: Filter) -> None:
        """Make a member one of the class of a normalised filter; only while `level`."""
        item = self._classes.pop(wanted, None)
        if item is None:
            item = FilterClass(wanted, self._hub.position(), self._hub.resources(), self.frames)
            self._members[item] = set()
        self._classes[wanted] = item
        self._members[item].add(member)
        member.filter_class = item
        member.joined_after = item.last

    def leave(self, member: Member) -> None:
        """Publish nothing more to a member, if it is one."""
        item, member.filter_class = member.filter_class, None
        if item is None:
            return
        self._members[item].discard(member)
        # A class without members is kept for those that come back, the latest few of them.
        idle = [other for other in self._classes.values() if not self._members[other]]
        for other in idle[: -self._idle_classes or None]:
            del self._classes[other.filter]
            del self._members[other]

    # What one member is sent.

    def way(self, member: Member, held: Position, entries: Sequence[Entry]) -> list[Framed] | None:
        """What leads a member on from a held position, with a heartbeat at its end that proves it.

        Args:
            member: one that has joined.
            held: a position of this epoch.
            entries: all entries after it.

        Returns:
            None if a snapshot serves better.

        """
        item = member.filter_class
        if item is None:
            return None
        try:
            replay = item.replay(held, entries)
        except Unsendable as fault:
            self.exclude(fault)
            return None
        except LocalProtocolError:
            # Too much has happened to fit one update.
            return None
        heartbeat = self._heartbeat(item)
        return [heartbeat] if replay is None else [replay, heartbeat]

    def snapshot(self, member: Member) -> SnapshotParts | None:
        """A fresh snapshot for a member; None while the hub is ahead of what it has published."""
        if member.filter_class is None or not self.level():
            return None
        self._metrics.snapshots.inc()
        return member.filter_class.snapshot(self._hub.position(), self._hub.resources)

    def heartbeat(self, member: Member) -> Framed | None:
        """What a member holds when it has taken all that it was sent; None while that cannot be said."""
        if member.filter_class is None or not self.level():
            return None
        return self._heartbeat(member.filter_class)

    def exclude(self, fault: Unsendable) -> None:
        """A resource cannot be sent: everything else can."""
        _LOG.error("resource_not_sendable", kind=fault.resource.kind, id=fault.resource.id, reason=str(fault.reason))
        for item in self._classes.values():
            item.exclude(fault.resource)

    # What all members are sent.

    def publish(self, entries: Sequence[Entry]) -> None:
        """Send one or more committed entries, in order, to whom they concern."""
        position = self._hub.position()
        self._head = Position(epoch=position.epoch, sequence=entries[-1].sequence, hash=entries[-1].hash)
        with self._fragments.kept():
            for item in self._classes.values():
                update = item.take(entries)
                if update is not None:
                    self._spread(item, update)
        self._catch_up()

    def begin_anew(self) -> None:
        """The hub's history is another one: everybody gets a snapshot of what it is now."""
        self._head = self._hub.position()
        _LOG.warning("new_epoch", epoch=self._head.epoch, sequence=self._head.sequence)
        for item, members in self._members.items():
            item.reset(self._head, self._hub.resources())
            for member in members:
                member.outbox.restart()
        self._catch_up()

    def beat(self) -> None:
        """A heartbeat to all to whom it goes out at once: to others, what they are being sent is sign enough."""
        for item, members in self._members.items():
            item.forget()
            self._send_heartbeat(item, [each for each in members if each.outbox.idle])
        self._catch_up()

    def tell_all(self) -> None:
        """A heartbeat to all, to each in its turn, since it has news for them."""
        for item, members in self._members.items():
            self._send_heartbeat(item, members)

    def _spread(self, item: FilterClass, update: Update) -> None:
        """One update to all members of a class; a fresh snapshot instead where it cannot be sent."""
        try:
            framed = self.frames.framed(update)
        except (Unsendable, LocalProtocolError) as fault:
            if isinstance(fault, Unsendable):
                self.exclude(fault)
            for member in self._members[item]:
                member.outbox.restart(later=True)
            return
        item.published(self._seconds())
        for member in list(self._members[item]):
            member.outbox.publish(framed)

    def _catch_up(self) -> None:
        """Fresh snapshots to those who wait for one."""
        for member in [each for members in self._members.values() for each in members if each.outbox.behind]:
            member.outbox.pump()

    def _send_heartbeat(self, item: FilterClass, members: Iterable[Member]) -> None:
        chosen = list(members)
        if chosen and self.level():
            framed = self._heartbeat(item)
            for member in chosen:
                member.outbox.publish(framed)

    def _heartbeat(self, item: FilterClass) -> Framed:
        grade, fresh_at = self._hub.feed()
        quality = self._hub.clock_quality()
        return self.frames.framed(
            HubHeartbeat(
                position=self._hub.position(),
                last=item.last,
                digest=item.digest,
                station_time=stamp_of(self._hub.station_time()),
                grade=grade,
                fresh_at=fresh_at,
                stored=self._hub.stored(),
                clock=None if quality is None else quality.state,
                clock_error=None if quality is None else milliseconds_of(quality.error_s),
            )
        )
