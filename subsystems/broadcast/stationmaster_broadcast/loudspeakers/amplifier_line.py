"""The driver `line`: racks that are asked and told in lines of text, as `docs/loudspeakers.md` describes.

A command and its answer end with CR LF; a state is several lines, up to `END`. A state with a line in it that is not
understood is passed over as a whole: better none than half of one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from stationmaster_broadcast.loudspeakers.amplifiers import AmplifierParts, Connection, Stirred, UnitState

__all__ = ["LineAmplifier", "line_amplifier"]

LONGEST = 65536
"""Bytes without an end of line after which they are thrown away."""

_CHANNEL = re.compile(r"CHANNEL (\d{1,4}) (?:OK|FAULT (\S+))\Z")
_LINE = re.compile(r"LINE (\d{1,4}) (?:OK|FAULT (\S+)) (?:OPEN|CHANNEL (\d{1,4}) INPUT (\d{1,4}))\Z")
_UNIT = re.compile(r"UNIT (?:OK|FAULT (\S+))\Z")


class LineAmplifier:
    """One rack; an `AmplifierDriver`."""

    baud = 9600

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[str] | None = None

    def ask(self) -> bytes:
        """`STATE`."""
        return b"STATE\r\n"

    def change(self, now: frozenset[Connection], wanted: frozenset[Connection]) -> bytes:
        """`OPEN` for lines that are to be silent or fed by something else, then `CONNECT`."""
        opened = sorted(each.line for each in now - wanted)
        made = sorted(wanted - now, key=lambda each: each.line)
        commands = [f"OPEN {line}" for line in opened]
        commands += [f"CONNECT {each.line} {each.channel} {each.input}" for each in made]
        return "".join(f"{command}\r\n" for command in commands).encode("ascii")

    def receive(self, data: bytes) -> Sequence[UnitState | Stirred]:
        """Whole states, and `CHANGED`."""
        self._rest += data
        *lines, self._rest = self._rest.split(b"\n")
        if len(self._rest) > LONGEST:
            self._rest = b""
        found: list[UnitState | Stirred] = []
        for raw in lines:
            line = raw.decode("ascii", "replace").strip()
            if line == "CHANGED":
                found.append(Stirred())
            elif line == "STATE":
                self._lines = []
            elif line == "END" and self._lines is not None:
                state = _state(self._lines)
                self._lines = None
                if state is not None:
                    found.append(state)
            elif self._lines is not None and not line.startswith(("OK", "ERROR")):
                self._lines.append(line)
                if len(self._lines) > LONGEST // 16:
                    self._lines = None
        return found

    def reset(self) -> None:
        """A new connection."""
        self._rest = b""
        self._lines = None


def _state(lines: list[str]) -> UnitState | None:
    channels: list[tuple[int, str]] = []
    loudspeakers: list[tuple[int, str]] = []
    connections: set[Connection] = set()
    unit = ""
    for line in lines:
        if found := _CHANNEL.match(line):
            if found[2]:
                channels.append((int(found[1]), found[2]))
        elif found := _LINE.match(line):
            if found[2]:
                loudspeakers.append((int(found[1]), found[2]))
            if found[3]:
                connections.add(Connection(line=int(found[1]), channel=int(found[3]), input=int(found[4])))
        elif found := _UNIT.match(line):
            unit = found[1] or ""
        else:
            return None
    return UnitState(connections=frozenset(connections), channels=tuple(channels), lines=tuple(loudspeakers), unit=unit)


def line_amplifier(parts: AmplifierParts) -> LineAmplifier:  # noqa: ARG001 - it has no settings of its own
    """As the configuration names it."""
    return LineAmplifier()
