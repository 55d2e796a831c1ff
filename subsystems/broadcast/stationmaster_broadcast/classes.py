"""What kinds of announcement there are, which goes first, and which may interrupt. Data, as a station's practice is.

An announcement's priority is a number, the smaller the sooner; the class is what range it falls into.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["CLASSES", "AnnouncementClass", "Interrupted", "class_of"]


class Interrupted(StrEnum):
    """What becomes of an announcement of a class that is interrupted."""

    DROP = "drop"
    RESUME = "resume"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementClass:
    """One class: priorities from the last class's limit up to and including `up_to`.

    `interrupts` names whether it cuts into what plays; every other one waits until the zone is free.
    """

    id: str
    names: tuple[tuple[str, str], ...]
    up_to: int
    interrupts: bool = False
    when_interrupted: Interrupted = Interrupted.DROP


CLASSES: tuple[AnnouncementClass, ...] = (
    AnnouncementClass(id="emergency", names=(("zh", "紧急"), ("en", "Emergency")), up_to=9, interrupts=True),
    AnnouncementClass(id="microphone", names=(("zh", "话筒"), ("en", "Live microphone")), up_to=19),
    AnnouncementClass(id="operator", names=(("zh", "人工"), ("en", "Operator")), up_to=29),
    AnnouncementClass(id="disruption", names=(("zh", "晚点停运"), ("en", "Delay and suspension")), up_to=49),
    AnnouncementClass(id="traffic", names=(("zh", "检票到发"), ("en", "Check-in and arrival")), up_to=69),
    AnnouncementClass(id="courtesy", names=(("zh", "服务"), ("en", "Courtesy")), up_to=89),
    AnnouncementClass(
        id="music", names=(("zh", "音乐"), ("en", "Music")), up_to=2**31, when_interrupted=Interrupted.RESUME
    ),
)
"""Highest first."""


def class_of(priority: int) -> AnnouncementClass:
    """The class of an announcement with this priority."""
    return next(item for item in CLASSES if priority <= item.up_to)
