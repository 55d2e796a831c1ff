"""Which outputs a zone is heard by, and what takes its place when one of them fails.

A zone's own outputs all sound. While one of them is in trouble, or the amplifiers behind them are, the zone's spare
outputs sound as well; so it is for an output that fails in the middle of an announcement, whose rest the spare says.
Where nothing is well, everything is tried all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from stationmaster_base.logging import get_logger
from stationmaster_broadcast.loudspeakers.lane import Lane, Part
from stationmaster_broadcast.loudspeakers.outputs import Saying, Silent
from stationmaster_broadcast.loudspeakers.sinks import Sounding
from stationmaster_service.interfaces import MachineTime

__all__ = ["EVERY", "ZoneHearing", "ZoneOutputs", "ZoneWiring"]

_LOG = get_logger("outputs")

EVERY = "*"
"""Stands for every zone of the station in an output's list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneWiring:
    """Names of the outputs of one zone: those that always sound, and those that stand in."""

    own: tuple[str, ...] = ()
    spare: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneHearing:
    """How a zone is heard at present: what of it is in trouble, and what can be heard."""

    troubled: tuple[str, ...]
    heard: tuple[str, ...]


class ZoneOutputs:
    """All outputs of a process; an `Outputs`.

    Args:
        reactor: machine time.
        lanes: the outputs by name.
        wiring: by zone; `EVERY` for zones that are not named.
        cut_off: whether no amplifier carries what a zone's own outputs say.
        strict: whether what was left out counts as not heard; in a demo, whose time runs faster than sound, it does
            not.

    """

    def __init__(
        self,
        *,
        reactor: MachineTime,
        lanes: Sequence[Lane],
        wiring: Mapping[str, ZoneWiring],
        cut_off: Callable[[str], bool] = lambda _zone: False,
        strict: bool = True,
    ) -> None:
        self.lanes: dict[str, Lane] = {lane.output.name: lane for lane in lanes}
        self.wiring = dict(wiring)
        self._reactor = reactor
        self._cut_off = cut_off
        self.strict = strict
        self._sounding: list[_ZoneSounding] = []
        self._listeners: list[Callable[[], None]] = []

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call this whenever an output fails or is well again."""
        self._listeners.append(listener)

    def start(self) -> None:
        """Get every output ready."""
        for lane in self.lanes.values():
            lane.start(self._changed)

    def stop(self) -> None:
        """Be silent and let go of everything."""
        self._sounding.clear()
        for lane in self.lanes.values():
            lane.stop()

    def play(self, saying: Saying) -> Sounding:
        """See `Outputs`."""
        own, spare = self._lanes(saying.zone)
        if not own and not spare:
            return Silent()
        sounding = _ZoneSounding(self, saying, self._reactor.seconds())
        self._forget()
        self._sounding.append(sounding)
        for lane in self._choose(saying.zone) or [*own, *spare]:
            sounding.add(lane)
        return sounding

    def hearing(self, zone: str) -> ZoneHearing:
        """How the zone is heard at present."""
        own, _ = self._lanes(zone)
        troubled = [lane.output.name for lane in own if not lane.well]
        heard = [lane.output.name for lane in self._choose(zone)]
        return ZoneHearing(troubled=tuple(troubled), heard=tuple(heard))

    def trouble(self, zone: str) -> str:
        """Why nothing, or not all, is heard in a zone; empty if all is well, or it has no outputs."""
        own, _ = self._lanes(zone)
        found = [f"{lane.output.name}: {lane.output.problem}" for lane in own if not lane.well]
        if self._cut_off(zone):
            found.append("no amplifier carries it")
        return "; ".join(found)

    def zones_of(self, output: str) -> tuple[str, ...]:
        """Zones that an output serves, its own first."""
        own = [zone for zone, wiring in self.wiring.items() if output in wiring.own]
        return (*own, *(zone for zone, wiring in self.wiring.items() if output in wiring.spare))

    def now(self) -> float:
        """Machine time."""
        return self._reactor.seconds()

    def recheck(self) -> None:
        """Something behind the outputs has changed: amplifiers carry other zones than before."""
        self._changed()

    def cover(self, sounding: _ZoneSounding) -> None:
        """See whether part of this cannot be heard any more: then have the rest of it heard by what is well."""
        zone = sounding.saying.zone
        if sounding.has_lost(self._cut_off(zone)):
            for lane in self._choose(zone, sounding.failed):
                sounding.add(lane)

    def let_go(self, sounding: _ZoneSounding) -> None:
        """It was stopped."""
        if sounding in self._sounding:
            self._sounding.remove(sounding)

    def _lanes(self, zone: str) -> tuple[list[Lane], list[Lane]]:
        wiring = self.wiring.get(zone) or self.wiring.get(EVERY, ZoneWiring())
        return [self.lanes[name] for name in wiring.own], [self.lanes[name] for name in wiring.spare]

    def _choose(self, zone: str, failed: Collection[str] = ()) -> list[Lane]:
        """What can be heard, but for what has `failed`; the spare outputs only if they are needed."""
        own, spare = self._lanes(zone)
        cut_off = self._cut_off(zone)
        chosen = [lane for lane in own if lane.well and not cut_off and lane.output.name not in failed]
        if len(chosen) < len(own) or not own:
            chosen += [lane for lane in spare if lane.well and lane.output.name not in failed]
        return chosen

    def _changed(self) -> None:
        self._forget()
        for sounding in list(self._sounding):
            self.cover(sounding)
        for listener in self._listeners:
            listener()

    def _forget(self) -> None:
        now = self._reactor.seconds()
        self._sounding = [sounding for sounding in self._sounding if not sounding.over(now)]


class _ZoneSounding:
    """What one zone is given, at all outputs that have a part in it; a `Sounding`."""

    def __init__(self, outputs: ZoneOutputs, saying: Saying, began: float) -> None:
        self.saying = saying
        self._outputs = outputs
        self._began = began
        self._soundings: dict[str, Sounding] = {}
        self._lanes: list[Lane] = []
        self._stopped = False
        self.failed: dict[str, str] = {}
        """Outputs that could not say their part of it, and why."""
        self._lost: frozenset[str] = frozenset()

    @property
    def unheard(self) -> str:
        """Why no output can have said it; empty if one did, or still does."""
        missed = self.failed | (self._missed() if self._outputs.strict else {})
        if any(lane.output.name not in missed for lane in self._lanes):
            return ""
        return "; ".join(f"{name}: {why}" for name, why in missed.items())

    def _missed(self) -> dict[str, str]:
        parts = {name: each for name, each in self._soundings.items() if isinstance(each, Part)}
        return {name: part.missed for name, part in parts.items() if part.missed}

    def over(self, now: float) -> bool:
        """Whether it has ended by its length."""
        return self._stopped or self._left(now) <= 0

    def stop(self) -> None:
        """Be silent everywhere."""
        self._stopped = True
        soundings, self._soundings = self._soundings, {}
        for sounding in soundings.values():
            sounding.stop()
        self._outputs.let_go(self)

    def add(self, lane: Lane) -> None:
        """Have this output say what is left of it, once."""
        name = lane.output.name
        now = self._outputs.now()
        if self._stopped or name in self._soundings or self._left(now) <= 0:
            return
        self._soundings[name] = Silent()
        self._lanes.append(lane)
        offset = self.saying.offset_s + now - self._began

        def failed(problem: str) -> None:
            self.failed[name] = problem
            if not self._stopped:
                _LOG.info("output-covered", output=name, zone=self.saying.zone, problem=problem)
                self._outputs.cover(self)

        self._soundings[name] = lane.play(replace(self.saying, offset_s=offset), failed)

    def has_lost(self, cut_off: bool) -> bool:
        """Whether it has lost an output that it had when this was asked last; all, if no amplifier carries the zone."""
        lost = frozenset(
            lane.output.name for lane in self._lanes if cut_off or not lane.well or lane.output.name in self.failed
        )
        more = lost - self._lost
        self._lost = lost
        return bool(more)

    def _left(self, now: float) -> float:
        return self.saying.recording.seconds - self.saying.offset_s - (now - self._began)
