"""What an emergency is, and the file in which those under way stand, so that a crash does not end them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stationmaster_base.durable import write_durably
from stationmaster_base.health import JsonValue
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant, from_iso, to_iso

__all__ = ["Called", "EmergencyState", "StateFile", "without_zones"]

_LOG = get_logger("emergency")


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """An emergency as it was called; see `control.EmergencyNow`. `cause` is the input that called it, or empty."""

    id: str
    by: str
    since: Instant
    until: Instant | None
    zones: tuple[str, ...]
    everywhere: bool
    message: str
    texts: tuple[tuple[str, str], ...]
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyState:
    """The emergencies under way, the latest last, and the inputs whose alarm a person has ended already."""

    called: tuple[Called, ...] = ()
    answered: tuple[str, ...] = ()

    def body(self) -> JsonValue:
        """As JSON."""
        return {"emergencies": [_body(each) for each in self.called], "answered": list(self.answered)}

    @staticmethod
    def from_body(body: Any) -> EmergencyState:
        """The reverse of `body`.

        Raises:
            ValueError: `body` is none.

        """
        try:
            return EmergencyState(
                called=tuple(_called(each) for each in body["emergencies"]),
                answered=tuple(str(each) for each in body["answered"]),
            )
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"no state of emergencies: {error!r}") from error


class StateFile:
    """Keeps the state; what cannot be written is a problem and nothing more: the emergency goes on.

    Args:
        path: the file.

    """

    def __init__(self, path: Path) -> None:
        self.problem = ""
        """Why the present state is not on disk; empty if it is."""
        self._path = path

    def read(self) -> EmergencyState:
        """What stands there; nothing if there is no file, or none that can be read."""
        try:
            return EmergencyState.from_body(json.loads(self._path.read_text("utf-8")))
        except FileNotFoundError:
            return EmergencyState()
        except (OSError, ValueError) as error:
            self.problem = str(error)
            _LOG.error(
                "emergency-state-unreadable",
                file=str(self._path),
                problem=str(error),
                todo="if an emergency was under way, call it again",
            )
            return EmergencyState()

    def write(self, state: EmergencyState) -> None:
        """Put this state there."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_durably(self._path, json.dumps(state.body(), ensure_ascii=False))
        except OSError as error:
            if not self.problem:
                _LOG.error(
                    "emergency-state-not-written",
                    file=str(self._path),
                    problem=str(error),
                    todo="see the disk: an emergency would not survive a crash of this process",
                )
            self.problem = str(error)
        else:
            self.problem = ""


def without_zones(called: Called, zones: frozenset[str], station: tuple[str, ...]) -> Called:
    """The emergency without some zones; one of the whole station is from then on one of its other zones."""
    mine = station if called.everywhere else called.zones
    left = tuple(zone for zone in mine if zone not in zones)
    return called if left == mine else replace(called, zones=left, everywhere=False)


def _body(called: Called) -> JsonValue:
    return {
        "id": called.id,
        "by": called.by,
        "since": to_iso(called.since),
        "until": None if called.until is None else to_iso(called.until),
        "zones": list(called.zones),
        "everywhere": called.everywhere,
        "message": called.message,
        "texts": [[language, text] for language, text in called.texts],
        "cause": called.cause,
    }


def _called(body: Any) -> Called:
    return Called(
        id=str(body["id"]),
        by=str(body["by"]),
        since=from_iso(body["since"]),
        until=None if body["until"] is None else from_iso(body["until"]),
        zones=tuple(str(zone) for zone in body["zones"]),
        everywhere=bool(body["everywhere"]),
        message=str(body["message"]),
        texts=tuple((str(language), str(text)) for language, text in body["texts"]),
        cause=str(body["cause"]),
    )
