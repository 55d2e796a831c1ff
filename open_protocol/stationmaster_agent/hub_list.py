"""Which hub is to be tried when: preference, back-off, rests after a refusal, redirection, and the return.

Every round begins with the most preferred hub. A round without success is followed by a wait that grows from a quarter
of a second to one second and no further, so that a hub that returns is found within a second or so, however long it was
gone; a try costs the network one packet. A hub that is there but does not want us now rests longer, alone, while the
others of the list are still tried. All waits are spread by the subsystem's identity, so that a thousand subsystems do
not all come back in the same instant.

It knows no clock and no socket: whoever asks says what machine time it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

from stationmaster_agent.settings import HostPort

__all__ = ["LONGEST_STAY_S", "RESTS", "HubList"]

FIRST_WAIT_S = 0.25
LONGEST_WAIT_S = 1.0
LEAST_WAIT_S = 0.1
"""Machine seconds between the beginnings of two rounds, at first and at most, and between the end of one and the next
in any case."""

STEADY_S = 60.0
"""A session that lasts so long was a good one: earlier refusals by that hub are forgotten."""

LONGEST_STAY_S = 3600.0

RESTS = {
    "too-many": (2.0, 60.0),
    "too-often": (2.0, 60.0),
    "replaced": (4.0, 60.0),
    "redirected": (30.0, 3600.0),
    "not-authenticated": (2.0, 30.0),
    "not-enrolled": (5.0, 60.0),
    "revoked": (5.0, 60.0),
    "forbidden": (5.0, 60.0),
    "version": (5.0, 60.0),
    "insecure": (2.0, 30.0),
}
"""By what a hub refused us with: machine seconds for which it is let alone, the first time and at most."""

OTHER_REST = (1.0, 15.0)
"""The same for any other error that a hub names."""

IN_VAIN_S = 10.0
"""Machine seconds for which a hub that sent us away rests at most, once nobody was found where it sent us."""

QUICK_CODES = frozenset({"stopping", "leaving", "silent", "too-slow", "internal"})
"""A session that ends with one of these may begin anew at once."""


@dataclass(slots=True)
class _Rest:
    until: float = 0.0
    times: int = 0
    sent_away: bool = False


class HubList:
    """The hubs of one subsystem.

    Args:
        hubs: in order of preference.
        spread: a text that differs from subsystem to subsystem and from start to start.
        stay_s: machine seconds for which a session with a less preferred hub is kept before the return is thought of.

    """

    def __init__(self, hubs: tuple[HostPort, ...], *, spread: str, stay_s: float) -> None:
        self._configured = hubs
        self._guests: tuple[HostPort, ...] = ()
        self._spread = spread
        self._least_stay_s = stay_s
        self._rests: dict[HostPort, _Rest] = {}
        self._next = 0
        self._begun = 0.0
        self._draws = 0
        self.rounds = 0
        """Rounds without success since a hub was last proved."""
        self.stay_s = stay_s
        """The present minimum stay: twice as long after each session that ended sooner, at most an hour, and as
        configured again after a longer session with the most preferred hub."""

    def next(self, now: float) -> HostPort | None:
        """The next hub of this round that does not rest; None: the round is over."""
        if self._next == 0:
            self._begun = now
        order = self.order()
        while self._next < len(order):
            hub = order[self._next]
            self._next += 1
            if self._rest(hub) <= now:
                return hub
        return None

    def wait(self, now: float, *, was_welcome: bool = False) -> float:
        """A round, or a session, is over: the machine seconds until the next round.

        What a round without success has spent on waiting for answers counts, so that one begins a second after the
        other, whether hubs refuse at once or nobody answers for them. After a session there is always a wait, so that
        not all come back in the same instant.
        """
        spent = 0.0 if was_welcome else now - self._begun
        self._next = 0
        wait = self.spread(min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(self.rounds, 10)))
        wait = max(LEAST_WAIT_S, wait - spent)
        self.rounds += 1
        if not was_welcome and all(self._rest(hub) <= now for hub in self._guests):
            for rest in self._rests.values():
                if rest.sent_away:
                    rest.until = min(rest.until, now + IN_VAIN_S)
        rested = min(self._rest(hub) for hub in self.order()) - now
        return max(wait, rested)

    def again(self, hub: HostPort) -> None:
        """Have this hub tried next."""
        self._next = self.order().index(hub)

    def refused(self, hub: HostPort, code: str, now: float) -> None:
        """A hub ended the connection and said why; with some reasons it rests."""
        if code in QUICK_CODES:
            return
        first, longest = RESTS.get(code, OTHER_REST)
        rest = self._rests.setdefault(hub, _Rest())
        rest.times += 1
        rest.sent_away = code == "redirected"
        rest.until = now + min(longest, first * 2 ** min(rest.times - 1, 20)) * self._draw(0.5)

    def redirected(self, hub: HostPort, to: tuple[HostPort, ...], now: float) -> None:
        """A hub sends us elsewhere: those come first from now on, and it rests.

        They are kept until a configured hub is returned to. A hub that is sent to from the one that it itself
        sent us to still rests, so that two hubs cannot play with us for ever.
        """
        self.refused(hub, "redirected", now)
        self._guests = tuple(dict.fromkeys(one for one in to if one != hub))
        self._next = 0

    def proved(self, hub: HostPort) -> None:
        """A hub is as it should be."""
        self.rounds = 0
        if hub not in self._guests:
            self._guests = ()

    def ended(self, hub: HostPort, lasted_s: float) -> None:
        """A session with a hub is over that was proved."""
        if lasted_s >= STEADY_S:
            self._rests.pop(hub, None)
        if lasted_s < self.stay_s:
            self.stay_s = min(LONGEST_STAY_S, self.stay_s * 2)
        elif hub == self._configured[0]:
            self.stay_s = self._least_stay_s

    def better(self, hub: HostPort, now: float) -> tuple[HostPort, ...]:
        """The hubs that are preferred to this one and do not rest, the first first.

        Being sent away is for a time, so every configured hub is preferred to one that a redirection alone named.
        """
        order = self._configured
        before = order[: order.index(hub)] if hub in order else order
        return tuple(one for one in before if self._rest(one) <= now)

    def spread(self, seconds: float) -> float:
        """So many seconds, a little more or less."""
        return seconds * self._draw(0.75)

    def order(self) -> tuple[HostPort, ...]:
        """All hubs, the preferred first."""
        return tuple(dict.fromkeys((*self._guests, *self._configured)))

    def _rest(self, hub: HostPort) -> float:
        return self._rests[hub].until if hub in self._rests else 0.0

    def _draw(self, least: float) -> float:
        self._draws += 1
        part: float = crc32(f"{self._spread}/{self._draws}".encode()) / 2**32
        return least + (1 - least) * part
