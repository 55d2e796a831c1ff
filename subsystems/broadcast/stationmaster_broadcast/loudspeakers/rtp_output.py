"""Loudspeakers on a network: one stream of RTP packets for everybody who listens at an address, mostly a multicast one.

Packets go out by a schedule that is counted from the sound's beginning in monotonic machine time: a packet that was
late does not make the next ones late. Whether the network is there is looked at every two seconds, also while there
is nothing to say, without sending anything.
"""

from __future__ import annotations

import errno
from collections.abc import Callable

from stationmaster_base.logging import get_logger
from stationmaster_broadcast.loudspeakers.output import Changed, Ended
from stationmaster_broadcast.loudspeakers.outputs import Saying
from stationmaster_broadcast.loudspeakers.reel import Reel, Reels
from stationmaster_broadcast.loudspeakers.rtp import RtpStream, goodbye, session_description
from stationmaster_broadcast.loudspeakers.rtp_wire import RtpSettings, RtpWire
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["RtpOutput"]

_LOG = get_logger("rtp")

LOOK_S = 2.0
"""Machine seconds between two looks whether the network is there."""

REPORT_S = 5.0
"""Machine seconds between two sender reports while there is sound; RFC 3550, 6.2, asks for no fewer."""

BEHIND_S = 0.2
"""Machine seconds of sound that are sent at once after a stall; the schedule begins anew for the rest."""

FULL = frozenset({errno.EAGAIN, errno.ENOBUFS})
"""A queue is full: this packet is lost, and nothing is wrong yet."""

LOST = 25
"""Packets lost in a row, half a second of sound, that are a problem."""


class RtpOutput:
    """One stream; an `Output`.

    Args:
        name: the output's.
        settings: where to and how.
        reactor: machine time.
        wire: sends.
        reels: what other streams play at present.
        numbers: gives as many random bits as it is asked for.
        now: the time of day, for sender reports.

    """

    kind = "rtp"
    patience_s = 3.0

    def __init__(
        self,
        name: str,
        settings: RtpSettings,
        *,
        reactor: MachineTime,
        wire: RtpWire,
        reels: Reels,
        numbers: Callable[[int], int],
        now: Callable[[], float],
    ) -> None:
        self.name = name
        self.problem = ""
        self.late = 0
        """How often the schedule had to begin anew."""
        self.lost = 0
        """Packets that did not get out."""
        self._lost_since = 0
        self._settings = settings
        self._reactor = reactor
        self._wire = wire
        self._reels = reels
        self._now = now
        self._stream = RtpStream(settings.audio, ssrc=numbers(32), sequence=numbers(16), timestamp=numbers(32))
        self._changed: Changed | None = None
        self._look: DelayedCall | None = None
        self._spurt: _Spurt | None = None

    @property
    def detail(self) -> str:
        """Address, port and format."""
        audio = self._settings.audio
        return f"{self._settings.address}:{self._settings.port} {audio.name} {audio.rate} Hz"

    @property
    def description(self) -> str:
        """The stream for players, as SDP."""
        settings = self._settings
        return session_description(
            settings.audio, name=self.name, address=settings.address, port=settings.port, hops=settings.hops
        )

    @property
    def packets(self) -> int:
        """Packets that were made for the network."""
        return self._stream.packets

    @property
    def ssrc(self) -> int:
        """The stream's number in its packets."""
        return self._stream.ssrc

    def start(self, changed: Changed) -> None:
        """Look whether the network is there, and go on looking."""
        self._changed = changed
        self._look_now()

    def stop(self) -> None:
        """Say goodbye to listeners."""
        self._changed = None
        if self._look is not None:
            self._look.cancel()
            self._look = None
        if self._spurt is not None:
            self._spurt.stop()
        if self._stream.packets:
            self._report(goodbye(self._stream.ssrc))
        self._wire.close()

    def begin(self, saying: Saying, ended: Ended) -> _Spurt:
        """Send the recording, from the next turn of the reactor on."""
        audio = self._settings.audio
        reel = self._reels.reel(
            saying,
            form=audio.name,
            rate=audio.rate,
            samples=audio.samples,
            encode=audio.encode,
        )
        self._spurt = _Spurt(self, reel, ended, self._reactor)
        return self._spurt

    def packet(self, payload: bytes, *, first: bool) -> bool:
        """Send a piece of sound; whether it can go on."""
        if first:
            self._stream.spurt(self._reactor.seconds())
            self.tell_listeners()
        packet = self._stream.packet(payload)
        try:
            self._wire.send(packet)
        except OSError as error:
            self.lost += 1
            if error.errno in FULL and self._in_a_row() < LOST:
                return True
            self._has(_why(error, self._settings))
            self._wire.close()
            return False
        self._lost_since = self.lost
        self._has("")
        return True

    def tell_listeners(self) -> None:
        """A sender report."""
        self._report(self._sender_report())

    def over(self, spurt: _Spurt) -> None:
        """A sound has ended, or was stopped."""
        if self._spurt is spurt:
            self._spurt = None

    def _in_a_row(self) -> int:
        return self.lost - self._lost_since

    def _sender_report(self) -> bytes:
        name = f"stationmaster-{self.name}"
        return self._stream.report(machine=self._reactor.seconds(), unix=self._now(), name=name)

    def _report(self, packet: bytes) -> None:
        try:
            self._wire.report(packet)
        except OSError as error:
            _LOG.debug("rtp-report-not-sent", output=self.name, problem=str(error))

    def _look_now(self) -> None:
        self._look = self._reactor.callLater(LOOK_S, self._look_now)
        try:
            self._wire.check()
            if self.problem:
                self._wire.report(self._sender_report())
        except OSError as error:
            self._has(_why(error, self._settings))
        else:
            if self._spurt is None:
                self._has("")

    def _has(self, problem: str) -> None:
        if problem == self.problem:
            return
        self.problem = problem
        if self._changed is not None:
            self._changed()


def _why(error: OSError, settings: RtpSettings) -> str:
    by = f" by {settings.interface}" if settings.interface else ""
    return f"{settings.address}:{settings.port} cannot be reached{by}: {error.strerror or error}"


class _Spurt:
    """A sound being sent; a `Sounding`."""

    def __init__(self, output: RtpOutput, reel: Reel, ended: Ended, reactor: MachineTime) -> None:
        self._output = output
        self._reel = reel
        self._ended: Ended | None = ended
        self._reactor = reactor
        self._packet_s = reel.seconds
        self._began = reactor.seconds()
        self._number = 0
        self._reported = self._began
        self._call: DelayedCall | None = reactor.callLater(0, self._go_on)

    def stop(self) -> None:
        """Send no more."""
        self._ended = None
        if self._call is not None and self._call.active():
            self._call.cancel()
        self._call = None
        self._output.over(self)

    def _go_on(self) -> None:
        self._call = None
        now = self._reactor.seconds()
        behind = now - self._due(self._number)
        if behind > BEHIND_S:
            self._began += behind
            self._output.late += 1
        while self._number < len(self._reel) and self._due(self._number) <= now:
            if not self._output.packet(self._reel.piece(self._number), first=self._number == 0):
                self._end(self._output.problem)
                return
            self._number += 1
        if now - self._reported >= REPORT_S:
            self._reported += REPORT_S
            self._output.tell_listeners()
        left = self._due(self._number) - now
        if self._number < len(self._reel):
            self._call = self._reactor.callLater(max(0.0, left), self._go_on)
        else:
            self._call = self._reactor.callLater(max(0.0, left), self._end, "")

    def _due(self, number: int) -> float:
        return self._began + number * self._packet_s

    def _end(self, problem: str) -> None:
        self._call = None
        ended, self._ended = self._ended, None
        self._output.over(self)
        if ended is not None:
            ended(problem)
