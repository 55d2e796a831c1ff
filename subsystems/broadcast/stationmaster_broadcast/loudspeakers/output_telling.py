"""Tells the hub and staff of outputs and amplifiers: each as a device, and what is wrong with it as an alarm in words.

A warning is what something else makes up for; an alarm is a zone in which nothing is heard.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from stationmaster_agent.equipment import Devices
from stationmaster_base.clock import StationClock
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_broadcast.loudspeakers.amplifier_link import AmplifierLink
from stationmaster_broadcast.loudspeakers.feeding import Feeding
from stationmaster_broadcast.loudspeakers.output_words import in_chinese
from stationmaster_broadcast.loudspeakers.zone_outputs import EVERY, ZoneOutputs
from stationmaster_protocol.equipment import AlarmSign, Condition, Device, Severity

__all__ = ["Desk", "OutputTelling"]

_LOG = get_logger("outputs")

LONGEST = 200
"""Characters of a fault in an alarm."""


class Desk(Protocol):
    """The agent, as far as it takes what is told."""

    @property
    def devices(self) -> Devices:
        """Pieces of hardware."""

    def alarm(self, sign: AlarmSign) -> None:
        """Something is wrong."""

    def clear(self, name: str) -> None:
        """It is over."""


class OutputTelling:
    """Args:
    outputs: the zones' outputs.
    feeding: their amplifiers.
    clock: station time.
    zones: the station's zones, none before the hub has told them.

    """

    def __init__(
        self, outputs: ZoneOutputs, feeding: Feeding, clock: StationClock, zones: Callable[[], Sequence[str]]
    ) -> None:
        self._outputs = outputs
        self._feeding = feeding
        self._clock = clock
        self._zones = zones
        self._desk: Desk | None = None
        self._alarms: dict[str, tuple[Severity, str]] = {}
        self._begun = False

    def bind(self, desk: Desk) -> None:
        """Say whom everything is told; nothing is before that."""
        self._desk = desk

    @property
    def problem(self) -> str:
        """What is wrong now, in one line; empty if nothing is."""
        return "; ".join(words for _, words in self._alarms.values())

    def review(self) -> None:
        """The station has changed, or a minute has passed: its zones may be others."""
        if self._begun:
            self.tell()

    def tell(self) -> None:
        """Tell how everything is now."""
        self._begun = True
        desk = self._desk
        if desk is None:
            return
        silent = self._silent()
        try:
            for name in self._outputs.lanes:
                self._tell_output(desk, name, silent)
            for link in self._feeding.links.values():
                self._tell_amplifier(desk, link)
        except StationError as error:
            _LOG.error("not-told", problem=error.message, todo="see the names of outputs and zones")
        for zone in self._served():
            words = ("无扬声器可用", "nothing is heard there") if zone in silent else None
            self._alarm(desk, f"zone/{zone}", Severity.ALARM, what=(f"广播区 {zone}", f"Zone {zone}"), words=words)
        unknown = sorted(set(self._named()) - set(self._zones()))
        wrong = bool(unknown and self._zones())
        listed = ", ".join(unknown)
        words = (f"本站没有这些广播区：{listed}", f"the station has no zones {listed}") if wrong else None
        self._alarm(desk, "output-zones", Severity.WARNING, what=("广播输出", "Outputs"), words=words)

    def _tell_output(self, desk: Desk, name: str, silent: set[str]) -> None:
        output = self._outputs.lanes[name].output
        zones = self._expanded(self._outputs.zones_of(name))
        own = f"output/{name}"
        self._device(desk, own, "loudspeaker", output.problem, detail=output.detail, zones=zones)
        severity = Severity.ALARM if silent.intersection(zones) else Severity.WARNING
        words = (in_chinese(output.problem), output.problem) if output.problem else None
        self._alarm(desk, own, severity, what=(f"广播输出 {name}", f"Output {name}"), words=words, cause=own)

    def _tell_amplifier(self, desk: Desk, link: AmplifierLink) -> None:
        zones = self._feeding.zones_of(link.name)
        faults = _faults(link)
        away = [zone for zone, feed in self._feeding.feeds.items() if zone in zones and not feed.usual]
        own = f"amplifier/{link.name}"
        self._device(desk, own, "amplifier", link.problem or faults[1], zones=zones, partly=not link.problem)
        lost = any(self._feeding.cut_off(zone) for zone in zones)
        problem = (in_chinese(link.problem), link.problem)
        words = problem if link.problem else faults if faults[1] else None
        if words is not None and away:
            listed = ", ".join(away)
            words = (f"{words[0]}；备用通道：{listed}", f"{words[1]}; on a spare route: {listed}")
        severity = Severity.ALARM if lost else Severity.WARNING
        self._alarm(desk, own, severity, what=(f"功放 {link.name}", f"Amplifier {link.name}"), words=words, cause=own)

    def _device(
        self,
        desk: Desk,
        name: str,
        kind: str,
        problem: str,
        *,
        detail: str = "",
        zones: Sequence[str],
        partly: bool = False,
    ) -> None:
        condition = Condition.OK if not problem else Condition.DEGRADED if partly else Condition.FAULTY
        desk.devices.put(
            Device(
                id=name,
                kind=kind,
                condition=condition,
                since=self._now(),
                detail=(problem or detail)[:LONGEST],
                targets=tuple(zones),
            )
        )

    def _alarm(
        self,
        desk: Desk,
        name: str,
        severity: Severity,
        *,
        what: tuple[str, str],
        words: tuple[str, str] | None,
        cause: str = "",
    ) -> None:
        if words is None:
            if self._alarms.pop(name, None) is not None:
                desk.clear(name)
            return
        zh, en = (f"{kind}: {word[:LONGEST]}" for kind, word in zip(what, words, strict=True))
        if self._alarms.get(name) == (severity, en):
            return
        self._alarms[name] = (severity, en)
        texts = (("zh", zh), ("en", en))
        desk.alarm(AlarmSign(id=name, severity=severity, since=self._now(), cause=cause, texts=texts))

    def _silent(self) -> set[str]:
        return {zone for zone in self._served() if not self._outputs.hearing(zone).heard}

    def _served(self) -> tuple[str, ...]:
        """Zones that have outputs."""
        return self._expanded([*self._outputs.wiring])

    def _named(self) -> tuple[str, ...]:
        named = dict.fromkeys([*self._outputs.wiring, *self._feeding.routes])
        return tuple(zone for zone in named if zone != EVERY)

    def _expanded(self, zones: Sequence[str]) -> tuple[str, ...]:
        """With every zone that no output names in the place of `EVERY`."""
        if EVERY not in zones:
            return tuple(zones)
        others = [zone for zone in self._zones() if zone not in self._outputs.wiring]
        return (*(zone for zone in zones if zone != EVERY), *others)

    def _now(self) -> Instant:
        return Instant(int(self._clock.now()))


def _faults(link: AmplifierLink) -> tuple[str, str]:
    """What is wrong with channels and lines, in both languages; empty if nothing is."""
    if link.state is None:
        return "", ""
    zh = [f"通道 {number} {fault}" for number, fault in link.state.channels]
    zh += [f"线路 {number} {fault}" for number, fault in link.state.lines]
    en = [f"channel {number}: {fault}" for number, fault in link.state.channels]
    en += [f"line {number}: {fault}" for number, fault in link.state.lines]
    return "，".join(zh), ", ".join(en)
