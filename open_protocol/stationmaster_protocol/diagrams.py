"""The document's pictures, drawn from the tables that the code works by.

`python -m stationmaster_protocol.diagrams` prints them all. A test holds the document to exactly these, walks through
every sequence with the table of states, and reads the bytes of the first frame.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.codec import LARGEST_TO_HUB, LENGTH_BYTES, encode
from stationmaster_protocol.messages import (
    Ack,
    Bye,
    ClientHeartbeat,
    Command,
    CommandResult,
    Enrol,
    Enrolled,
    EquipmentStatus,
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
from stationmaster_protocol.states import TRANSITIONS, Role, SessionState, senders

__all__ = [
    "FIRST_HELLO",
    "SEQUENCES",
    "Step",
    "first_frame",
    "sequence_diagram",
    "session_diagram",
    "state_diagram",
]

_WIDTH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a sequence: a message with a few words about it, or words alone.

    `begins`: here begins what happens on another connection, or was begun before: the state of its session.
    """

    sender: Role | None = None
    message: type | None = None
    says: str = ""
    begins: SessionState | None = None


def _opens(says: str = "connects") -> Step:
    return Step(says=says, begins=SessionState.CONNECTED)


def _subscribed(says: str) -> Step:
    return Step(says=says, begins=SessionState.SUBSCRIBED)


def _client(message: type, says: str = "") -> Step:
    return Step(sender=Role.CLIENT, message=message, says=says)


def _hub(message: type, says: str = "") -> Step:
    return Step(sender=Role.HUB, message=message, says=says)


def _note(says: str) -> Step:
    return Step(says=says)


_GREETING = (_client(Hello), _hub(Welcome))

SEQUENCES: Mapping[str, tuple[Step, ...]] = {
    "connect": (
        _opens(),
        _client(Hello, "identity, token, what it does"),
        _hub(Welcome, "version, heartbeat, limits"),
        _client(TimeRequest),
        _client(Subscribe, "number 1, filter"),
        _hub(TimeAnswer),
        _hub(Subscribed, "number 1"),
        _hub(Snapshot, "part 1"),
        _hub(Snapshot, "part 2, last"),
        _hub(HubHeartbeat, "proves the replica"),
        _client(Ack, "the snapshot's sequence"),
        _client(Report, "whole: devices, readbacks, alarms"),
        _hub(Received),
        _note("something changes"),
        _hub(Update, "since 880, to 893"),
        _client(Ack, "893"),
        _note("every interval"),
        _hub(HubHeartbeat),
        _client(ClientHeartbeat),
    ),
    "enrol": (
        _opens("connects, with the one-time code from the operator"),
        _client(Enrol, "identity, code, CSR or none"),
        _hub(Enrolled, "token, or certificate and authority"),
        _note("the client keeps its secret, and the code is used up"),
        *_GREETING,
    ),
    "resume": (
        _opens("connects again, holding 880"),
        *_GREETING,
        _client(Subscribe, "number 1, held 880"),
        _note("880 and its hash are part of the hub's history"),
        _hub(Subscribed, "number 1, resumed"),
        _hub(Update, "since 880, to 893"),
        _hub(HubHeartbeat, "proves the replica"),
        _client(Ack, "893"),
    ),
    "gap": (
        _subscribed("is subscribed, and holds 880"),
        _hub(Update, "since 885, to 893"),
        _note("881 to 885 are missing, or a digest differs"),
        _client(Subscribe, "number 2, nothing held"),
        _hub(Update, "still for number 1: let pass"),
        _hub(Subscribed, "number 2"),
        _hub(Snapshot, "part 1, last"),
        _hub(HubHeartbeat),
        _client(Ack),
    ),
    "redirect": (
        _subscribed("is subscribed at hub 1"),
        _hub(Bye, "redirected, to hub 2"),
        _opens("connects to hub 2, with its own position"),
        *_GREETING,
        _client(Subscribe, "held 893"),
        _hub(Subscribed, "resumed, if hub 2 has the same history"),
    ),
    "autonomy": (
        _subscribed("is subscribed, and level"),
        _hub(HubHeartbeat, "the last one that comes"),
        _note("one interval without a word: the hub is suspect"),
        _note("three intervals: the client closes, and is alone"),
        _note("it does its tasks by station time from its replica"),
        _note("level B: a person enters a delay, which takes effect here"),
        _note("it tries its hubs again and again"),
        _opens("connects again"),
        *_GREETING,
        _client(Report, "acts and results of the time alone"),
        _client(Subscribe, "held, as before"),
        _hub(Received, "acts and results are committed"),
        _hub(Subscribed, "resumed"),
        _hub(Update, "the hub's word on all of it"),
        _hub(HubHeartbeat, "proves the replica"),
        _client(Ack),
        _client(Report, "whole: devices, readbacks, alarms"),
        _hub(Received),
    ),
    "command": (
        _subscribed("a staff page's client"),
        _client(Command, "identity guidance, device led-3, expires"),
        _hub(CommandResult, "accepted"),
        _subscribed("guidance's own session, meanwhile"),
        _hub(Command, "device led-3, expires"),
        _client(CommandResult, "accepted"),
        _client(CommandResult, "done"),
        _client(Report, "device led-3 is off"),
        _hub(Received),
        _subscribed("the staff page's client is told"),
        _hub(CommandResult, "done"),
        _hub(EquipmentStatus, "guidance's led-3 is off"),
    ),
}
"""What is usual, step by step, by the name of the document's section."""

FIRST_HELLO = Hello(identity="guidance", token="f7Q-example", executes=(TaskKind.DISPLAY,))  # noqa: S106 - an example
"""The message of which the document shows every byte."""


def sequence_diagram(name: str) -> str:
    """One of `SEQUENCES`, as a picture in text."""
    lines = ["client".ljust(_WIDTH - 2) + "hub"]
    for step in SEQUENCES[name]:
        if step.message is None:
            lines.append(f"  :{step.says.center(_WIDTH - 5)}:")
            continue
        words = f" {message_name(step.message)}{': ' if step.says else ''}{step.says} "
        if step.sender is Role.CLIENT:
            lines.append(f"  |--{words.ljust(_WIDTH - 8, '-')}>|")
        else:
            lines.append(f"  |<{words.rjust(_WIDTH - 8, '-')}--|")
    return "\n".join(lines)


def state_diagram(rows: Iterable[tuple[str, str, str]]) -> str:
    """A machine's picture: for each pair of states, all that leads from the one to the other.

    Args:
        rows: state, what happens, state after it.

    """
    labels: dict[tuple[str, str], list[str]] = {}
    for before, what, after in rows:
        labels.setdefault((before, after), []).append(what)
    lines = []
    for (before, after), whats in labels.items():
        arrow = f"{before} --> {after}" if before != after else f"{before} stays"
        lines.append(f"{arrow.ljust(28)} {', '.join(whats)}")
    return "\n".join(lines)


def session_diagram() -> str:
    """The picture of a session's states: `>` marks what the client sends, `<` what the hub does, `=` what both may."""
    return state_diagram(
        (state.value, f"{_mark(kind)} {message_name(kind)}", after.value)
        for state, row in TRANSITIONS.items()
        for kind, after in row.items()
    )


def first_frame() -> str:
    """The frame of `FIRST_HELLO`, 16 bytes a line: offset, hexadecimal, and what of it is text."""
    frame = encode(FIRST_HELLO, largest=LARGEST_TO_HUB)
    lines = []
    for start in range(0, len(frame), 16):
        piece = frame[start : start + 16]
        # The length is four bytes that are no text.
        shown = "".join(chr(byte) if start + at >= LENGTH_BYTES else "." for at, byte in enumerate(piece))
        lines.append(f"{start:04x}  {piece.hex(' ').ljust(47)}  {shown}")
    return "\n".join(lines)


def _mark(kind: type) -> str:
    roles = senders(kind)
    if len(roles) > 1:
        return "="
    return ">" if Role.CLIENT in roles else "<"


if __name__ == "__main__":
    for title in SEQUENCES:
        sys.stdout.write(f"{title}\n\n{sequence_diagram(title)}\n\n")
    sys.stdout.write(f"{session_diagram()}\n\n{first_frame()}\n")
