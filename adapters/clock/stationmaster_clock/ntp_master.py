"""A time server, as a source of time: when it is asked, and what its answers make of it.

A few quick exchanges at the start, then one every `poll_s`. A request carries a random number and no time of ours, so
an answer that carries it back was made by somebody who saw the request. A server that asks for rest gets it;
one that denies its service is not asked any more until the process starts again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stationmaster_base.timekeeping import OffsetFilter
from stationmaster_clock.ntp import Answer, Mode, Packet, Refusal, read_answer
from stationmaster_clock.reading import Condition, Reading

__all__ = ["NtpCounters", "NtpMaster", "NtpSettings"]

QUICK = 4
QUICK_S = 2.0
"""So many good exchanges at the start, so many machine seconds apart."""

SETTLE = 3
"""Good exchanges before it counts."""

WAIT_S = 1.5
"""Machine seconds that are waited for an answer."""

MISSED = 6
"""Polls without a good answer after which it counts as silent."""

LONGEST_POLL_S = 4096.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NtpSettings:
    """One server: its name in the station, its host and port, and the machine seconds between two exchanges."""

    name: str
    host: str
    port: int = 123
    poll_s: float = 64.0


@dataclass(slots=True, kw_only=True)
class NtpCounters:
    """What has been asked and answered since the start; `refused` are the answers that could not be used."""

    asked: int = 0
    answered: int = 0
    refused: int = 0


class NtpMaster:
    """One server.

    Args:
        settings: which.
        new_nonce: makes a random number of 64 bits that is not 0.

    """

    def __init__(self, settings: NtpSettings, new_nonce: Callable[[], int]) -> None:
        self.name = settings.name
        self.settings = settings
        self.counters = NtpCounters()
        self.last_refusal: Refusal | None = None
        """Why the last answer could not be used; None if it could."""
        self.stratum = 0
        self._new_nonce = new_nonce
        self._filter = OffsetFilter()
        self._poll_s = settings.poll_s
        self._next_at: float | None = None
        self._nonce: int | None = None
        self._asked_at = 0.0
        self._good_at = 0.0
        self._good = 0
        self._unanswered = 0
        self._root_error_s = 0.0
        self._denied = False

    @property
    def poll_s(self) -> float:
        """Machine seconds between two exchanges now: quick ones at the start, unless there is nobody."""
        quick = self._good < QUICK and self._unanswered < 2 * QUICK
        return min(QUICK_S, self._poll_s) if quick else self._poll_s

    def due(self, machine: float) -> bool:
        """Whether it is to be asked now."""
        return not self._denied and (self._next_at is None or machine >= self._next_at)

    def request(self, machine: float) -> bytes:
        """The request to send now."""
        self._nonce = self._new_nonce()
        self._asked_at = machine
        self.counters.asked += 1
        self._unanswered += 1
        self._next_at = machine + self.poll_s
        return Packet(mode=Mode.CLIENT, transmit=self._nonce).encode()

    def receive_data(self, data: bytes, machine: float) -> None:
        """Take a datagram that came from the server's address at machine time `machine`."""
        if self._nonce is None or machine - self._asked_at > WAIT_S:
            self._refuse(Refusal.BOGUS, machine)
            return
        answer = read_answer(data, self._nonce)
        if isinstance(answer, Refusal):
            self._refuse(answer, machine)
            return
        self._nonce = None
        if not self._filter.take(self._asked_at, answer.received, answer.answered, machine):
            self._refuse(Refusal.IMPOSSIBLE, machine)
            return
        self._take(answer, machine)

    def reading(self, machine: float) -> Reading:
        """What it says at machine time `machine`."""
        if self._denied:
            return Reading(name=self.name, condition=Condition.REFUSED)
        measured = self._filter.measured(machine)
        if measured is None or machine - self._good_at > MISSED * self._poll_s:
            return Reading(name=self.name, condition=Condition.SILENT)
        if self.last_refusal is Refusal.UNSYNCHRONISED:
            return Reading(name=self.name, condition=Condition.VOID)
        if self._good < SETTLE:
            return Reading(name=self.name, condition=Condition.SETTLING)
        error_s = measured.error_s + self._root_error_s
        return Reading(name=self.name, condition=Condition.GOOD, base=measured.base, error_s=error_s)

    def _take(self, answer: Answer, machine: float) -> None:
        self.counters.answered += 1
        self.last_refusal = None
        self.stratum = answer.stratum
        self._root_error_s = answer.error_s
        self._good_at = machine
        self._good += 1
        self._unanswered = 0

    def _refuse(self, why: Refusal, machine: float) -> None:
        self.counters.refused += 1
        if why in (Refusal.SHORT, Refusal.WRONG_MODE, Refusal.BOGUS):
            return  # not the server's doing, perhaps: its own answer may still come
        self._nonce = None
        self.last_refusal = why
        if why is Refusal.DENY:
            self._denied = True
        elif why is Refusal.RATE:
            self._good = max(self._good, QUICK)
            self._poll_s = min(2 * max(self._poll_s, QUICK_S), LONGEST_POLL_S)
            self._next_at = machine + self._poll_s
