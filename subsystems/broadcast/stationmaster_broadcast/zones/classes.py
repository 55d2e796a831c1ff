"""What kinds of announcement there are, which goes first, and which may interrupt. Data, as a station's practice is.

An announcement's priority is a number, the smaller the sooner; the class is what range it falls into. Everything here
but the ranges can be set otherwise in `[broadcast.queue.classes]` (`queue_rules.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from stationmaster_broadcast.zones.chimes import Chime

__all__ = ["CLASSES", "AnnouncementClass", "Interrupted", "Wrong", "class_of"]


class Interrupted(StrEnum):
    """What becomes of an announcement of a class that is interrupted, once its zone is free again.

    `resume` goes on where it was cut, `sentence` with the sentence in which it was cut.
    """

    DROP = "drop"
    RESUME = "resume"
    SENTENCE = "sentence"


class Wrong(StrEnum):
    """What can become of a train while it is spoken of, so that what is being said is wrong."""

    SUSPENDED = "suspended"
    PLATFORM = "platform"
    GATES = "gates"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementClass:
    """One class: priorities from the last class's limit up to and including `up_to`.

    `cuts` names the classes into which it cuts when they play; it waits for every other one. `chime` goes before it,
    and it is said `times` times in one. If a train's call changes in what `wrong` names while an announcement of it
    plays, the announcement is ended. `full_volume`: not softer at night. `drops`: what it cuts does not go on later,
    but for what goes on where it was cut (music): after an evacuation nobody is called to a gate.
    """

    id: str
    names: tuple[tuple[str, str], ...]
    up_to: int
    cuts: tuple[str, ...] = ()
    when_interrupted: Interrupted = Interrupted.DROP
    chime: Chime = Chime.FALLING
    times: int = 1
    wrong: tuple[Wrong, ...] = ()
    full_volume: bool = False
    drops: bool = False


_TRAIN = (Wrong.SUSPENDED, Wrong.PLATFORM, Wrong.GATES)

CLASSES: tuple[AnnouncementClass, ...] = (
    AnnouncementClass(
        id="emergency",
        names=(("zh", "紧急"), ("en", "Emergency")),
        up_to=9,
        cuts=("microphone", "operator", "disruption", "traffic", "courtesy", "music"),
        chime=Chime.ALERT,
        full_volume=True,
        drops=True,
    ),
    AnnouncementClass(
        id="microphone",
        names=(("zh", "话筒"), ("en", "Live microphone")),
        up_to=19,
        cuts=("operator", "disruption", "traffic", "courtesy", "music"),
        chime=Chime.NONE,
        full_volume=True,
    ),
    AnnouncementClass(
        id="operator",
        names=(("zh", "人工"), ("en", "Operator")),
        up_to=29,
        cuts=("disruption", "traffic", "courtesy", "music"),
        when_interrupted=Interrupted.SENTENCE,
        chime=Chime.RISING,
    ),
    AnnouncementClass(
        id="disruption",
        names=(("zh", "晚点停运"), ("en", "Delay and suspension")),
        up_to=49,
        cuts=("courtesy", "music"),
        when_interrupted=Interrupted.SENTENCE,
        wrong=_TRAIN,
    ),
    AnnouncementClass(
        id="traffic",
        names=(("zh", "检票到发"), ("en", "Check-in and arrival")),
        up_to=69,
        cuts=("courtesy", "music"),
        when_interrupted=Interrupted.SENTENCE,
        wrong=_TRAIN,
    ),
    AnnouncementClass(
        id="courtesy",
        names=(("zh", "服务"), ("en", "Courtesy")),
        up_to=89,
        cuts=("music",),
        when_interrupted=Interrupted.SENTENCE,
        chime=Chime.SINGLE,
        wrong=_TRAIN,
    ),
    AnnouncementClass(
        id="music",
        names=(("zh", "音乐"), ("en", "Music")),
        up_to=2**31,
        when_interrupted=Interrupted.RESUME,
        chime=Chime.NONE,
    ),
)
"""Highest first."""


def class_of(priority: int, classes: Sequence[AnnouncementClass] = CLASSES) -> AnnouncementClass:
    """The class of an announcement with this priority."""
    return next(item for item in classes if priority <= item.up_to)
