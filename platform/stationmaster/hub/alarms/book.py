"""The alarms that stand, and the looking by which they come and go.

An alarm is no fact of the station's day: it stands in no journal, and comes and goes with what it tells of. Something
that is wrong for a moment is none (the on-delay), and one that is well for a moment is not over (the off-delay). One
that came three times within a minute is *chattering*: it is held until it has been quiet for a minute, so that it is
one alarm with a count and does not call anybody again and again.

Most are signs that the hub itself sees; some are told by a subsystem, which has judged them already. While that
subsystem is away nobody knows whether they still hold: they are suppressed, and go on as they were when it is back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from stationmaster.hub.alarms.chatter import CHATTER_S, Chatter
from stationmaster.hub.alarms.raising import RaiseLimit
from stationmaster.hub.alarms.record import Alarm, AlarmState, Record, Shelf, glance, key_of
from stationmaster.hub.alarms.sign import Severity, Sign
from stationmaster.hub.alarms.standing import Grouping, Standing
from stationmaster.hub.alarms.unwritten import Unwritten
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant

__all__ = ["MOST_RETURNED", "AlarmBook"]

_LOG = get_logger("alarms")

_CLEAR_S = 5.0
"""Machine seconds for which it must have been well until it is over: the off-delay."""

_FORGET_S = 0.5
_RESTORED_S = 10.0
"""Machine seconds beyond its on-delay for which an alarm from before a restart may take to be seen again."""

MOST_RETURNED = 200
"""Alarms that are over and wait to be seen; the oldest is dropped first, and stays in the history."""

_Name = tuple[str, str]


class AlarmBook:
    """What is wrong, looked at about once a second.

    Args:
        now: station time.
        seconds: machine time.

    """

    def __init__(self, now: Callable[[], float], seconds: Callable[[], float]) -> None:
        self._now = now
        self._seconds = seconds
        self._tells: Callable[[str], bool] = lambda _: True
        self._grouping: Grouping | None = None
        self._sources: list[Callable[[], Iterable[Sign]]] = []
        self._listeners: list[Callable[[], None]] = []
        self._watched: dict[_Name, Standing] = {}
        self._keys: dict[str, Standing] = {}
        self._returned: dict[str, Record] = {}
        self._shelves: dict[str, Shelf] = {}
        self._chatter = Chatter()
        self._limit = RaiseLimit()
        self._raised_s: deque[tuple[float, str]] = deque(maxlen=5000)
        self._heads: dict[str, str] = {}
        self._parts: dict[str, list[str]] = {}
        self._unwritten = Unwritten()
        self._number = 0
        self.revision = 0
        """Grows whenever there is something else to show."""

    def watch(self, source: Callable[[], Iterable[Sign]]) -> None:
        """Have `source` asked at each look for what is wrong."""
        self._sources.append(source)

    def on_look(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after each look."""
        self._listeners.append(listener)

    def join(self, tells: Callable[[str], bool], grouping: Grouping) -> None:
        """Have common causes found by `grouping`, and `tells` asked whether a subsystem says now what is wrong."""
        self._tells, self._grouping = tells, grouping

    def restore(self, records: Iterable[Record], shelves: Iterable[Shelf], number: int) -> None:
        """Go on with what stood before a restart; numbers go on after `number`.

        What is over is kept only if it waits to be seen.
        """
        seconds = self._seconds()
        self._number = max(self._number, number)
        for record in records:
            if record.ended is not None:
                self._returned[record.key] = record
                continue
            standing = Standing(
                sign=record.sign,
                since=record.since,
                first_s=seconds,
                last_s=seconds,
                seen_s=seconds - 1,
                hold_s=seconds + record.sign.after_s + _RESTORED_S,
                record=record,
            )
            self._watched[record.sign.identity, record.sign.id] = self._keys[record.key] = standing
        self._shelves.update((shelf.key, shelf) for shelf in shelves)
        self.revision += 1

    def look(self) -> None:
        """Ask every source; one that fails keeps no other from being asked."""
        seconds = self._seconds()
        for source in self._sources:
            self._ask(source, seconds)
        self._ask(lambda: self._limit.signs(seconds), seconds)
        if self._grouping is not None:
            grouping = self._grouping
            seen = [standing.sign for standing in self._watched.values() if standing.seen_s == seconds]
            self._ask(lambda: grouping.signs(seen), seconds)
        for name, standing in list(self._watched.items()):
            self._settle(name, standing, seconds)
        self._group()
        self._expire()
        self._chatter.forget(self._watched.keys(), seconds)
        for listener in self._listeners:
            listener()

    # What there is to see.

    def alarms(self) -> tuple[Alarm, ...]:
        """What is wrong and nobody has put aside, the gravest first, then what has been so for longest.

        What is a part of another alarm is counted there.
        """
        return tuple(
            glance(record, self.state(record), len(self._parts.get(record.key, ())))
            for record in self.standing()
            if record.key not in self._heads and self.state(record) in _OPEN
        )

    def standing(self) -> list[Record]:
        """Every alarm that stands, parts and suppressed ones too, in the order of `alarms`."""
        found = [standing.record for standing in self._watched.values() if standing.record is not None]
        return sorted(found, key=_order)

    def returned(self) -> list[Record]:
        """Grave alarms that were over before anybody acknowledged them, the newest first."""
        return sorted(self._returned.values(), key=lambda record: (-(record.ended or 0), record.number))

    def shelves(self) -> list[Shelf]:
        """What was put aside, what comes back first first."""
        return sorted(self._shelves.values(), key=lambda shelf: (shelf.until, shelf.key))

    def shelf(self, key: str) -> Shelf | None:
        """Whether an alarm is put aside."""
        return self._shelves.get(key)

    def record(self, key: str) -> Record | None:
        """The standing of an alarm, or its last one if that still waits to be seen."""
        standing = self._keys.get(key)
        return self._returned.get(key) if standing is None else standing.record

    def head(self, key: str) -> str | None:
        """The key of the alarm that this one is a part of."""
        return self._heads.get(key)

    def parts(self, key: str) -> list[Record]:
        """The alarms that are parts of this one."""
        found = [self._keys[part].record for part in self._parts.get(key, ()) if part in self._keys]
        return sorted((record for record in found if record is not None), key=_order)

    def is_grave(self, record: Record) -> bool:
        """Whether an alarm, or a part of it, is grave."""
        return record.is_grave or any(part.is_grave for part in self.parts(record.key))

    def state(self, record: Record) -> AlarmState:
        """What is to be done with an alarm; a part is as its head is, unless it is suppressed."""
        standing = self._keys.get(record.key)
        if standing is not None and standing.suppressed:
            return AlarmState.SUPPRESSED
        head = self._heads.get(record.key)
        above = None if head is None else self._keys.get(head)
        told = record if above is None or above.record is None else above.record
        if told.key in self._shelves:
            return AlarmState.SHELVED
        if told.acknowledged is not None or record.acknowledged is not None:
            return AlarmState.ACKNOWLEDGED
        return AlarmState.UNACKNOWLEDGED if told.ended is None else AlarmState.RETURNED

    def count(self, severity: Severity) -> int:
        """How many of a severity stand, are no part of another and are not put aside."""
        return sum(alarm.severity is severity for alarm in self.alarms())

    def raised_within(self, seconds: float) -> int:
        """How many alarms that are no part of another were raised in the last machine seconds."""
        begin = self._seconds() - seconds
        return sum(moment >= begin and key not in self._heads for moment, key in self._raised_s)

    # What people do.

    def acknowledged(self, record: Record) -> None:
        """Take over a record in which a person has acknowledged; what was over and waited for that is done with."""
        if record.ended is not None:
            self._seen(record)
            return
        self._keep(self._keys[record.key], record)

    def shelve(self, shelf: Shelf) -> None:
        """Put an alarm aside."""
        self._shelves[shelf.key] = shelf
        self._unwritten.shelf(shelf.key, shelf)
        self.revision += 1

    def unshelve(self, key: str, *, why: str) -> None:
        """Have it back; it is new again, since whoever put it aside has not dealt with it."""
        shelf = self._shelves.pop(key)
        self._unwritten.shelf(key, None)
        self.revision += 1
        standing = self._keys.get(key)
        if standing is not None and standing.record is not None and standing.record.acknowledged is not None:
            self._keep(standing, replace(standing.record, acknowledged=None))
        _LOG.info("alarm-unshelved", alarm=shelf.alarm, identity=shelf.identity, why=why)

    # What is to be written down.

    def take_changes(self) -> tuple[list[Record], dict[str, Shelf | None]]:
        """Standings and shelves (None: no more) that are different since the last time."""
        return self._unwritten.take()

    def put_back(self, records: Iterable[Record], shelves: Mapping[str, Shelf | None]) -> None:
        """They could not be written: they are taken again, unless there is something newer."""
        self._unwritten.put_back(records, shelves)

    def rewrite(self) -> None:
        """The database was displaced: have everything that there is written anew."""
        for record in (*self.standing(), *self._returned.values()):
            self._unwritten.record(record)
        for shelf in self._shelves.values():
            self._unwritten.shelf(shelf.key, shelf)

    # Looking.

    def _ask(self, source: Callable[[], Iterable[Sign]], seconds: float) -> None:
        try:
            signs = list(source())
        except Exception:
            _LOG.exception("alarm-source-failed", source=getattr(source, "__qualname__", repr(source)))
            return
        for sign in signs:
            self._see(sign, seconds)

    def _see(self, sign: Sign, seconds: float) -> None:
        name = (sign.identity, sign.id)
        standing = self._watched.get(name)
        if standing is None:
            since = Instant(int(self._now())) if sign.since is None else sign.since
            standing = self._watched[name] = Standing(
                sign=sign, since=since, first_s=seconds, last_s=seconds, seen_s=seconds
            )
        before, standing.sign = standing.sign, sign
        standing.seen_s = standing.last_s = seconds
        if sign.since is not None:
            standing.since = sign.since
        record = standing.record
        if record is not None and (before != sign or standing.since != record.since):
            self._changed(standing, record, before)

    def _changed(self, standing: Standing, record: Record, before: Sign) -> None:
        """Its words, or how grave it is, are others; one that has become grave has to be acknowledged anew."""
        graver = before.severity is Severity.WARNING and standing.sign.severity is Severity.ALARM
        acknowledged = None if graver else record.acknowledged
        standing.record = replace(record, sign=standing.sign, since=standing.since, acknowledged=acknowledged)
        self.revision += 1
        if before.severity is not standing.sign.severity:
            self._wrote(standing.record)
        if graver and record.key in self._shelves:  # it was put aside as something less
            self.unshelve(record.key, why="grave by now")

    def _settle(self, name: _Name, standing: Standing, seconds: float) -> None:
        record = standing.record
        if standing.seen_s == seconds:
            if record is None and seconds - standing.first_s >= standing.sign.after_s:
                if self._limit.may(standing.sign.told_by, seconds):
                    self._raise(name, standing, seconds)
            elif record is not None and (standing.missed or standing.suppressed):
                self._again(name, standing, seconds)
            standing.missed = standing.suppressed = False
        elif record is None:
            if seconds - standing.last_s >= _FORGET_S:
                del self._watched[name]
        elif not self._tells(standing.sign.told_by):
            if not standing.suppressed:
                standing.suppressed = True
                self.revision += 1
            standing.last_s = seconds
        else:
            standing.missed = seconds >= standing.hold_s
            quiet = CHATTER_S if self._chatter.chatters(name) else _CLEAR_S
            if seconds >= standing.hold_s and seconds - standing.last_s >= quiet:
                self._end(name, standing, record)

    def _raise(self, name: _Name, standing: Standing, seconds: float) -> None:
        self._number += 1
        self._chatter.came(name, seconds)
        now = Instant(int(self._now()))
        sign = standing.sign
        key = key_of(*name)
        record = Record(number=self._number, key=key, sign=sign, since=standing.since, raised=now, last=now)
        standing.hold_s = 0.0
        self._keys[key] = standing
        if key in self._returned:
            self._seen(self._returned[key])
        self._raised_s.append((seconds, key))
        self._keep(standing, record)
        _LOG.warning(
            "alarm",
            alarm=sign.id,
            severity=sign.severity.value,
            says=sign.en,
            todo="see the console",
            **_whose(sign),
        )

    def _again(self, name: _Name, standing: Standing, seconds: float) -> None:
        """It is seen again: after a short gap it has come once more, and after a suppression it only goes on."""
        record = standing.record
        if record is None or standing.suppressed:
            self.revision += 1
            return
        self._chatter.came(name, seconds)
        self._keep(standing, replace(record, times=record.times + 1, last=Instant(int(self._now()))))

    def _end(self, name: _Name, standing: Standing, record: Record) -> None:
        del self._watched[name]
        del self._keys[record.key]
        over = replace(record, ended=Instant(int(self._now())))
        if self._waits(over):
            self._returned[over.key] = over
            self._wrote(over)
            if len(self._returned) > MOST_RETURNED:
                self._seen(next(iter(self._returned.values())))
        else:
            self._wrote(replace(over, waits=False))
        _LOG.info("alarm-over", alarm=standing.sign.id, **_whose(standing.sign))

    def _waits(self, over: Record) -> bool:
        """Whether somebody has still to see that it was."""
        loose = over.key not in self._heads and over.part_of is None
        return over.is_grave and over.acknowledged is None and loose and over.key not in self._shelves

    def _seen(self, over: Record) -> None:
        """What was over waits for nobody any more."""
        self._returned.pop(over.key, None)
        self._wrote(replace(over, waits=False))

    def _group(self) -> None:
        heads = {} if self._grouping is None else dict(self._grouping.heads(self._raised()))
        if heads == self._heads:
            return
        self._heads = heads
        self._parts = {}
        self.revision += 1
        for part, head in heads.items():
            self._parts.setdefault(head, []).append(part)
        for key, standing in self._keys.items():
            above = self._keys.get(heads.get(key, ""))
            number = None if above is None or above.record is None else above.record.number
            if standing.record is not None and standing.record.part_of != number:
                self._keep(standing, replace(standing.record, part_of=number))

    def _raised(self) -> Iterator[Standing]:
        return (standing for standing in self._watched.values() if standing.record is not None)

    def _expire(self) -> None:
        for shelf in [shelf for shelf in self._shelves.values() if self._until(shelf) <= self._now()]:
            self.unshelve(shelf.key, why="expired")

    def _until(self, shelf: Shelf) -> Instant:
        record = self.record(shelf.key)
        return shelf.until_if(grave=record is not None and record.ended is None and self.is_grave(record))

    def _keep(self, standing: Standing, record: Record) -> None:
        standing.record = record
        self._wrote(record)

    def _wrote(self, record: Record) -> None:
        self._unwritten.record(record)
        self.revision += 1


_OPEN = (AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED)


def _order(record: Record) -> tuple[bool, Instant, str, str]:
    sign = record.sign
    return (sign.severity is Severity.WARNING, record.since, sign.identity, sign.id)


def _whose(sign: Sign) -> dict[str, str]:
    return {"identity": sign.identity} if sign.identity else {}
