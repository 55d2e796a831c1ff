"""The operations of the track plan, which the console's package answers, and what stands in its answers.

It stands here because the description of the web API is the hub's; nothing in the hub draws.
"""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster.hub.openapi.operations import Answer, Operation, Parameter
from stationmaster_base.times import Instant
from stationmaster_kernel.configuration import Words
from stationmaster_kernel.values import CallKind, Running
from stationmaster_protocol.messages import Position

__all__ = ["TRACK_PLAN", "DrawingBody", "LegendBody", "LegendEntry", "TrackPlanBody", "TrackPlanChanges", "TrainBody"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawingBody:
    """The base drawing: who has one of this identity has this one. `own`: it is the station's own file."""

    identity: str
    path: str
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainBody:
    """A train on the plan, of the call `id`.

    `stage` is `coming`, `standing` or `leaving`; `where` the part of its track: `left`, `right` or `platform`. `slot`
    is its place among `slots` trains there. While it moves it does so from `begins` to `ends`, in station time, from
    the side `comes_from` or to the side `goes_to`. `state` is `on_time`, `late` (by `late` minutes), `early`,
    `unknown` or `suspended`. `held`: it is not where it should be by now. `with_set` is the train that leaves or came
    with its set on the same track; `conflicts` are calls that cannot be there at once with it.
    """

    id: str
    number: str
    numbers: tuple[str, ...]
    kind: CallKind
    running: Running
    origin: str
    destination: str
    track: str
    stage: str
    where: str
    slot: int
    slots: int
    begins: Instant | None
    ends: Instant | None
    comes_from: str
    goes_to: str
    state: str
    late: int
    held: bool
    unconfirmed: bool
    with_set: str
    conflicts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackPlanBody:
    """The whole plan as it is now; `drawing` is None while the hub has no configuration."""

    position: Position
    now: Instant
    drawing: DrawingBody | None
    trains: tuple[TrainBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackPlanChanges:
    """What is different: trains that are new or otherwise (`puts`), and those that are off the plan (`gone`)."""

    position: Position
    now: Instant
    drawing: DrawingBody | None
    puts: tuple[TrainBody, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LegendEntry:
    """A state and how it is told apart: by a colour in each theme, and never by that alone, so also by a `sign`."""

    id: str
    group: str
    names: Words
    signs: Words
    day: str
    night: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegendBody:
    """The legend as it is unless a person has chosen colours of his own, which stand in his preference `legend`."""

    entries: tuple[LegendEntry, ...]


_IDENTITY = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
_TEXT = {"type": "string"}

TRACK_PLAN: tuple[Operation, ...] = (
    Operation(
        id="trackPlan",
        method="GET",
        path="/api/v1/track-plan",
        about="day",
        summary="Which train is where on the track plan now, and which drawing lies below.",
        answers={200: Answer(words="The plan.", kind=TrackPlanBody)},
    ),
    Operation(
        id="trackPlanDrawing",
        method="GET",
        path="/api/v1/track-plan/drawings/{identity}",
        about="day",
        summary="The base drawing of this identity, which never changes.",
        words="Ids in it name tracks (`track-…`), platforms, gates, areas and exits. Keep it: a station that is drawn "
        "otherwise has another identity.",
        place=(
            Parameter(
                name="identity",
                words="As the plan says it.",
                schema=_IDENTITY,
                example="3d45056f06054b9f59463978a01f0d6c",
            ),
        ),
        answers={200: Answer(words="The drawing.", kind=_TEXT, media="image/svg+xml")},
        problems={404: ("no-such-drawing",)},
    ),
    Operation(
        id="trackPlanLegend",
        method="GET",
        path="/api/v1/track-plan/legend",
        about="day",
        summary="What colours and signs on the track plan mean, unless a person has chosen others.",
        answers={200: Answer(words="The legend.", kind=LegendBody)},
    ),
    Operation(
        id="trackPlanEvents",
        method="GET",
        path="/api/v1/track-plan/events",
        about="day",
        summary="How the track plan changes, as a stream of server-sent events.",
        words="Begins with an event `whole` (`TrackPlanBody`), as does what comes after something was missed; then "
        "come `changes` (`TrackPlanChanges`), each by commits and by the clock alike.",
        answers={200: Answer(words="The stream, which does not end.", kind=_TEXT, media="text/event-stream")},
        problems={503: ("too-many-readers",)},
    ),
)
"""Every operation of the track plan."""
