"""The log of one hub, wired: what is recorded at its start, who looks at it, and when it is proved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from twisted.python.failure import Failure

from stationmaster.hub.alarms.book import AlarmBook
from stationmaster.hub.audit.audit_log import AuditLog
from stationmaster.hub.audit.log_api import LogApi
from stationmaster.hub.audit.log_search import LogFilter, LogReader
from stationmaster.hub.audit.record import Change, LogRecord
from stationmaster.hub.checkpoint import software
from stationmaster.hub.people.askers import Askers
from stationmaster.hub.pipeline import Pipeline
from stationmaster.hub.settings import HubSettings
from stationmaster.hub.store import Store
from stationmaster.hub.writer import InThread
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_service.face import Face
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["PROVE_S", "AuditDesk", "changed_settings", "plain_settings"]

_LOG = get_logger("audit")

PROVE_S = 6 * 3600.0
"""Machine seconds after which the whole log is looked at again."""


class AuditDesk:
    """The log, its reader, and what happens to it by itself.

    Args:
        settings: the hub's; what they hold secret their `repr` does not show.
        store: the hub's.
        in_writer: the writer's thread.
        in_reader: another one.
        reactor: machine time.
        now: station time.
        keep_days: for how long records are kept.
        settings: the hub's, a dataclass; what it holds secret its `repr` does not show.
        probe: told the points of a commit.

    """

    def __init__(
        self,
        settings: HubSettings,
        store: Store,
        *,
        in_writer: InThread,
        in_reader: InThread,
        reactor: MachineTime,
        now: Callable[[], float],
    ) -> None:
        self.log = AuditLog(
            store=store, in_writer=in_writer, reactor=reactor, now=now, keep_days=settings.log_days, probe=store.probe
        )
        self._reader = LogReader(settings.database)
        self._in_reader = in_reader
        self._reactor = reactor
        self._now = now
        self._settings = plain_settings(settings)
        self._proving: DelayedCall | None = None
        self._running = False

    def install(self, pipeline: Pipeline, face: Face, askers: Askers, zone: ZoneInfo, alarms: AlarmBook) -> None:
        """Listen to what is committed, look for what is wrong, and add the routes."""
        pipeline.on_commit(self.log.committed)
        pipeline.on_new_beginning(self.log.begun_anew)
        alarms.watch(self.log.signs)
        LogApi(
            log=self.log,
            reader=self._reader,
            askers=askers,
            face=face,
            in_thread=self._in_reader,
            zone=zone,
            now=self._now,
        )

    def begin(self) -> None:
        """The store has been opened: record the start, and look whether the log is whole."""
        self._running = True
        self.log.begin()
        self.log.record("start", words=f"stationmaster {software()}".rstrip())
        look = partial(self._reader.page, LogFilter(kinds=("settings",)), None, 1)
        self._in_reader(look).addCallback(self._compare).addErrback(_failed)
        self._prove()

    def stop(self) -> None:
        """Record the end, and do nothing more."""
        if self._running:
            self.log.record("stop")
        self._running = False
        if self._proving is not None and self._proving.active():
            self._proving.cancel()
        self.log.stop()

    def _compare(self, found: Sequence[LogRecord]) -> None:
        """Record the settings, if they are not what they were when a hub last began."""
        before = {each.field: each.after for each in found[0].happening.changes} if found else {}
        changes = tuple(changed_settings(before, self._settings))
        if self._running and any(each.before != each.after for each in changes):
            words = "since the last start" if found else "as they are"
            self.log.record("settings", subject="[hub]", words=words, changes=changes)

    def _prove(self) -> None:
        self._in_reader(lambda: self._reader.proof(())).addCallback(self.log.proved).addErrback(_failed)
        self._proving = self._reactor.callLater(PROVE_S, self._prove)


def plain_settings(settings: Any, place: str = "") -> dict[str, str]:
    """Settings as words by their place, such as `watch.holdover_s`; secrets are left out."""
    found: dict[str, str] = {}
    for field in fields(settings):
        name, value = f"{place}{field.name}", getattr(settings, field.name)
        if not field.repr:
            continue
        if is_dataclass(value):
            found.update(plain_settings(value, f"{name}."))
        else:
            found[name] = str(value)
    return found


def changed_settings(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    """Every setting as it was and is, also where it is the same: the record tells all that holds."""
    for name in sorted({*before, *after}):
        yield Change(subject="[hub]", field=name, before=before.get(name, ""), after=after.get(name, ""))


def _failed(failure: Failure) -> None:
    error = failure.value
    problem = str(error) if isinstance(error, StationError) else failure.getTraceback()
    _LOG.warning("log-not-looked-at", problem=problem, todo="mend the database; it is tried again")
