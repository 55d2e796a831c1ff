"""The operations of the plan desk, as a table."""

from __future__ import annotations

from stationmaster.hub.openapi.operations import Answer, Body, Operation, Parameter
from stationmaster.hub.plan_desk.bodies import (
    AppliedBody,
    DroppedBody,
    ImportBody,
    StationFileBody,
    StationFilesBody,
    VersionsBody,
)
from stationmaster.hub.plan_desk.draft_api import LARGEST_WORDS
from stationmaster.hub.plan_desk.files_api import LARGEST_SENT
from stationmaster.hub.plan_desk.import_api import LONGEST_WORD
from stationmaster.hub.plan_desk.uploads import KINDS, LARGEST_UPLOAD, NUMBERS_FROM
from stationmaster.hub.plan_desk.work import DraftCheck

__all__ = ["PLAN_DESK"]

_NAME = Parameter(
    name="name",
    words="A file of the station: station.toml, timetable.csv, …, or layouts/<id>.toml.",
    example="rules.toml",
)
_WHY: dict[str, object] = {
    "type": "string",
    "minLength": 1,
    "maxLength": 500,
    "pattern": r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f]*\S",
}
_TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]*$"
_WORD = {"type": "string", "maxLength": LONGEST_WORD}
_PAIR = {"type": "string", "maxLength": LONGEST_WORD, "pattern": "^[^=]+=.+$"}
_ON_DISK = {500: ("desk-damaged",), 503: ("station-not-writable",)}
_APPLYING = {
    **_ON_DISK,
    409: ("desk-busy", "draft-changed", "draft-stale", "hub-not-up", "reload-under-way", "version-moved"),
    422: ("configuration",),
    500: ("desk-damaged", "reload-refused"),
}


def _sent(*needed: str, **properties: object) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": list(needed), "additionalProperties": False}


PLAN_DESK: tuple[Operation, ...] = (
    Operation(
        id="stationFiles",
        method="GET",
        path="/api/v1/station/files",
        about="plan",
        summary="All files of the station, and what is drafted of them.",
        answers={200: Answer(words="The files, without their texts.", kind=StationFilesBody)},
        problems=_ON_DISK,
    ),
    Operation(
        id="stationFile",
        method="GET",
        path="/api/v1/station/files/{name}",
        about="plan",
        summary="One file of the station: as it is drafted, and as it is used.",
        words="`ETag` is the tag that `PUT` wants as `If-Match`.",
        place=(_NAME,),
        answers={200: Answer(words="The file.", kind=StationFileBody)},
        problems={**_ON_DISK, 404: ("no-such-file",)},
    ),
    Operation(
        id="putStationFile",
        method="PUT",
        path="/api/v1/station/files/{name}",
        about="plan",
        summary="Draft a file. Nothing is used until the draft is applied.",
        words="There is one draft, shared by all who edit. Who edited another state of the file than the one that is "
        "there is refused with 412, and `faults` says what differs: `problem` is what stands there, `allowed` what "
        "stood there when it was read. A file that is not there has the tag `-.-`. Text null: the file is to go.",
        place=(_NAME,),
        header=(
            Parameter(name="If-Match", words="The tag of what was edited; without one it is refused.", example='"-.-"'),
        ),
        body=Body(
            name="StationFileSent",
            kind=_sent("text", text={"type": ["string", "null"], "maxLength": 4_000_000, "pattern": _TEXT}),
            largest=LARGEST_SENT,
            examples={"calendars": {"text": "calendar,weekdays\nwork,12345\n"}},
        ),
        answers={200: Answer(words="The file as it is drafted.", kind=StationFileBody)},
        problems={
            **_ON_DISK,
            400: ("bad-draft",),
            404: ("no-such-file",),
            409: ("desk-busy", "file-needed"),
            412: ("file-moved",),
            413: ("file-too-large",),
            422: ("not-text",),
            428: ("no-if-match",),
        },
    ),
    Operation(
        id="dropDraftedFile",
        method="DELETE",
        path="/api/v1/station/draft/files/{name}",
        about="plan",
        summary="Let go of what is drafted of a file.",
        place=(_NAME,),
        answers={200: Answer(words="What is still drafted.", kind=DroppedBody)},
        problems={**_ON_DISK, 404: ("no-such-file",), 409: ("desk-busy", "nothing-drafted")},
    ),
    Operation(
        id="dropDraft",
        method="DELETE",
        path="/api/v1/station/draft",
        about="plan",
        summary="Let go of the whole draft.",
        answers={200: Answer(words="What is still drafted: nothing.", kind=DroppedBody)},
        problems={**_ON_DISK, 409: ("desk-busy", "nothing-drafted")},
    ),
    Operation(
        id="checkDraft",
        method="POST",
        path="/api/v1/station/draft/check",
        about="plan",
        summary="Every fault of the draft, or else what it would change.",
        words="The preview is worked out by the kernel on the day as it is, and nothing is kept of it.",
        answers={200: Answer(words="What was found.", kind=DraftCheck)},
        problems={**_ON_DISK, 500: ("desk-damaged", "reload-refused")},
    ),
    Operation(
        id="applyDraft",
        method="POST",
        path="/api/v1/station/draft/apply",
        about="plan",
        summary="Have the hub use the draft: all of its files or none.",
        words="What was used before is kept as a version. A draft that the hub does not take leaves all as it was.",
        body=Body(
            name="ApplySent",
            kind=_sent("draft", "why", draft={"type": "string", "minLength": 1, "maxLength": 64}, why=_WHY),
            largest=LARGEST_WORDS,
            examples={"as checked": {"draft": "b5bb9d8014a0f9b1d61e21e796d78dcc", "why": "summer timetable"}},
        ),
        answers={200: Answer(words="It is used.", kind=AppliedBody)},
        problems={**_APPLYING, 400: ("bad-draft",), 413: ("file-too-large",)},
    ),
    Operation(
        id="stationVersions",
        method="GET",
        path="/api/v1/station/versions",
        about="plan",
        summary="Every version of the station's files that can be put back, the newest first.",
        answers={200: Answer(words="The versions.", kind=VersionsBody)},
        problems=_ON_DISK,
    ),
    Operation(
        id="putBackVersion",
        method="POST",
        path="/api/v1/station/versions/{number}/apply",
        about="plan",
        summary="Have the hub use a version again; to undo, the one before the newest.",
        words="It becomes a version of its own, so that this can be undone as well.",
        place=(Parameter(name="number", words="The version.", schema={"type": "integer", "minimum": 1}, example=1),),
        body=Body(
            name="PutBackSent",
            kind=_sent("current", "why", current={"type": "integer", "minimum": 1, "maximum": 10**9}, why=_WHY),
            largest=LARGEST_WORDS,
            examples={"undo": {"current": 2, "why": "wrong week"}},
        ),
        answers={200: Answer(words="It is used.", kind=AppliedBody)},
        problems={**_APPLYING, 400: ("bad-draft",), 404: ("no-such-version",), 413: ("file-too-large",)},
    ),
    Operation(
        id="importTimetable",
        method="POST",
        path="/api/v1/station/import",
        about="plan",
        summary="Bring an uploaded timetable into the draft.",
        words="A table (CSV in UTF-8 or GB18030, or the first sheet of an .xlsx), or a GTFS feed (.zip). It is read by "
        "a process with limits on its time and memory. What is no draft afterwards has said why.",
        query=(
            Parameter(name="kind", words="What it is.", schema={"type": "string", "enum": list(KINDS)}),
            Parameter(
                name="without_track",
                words="Whether rows for which no track is free come in without one.",
                schema={"type": "string", "enum": ["no", "yes"]},
            ),
            Parameter(name="stop", words="Of a feed: the station's stop_id.", schema=_WORD, many=True),
            Parameter(name="class", words="Of a feed: ROUTE=CLASS.", schema=_PAIR, many=True),
            Parameter(name="track", words="Of a feed: CODE=TRACK.", schema=_PAIR, many=True),
            Parameter(
                name="number_from",
                words="Of a feed: where the train number stands.",
                schema={"type": "string", "enum": list(NUMBERS_FROM)},
            ),
        ),
        body=Body(
            name="Upload",
            kind={"type": "string", "format": "binary", "minLength": 1},
            largest=LARGEST_UPLOAD,
            media="application/octet-stream",
            examples={},
        ),
        answers={
            200: Answer(words="What came of it.", kind=ImportBody),
            202: Answer(words="It is still being read; `GET` tells how it goes on.", kind=ImportBody),
        },
        problems={
            400: ("bad-draft",),
            409: ("desk-busy", "draft-changed"),
            413: ("upload-too-large",),
            422: ("import-refused",),
            500: ("desk-damaged",),
            503: ("import-failed", "station-not-writable"),
        },
    ),
    Operation(
        id="timetableImport",
        method="GET",
        path="/api/v1/station/import",
        about="plan",
        summary="How the last upload went, or goes.",
        answers={200: Answer(words="The last upload.", kind=ImportBody)},
    ),
)
"""The plan desk's operations."""
