"""The operations of the web API that only look, as a table."""

from __future__ import annotations

from stationmaster.hub.feeding.lines_api import CallAgesBody, LinesBody
from stationmaster.hub.history import MINUTES, MOST_MINUTES, Then
from stationmaster.hub.openapi.operations import Answer, Operation, Parameter
from stationmaster.hub.openapi.plain import CLOCK, HEALTH, NAMES
from stationmaster.hub.subsystems.equipment_api import LAST_REVISION
from stationmaster.hub.subsystems.equipment_bodies import (
    BoardBody,
    BoardsBody,
    CommandBody,
    CommandsBody,
    DevicesBody,
    SubscribersBody,
)
from stationmaster.hub.web.bodies import (
    ActsBody,
    CallBody,
    CallsBody,
    ConflictsBody,
    ModesBody,
    PlanBody,
    PlansBody,
    ProposalsBody,
    StateBody,
    SubsystemsBody,
    TasksBody,
)
from stationmaster_protocol.equipment import Condition

__all__ = ["LOOKING"]

_DATE = {"type": "string", "format": "date"}
_CALL = "NDC/2026-03-01/G2402/1"
_SLASHES = "Its slashes may stand as they are or as `%2F`."
_INSTANT = {
    "anyOf": [
        {"type": "string", "format": "date-time", "pattern": "^[0-9]{4}-[0-9-]{5}T[0-9:]{8}Z$"},
        {"type": "integer", "minimum": 0},
    ]
}
_TEXT = {"type": "string"}
_BAD = {400: ("bad-argument",)}


def _look(item: str, path: str, about: str, summary: str, kind: object) -> Operation:
    """A look that takes no parameter and always has an answer."""
    return Operation(
        id=item,
        method="GET",
        path=path,
        about=about,
        summary=summary,
        answers={200: Answer(words=summary, kind=kind)},
    )


LOOKING: tuple[Operation, ...] = (
    Operation(
        id="calls",
        method="GET",
        path="/api/v1/calls",
        about="day",
        summary="Calls, in order of planned time.",
        query=(Parameter(name="day", words="Of this service date only.", schema=_DATE, example="2026-03-01"),),
        answers={200: Answer(words="The calls.", kind=CallsBody)},
        problems=_BAD,
    ),
    Operation(
        id="call",
        method="GET",
        path="/api/v1/calls/{call_id}",
        about="day",
        summary="One call with its tasks.",
        place=(Parameter(name="call_id", words=f"The call's id. {_SLASHES}", example=_CALL),),
        answers={200: Answer(words="The call.", kind=CallBody)},
        problems={404: ("no-such-call",)},
    ),
    Operation(
        id="tasks",
        method="GET",
        path="/api/v1/tasks",
        about="day",
        summary="Tasks that begin or end soon, in order of that moment.",
        query=(
            Parameter(
                name="due_before",
                words="Those whose moment is before this; within an hour unless given.",
                schema=_INSTANT,
                example="2026-03-01T07:04:00Z",
            ),
        ),
        answers={200: Answer(words="The tasks.", kind=TasksBody)},
        problems=_BAD,
    ),
    _look("state", "/api/v1/state", "hub", "The hub at a glance.", StateBody),
    Operation(
        id="events",
        method="GET",
        path="/api/v1/events",
        about="hub",
        summary="What changes, as a stream of server-sent events.",
        words="Begins with an event `whole` (`StateBody`); whoever gets it, then or later, asks for calls and tasks "
        "anew. Then come `changes` (`ChangesBody`) for each commit that is not too large, and `state` (`StateBody`) "
        "when something else than the committed state is different. An event's id is `epoch:sequence`. Who says which "
        "event he had last gets the changes since, each once and in order, and then `state`; if they are not kept, or "
        "the epoch is another, `whole`. All kinds of resource are told but accounts and what the kernel remembers. "
        "Every two seconds comes `alive`, without an id: whoever does not hear it for long hears nothing else either.",
        query=(Parameter(name="after", words="The id of the event that was had last.", example="ab12cd:4711"),),
        header=(
            Parameter(
                name="Last-Event-ID",
                words="The same, as browsers say it when they connect again; it counts for more.",
                example="ab12cd:4711",
            ),
        ),
        answers={200: Answer(words="The stream, which does not end.", kind=_TEXT, media="text/event-stream")},
        problems={**_BAD, 503: ("too-many-readers",)},
    ),
    _look("plans", "/api/v1/plans", "plan", "The day plans that there are, by date.", PlansBody),
    Operation(
        id="plan",
        method="GET",
        path="/api/v1/plans/{day}",
        about="plan",
        summary="One day plan, its rows in the order of the day, and how it differs.",
        place=(Parameter(name="day", words="Its service date.", schema=_DATE, example="2026-03-01"),),
        answers={200: Answer(words="The plan.", kind=PlanBody)},
        problems={400: ("bad-argument",), 404: ("no-such-plan",)},
    ),
    _look("proposals", "/api/v1/proposals", "plan", "What waits for a decision.", ProposalsBody),
    _look("conflicts", "/api/v1/conflicts", "plan", "Calls that are in each other's way.", ConflictsBody),
    _look("modes", "/api/v1/modes", "plan", "What is manual.", ModesBody),
    Operation(
        id="acts",
        method="GET",
        path="/api/v1/acts",
        about="acts",
        summary="What was done, the newest first.",
        query=(
            Parameter(name="call", words="To this call only.", example=_CALL),
            Parameter(
                name="limit",
                words="So many at most; 200 unless given.",
                schema={"type": "integer", "minimum": 1, "maximum": 1000},
            ),
        ),
        answers={200: Answer(words="The acts.", kind=ActsBody)},
        problems=_BAD,
    ),
    _look(
        "subsystems", "/api/v1/subsystems", "equipment", "Everyone who may connect, with his sessions.", SubsystemsBody
    ),
    _look("subscribers", "/api/v1/subscribers", "equipment", "How everyone who may connect is doing.", SubscribersBody),
    Operation(
        id="devices",
        method="GET",
        path="/api/v1/devices",
        about="equipment",
        summary="Every device that a subsystem has told of.",
        query=(
            Parameter(name="identity", words="Of this subsystem only."),
            Parameter(name="kind", words="Of this kind only."),
            Parameter(
                name="condition",
                words="In this condition only.",
                schema={"type": "string", "enum": [item.value for item in Condition]},
            ),
            Parameter(name="target", words="Serving this board, zone, gate or light only."),
            Parameter(
                name="after",
                words="The `revision` of an earlier answer: only those that are different since.",
                schema={"type": "integer", "minimum": 0, "maximum": LAST_REVISION},
            ),
        ),
        answers={200: Answer(words="The devices.", kind=DevicesBody)},
        problems=_BAD,
    ),
    _look("boards", "/api/v1/boards", "equipment", "Every board, in the station's order.", BoardsBody),
    Operation(
        id="board",
        method="GET",
        path="/api/v1/boards/{board}",
        about="equipment",
        summary="What one board should show, and what it shows.",
        place=(Parameter(name="board", words=f"The board's id. {_SLASHES}", example="hall-main"),),
        answers={200: Answer(words="The board.", kind=BoardBody)},
        problems={404: ("no-such-board",)},
    ),
    _look("commands", "/api/v1/commands", "equipment", "The last hundred commands, the newest first.", CommandsBody),
    Operation(
        id="command",
        method="GET",
        path="/api/v1/commands/{name}",
        about="equipment",
        summary="What has become of a command.",
        place=(Parameter(name="name", words="The command's id.", example="console-1-000043"),),
        answers={200: Answer(words="The command.", kind=CommandBody)},
        problems={404: ("no-such-command",)},
    ),
    _look("lines", "/api/v1/lines", "feed", "How the dispatching feed comes in.", LinesBody),
    _look("lineCalls", "/api/v1/lines/calls", "feed", "How old what is known of each call is.", CallAgesBody),
    Operation(
        id="history",
        method="GET",
        path="/api/v1/history",
        about="past",
        summary="What boards were to show at a time, and what was said in zones around it.",
        words="At least one board or one zone must be named.",
        query=(
            Parameter(
                name="at",
                words="When: the station's time, or with an offset.",
                needed=True,
                example="2026-03-01T14:06",
            ),
            Parameter(name="board", words="A board's id.", many=True, example=["hall-main"]),
            Parameter(name="zone", words="A zone's id.", many=True, example=["platform-3"]),
            Parameter(
                name="minutes",
                words=f"So far before and after for what was said; {MINUTES} unless given.",
                schema={"type": "integer", "minimum": 0, "maximum": MOST_MINUTES},
            ),
        ),
        answers={200: Answer(words="As it was then.", kind=Then)},
        problems={
            400: ("bad-argument",),
            404: ("no-such-board", "no-such-zone", "before-journal", "journal-empty"),
            503: ("busy", "journal-cut", "journal-damaged", "journal-unreadable", "journal-version", "no-database"),
        },
    ),
    _look("clock", "/api/v1/clock", "clock", "How the time is known; null without masters of time.", CLOCK),
    Operation(
        id="health",
        method="GET",
        path="/healthz",
        about="process",
        summary="How the process is.",
        query=(
            Parameter(
                name="until",
                words="`quiet`: answer when nothing is under way, or after 10 seconds.",
            ),
        ),
        answers={
            200: Answer(words="It works, or is `degraded`.", kind=HEALTH),
            503: Answer(words="It is `down`.", kind=HEALTH),
        },
    ),
    Operation(
        id="metrics",
        method="GET",
        path="/metrics",
        about="process",
        summary="Figures in Prometheus' text format.",
        answers={200: Answer(words="The figures.", kind=_TEXT, media="text/plain")},
    ),
    _look("names", "/console/names.json", "day", "Names of stations in each language.", NAMES),
    _look("openapi", "/api/v1/openapi.json", "hub", "This description.", {"type": "object"}),
)
"""Every `GET`."""
