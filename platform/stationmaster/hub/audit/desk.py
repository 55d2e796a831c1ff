"""The log of one hub and what hangs on it, wired: second factors, what needs two persons, changes of shift."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from stationmaster.hub.alarms.book import AlarmBook
from stationmaster.hub.audit.audit_log import AuditLog
from stationmaster.hub.audit.confirmations import ConfirmationBody, ConfirmationBook
from stationmaster.hub.audit.confirmations_api import ConfirmationsApi
from stationmaster.hub.audit.handover_api import HandoverApi
from stationmaster.hub.audit.handover_book import HandoverBook
from stationmaster.hub.audit.handover_sheet import HandoverSheet, made_sheet
from stationmaster.hub.audit.log_api import LogApi
from stationmaster.hub.audit.log_search import LogFilter, LogReader
from stationmaster.hub.audit.record import Change, LogRecord
from stationmaster.hub.audit.sealing import Seal, read_key
from stationmaster.hub.audit.second_factor_api import SecondFactorApi
from stationmaster.hub.audit.second_factors import SecondFactorBook
from stationmaster.hub.audit.security_log import LoggedSecurity
from stationmaster.hub.people.people_desk import PeopleDesk
from stationmaster.hub.pipeline import Pipeline
from stationmaster.hub.settings import HubSettings
from stationmaster.hub.storage.checkpoint import software
from stationmaster.hub.storage.compaction import DAY_S
from stationmaster.hub.storage.store import Store
from stationmaster.hub.subsystems.command_desk import CommandDesk, Part
from stationmaster.hub.subsystems.equipment import EquipmentBook
from stationmaster.hub.writer import InThread
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
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
        wall: the world's time, in seconds since 1970.
        random_bytes: gives so many random bytes.
        issuer: the station's name, for authenticator apps.

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
        wall: Callable[[], float],
        random_bytes: Callable[[int], bytes],
        issuer: str,
    ) -> None:
        self.log = AuditLog(
            store=store, in_writer=in_writer, reactor=reactor, now=now, keep_days=settings.log_days, probe=store.probe
        )
        people = settings.people
        self.security = LoggedSecurity(self.log, reactor.seconds)
        self.factors = SecondFactorBook(
            store=store,
            in_writer=in_writer,
            seal=cache(lambda: Seal(read_key(people.key, random_bytes), random_bytes)),
            required=people.second_factor,
            issuer=issuer,
            wall=wall,
            random_bytes=random_bytes,
        )
        self.confirmations = ConfirmationBook(
            kinds=people.two_persons, minutes=people.confirm_minutes, log=self.log, now=now, reactor=reactor
        )
        self.confirming = ConfirmationsApi(self.confirmations, now)
        self._handovers = HandoverBook(store, in_writer, settings.log_days * DAY_S)
        self._reader = LogReader(settings.database)
        self._in_reader = in_reader
        self._reactor = reactor
        self._now = now
        self._settings = plain_settings(settings)
        self._proving: DelayedCall | None = None
        self._running = False

    def listen(self, pipeline: Pipeline, alarms: AlarmBook, commands: CommandDesk) -> None:
        """Listen to what is committed and commanded, and look for what is wrong."""
        commands.on_part(self._command)
        for book in (self.log, self.factors):
            pipeline.on_commit(book.committed)
            pipeline.on_new_beginning(book.begun_anew)
            alarms.watch(book.signs)

    def install(
        self,
        face: Face,
        *,
        people: PeopleDesk,
        pipeline: Pipeline,
        zone: ZoneInfo,
        alarms: AlarmBook,
        equipment: EquipmentBook,
    ) -> None:
        """Add the routes."""
        askers, now, log = people.askers, self._now, self.log

        def make(since: Instant) -> HandoverSheet:
            moment = Instant(int(now()))
            return made_sheet(pipeline.state, now=moment, since=since, alarms=alarms, devices=equipment.devices())

        LogApi(log=log, reader=self._reader, askers=askers, face=face, in_thread=self._in_reader, zone=zone, now=now)
        self.confirming.install(face, askers)
        SecondFactorApi(
            book=self.factors,
            logins=people.logins,
            doorway=people.doorway,
            askers=askers,
            accounts=people.accounts,
            face=face,
        )
        HandoverApi(book=self._handovers, make=make, log=log, askers=askers, face=face, now=now)

    def waiting(self) -> tuple[ConfirmationBody, ...]:
        """What waits for a second person."""
        return tuple(self.confirmations.told(each) for each in self.confirmations.waiting())

    def begin(self) -> Deferred[None]:
        """The store has been opened: record the start, look whether the log is whole, and read second factors."""
        self._running = True
        self.log.begin()
        self.log.record("start", words=f"stationmaster {software()}".rstrip())
        look = partial(self._reader.page, LogFilter(kinds=("settings",)), None, 1)
        self._in_reader(look).addCallback(self._compare).addErrback(_failed)
        self._prove()
        return self.factors.load()

    def stop(self) -> None:
        """Record the end, and do nothing more."""
        if self._running:
            self.log.record("stop")
        self._running = False
        if self._proving is not None and self._proving.active():
            self._proving.cancel()
        self.log.stop()

    def _command(self, part: Part, giver: str) -> None:
        """Record what a subsystem was told to do, and what came of it."""
        command, result = part.command, part.result
        given = " ".join(f"{each.name}={each.value}" for each in command.parameters)
        words = f"{command.action} {' '.join((*command.devices, *command.targets))} {given}".rstrip()
        if result is not None:
            words = f"{words}: {result.state} {result.code} {result.detail}".rstrip()
        self.log.record(
            "command" if result is None else "command-result",
            who=command.by,
            origin=giver,
            subject=f"{part.identity} {command.id}",
            words=words,
        )

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
