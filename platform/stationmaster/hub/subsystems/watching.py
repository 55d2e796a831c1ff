"""Everything about subsystems but their tasks, wired: who is there, what they have, what they show, what they are told.

The hub makes one of these, gives it what the sessions say (`ProtocolSide` does), and has it started and stopped with
itself. It adds its alarms to the book, and its pages to the face.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from twisted.internet.defer import Deferred

from stationmaster.hub.alarms.book import AlarmBook
from stationmaster.hub.alarms.conditions import ABSENT, SUBSYSTEM, ConditionBook
from stationmaster.hub.alarms.hub_signs import StoreSigns
from stationmaster.hub.alarms.news import AlarmNews
from stationmaster.hub.audit.confirmations import Hold, nothing_held
from stationmaster.hub.consequences.versions import Proofs
from stationmaster.hub.open_protocol.local_acts import LocalActs
from stationmaster.hub.people.askers import Askers
from stationmaster.hub.pipeline import Committed, Pipeline
from stationmaster.hub.subsystems.board_book import BoardBook
from stationmaster.hub.subsystems.board_watch import BoardWatch
from stationmaster.hub.subsystems.command_desk import CommandDesk, Router
from stationmaster.hub.subsystems.commands_api import CommandsApi
from stationmaster.hub.subsystems.equipment import EquipmentBook
from stationmaster.hub.subsystems.equipment_api import EquipmentApi
from stationmaster.hub.subsystems.subscriber_metrics import SubscriberCollector
from stationmaster.hub.subsystems.subscriber_watch import SubscriberWatch
from stationmaster.hub.subsystems.watch_settings import WatchSettings
from stationmaster.hub.view import HubView
from stationmaster_base.times import Instant
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.commands import ActRefusal, Command, CommandResult, LocalAct
from stationmaster_protocol.equipment import AlarmSign, Device
from stationmaster_protocol.hub_side import Grant
from stationmaster_protocol.messages import Deletion, Report
from stationmaster_service.face import Face
from stationmaster_service.timer import StationTimer

__all__ = ["Server", "Watching"]


class Server(Router, Protocol):
    """The open protocol's server, as far as it is told what there is to tell of equipment."""

    def equipment_changed(
        self, devices: Sequence[Device], alarms: Sequence[AlarmSign], gone: Sequence[Deletion]
    ) -> None: ...


class Watching:
    """Args:
    view: the hub.
    pipeline: where what people did at subsystems' pages goes.
    alarms: gets the signs of everything that is looked at here.
    settings: how long what may last.
    timer: station time.
    seconds: machine time.

    """

    def __init__(
        self,
        *,
        view: HubView,
        pipeline: Pipeline,
        alarms: AlarmBook,
        settings: WatchSettings,
        timer: StationTimer,
        seconds: Callable[[], float],
    ) -> None:
        now = timer.clock.now
        self._view = view
        self._server: Server | None = None
        self._grants: dict[str, Grant] = {}
        self._conditions: ConditionBook | None = None
        self.equipment_book = EquipmentBook(now)
        self.boards = BoardBook(lambda: view.state)
        self.proofs = Proofs()
        self.board_watch = BoardWatch(
            boards=self.boards,
            equipment=self.equipment_book,
            subscribers=view.subscribers,
            task=self._task,
            settings=settings,
            now=now,
            seconds=seconds,
        )
        self.subscriber_watch = SubscriberWatch(
            subscribers=view.subscribers,
            expected=lambda: view.identities,
            unattended=self._unattended,
            settings=settings,
            now=now,
            seconds=seconds,
        )
        self.desk = CommandDesk(router=lambda: self._server, timer=timer, now=now, grant=self._grants.get)
        self._acts = LocalActs(pipeline, now, seconds)
        self._news = AlarmNews(alarms, lambda changed, gone: self._changed((), changed, gone))
        self.equipment_book.on_change(lambda devices, gone: self._changed(devices, (), gone))
        self.equipment_book.on_whole(self.desk.returned)
        for source in (
            StoreSigns(view).signs,
            self.equipment_book.signs,
            self.subscriber_watch.signs,
            self.board_watch.signs,
            self._acts.signs,
        ):
            alarms.watch(source)
        alarms.on_look(self._news.look)
        pipeline.on_commit(self._committed)
        pipeline.on_new_beginning(self.boards.begun_anew)

    def install(self, face: Face, askers: Askers, hold: Hold = nothing_held) -> SubscriberCollector:
        """Add the pages, of which `hold` is asked what needs two persons; what it gives counts for the metrics."""
        api = EquipmentApi(
            view=self._view,
            equipment=self.equipment_book,
            boards=self.boards,
            watch=self.board_watch,
            subscribers=self.subscriber_watch,
            since=self._since_when,
            face=face,
        )
        equipment = self.equipment_book
        CommandsApi(view=self._view, desk=self.desk, equipment=equipment, askers=askers, face=face, hold=hold)
        return SubscriberCollector(api.subscribers)

    def attach(self, server: Server) -> None:
        """The hub is up: subsystems can be told something from now on."""
        self._server = server
        self.boards.begun_anew()

    def know_since(self, conditions: ConditionBook) -> None:
        """Since when subsystems are there or away is in `conditions`."""
        self._conditions = conditions

    def restore(self, conditions: ConditionBook) -> None:
        """Miss those who were there before the hub was started anew."""
        kinds = {kind.value: kind for kind in TaskKind}
        for each in conditions.before(SUBSYSTEM):
            if not each.detail:
                continue  # it has never been there
            kind, *executes = each.detail.split(" ")
            known = tuple(kinds[word] for word in executes if word in kinds)
            since = each.since if each.state == ABSENT else Instant(int(self._view.now))
            self.subscriber_watch.restore(each.id, kind, known, since)

    # What the sessions say.

    def welcome(self, grant: Grant) -> Grant:
        """An identity has shown who it is."""
        self._grants[grant.identity] = grant
        return grant

    def acts(self, identity: str, acts: Sequence[LocalAct]) -> Deferred[tuple[ActRefusal, ...]]:
        """What people did at a subsystem's page; fires when it is committed or refused, with the refusals."""
        return self._acts.put(identity, acts)

    def observed(self, identity: str, report: Report) -> None:
        """Devices, readbacks and alarms of a subsystem."""
        self.equipment_book.observed(identity, report)
        self.proofs.observed(report.readbacks)

    def lost(self, identity: str) -> None:
        """A subsystem's session is over."""
        self.equipment_book.lost(identity)

    def equipment(self) -> tuple[tuple[Device, ...], tuple[AlarmSign, ...]]:
        """Every device and every alarm, as subscribers are told of them."""
        return tuple(self.equipment_book.devices()), self._news.signs

    def commanded(self, identity: str, command: Command) -> Deferred[CommandResult]:
        """A client's command for another subsystem."""
        return self.desk.commanded(identity, command)

    def command_result(self, identity: str, result: CommandResult) -> None:
        """What a subsystem made of a command."""
        self.desk.result(identity, result)

    # Inside.

    def _task(self, name: str) -> Task | None:
        return self._view.state.tasks.get(name)

    def _since_when(self, identity: str) -> Instant | None:
        found = None if self._conditions is None else self._conditions.find(SUBSYSTEM, identity)
        return None if found is None else found.since

    def _unattended(self) -> tuple[TaskKind, ...]:
        facts = self._view.state.facts
        return tuple(kind for kind in facts.seen if kind not in facts.present)

    def _changed(self, devices: Sequence[Device], alarms: Sequence[AlarmSign], gone: Sequence[Deletion]) -> None:
        if self._server is not None:
            self._server.equipment_changed(devices, alarms, gone)

    def _committed(self, committed: Sequence[Committed]) -> None:
        self.boards.committed(each.stored.changes for each in committed)
