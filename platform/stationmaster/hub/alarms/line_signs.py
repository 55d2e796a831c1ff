"""What can be wrong with the dispatching feed, its lines and its gateways, as signs for the alarms."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stationmaster.hub.alarms.sign import Severity, Sign
from stationmaster_dmis.status import FeedStatus, GatewayStatus, LineStatus
from stationmaster_kernel.values import FeedGrade
from stationmaster_telegram.decoder import Counters
from stationmaster_telegram.records import DatabaseState

__all__ = ["LineSigns"]

_LOOKS = 60
"""Looks, about a second each, over which telegrams that were refused are counted."""
_NOISY_SHARE = 0.05
_NOISY_LEAST = 10
_DIFFERING_S = 15.0
"""Two gateways read at different moments, and a change is on the two lines for different times."""
_CLOCK_OFF_S = 10.0

_DATABASE = {
    DatabaseState.STARTING: ("数据库尚未读取", "has not read its database yet"),
    DatabaseState.SLOW: ("数据库响应慢", "reads its database too slowly"),
    DatabaseState.GONE: ("无法读取数据库", "cannot read its database"),
    DatabaseState.UNFIT: ("数据库结构不符", "finds other tables in its database than are configured"),
    DatabaseState.OTHER: ("数据库异常", "says that its database is not well"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    """Since the start: telegrams taken, those refused for their tags, and what was no telegram."""

    frames: int
    keys: int
    noise: int


class LineSigns:
    """Looks at the lines; ask it about once a second.

    Args:
        status: how they are; None without any.
        rate: station seconds per machine second, which a demonstration has more of.

    """

    def __init__(self, status: Callable[[], FeedStatus | None], rate: Callable[[], float]) -> None:
        self._status = status
        self._rate = rate
        self._counted: dict[str, deque[_Counted]] = {}

    def __call__(self) -> Iterator[Sign]:
        status = self._status()
        if status is None:
            return
        yield from _feed(status)
        alone = len(status.lines) == 1
        for line in status.lines:
            yield from self._line(line, alone)
            for gateway in line.gateways:
                yield from self._gateway(gateway)

    def _line(self, line: LineStatus, alone: bool) -> Iterator[Sign]:
        severity = Severity.ALARM if alone else Severity.WARNING
        if not line.is_open:
            yield _sign(
                f"line-closed/{line.name}",
                severity,
                f"线路 {line.name}: {line.place} 不在",
                f"Line {line.name}: {line.place} is not there",
            )
        elif all(gateway.grade is FeedGrade.LOST for gateway in line.gateways):
            yield _sign(
                f"line-silent/{line.name}",
                severity,
                f"线路 {line.name}: 收不到信息",
                f"Line {line.name}: nothing usable comes",
            )
        before, now = self._counts(line)
        if now.keys > before.keys:
            yield _sign(
                f"line-keys/{line.name}",
                Severity.ALARM,
                f"线路 {line.name}: {now.keys - before.keys} 条报文签名不符",
                f"Line {line.name}: telegrams are not signed as they should be, {now.keys - before.keys} in a minute",
            )
        noise, frames = now.noise - before.noise, now.frames - before.frames
        if noise >= _NOISY_LEAST and noise > _NOISY_SHARE * (noise + frames):
            yield _sign(
                f"line-noisy/{line.name}",
                Severity.WARNING,
                f"线路 {line.name}: 干扰大",
                f"Line {line.name}: much is damaged, {noise} in a minute against {frames} good telegrams",
            )

    def _counts(self, line: LineStatus) -> tuple[_Counted, _Counted]:
        """A minute ago, or as far back as is known, and now."""
        counted = self._counted.setdefault(line.name, deque(maxlen=_LOOKS))
        counted.append(_count(line.counters))
        return counted[0], counted[-1]

    def _gateway(self, gateway: GatewayStatus) -> Iterator[Sign]:
        if gateway.grade is FeedGrade.LOST and gateway.age_s is not None:
            return  # what it last said is long ago; that it is silent is said of the line
        who = f"{gateway.line}/{gateway.gateway}"
        zh, en = f"网关 {who}", f"Gateway {who}"
        severity = Severity.ALARM if gateway.chosen else Severity.WARNING
        words = None if gateway.database is None else _DATABASE.get(gateway.database)
        if words is not None:
            yield _sign(f"gateway-database/{who}", severity, f"{zh}: {words[0]}", f"{en} {words[1]}")
        if gateway.faulty:
            yield _sign(
                f"gateway-rows/{who}",
                Severity.WARNING,
                f"{zh}: {gateway.faulty} 行数据无法识别",
                f"{en} cannot understand {gateway.faulty} rows of its database",
            )
        if gateway.held:
            yield _sign(
                f"gateway-held/{who}",
                Severity.WARNING,
                f"{zh}: {gateway.held} 趟车突然消失, 暂不采信",
                f"{en} holds back that {gateway.held} trains vanished at once",
            )
        off = gateway.clock_difference_s
        if off is not None and abs(off) > _CLOCK_OFF_S * max(1.0, self._rate()):
            yield _sign(
                f"gateway-clock/{who}",
                Severity.WARNING,
                f"{zh}: 时钟相差 {off:+.0f} 秒",
                f"{en} has a clock that is {off:+.0f} s off",
            )


def _feed(status: FeedStatus) -> Iterator[Sign]:
    if status.grade is FeedGrade.LOST:
        yield _sign("feed-lost", Severity.ALARM, "调度信息中断", "The dispatching feed is lost")
    elif status.grade is FeedGrade.LATE:
        yield _sign("feed-late", Severity.WARNING, "调度信息迟到", "The dispatching feed is late")
    if status.differing_s > _DIFFERING_S:
        yield _sign(
            "gateways-differ",
            Severity.ALARM,
            f"两个网关 {status.differing} 趟车信息不一致",
            f"Two gateways say different things of {status.differing} trains",
        )


def _count(counters: Counters) -> _Counted:
    return _Counted(
        frames=counters.frames,
        keys=counters.unauthenticated
        + counters.unknown_keys
        + counters.bad_tags
        + counters.not_kept
        + counters.replays,
        noise=counters.framing_errors + counters.crc_errors + counters.malformed,
    )


def _sign(name: str, severity: Severity, zh: str, en: str) -> Sign:
    return Sign(id=name, severity=severity, zh=zh, en=en)
