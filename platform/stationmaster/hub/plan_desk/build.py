"""Wiring the plan desk: its files, its thread and its routes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from twisted.application.service import Service

from stationmaster.hub.audit.audit_log import AuditLog
from stationmaster.hub.people.askers import Askers
from stationmaster.hub.plan_desk.desk import PlanDesk
from stationmaster.hub.plan_desk.draft_api import DraftApi
from stationmaster.hub.plan_desk.files_api import FilesApi
from stationmaster.hub.plan_desk.import_api import ImportApi
from stationmaster.hub.plan_desk.recording import Recorder
from stationmaster.hub.plan_desk.uploads import LARGEST_UPLOAD, Importer
from stationmaster.hub.plan_desk.work import DeskWork
from stationmaster.hub.reload import Reloader
from stationmaster.hub.writer import InThread, WriterThread
from stationmaster.station.check import LayoutCheck
from stationmaster_kernel.state import State
from stationmaster_service.face import Face
from stationmaster_service.interfaces import ThreadReactor

__all__ = ["PlanDeskService"]


class PlanDeskService(Service):
    """The plan desk of a hub, with a thread of its own while it runs.

    Args:
        folder: the station's.
        reloader: has the hub take what the folder says.
        state: the committed state.
        now: station time.
        days: service dates after today that have a plan.
        reactor: machine time and threads.
        where_read: the thread in which the station's folder is read.
        layout_check: what draws boards, asked about layouts; None leaves their insides unread.

    """

    def __init__(
        self,
        *,
        folder: Path,
        reloader: Reloader,
        state: Callable[[], State],
        now: Callable[[], float],
        days: int,
        reactor: ThreadReactor,
        where_read: InThread,
        layout_check: LayoutCheck | None = None,
    ) -> None:
        self._thread = WriterThread(reactor, "plan desk")
        self._uploads = WriterThread(reactor, "uploads")
        self._reactor = reactor
        self._now = now
        self.work = DeskWork(
            desk=PlanDesk(folder, now),
            reloader=reloader,
            state=state,
            now=now,
            days=days,
            in_thread=self._thread,
            where_read=where_read,
            where_uploads=self._uploads,
            importer=Importer(),
            layout_check=layout_check,
        )

    def install(self, face: Face, askers: Askers, log: AuditLog | None = None) -> None:
        """Add the routes; what is done is recorded in `log`."""
        recorder = Recorder(log)
        face.bound("/api/v1/station/import", LARGEST_UPLOAD + 1)
        FilesApi(face, askers, recorder, self.work, self._now)
        DraftApi(face, askers, recorder, self.work, self._now)
        ImportApi(face=face, askers=askers, recorder=recorder, work=self.work, now=self._now, reactor=self._reactor)

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        Service.startService(self)
        self._thread.startService()
        self._uploads.startService()

    def stopService(self) -> None:  # noqa: N802 - Twisted's name
        """End what is being read, and wait for what is being written."""
        Service.stopService(self)
        self.work.stop()
        self._uploads.stopService()
        self._thread.stopService()
