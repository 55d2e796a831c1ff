"""Alarms: what is wrong now and needs a person, since when, in words for him.

An alarm is no fact of the station's day: it stands in no journal, and comes and goes with what it tells of. Something
that is wrong for a moment is none; one that comes and goes in quick turns stays. Each is in the log when it comes and
when it goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant

__all__ = ["Alarm", "AlarmBook", "Severity", "Sign"]

_LOG = get_logger("alarms")

_RAISE_S = 3.0
"""Machine seconds for which something must have been wrong; a start, too, takes a moment until all is well."""
_CLEAR_S = 5.0


class Severity(StrEnum):
    """`alarm`: passengers may be told wrong or old things, or soon will be. `warning`: something else still holds."""

    ALARM = "alarm"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Something that is wrong at this moment. `id` names it and its subject."""

    id: str
    severity: Severity
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something that is wrong; `since` is the station time at which it was first seen."""

    id: str
    since: Instant
    severity: Severity
    zh: str
    en: str


@dataclass(slots=True)
class _Watched:
    sign: Sign
    since: Instant
    first_s: float
    last_s: float
    raised: bool = False


class AlarmBook:
    """What is wrong, looked at about once a second.

    Args:
        now: station time.
        seconds: machine time.

    """

    def __init__(self, now: Callable[[], float], seconds: Callable[[], float]) -> None:
        self._now = now
        self._seconds = seconds
        self._sources: list[Callable[[], Iterable[Sign]]] = []
        self._watched: dict[str, _Watched] = {}

    def watch(self, source: Callable[[], Iterable[Sign]]) -> None:
        """Have `source` asked at each look for what is wrong."""
        self._sources.append(source)

    def look(self) -> None:
        """Ask every source."""
        seconds = self._seconds()
        for source in self._sources:
            for sign in source():
                self._see(sign, seconds)
        for name, watched in list(self._watched.items()):
            if seconds - watched.last_s >= (_CLEAR_S if watched.raised else 0.5):
                del self._watched[name]
                if watched.raised:
                    _LOG.info("alarm-over", alarm=name)

    def alarms(self) -> tuple[Alarm, ...]:
        """What is wrong, the gravest first, then what has been so for longest."""
        found = [
            Alarm(
                id=name,
                since=watched.since,
                severity=watched.sign.severity,
                zh=watched.sign.zh,
                en=watched.sign.en,
            )
            for name, watched in self._watched.items()
            if watched.raised
        ]
        return tuple(sorted(found, key=lambda alarm: (alarm.severity is Severity.WARNING, alarm.since, alarm.id)))

    def count(self, severity: Severity) -> int:
        """How many there are of a severity."""
        return sum(alarm.severity is severity for alarm in self.alarms())

    def _see(self, sign: Sign, seconds: float) -> None:
        watched = self._watched.get(sign.id)
        if watched is None:
            watched = self._watched[sign.id] = _Watched(
                sign=sign, since=Instant(int(self._now())), first_s=seconds, last_s=seconds
            )
        watched.sign, watched.last_s = sign, seconds
        if not watched.raised and seconds - watched.first_s >= _RAISE_S:
            watched.raised = True
            _LOG.warning("alarm", alarm=sign.id, severity=sign.severity.value, says=sign.en, todo="see the console")
