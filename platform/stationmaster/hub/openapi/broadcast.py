"""The operations of the web API about what is said and shown, before and after, and about what waits for a person."""

from __future__ import annotations

from stationmaster.hub.deciding.bodies import FallenBody, WaitingBody
from stationmaster.hub.neighbours import broadcast_api
from stationmaster.hub.neighbours.neighbours_api import NeighboursBody
from stationmaster.hub.neighbours.words import WordsBody
from stationmaster.hub.openapi.operations import Answer, Body, Operation, Parameter
from stationmaster.hub.web.act_reading import ActRequest

__all__ = ["BROADCAST"]

_UNTOLD = {
    429: ("too-many",),
    502: ("neighbour-wrong",),
    503: ("neighbour-away",),
    504: ("neighbour-slow",),
}
"""What can keep a subsystem's own process from telling something."""

_ANSWER = {"type": "object"}
_BYTES = {"type": "string", "format": "binary"}
_ZONE = Parameter(name="zone", words="The zone.", example="hall")
_BOARD = Parameter(
    name="board", words="The board's id. Its slashes may stand as they are or as `%2F`.", example="hall-1"
)
_ANNOUNCEMENT = Body(
    kind=ActRequest,
    largest=broadcast_api.LARGEST_BODY,
    examples={
        "of a template": {
            "id": "console-1-000044",
            "deeds": [{"do": "announce", "targets": ["hall"], "template": "topic.smoking"}],
        }
    },
)
_NOT_MADE = {
    400: ("bad-act", "no-announcement"),
    409: ("no-such-call", "no-such-template", "not-configured"),
    413: ("act-too-large",),
    422: ("deed-impossible",),
}

BROADCAST: tuple[Operation, ...] = (
    Operation(
        id="neighbours",
        method="GET",
        path="/api/v1/neighbours",
        about="equipment",
        summary="Whether sounds of broadcast and pictures of guidance can be asked for.",
        answers={200: Answer(words="Which of them the hub was told of.", kind=NeighboursBody)},
    ),
    Operation(
        id="broadcastZones",
        method="GET",
        path="/api/v1/broadcast/zones",
        about="equipment",
        summary="Every zone with what plays, waits and is held, as broadcast has it.",
        answers={200: Answer(words="What broadcast tells of its zones.", kind=_ANSWER)},
        problems={**_UNTOLD, 404: ("neighbour-unset",)},
    ),
    Operation(
        id="broadcastListen",
        method="GET",
        path="/api/v1/broadcast/listen",
        about="equipment",
        summary="What plays in a zone as a sound, else what was said there last.",
        words="`X-Sound-Playing` says which, `X-Sound-Offset` how many seconds of it have been heard.",
        query=(_ZONE,),
        answers={200: Answer(words="The sound.", kind=_BYTES, media="audio/wav")},
        problems={**_UNTOLD, 404: ("neighbour-unset", "no-such-zone", "no-sound", "nothing-said")},
    ),
    Operation(
        id="broadcastPlayed",
        method="GET",
        path="/api/v1/broadcast/played",
        about="past",
        summary="What was said, the newest first.",
        query=(
            Parameter(name="zone", words="In this zone only.", example="hall"),
            Parameter(name="before", words="Before the play of this number."),
            Parameter(name="count", words="So many at most; 100 unless given, never more than 1000."),
        ),
        answers={200: Answer(words="The plays.", kind=_ANSWER)},
        problems={**_UNTOLD, 400: ("bad-argument",), 404: ("neighbour-unset",)},
    ),
    Operation(
        id="broadcastSound",
        method="GET",
        path="/api/v1/broadcast/sound",
        about="past",
        summary="What was said once, as a sound.",
        query=(Parameter(name="play", words="The number of the play.", example="17"),),
        answers={200: Answer(words="The sound.", kind=_BYTES, media="audio/wav")},
        problems={**_UNTOLD, 404: ("neighbour-unset", "no-such-play", "no-sound")},
    ),
    Operation(
        id="broadcastWords",
        method="POST",
        path="/api/v1/broadcast/words",
        about="acts",
        summary="What an announcement would say; it is not made.",
        body=_ANNOUNCEMENT,
        answers={200: Answer(words="Its words.", kind=WordsBody)},
        problems=_NOT_MADE,
    ),
    Operation(
        id="broadcastPreview",
        method="POST",
        path="/api/v1/broadcast/preview",
        about="acts",
        summary="How an announcement would sound; it is not made.",
        body=_ANNOUNCEMENT,
        answers={200: Answer(words="The sound.", kind=_BYTES, media="audio/wav")},
        problems={
            **_NOT_MADE,
            **_UNTOLD,
            400: (*_NOT_MADE[400], "bad-request", "no-text"),
            404: ("neighbour-unset",),
            503: ("neighbour-away", "no-speech"),
        },
    ),
    Operation(
        id="boardPicture",
        method="GET",
        path="/api/v1/boards/{board}/picture",
        about="equipment",
        summary="A board as a picture: as it should be, or of the words that stand in its page.",
        place=(_BOARD,),
        query=(
            Parameter(name="of", words="`should` (usual) or `shown`.", example="shown"),
            Parameter(name="language", words="Where languages take turns, this one; the first unless given."),
            Parameter(name="page", words="Of its pages of rows this one; the first unless given."),
        ),
        answers={200: Answer(words="The picture.", kind=_BYTES, media="image/svg+xml")},
        problems={**_UNTOLD, 400: ("bad-argument",), 404: ("neighbour-unset", "no-such-board", "not-read")},
    ),
    Operation(
        id="boardRead",
        method="GET",
        path="/api/v1/boards/{board}/read",
        about="equipment",
        summary="What should stand on a board and what does, word for word.",
        place=(_BOARD,),
        answers={200: Answer(words="What guidance tells of it.", kind=_ANSWER)},
        problems={**_UNTOLD, 404: ("neighbour-unset", "no-such-board")},
    ),
    Operation(
        id="waiting",
        method="GET",
        path="/api/v1/proposals/waiting",
        about="plan",
        summary="How long each proposal may wait.",
        words="`matters_at` is when passengers next see or hear something of the train, the past if they do already.",
        answers={200: Answer(words="What waits, what matters first at the top.", kind=WaitingBody)},
    ),
    Operation(
        id="fallen",
        method="GET",
        path="/api/v1/modes/fallen",
        about="plan",
        summary="What fell due in a scope since it became manual.",
        words="On the return to automatic the deed `mode` names those of these that are to be done after all.",
        query=(Parameter(name="scope", words="The scope.", example="kind.announcement"),),
        answers={200: Answer(words="What fell due.", kind=FallenBody)},
        problems={404: ("no-such-mode",)},
    ),
)
"""What is added for zones, boards and decisions."""
