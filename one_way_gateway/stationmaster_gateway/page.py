"""The status page for people, drawn from what `/healthz` says: plain HTML, no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from stationmaster_base.health import JsonValue

__all__ = ["page"]

_WORDS = {
    "status": "state 状态",
    "station_time": "station time 站内时间",
    "calls": "calls known 车次数",
    "polls": "reads of the database 读库次数",
    "backlog": "changes not yet sent 待发变更",
    "epoch": "epoch 启动序号",
    "sequence": "last telegram 最后报文号",
    "database": "database 调度数据库",
    "port": "serial port 串口",
    "withheld": "trains withheld 不外发车次",
    "held": "vanished too suddenly, held 暂留车次",
    "faulty": "rows not understood 无法识别的行",
    "faults": "why, by run 原因",
    "strays": "rows of no run 无归属的行",
    "unread": "columns not read 不读取的列",
    "security_log": "security log 安全日志",
    "exit_before": "how it ended before 上次退出",
}
"""What is shown, in this order, in words; the rest of `/healthz` is for programs."""

_STYLE = (
    "body{font:16px/1.5 sans-serif;margin:2em;max-width:60em}table{border-collapse:collapse;width:100%}"
    "th,td{border:1px solid #999;padding:.3em .6em;text-align:left;vertical-align:top;overflow-wrap:anywhere}"
    "th{width:18em;font-weight:normal;background:#eee}.ok{background:#cfc}.degraded{background:#fda}.down{background:#faa}"
)


def page(body: Mapping[str, JsonValue]) -> str:
    """One HTML page; it loads itself again every five seconds."""
    status = str(body.get("status", ""))
    rows = "".join(
        f'<tr><th>{words}</th><td class="{escape(status) if key == "status" else ""}">{_cell(body[key])}</td></tr>'
        for key, words in _WORDS.items()
        if key in body
    )
    demo = "<p><b>DEMO TIME 演示时间</b></p>" if body.get("shadow") else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5">'
        f"<title>gateway: {escape(status)}</title><style>{_STYLE}</style></head>"
        f"<body><h1>One-way gateway 单向网关</h1>{demo}<table>{rows}</table>"
        '<p>For programs: <a href="/healthz">/healthz</a>, <a href="/metrics">/metrics</a>.</p></body></html>\n'
    )


def _cell(value: JsonValue) -> str:
    if isinstance(value, Mapping):
        return "<br>".join(f"{escape(str(key))}: {_cell(inner)}" for key, inner in value.items()) or "–"
    if isinstance(value, list):
        return "<br>".join(_cell(inner) for inner in value) or "–"
    return "–" if value in (None, "") else escape(str(value))
