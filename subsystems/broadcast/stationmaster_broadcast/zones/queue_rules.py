"""`[broadcast.queue]` of the configuration file: how this station wants its announcements to follow one another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from stationmaster_base.configuration import Table
from stationmaster_broadcast.zones.chimes import Chime
from stationmaster_broadcast.zones.classes import CLASSES, AnnouncementClass, Interrupted, Wrong, class_of
from stationmaster_broadcast.zones.volume import Softer, read_softer
from stationmaster_broadcast.zones.zone_plan import ZonePlan
from stationmaster_kernel.configuration import Zone
from stationmaster_kernel.task import Task

__all__ = ["QueueRules", "RuleManner"]

MOST_TIMES = 5
"""How often an announcement may be said in one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleManner:
    """How the announcements of one rule are made, where that differs from their class; None: as their class."""

    rule: str
    when_interrupted: Interrupted | None = None
    chime: Chime | None = None
    times: int | None = None
    wrong: tuple[Wrong, ...] | None = None

    def applied(self, kind: AnnouncementClass) -> AnnouncementClass:
        """The class as it is for this rule."""
        return replace(
            kind,
            when_interrupted=kind.when_interrupted if self.when_interrupted is None else self.when_interrupted,
            chime=kind.chime if self.chime is None else self.chime,
            times=kind.times if self.times is None else self.times,
            wrong=kind.wrong if self.wrong is None else self.wrong,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRules:
    """Everything that the file says of it. `gap_s`: seconds of silence after an announcement, beside its own end."""

    classes: tuple[AnnouncementClass, ...] = CLASSES
    manners: tuple[RuleManner, ...] = ()
    gap_s: int = 0
    plan: ZonePlan = field(default_factory=ZonePlan)
    softer: tuple[Softer, ...] = ()

    def kind(self, task: Task) -> AnnouncementClass:
        """How this task is to be announced."""
        kind = class_of(task.priority, self.classes)
        manner = next((manner for manner in self.manners if manner.rule == task.rule), None)
        return kind if manner is None else manner.applied(kind)

    def unknown(self, zones: Iterable[Zone]) -> tuple[str, ...]:
        """The zones that are named here and that the station has not."""
        named = self.plan.named().union(*(softer.zones for softer in self.softer))
        return tuple(sorted(named - {zone.id for zone in zones}))

    def drops(self, priority: int) -> bool:
        """Whether what has this priority lets nothing go on that it cuts, but music."""
        return class_of(priority, self.classes).drops

    @staticmethod
    def from_table(table: Table) -> QueueRules:
        """Read `[broadcast.queue]`; faults go to the table's."""
        rules = QueueRules(
            classes=_read_classes(table.table("classes")),
            manners=_read_manners(table.table("rules")),
            gap_s=table.integer("gap_s", 0, high=60),
            plan=_read_plan(table),
            softer=read_softer(table),
        )
        table.finish()
        return rules


def _read_classes(table: Table) -> tuple[AnnouncementClass, ...]:
    names = [kind.id for kind in CLASSES]
    found = []
    for number, kind in enumerate(CLASSES):
        body = table.table(kind.id)
        made = replace(
            _manner(body, "").applied(kind),
            cuts=body.texts("cuts", names[number + 1 :]) if "cuts" in body else kind.cuts,
            full_volume=body.flag("full_volume", kind.full_volume),
            drops=body.flag("drops", kind.drops),
        )
        body.finish()
        found.append(made)
    table.finish()
    return tuple(found)


def _read_manners(table: Table) -> tuple[RuleManner, ...]:
    found = []
    for rule in table.keys():  # noqa: SIM118 - a Table is no dict
        body = table.table(rule)
        found.append(_manner(body, rule))
        body.finish()
    table.finish()
    return tuple(found)


def _manner(body: Table, rule: str) -> RuleManner:
    wrong = body.texts("wrong", list(Wrong))
    return RuleManner(
        rule=rule,
        when_interrupted=Interrupted(body.choice("when_interrupted", list(Interrupted), Interrupted.DROP))
        if "when_interrupted" in body
        else None,
        chime=Chime(body.choice("chime", list(Chime), Chime.NONE)) if "chime" in body else None,
        times=body.integer("times", 1, low=1, high=MOST_TIMES) if "times" in body else None,
        wrong=tuple(each for each in Wrong if each in wrong) if "wrong" in body else None,
    )


def _read_plan(table: Table) -> ZonePlan:
    overlaps = []
    for body in table.tables("overlap"):
        zones = body.texts("zones")
        if len(set(zones)) < 2:
            body.fault("zones", "names fewer than two zones", "the zones that share loudspeakers")
        overlaps.append(frozenset(zones))
        body.finish()
    groups = table.table("groups")
    named = tuple((name, groups.texts(name)) for name in groups.keys())  # noqa: SIM118 - a Table is no dict
    groups.finish()
    return ZonePlan(overlaps=tuple(overlaps), groups=named)
