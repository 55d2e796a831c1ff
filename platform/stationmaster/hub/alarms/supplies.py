"""Devices that fail together: which cable, switch, power feed or subsystem explains it, so that it is one alarm.

What devices share is said in the station's `devices.toml`; besides, all devices of one subsystem share that. A supply
is held to have failed when a share of all that hangs on it failed within a minute. Where several would explain the same
failures the smallest does; where a larger one explains more, that does.

Once found it stays the explanation as long as enough of its devices fail, and for a minute longer, so that devices
that come back one after the other are not so many new alarms.
"""

from __future__ import annotations

import fnmatch
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stationmaster.hub.alarms.sign import RAISE_S, Severity, Sign
from stationmaster.hub.alarms.words import SUPPLY
from stationmaster.station.wiring import Supply
from stationmaster_base.times import Instant
from stationmaster_protocol.equipment import Device

__all__ = ["SupplyWatch"]

_TOGETHER_S = 60.0
"""Machine seconds within which what has one cause fails."""

_LINGER_S = 60.0
"""Machine seconds for which a cause is held though most of its devices are well again."""

_LATELY_S = 10.0
"""Machine seconds for which parts are parts still when their cause is over: longer than alarms take to be over."""

_LEAST = 2
_LEAST_OF_SUBSYSTEM = 3
_SHARE_OF_SUBSYSTEM = 0.6
_OWN = "subsystem."

_KINDS = {
    "cable": ("线缆", "cable"),
    "switch": ("交换机", "switch"),
    "power": ("电源", "power feed"),
    "line": ("线路", "line"),
    "cabinet": ("机柜", "cabinet"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shared:
    """A supply with everything that hangs on it now, by `<subsystem>/<device>` or subsystem."""

    id: str
    zh: str
    en: str
    members: frozenset[str]
    need: int


@dataclass(slots=True)
class _Found:
    """A supply that explains failures: what fails, what ever did meanwhile, and since when that is too little."""

    parts: set[str]
    ever: set[str]
    first_s: float
    below_s: float | None = None
    signs: list[Sign] = field(default_factory=list)


class SupplyWatch:
    """Looks at what fails; ask it about once a second.

    Args:
        wiring: the supplies of the station.
        devices: every device that is told of now.
        things: changes whenever there are other devices, whatever their condition.
        seconds: machine time.

    """

    def __init__(
        self,
        *,
        wiring: Callable[[], Sequence[Supply]],
        devices: Callable[[], Iterable[Device]],
        things: Callable[[], object],
        seconds: Callable[[], float],
    ) -> None:
        self._wiring = wiring
        self._devices = devices
        self._things = things
        self._seconds = seconds
        self._known: object = None
        self._shared: list[_Shared] = []
        self._failing: dict[str, float] = {}
        self._found: dict[str, _Found] = {}
        self._lately: dict[str, tuple[_Found, float]] = {}

    def signs(self, seen: Iterable[Sign]) -> list[Sign]:
        """A sign for each supply that has failed, by what is seen to be wrong now."""
        seconds = self._seconds()
        wrong: dict[str, list[Sign]] = {}
        for sign in seen:
            if sign.subject:
                wrong.setdefault(sign.subject, []).append(sign)
        self._failing = {subject: self._failing.get(subject, seconds) for subject in wrong}
        self._lately = {name: each for name, each in self._lately.items() if seconds - each[1] < _LATELY_S}
        if wrong or self._found:
            self._look_round()
        found: dict[str, _Found] = {}
        claimed: set[str] = set()
        for shared, failing in self._candidates():
            mine = failing - claimed
            explains = self._explains(shared, mine, seconds)
            if explains is not None:
                explains.signs = [sign for subject in sorted(explains.parts & mine) for sign in wrong[subject]]
                found[shared.id] = explains
                claimed |= explains.parts
        self._lately.update((name, (each, seconds)) for name, each in self._found.items() if name not in found)
        self._found = found
        return [self._sign(shared) for shared in self._shared if shared.id in found]

    def parts(self) -> Mapping[str, frozenset[str]]:
        """What is put down to each supply that has failed, by the id of its sign; what is well again counts still."""
        over = {name: found.ever for name, (found, _) in self._lately.items()}
        return {
            f"{SUPPLY}/{name}": frozenset(ever)
            for name, ever in {**over, **{name: found.ever for name, found in self._found.items()}}.items()
        }

    def _candidates(self) -> list[tuple[_Shared, set[str]]]:
        """Supplies with what fails of them: those that explain most first, and of those the smallest."""
        failing = self._failing.keys()
        found = [(shared, set(shared.members & failing)) for shared in self._shared]
        return sorted(
            ((shared, mine) for shared, mine in found if mine),
            key=lambda item: (-len(item[1]), len(item[0].members), item[0].id.startswith(_OWN), item[0].id),
        )

    def _explains(self, shared: _Shared, failing: set[str], seconds: float) -> _Found | None:
        before = self._found.get(shared.id)
        if before is not None:
            joined = {each for each in failing if self._failing[each] >= before.first_s}
            before.parts = (before.parts & failing) | joined
            before.ever |= joined
            if len(before.parts) >= max(_LEAST, shared.need / 2):
                before.below_s = None
                return before
            before.below_s = seconds if before.below_s is None else before.below_s
            return before if before.parts and seconds - before.below_s < _LINGER_S else None
        if len(failing) < shared.need:
            return None
        newest = max(self._failing[each] for each in failing)
        together = {each for each in failing if newest - self._failing[each] <= _TOGETHER_S}
        if len(together) < shared.need:
            return None
        return _Found(parts=together, ever=set(together), first_s=min(self._failing[each] for each in together))

    def _sign(self, shared: _Shared) -> Sign:
        found = self._found[shared.id]
        signs = found.signs
        grave = any(sign.severity is Severity.ALARM for sign in signs)
        since = [sign.since for sign in signs if sign.since is not None]
        failing, all_ = len(found.parts), len(shared.members)
        return Sign(
            id=f"{SUPPLY}/{shared.id}",
            severity=Severity.ALARM if grave else Severity.WARNING,
            zh=f"{shared.zh}: 其下 {all_} 台设备中 {failing} 台同时故障",
            en=f"{shared.en}: {failing} of {all_} devices behind it fail together",
            since=Instant(min(since)) if since else None,
            after_s=max(0.0, RAISE_S - (self._seconds() - found.first_s)),
            targets=tuple(sorted({target for sign in signs for target in sign.targets})),
        )

    def _look_round(self) -> None:
        """Find out anew what hangs on what, if there are other devices or supplies than at the last look."""
        wiring = self._wiring()
        known = (self._things(), wiring)
        if known == self._known:
            return
        self._known = known
        devices = list(self._devices())
        own: dict[str, set[str]] = {}
        for device in devices:
            own.setdefault(device.identity or "", set()).add(_subject(device))
        subsystems = [
            _Shared(
                id=f"{_OWN}{identity}",
                zh=f"子系统 {identity}",
                en=f"Subsystem {identity}",
                members=frozenset(members),
                need=_need(len(members), _SHARE_OF_SUBSYSTEM, _LEAST_OF_SUBSYSTEM),
            )
            for identity, members in own.items()
        ]
        direct = {supply.id: _members(supply, devices) for supply in wiring}
        self._shared = [*(_shared(supply, _all(supply.id, direct, wiring)) for supply in wiring), *subsystems]


def _subject(device: Device) -> str:
    return f"{device.identity}/{device.id}"


def _members(supply: Supply, devices: Iterable[Device]) -> set[str]:
    """What hangs directly on a supply."""
    pattern = re.compile("|".join(map(fnmatch.translate, supply.devices)) or r"(?!)", re.DOTALL)
    targets, whole = set(supply.targets), set(supply.subsystems)
    found = set(whole)
    for device in devices:
        subject = _subject(device)
        if device.identity in whole or targets.intersection(device.targets) or pattern.match(subject):
            found.add(subject)
    return found


def _all(name: str, direct: Mapping[str, set[str]], wiring: Sequence[Supply]) -> frozenset[str]:
    """What hangs on a supply, and on those behind it."""
    found = set(direct[name])
    for supply in wiring:
        if supply.behind == name:
            found |= _all(supply.id, direct, wiring)
    return frozenset(found)


def _shared(supply: Supply, members: frozenset[str]) -> _Shared:
    zh, en = _KINDS[supply.kind]
    names = dict(supply.names)
    name = names.get("zh") or supply.id
    return _Shared(
        id=supply.id,
        zh=f"{zh} {name}",
        en=f"{en.capitalize()} {names.get('en') or name}",
        members=members,
        need=_need(len(members), supply.share, _LEAST),
    )


def _need(members: int, share: float, least: int) -> int:
    return max(least, math.ceil(share * members))
