"""The operations of the web API about alarms, and about since when things are as they are, as a table."""

from __future__ import annotations

from stationmaster.hub.alarms import alarms_api, record
from stationmaster.hub.alarms.bodies import AlarmsBody, ConditionsBody, DoneBody, HistoryBody
from stationmaster.hub.openapi.operations import Answer, Body, Operation, Parameter
from stationmaster_protocol.equipment import Severity

__all__ = ["ALARMS"]

_KEY = (
    Parameter(
        name="key",
        words="The alarm's `key`.",
        schema={"type": "string", "pattern": "^[0-9a-f]{16}$"},
        example="0123456789abcdef",
    ),
)
_WHY = {"type": "string", "maxLength": alarms_api.LONGEST_WHY, "pattern": r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f]*$"}
_INSTANT = {
    "anyOf": [
        {"type": "string", "format": "date-time", "pattern": "^(19[7-9][0-9]|20[0-9]{2})-[0-9-]{5}T[0-9:]{8}Z$"},
        {"type": "integer", "minimum": 0, "maximum": 4_102_444_799},
    ]
}
_NUMBER = {"type": "integer", "minimum": 0, "maximum": 2**53}


def _sent(properties: dict[str, object], *needed: str) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": list(needed), "additionalProperties": False}


def _act(item: str, what: str, summary: str, body: Body, refused: tuple[str, ...]) -> Operation:
    return Operation(
        id=item,
        method="POST",
        path=f"/api/v1/alarms/{{key}}/{what}",
        about="hub",
        summary=summary,
        place=_KEY,
        body=body,
        answers={200: Answer(words="It is done.", kind=DoneBody)},
        problems={
            400: ("bad-request",),
            **({} if what == "unshelve" else {404: ("no-such-alarm",)}),
            409: refused,
        },
    )


ALARMS: tuple[Operation, ...] = (
    Operation(
        id="alarms",
        method="GET",
        path="/api/v1/alarms",
        about="hub",
        summary="What is wrong, the gravest first; what is shelved, and what waits to be seen.",
        words="What has one cause is one alarm with its parts.",
        answers={200: Answer(words="The alarms.", kind=AlarmsBody)},
    ),
    _act(
        "acknowledgeAlarm",
        "acknowledge",
        "Say that somebody knows of an alarm.",
        Body(
            name="SentAcknowledgement",
            kind=_sent({"number": _NUMBER, "why": _WHY}),
            largest=alarms_api.LARGEST_BODY,
            examples={"seen": {"number": 17}, "with words": {"why": "Electrician called"}},
        ),
        ("alarm-changed",),
    ),
    _act(
        "shelveAlarm",
        "shelve",
        f"Put an alarm aside for a time: {record.GRAVE_MINUTES} minutes at most if it is grave.",
        Body(
            name="SentShelf",
            kind=_sent(
                {
                    "minutes": {"type": "integer", "minimum": 1, "maximum": record.LONGEST_MINUTES},
                    "why": {**_WHY, "minLength": 1},
                },
                "minutes",
                "why",
            ),
            largest=alarms_api.LARGEST_BODY,
            examples={"works": {"minutes": 60, "why": "Track works until noon"}},
        ),
        ("shelved-too-long",),
    ),
    _act(
        "unshelveAlarm",
        "unshelve",
        "Have an alarm back that was put aside; it is new again.",
        Body(
            name="SentUnshelving",
            kind=_sent({"why": _WHY}),
            largest=alarms_api.LARGEST_BODY,
            examples={"now": {}},
        ),
        ("not-shelved",),
    ),
    Operation(
        id="alarmHistory",
        method="GET",
        path="/api/v1/alarms/history",
        about="past",
        summary="Every standing of each alarm, the newest first.",
        words="Kept as long as the journal; asked for in pages with `before`.",
        query=(
            Parameter(name="from", words="Those that stood then or later.", schema=_INSTANT),
            Parameter(name="to", words="Those that were raised by then.", schema=_INSTANT),
            Parameter(name="identity", words="Of this subsystem only."),
            Parameter(name="code", words="Of this kind only, such as `device-faulty`."),
            Parameter(
                name="severity",
                words="As grave only.",
                schema={"type": "string", "enum": [item.value for item in Severity]},
            ),
            Parameter(name="key", words="Of this alarm only."),
            Parameter(name="text", words="With this in their id or their words."),
            Parameter(name="part_of", words="Parts of the standing with this number.", schema=_NUMBER),
            Parameter(
                name="heads",
                words="Only those that are part of no other.",
                schema={"type": "string", "enum": ["yes"]},
            ),
            Parameter(name="before", words="With smaller numbers than this.", schema=_NUMBER),
            Parameter(
                name="limit",
                words=f"So many at most; {alarms_api.USUAL_HISTORY} unless given.",
                schema={"type": "integer", "minimum": 1, "maximum": alarms_api.MOST_HISTORY},
            ),
        ),
        answers={200: Answer(words="The standings.", kind=HistoryBody)},
        problems={400: ("bad-argument",), 503: ("alarms-unreadable", "busy", "no-database")},
    ),
    Operation(
        id="conditions",
        method="GET",
        path="/api/v1/conditions",
        about="equipment",
        summary="How every subsystem, line, gateway and clock is, and since when.",
        answers={200: Answer(words="Their conditions.", kind=ConditionsBody)},
    ),
)
"""The operations."""
