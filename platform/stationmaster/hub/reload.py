"""Reading the station's folder again while the hub runs: all of it or nothing, and what differs afterwards.

The folder is read in a thread, as at the start, and with any fault nothing changes. Else it goes into the pipeline
like everything that changes the hub: a configuration, and the plans that say something new. What has been done stays
done; the rest is worked out anew by the kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from twisted.internet.defer import Deferred, fail

from stationmaster.hub.day import PlanDay
from stationmaster.hub.pipeline import Committed
from stationmaster.hub.writer import InThread
from stationmaster.station.load import Station, load_station
from stationmaster.station.places import PLACES_FILE, STATION_FILE
from stationmaster.station.plans import plan_day
from stationmaster_base.errors import ConfigurationError, Fault, StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_kernel.call import Call
from stationmaster_kernel.configuration import Configuration, PlaceKind
from stationmaster_kernel.state import State, configuration_values, resource_id
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import TaskState

__all__ = ["Difference", "KindDifference", "NotNow", "Reloader", "TaskList", "differences", "fixed_faults"]

_LOG = get_logger("reload")

MOST_IDS = 100
"""Tasks that an answer names; it counts them all."""

EXAMPLES = 5
"""Calls that a warning names."""

READING = ("configure", "plan")
"""The kinds of input that a reading of the folder puts in."""


class NotNow(StationError):
    """The folder cannot be read at this moment; in a little while it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindDifference:
    """What differs among the resources of one kind, by id; a place's is `<kind>.<id>`."""

    kind: str
    added: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskList:
    """How many tasks, and the ids of the first of them."""

    count: int
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a reading of the folder came to.

    `plans` are the service dates whose plan says something new; whether it was taken or waits for a decision is in the
    plan. `tasks_*`: those that are new, that say or do something else, and that are not to be done any more.
    `warnings` are the folder's own, and what calls of today still use that the station has no more.
    """

    at: Instant
    configuration: tuple[KindDifference, ...]
    plans: tuple[str, ...]
    tasks_made: TaskList
    tasks_changed: TaskList
    tasks_withdrawn: TaskList
    warnings: tuple[Fault, ...]


class Day(Protocol):
    """The station's day, as far as a `Reloader` needs it."""

    def reloaded(self, configuration: Configuration, plan_day: PlanDay) -> Deferred[None]:
        """Put in what is new; fires when it is committed."""


class Reloader:
    """Reads the folder again, one reading at a time.

    Args:
        station: what it said at the start.
        day: puts in what it says now.
        state: the committed state.
        now: station time.
        in_thread: where the folder is read.
        load: how it is read.

    """

    def __init__(
        self,
        *,
        station: Station,
        day: Day,
        state: Callable[[], State],
        now: Callable[[], float],
        in_thread: InThread,
        load: Callable[[Path], Station] = load_station,
    ) -> None:
        self._station = station
        self._day = day
        self._state = state
        self._now = now
        self._in_thread = in_thread
        self._load = load
        self._up = False
        self._reading = False
        self._committed: list[Committed] = []

    def begin(self) -> None:
        """The hub is up: from now on the folder may be read again."""
        self._up = True

    def committed(self, committed: Sequence[Committed]) -> None:
        """To be told of everything that the pipeline commits."""
        if self._reading:
            self._committed.extend(each for each in committed if each.input_kind in READING)

    @property
    def station(self) -> Station:
        """What the folder said when it was last read."""
        return self._station

    @property
    def may(self) -> bool:
        """Whether the folder can be read at this moment."""
        return self._up and not self._reading

    def reload(self) -> Deferred[Difference]:
        """Read the folder and take what it says; fires when that is committed.

        Fails with `NotNow`; with `ConfigurationError`, all faults in it, and then nothing has changed; with
        `StationError`, if the kernel does not take it.
        """
        if not self._up:
            return fail(NotNow("hub-not-up", "The hub is still coming up.", "Ask again when it is up."))
        if self._reading:
            return fail(NotNow("reload-under-way", "The station's folder is being read.", "Ask again in a moment."))
        self._reading = True
        self._committed = []
        reading: Deferred[Any] = self._in_thread(lambda: self._load(self._station.folder))
        return reading.addCallback(self._take).addBoth(self._ended)

    def _take(self, station: Station) -> Deferred[Difference]:
        faults = list(fixed_faults(self._station.configuration, station.configuration))
        if faults:
            raise ConfigurationError(faults)
        before, self._station = self._station, station
        state = self._state()
        done: Deferred[Any] = self._day.reloaded(station.configuration, partial(plan_day, station))
        return done.addCallback(lambda _: self._difference(before.configuration, state))

    def _difference(self, before: Configuration, state: State) -> Difference:
        refused = [note for each in self._committed if each.refused for note in each.stored.changes.notes]
        if refused:
            detail = dict(refused[0].detail)
            raise StationError("reload-refused", f"It was not taken: {detail['message']}", detail.get("hint", ""))
        station = self._station
        tasks = self._tasks(state)
        found = Difference(
            at=Instant(int(self._now())),
            configuration=tuple(differences(before, station.configuration)),
            plans=tuple(each.input_id.split("/")[1] for each in self._committed if each.input_kind == "plan"),
            tasks_made=_list(item for item, how in tasks.items() if how == "made"),
            tasks_changed=_list(item for item, how in tasks.items() if how == "changed"),
            tasks_withdrawn=_list(item for item, how in tasks.items() if how == "withdrawn"),
            warnings=(*station.warnings, *_missing(self._state().calls.values(), station.configuration)),
        )
        _LOG.info(
            "reloaded",
            made=found.tasks_made.count,
            changed=found.tasks_changed.count,
            withdrawn=found.tasks_withdrawn.count,
            plans=len(found.plans),
        )
        return found

    def _tasks(self, before: State) -> dict[str, str]:
        """What became of tasks, by id, in the order in which the kernel came to them."""
        found: dict[str, str] = {}
        for each in self._committed:
            for put in each.stored.changes.puts:
                if not isinstance(put.value, Task):
                    continue
                if put.value.state is TaskState.WITHDRAWN:
                    found[put.id] = "withdrawn"
                else:
                    known = before.tasks.get(put.id)
                    new = known is None or known.state is TaskState.WITHDRAWN
                    found[put.id] = "made" if new else "changed"
            for kind, item in each.stored.changes.deletes:
                if kind == "task":
                    found[item] = "withdrawn"
        return found

    def _ended(self, outcome: Any) -> Any:
        self._reading = False
        self._committed = []
        return outcome


def differences(before: Configuration, after: Configuration) -> list[KindDifference]:
    """What differs between two configurations, whatever their revisions; kinds without a difference are left out."""
    old, new = _by_kind(before), _by_kind(after)
    found = []
    for kind in dict.fromkeys((*old, *new)):
        was, now = old.get(kind, {}), new.get(kind, {})
        difference = KindDifference(
            kind=kind,
            added=tuple(item for item in now if item not in was),
            changed=tuple(item for item in now if item in was and now[item] != was[item]),
            gone=tuple(item for item in was if item not in now),
        )
        if difference.added or difference.changed or difference.gone:
            found.append(difference)
    return found


def _by_kind(configuration: Configuration) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for kind, value in configuration_values(configuration):
        unrevised: Any = value
        found.setdefault(kind, {})[resource_id(kind, value)] = replace(unrevised, revision=0)
    return found


def fixed_faults(before: Configuration, after: Configuration) -> list[Fault]:
    """What cannot change while the hub runs: calls bear the telecode, and their dates are the zone's."""
    return [
        Fault(
            file=STATION_FILE,
            place=key,
            problem=f"{getattr(after.station, key)!r} cannot be taken while the hub runs",
            allowed=f"{getattr(before.station, key)}; else end the hub, and start it with a new database",
        )
        for key in ("telecode", "zone")
        if getattr(before.station, key) != getattr(after.station, key)
    ]


def _missing(calls: Iterable[Call], configuration: Configuration) -> list[Fault]:
    """Warnings of places that calls use and the station has no more."""
    known = {(place.kind, place.id) for place in configuration.places}
    users: dict[tuple[PlaceKind, str], list[str]] = {}
    for call in sorted(calls, key=lambda call: call.id):
        used = ((PlaceKind.TRACK, (call.track,)), (PlaceKind.GATE, call.gates))
        more = ((PlaceKind.AREA, call.areas), (PlaceKind.EXIT, call.exits))
        for kind, items in (*used, *more):
            for item in items:
                if item and (kind, item) not in known:
                    users.setdefault((kind, item), []).append(call.id)
    return [
        Fault(
            file=PLACES_FILE,
            place=f"{kind.value} {item}",
            problem=f"is gone, and {_users(len(ids))} it: {', '.join(ids[:EXAMPLES])}",
            allowed="another place for these calls, or the place back until they have gone",
        )
        for (kind, item), ids in users.items()
    ]


def _users(number: int) -> str:
    return "1 call uses" if number == 1 else f"{number} calls use"


def _list(ids: Iterable[str]) -> TaskList:
    found = tuple(ids)
    return TaskList(count=len(found), ids=found[:MOST_IDS])
