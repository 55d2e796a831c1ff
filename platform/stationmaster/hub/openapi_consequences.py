"""The operations that say what acts would do and what was told, as a table."""

from __future__ import annotations

from stationmaster.hub import acts_api
from stationmaster.hub.act_reading import ActRequest
from stationmaster.hub.consequences.preview_api import PreviewBody
from stationmaster.hub.openapi_operations import Answer, Body, Operation

__all__ = ["CONSEQUENCES"]

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
)
"""Previews, and what was told."""
