"""What the desk does that takes a while: checks, applying, imports; each in a thread of its own, one after the other.

While a station is being applied nothing is drafted: what was checked is what becomes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, inlineCallbacks

from stationmaster.hub.plan_desk.checking import examine
from stationmaster.hub.plan_desk.desk import PlanDesk
from stationmaster.hub.plan_desk.preview import StationPreview, preview
from stationmaster.hub.plan_desk.refusals import DeskRefusal
from stationmaster.hub.plan_desk.uploads import Importer, Upload, UploadReport, UploadResult
from stationmaster.hub.plan_desk.versions import Version
from stationmaster.hub.reload import Difference, NotNow, Reloader, fixed_faults
from stationmaster.hub.writer import InThread
from stationmaster.station.check import LayoutCheck
from stationmaster_base.errors import ConfigurationError, Fault, StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_kernel.state import State

__all__ = ["AppliedVersion", "DeskWork", "DraftCheck"]

_LOG = get_logger("plan-desk")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCheck:
    """What a check came to. `digest` is the draft's, empty if there is none; with faults there is no preview."""

    digest: str
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    summary: tuple[str, ...]
    preview: StationPreview | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedVersion:
    """A version that is used now, the one before it, and what that changed."""

    before: Version
    version: Version
    difference: Difference


class DeskWork:
    """The desk as the web API uses it.

    Args:
        desk: the files.
        reloader: has the hub take what the folder says.
        state: the committed state.
        now: station time.
        days: service dates after today that have a plan.
        in_thread: the desk's own thread.
        where_read: the thread in which the station's folder is read, and so is written.
        where_uploads: the thread in which uploads are waited for.
        importer: reads uploads.
        layout_check: what draws boards, asked about layouts.

    """

    def __init__(
        self,
        *,
        desk: PlanDesk,
        reloader: Reloader,
        state: Callable[[], State],
        now: Callable[[], float],
        days: int,
        in_thread: InThread,
        where_read: InThread,
        where_uploads: InThread,
        importer: Importer,
        layout_check: LayoutCheck | None = None,
    ) -> None:
        self._desk = desk
        self._reloader = reloader
        self._state = state
        self._now = now
        self._days = days
        self._in_thread = in_thread
        self._where_read = where_read
        self._where_uploads = where_uploads
        self._importer = importer
        self._layout_check = layout_check
        self._applying = False

    def ask(self, question: Callable[[PlanDesk], T]) -> Deferred[T]:
        """Ask the desk something."""
        return self._in_thread(lambda: question(self._desk))

    def change(self, deed: Callable[[PlanDesk], T], what: str, by: str, **more: object) -> Deferred[T]:
        """Change the draft; it is written down in the log.

        Fails with `DeskRefusal`.
        """
        done: Deferred[Any] = self._in_thread(lambda: self._still(deed))

        def tell(outcome: T) -> T:
            _LOG.info(what, by=by, **more)
            return outcome

        return done.addCallback(tell)

    def check(self) -> Deferred[DraftCheck]:
        """Say everything that is wrong with the draft, or else what it would change."""
        state, now = self._state(), Instant(int(self._now()))
        return self._in_thread(lambda: self._checked(state, now))

    @inlineCallbacks
    def apply(self, known: str, by: str, why: str) -> Generator[Deferred[Any], Any, AppliedVersion]:
        """Have the hub use the draft whose digest is `known`.

        Fails with `DeskRefusal`, `ConfigurationError` or `NotNow`, and then everything is as it was.
        """
        self._begin()
        try:
            contents = yield self._in_thread(lambda: self._proved(self._desk.drafted_contents(known)))
            applied: AppliedVersion = yield self._take(contents, by, why, 0)
            yield self._in_thread(self._desk.settle)
        finally:
            self._applying = False
        return applied

    @inlineCallbacks
    def put_back(self, number: int, current: int, by: str, why: str) -> Generator[Deferred[Any], Any, AppliedVersion]:
        """Have the hub use a version again; `current` is the one that the person saw as the one that is used.

        Fails as `apply` does.
        """
        self._begin()
        try:
            contents = yield self._in_thread(lambda: self._proved(self._version(number, current)))
            applied: AppliedVersion = yield self._take(contents, by, why, number)
        finally:
            self._applying = False
        return applied

    @inlineCallbacks
    def take_in(self, upload: Upload, by: str) -> Generator[Deferred[Any], Any, UploadReport]:
        """Bring an upload into the draft. While it is read, the desk answers others.

        Fails with `DeskRefusal`.
        """
        digest, contents = yield self._in_thread(lambda: (self._desk.draft().digest, self._desk.drafted_contents()))
        result: UploadResult = yield self._where_uploads(lambda: self._importer.read(upload, contents))
        if result.report.drafted:
            yield self._in_thread(lambda: self._still(lambda desk: _take_result(desk, result, digest, by)))
        _LOG.info("imported", by=by, kind=upload.kind, drafted=result.report.drafted, rows=result.report.rows)
        return result.report

    def stop(self) -> None:
        """End what takes long."""
        self._importer.stop()

    def _begin(self) -> None:
        if self._applying:
            raise DeskRefusal("desk-busy", "A station is being applied.", "Try again in a moment.")
        if not self._reloader.may:
            raise NotNow("reload-under-way", "The station's folder cannot be read now.", "Try again in a moment.")
        self._applying = True

    def _still(self, deed: Callable[[PlanDesk], T]) -> T:
        if self._applying:
            raise DeskRefusal("desk-busy", "A station is being applied.", "Try again in a moment.")
        return deed(self._desk)

    def _checked(self, state: State, now: Instant) -> DraftCheck:
        digest = self._desk.draft().digest
        contents = self._desk.drafted_contents()
        stale = [file for file in self._desk.files() if file.stale]
        used = self._reloader.station
        report, drafted = examine(contents, used.folder, self._layout_check)
        faults = (
            *(
                Fault(
                    file=file.name,
                    place="file",
                    problem="was changed in the station's folder since it was drafted",
                    allowed="saving the draft of it again, or dropping it",
                )
                for file in stale
            ),
            *report.faults,
        )
        shown = None
        if drafted is not None:
            faults += tuple(fixed_faults(used.configuration, drafted.configuration))
            if not faults:
                shown = preview(state, used, drafted, now, self._days)
        return DraftCheck(digest=digest, faults=faults, warnings=report.warnings, summary=report.summary, preview=shown)

    def _proved(self, contents: dict[str, bytes]) -> dict[str, bytes]:
        """These files if the hub can use them.

        Raises:
            ConfigurationError: it cannot.

        """
        used = self._reloader.station
        report, drafted = examine(contents, used.folder, self._layout_check)
        faults = list(report.faults)
        if drafted is not None:
            faults = fixed_faults(used.configuration, drafted.configuration)
        if faults:
            raise ConfigurationError(faults)
        return contents

    def _version(self, number: int, current: int) -> dict[str, bytes]:
        contents = self._desk.contents_of(number)
        used = self._desk.current().number
        if used != current:
            raise DeskRefusal(
                "version-moved", f"Version {used} is used now, and not {current}.", "Look at it, and ask again."
            )
        return contents

    @inlineCallbacks
    def _take(
        self, contents: dict[str, bytes], by: str, why: str, again: int
    ) -> Generator[Deferred[Any], Any, AppliedVersion]:
        before = yield self._where_read(self._desk.current)
        version = yield self._where_read(lambda: self._desk.apply(contents, by, why, again=again))
        try:
            difference = yield self._reloader.reload()
        except StationError as error:
            problem = error.message
            _LOG.warning("apply-refused", by=by, version=version.number, problem=problem, todo="see what it says")
            former = yield self._where_read(lambda: self._desk.contents_of(before.number))
            yield self._where_read(lambda: self._desk.apply(former, by, problem, again=before.number))
            yield self._reloader.reload()
            raise
        _LOG.info("applied", by=by, why=why, version=version.number, again=again, changed=list(version.changed))
        return AppliedVersion(before=before, version=version, difference=difference)


def _take_result(desk: PlanDesk, result: UploadResult, digest: str, by: str) -> None:
    if desk.draft().digest != digest:
        raise DeskRefusal("draft-changed", "The draft was changed meanwhile.", "Import it again.")
    desk.take_in(result.contents, by)
