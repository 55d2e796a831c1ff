"""`stationmaster emergency`: one order that has loudspeakers and boards call an emergency at once, or end it.

It goes through a running hub to every broadcast and guidance subsystem as a command. Commands stand in no journal, so
it needs none of the hub's database. Each is given its own command before any is waited for: who does not answer keeps
nobody else from it. In the end it is said plainly who has it and who has not.
"""

from __future__ import annotations

import http.client
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from stationmaster.cli.acting import operator_of
from stationmaster.cli.hub_address import HubAddress, ask, hub_of
from stationmaster_base.errors import StationError

__all__ = ["WAIT_S", "EmergencyOptions", "do_emergency"]

NOT_ALL = 1

WAIT_S = 3.0
"""Machine seconds after which who has not answered counts as not having it."""

_LEAST_S = 0.2
"""Machine seconds that the hub has for each question, however late it is."""

_LOOK_S = 0.05
_EXPIRES_S = 30
"""Station seconds: one that hangs for longer does not begin an emergency that may be over."""

_BY_HAND = "Call it at the pages of the subsystems themselves: /local of each broadcast and guidance."

_LONGEST_WHY = 120

_KINDS = {"broadcast": "loudspeakers", "guidance": "boards"}
"""What is called by each kind of subsystem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyOptions:
    """What is called, or ended.

    `text` is in the station's first language, `texts` are pairs of other languages and words. `message` names one of
    broadcast's messages, which loudspeakers say instead. `zones` and `boards` narrow it; none: everywhere. `minutes`
    is how long boards show it. `end`: it is ended.
    """

    text: str = ""
    texts: tuple[tuple[str, str], ...] = ()
    message: str = ""
    zones: tuple[str, ...] = ()
    boards: tuple[str, ...] = ()
    minutes: int = 120
    end: bool = False
    operator: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What one subsystem has been given: its state as the hub tells it, empty as long as nothing is known."""

    identity: str
    kind: str
    order: str = field(default_factory=lambda: uuid4().hex)
    state: str = ""
    why: str = ""

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state not in ("", "accepted")


def do_emergency(
    config: Path,
    options: EmergencyOptions,
    *,
    seconds: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """Call or end an emergency and say who has it; 0 if everybody has, 1 if anybody has not.

    Args:
        config: the configuration file of the hub.
        options: what is called.
        seconds: machine time.
        pause: waits.

    Raises:
        StationError: there is no such operator or hub.

    """
    hub = _Hub(hub_of(config), operator_of(config, options.operator)[1], seconds)
    parts = [hub.given(part, options) for part in hub.subsystems()]
    while not all(part.over for part in parts) and hub.left_s > 0:
        pause(_LOOK_S)
        parts = [part if part.over else hub.asked(part) for part in parts]
    sys.stdout.write("".join(f"{line}\n" for line in _told(parts, options)))
    everybody = all(any(part.kind == kind for part in parts) for kind in _KINDS)
    return 0 if everybody and all(part.state == "done" for part in parts) else NOT_ALL


class _Hub:
    """The hub, asked in a hurry.

    Args:
        address: where it is.
        token: the operator's.
        seconds: machine time.

    """

    def __init__(self, address: HubAddress, token: str, seconds: Callable[[], float]) -> None:
        self._address = address
        self._token = token
        self._seconds = seconds
        self._until = seconds() + WAIT_S

    @property
    def left_s(self) -> float:
        """How long answers are still waited for."""
        return self._until - self._seconds()

    def subsystems(self) -> list[_Part]:
        """All loudspeakers and boards that it knows; those who are not there have that for a result already.

        Raises:
            StationError: it does not answer.

        """
        try:
            code, answer = self._ask("/api/v1/subscribers", method="GET")
        except StationError as error:
            raise StationError(error.code, error.message, _BY_HAND) from error
        if code != http.client.OK:
            message = str(answer.get("message", f"It answers {code}."))
            raise StationError(str(answer.get("error", "hub-refused")), message, _BY_HAND)
        found = []
        for each in answer["subscribers"]:
            identity = str(each["identity"])
            kind = each["kind"] or next((kind for kind in _KINDS if identity.startswith(kind)), "")
            if kind in _KINDS:
                part = _Part(identity=identity, kind=kind)
                found.append(part if each["connected"] else replace(part, state="refused", why="not connected"))
        return sorted(found, key=lambda part: (list(_KINDS).index(part.kind), part.identity))

    def given(self, part: _Part, options: EmergencyOptions) -> _Part:
        """Command one subsystem.

        What the hub does not take is that one's reason, and the next is commanded all the same. If it does not answer
        it may have taken it: then it is asked.
        """
        if part.over:
            return part
        loud = part.kind == "broadcast"
        body = {
            "id": part.order,
            "identity": part.identity,
            "action": "emergency-end" if options.end else "emergency",
            "targets": list(options.zones if loud else options.boards),
            "parameters": {} if options.end else _parameters(options, loud=loud),
            "expires_s": _EXPIRES_S,
        }
        try:
            return _read(part, *self._ask("/api/v1/commands", body))
        except StationError as error:
            return replace(part, why=error.message)

    def asked(self, part: _Part) -> _Part:
        """Ask what has become of it; a hub that does not say leaves it as it is."""
        try:
            code, answer = self._ask(f"/api/v1/commands/{quote(part.order)}", method="GET")
        except StationError:
            return part
        return _read(part, code, answer) if code == http.client.OK else part

    def _ask(self, path: str, body: Any = None, *, method: str = "POST") -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self._token}"}
        return ask(self._address, path, body, headers, method=method, patience_s=max(self.left_s, _LEAST_S))


def _parameters(options: EmergencyOptions, *, loud: bool) -> dict[str, str]:
    """Of a message that broadcast has by name boards are given the words beside it."""
    texts = {"text": options.text} | {f"text.{language}": text for language, text in options.texts}
    if not loud:
        return texts | {"minutes": str(options.minutes)}
    return {"message": options.message} if options.message else texts


def _read(part: _Part, code: int, answer: Mapping[str, Any]) -> _Part:
    if code != http.client.OK:
        faults = [f"{fault['place']} {fault['problem']}" for fault in answer.get("faults", ())]
        return replace(part, state="refused", why="; ".join(faults) or str(answer.get("message", f"answer {code}")))
    result = answer["command"]["parts"][0]["result"]
    if result is None:
        return replace(part, why="")
    return replace(part, state=result["state"], why=": ".join(filter(None, (result["code"], result["detail"]))))


def _told(parts: list[_Part], options: EmergencyOptions) -> Iterator[str]:
    """A line for each subsystem, and for each kind of which there is none."""
    has, has_not = ("has ended it", "HAS NOT ended it") if options.end else ("has it", "DOES NOT HAVE IT")
    for kind, what in _KINDS.items():
        mine = [part for part in parts if part.kind == kind]
        if not mine:
            yield f"{what}: NOBODY, the hub knows no {kind}"
        for part in mine:
            done = part.state == "done"
            nothing = "nothing was under way" if options.end else ""
            why = _short(part.why or nothing) if done else part.why or f"no answer for {WAIT_S:g} s"
            yield f"{what}, {part.identity}: {has if done else has_not}" + (f" ({why})" if why else "")
    if any(part.state != "done" for part in parts):
        yield _BY_HAND


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_WHY else f"{text[:_LONGEST_WHY]} …"
