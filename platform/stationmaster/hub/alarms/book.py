"""Alarms: what is wrong now and needs a person, since when, in words for him.

An alarm is no fact of the station's day: it stands in no journal, and comes and goes with what it tells of. Something
that is wrong for a moment is none; one that comes and goes in quick turns stays. Each is in the log when it comes and
when it goes.

Most are signs that the hub itself sees; some are told by a subsystem, which has judged them already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_protocol.equipment import AlarmSign, Severity
from stationmaster_protocol.messages import Deletion

__all__ = ["RAISE_S", "Alarm", "AlarmBook", "AlarmNews", "Severity", "Sign"]

_LOG = get_logger("alarms")

RAISE_S = 3.0
"""Machine seconds for which something must have been wrong; a start, too, takes a moment until all is well."""
_CLEAR_S = 5.0

_LONGEST = 2000
"""Characters of a text, as the protocol has it."""

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Something that is wrong at this moment.

    `id` names it and its subject; `identity` is the subsystem that says it, empty for the hub's own. `cause` is the id
    of the device or alarm of the same subsystem that it comes from, empty if it stands for itself. It is an alarm when
    it has been there for `after_s` machine seconds. `since` is station time, None: since the hub first saw it.
    """

    id: str
    severity: Severity
    zh: str
    en: str
    identity: str = ""
    cause: str = ""
    since: Instant | None = None
    after_s: float = RAISE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something that is wrong, as in `Sign`; `since` is the station time since which it is so."""

    id: str
    since: Instant
    severity: Severity
    zh: str
    en: str
    identity: str = ""
    cause: str = ""


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
        self._watched: dict[_Key, _Watched] = {}
        self._listeners: list[Callable[[], None]] = []

    def watch(self, source: Callable[[], Iterable[Sign]]) -> None:
        """Have `source` asked at each look for what is wrong."""
        self._sources.append(source)

    def on_look(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after each look."""
        self._listeners.append(listener)

    def look(self) -> None:
        """Ask every source; one that fails keeps no other from being asked."""
        seconds = self._seconds()
        for source in self._sources:
            try:
                signs = list(source())
            except Exception:
                _LOG.exception("alarm-source-failed", source=getattr(source, "__qualname__", repr(source)))
                continue
            for sign in signs:
                self._see(sign, seconds)
        for key, watched in list(self._watched.items()):
            if seconds - watched.last_s >= (_CLEAR_S if watched.raised else 0.5):
                del self._watched[key]
                if watched.raised:
                    _LOG.info("alarm-over", alarm=watched.sign.id, **_whose(watched.sign))
        for listener in self._listeners:
            listener()

    def alarms(self) -> tuple[Alarm, ...]:
        """What is wrong, the gravest first, then what has been so for longest."""
        found = [_alarm(watched) for watched in self._watched.values() if watched.raised]
        return tuple(
            sorted(
                found,
                key=lambda alarm: (alarm.severity is Severity.WARNING, alarm.since, alarm.identity, alarm.id),
            )
        )

    def count(self, severity: Severity) -> int:
        """How many there are of a severity."""
        return sum(watched.raised and watched.sign.severity is severity for watched in self._watched.values())

    def _see(self, sign: Sign, seconds: float) -> None:
        key = (sign.identity, sign.id)
        watched = self._watched.get(key)
        if watched is None:
            since = Instant(int(self._now())) if sign.since is None else sign.since
            watched = self._watched[key] = _Watched(sign=sign, since=since, first_s=seconds, last_s=seconds)
        watched.sign, watched.last_s = sign, seconds
        if sign.since is not None:
            watched.since = sign.since
        if not watched.raised and seconds - watched.first_s >= sign.after_s:
            watched.raised = True
            _LOG.warning(
                "alarm",
                alarm=sign.id,
                severity=sign.severity.value,
                says=sign.en,
                todo="see the console",
                **_whose(sign),
            )


def _alarm(watched: _Watched) -> Alarm:
    sign = watched.sign
    return Alarm(
        id=sign.id,
        since=watched.since,
        severity=sign.severity,
        zh=sign.zh,
        en=sign.en,
        identity=sign.identity,
        cause=sign.cause,
    )


def _whose(sign: Sign) -> dict[str, str]:
    return {"identity": sign.identity} if sign.identity else {}


class AlarmNews:
    """Compares the book with what was told last.

    Args:
        alarms: the book.
        changed: is told what is different now, and which are no more.

    """

    def __init__(self, alarms: AlarmBook, changed: Callable[[Sequence[AlarmSign], Sequence[Deletion]], None]) -> None:
        self._alarms = alarms
        self._changed = changed
        self._told: dict[str, AlarmSign] = {}

    @property
    def signs(self) -> tuple[AlarmSign, ...]:
        """Every alarm, as it was told last."""
        return tuple(self._told.values())

    def look(self) -> None:
        """Tell what is different."""
        before = self._told
        self._told = {f"{alarm.identity}/{alarm.id}": _alarm_sign(alarm) for alarm in self._alarms.alarms()}
        changed = [sign for name, sign in self._told.items() if before.get(name) != sign]
        gone = [Deletion(kind="alarm", id=name) for name in before if name not in self._told]
        if changed or gone:
            self._changed(changed, gone)


def _alarm_sign(alarm: Alarm) -> AlarmSign:
    """An alarm as it is told to subscribers."""
    return AlarmSign(
        id=alarm.id,
        identity=alarm.identity or None,
        severity=alarm.severity,
        since=alarm.since,
        cause=alarm.cause,
        texts=(("zh", alarm.zh[:_LONGEST]), ("en", alarm.en[:_LONGEST])),
    )
