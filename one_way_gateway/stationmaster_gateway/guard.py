"""The guard: a thread that writes down what happens to the appliance, and looks now and then who else uses its port.

What happens is seen in the gateway's own account of itself, once a second: so no other part has to know of the
security log, and none of them waits for its disk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Event
from typing import Protocol

from stationmaster_base.errors import StationError
from stationmaster_base.health import Health, JsonValue
from stationmaster_base.logging import get_logger
from stationmaster_gateway.port_refusals import Refusal
from stationmaster_gateway.security_log import Fact

__all__ = ["Guard", "GuardedPort", "Record"]

_LOG = get_logger("guard")

_EVERY_S = 1.0
_STEP_S = 30.0
"""The machine's clock was set, if it differs by more from what its monotonic clock says."""
_COUNTED = ("withheld", "held", "faulty")


class Record(Protocol):
    """Writes a record (`SecurityLog.write`)."""

    def __call__(self, event: str, **facts: Fact) -> None: ...


class GuardedPort(Protocol):
    """What the guard asks of a port (`port.TransmitPort`)."""

    def refusals(self) -> list[Refusal]: ...
    def unsafe(self, found: Sequence[Refusal]) -> StationError: ...


class Guard:
    """Guards.

    Args:
        health: the gateway's account of itself.
        port: the port; None: one that is none of this machine's devices.
        record: the security log.
        alive: a sign of life of this thread.
        check_s: seconds between looks at who else uses the port.
        wall: the machine's clock.
        monotonic: machine seconds.

    """

    def __init__(
        self,
        health: Callable[[], Health],
        *,
        port: GuardedPort | None,
        record: Record,
        alive: Callable[[], None],
        check_s: float,
        wall: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self.refused: StationError | None = None
        self.status = "starting"
        self._health = health
        self._port = port
        self._record = record
        self._alive = alive
        self._check_s = check_s
        self._wall = wall
        self._monotonic = monotonic
        self._offset = wall() - monotonic()
        self._check_at = monotonic() + check_s
        self._seen: Mapping[str, Fact] = {}

    def step(self) -> None:
        """Look once, and write down what has changed."""
        self._alive()
        self._look_at_clock()
        health = self._health()
        seen = _seen(health)
        for event, facts in _changes(self._seen, seen):
            self._record(event, **facts)
        self._seen = seen
        self.status = f"{health.status}: database {seen['database']}, port {'open' if seen['port'] else 'closed'}"
        if self._port is not None and self._monotonic() >= self._check_at:
            self._check_at = self._monotonic() + self._check_s
            if found := self._port.refusals():
                self.refused = self._port.unsafe(found)
                _LOG.error("port_unsafe", reasons=[refusal.code for refusal in found], do="see the message at the end")

    def run(self, stop: Event) -> None:
        """Look until told to stop."""
        self.step()
        while not stop.wait(_EVERY_S):
            self.step()

    def _look_at_clock(self) -> None:
        offset = self._wall() - self._monotonic()
        if abs(offset - self._offset) > _STEP_S:
            self._record("clock_stepped", by_s=round(offset - self._offset, 1))
            _LOG.warning("clock_stepped", by_s=round(offset - self._offset, 1), do="nothing, if somebody has set it")
        self._offset = offset


def _seen(health: Health) -> dict[str, Fact]:
    """What is worth a record when it changes."""
    database, port = _table(health.more["database"]), _table(health.more["port"])
    seen: dict[str, Fact] = {
        "database": str(database["state"]),
        "port": bool(port["open"]),
        "losses": _count(port["losses"]),
        "stalls": _count(port["stalls"]),
    }
    return seen | {key: _count(health.more[key]) for key in _COUNTED}


def _changes(before: Mapping[str, Fact], now: Mapping[str, Fact]) -> list[tuple[str, dict[str, Fact]]]:
    found: list[tuple[str, dict[str, Fact]]] = []
    if before.get("database") != now["database"]:
        found.append((f"database_{now['database']}", {}))
    if before.get("losses", 0) != now["losses"]:
        found.append(("port_lost", {"times": now["losses"]}))
    if before.get("stalls", 0) != now["stalls"]:
        found.append(("line_stalled", {"times": now["stalls"]}))
    if bool(before.get("port", False)) != now["port"]:
        found.append(("port_opened" if now["port"] else "port_closed", {}))
    for key in _COUNTED:
        if before.get(key, 0) != now[key]:
            found.append((f"calls_{key}", {"count": now[key]}))
    return found


def _table(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def _count(value: JsonValue) -> int:
    return value if isinstance(value, int) else 0
