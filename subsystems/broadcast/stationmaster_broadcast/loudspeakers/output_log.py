"""What outputs really did: began, ended, failed, were silenced, left something out; by station time, one line each.

The record of play says what was to be heard in a zone, and whether it was; this says by what. `outputs.jsonl` in the
folder of sounds is begun anew when it is large, and the one before it is kept.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from stationmaster_base.health import JsonValue
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant, to_iso
from stationmaster_broadcast.loudspeakers.outputs import Saying

__all__ = ["Heard", "OutputLog", "What"]

_LOG = get_logger("outputs")

LARGE = 8 << 20
"""Bytes after which a new file is begun; two of them are a month of a busy station."""

KEPT = 200
"""Lines that are kept in memory."""


class What(StrEnum):
    """What an output did with a sound."""

    BEGAN = "began"
    ENDED = "ended"
    FAILED = "failed"
    STOPPED = "stopped"
    PAUSED = "paused"
    LEFT_OUT = "left-out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One line. `zone` is the first that wanted the sound, `sha256` that of the recording; a chip was given `texts`."""

    at: Instant
    output: str
    zone: str
    what: What
    sha256: str
    texts: tuple[tuple[str, str], ...]
    offset_s: float
    gain_db: float
    detail: str = ""

    def body(self) -> dict[str, JsonValue]:
        """As JSON."""
        return {
            "at": to_iso(self.at),
            "output": self.output,
            "zone": self.zone,
            "what": self.what.value,
            "sha256": self.sha256,
            "texts": dict(self.texts),
            "offset_s": round(self.offset_s, 3),
            "gain_db": round(self.gain_db, 1),
            "detail": self.detail,
        }


class OutputLog:
    """Args:
    file: where the lines go.
    now: station time.

    """

    def __init__(self, file: Path, now: Callable[[], float]) -> None:
        self.latest: deque[Heard] = deque(maxlen=KEPT)
        self._file = file
        self._now = now
        self._failing = False

    def note(self, output: str, saying: Saying, what: What, detail: str = "") -> None:
        """One thing more; a disk that does not take it is said once, and memory has it all the same."""
        heard = Heard(
            at=Instant(int(self._now())),
            output=output,
            zone=saying.zone,
            what=what,
            sha256=saying.recording.sha256,
            texts=saying.texts,
            offset_s=saying.offset_s,
            gain_db=saying.gain_db,
            detail=detail,
        )
        self.latest.append(heard)
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(heard.body(), ensure_ascii=False) + "\n")
                size = file.tell()
            if size > LARGE:
                self._file.replace(self._file.with_suffix(".1.jsonl"))
        except OSError as error:
            if not self._failing:
                _LOG.warning("output-not-logged", problem=str(error), todo="see that the disk has room")
            self._failing = True
        else:
            self._failing = False
