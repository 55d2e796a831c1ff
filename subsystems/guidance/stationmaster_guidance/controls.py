"""Whether a board is lit and how brightly: by the time of day, and as people command.

A person's word holds until he takes it back (`brightness` without a percentage), and over a restart: a board that was
switched off because it dazzles must not come on again because a process did.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant

__all__ = ["BoardControl", "Controls", "Dimming"]

_LOG = get_logger("controls")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimming:
    """From minute `at` of the station's day on, boards have `percent` of their light."""

    at: int
    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardControl:
    """What people want of one board: `on`; `percent`, None: by the time of day; the `test` that it is to do now."""

    on: bool = True
    percent: int | None = None
    test: str = ""


class Controls:
    """The controls of all boards.

    Args:
        dimming: by the time of day; none: full light always.
        file: where people's word is kept; None: nowhere.

    """

    def __init__(self, dimming: Iterable[Dimming] = (), file: Path | None = None) -> None:
        self._dimming = tuple(sorted(dimming, key=lambda each: each.at))
        self._file = file
        self._changed: Callable[[], None] = lambda: None
        self._controls = _read(file)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` after a control has changed."""
        self._changed = listener

    def of(self, board: str) -> BoardControl:
        """What people want of a board."""
        return self._controls.get(board, BoardControl())

    def percent(self, board: str, now: float, zone: str) -> int:
        """How bright a board is at station time `now`: 0 to 100."""
        said = self.of(board).percent
        if said is not None:
            return said
        minute = self._minute(now, zone)
        past = [each for each in self._dimming if each.at <= minute] or list(self._dimming[-1:])
        return past[-1].percent if past else 100

    def next_at(self, now: float, zone: str) -> Instant | None:
        """When the time of day next changes how bright boards are; on a day of a clock change maybe an hour off."""
        if not self._dimming:
            return None
        minute = self._minute(now, zone)
        ahead = [(each.at - minute) % 1440 or 1440 for each in self._dimming]
        return Instant(int(now // 60) * 60 + min(ahead) * 60)

    def set(self, boards: Iterable[str], change: Callable[[BoardControl], BoardControl]) -> None:
        """Change what people want of boards.

        Raises:
            StationError: `not-stored`: it holds, but not over a restart.

        """
        for board in boards:
            self._controls[board] = change(self.of(board))
        self._changed()
        self._write()

    def tested(self, board: str, test: str) -> None:
        """A test is over."""
        if self.of(board).test == test:
            self._controls[board] = replace(self.of(board), test="")
            self._changed()

    def _minute(self, now: float, zone: str) -> int:
        local = datetime.fromtimestamp(now, ZoneInfo(zone))
        return local.hour * 60 + local.minute

    def _write(self) -> None:
        if self._file is None:
            return
        kept = {name: asdict(replace(control, test="")) for name, control in self._controls.items()}
        try:
            new = self._file.with_name(f"{self._file.name}.new")
            new.write_text(json.dumps(kept, indent=1), "utf-8")
            new.replace(self._file)
        except OSError as error:
            raise StationError(
                "not-stored", f"{self._file} cannot be written: {error}", "Make room on the disk, and command it again."
            ) from error


def _read(file: Path | None) -> dict[str, BoardControl]:
    """What was kept; a file that cannot be read is nothing, and is said."""
    if file is None or not file.exists():
        return {}
    try:
        kept = json.loads(file.read_text("utf-8"))
        return {
            str(name): BoardControl(
                on=bool(each["on"]), percent=None if each["percent"] is None else int(each["percent"])
            )
            for name, each in kept.items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        _LOG.error("controls-unreadable", file=str(file), problem=str(error), todo="all boards are on; delete the file")
        return {}
