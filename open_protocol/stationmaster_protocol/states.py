"""Who may say what, when: the whole conversation as one table.

A client connects and says `hello`; one that has no secret yet says `enrol` first. The hub answers `welcome`, or
`error` and closes. The client says `subscribe`;
the hub says `subscribed`, and from then on sends `snapshot` (in parts) or `update`s, each of which the client answers
with `ack`, and heartbeats go both ways. Reports, commands, and questions for the time, may be sent as soon as the
client is welcome. A second `subscribe` replaces the first; what was on its way for the first still arrives, and the
client lets it pass until the `subscribed` of the second. `error` and `bye` end the session from any state.

Both sides walk through the same table: the sender when a message leaves, the receiver when it comes in.
`error` may cross with anything, so a side that has closed hears nothing more and minds nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from stationmaster_protocol.messages import (
    CLIENT_MESSAGES,
    EITHER_MESSAGES,
    HUB_MESSAGES,
    Ack,
    Bye,
    ClientHeartbeat,
    Command,
    CommandResult,
    Enrol,
    Enrolled,
    EquipmentStatus,
    Error,
    Hello,
    HubHeartbeat,
    Received,
    Report,
    Snapshot,
    Subscribe,
    Subscribed,
    TimeAnswer,
    TimeRequest,
    Update,
    Welcome,
)
from stationmaster_protocol.shapes import message_name

__all__ = ["TRANSITIONS", "Role", "SessionState", "message_rows", "next_state", "senders"]


class Role(StrEnum):
    """The two ends of a connection."""

    CLIENT = "client"
    HUB = "hub"


class SessionState(StrEnum):
    """How far a session has come."""

    CONNECTED = "connected"
    ENROLLING = "enrolling"
    GREETED = "greeted"
    WELCOME = "welcome"
    SUBSCRIBED = "subscribed"
    CLOSED = "closed"


TRANSITIONS: Mapping[SessionState, Mapping[type, SessionState]] = {
    SessionState.CONNECTED: {
        Enrol: SessionState.ENROLLING,
        Hello: SessionState.GREETED,
        Error: SessionState.CLOSED,
        Bye: SessionState.CLOSED,
    },
    SessionState.ENROLLING: {
        Enrolled: SessionState.CONNECTED,
        Error: SessionState.CLOSED,
        Bye: SessionState.CLOSED,
    },
    SessionState.GREETED: {
        Welcome: SessionState.WELCOME,
        Error: SessionState.CLOSED,
        Bye: SessionState.CLOSED,
    },
    SessionState.WELCOME: {
        Subscribe: SessionState.SUBSCRIBED,
        Report: SessionState.WELCOME,
        Received: SessionState.WELCOME,
        ClientHeartbeat: SessionState.WELCOME,
        TimeRequest: SessionState.WELCOME,
        TimeAnswer: SessionState.WELCOME,
        Command: SessionState.WELCOME,
        CommandResult: SessionState.WELCOME,
        Error: SessionState.CLOSED,
        Bye: SessionState.CLOSED,
    },
    SessionState.SUBSCRIBED: {
        Subscribe: SessionState.SUBSCRIBED,
        Subscribed: SessionState.SUBSCRIBED,
        Snapshot: SessionState.SUBSCRIBED,
        Update: SessionState.SUBSCRIBED,
        Ack: SessionState.SUBSCRIBED,
        HubHeartbeat: SessionState.SUBSCRIBED,
        ClientHeartbeat: SessionState.SUBSCRIBED,
        Report: SessionState.SUBSCRIBED,
        Received: SessionState.SUBSCRIBED,
        TimeRequest: SessionState.SUBSCRIBED,
        TimeAnswer: SessionState.SUBSCRIBED,
        Command: SessionState.SUBSCRIBED,
        CommandResult: SessionState.SUBSCRIBED,
        EquipmentStatus: SessionState.SUBSCRIBED,
        Error: SessionState.CLOSED,
        Bye: SessionState.CLOSED,
    },
    SessionState.CLOSED: {},
}
"""State → message → the state after it. What does not stand here may not be sent."""

_SENDERS: Mapping[type, frozenset[Role]] = {
    **dict.fromkeys(CLIENT_MESSAGES, frozenset({Role.CLIENT})),
    **dict.fromkeys(HUB_MESSAGES, frozenset({Role.HUB})),
    **dict.fromkeys(EITHER_MESSAGES, frozenset(Role)),
}


def senders(message: type) -> frozenset[Role]:
    """Who may send a message."""
    return _SENDERS[message]


def next_state(state: SessionState, sender: Role, message: type) -> SessionState | None:
    """The state after `sender` has sent `message`; None if that is not allowed now."""
    return TRANSITIONS[state].get(message) if sender in _SENDERS[message] else None


def message_rows() -> list[tuple[str, str, str, str]]:
    """The table for people: state, message, who sends it, next state."""
    return [
        (state, f"`{message_name(kind)}`", _sender_name(kind), after)
        for state, row in TRANSITIONS.items()
        for kind, after in row.items()
    ]


def _sender_name(kind: type) -> str:
    roles = senders(kind)
    return "either" if len(roles) > 1 else str(next(iter(roles)))
