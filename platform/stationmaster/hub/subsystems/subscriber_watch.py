"""Subsystems that are away, do not follow, or hold something else than they should."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from stationmaster.hub.alarms.sign import Severity, Sign
from stationmaster.hub.subsystems.watch_settings import WatchSettings
from stationmaster_base.times import Instant
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.hub_side import SubscriberInfo

__all__ = ["Gone", "SubscriberWatch"]

MOST_SEEN = 2000
"""Identities that are remembered; who has been gone for longest is forgotten first."""


_KINDS = {
    TaskKind.CHECK_IN: "检票",
    TaskKind.DISPLAY: "显示",
    TaskKind.ANNOUNCEMENT: "广播",
    TaskKind.NOTICE: "作业通知",
    TaskKind.LIGHTING: "照明",
    TaskKind.MESSAGE: "文字",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A subsystem that was there: its kind, what it executes, and since when it is away.

    `since` is station time, `seconds` machine time. `since` is None if it has been away since before anybody looked.
    """

    kind: str
    executes: tuple[TaskKind, ...]
    since: Instant | None
    seconds: float


@dataclass(slots=True)
class _Owed:
    """What a subscriber had not acknowledged at a moment of machine time; `at` the same in station time."""

    sequence: int
    seconds: float
    at: Instant


class SubscriberWatch:
    """Looks at the sessions; ask it about once a second.

    Args:
        subscribers: who is connected.
        expected: who may connect; who may no more is missed by nobody.
        unattended: kinds of task that somebody once did and nobody does now; a hub that was started anew knows no
            more than that of who was there before.
        settings: how long what may last.
        now: station time.
        seconds: machine time.

    """

    def __init__(
        self,
        *,
        subscribers: Callable[[], Iterable[SubscriberInfo]],
        expected: Callable[[], Iterable[str]],
        settings: WatchSettings,
        now: Callable[[], float],
        seconds: Callable[[], float],
        unattended: Callable[[], Iterable[TaskKind]] = tuple,
    ) -> None:
        self._subscribers = subscribers
        self._expected = expected
        self._unattended = unattended
        self._settings = settings
        self._now = now
        self._seconds = seconds
        self._present: dict[str, SubscriberInfo] = {}
        self._gone: dict[str, Gone] = {}
        self._owed: dict[str, _Owed] = {}

    def signs(self) -> Iterator[Sign]:
        """Look at everybody, and say what is wrong."""
        seconds, now = self._seconds(), Instant(int(self._now()))
        present = {info.identity: info for info in self._subscribers()}
        for identity, last in self._present.items():
            if identity not in present:
                self._gone[identity] = Gone(kind=last.kind, executes=last.executes, since=now, seconds=seconds)
        for identity in present:
            self._gone.pop(identity, None)
        while len(self._gone) > MOST_SEEN:
            del self._gone[next(iter(self._gone))]
        self._present = present
        self._owed = {name: owed for name, owed in self._owed.items() if name in present}
        yield from self._absent(seconds)
        for info in present.values():
            yield from self._following(info, seconds, now)

    def restore(self, identity: str, kind: str, executes: tuple[TaskKind, ...], since: Instant | None) -> None:
        """It was there before the hub was started anew, and is missed unless it comes; `since` when it was away."""
        self._gone[identity] = Gone(kind=kind, executes=executes, since=since, seconds=self._seconds())

    def gone(self, identity: str) -> Gone | None:
        """Since when somebody who was there is away; None if he is there or never was."""
        return self._gone.get(identity)

    def _absent(self, seconds: float) -> Iterator[Sign]:
        expected = set(self._expected())
        for identity, gone in list(self._gone.items()):
            if identity not in expected:
                del self._gone[identity]
            elif seconds - gone.seconds >= self._settings.absent_s:
                yield _absent_sign(identity, gone.since, executes=bool(gone.executes))
        missed = {kind for gone in self._gone.values() for kind in gone.executes}
        for kind in sorted(set(self._unattended()) - missed):
            zh = _KINDS.get(kind, kind.value)
            yield Sign(
                id=f"nobody-does/{kind.value}",
                severity=Severity.ALARM,
                zh=f"没有子系统执行{zh}任务",
                en=f"No subsystem does tasks of kind {kind.value}",
                after_s=self._settings.absent_s,
            )

    def _following(self, info: SubscriberInfo, seconds: float, now: Instant) -> Iterator[Sign]:
        limit = self._settings.behind_s
        owed = self._owed.get(info.identity)
        if info.acked >= info.last or (owed is not None and info.acked >= owed.sequence):
            owed = None
            self._owed.pop(info.identity, None)
        if info.acked < info.last and owed is None:
            owed = self._owed[info.identity] = _Owed(info.last, seconds, now)
        name = info.identity
        if owed is not None and seconds - owed.seconds >= limit:
            behind = f"{seconds - owed.seconds:.0f}"
            yield Sign(
                id=f"subsystem-behind/{name}",
                severity=Severity.ALARM,
                zh=f"子系统 {name} 已 {behind} 秒未确认更新",
                en=f"Subsystem {name} has acknowledged nothing for {behind} s",
                since=owed.at,
                after_s=0.0,
            )
        elif info.ack_ms is not None and info.ack_ms >= limit * 1000:
            yield Sign(
                id=f"subsystem-slow/{name}",
                severity=Severity.WARNING,
                zh=f"子系统 {name} 确认更新用时 {info.ack_ms / 1000:.0f} 秒",
                en=f"Subsystem {name} took {info.ack_ms / 1000:.0f} s to acknowledge an update",
            )
        if info.rejected and not (info.whole and info.acked >= info.last):
            yield Sign(
                id=f"subsystem-rejects/{name}",
                severity=Severity.ALARM,
                zh=f"子系统 {name} 拒收更新: {info.rejected}",
                en=f"Subsystem {name} rejected an update: {info.rejected}",
            )
        elif info.whole is False:
            yield Sign(
                id=f"subsystem-differs/{name}",
                severity=Severity.ALARM,
                zh=f"子系统 {name} 的数据与中心不一致",
                en=f"Subsystem {name} holds something else than the hub",
            )


def _absent_sign(identity: str, since: Instant | None, *, executes: bool) -> Sign:
    return Sign(
        id=f"subsystem-absent/{identity}",
        severity=Severity.ALARM if executes else Severity.WARNING,
        zh=f"子系统 {identity} 失去联系",
        en=f"Subsystem {identity} is not connected",
        since=since,
        after_s=0.0,
        subject=identity,
    )
