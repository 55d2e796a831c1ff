"""The agent's status page, for whoever sets a subsystem up or looks after it: `GET /agent` on the process's own face.

It needs no script and no hub. It is drawn on the spot, says everything in Chinese and English, and asks the browser to
fetch it again every few seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Protocol

from stationmaster_agent.machine import AgentState
from stationmaster_agent.view import AgentHealth
from stationmaster_base.clock import StationClock
from stationmaster_base.timekeeping import ClockQuality
from stationmaster_base.times import Instant, to_iso
from stationmaster_kernel.inputs import TaskResult
from stationmaster_protocol.equipment import AlarmSign, Device
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["StatusPage", "status_html"]

REFRESH_S = 5

STATES = {
    AgentState.ONLINE: "联机 online",
    AgentState.SUSPECT: "可疑 suspect",
    AgentState.ALONE: "自治 alone",
    AgentState.RESYNCING: "同步中 resyncing",
}

STYLE = """
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
table { border-collapse: collapse; width: 100%; margin-bottom: 1.5rem; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.75rem; border-bottom: 1px solid var(--line); }
th { font-weight: 500; white-space: nowrap; }
.online { color: var(--good); } .alone, .suspect, .resyncing { color: var(--warn); }
"""


class Healthy(Protocol):
    """The agent, as far as the page needs it."""

    def health(self) -> AgentHealth:
        """How it is."""


class StatusPage:
    """Args:
    face: where the page goes.
    agent: whose page it is.
    clock: station time.
    name: the subsystem's name, for the title.

    """

    def __init__(self, face: Face, agent: Healthy, clock: StationClock, name: str) -> None:
        self._agent = agent
        self._clock = clock
        self._name = name
        face.app.route("/agent", methods=["GET"], endpoint="agent")(self._get)

    def _get(self, request: WebRequest) -> bytes:
        request.setHeader(b"Content-Type", b"text/html; charset=utf-8")
        request.setHeader(b"Cache-Control", b"no-store")
        return status_html(self._agent.health(), self._clock.now(), self._name).encode()


def status_html(health: AgentHealth, now: float, name: str) -> str:
    """The whole page as HTML; every text in it is escaped."""
    parts = [
        _table("状态 State", _facts(health, now)),
        _rows("告警 Alarms", ("id", "自 since", ""), map(_alarm, health.alarms)),
        _rows(
            "设备 Devices",
            ("id", "种类 kind", "状况 condition", "自 since", "目标 targets", ""),
            map(_device, health.devices),
        ),
        _rows(
            "最近结果 Last results",
            ("时间 at", "任务 task", "目标 target", "结果 result", ""),
            map(_result, reversed(health.results)),
        ),
        _rows(
            "未被采纳 Not taken by the hub",
            ("时间 at", "操作人 by", "原因 why not"),
            ((to_iso(one.act.at), one.act.by, one.problem) for one in reversed(health.acts_refused)),
        ),
    ]
    title = escape(f"{name} · {STATES[health.state]}")
    return (
        '<!DOCTYPE html>\n<html lang="zh"><head><meta charset="utf-8">'
        f'<meta http-equiv="refresh" content="{REFRESH_S}"><title>{title}</title>'
        f'<link rel="stylesheet" href="/static/base.css"><style>{STYLE}</style></head>\n'
        f'<body><main><h1>{escape(name)} <span class="{health.state.value}">{STATES[health.state]}</span></h1>\n'
        f"{''.join(parts)}</main></body></html>\n"
    )


def _facts(health: AgentHealth, now: float) -> Iterable[tuple[str, str]]:
    secure = "TLS" if health.secure else "未加密 not encrypted"
    yield "站时 Station time", to_iso(Instant(int(now)))
    yield "自 Since", _moment(health.since)
    yield "主机 Hub", "无 none" if health.hub is None else f"{health.hub} ({secure})"
    if health.attempts:
        yield "尝试 Attempts", str(health.attempts)
    yield "位置 Position", "尚无 none yet" if health.position is None else str(health.position)
    yield "待报 Unreported", str(health.unreported)
    if health.acts_waiting:
        yield "待报操作 Acts waiting", str(health.acts_waiting)
    yield "行车数据 Feed last fresh", _moment(health.fresh_at)
    yield "时钟 Clock", _clock(health.clock)
    yield "磁盘 Disk", "正常 ok" if health.stored else "写入失败 cannot be written"
    if not health.hub_stores:
        yield "主机数据库 Hub's database", "写入失败 cannot be written"
    if health.command is not None:
        yield "最近命令 Last command", f"{health.command.id}: {health.command.state} {health.command.detail}"


def _clock(quality: ClockQuality | None) -> str:
    if quality is None:
        return "本机 the machine's"
    error = "?" if quality.error_s is None else f"{quality.error_s * 1000:.0f}"
    return f"{quality.state} ± {error} ms"


def _alarm(sign: AlarmSign) -> Sequence[str]:
    return (f"{sign.id} ({sign.severity})", to_iso(sign.since), " · ".join(text for _, text in sign.texts))


def _device(device: Device) -> Sequence[str]:
    readings = " · ".join(f"{reading.name} {reading.value}" for reading in device.readings)
    more = " · ".join(text for text in (device.detail, readings) if text)
    return (device.id, device.kind, device.condition, to_iso(device.since), ", ".join(device.targets), more)


def _result(given: TaskResult) -> Sequence[str]:
    return (to_iso(given.at), given.task, given.result.target, given.result.state, given.result.detail)


def _moment(instant: Instant | None) -> str:
    return "未知 not known" if instant is None else to_iso(instant)


def _table(title: str, facts: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>\n" for name, value in facts)
    return f"<h2>{escape(title)}</h2><table>{rows}</table>\n"


def _rows(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n" for row in rows)
    if not body:
        return ""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in heads)
    return f"<h2>{escape(title)}</h2><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>\n"
