"""What colours and signs on the track plan mean, unless a person has chosen colours of his own.

Each colour stands out from the ground of its theme by 3:1 at least, as WCAG 2.2 asks of graphics; text on it is black
or white, whichever can be read better. A state is never told by colour alone: each has a sign or a shape.
"""

from __future__ import annotations

from stationmaster.hub.openapi.track_plan import LegendEntry

__all__ = ["LEGEND"]


def _entry(
    item: str, group: str, names: tuple[str, str], signs: tuple[str, str], colours: tuple[str, str]
) -> LegendEntry:
    (zh, en), (sign_zh, sign_en), (day, night) = names, signs, colours
    return LegendEntry(
        id=item,
        group=group,
        names=(("zh", zh), ("en", en)),
        signs=(("zh", sign_zh), ("en", sign_en)),
        day=day,
        night=night,
    )


LEGEND: tuple[LegendEntry, ...] = (
    _entry("on_time", "time", ("正点", "On time"), ("", ""), ("#17662f", "#7fd69a")),
    _entry("late", "time", ("晚点", "Late"), ("+", "+"), ("#a3470a", "#f2a766")),
    _entry("early", "time", ("早点", "Early"), ("−", "−"), ("#0b57a4", "#7db8f5")),
    _entry("unknown", "time", ("晚点未定", "Delay unknown"), ("?", "?"), ("#6a3fa0", "#c4a3f0")),
    _entry("suspended", "time", ("停运", "Suspended"), ("✕", "✕"), ("#5a6572", "#a8b4c2")),
    _entry("origin", "kind", ("始发", "Origin"), ("始", "O"), ("#00695c", "#5fd3c2")),
    _entry("terminus", "kind", ("终到", "Terminus"), ("终", "T"), ("#7a1f5c", "#f29ad0")),
    _entry("through", "kind", ("经停", "Through"), ("经", "S"), ("#34495e", "#b9c7d6")),
    _entry("passing", "kind", ("通过", "Passing"), ("通", "P"), ("#5d4d00", "#e0cc55")),
    _entry("extra", "kind", ("加开", "Extra"), ("加", "E"), ("#8c1d4f", "#ff9dbb")),
    _entry("free", "track", ("空闲", "Free"), ("—", "—"), ("#5a6572", "#8593a3")),
    _entry("occupied", "track", ("占用", "Occupied"), ("━", "━"), ("#10151c", "#e6ebf2")),
    _entry("conflict", "track", ("冲突", "Conflict"), ("!", "!"), ("#b3121d", "#ff8a91")),
    _entry("ok", "device", ("设备正常", "Device well"), ("✓", "✓"), ("#17662f", "#7fd69a")),
    _entry("degraded", "device", ("设备降级", "Device degraded"), ("~", "~"), ("#8a3c05", "#f2a766")),
    _entry("faulty", "device", ("设备故障", "Device faulty"), ("✕", "✕"), ("#b3121d", "#ff8a91")),
    _entry("absent", "device", ("设备无应答", "Device not answering"), ("?", "?"), ("#6a3fa0", "#c4a3f0")),
    _entry("untold", "device", ("设备状态未知", "Device not told of"), ("·", "·"), ("#4a5563", "#a8b4c2")),
    _entry("off", "device", ("设备关闭", "Device off"), ("○", "○"), ("#4a5563", "#a8b4c2")),
)
"""Every state that is told by a colour, by group: how a train keeps its time, what it does here, tracks, devices."""
