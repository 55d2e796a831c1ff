"""What a person can do to the loudspeakers by hand, whether from the hub or at broadcast's own page.

Both faces, the commands of the open protocol and the local page, call the same few functions, so that an emergency or a
hand on a zone means the same wherever it comes from. Who may do so is for the face to ask; `by` is for the record.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from twisted.internet.defer import Deferred

from stationmaster_base.times import Instant

__all__ = ["BroadcastControl", "EmergencyMessage", "EmergencyNow", "EmergencyOrder", "EmergencyPhase", "ZoneTest"]


class EmergencyPhase(StrEnum):
    """What an emergency sounds like at the moment.

    `tone`: the emergency tone. `speech`: its message. `stand-in`: a message made ready before, because its own cannot
    be spoken. `pause`: between two repetitions. `covered`: a later emergency has all of its zones.
    """

    TONE = "tone"
    SPEECH = "speech"
    STAND_IN = "stand-in"
    PAUSE = "pause"
    COVERED = "covered"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyMessage:
    """A message that can be chosen: its final texts by language, and whether its sound is there already."""

    id: str
    texts: tuple[tuple[str, str], ...]
    ready: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyOrder:
    """What somebody wants said, where.

    `zones` are zones or groups; none: everywhere. `message` is the id of a message; `texts` (pairs of language and
    words) are said instead if there are any. Neither: the station's usual message. `by` is the person or the input.
    """

    by: str
    zones: tuple[str, ...] = ()
    message: str = ""
    texts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyNow:
    """An emergency that is under way; times are station time.

    `zones` are those that it was called for (all of the station's, if `everywhere`). `until` is when it ends by itself;
    None: only somebody ends it. `rounds` counts how often its message has been said to its end. `problem` says what
    does not go as it should, empty if nothing.
    """

    id: str
    by: str
    since: Instant
    until: Instant | None
    zones: tuple[str, ...]
    everywhere: bool
    message: str
    texts: tuple[tuple[str, str], ...]
    phase: EmergencyPhase
    rounds: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneTest:
    """What a test of a zone found; `problem` is empty if it sounded to its end."""

    zone: str
    problem: str


class BroadcastControl(Protocol):
    """What can be done by hand. In every method `zones` are zones or groups of them; none means all of the station's.

    Every method may raise a StationError in words for that person: `no-such-zone`, and what stands with it. Nothing
    is done then.
    """

    def zones(self) -> tuple[str, ...]:
        """The station's zones, in its order."""

    def messages(self) -> tuple[EmergencyMessage, ...]:
        """The messages for emergencies that can be chosen, the usual one first."""

    def emergencies(self) -> tuple[EmergencyNow, ...]:
        """What is under way, the latest last; where two have a zone, the later is heard."""

    def emergency(self, order: EmergencyOrder) -> EmergencyNow:
        """Call an emergency: the tone begins at once, over everything, then its message, until it is ended.

        Raises:
            StationError: `no-such-message`, `no-such-zone`.

        """

    def end_emergency(self, by: str, zones: Collection[str] = (), name: str = "") -> tuple[str, ...]:
        """End emergencies in these zones, or the one of this id; the ids of those that were ended there.

        What was in the zones before comes back. Nothing is wrong if there was none.
        """

    def stop(self, by: str, zones: Collection[str] = ()) -> tuple[str, ...]:
        """End what plays there, for good; the zones where something played. What waits comes next.

        Raises:
            StationError: `emergency-under-way`: an emergency is ended by `end_emergency` alone.

        """

    def skip(self, by: str, zones: Collection[str] = (), task: str = "") -> tuple[str, ...]:
        """Leave out what would come next there, or this task; the zones where there was such."""

    def hold(self, by: str, zones: Collection[str] = ()) -> tuple[str, ...]:
        """Begin nothing new there until `release`; what plays comes to its end. The zones that are held now.

        An emergency is heard all the same.
        """

    def release(self, by: str, zones: Collection[str] = ()) -> tuple[str, ...]:
        """Let these zones go on; the zones that were held."""

    def held(self) -> tuple[str, ...]:
        """The zones that are held by hand."""

    def volume(self, by: str, percent: int | None, zones: Collection[str] = ()) -> tuple[str, ...]:
        """Have announcements there at `percent` (0 to 100) of full volume; None: as the time of day has it.

        An emergency is at full volume whatever stands here.

        Raises:
            StationError: `bad-parameter`.

        """

    def volumes(self) -> tuple[tuple[str, int], ...]:
        """Zones whose volume was set by hand, each with its percent."""

    def test(self, by: str, zones: Collection[str] = ()) -> Deferred[tuple[ZoneTest, ...]]:
        """Sound a short tone in each zone; fires when all are done. A zone in which something plays is left alone."""
