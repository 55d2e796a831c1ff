"""Small makers of tasks, resources and performers for the agent's tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from stationmaster_agent.work import Work
from stationmaster_base.times import Instant, from_iso
from stationmaster_kernel.call import Call, Event
from stationmaster_kernel.changes import Resource
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.task import Result, Task, Text
from stationmaster_kernel.values import CallKind, EventName, Hand, TaskKind, TaskState

START = from_iso("2026-03-01T00:00:00Z")
NEVER = object()


def at(minutes: float) -> Instant:
    """So many minutes into the tests' day."""
    return Instant(START + int(minutes * 60))


def announcement(
    name: str = "a",
    *,
    due: float | None = 10,
    valid: float = 5,
    targets: tuple[str, ...] = ("hall",),
    revision: int = 1,
    state: TaskState = TaskState.PLANNED,
    awaits: EventName | None = None,
    feed_limit: int | None = None,
    results: tuple[Result, ...] = (),
    text: str = "hello",
    base: float = 0,
    hand: Hand = Hand.AUTOMATIC,
    held: bool = False,
) -> Task:
    """A point task, due so many minutes into the day."""
    return Task(
        id=name,
        revision=revision,
        call="QHD/2026-03-01/G1/1",
        rule="welcome",
        occurrence=1,
        kind=TaskKind.ANNOUNCEMENT,
        targets=targets,
        hand=hand,
        held=held,
        base=at(base),
        due=None if due is None else at(due),
        valid_until=None if due is None else at(due + valid),
        order=at(0),
        awaits=awaits,
        feed_limit=feed_limit,
        state=state,
        results=results,
        texts=(Text(name="speech", language="en", text=text),),
    )


def call(number: str = "G1", *, revision: int = 1, planned: float = 60) -> Call:
    """A through call."""
    return Call(
        id=f"QHD/2026-03-01/{number}/1",
        revision=revision,
        service_date=date(2026, 3, 1),
        number=number,
        numbers=(number,),
        train_class="G",
        kind=CallKind.ORIGIN,
        origin="A",
        destination="B",
        departure=Event(planned=at(planned), best=at(planned)),
    )


def resource(value: Task | Call) -> Resource:
    """A task or a call as a resource."""
    kind = "task" if isinstance(value, Task) else "call"
    return Resource(kind=kind, id=value.id, revision=value.revision, value=value)


@dataclass
class MemoryLedger:
    """A ledger that outlives the executor, as the file outlives the process."""

    held: dict[tuple[str, str], Result] = field(default_factory=dict)
    written: list[tuple[str, Result]] = field(default_factory=list)

    def progress(self) -> dict[tuple[str, str], Result]:
        return dict(self.held)

    def record(self, task: str, result: Result) -> None:
        self.held[task, result.target] = result
        self.written.append((task, result))

    def forget(self, keys) -> None:
        for key in keys:
            del self.held[key]

    def states(self) -> list[tuple[str, str, str]]:
        return [(task, result.target, result.state.value) for task, result in self.written]


@dataclass
class Recorder:
    """A performer that writes down what it is asked for."""

    log: list[tuple[str, str, str]] = field(default_factory=list)
    works: dict[tuple[str, str], Work] = field(default_factory=dict)
    is_quiet: bool = True

    def offer(self, work: Work) -> None:
        self.log.append(("offer", *work.key))
        self.works[work.key] = work

    def retract(self, work: Work) -> None:
        self.log.append(("retract", *work.key))
        assert self.works.pop(work.key) is work

    def quiet(self) -> bool:
        return self.is_quiet

    def next_at(self) -> Instant | None:
        return None

    def take(self) -> list[tuple[str, str, str]]:
        log, self.log = self.log, []
        return log


def task_result(number: int, task: str = "a", target: str = "hall", state: TaskState = TaskState.DONE) -> TaskResult:
    """A result as it waits for the hub."""
    return TaskResult(
        id=f"broadcast/boot/{number}",
        at=at(number),
        task=task,
        result=Result(target=target, state=state, at=at(number), base=at(0)),
    )
