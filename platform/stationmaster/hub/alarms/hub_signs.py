"""What can be wrong with the hub itself, as signs for the alarms: with its store, and with station time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from stationmaster.hub.alarms.sign import Severity, Sign
from stationmaster.hub.view import HubView
from stationmaster_base.timekeeping import ClockQuality, ClockState
from stationmaster_clock.judge import Judged, Trouble, Verdict
from stationmaster_clock.reading import Condition

__all__ = ["ClockSigns", "StoreSigns"]

_START_S = 30.0
"""Machine seconds for which masters may be looked for; a start waits for them, too."""

_SOURCE_S = 60.0
"""A source that is away for a shorter time is none the worse for it."""

_SOURCES = {
    Condition.SILENT: ("无信号", "is silent"),
    Condition.REFUSED: ("拒绝服务", "does not want to be asked"),
    Condition.VOID: ("自报无效", "says of itself that it is not valid"),
    Condition.OUTDATED: ("年份不可信", "tells a year that cannot be"),
    Condition.OUTVOTED: ("与其他时间源不符", "contradicts the others"),
    Condition.TOO_FAR: ("偏差过大", "is further away than the clock may be moved"),
}


class StoreSigns:
    """Whether what comes in can be committed.

    Args:
        view: the hub.

    """

    def __init__(self, view: HubView) -> None:
        self._view = view

    def signs(self) -> Iterator[Sign]:
        """What is wrong now."""
        if self._view.trouble:
            yield Sign(
                id="hub-trouble",
                severity=Severity.ALARM,
                zh=f"中心无法记录, 更新暂停: {self._view.trouble}",
                en=f"The hub cannot commit, and nothing new is sent out: {self._view.trouble}",
            )


class ClockSigns:
    """Looks at the masters of time; ask it about once a second.

    Args:
        quality: how good station time is; None without masters of time.
        verdict: what was made of the masters, likewise.
        holdover_s: machine seconds for which the clock may run without them.

    """

    def __init__(
        self, quality: Callable[[], ClockQuality | None], verdict: Callable[[], Verdict | None], holdover_s: float
    ) -> None:
        self._quality = quality
        self._verdict = verdict
        self._holdover_s = holdover_s

    def __call__(self) -> Iterator[Sign]:
        quality, verdict = self._quality(), self._verdict()
        if quality is None or verdict is None:
            return
        yield from self._state(quality)
        yield from _trouble(verdict)
        for source in verdict.sources:
            yield from _source(source)

    def _state(self, quality: ClockQuality) -> Iterator[Sign]:
        error = "" if quality.error_s is None else f"{quality.error_s:.1f}"
        if quality.state is ClockState.INVALID:
            yield Sign(
                id="clock-invalid",
                severity=Severity.ALARM,
                zh="时钟无效: 年份不可信, 不应显示时间",
                en="The clock is invalid: its year cannot be, and no time should be shown",
            )
        elif quality.state is ClockState.FREE_RUN:
            yield Sign(
                id="clock-free-run",
                severity=Severity.ALARM,
                zh="没有时间源证实时钟",
                en="No master of time vouches for the clock",
                after_s=_START_S,
            )
        elif quality.state is ClockState.HOLDOVER:
            yield Sign(
                id="clock-holdover",
                severity=Severity.WARNING,
                zh=f"时间源中断, 时钟守时运行{f', 误差不超过 {error} 秒' if error else ''}",
                en=f"The clock runs without its masters{f', wrong by at most {error} s' if error else ''}",
                after_s=self._holdover_s,
            )


def _trouble(verdict: Verdict) -> Iterator[Sign]:
    if verdict.trouble is Trouble.STEP_REFUSED:
        yield Sign(
            id="clock-step-refused",
            severity=Severity.ALARM,
            zh="时间源要求大幅调整时钟, 已拒绝: 请核对, 如属实请确认",
            en="The masters of time want a large step of the clock, which was refused: accept it if they are right",
        )
    elif verdict.trouble is Trouble.NO_MAJORITY:
        yield Sign(
            id="clock-no-majority",
            severity=Severity.ALARM if verdict.state is ClockState.FREE_RUN else Severity.WARNING,
            zh="时间源互相矛盾",
            en="The masters of time contradict each other",
        )


def _source(source: Judged) -> Iterator[Sign]:
    words = _SOURCES.get(source.condition)
    if words is not None:
        yield Sign(
            id=f"clock-source/{source.name}",
            severity=Severity.WARNING,
            zh=f"时间源 {source.name} {words[0]}",
            en=f"Master of time {source.name} {words[1]}",
            after_s=_SOURCE_S,
        )
        return
    if source.gps_time:
        yield Sign(
            id=f"clock-source/{source.name}",
            severity=Severity.WARNING,
            zh=f"时间源 {source.name} 输出 GPS 时而非 UTC",
            en=f"Master of time {source.name} tells GPS time and not UTC",
            after_s=_SOURCE_S,
        )
