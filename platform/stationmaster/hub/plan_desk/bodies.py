"""What the plan desk's routes answer with."""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster.hub.plan_desk.desk import DeskFile
from stationmaster.hub.plan_desk.draft import Draft
from stationmaster.hub.plan_desk.files import kind_of
from stationmaster.hub.plan_desk.uploads import UploadReport
from stationmaster.hub.plan_desk.versions import Version
from stationmaster.hub.reload import Difference
from stationmaster_base.errors import Fault
from stationmaster_base.times import Instant

__all__ = [
    "AppliedBody",
    "DroppedBody",
    "ImportBody",
    "StationFileBody",
    "StationFileGlance",
    "StationFilesBody",
    "VersionBody",
    "VersionsBody",
    "file_body",
    "file_glance",
    "version_body",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class StationFileGlance:
    """One file of the station.

    `tag` tells this state of it from any other, and is what `If-Match` wants. `hash` is the SHA-256 of what is shown:
    of the draft if there is one, else of what is used; empty if there is none. `gone`: the draft is that it goes.
    `stale`: somebody has changed it in the station's folder since it was drafted. `by` and `at` are the draft's.
    """

    name: str
    tag: str
    hash: str
    size: int
    needed: bool
    rows: bool
    drafted: bool
    gone: bool
    stale: bool
    by: str
    at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StationFilesBody:
    """All files of the station; `draft` is the draft's digest, empty if nothing is drafted.

    `possible` are files that it has not and may have, layouts aside.
    """

    now: Instant
    draft: str
    files: tuple[StationFileGlance, ...]
    possible: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StationFileBody:
    """One file with its text as it is shown, and as it is used; null where there is none."""

    now: Instant
    draft: str
    file: StationFileGlance
    text: str | None
    used: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionBody:
    """A version of the station's files: `again` is the one that was put back with it, 0 if it was none.

    Without `by` it was found in the folder. `changed` are the files that differ from the version before.
    """

    number: int
    at: Instant
    by: str
    why: str
    changed: tuple[str, ...]
    again: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionsBody:
    """The versions that can be put back, the newest, which is used, first."""

    now: Instant
    versions: tuple[VersionBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedBody:
    """The version that is used now, and what that changed."""

    version: VersionBody
    difference: Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedBody:
    """The digest of what is still drafted; empty if nothing is."""

    draft: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportBody:
    """The last upload: `state` is none, running, done or refused.

    `problem` says why it was refused as a whole, and what to do; `report` what came of it else.
    """

    state: str
    by: str = ""
    at: Instant | None = None
    problem: str = ""
    faults: tuple[Fault, ...] = ()
    report: UploadReport | None = None


def file_glance(file: DeskFile) -> StationFileGlance:
    """A file without its text."""
    drafted = file.drafted
    shown = file.tag.partition(".")[0]
    return StationFileGlance(
        name=file.name,
        tag=file.tag,
        hash="" if file.shown is None else shown,
        size=0 if file.shown is None else len(file.shown),
        needed=kind_of(file.name).needed,
        rows=kind_of(file.name).rows,
        drafted=drafted is not None,
        gone=drafted is not None and drafted.shown is None,
        stale=file.stale,
        by="" if drafted is None else drafted.by,
        at=None if drafted is None else drafted.at,
    )


def file_body(file: DeskFile, draft: Draft, now: Instant) -> StationFileBody:
    """A file with its texts; what is no UTF-8 is shown as far as it is."""
    texts = [None if each is None else each.decode("utf-8", "replace") for each in (file.shown, file.live)]
    return StationFileBody(now=now, draft=draft.digest, file=file_glance(file), text=texts[0], used=texts[1])


def version_body(version: Version) -> VersionBody:
    """A version without the hashes."""
    return VersionBody(
        number=version.number,
        at=version.at,
        by=version.by,
        why=version.why,
        changed=version.changed,
        again=version.again,
    )
