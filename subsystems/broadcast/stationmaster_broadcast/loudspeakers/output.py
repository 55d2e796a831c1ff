"""One piece of equipment that makes sound: a sound card, a stream on the network, a chip, a folder.

It does one thing at a time; `lane` decides which. It looks after itself: what is wrong with it stands in `problem`
within seconds, also while there is nothing to play.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from stationmaster_broadcast.loudspeakers.outputs import Saying
from stationmaster_broadcast.loudspeakers.sinks import Sounding

__all__ = ["Changed", "Ended", "Output"]

Ended = Callable[[str], None]
"""Told once how a sound ended: with why it did not come to its end, or with nothing."""

Changed = Callable[[], None]
"""Told that an output's problem is another than before."""


class Output(Protocol):
    """One output; its name is a key of `[broadcast.outputs]`."""

    @property
    def name(self) -> str:
        """What the station calls it."""

    @property
    def kind(self) -> str:
        """What it is: `card`, `rtp`, `file`, `chip`."""

    @property
    def problem(self) -> str:
        """Why it cannot be heard at present; empty if it can."""

    @property
    def detail(self) -> str:
        """Where it is, for people: a device, an address."""

    @property
    def patience_s(self) -> float:
        """Machine seconds for which a sound waits here for the one before it to end; then it is left out."""

    def start(self, changed: Changed) -> None:
        """Get ready; `changed` is called whenever `problem` has become another."""

    def begin(self, saying: Saying, ended: Ended) -> Sounding | None:
        """Be heard at once; None if there is nothing that this output could say of it.

        `ended` is called later, never from within, and not after the sounding was stopped.

        Raises:
            StationError: it cannot be played.

        """

    def stop(self) -> None:
        """Be silent and let go of the equipment."""
