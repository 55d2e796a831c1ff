"""A day full of faults, from one seed: when which of them comes, whom it meets, and how it is done to a `RealStation`.

Some faults part a subsystem from the hub for minutes of station time: it goes on alone meanwhile, and the oracle is
told of the cut. All others come while a moment's work is done, and are over with it: the station has to come to what it
would have come to without them.
"""

from __future__ import annotations

import random
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from stationmaster_base.times import MINUTE, Instant
from support.fault_kinds import FAULTS
from support.fault_links import FaultLink
from support.oracle import Cut
from support.real_station import SUBSYSTEMS, RealStation

LASTING = {fault.name: fault for fault in FAULTS if fault.parts}
"""What parts a subsystem from the hub, by name."""

LEAST_APART = 3
"""Minutes between two cuts of one subsystem."""

WEATHER: dict[str, dict[str, float]] = {
    "latency": {"latency_s": 0.1, "jitter_s": 0.2},
    "loss": {"latency_s": 0.01, "loss": 0.2},
    "bandwidth": {"rate": 20_000},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFault:
    """A fault at a minute, or from then on for `minutes` and a half; `whom` it meets, and `killed` in the middle of it.

    A lasting one ends between two minutes. What a subsystem learns as it returns it may act on at the moment that its
    stepped clock still shows, and nothing's time is over between that and the return, as it may be at a full minute.
    """

    at: Instant
    kind: str
    whom: str
    minutes: int = 0
    killed: bool = False

    @property
    def end(self) -> Instant:
        """When it is over."""
        return Instant(self.at + self.minutes * MINUTE + MINUTE // 2)

    def cut(self) -> Cut:
        """What the oracle has to know of a lasting one."""
        return Cut(subsystem=self.whom, start=self.at, end=self.end)


BRIEF: dict[str, tuple[str, ...]] = {
    "hub killed": ("hub",),
    "hub stopped": ("hub",),
    "subsystem killed": SUBSYSTEMS,
    "subsystem stopped": SUBSYSTEMS,
    "both killed": SUBSYSTEMS,
    "reset": SUBSYSTEMS,
    "connection forgotten": SUBSYSTEMS,
    "flap": SUBSYSTEMS,
    **dict.fromkeys(WEATHER, SUBSYSTEMS),
}
"""What comes while a moment's work is done, and whom it can meet."""


def make_faults(seed: int, count: int, start: Instant, end: Instant, longest: int) -> tuple[DayFault, ...]:
    """So many faults between two minutes, all kinds in turn, lasting ones for up to `longest` minutes."""
    chance = random.Random(seed)
    kinds: list[str] = []
    while len(kinds) < count:
        turn = [*LASTING, *BRIEF]
        chance.shuffle(turn)
        kinds += turn
    free = dict.fromkeys(SUBSYSTEMS, start)
    faults = []
    minutes = sorted(chance.sample(range(3, (end - start) // MINUTE - longest - LEAST_APART), count))
    for minute, kind in zip(minutes, kinds, strict=False):
        at = Instant(start + minute * MINUTE)
        lasting = kind in LASTING
        whom = chance.choice([name for name in SUBSYSTEMS if not lasting or free[name] <= at] or ["hub"])
        if lasting and whom != "hub":
            length = chance.randint(1, longest)
            killed = length > 1 and chance.random() < 0.3
            faults.append(DayFault(at=at, kind=kind, whom=whom, minutes=length, killed=killed))
            free[whom] = Instant(at + (length + LEAST_APART) * MINUTE)
        elif lasting:
            faults.append(DayFault(at=at, kind="hub killed", whom="hub"))
        else:
            faults.append(DayFault(at=at, kind=kind, whom=chance.choice(BRIEF[kind])))
    return tuple(faults)


class FaultDay:
    """Does the faults of a day to a station, minute by minute.

    Args:
        station: its subsystems are cabled by links of the proxy.
        links: these, by subsystem.
        faults: what is to come, in order.
        seed: for the moment within a moment.
        alone_s: machine seconds after which a stopped process is missed for certain.

    """

    def __init__(
        self,
        station: RealStation,
        links: dict[str, FaultLink],
        faults: Iterable[DayFault],
        *,
        seed: int,
        alone_s: float,
    ) -> None:
        self._station = station
        self._links = links
        self._faults = {fault.at: fault for fault in faults}
        self._chance = random.Random(seed)
        self._alone_s = alone_s
        self._under_way: list[DayFault] = []
        self._troubles: deque[Callable[[], None]] = deque()
        self.done: Counter[str] = Counter()
        self.kills: list[tuple[Instant, str]] = []
        """Station time and process of each SIGKILL."""

    def run_to(self, end: Instant, each_minute: Callable[[Instant], None]) -> None:
        """Step from moment to moment until `end`; `each_minute` sees every minute when it is over."""
        station = self._station
        while station.now < end:
            moment = min([station.next_moment(), end, *(each.end for each in self._under_way)])
            returning = [each for each in self._under_way if each.end == moment]
            if returning or not self._troubles:
                self._under_way = [each for each in self._under_way if each not in returning]
                station.step(moment, [each.whom for each in returning])
            else:
                station.step_while(self._troubles.popleft())
            if station.now % MINUTE == 0:
                each_minute(station.now)
                self._begin(self._faults.get(station.now))

    def _begin(self, fault: DayFault | None) -> None:
        if fault is None:
            return
        self.done[fault.kind] += 1
        if fault.minutes:
            self._links[fault.whom].pulling = LASTING[fault.kind].begin
            self._station.cut(fault.whom)
            self._under_way.append(fault)
            if fault.killed:
                self._troubles.append(lambda: self._kill(fault.whom))
            return
        cut_off = {each.whom for each in self._under_way}
        whom = next((name for name in (fault.whom, *SUBSYSTEMS) if name not in cut_off), "hub")
        self._troubles.append(self._trouble(fault.kind if whom != "hub" else "hub killed", whom))

    def _trouble(self, kind: str, whom: str) -> Callable[[], None]:
        match kind:
            case "hub killed":
                return lambda: self._kill("hub")
            case "subsystem killed":
                return lambda: self._kill(whom)
            case "both killed":
                return lambda: self._kill("hub", whom)
            case "hub stopped":
                return lambda: self._stop("hub")
            case "subsystem stopped":
                return lambda: self._stop(whom)
            case "reset":
                return lambda: self._link(whom, FaultLink.reset, 0.0)
            case "connection forgotten":
                return lambda: self._link(whom, FaultLink.sever, 0.0)
            case "flap":
                return lambda: self._link(whom, lambda link: link.weather(flap_s=0.1), 0.6)
            case _:
                return lambda: self._link(whom, lambda link: link.weather(**WEATHER[kind]), 0.8)

    def _kill(self, *names: str) -> None:
        self._wait(self._chance.uniform(0.0, 0.06))
        for name in names:
            self.kills.append((self._station.now, name))
            self._station.processes[name].stop(signal.SIGKILL)

    def _stop(self, name: str) -> None:
        """For a moment, or for longer than a hub and its subsystems wait for each other."""
        self._wait(self._chance.uniform(0.0, 0.03))
        running = self._station.processes[name].running
        assert running is not None
        running.send_signal(signal.SIGSTOP)
        self._wait(self._chance.choice([0.1, self._alone_s * 1.2]))
        running.send_signal(signal.SIGCONT)

    def _link(self, whom: str, begin: Callable[[FaultLink], object], hold_s: float) -> None:
        self._wait(self._chance.uniform(0.0, 0.02))
        begin(self._links[whom])
        if hold_s:
            self._wait(hold_s)
            self._links[whom].weather()

    @staticmethod
    def _wait(seconds: float) -> None:
        threading.Event().wait(seconds)
