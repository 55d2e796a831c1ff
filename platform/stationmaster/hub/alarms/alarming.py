"""Everything about alarms, wired: the looking, what they have in common, what people do, what is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from stationmaster.hub.alarms.alarms_api import AlarmsApi
from stationmaster.hub.alarms.book import AlarmBook
from stationmaster.hub.alarms.causes import Causes
from stationmaster.hub.alarms.conditions import (
    ConditionBook,
    clock_conditions,
    line_conditions,
    subsystem_conditions,
)
from stationmaster.hub.alarms.desk import AlarmDesk
from stationmaster.hub.alarms.keeping import AlarmKeeper
from stationmaster.hub.alarms.record import Record
from stationmaster.hub.alarms.supplies import SupplyWatch
from stationmaster.hub.audit.audit_log import AuditLog
from stationmaster.hub.people.askers import Asker, Askers
from stationmaster.hub.pipeline import Pipeline
from stationmaster.hub.settings import HubSettings
from stationmaster.hub.storage.store import Store
from stationmaster.hub.subsystems.watching import Watching
from stationmaster.hub.view import HubView
from stationmaster.hub.writer import InThread
from stationmaster.station.wiring import Supply
from stationmaster_base.logging import get_logger
from stationmaster_clock.judge import Verdict
from stationmaster_service.face import Face
from stationmaster_service.interfaces import MachineTime

__all__ = ["Alarming", "Keeping"]

_LOG = get_logger("alarms")

_KINDS = {"acknowledge": "alarm-acknowledged", "shelve": "alarm-shelved", "unshelve": "alarm-unshelved"}
"""What each act is called in the log."""

_LOOK_S = 1.0
"""Machine seconds between looks at what is wrong."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where alarms are kept; the settings say for how many days."""

    store: Store
    settings: HubSettings
    pipeline: Pipeline
    in_writer: InThread
    in_reader: InThread


class Alarming:
    """Args:
    book: the alarms.
    view: the hub.
    watching: what subsystems say.
    wiring: what devices hang on together.
    verdict: what was made of the masters of time.
    keeping: where alarms are kept.
    reactor: machine time.

    """

    def __init__(
        self,
        *,
        book: AlarmBook,
        view: HubView,
        watching: Watching,
        wiring: Callable[[], Sequence[Supply]],
        verdict: Callable[[], Verdict | None],
        keeping: Keeping,
        reactor: MachineTime,
    ) -> None:
        self._book = book
        self._view = view
        equipment = watching.equipment_book
        supplies = SupplyWatch(
            wiring=wiring,
            devices=equipment.devices,
            things=lambda: equipment.things,
            seconds=reactor.seconds,
        )
        book.join(lambda identity: equipment.tells(identity) or identity not in view.identities, Causes(supplies))
        self.conditions = ConditionBook(lambda: view.now)
        self.conditions.watch(lambda: subsystem_conditions(view.identities, view.subscribers()))
        self.conditions.watch(lambda: line_conditions(view.line()))
        self.conditions.watch(lambda: clock_conditions(verdict()))
        self._watching = watching
        self._keeper = AlarmKeeper(
            book=book,
            conditions=self.conditions,
            store=keeping.store,
            in_writer=keeping.in_writer,
            url=keeping.settings.database,
            in_reader=keeping.in_reader,
            keep_days=keeping.settings.keep_days,
            now=lambda: view.now,
        )
        keeping.pipeline.on_new_beginning(self._keeper.begun_anew)
        self._api: AlarmsApi | None = None
        self._tell: Callable[[str], None] = lambda _: None
        self._looking = cast("Any", LoopingCall(self._look))  # its clock is declared as a zope interface
        self._looking.clock = reactor

    def install(self, face: Face, askers: Askers, audit: AuditLog | None, tell: Callable[[str], None]) -> None:
        """Add the routes; what people do goes into the log, and what is different is told with `tell`."""
        self._tell = tell
        self._api = AlarmsApi(
            book=self._book,
            conditions=self.conditions,
            desk=AlarmDesk(self._book, lambda: self._view.now),
            history=self._keeper.history,
            askers=askers,
            now=lambda: self._view.now,
            face=face,
        )
        self._watching.know_since(self.conditions)
        if audit is not None:
            self._api.on_done(_logged(audit))
        self._api.on_done(lambda *_: self._told())

    def load(self) -> Deferred[None]:
        """Go on with what stood before; fires when it is known, and fails as the store does."""

        def loaded(_: None) -> None:
            self._watching.restore(self.conditions)

        return self._keeper.load().addCallback(loaded)

    def start(self) -> None:
        """Begin to look."""
        self._looking.start(_LOOK_S)

    def stop(self) -> Deferred[None]:
        """Look no more; fires when everything is written."""
        if self._looking.running:
            self._looking.stop()
        return self._keeper.stop()

    def _look(self) -> None:
        self.conditions.look()
        self._book.look()
        self._keeper.look()
        self._told()

    def _told(self) -> None:
        changed = None if self._api is None else self._api.changed()
        if changed is not None:
            self._tell(changed)


def _not_logged(failure: Failure, what: str) -> None:
    _LOG.warning("act-not-logged", what=_KINDS[what], problem=failure.getErrorMessage(), todo="see the log's own alarm")


def _logged(audit: AuditLog) -> Callable[[Asker, str, Record | None, str, str], None]:
    def log(asker: Asker, what: str, record: Record | None, alarm: str, why: str) -> None:
        name = alarm if record is None else record.sign.id
        identity = "" if record is None else record.sign.identity
        recording = audit.record(
            _KINDS[what],
            who=asker.name,
            login=asker.login,
            subject=f"{identity}/{name}" if identity else name,
            words="" if record is None else record.sign.en,
            why=why,
        )
        recording.addErrback(_not_logged, what)

    return log
