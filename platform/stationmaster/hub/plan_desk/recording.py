"""What people do at the plan desk, as records of the hub's log: who, from where, what, from what to what, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from stationmaster.hub.audit.audit_log import AuditLog
from stationmaster.hub.audit.record import Change
from stationmaster.hub.people.askers import Asker
from stationmaster.hub.plan_desk.files import ABSENT
from stationmaster.hub.plan_desk.versions import Version
from stationmaster_base.errors import Fault
from stationmaster_service.interfaces import WebRequest

__all__ = ["DeskDeed", "Recorder", "line_changes", "version_changes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskDeed:
    """Something that was done, as the log has it."""

    kind: str
    subject: str = ""
    words: str = ""
    why: str = ""
    changes: tuple[Change, ...] = ()


class Recorder:
    """Has deeds recorded.

    Args:
        log: where to; None: nowhere, for a desk without a hub.

    """

    def __init__(self, log: AuditLog | None) -> None:
        self._log = log

    def record(self, request: WebRequest, asker: Asker, deed: DeskDeed) -> None:
        """Record a deed that was done."""
        if self._log is None:
            return
        wire: Any = request
        self._log.record(
            deed.kind,
            who=asker.name,
            login=asker.login,
            origin=str(wire.getClientAddress().host),
            subject=deed.subject,
            words=deed.words,
            why=deed.why,
            changes=deed.changes,
        )


def line_changes(differences: Iterable[Fault]) -> tuple[Change, ...]:
    """Lines that differ, as `hunks` tells them, each from what to what."""
    return tuple(
        Change(subject=each.file, field=each.place, before=each.allowed, after=each.problem) for each in differences
    )


def version_changes(before: Version, after: Version) -> tuple[Change, ...]:
    """The files that a version changed, by the hashes of their contents; the versions have the contents."""
    return tuple(
        Change(
            subject=name,
            field="content",
            before=before.files.get(name, ABSENT),
            after=after.files.get(name, ABSENT),
        )
        for name in after.changed
    )
