"""Boards that show something else than they should, for longer than it takes to follow a change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from stationmaster.hub.alarms.sign import Severity, Sign
from stationmaster.hub.subsystems.board_book import BoardBook
from stationmaster.hub.subsystems.board_difference import Difference, DifferenceKind, differences
from stationmaster.hub.subsystems.equipment import EquipmentBook
from stationmaster.hub.subsystems.watch_settings import WatchSettings
from stationmaster_base.times import Instant
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.equipment import Readback
from stationmaster_protocol.hub_side import SubscriberInfo

__all__ = ["BoardWatch", "Noticed"]

_TOLD = 4
"""Trains of one kind of difference that are named; more are counted."""

_OWN_TEXT = "text/"
"""What the id of a subsystem's alarm begins with that says of a text that it alone knows; the text's id follows."""

_WORDS = {
    DifferenceKind.MISSING: ("缺", "missing"),
    DifferenceKind.EXTRA: ("多", "not due"),
    DifferenceKind.OLD: ("旧", "old"),
    DifferenceKind.STALE: ("未更新", "painted before it changed"),
    DifferenceKind.ORDER: ("次序错", "out of order"),
    DifferenceKind.BLANK: ("无显示", "blank"),
    DifferenceKind.TEXT: ("文字未显示", "a text is not shown"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """A difference, the station time at which it was noticed, and whether it has lasted too long."""

    difference: Difference
    since: Instant
    lasting: bool


@dataclass(frozen=True, slots=True)
class _First:
    at: Instant
    seconds: float


class BoardWatch:
    """Compares; ask it about once a second.

    Args:
        boards: what they should show.
        equipment: what they show.
        subscribers: who is connected.
        task: a task by its id, for its words; None if there is none any more.
        settings: how long what may last.
        now: station time.
        seconds: machine time.

    """

    def __init__(
        self,
        *,
        boards: BoardBook,
        equipment: EquipmentBook,
        subscribers: Callable[[], Iterable[SubscriberInfo]],
        task: Callable[[str], Task | None],
        settings: WatchSettings,
        now: Callable[[], float],
        seconds: Callable[[], float],
    ) -> None:
        self._boards = boards
        self._equipment = equipment
        self._subscribers = subscribers
        self._task = task
        self._settings = settings
        self._now = now
        self._seconds = seconds
        self._noticed: dict[tuple[str, str], dict[Difference, _First]] = {}

    def signs(self) -> Iterator[Sign]:
        """Compare every board that was read back, and say which have been different for too long."""
        sessions = {info.identity: info for info in self._subscribers()}
        read: set[str] = set()
        noticed: dict[tuple[str, str], dict[Difference, _First]] = {}
        for identity, readback in self._equipment.readbacks():
            if self._boards.board(readback.target) is None:
                continue
            read.add(readback.target)
            key = (identity, readback.target)
            noticed[key] = self._notice(self._noticed.get(key, {}), readback, sessions.get(identity))
            yield from self._of_board(identity, readback, noticed[key])
        self._noticed = noticed
        yield from self._unread(sessions.values(), read)

    def noticed(self, identity: str, board: str) -> tuple[Noticed, ...]:
        """What was different at the last look, what has lasted longest first."""
        found = sorted(self._noticed.get((identity, board), {}).items(), key=lambda item: item[1].seconds)
        return tuple(
            Noticed(difference=difference, since=first.at, lasting=self._lasting(first)) for difference, first in found
        )

    def _notice(
        self, before: dict[Difference, _First], readback: Readback, session: SubscriberInfo | None
    ) -> dict[Difference, _First]:
        texts = session is not None and TaskKind.MESSAGE in session.executes
        now = self._now()
        told = None if session is None else self._equipment.told(session.identity)
        alarms = () if told is None else told.alarms
        found = differences(
            self._boards.intent(readback.target, now),
            readback,
            self._boards.lanes(readback.target),
            texts=texts,
            own={name.removeprefix(_OWN_TEXT) for name in alarms if name.startswith(_OWN_TEXT)},
        )
        first = _First(Instant(int(now)), self._seconds())
        return {difference: before.get(difference, first) for difference in found}

    def _lasting(self, first: _First) -> bool:
        return self._seconds() - first.seconds >= self._settings.readback_s

    def _of_board(self, identity: str, readback: Readback, noticed: dict[Difference, _First]) -> Iterator[Sign]:
        lasting = {difference: first for difference, first in noticed.items() if self._lasting(first)}
        name = readback.target
        if lasting:
            blank = all(difference.kind is DifferenceKind.BLANK for difference in lasting)
            zh, en = self._told(lasting)
            yield Sign(
                id=f"board-differs/{name}",
                severity=Severity.WARNING if blank else Severity.ALARM,
                zh=f"显示屏 {name} ({identity}) 与应显示内容不符: {zh}",
                en=f"Board {name} ({identity}) does not show what it should: {en}",
                since=min(first.at for first in lasting.values()),
                after_s=0.0,
            )
        age = self._now() - readback.at
        if 0 < self._settings.readback_old_s < age:
            yield Sign(
                id=f"board-old/{name}",
                severity=Severity.ALARM,
                zh=f"显示屏 {name} ({identity}) 已 {age:.0f} 秒没有回读",
                en=f"Board {name} ({identity}) was last read back {age:.0f} s ago",
            )

    def _told(self, lasting: Iterable[Difference]) -> tuple[str, str]:
        """The differences in words, Chinese and English."""
        zh, en = [], []
        for kind, (chinese, english) in _WORDS.items():
            mine = [difference for difference in lasting if difference.kind is kind]
            if not mine:
                continue
            names = list(dict.fromkeys(self._name(difference.task) for difference in mine if difference.task))
            more = len(names) - _TOLD
            told = ", ".join(names[:_TOLD])
            zh.append(f"{chinese} {told}{f' 等 {len(names)} 项' if more > 0 else ''}".strip())
            en.append(f"{english} {told}{f' and {more} more' if more > 0 else ''}".strip())
        return "; ".join(zh), "; ".join(en)

    def _name(self, name: str) -> str:
        """The train of a row; the task's id where there is none."""
        task = self._task(name)
        return (task.text("number", "") if task is not None else "") or name

    def _unread(self, sessions: Iterable[SubscriberInfo], read: set[str]) -> Iterator[Sign]:
        """Boards of those who read back, or must, from which nothing was read back."""
        who = [info for info in sessions if TaskKind.DISPLAY in info.executes and self._must(info.identity)]
        for board in self._boards.boards() if who else ():
            if board.id in read:
                continue
            mine = [info.identity for info in who if not info.filter.targets or board.id in info.filter.targets]
            if mine:
                yield Sign(
                    id=f"board-unread/{board.id}",
                    severity=Severity.WARNING,
                    zh=f"显示屏 {board.id} 没有回读 ({', '.join(mine)})",
                    en=f"Nothing is read back from board {board.id} ({', '.join(mine)})",
                    after_s=self._settings.readback_s,
                )

    def _must(self, identity: str) -> bool:
        told = self._equipment.told(identity)
        return identity in self._settings.readback_from or (told is not None and told.reads_back)
