"""Whether there is a hub, as one thing: the state machine, the watch on heartbeats, and our own heartbeats."""

from __future__ import annotations

from collections.abc import Callable

from stationmaster_agent.machine import AgentState, Watch, make_machine
from stationmaster_agent.settings import AgentSettings
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["Standing"]

_LOG = get_logger("agent")


class Standing:
    """Args:
    settings: after how many heartbeats what is thought of the hub.
    reactor: machine time.
    now: gives station time.
    entered: called on each new state.
    silent: called when nothing was heard for so long that the connection is worth nothing.
    beat: called when a heartbeat of ours is due.

    """

    def __init__(
        self,
        settings: AgentSettings,
        *,
        reactor: MachineTime,
        now: Callable[[], float],
        entered: Callable[[], None],
        silent: Callable[[], None],
        beat: Callable[[], None],
    ) -> None:
        self._reactor = reactor
        self._now = now
        self._entered = entered
        self._silent = silent
        self._send_beat = beat
        self._machine = make_machine(self._enter)
        self._watch = Watch(
            reactor,
            interval=settings.heartbeat_s,
            suspect_after=settings.suspect_after,
            alone_after=settings.alone_after,
            missed=self._machine.missed,
            silent=self._on_silent,
        )
        self._beat: DelayedCall | None = None
        self.state = AgentState.RESYNCING
        self.since = Instant(int(now()))
        """The station time at which this state began."""

    def start(self) -> None:
        """Give a hub so many heartbeats to be found."""
        self._watch.heard()
        self.beat()

    def stop(self) -> None:
        """Watch no longer."""
        self._watch.stop()
        if self._beat is not None and self._beat.active():
            self._beat.cancel()

    def heard(self) -> None:
        """The hub gave a sign of life."""
        self._watch.heard()

    def opened(self, heartbeat_s: float) -> None:
        """A hub has welcomed us, and says how often it will be heard."""
        self._watch.interval = heartbeat_s
        if self.state is not AgentState.SUSPECT:
            # A hub that only ever says welcome must not keep us from going on alone.
            self._watch.heard()
        self._machine.opened()

    def whole(self) -> None:
        """The replica is proved to be the hub's."""
        self._machine.whole()

    def doubted(self) -> None:
        """The replica is not the hub's."""
        self._machine.doubted()

    def lost(self) -> None:
        """The session is over."""
        self._machine.lost()

    def unheard(self) -> None:
        """The hub has not heard us for three heartbeats: the way there is cut, whatever still comes from it."""
        self._machine.silent()

    def _on_silent(self) -> None:
        self._machine.silent()
        self._silent()

    def beat(self) -> None:
        """Send our heartbeat now, and the next one in its time."""
        if self._beat is not None and self._beat.active():
            self._beat.cancel()
        self._beat = self._reactor.callLater(self._watch.interval, self.beat)
        self._send_beat()

    def _enter(self, state: AgentState) -> None:
        _LOG.info("state", before=self.state.value, after=state.value)
        self.state = state
        self.since = Instant(int(self._now()))
        self._entered()
