"""The replica: what the hub has told a subsystem of the world, whole, at one position of the hub's journal.

A replica is a value. An update makes a new one that shares all that stayed the same, so whoever looks at a replica
sees one moment and never half an update.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from immutables import Map

from stationmaster_kernel.call import Call
from stationmaster_kernel.changes import PUBLIC_KINDS, Resource, Value
from stationmaster_kernel.configuration import Configuration, StationFacts
from stationmaster_kernel.mode import Mode
from stationmaster_kernel.state import CONFIGURATION_KINDS
from stationmaster_kernel.task import Task
from stationmaster_protocol.digest import digest_of
from stationmaster_protocol.messages import Position

__all__ = ["Replica"]

_OF_CONFIGURATION = frozenset(CONFIGURATION_KINDS) | {"station"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """Resources by kind and id, at a position; without a position nothing has been received yet.

    `configuration` is assembled from its resources, each kind in order of revision, which is the order of the station's
    folder; None as long as the station itself is not among them.
    """

    position: Position | None = None
    kinds: Map[str, Map[str, Resource]] = Map()
    configuration: Configuration | None = None
    calls: Map[str, Call] = Map()
    tasks: Map[str, Task] = Map()

    @property
    def modes(self) -> tuple[Mode, ...]:
        """What is manual; usually nothing."""
        held = (resource.value for resource in self.kinds.get("mode", _NOTHING).values())
        return tuple(value for value in held if isinstance(value, Mode))

    @classmethod
    def of(cls, resources: Iterable[Resource], position: Position | None) -> Replica:
        """The replica that holds exactly these.

        Raises:
            ValueError: a resource is of a kind that does not go over the protocol, or stands there twice.

        """
        kinds: dict[str, dict[str, Resource]] = {}
        for resource in resources:
            of_kind = kinds.setdefault(_known(resource), {})
            if resource.id in of_kind:
                raise ValueError(f"{resource.kind} {resource.id} stands there twice")
            of_kind[resource.id] = resource
        held = Map({kind: Map(of_kind) for kind, of_kind in kinds.items()})
        return cls(
            position=position,
            kinds=held,
            configuration=_assembled(held),
            calls=Map({name: _call(resource) for name, resource in kinds.get("call", {}).items()}),
            tasks=Map({name: _task(resource) for name, resource in kinds.get("task", {}).items()}),
        )

    def changed(
        self, position: Position | None, puts: Iterable[Resource], deletes: Iterable[tuple[str, str]]
    ) -> Replica:
        """The replica after one update; deleting what is not there changes nothing.

        Raises:
            ValueError: a resource is of a kind that does not go over the protocol.

        """
        kinds, calls, tasks = self.kinds, self.calls, self.tasks
        touched: set[str] = set()
        for kind, name in deletes:
            of_kind = kinds.get(kind, _NOTHING)
            if name in of_kind:
                kinds = kinds.set(kind, of_kind.delete(name))
                touched.add(kind)
                if kind == "call":
                    calls = calls.delete(name)
                elif kind == "task":
                    tasks = tasks.delete(name)
        for resource in puts:
            kind = _known(resource)
            kinds = kinds.set(kind, kinds.get(kind, _NOTHING).set(resource.id, resource))
            touched.add(kind)
            if kind == "call":
                calls = calls.set(resource.id, _call(resource))
            elif kind == "task":
                tasks = tasks.set(resource.id, _task(resource))
        return replace(
            self,
            position=position,
            kinds=kinds,
            configuration=self.configuration if touched.isdisjoint(_OF_CONFIGURATION) else _assembled(kinds),
            calls=calls,
            tasks=tasks,
        )

    def at(self, position: Position) -> Replica:
        """The same at another position: nothing that is held here changed up to it."""
        return self if position == self.position else replace(self, position=position)

    def resources(self) -> Iterator[Resource]:
        """Everything held, in no particular order."""
        for of_kind in self.kinds.values():
            yield from of_kind.values()

    def digest(self) -> str:
        """What proves to the hub that nothing is missing and nothing too much."""
        return digest_of(self.resources())

    def __len__(self) -> int:
        return sum(len(of_kind) for of_kind in self.kinds.values())


_NOTHING: Map[str, Resource] = Map()


def _known(resource: Resource) -> str:
    if not isinstance(resource.value, PUBLIC_KINDS.get(resource.kind, ())):
        raise ValueError(f"{resource.kind!r} is not a kind of resource that a subsystem holds")
    return resource.kind


def _call(resource: Resource) -> Call:
    if not isinstance(resource.value, Call):
        raise TypeError(f"{resource.id} is not a call")
    return resource.value


def _task(resource: Resource) -> Task:
    if not isinstance(resource.value, Task):
        raise TypeError(f"{resource.id} is not a task")
    return resource.value


def _assembled(kinds: Mapping[str, Mapping[str, Resource]]) -> Configuration | None:
    def values(kind: str) -> list[Value]:
        ordered = sorted(kinds.get(kind, {}).values(), key=lambda resource: resource.revision)
        return [resource.value for resource in ordered]

    stations = [value for value in values("station") if isinstance(value, StationFacts)]
    if not stations:
        return None
    fields: dict[str, tuple[Value, ...]] = {field: tuple(values(kind)) for kind, field in CONFIGURATION_KINDS.items()}
    return replace(Configuration(station=stations[-1]), **fields)  # type: ignore[arg-type]  # kinds were checked on entry
