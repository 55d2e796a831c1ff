"""Everything that the hub is asked over the web, put on its face."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from stationmaster.hub.alarms.book import AlarmBook
from stationmaster.hub.audit.desk import AuditDesk
from stationmaster.hub.audit.recorded import RecordedDeeds
from stationmaster.hub.consequences.past_api import PastApi
from stationmaster.hub.consequences.preview_api import PreviewApi
from stationmaster.hub.consequences.told_api import ToldApi
from stationmaster.hub.consequences.versions import Proofs
from stationmaster.hub.feeding.leaps import LeapWatch
from stationmaster.hub.feeding.lines_api import LinesApi
from stationmaster.hub.feeding.masters import ClockApi
from stationmaster.hub.neighbours.assembly import add_neighbours
from stationmaster.hub.openapi.document import OPERATIONS
from stationmaster.hub.people.askers import Askers
from stationmaster.hub.people.guard import PermitGuard
from stationmaster.hub.people.people_desk import PeopleDesk
from stationmaster.hub.pipeline import Pipeline
from stationmaster.hub.reload import Reloader
from stationmaster.hub.settings import HubSettings
from stationmaster.hub.subsystems.board_book import BoardBook
from stationmaster.hub.subsystems.equipment import EquipmentBook
from stationmaster.hub.view import HubView
from stationmaster.hub.web.acts_api import ActsApi
from stationmaster.hub.web.changes_stream import ChangesStream
from stationmaster.hub.web.history_api import HistoryApi
from stationmaster.hub.web.plans_api import PlansApi
from stationmaster.hub.web.recent import Recent
from stationmaster.hub.web.reload_api import ReloadApi
from stationmaster.hub.web.repeats import Repeats
from stationmaster.hub.writer import InThread
from stationmaster_clock.masters import ClockMasters
from stationmaster_service.face import Face
from stationmaster_service.interfaces import Reactor

__all__ = ["Parts", "install_routes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the routes are made of, as the hub has it."""

    settings: HubSettings
    view: HubView
    pipeline: Pipeline
    askers: Askers
    people: PeopleDesk
    reactor: Reactor
    in_reader: InThread
    boot: str
    zone: ZoneInfo
    alarms: AlarmBook
    audit: AuditDesk
    boards: BoardBook
    equipment: EquipmentBook
    stream: ChangesStream
    recent: Recent
    proofs: Proofs
    reloader: Reloader
    masters: ClockMasters | None
    leaps: LeapWatch


def install_routes(face: Face, parts: Parts) -> None:
    """Add the routes, and what asks before each of them who asks."""
    view, pipeline, askers, reactor = parts.view, parts.pipeline, parts.askers, parts.reactor
    ActsApi(
        view=view,
        pipeline=pipeline,
        askers=askers,
        face=face,
        reactor=reactor,
        recent=parts.recent,
        hold=parts.audit.confirming.held,
    )
    database, in_reader = parts.settings.database, parts.in_reader
    PastApi(now=lambda: view.now, face=face, database=database, zone=parts.zone, in_thread=in_reader, reactor=reactor)
    ToldApi(view=view, proofs=parts.proofs, face=face, database=database, in_thread=parts.in_reader)
    PreviewApi(view=view, recent=parts.recent, askers=askers, face=face, in_thread=parts.in_reader)
    parts.people.install(face)
    parts.audit.install(
        face,
        people=parts.people,
        pipeline=pipeline,
        zone=parts.zone,
        alarms=parts.alarms,
        equipment=parts.equipment,
    )
    parts.audit.confirmations.on_change(parts.stream.look)
    view.confirmed_by(parts.audit.waiting)
    PlansApi(view, face)
    LinesApi(view, face)
    HistoryApi(face, parts.settings.database, parts.zone, parts.in_reader)
    view.read_from(lambda: parts.reloader.station)
    ReloadApi(face, parts.reloader, askers)
    ClockApi(face, parts.masters, parts.leaps, askers)
    add_neighbours(
        parts.settings,
        view=view,
        boards=parts.boards,
        alarms=parts.alarms,
        askers=askers,
        face=face,
        reactor=reactor,
    )
    face.guard(PermitGuard(askers, OPERATIONS))
    repeats = Repeats(askers.who, reactor.seconds)
    face.around(RecordedDeeds(repeats, parts.audit.log, askers, OPERATIONS))
