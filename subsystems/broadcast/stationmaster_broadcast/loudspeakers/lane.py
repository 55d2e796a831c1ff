"""What one output has to say, one thing after the other.

Several zones may share an output. The same sound for several of them that comes at once is heard once. What is more
urgent takes the output over from other zones, and what it cut goes on afterwards where it would be by then; what is
not waits until the output is free, but not for long: a sound that comes too late is worse than none, and it is
written down that it was left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_broadcast.loudspeakers.output import Changed, Output
from stationmaster_broadcast.loudspeakers.output_log import What
from stationmaster_broadcast.loudspeakers.outputs import Saying
from stationmaster_broadcast.loudspeakers.sinks import Sounding
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["Lane", "LaneFigures", "Part"]

_LOG = get_logger("outputs")

Note = Callable[[str, Saying, What, str], None]
"""Output, sound, what became of it, and why."""

TOGETHER_S = 0.5
"""Machine seconds within which the same sound for another zone is the same sounding."""

LEAST_S = 1.0
"""Machine seconds of a sound that are worth going on with after something else."""


@dataclass(slots=True)
class LaneFigures:
    """Counts for the metrics."""

    played: int = 0
    failed: int = 0
    left_out: int = 0
    taken_over: int = 0


class Lane:
    """One output and what waits for it.

    Args:
        output: the equipment.
        reactor: machine time.
        note: told of everything that becomes of a sound here.

    """

    def __init__(self, output: Output, reactor: MachineTime, note: Note | None = None) -> None:
        self.output = output
        self._note: Note = note or _nothing
        self.figures = LaneFigures()
        self._reactor = reactor
        self._current: _Turn | None = None
        self._waiting: list[_Turn] = []

    @property
    def well(self) -> bool:
        """Whether it can be heard, as far as is known."""
        return not self.output.problem

    @property
    def busy(self) -> bool:
        """Whether something sounds."""
        return self._current is not None

    def start(self, changed: Changed) -> None:
        """Get the equipment ready."""
        self.output.start(changed)

    def stop(self) -> None:
        """Be silent and let go of the equipment."""
        for turn in self._waiting:
            turn.give_up()
        self._waiting.clear()
        current, self._current = self._current, None
        if current is not None:
            current.be_silent()
        self.output.stop()

    def play(self, saying: Saying, failed: Callable[[str], None]) -> Part:
        """Play it as soon as may be.

        `failed` is called with the reason if the output fails in the middle of it or at its beginning; a sound that is
        left out is no failure. It may be called before this returns.
        """
        current = self._current
        for turn in (current, *self._waiting):
            if turn is not None and turn.shares(saying, self._reactor.seconds()):
                return turn.join(failed)
        if current is not None and current.gives_way_to(saying):
            _LOG.info("output-taken-over", output=self.output.name, by=saying.zone, of=current.saying.zone)
            self.figures.taken_over += 1
            self._current = None
            current.pause()
            self._tell(current, What.PAUSED, f"for {saying.zone}")
            self._wait(current)
        turn = _Turn(self, saying, self._reactor.seconds())
        share = turn.join(failed)
        if self._current is None:
            self._begin(turn)
        else:
            turn.limit = self._reactor.callLater(self.output.patience_s, self._left_out, turn)
            self._wait(turn)
        return share

    def nobody(self, turn: _Turn) -> None:
        """Every zone that wanted this has let it go."""
        if turn in self._waiting:
            self._waiting.remove(turn)
            turn.give_up()
        elif turn is self._current:
            self._current = None
            turn.be_silent()
            self._tell(turn, What.STOPPED)
            self._following()

    def _wait(self, turn: _Turn) -> None:
        self._waiting.append(turn)
        self._waiting.sort(key=lambda waiting: waiting.saying.priority)

    def _begin(self, turn: _Turn) -> None:
        turn.begin(self._reactor.seconds())
        self._current = turn

        def ended(problem: str) -> None:
            self._ended(turn, problem)

        try:
            sounding = self.output.begin(turn.saying, ended)
        except StationError as error:
            self._ended(turn, error.message)
            return
        if sounding is None:
            self._current = None
            self._following()
        elif self._current is turn:
            turn.sounding = sounding
            self._tell(turn, What.BEGAN)
        else:  # whoever was told of it has let it go meanwhile
            sounding.stop()

    def _ended(self, turn: _Turn, problem: str) -> None:
        if turn is not self._current:
            return
        self._current = None
        if problem:
            self.figures.failed += 1
            self._tell(turn, What.FAILED, problem)
            _LOG.warning(
                "output-failed", output=self.output.name, zone=turn.saying.zone, problem=problem, todo="see the output"
            )
            turn.fail(problem)
        else:
            self.figures.played += 1
            self._tell(turn, What.ENDED)
        self._following()

    def _following(self) -> None:
        while self._current is None and self._waiting:
            turn = self._waiting.pop(0)
            if turn.catches_up(self._reactor.seconds()):
                self._begin(turn)
            else:
                turn.miss("cut short by another zone")
                self._tell(turn, What.STOPPED, "it would be over by now")

    def _tell(self, turn: _Turn, what: What, why: str = "") -> None:
        self._note(self.output.name, turn.saying, what, why)

    def _left_out(self, turn: _Turn) -> None:
        self._waiting.remove(turn)
        turn.miss("the output was busy")
        self._tell(turn, What.LEFT_OUT)
        self.figures.left_out += 1
        _LOG.warning(
            "output-left-out",
            output=self.output.name,
            zone=turn.saying.zone,
            todo="give zones that speak at the same time outputs of their own",
        )


def _nothing(_output: str, _saying: Saying, _what: What, _why: str) -> None:
    """Nobody wants to know."""


class _Turn:
    """One sound in its turn, and the zones that want it."""

    def __init__(self, lane: Lane, saying: Saying, at: float) -> None:
        self.saying = saying
        self.sounding: Sounding | None = None
        self.limit: DelayedCall | None = None
        self._lane = lane
        self._at = at
        self._paused = False
        self._shares: list[Part] = []

    def shares(self, saying: Saying, now: float) -> bool:
        """Whether this is the same, for another zone, and begins with it."""
        mine = self.saying
        same = mine.recording.key == saying.recording.key and mine.texts == saying.texts
        alike = (mine.offset_s, mine.gain_db) == (saying.offset_s, saying.gain_db)
        return same and alike and mine.zone != saying.zone and now - self._at <= TOGETHER_S

    def gives_way_to(self, saying: Saying) -> bool:
        """Whether that is more urgent, and for another zone: within its own nobody is cut here."""
        return saying.priority < self.saying.priority and saying.zone != self.saying.zone

    def join(self, failed: Callable[[str], None]) -> Part:
        """One more zone."""
        share = Part(self, failed)
        self._shares.append(share)
        return share

    def leave(self, share: Part) -> None:
        """One zone less."""
        if share in self._shares:
            self._shares.remove(share)
            if not self._shares:
                self._lane.nobody(self)

    def fail(self, problem: str) -> None:
        """Tell every zone."""
        shares, self._shares = self._shares, []
        for share in shares:
            share.failed(problem)

    def begin(self, now: float) -> None:
        """It sounds from now on."""
        self.give_up()
        self._at = now

    def give_up(self) -> None:
        """It does not wait any more."""
        if self.limit is not None and self.limit.active():
            self.limit.cancel()
        self.limit = None

    def pause(self) -> None:
        """Be silent for something else."""
        self._paused = True
        if self.sounding is not None:
            self.sounding.stop()
            self.sounding = None

    def catches_up(self, now: float) -> bool:
        """Whether there is something left of it; after a pause it begins where it would be by now."""
        if self._paused:
            self._paused = False
            offset = self.saying.offset_s + now - self._at
            self._at = now
            self.saying = replace(self.saying, offset_s=offset)
            return offset <= self.saying.recording.seconds - LEAST_S
        return True

    def miss(self, why: str) -> None:
        """Tell every zone that asks that this was not heard, or not all of it."""
        for share in self._shares:
            share.missed = why

    def be_silent(self) -> None:
        """Its sound ends here."""
        self._shares = []
        if self.sounding is not None:
            self.sounding.stop()


class Part:
    """One zone's part in what an output says; a `Sounding`."""

    def __init__(self, turn: _Turn, failed: Callable[[str], None]) -> None:
        self._turn = turn
        self.failed = failed
        self.missed = ""
        """Why it was not heard, though the output is well."""

    def stop(self) -> None:
        """The zone wants it no more."""
        self._turn.leave(self)
