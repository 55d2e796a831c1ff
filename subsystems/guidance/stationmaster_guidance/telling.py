"""Tells the hub and staff of each board: as a device, as what is to be seen there, and as an alarm in words.

Only what is different is told: two hundred boards that are well cost the hub nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from stationmaster_agent.equipment import Devices
from stationmaster_base.clock import StationClock
from stationmaster_base.times import Instant
from stationmaster_guidance.boards import ShownBoard
from stationmaster_guidance.judging import Wrong, WrongKind
from stationmaster_guidance.readings import Reading
from stationmaster_protocol.equipment import (
    AlarmSign,
    Condition,
    Device,
    Evidence,
    Readback,
    Severity,
    ShownRow,
)
from stationmaster_protocol.equipment import Reading as Measured

__all__ = ["Desk", "Judgement", "Telling", "readback_of"]

_NAMED = 4
"""Things of one kind that an alarm names."""

_WORDS = {
    WrongKind.MISSING: ("缺行", "rows missing"),
    WrongKind.EXTRA: ("多余行", "rows that are not due"),
    WrongKind.OLD: ("旧内容", "old rows"),
    WrongKind.WORDS: ("文字不符", "wrong words"),
    WrongKind.UNSEEN: ("行不可见", "rows that cannot be seen"),
    WrongKind.ORDER: ("次序错", "out of order"),
    WrongKind.DARK: ("黑屏", "dark"),
    WrongKind.LIT: ("未熄屏", "not dark though switched off"),
    WrongKind.TEXT: ("文字信息不符", "a text is not as it should be"),
    WrongKind.TRUST: ("未提示过时", "does not say that it is out of date"),
    WrongKind.BEHIND: ("内容陈旧", "stands still"),
}


class Desk(Protocol):
    """The agent, as far as it takes what is told."""

    @property
    def devices(self) -> Devices:
        """Pieces of hardware."""

    def shown(self, readback: Readback) -> None:
        """What is really to be seen."""

    def not_shown(self, target: str) -> None:
        """It is not known any more."""

    def alarm(self, sign: AlarmSign) -> None:
        """Something is wrong."""

    def clear(self, name: str) -> None:
        """It is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How a board is: how many pages it has, how many of them are silent, whether the last one went, what is lastingly
    wrong with the worst, how long its last change took, and when a page was heard, if just now.
    """

    pages: int
    silent: int
    absent: bool
    wrong: tuple[Wrong, ...]
    shown_s: float | None
    heard_at: Instant | None


class Telling:
    """Args:
    desk: who is told.
    clock: station time.

    """

    def __init__(self, desk: Desk, clock: StationClock) -> None:
        self._desk = desk
        self._clock = clock
        self._devices: dict[str, tuple[Condition, str, tuple[Measured, ...]]] = {}
        self._alarms: dict[str, tuple[str, str]] = {}
        self._readbacks: dict[str, Readback] = {}

    def unknown(self, shown: ShownBoard) -> None:
        """Nothing was ever seen of the board."""
        self._device(shown, Condition.UNKNOWN, "", 0, None)

    def tell(self, shown: ShownBoard, judged: Judgement, reading: Reading | None) -> None:
        """The board is so now."""
        condition, severity, words = _judged(judged, lit=shown.light.on)
        self._device(shown, condition, words[1], judged.pages, judged.shown_s)
        name = shown.board.id
        if severity is None:
            self._clear(name)
        elif self._alarms.get(name) != words:
            self._alarms[name] = words
            self._desk.alarm(
                AlarmSign(
                    id=f"board/{name}",
                    severity=severity,
                    since=Instant(int(self._clock.now())),
                    cause=name,
                    texts=(("zh", f"引导屏 {name}: {words[0]}"), ("en", f"Board {name}: {words[1]}")),
                )
            )
        if reading is None or judged.silent == judged.pages:
            self._not_shown(name)
        elif judged.heard_at is not None:
            self._shown(shown, reading, judged.heard_at)

    def only(self, boards: Iterable[str]) -> None:
        """The station has these boards and no others."""
        for name in set(self._devices).difference(boards):
            del self._devices[name]
            self._desk.devices.remove(name)
            self._clear(name)
            self._not_shown(name)

    def wrong(self) -> tuple[str, ...]:
        """The boards that an alarm stands for."""
        return tuple(self._alarms)

    def _device(self, shown: ShownBoard, condition: Condition, detail: str, pages: int, shown_s: float | None) -> None:
        board, light = shown.board, shown.light
        readings = [Measured(name="pages", value=str(pages)), Measured(name="brightness", value=f"{light.percent} %")]
        if shown_s is not None:
            readings.append(Measured(name="shown", value=f"{shown_s * 1000:.0f} ms"))
        told = (condition, detail, tuple(readings))
        if self._devices.get(board.id) == told:
            return
        self._devices[board.id] = told
        self._desk.devices.put(
            Device(
                id=board.id,
                kind="board",
                condition=condition,
                since=Instant(int(self._clock.now())),
                detail=detail[:200],
                targets=(board.id,),
                readings=told[2],
            )
        )

    def _clear(self, name: str) -> None:
        if self._alarms.pop(name, None) is not None:
            self._desk.clear(f"board/{name}")

    def _not_shown(self, name: str) -> None:
        if self._readbacks.pop(name, None) is not None:
            self._desk.not_shown(name)

    def _shown(self, shown: ShownBoard, reading: Reading, at: Instant) -> None:
        """The same again is told only if time has passed over the picture since: then it is known to hold still."""
        before = self._readbacks.get(shown.board.id)
        if before is not None and before.at >= shown.drawn_at and before == readback_of(shown, reading, before.at):
            return
        self._readbacks[shown.board.id] = readback = readback_of(shown, reading, at)
        self._desk.shown(readback)


def readback_of(shown: ShownBoard, reading: Reading, at: Instant) -> Readback:
    """What a page shows, as the hub reads it: what of it is really to be seen, and nothing that it was sent."""
    capacity = sum(
        drawn.rows_per_page * region.pages
        for drawn, region in zip(shown.picture.regions, shown.layout.regions, strict=False)
    )
    rows: list[ShownRow] = []
    if reading.whole is not None:
        if reading.whole.seen is not False:
            rows.append(ShownRow(task=reading.whole.task, revision=reading.whole.revision))
    elif not reading.dark:
        ordered = sorted(reading.rows, key=lambda row: (row.region, row.page))
        rows += [
            ShownRow(task=row.task, revision=row.revision, page=max(1, row.page))
            for row in ordered
            if row.seen is not False
        ]
        rows += [ShownRow(task=line.task, revision=line.revision) for line in reading.lines if line.seen is not False]
    return Readback(
        target=shown.board.id,
        at=at,
        evidence=Evidence.PAINTED,
        capacity=capacity,
        blank=reading.dark,
        rows=tuple(rows),
    )


def _judged(judged: Judgement, *, lit: bool) -> tuple[Condition, Severity | None, tuple[str, str]]:
    """How the board is, how bad that is, and in words, Chinese and English."""
    if judged.absent:
        return Condition.ABSENT, Severity.ALARM, ("没有页面打开", "no page of it is open any more")
    if judged.pages and judged.silent == judged.pages:
        return Condition.FAULTY, Severity.ALARM, ("没有回应, 可能停滞或黑屏", "it is silent, and may be frozen or dark")
    if judged.wrong:
        return Condition.FAULTY, Severity.ALARM, _told(judged.wrong)
    if judged.silent:
        zh = f"{judged.pages} 个画面中 {judged.silent} 个没有回应"
        return Condition.DEGRADED, Severity.WARNING, (zh, f"{judged.silent} of {judged.pages} screens are silent")
    return (Condition.OK if lit else Condition.OFF), None, ("", "")


def _told(wrong: Iterable[Wrong]) -> tuple[str, str]:
    kinds: dict[WrongKind, list[str]] = {}
    for each in wrong:
        kinds.setdefault(each.kind, []).append("" if each.kind is WrongKind.BEHIND else each.what)
    zh, en = [], []
    for kind, names in kinds.items():
        named = ", ".join([name for name in names if name][:_NAMED])
        more = len(names) - _NAMED
        zh.append(f"{_WORDS[kind][0]} {named}{f' 等 {len(names)} 项' if more > 0 else ''}".strip())
        en.append(f"{_WORDS[kind][1]} {named}{f' and {more} more' if more > 0 else ''}".strip())
    return "; ".join(zh), "; ".join(en)
