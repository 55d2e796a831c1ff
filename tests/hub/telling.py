"""The small station with words in which places stand, and what is heard and shown there."""

from __future__ import annotations

from dataclasses import replace

from hub.making import START
from stationmaster_base.times import Instant
from stationmaster_kernel.configuration import Configuration, Template
from stationmaster_kernel.inputs import Configure, GradeFeed, Input, Plan, TaskResult
from stationmaster_kernel.task import Result
from stationmaster_kernel.values import FeedGrade, TaskState
from support.small_station import DAY, STATION, at, planned

__all__ = ["CALL", "TELLING", "beginning", "made"]

CALL = "TST/2026-03-01/G1/1"

_TEXTS = {
    "check-in": "check-in {{ number }} at {{ platform }} gates {{ gates }}",
    "moved": "{{ number }} moved to {{ platform }} from {{ old_platform }}",
    "apology": "{{ number }} is {{ minutes }} minutes late",
    "topic.correction": "correction: {{ number }} at {{ platform }}",
}


def _telling(configuration: Configuration) -> Configuration:
    others = tuple(each for each in configuration.templates if each.id not in _TEXTS)
    ours = tuple(Template(id=item, texts=(("zh", text), ("en", text))) for item, text in _TEXTS.items())
    return replace(configuration, templates=others + ours)


TELLING = _telling(STATION)


def beginning(configuration: Configuration = TELLING) -> tuple[Input, ...]:
    """What a hub puts in first."""
    return (
        Configure(id="configure/1", at=START, configuration=configuration),
        Plan(id="plan/1", at=START, day=DAY, calls=(planned(),)),
        GradeFeed(id="grade/1", at=START, grade=FeedGrade.FRESH),
    )


def made(rule: str, clock: str, *zones: str, occurrence: int = 1) -> tuple[TaskResult, ...]:
    """That an announcement was made in these zones."""
    moment: Instant = at(clock)
    return tuple(
        TaskResult(
            id=f"result/{rule}/{occurrence}/{clock}/{zone}",
            at=moment,
            task=f"{CALL}/{rule}/{occurrence}",
            result=Result(target=zone, state=TaskState.DONE, at=moment),
        )
        for zone in zones
    )
