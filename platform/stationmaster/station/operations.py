"""`operations.csv`: how trains are worked here, by train, by train class and by kind of call.

A row says something of the calls that its first three cells select. Of several that select a call, the most specific
wins, for each field by itself: a train's number before a class, a class before a kind. What the timetable itself says
of a call's track, gates, areas and exits comes before all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stationmaster.station.csv_table import CsvRow, read_csv
from stationmaster.station.timetable import TIMETABLE_FILE, TimetableRow
from stationmaster.station.turnarounds import link_problem
from stationmaster_base.configuration import Faults
from stationmaster_kernel.configuration import Place, PlaceKind
from stationmaster_kernel.values import CallKind

__all__ = ["OPERATIONS_FILE", "OPERATION_COLUMNS", "Operation", "Operations", "Template", "read_operations"]

OPERATIONS_FILE = "operations.csv"
SELECTORS = ("train", "train_class", "kind")
FIELDS = ("track", "gates", "areas", "exits", "formation", "turnaround", "opens", "closes")
OPERATION_COLUMNS = (*SELECTORS, *FIELDS)

OFFSET = 600
"""Minutes by which check-in may open and close before or after the departure."""

FORMATION_LONGEST = 40
"""Characters."""

CHECKED_IN = (CallKind.ORIGIN, CallKind.THROUGH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """How a call is worked; what nothing is said of is empty, or None.

    The fields are those of `PlannedCall`.
    """

    track: str = ""
    gates: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    exits: tuple[str, ...] = ()
    formation: str = ""
    turnaround: str = ""
    opens: int | None = None
    closes: int | None = None

    def says(self, field: str) -> bool:
        """Whether anything is said of a field."""
        return getattr(self, field) not in ("", (), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A row of `operations.csv`: the calls that it selects, empty (None) being all, and how they are worked."""

    line: int
    train: str = ""
    train_class: str = ""
    kind: CallKind | None = None
    operation: Operation = Operation()

    def selects(self, row: TimetableRow) -> bool:
        """Whether the row is for this call."""
        return (
            (not self.train or self.train in row.numbers)
            and (not self.train_class or self.train_class == row.train_class)
            and (self.kind is None or self.kind is row.kind)
        )

    @property
    def selector(self) -> tuple[str, str, CallKind | None]:
        """What makes the row the only one of its kind."""
        return self.train, self.train_class, self.kind

    def before(self, row: TimetableRow) -> tuple[int, bool, bool]:
        """Sorts the most specific first: the call's numbers in their order, then class, then kind."""
        number = row.numbers.index(self.train) if self.train else len(row.numbers)
        return number, not self.train_class, self.kind is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """All rows of `operations.csv`."""

    templates: tuple[Template, ...] = ()

    def of(self, row: TimetableRow) -> Operation:
        """How this call is worked: the timetable's own cells, then the most specific row that says anything."""
        operation = Operation(track=row.track, gates=row.gates, areas=row.areas, exits=row.exits)
        for template in self.selecting(row):
            said = template.operation
            missing = [field for field in FIELDS if said.says(field) and not operation.says(field)]
            operation = replace(operation, **{field: getattr(said, field) for field in missing})
        if row.kind is not CallKind.TERMINUS:
            operation = replace(operation, turnaround="")
        if row.kind not in CHECKED_IN:
            operation = replace(operation, opens=None, closes=None)
        return operation

    def selecting(self, row: TimetableRow) -> list[Template]:
        """The rows that select this call, the most specific first."""
        return sorted((each for each in self.templates if each.selects(row)), key=lambda each: each.before(row))

    def worked(self, row: TimetableRow) -> TimetableRow:
        """The row with the places at which the train is worked, for those that the timetable leaves open."""
        operation = self.of(row)
        return replace(row, track=operation.track, gates=operation.gates, areas=operation.areas, exits=operation.exits)


def read_operations(
    folder: Path, places: Sequence[Place], classes: Sequence[str], rows: Sequence[TimetableRow], faults: Faults
) -> Operations:
    """The folder's `operations.csv`, held against its timetable; without rows if there is no such file.

    Args:
        folder: the station's folder.
        places: tracks, gates, areas and exits.
        classes: the train classes that may be named.
        rows: the timetable. A row for a train that is not in it selects nothing, and is no fault.
        faults: where faults go, with line and column.

    """
    found: list[Template] = []
    lines: dict[tuple[str, str, CallKind | None], int] = {}
    for cells in read_csv(folder, OPERATIONS_FILE, OPERATION_COLUMNS, (), faults, optional=True):
        before = len(faults)
        template = _template(cells, places, classes)
        if template.selector in lines:
            cells.fault(
                "train",
                f"the same calls are selected on line {lines[template.selector]} already",
                "each selection once",
            )
        lines.setdefault(template.selector, template.line)
        if len(faults) == before:
            found.append(template)
    operations = Operations(templates=tuple(found))
    platformless = {place.id for place in places if place.kind is PlaceKind.TRACK and not place.platform}
    for place, problem, allowed in _with_timetable(operations, platformless, rows):
        faults.add(OPERATIONS_FILE, place, problem, allowed)
    return operations


def _template(cells: CsvRow, places: Sequence[Place], classes: Sequence[str]) -> Template:
    train = _one_number(cells, "train")
    train_class = cells.choice("train_class", classes)
    kind = cells.choice("kind", [kind.value for kind in CallKind])
    if not any(cells.cell(column) for column in SELECTORS):
        cells.fault("train", "is empty, and so are train_class and kind", "one of the three, or several")
    if not any(cells.cell(column) for column in FIELDS):
        cells.fault("track", "is empty, and so is all that could be said", ", ".join(FIELDS))
    template = Template(
        line=cells.line,
        train=train,
        train_class=train_class,
        kind=CallKind(kind) if kind else None,
        operation=_operation(cells, places),
    )
    _check_kind(cells, template)
    return template


def _operation(cells: CsvRow, places: Sequence[Place]) -> Operation:
    track = cells.track(places)
    formation = cells.cell("formation")
    if len(formation) > FORMATION_LONGEST:
        cells.fault("formation", f"{formation!r} has {len(formation)} characters", f"at most {FORMATION_LONGEST}")
    return Operation(
        track=track.id if track is not None else "",
        gates=cells.places("gates", PlaceKind.GATE, places),
        areas=cells.places("areas", PlaceKind.AREA, places),
        exits=cells.places("exits", PlaceKind.EXIT, places),
        formation=formation,
        turnaround=_one_number(cells, "turnaround"),
        opens=cells.integer("opens", -OFFSET, OFFSET),
        closes=cells.integer("closes", -OFFSET, OFFSET),
    )


def _one_number(cells: CsvRow, column: str) -> str:
    if not cells.cell(column):
        return ""
    numbers = cells.train_numbers(column)
    if len(numbers) > 1:
        cells.fault(column, f"{cells.cell(column)!r} are {len(numbers)} numbers", "one of the train's numbers")
    return numbers[0]


def _check_kind(cells: CsvRow, template: Template) -> None:
    """What the row says must be something that calls of its kind have."""
    operation, kind = template.operation, template.kind
    if kind is not None and kind not in CHECKED_IN:
        for column in ("opens", "closes"):
            if operation.says(column):
                cells.fault(column, f"{cells.cell(column)!r} stands there, and the kind is {kind.value}", "nothing")
    if operation.turnaround and not template.train:
        cells.fault("turnaround", f"{operation.turnaround!r} stands there, and no train", "a number in train")
    if operation.turnaround and kind not in (None, CallKind.TERMINUS):
        cells.fault("turnaround", f"{operation.turnaround!r} stands there, and the kind is {kind.value}", "nothing")
    if operation.opens is not None and operation.closes is not None and operation.opens >= operation.closes:
        cells.fault("closes", f"{cells.cell('closes')!r} is not after opens", f"{operation.opens + 1}…{OFFSET}")


def _with_timetable(
    operations: Operations, platformless: set[str], rows: Sequence[TimetableRow]
) -> Iterator[tuple[str, str, str]]:
    """What is wrong with the rows for the trains that there are: place, problem, what is allowed; each once."""
    told: set[tuple[int, str]] = set()
    for row in rows:
        at = f"{row.number} ({TIMETABLE_FILE}, line {row.line})"
        selecting = operations.selecting(row)
        for field, problem, allowed in _row_problems(operations.of(row), row, at, platformless):
            template = next(each for each in selecting if each.operation.says(field))
            if (template.line, field) not in told:
                told.add((template.line, field))
                yield f"line {template.line}, {field}", problem, allowed
    for template in operations.templates:
        yield from _link_problems(template, rows)


def _row_problems(
    operation: Operation, row: TimetableRow, at: str, platformless: set[str]
) -> Iterator[tuple[str, str, str]]:
    if operation.track != row.track and operation.track in platformless and row.kind is not CallKind.PASSING:
        yield "track", f"track {operation.track!r} has no platform, and {at} stops", "a track with a platform"
    if operation.opens is not None and operation.closes is not None and operation.opens >= operation.closes:
        problem = f"'{operation.opens}' is not before closes, '{operation.closes}', for {at}"
        yield "opens", problem, f"-{OFFSET}…{operation.closes - 1}"


def _link_problems(template: Template, rows: Sequence[TimetableRow]) -> Iterator[tuple[str, str, str]]:
    number = template.operation.turnaround
    selected = [row for row in rows if template.selects(row)] if number else []
    ending = [row for row in selected if row.kind is CallKind.TERMINUS]
    place = f"line {template.line}, turnaround"
    if selected and not ending:
        problem = f"{number!r} stands there, and {template.train} does not end here"
        yield place, problem, "nothing, or a train that ends here"
    for row in ending:
        problem, allowed = link_problem(row, number, rows)
        if problem:
            yield place, problem, allowed
            return
