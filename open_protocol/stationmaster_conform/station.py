"""A station of one platform, with which the kit plays a hub: all that a client may ask for, and makers of tasks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.call import Call, Event, call_id
from stationmaster_kernel.changes import Value
from stationmaster_kernel.configuration import (
    Board,
    Layout,
    Name,
    Place,
    PlaceKind,
    StationFacts,
    Template,
    Words,
    Zone,
)
from stationmaster_kernel.rules import Base, Moment, Rule
from stationmaster_kernel.task import POINT_KINDS, Stage, Task, Text
from stationmaster_kernel.values import CallKind, EventName, Status, TaskKind

__all__ = ["PLACES", "TELECODE", "call_value", "configuration", "point_task", "row_task"]

TELECODE = "KIT"

PLACES: dict[TaskKind, str] = {
    TaskKind.DISPLAY: "hall-1",
    TaskKind.MESSAGE: "hall-1",
    TaskKind.ANNOUNCEMENT: "waiting-a",
    TaskKind.LIGHTING: "lamp-1",
    TaskKind.NOTICE: "post-1",
    TaskKind.CHECK_IN: "1A",
}
"""The target of each kind of task, where neither the client's filter nor the person at the kit says another."""


def _both(zh: str, en: str) -> Words:
    return (("zh", zh), ("en", en))


def configuration(targets: Sequence[str]) -> list[tuple[str, str, Value]]:
    """What a station's folder would say, as kind, id and value; each of `targets` is a board and a zone besides."""
    boards = dict.fromkeys((PLACES[TaskKind.DISPLAY], *targets))
    zones = dict.fromkeys((PLACES[TaskKind.ANNOUNCEMENT], *targets))
    places = (
        Place(id="1", kind=PlaceKind.PLATFORM, names=_both("1站台", "Platform 1"), gates=("1A",), areas=("A",)),
        Place(id="1", kind=PlaceKind.TRACK, names=_both("1道", "Track 1"), platform="1"),
        Place(id="1A", kind=PlaceKind.GATE, names=_both("1A检票口", "Gate 1A")),
        Place(id="A", kind=PlaceKind.AREA, names=_both("候车室", "Waiting room")),
        Place(id="post-1", kind=PlaceKind.POST, names=_both("客运岗", "Post 1")),
        Place(id="lamp-1", kind=PlaceKind.LIGHT, names=_both("站台灯", "Platform lights"), type="platform"),
    )
    return [
        (
            "station",
            TELECODE,
            StationFacts(telecode=TELECODE, names=_both("验证站", "Conformance"), zone="Asia/Shanghai"),
        ),
        *((("place", f"{place.kind}.{place.id}", place)) for place in places),
        *(
            ("board", board, Board(id=board, type="ticket_hall", names=_both("大厅", "Hall"), layout="hall"))
            for board in boards
        ),
        *(("zone", zone, Zone(id=zone, type="waiting", names=_both("候车区", "Waiting area"))) for zone in zones),
        ("name", "北京北", Name(id="北京北", names=_both("北京北", "Beijing North"))),
        ("template", "check-in", Template(id="check-in", texts=_both("{{ number }}", "{{ number }}"))),
        *(
            ("template", f"status.{status}", Template(id=f"status.{status}", texts=_both(status.value, status.value)))
            for status in Status
        ),
        ("layout", "hall", Layout(id="hall", body='type = "ticket_hall"\nrows = 12')),
        (
            "rule",
            "row",
            Rule(
                id="row",
                does=TaskKind.DISPLAY,
                boards=("ticket_hall",),
                start=Moment(base=Base.DEPARTURE, offset=-180),
                end=Moment(base=Base.DEPARTURE),
                awaits=EventName.DEPARTURE,
            ),
        ),
    ]


def call_value(number: str, departure: Instant) -> Call:
    """A train that begins here, planned to leave at `departure`."""
    day = datetime.fromtimestamp(departure, UTC).date()
    return Call(
        id=call_id(TELECODE, day, number, 1),
        service_date=day,
        number=number,
        numbers=(number,),
        train_class="G",
        kind=CallKind.ORIGIN,
        origin="北京北",
        destination="北京北",
        track="1",
        platform="1",
        planned_track="1",
        planned_platform="1",
        gates=("1A",),
        departure=Event(planned=departure, best=departure),
    )


def point_task(  # one argument a field that scenarios differ in
    name: str, *, target: str, due: Instant, valid_until: Instant, kind: TaskKind = TaskKind.ANNOUNCEMENT
) -> Task:
    """A task to be done once, without a call: an operator's announcement."""
    return Task(
        id=name,
        call="",
        rule="",
        occurrence=1,
        kind=kind,
        targets=(target,),
        base=due,
        due=due,
        valid_until=valid_until,
        order=due,
        texts=(
            Text(name="speech", language="zh", text="一致性测试。"),
            Text(name="speech", language="en", text="Conformance test."),
        ),
    )


def row_task(
    name: str,
    *,
    kind: TaskKind,
    target: str,
    start: Instant,
    end: Instant,
    awaits: EventName | None = None,
    hard_end: Instant | None = None,
    number: str = "G1",
) -> Task:
    """A task that is on from `start` to `end`: a row on a board, a light."""
    assert kind not in POINT_KINDS
    return Task(
        id=name,
        call="",
        rule="",
        occurrence=1,
        kind=kind,
        targets=(target,),
        base=end,
        start=start,
        end=end,
        awaits=awaits,
        hard_end=hard_end,
        order=end,
        stages=(Stage(at=Instant(start - MINUTE), status=Status.WAITING),),
        texts=(Text(name="number", text=number), Text(name="destination", language="zh", text="北京北")),
    )
