"""What zones are heard by: real loudspeakers beside the file sink, in machine time.

The file sink times a play in station time and proves it; an output makes it heard. Faults of an output are its own:
they are told as devices and alarms, another output takes the zone over where there is one, and whoever plays need
not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from stationmaster_broadcast.loudspeakers.sinks import Loudspeaker, Sounding
from stationmaster_broadcast.speech.recording import Recording

__all__ = ["LoudspeakerAlone", "NoOutputs", "Outputs", "Saying", "Silent", "Together", "unheard"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """What a zone is given to sound.

    Outputs that speak by themselves take `texts` (pairs of language and final text) instead of the `recording`;
    without texts (a tone, a chime, music) such an output has nothing to do. `offset_s`: begin so far into the sound.
    `gain_db`: louder or softer than usual (night volume). `priority` as a task's: where one output serves several
    zones, what has the smaller number takes it over.
    """

    zone: str
    recording: Recording
    texts: tuple[tuple[str, str], ...]
    offset_s: float = 0.0
    gain_db: float = 0.0
    priority: int = 100


class Outputs(Protocol):
    """All loudspeakers of a process."""

    def play(self, saying: Saying) -> Sounding:
        """Begin at once, for as long as it lasts in machine time; never raises, never tells how it ended."""


def unheard(sounding: Sounding) -> str:
    """Why nobody can have heard this to its end, as far as its outputs know by now; empty if somebody can."""
    return str(getattr(sounding, "unheard", ""))


class Silent:
    """A `Sounding` that is over."""

    def stop(self) -> None:
        """There is nothing to stop."""


class NoOutputs:
    """A process without loudspeakers: what is said goes into files alone."""

    def play(self, saying: Saying) -> Sounding:  # noqa: ARG002 - the interface's argument
        """Nothing is heard."""
        return Silent()


class LoudspeakerAlone:
    """One loudspeaker at this machine for all zones: what comes while it is busy is left out."""

    def __init__(self, loudspeaker: Loudspeaker) -> None:
        self._loudspeaker = loudspeaker

    def play(self, saying: Saying) -> Sounding:
        """Play the recording, whatever the zone."""
        return self._loudspeaker.play(saying.recording)


class Together:
    """Several `Outputs`, of which each plays everything. The first are the zones' own, the others listen in."""

    def __init__(self, *outputs: Outputs) -> None:
        self._outputs = outputs

    def play(self, saying: Saying) -> Sounding:
        """Play it on all of them."""
        return _Soundings([each.play(saying) for each in self._outputs])


class _Soundings:
    def __init__(self, soundings: list[Sounding]) -> None:
        self._soundings = soundings

    @property
    def unheard(self) -> str:
        """Why it was not heard by the first."""
        return unheard(self._soundings[0]) if self._soundings else ""

    def stop(self) -> None:
        """Be silent everywhere."""
        for each in self._soundings:
            each.stop()
