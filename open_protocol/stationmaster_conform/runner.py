"""Plays scenarios one after the other and keeps what came of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from stationmaster_conform.machine import Machine
from stationmaster_conform.scenario import Scenario
from stationmaster_conform.verdict import Broken, CannotRun, Complaint, NotApplicable, Result, Verdict

__all__ = ["Stage", "chosen", "play"]


class Stage(Protocol):
    """What every stage can do."""

    def tidy(self) -> None:
        """Be as each scenario expects to find it."""

    def drop(self) -> None:
        """Break the connection off, after a scenario that failed: who knows in which state the peer is."""

    def last_words(self) -> Sequence[str]:
        """The last messages of both sides, the oldest first."""


Played = TypeVar("Played", bound=Stage)


def chosen(scenarios: Iterable[Scenario[Played]], names: Sequence[str], *, quick: bool) -> tuple[Scenario[Played], ...]:
    """The scenarios that a person asked for, in their own order.

    Raises:
        CannotRun: a name is none of them.

    """
    every = tuple(scenarios)
    if not names:
        return tuple(scenario for scenario in every if not (quick and scenario.thorough))
    known = [scenario.name for scenario in every]
    # `command` is a scenario, `hostile` the beginning of many.
    wanted = {one for name in names for one in ([name] if name in known else _family(name, known))}
    return tuple(scenario for scenario in every if scenario.name in wanted)


def _family(name: str, known: Sequence[str]) -> list[str]:
    found = [one for one in known if one.startswith(f"{name}-")]
    if not found:
        raise CannotRun(f"There is no scenario {name}.", f"There are: {', '.join(known)}.")
    return found


def play(
    scenarios: Sequence[Scenario[Played]], stage: Played, machine: Machine, tell: Callable[[Verdict], object]
) -> list[Verdict]:
    """Play each scenario on the stage; `tell` hears of each verdict as it is given."""
    verdicts = []
    for scenario in scenarios:
        verdict = _played(scenario, stage, machine)
        verdicts.append(verdict)
        tell(verdict)
    return verdicts


def _played(scenario: Scenario[Played], stage: Played, machine: Machine) -> Verdict:
    begun = machine.monotonic()
    result, reason = Result.PASS, ""
    complaint: Complaint | None = None
    transcript: tuple[str, ...] = ()
    try:
        stage.tidy()
        scenario.play(stage)
    except NotApplicable as why:
        result, reason = Result.NOT_APPLICABLE, str(why)
    except Broken as broken:
        result, complaint = Result.FAIL, broken.complaint
        transcript = tuple(stage.last_words())
        stage.drop()
    return Verdict(
        scenario=scenario.name,
        title=scenario.title,
        result=result,
        clauses=scenario.clauses,
        seconds=machine.monotonic() - begun,
        complaint=complaint,
        reason=reason,
        transcript=transcript,
    )
