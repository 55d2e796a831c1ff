"""The operations that say what acts would do and what was told, as a table."""

from __future__ import annotations

from stationmaster.hub.consequences.past_day import DayThen
from stationmaster.hub.consequences.preview_api import PreviewBody
from stationmaster.hub.consequences.told_api import MINUTES, MOST_MINUTES, ToldBody
from stationmaster.hub.openapi.operations import Answer, Body, Operation, Parameter
from stationmaster.hub.web import acts_api
from stationmaster.hub.web.act_reading import ActRequest

__all__ = ["CONSEQUENCES"]

UNREADABLE_JOURNAL = (
    "busy",
    "journal-cut",
    "journal-damaged",
    "journal-unreadable",
    "journal-version",
    "no-database",
)
"""Why what was cannot be told now."""

CONSEQUENCES: tuple[Operation, ...] = (
    Operation(
        id="previewAct",
        method="POST",
        path="/api/v1/acts/preview",
        about="acts",
        summary="What an act would do, without doing it.",
        words="The body is that of an act; its id is not used up. What would be refused is answered with 200 and "
        "`refused`. `told` says what passengers have been told that would no longer be so.",
        body=Body(
            kind=ActRequest,
            largest=acts_api.LARGEST_BODY,
            examples={
                "track": {
                    "id": "console-1-000042",
                    "deeds": [{"do": "track", "call": "NDC/2026-03-01/G2402/1", "track": "5"}],
                },
                "undo": {"id": "console-1-000043", "deeds": [{"do": "undo", "act": "act/console-1-000042"}]},
            },
        ),
        answers={200: Answer(words="What would come of it.", kind=PreviewBody)},
        problems={400: ("bad-act",), 413: ("act-too-large",), 503: ("busy",)},
    ),
    Operation(
        id="told",
        method="GET",
        path="/api/v1/told",
        about="acts",
        summary="What passengers were told of trains that is no longer so, and what is to be said to put it right.",
        words="One of `call` and `act` is to be named. A correction's `deed` can be sent in an act as it is.",
        query=(
            Parameter(name="call", words="Of this train.", example="NDC/2026-03-01/G2402/1"),
            Parameter(name="act", words="Of the trains that this act changed.", example="act/console-1-000042"),
            Parameter(
                name="minutes",
                words=f"How far back rows on boards are looked for; {MINUTES} unless given, and with 0 not at all.",
                schema={"type": "integer", "minimum": 0, "maximum": MOST_MINUTES},
            ),
        ),
        answers={200: Answer(words="What was told.", kind=ToldBody)},
        problems={400: ("bad-argument",), 404: ("no-such-act", "no-such-call"), 503: UNREADABLE_JOURNAL},
    ),
    Operation(
        id="past",
        method="GET",
        path="/api/v1/past",
        about="past",
        summary="The whole day as it was at a past minute: trains, boards, what was said, what waited for a person.",
        query=(
            Parameter(
                name="at",
                words="When. The station's time, or with an offset such as `Z`.",
                needed=True,
                example="2026-03-01T14:06",
            ),
        ),
        answers={200: Answer(words="The day then.", kind=DayThen)},
        problems={
            400: ("bad-argument",),
            404: ("before-journal", "journal-empty", "not-yet"),
            503: UNREADABLE_JOURNAL,
        },
    ),
)
"""Previews, and what was told."""
