"""The kinds of fault between a hub and a subsystem, and how long each keeps them apart."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from support.fault_links import FaultLink
from support.fault_packets import PacketLink
from support.fault_trial import Trial

ALONE_BEATS, ALONE_S = 3, 1.0
"""The promise: within so many heartbeats and seconds of the hub's being out of reach, a subsystem goes on alone."""

ONLINE_S = 2.0
"""The promise: within this of its return, all agree again, and it is proved."""


Link = TypeVar("Link", FaultLink, PacketLink)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault(Generic[Link]):
    """What is done to a link; both answer with the wall time at which it holds.

    `parts`: the hub is out of reach meanwhile, so that the subsystem has to go on alone.
    """

    name: str
    begin: Callable[[Link], float]
    end: Callable[[Link], float] = lambda link: link.weather()
    parts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """How one fault went: machine seconds from the fault to alone, and from its end to online; None: never alone."""

    kind: str
    identity: str
    heartbeat_s: float
    alone_s: float | None
    online_s: float

    @property
    def kept(self) -> bool:
        """Whether both promises were."""
        alone = self.alone_s is None or self.alone_s <= ALONE_BEATS * self.heartbeat_s + ALONE_S
        return alone and self.online_s <= ONLINE_S


def _forget(link: FaultLink) -> float:
    link.weather(silent_up=True, silent_down=True)
    return link.sever()


FAULTS: tuple[Fault[FaultLink], ...] = (
    Fault(name="cut", begin=FaultLink.cut),
    Fault(name="silence", begin=lambda link: link.weather(silent_up=True, silent_down=True)),
    Fault(name="one-way, to the hub", begin=lambda link: link.weather(silent_up=True)),
    Fault(name="one-way, from the hub", begin=lambda link: link.weather(silent_down=True)),
    Fault(name="connection forgotten", begin=_forget),
    Fault(name="slow reader", begin=lambda link: link.weather(rate=24)),
    Fault(name="latency", begin=lambda link: link.weather(latency_s=0.15, jitter_s=0.1), parts=False),
    Fault(name="loss", begin=lambda link: link.weather(latency_s=0.01, loss=0.05), parts=False),
    Fault(name="flap", begin=lambda link: link.weather(flap_s=0.15), parts=False),
)
"""What the proxy can do. A link that flaps may part them or not."""


PACKET_FAULTS: tuple[Fault[PacketLink], ...] = (
    Fault(name="packets: silence", begin=lambda link: link.weather(silent_up=True, silent_down=True)),
    Fault(name="packets: one-way, to the hub", begin=lambda link: link.weather(silent_up=True)),
    Fault(name="packets: one-way, from the hub", begin=lambda link: link.weather(silent_down=True)),
    Fault(name="packets: device off", begin=PacketLink.down, end=PacketLink.up),
    Fault(name="packets: next to no bandwidth", begin=lambda link: link.weather(rate=10)),
    Fault(name="packets: latency", begin=lambda link: link.weather(latency_s=0.1, jitter_s=0.1), parts=False),
    Fault(name="packets: loss", begin=lambda link: link.weather(latency_s=0.01, loss=0.03), parts=False),
)
"""What real packets meet."""


def part(trial: Trial, links: Mapping[str, Link], faults: Mapping[str, Fault[Link]], hold_s: float) -> list[Parted]:
    """Do something to several links at once, wait until all are alone who must be, and for a while, and mend it.

    Args:
        trial: its subsystems are online.
        links: by identity.
        faults: what is done to whose link.
        hold_s: machine seconds for which it stays so.

    """
    begun = {name: fault.begin(links[name]) for name, fault in faults.items()}
    alone = {name: trial.stamps.first(name, "alone", begun[name]).at for name, fault in faults.items() if fault.parts}
    _hold(trial, hold_s)
    times = []
    ended = {name: fault.end(links[name]) for name, fault in faults.items()}
    for name, fault in faults.items():
        online = _online(trial, name, ended[name], parted=fault.parts)
        states = trial.stamps.since(name, begun[name])
        gone = alone.get(name)
        assert fault.parts or fault.name == "flap" or "alone" not in states, f"{name} with {fault.name}: {states}"
        times.append(
            Parted(
                kind=fault.name,
                identity=name,
                heartbeat_s=trial.heartbeat_s,
                alone_s=None if gone is None else gone - begun[name],
                online_s=online - ended[name],
            )
        )
    return times


def stop_hub(trial: Trial, names: Sequence[str], hold_s: float) -> list[Parted]:
    """SIGSTOP for the hub, and SIGCONT."""
    hub = trial.children["hub"]
    begun = hub.send(signal.SIGSTOP)
    alone = {name: trial.stamps.first(name, "alone", begun).at for name in names}
    threading.Event().wait(hold_s)
    ended = hub.send(signal.SIGCONT)
    return [_parted("hub SIGSTOP", trial, name, begun, alone[name], ended) for name in names]


def kill_hub(trial: Trial, names: Sequence[str], hold_s: float) -> list[Parted]:
    """SIGKILL for the hub, and another start when all are alone; it has returned when it listens."""
    hub = trial.children["hub"]
    begun = hub.send(signal.SIGKILL)
    hub.stop(signal.SIGKILL)
    alone = {name: trial.stamps.first(name, "alone", begun).at for name in names}
    threading.Event().wait(hold_s)
    hub.start()
    ended = trial.hub_up(begun)
    return [_parted("hub SIGKILL", trial, name, begun, alone[name], ended) for name in names]


def _parted(kind: str, trial: Trial, name: str, begun: float, alone: float, ended: float) -> Parted:
    online = _online(trial, name, ended, parted=True)
    return Parted(
        kind=kind, identity=name, heartbeat_s=trial.heartbeat_s, alone_s=alone - begun, online_s=online - ended
    )


def _online(trial: Trial, name: str, ended: float, *, parted: bool) -> float:
    """When a subsystem was online again; the end of the fault itself if it was so by then, and not parted."""
    if not parted and trial.stamps.last(name, ended) == "online":
        return ended
    return trial.stamps.first(name, "online", ended).at


def _hold(trial: Trial, hold_s: float) -> None:
    """Let the hub have news meanwhile, so that there is something to agree on."""
    pause = threading.Event()
    for _ in range(3):
        trial.act()
        pause.wait(hold_s / 3)
