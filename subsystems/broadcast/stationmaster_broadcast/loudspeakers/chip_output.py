"""A speech chip as a zone's output: it is given words and says them by itself.

It has no recording to play, so it sounds no tone, no chime and no music, and it cannot go on in the middle of a text:
what is resumed it says from the beginning.
"""

from __future__ import annotations

from stationmaster_broadcast.loudspeakers.output import Changed, Ended
from stationmaster_broadcast.loudspeakers.outputs import Saying
from stationmaster_broadcast.loudspeakers.sinks import Sounding
from stationmaster_broadcast.speech_chips.chip_sink import SpeakingSink
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["ChipOutput"]

LOOK_S = 0.5
"""Machine seconds between two looks at what the chip's driver knows of it."""


class ChipOutput:
    """One chip; an `Output`.

    Args:
        name: the output's.
        sink: the chip.
        detail: where it is.
        reactor: machine time.

    """

    kind = "chip"
    patience_s = 30.0

    def __init__(self, name: str, sink: SpeakingSink, detail: str, reactor: MachineTime) -> None:
        self.name = name
        self.detail = detail
        self._sink = sink
        self._reactor = reactor
        self._changed: Changed | None = None
        self._look: DelayedCall | None = None
        self._known = ""

    @property
    def problem(self) -> str:
        """What the chip's driver says."""
        return self._sink.problem

    def start(self, changed: Changed) -> None:
        """Ask the chip whether it is there."""
        self._changed = changed
        self._sink.start()
        self._known = self.problem
        self._look = self._reactor.callLater(LOOK_S, self._look_now)

    def stop(self) -> None:
        """Be silent and let go of the line."""
        self._changed = None
        if self._look is not None:
            self._look.cancel()
            self._look = None
        self._sink.stop()

    def begin(self, saying: Saying, ended: Ended) -> Sounding | None:
        """Speak its texts.

        Raises:
            StationError: the chip cannot say them.

        """
        utterances = self._sink.wording(saying.texts)
        if not utterances:
            return None

        def over(problem: str) -> None:
            self._tell()
            ended(problem)

        return self._sink.say(utterances, over, saying.gain_db)

    def _look_now(self) -> None:
        self._look = self._reactor.callLater(LOOK_S, self._look_now)
        self._tell()

    def _tell(self) -> None:
        if self.problem != self._known:
            self._known = self.problem
            if self._changed is not None:
                self._changed()
