"""Tells people, at the hub and wherever alarms are shown, that an emergency is under way and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable

from stationmaster_base.clock import StationClock
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_broadcast.emergencies.control import EmergencyNow
from stationmaster_broadcast.emergencies.emergency import Emergencies
from stationmaster_broadcast.emergencies.emergency_sounds import EmergencySounds
from stationmaster_broadcast.emergencies.inputs import Desk
from stationmaster_protocol.equipment import AlarmSign, Severity

__all__ = ["EmergencyTelling"]

_LOG = get_logger("emergency")

LONGEST = 300
"""Characters of an alarm's part that people have written."""


class EmergencyTelling:
    """Four alarms.

    `emergency`; `emergency-problem` while one does not go as it should; `emergency-ran-out` when one has ended by
    itself; `emergency-not-ready`.

    Args:
        emergencies, sounds: what is told of.
        desk: is told.
        clock: station time.
        slow: whether messages may still be made ready: then nobody is troubled yet.

    """

    def __init__(
        self,
        emergencies: Emergencies,
        sounds: EmergencySounds,
        *,
        desk: Desk,
        clock: StationClock,
        slow: Callable[[], bool],
    ) -> None:
        self._emergencies = emergencies
        self._sounds = sounds
        self._desk = desk
        self._clock = clock
        self._slow = slow
        self._told: dict[str, tuple[str, str]] = {}

    def look(self) -> None:
        """Tell what has changed."""
        under_way = self._emergencies.now
        self._tell("emergency", Severity.ALARM, _under_way(under_way))
        problem = self._emergencies.problem
        words = (f"紧急广播有故障: {problem}", f"The emergency announcement has a fault: {problem}")
        self._tell("emergency-problem", Severity.ALARM, words if problem else None, "emergency")
        ran_out = ", ".join(dict.fromkeys(self._emergencies.ran_out))[:LONGEST]
        words = (
            f"紧急广播已到时限自动结束（{ran_out}），如未解除请重新启动",
            f"An emergency announcement has ended by itself (called by {ran_out}); call it again if it is not over",
        )
        self._tell("emergency-ran-out", Severity.ALARM, words if ran_out else None)
        missing = ", ".join(() if self._slow() else self._sounds.not_ready)
        words = (
            f"紧急广播词尚未备好: {missing}，请检查语音引擎",
            f"Emergency messages are not ready: {missing}; see the speech engine",
        )
        self._tell("emergency-not-ready", Severity.WARNING, words if missing else None)

    def _tell(self, name: str, severity: Severity, words: tuple[str, str] | None, cause: str = "") -> None:
        if self._told.get(name) == words:
            return
        if words is None:
            del self._told[name]
            self._desk.clear(name)
            return
        self._told[name] = words
        since = min((each.since for each in self._emergencies.now), default=Instant(int(self._clock.now())))
        texts = (("zh", words[0]), ("en", words[1]))
        try:
            self._desk.alarm(AlarmSign(id=name, severity=severity, since=since, cause=cause, texts=texts))
        except StationError as error:  # words that the protocol does not carry
            _LOG.error("alarm-not-told", alarm=name, problem=error.message, todo="report this to the maker")


def _under_way(emergencies: tuple[EmergencyNow, ...]) -> tuple[str, str] | None:
    """What is said of them, in Chinese and English."""
    if not emergencies:
        return None
    parts_zh, parts_en = [], []
    for each in emergencies:
        what = each.message or " / ".join(text for _, text in each.texts)
        zones = ", ".join(each.zones)
        parts_zh.append(f"{'全站' if each.everywhere else zones[:LONGEST]}: {what[:LONGEST]}（{each.by[:LONGEST]}）")
        where = "everywhere" if each.everywhere else f"in {zones[:LONGEST]}"
        parts_en.append(f"{where}: {what[:LONGEST]} (called by {each.by[:LONGEST]})")
    return f"紧急广播进行中 {'; '.join(parts_zh)[:1800]}", f"Emergency announcement {'; '.join(parts_en)[:1800]}"
