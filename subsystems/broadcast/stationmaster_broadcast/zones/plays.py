"""Proof of play: what was said where, when, how it ended, and the hash of the sound.

`log.jsonl` in the folder of sounds gets one line when an announcement has ended, however it ended. What is playing at
present stands in `playing.json`; what a crash leaves there is entered as interrupted at the next start.
"""

from __future__ import annotations

import errno
import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stationmaster_base.errors import StationError
from stationmaster_base.health import JsonValue
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant, from_iso, to_iso
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import TaskState

__all__ = ["Pause", "Play", "PlayLog", "play_of"]

_LOG = get_logger("plays")

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""There is no room: what would be written is in memory, and the process goes on."""

KEPT = 20_000
"""How many ended plays are kept in memory, for pages; the file keeps all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """An interruption after which it went on: cut at the station time `at`, after `heard_s` of the sound.

    It went on at `resumed` from `from_s` of the sound; both are None while it has not.
    """

    at: Instant
    why: str
    heard_s: float
    resumed: Instant | None = None
    from_s: float | None = None

    def body(self) -> dict[str, JsonValue]:
        """As JSON."""
        return {
            "at": to_iso(self.at),
            "why": self.why,
            "heard_s": round(self.heard_s, 3),
            "resumed": _iso(self.resumed),
            "from_s": None if self.from_s is None else round(self.from_s, 3),
        }

    @staticmethod
    def from_body(body: dict[str, Any]) -> Pause:
        """The reverse of `body`."""
        return Pause(
            at=from_iso(body["at"]),
            why=str(body["why"]),
            heard_s=float(body["heard_s"]),
            resumed=_instant(body["resumed"]),
            from_s=None if body["from_s"] is None else float(body["from_s"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """One announcement in one zone. `n` counts up from 1 for ever, in the order in which they ended.

    `begun` is None if there was nothing to begin with; `ended` is None if a crash ended it. `outcome` is `playing`
    until it has ended, then `done`, `interrupted` or `failed`. `file` counts from the folder of sounds. `pauses` are
    the interruptions in between, `together` the tasks with the same words that were said in one with it.
    """

    n: int = 0
    task: str
    call: str
    rule: str
    occurrence: int
    target: str
    due: Instant | None
    begun: Instant | None = None
    ended: Instant | None = None
    texts: tuple[tuple[str, str], ...]
    seconds: float = 0.0
    outcome: str = "playing"
    detail: str = ""
    file: str = ""
    sha256: str = ""
    pauses: tuple[Pause, ...] = ()
    together: tuple[str, ...] = ()

    def body(self) -> dict[str, JsonValue]:
        """As JSON."""
        return {
            "n": self.n,
            "task": self.task,
            "call": self.call,
            "rule": self.rule,
            "occurrence": self.occurrence,
            "target": self.target,
            "due": _iso(self.due),
            "begun": _iso(self.begun),
            "ended": _iso(self.ended),
            "texts": dict(self.texts),
            "seconds": round(self.seconds, 3),
            "outcome": self.outcome,
            "detail": self.detail,
            "file": self.file,
            "sha256": self.sha256,
            "pauses": [pause.body() for pause in self.pauses],
            "together": list(self.together),
        }

    @staticmethod
    def from_body(body: dict[str, Any]) -> Play:
        """The reverse of `body`.

        Raises:
            ValueError: `body` is none.

        """
        try:
            return Play(
                n=int(body["n"]),
                task=str(body["task"]),
                call=str(body["call"]),
                rule=str(body["rule"]),
                occurrence=int(body["occurrence"]),
                target=str(body["target"]),
                due=_instant(body["due"]),
                begun=_instant(body["begun"]),
                ended=_instant(body["ended"]),
                texts=tuple((str(language), str(text)) for language, text in body["texts"].items()),
                seconds=float(body["seconds"]),
                outcome=str(body["outcome"]),
                detail=str(body["detail"]),
                file=str(body["file"]),
                sha256=str(body["sha256"]),
                pauses=tuple(Pause.from_body(pause) for pause in body.get("pauses", ())),
                together=tuple(str(task) for task in body.get("together", ())),
            )
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"not a play: {error!r}") from error


def play_of(task: Task, target: str, texts: tuple[tuple[str, str], ...]) -> Play:
    """A play of this task that has not begun."""
    return Play(
        task=task.id,
        call=task.call,
        rule=task.rule,
        occurrence=task.occurrence,
        target=target,
        due=task.due,
        texts=texts,
    )


class PlayLog:
    """What was played and what plays, in the folder of sounds.

    Raises:
        StationError: `sound-folder` if the folder cannot be used.

    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "log.jsonl"
        self._present = folder / "playing.json"
        self._ended: deque[Play] = deque(maxlen=KEPT)
        self._playing: dict[tuple[str, str], str] = {}  # as they stand in the file: it is written at each change
        self._last = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._read_log()
            for play in self._left_over():
                self.end(replace(play, outcome=TaskState.INTERRUPTED.value, detail="the process stopped in the middle"))
            self._write_present()
        except OSError as error:
            if error.errno in _FULL and folder.is_dir():  # emergencies have to be heard all the same
                _LOG.error("disk-full", folder=str(folder), problem=str(error), todo="free the disk")
                return
            raise StationError(
                "sound-folder",
                f"{folder} cannot be used for sounds: {error}.",
                "Give the process a folder to write in.",
            ) from error

    @property
    def last(self) -> int:
        """The number of the last play that ended."""
        return self._last

    def path(self, file: str) -> Path:
        """Where the sound of a play is, by its `file`."""
        return self._file.parent / file

    def begin(self, *plays: Play) -> None:
        """Enter what plays now, one sound or several that are one.

        Raises:
            OSError: it could not be written.

        """
        for play in plays:
            self._playing[play.task, play.target] = json.dumps(play.body(), ensure_ascii=False)
        self._write_present()

    def change(self, *plays: Play) -> None:
        """Something more is known of what has begun and not ended: it was interrupted, or goes on.

        Raises:
            OSError: it could not be written; it is in memory all the same.

        """
        for play in plays:
            self._playing[play.task, play.target] = json.dumps(play.body(), ensure_ascii=False)
        self._write_present()

    def end(self, play: Play) -> Play:
        """Enter what has ended, or could not begin; it comes back with its number.

        Raises:
            OSError: it could not be written; it is in memory all the same.

        """
        self._last += 1
        play = replace(play, n=self._last)
        self._ended.append(play)
        playing = self._playing.pop((play.task, play.target), None)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(play.body(), ensure_ascii=False) + "\n")
        if playing is not None:
            self._write_present()
        return play

    def after(self, number: int, limit: int = KEPT) -> list[Play]:
        """The plays that ended after the one with this number, oldest first."""
        found: list[Play] = []
        for play in reversed(self._ended):
            if play.n <= number:
                break
            found.append(play)
        return found[::-1][:limit]

    def newest(self) -> Iterator[Play]:
        """The plays that are kept in memory, latest first."""
        return reversed(self._ended)

    def latest(self, count: int) -> list[Play]:
        """The plays that ended last, latest first."""
        return [play for play, _ in zip(self.newest(), range(count), strict=False)]

    def _write_present(self) -> None:
        draft = self._present.with_suffix(".part")
        draft.write_text(f"[{', '.join(self._playing.values())}]", "utf-8")
        draft.replace(self._present)

    def _read_log(self) -> None:
        if not self._file.exists():
            return
        with self._file.open("rb") as file:
            for number, line in enumerate(file, 1):
                play = _read_line(line, number)
                if play is not None:
                    self._ended.append(play)
                    self._last = max(self._last, play.n)
                cut = not line.endswith(b"\n")
        if self._file.stat().st_size and cut:
            with self._file.open("ab") as file:
                file.write(b"\n")  # a crash left half a line; the next one begins afresh

    def _left_over(self) -> Iterator[Play]:
        if not self._present.exists():
            return
        try:
            bodies = json.loads(self._present.read_text("utf-8"))
            if not isinstance(bodies, list):
                raise ValueError("not a list of plays")
            yield from [Play.from_body(body) for body in bodies]
        except ValueError as error:
            _LOG.warning(
                "playing-unreadable", file=str(self._present), problem=str(error), todo="none; it starts empty"
            )


def _read_line(line: bytes, number: int) -> Play | None:
    try:
        return Play.from_body(json.loads(line))
    except ValueError as error:
        _LOG.warning("play-unreadable", line=number, problem=str(error), todo="none; the line is passed over")
        return None


def _iso(instant: Instant | None) -> str | None:
    return None if instant is None else to_iso(instant)


def _instant(text: str | None) -> Instant | None:
    return None if text is None else from_iso(text)
