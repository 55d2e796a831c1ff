"""What each kind of subsystem may do, as a table: a board cannot command a loudspeaker, and a kiosk holds no accounts.

A right that is not in the table is not there. What a subsystem may not hold is left out of what it gets; what it may
not do is refused and logged.
"""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster_kernel.changes import PUBLIC_KINDS
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.equipment import LIVE_KINDS
from stationmaster_protocol.hub_side import SUBSYSTEM_KINDS, Grant

__all__ = ["RIGHTS", "Rights", "grant_of", "kind_by_name"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """The rights of one kind of subsystem.

    `executes`: the kinds of task that it does and reports on. `resources`: the kinds of resource, and of what is live,
    that it may hold. `acts`: people act at its own page, so it holds their accounts. `commands`: the kinds of subsystem
    whose devices it may command.
    """

    executes: frozenset[TaskKind] = frozenset()
    resources: frozenset[str]
    acts: bool = False
    commands: frozenset[str] = frozenset()


_DAY = frozenset(
    {"station", "place", "board", "zone", "name", "pronunciation", "template", "layout", "rule", "call", "task", "mode"}
)
"""The station and its day: what the kernel needs wherever it runs."""

_WITH_PAGE = _DAY | {"account"}
_LIVE = frozenset(LIVE_KINDS)
_FIELD = frozenset({"guidance", "broadcast", "query", "notice", "lighting", "publishing", "voice"})
"""Subsystems that have devices in the station."""

RIGHTS: dict[str, Rights] = {
    "guidance": Rights(
        executes=frozenset({TaskKind.DISPLAY, TaskKind.CHECK_IN, TaskKind.MESSAGE}), resources=_WITH_PAGE, acts=True
    ),
    "broadcast": Rights(executes=frozenset({TaskKind.ANNOUNCEMENT, TaskKind.MESSAGE}), resources=_WITH_PAGE, acts=True),
    "query": Rights(resources=_DAY),
    "notice": Rights(executes=frozenset({TaskKind.NOTICE}), resources=_WITH_PAGE, acts=True),
    "lighting": Rights(executes=frozenset({TaskKind.LIGHTING}), resources=_WITH_PAGE, acts=True),
    "monitoring": Rights(resources=_DAY | _LIVE, commands=_FIELD),
    "publishing": Rights(executes=frozenset({TaskKind.MESSAGE}), resources=_DAY),
    "voice": Rights(resources=_DAY),
    "staff": Rights(
        executes=frozenset({TaskKind.NOTICE}), resources=_WITH_PAGE | _LIVE, acts=True, commands=_FIELD | {"monitoring"}
    ),
    "uplink": Rights(resources=_DAY | _LIVE),
}
"""By kind of subsystem."""


def grant_of(identity: str, kind: str) -> Grant:
    """What a subsystem of this kind may do."""
    rights = RIGHTS[kind]
    return Grant(
        identity=identity,
        kind=kind,
        executes=rights.executes,
        resources=rights.resources & (frozenset(PUBLIC_KINDS) | _LIVE),
        acts=rights.acts,
        commands=rights.commands,
    )


def kind_by_name(identity: str) -> str | None:
    """The kind that an identity's name begins with, as in `guidance-2`; None if it begins with none."""
    for kind in SUBSYSTEM_KINDS:
        if identity == kind or (identity.startswith(kind) and not identity[len(kind)].isalpha()):
            return kind
    return None
