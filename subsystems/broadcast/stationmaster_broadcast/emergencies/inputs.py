"""Microphones and fire panels that are wired to broadcast: what they do to the zones, and whether they can be believed.

An input that is given makes announcements yield in some zones, and calls an emergency in others. Contacts bounce, so
an input counts only when it has been so for a while. A device that is lost changes nothing: what was given stays given
and nothing begins, and people are told at once, since a fire panel that nobody hears is worse than one that is silent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from stationmaster_base.clock import StationClock
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_broadcast.emergencies.control import EmergencyOrder
from stationmaster_broadcast.emergencies.emergency import Emergencies
from stationmaster_broadcast.emergencies.emergency_voice import Seizing
from stationmaster_broadcast.emergencies.input_settings import EVERYWHERE, InputKind, InputSettings
from stationmaster_protocol.equipment import AlarmSign, Condition, Device, Reading, Severity
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["Desk", "Inputs"]

_LOG = get_logger("inputs")

_PRIORITIES = {InputKind.FIRE: 5, InputKind.MICROPHONE: 10}
"""As of tasks: a fire panel's own voice goes before a microphone, and an emergency before both."""

_WORDS = {InputKind.FIRE: ("火灾报警", "Fire panel"), InputKind.MICROPHONE: ("话筒", "Microphone")}


class DeviceList(Protocol):
    """The agent's devices."""

    def put(self, device: Device) -> None: ...


class Desk(Protocol):
    """What inputs need of the agent: somebody to tell."""

    @property
    def devices(self) -> DeviceList: ...
    def alarm(self, sign: AlarmSign) -> None: ...
    def clear(self, name: str) -> None: ...


@dataclass(slots=True, kw_only=True, eq=False)
class _Input:
    """One input: `now` as it was read last, `given` as it counts, `done` whether what it is for has been done."""

    settings: InputSettings
    now: bool | None = None
    given: bool = False
    done: bool = False
    settling: DelayedCall | None = None
    stuck: DelayedCall | None = None

    @property
    def by(self) -> str:
        return f"{self.settings.kind}/{self.settings.id}"


class _Device:
    """What one device says; see `contacts.ContactsHeard`."""

    def __init__(self, inputs: Inputs, name: str) -> None:
        self._inputs = inputs
        self._name = name

    def seen(self, closed: frozenset[str], lines: frozenset[str]) -> None:
        self._inputs.seen(self._name, closed, lines)

    def lost(self, why: str) -> None:
        self._inputs.lost(self._name, why)


class Inputs:
    """All inputs.

    Args:
        settings: what they are.
        reactor: machine time, for debouncing.
        clock: station time.
        performer: lets zones be seized.
        emergencies: are called.
        zones: gives the station's zones.
        members: gives the zones that names of zones and groups mean.
        desk: is told.

    """

    def __init__(
        self,
        settings: Sequence[InputSettings],
        *,
        reactor: MachineTime,
        clock: StationClock,
        performer: Seizing,
        emergencies: Emergencies,
        zones: Callable[[], tuple[str, ...]],
        members: Callable[[Iterable[str]], tuple[str, ...]],
        desk: Desk,
    ) -> None:
        self._inputs = [_Input(settings=each) for each in settings]
        self._reactor = reactor
        self._clock = clock
        self._performer = performer
        self._emergencies = emergencies
        self._zones = zones
        self._members = members
        self._desk = desk
        self._problems: dict[str, str] = {}
        self._told: dict[str, tuple[object, ...]] = {}
        self._alarms: dict[str, tuple[str, str]] = {}

    def device(self, name: str) -> _Device:
        """Whom the driver of the device of this id tells."""
        return _Device(self, name)

    def stop(self) -> None:
        """Wait for nothing any more."""
        for each in self._inputs:
            self._calm(each)

    def given(self) -> tuple[str, ...]:
        """The inputs that are given now."""
        return tuple(each.settings.id for each in self._inputs if each.given)

    def lost_devices(self) -> tuple[str, ...]:
        """The devices that cannot say how their lines are, or have not all of them."""
        return tuple(device for device, problem in self._problems.items() if problem)

    def review(self) -> None:
        """The station's zones may be others now: do what could not be done before, and say which zones are none."""
        for each in self._inputs:
            if each.given and not each.done:
                self._do(each)
            station = self._zones()
            wanted = self._members((*each.settings.yields, *each.settings.evacuate))
            missing = [zone for zone in wanted if zone not in station and zone != EVERYWHERE]
            if missing and station:
                named = ", ".join(missing)
                self._alarm(
                    each.by + "/zones", Severity.ALARM, each, (f"没有分区 {named}", f"there is no zone {named}")
                )
            else:
                self._clear(each.by + "/zones")

    def seen(self, device: str, closed: frozenset[str], lines: frozenset[str]) -> None:
        """A device says how its lines are."""
        missing = []
        for each in self._of(device):
            if each.settings.line in lines:
                self._read(each, each.settings.given(each.settings.line in closed))
            else:
                missing.append(each.settings.line)
                self._doubt(each)
        if missing:
            self._tell(device, f"it has no line {', '.join(missing)}")
        else:
            self._tell(device, "")

    def lost(self, device: str, why: str) -> None:
        """A device cannot say how its lines are."""
        for each in self._of(device):
            self._doubt(each)
        self._tell(device, why)

    def _of(self, device: str) -> list[_Input]:
        return [each for each in self._inputs if each.settings.contact == device]

    def _read(self, each: _Input, given: bool) -> None:
        if given == each.now:
            return
        each.now = given
        if each.settling is not None and each.settling.active():
            each.settling.cancel()
        each.settling = None
        if given != each.given:
            each.settling = self._reactor.callLater(each.settings.debounce_s, self._settled, each)

    def _doubt(self, each: _Input) -> None:
        """Nobody knows how it is: it stays as it counts."""
        each.now = None
        if each.settling is not None and each.settling.active():
            each.settling.cancel()
        each.settling = None

    def _calm(self, each: _Input) -> None:
        for call in (each.settling, each.stuck):
            if call is not None and call.active():
                call.cancel()
        each.settling = each.stuck = None

    def _settled(self, each: _Input) -> None:
        self._calm(each)
        each.given = not each.given
        settings = each.settings
        _LOG.warning("input", id=settings.id, kind=settings.kind.value, given=each.given, todo="none")
        if each.given:
            self._do(each)
            if settings.stuck_min:
                each.stuck = self._reactor.callLater(60.0 * settings.stuck_min, self._stuck, each)
            if settings.kind is InputKind.FIRE:
                self._alarm(each.by, Severity.ALARM, each, ("有火灾报警", "gives an alarm"))
        else:
            self._undo(each)
            self._clear(each.by)
        self._tell(settings.contact, self._problems.get(settings.contact, ""))

    def _do(self, each: _Input) -> None:
        """What it is for; what cannot be done (no zone is known yet) is tried again in `review`."""
        settings = each.settings
        station = self._zones()
        each.done = bool(station)
        yields = self._meant(settings.yields, station)
        if yields:
            why = f"{_WORDS[settings.kind][1]} {settings.id}"
            self._performer.seize(yields, each.by, why=why, priority=_PRIORITIES[settings.kind])
        evacuate = self._meant(settings.evacuate, station)
        if evacuate and settings.id not in self._emergencies.answered and not self._emergencies.under_way(settings.id):
            everywhere = set(evacuate) == set(station)
            known = [message.id for message in self._emergencies.messages()]
            message = settings.message if settings.message in known else ""  # the usual one rather than none
            order = EmergencyOrder(by=f"input {settings.id}", zones=() if everywhere else evacuate, message=message)
            try:
                self._emergencies.call(order, settings.id)
            except StationError as error:
                _LOG.error("input-not-done", id=settings.id, problem=error.message, todo="call the emergency by hand")
                words = (f"未能启动紧急广播: {error.message}", f"has called no emergency: {error.message}")
                self._alarm(each.by + "/failed", Severity.ALARM, each, words)

    def _undo(self, each: _Input) -> None:
        each.done = False
        self._clear(each.by + "/failed")
        self._performer.release(self._zones(), each.by)
        under_way = self._emergencies.under_way(each.settings.id)
        if under_way is not None and not each.settings.latched:
            self._emergencies.end(f"input {each.settings.id}", name=under_way.id)
        self._emergencies.opened(each.settings.id)

    def _meant(self, names: Collection[str], station: tuple[str, ...]) -> tuple[str, ...]:
        """The station's zones that are meant."""
        if EVERYWHERE in names:
            return station
        meant = self._members(names)
        return tuple(zone for zone in station if zone in meant)

    def _stuck(self, each: _Input) -> None:
        each.stuck = None
        minutes = each.settings.stuck_min
        words = (f"已按住 {minutes} 分钟", f"has been given for {minutes} minutes")
        self._alarm(each.by, Severity.WARNING, each, words)

    # Who is told.

    def _tell(self, device: str, problem: str) -> None:
        """The device is so; its alarm begins and ends with its problem."""
        self._problems[device] = problem
        inputs = self._of(device)
        told = (problem, *(each.given for each in inputs))
        if self._told.get(device) == told:
            return
        self._told[device] = told
        name = f"contacts/{device}"
        fire = any(each.settings.kind is InputKind.FIRE for each in inputs)
        zones = {zone for each in inputs for zone in (*each.settings.yields, *each.settings.evacuate)}
        now = Instant(int(self._clock.now()))
        self._desk.devices.put(
            Device(
                id=name,
                kind="contacts",
                condition=Condition.ABSENT if problem else Condition.OK,
                since=now,
                detail=problem,
                targets=tuple(sorted(zones.difference({EVERYWHERE}))),
                readings=tuple(
                    Reading(name=each.settings.id, value="given" if each.given else "not given") for each in inputs
                ),
            )
        )
        if not problem:
            self._clear(name)
            return
        _LOG.error("contacts-lost", device=device, problem=problem, todo="see the device; its inputs stay as they were")
        words = (
            f"触点设备 {device} 失联，火警与话筒输入无法监视: {problem}"
            if fire
            else f"触点设备 {device} 失联: {problem}",
            f"Contacts {device} are lost{', and fire alarms with them' if fire else ''}: {problem}",
        )
        self._put_alarm(name, Severity.ALARM if fire else Severity.WARNING, words)

    def _alarm(self, name: str, severity: Severity, each: _Input, words: tuple[str, str]) -> None:
        zh, en = _WORDS[each.settings.kind]
        self._put_alarm(name, severity, (f"{zh} {each.settings.id} {words[0]}", f"{en} {each.settings.id} {words[1]}"))

    def _put_alarm(self, name: str, severity: Severity, words: tuple[str, str]) -> None:
        if self._alarms.get(name) == words:
            return
        self._alarms[name] = words
        since = Instant(int(self._clock.now()))
        self._desk.alarm(AlarmSign(id=name, severity=severity, since=since, texts=(("zh", words[0]), ("en", words[1]))))

    def _clear(self, name: str) -> None:
        if self._alarms.pop(name, None) is not None:
            self._desk.clear(name)
