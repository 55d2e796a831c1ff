"""The layout of a board whose own cannot be used: plain, complete, and the same in every station."""

from __future__ import annotations

from stationmaster_guidance.layout import BoardLayout, Column, Header, Languages, Line, Region, StaleRule
from stationmaster_kernel.configuration import Words

__all__ = ["plain_layout"]


def plain_layout(name: str) -> BoardLayout:
    """A table of what every row has, under the name of the layout that it stands for."""
    columns = (
        _column("number", 5, (("zh", "车次"), ("en", "Train"))),
        _column("origin", 6, (("zh", "始发站"), ("en", "From"))),
        _column("destination", 6, (("zh", "终到站"), ("en", "To"))),
        _column("time", 6, (("zh", "时刻"), ("en", "Time"))),
        _column("platform", 4, (("zh", "站台"), ("en", "Platform"))),
        _column("gates", 6, (("zh", "检票口"), ("en", "Gates"))),
        _column("status", 7, (("zh", "状态"), ("en", "Status"))),
    )
    return BoardLayout(
        id=name,
        languages=Languages.ALTERNATE,
        header=Header(titles=(("zh", "{board}"), ("en", "{board}"))),
        stale=StaleRule(texts=(("zh", "信息可能已过时"), ("en", "This information may be out of date"))),
        regions=(Region(rows=10, lines=(Line(columns=columns),)),),
    )


def _column(field: str, width: float, headings: Words) -> Column:
    return Column(field=field, width=width, headings=headings)
