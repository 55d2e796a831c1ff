"""One connection of a simulated device: what it says to its hub, and what it makes of what the hub says."""

from __future__ import annotations

from collections.abc import Callable

from stationmaster_conform.devices.duties import Duties
from stationmaster_conform.devices.faults import Fault
from stationmaster_conform.devices.settings import DeviceSettings
from stationmaster_conform.machine import Machine
from stationmaster_conform.wire import Wire
from stationmaster_kernel.inputs import TaskResult
from stationmaster_protocol.client_session import Applicable, ClientEvent, ClientSession, Gap, Repeated, Whole
from stationmaster_protocol.digest import digest_of
from stationmaster_protocol.equipment import Readback
from stationmaster_protocol.errors import LocalProtocolError
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import (
    Ack,
    AckOutcome,
    Bye,
    ByeReason,
    ClientHeartbeat,
    ClientMessage,
    Command,
    Error,
    Hello,
    HubHeartbeat,
    Position,
    Received,
    Report,
    Subscribed,
    TimeAnswer,
    TimeRequest,
    Welcome,
)
from stationmaster_protocol.scalars import Stamp, seconds_of, stamp_of
from stationmaster_protocol.session import Breach

__all__ = ["DeviceSession"]

TURN_S = 0.02
ASK_S = 10.0
LEAST_SILENCE_S = 1.5
"""A busy machine is no reason to leave a hub, however short its heartbeats are."""


class DeviceSession:
    """Args:
        settings: who the device is.
        duties: what it does.
        wire: the connection.
        machine: clocks.
        now: station time as the device has it.
        set_time: tells the device that station time is so many seconds before its monotonic clock.

    When it has ended, `proved` says whether the replica was right once, `reason` why the hub closed, if it said so, and
    `redirected` where it is to go.
    """

    def __init__(
        self,
        settings: DeviceSettings,
        duties: Duties,
        *,
        wire: Wire,
        machine: Machine,
        now: Callable[[], float],
        set_time: Callable[[float], None],
    ) -> None:
        self._settings = settings
        self._fault = settings.fault
        self._duties = duties
        self._memory = duties.memory
        self._wire = wire
        self._machine = machine
        self._now = now
        self._set_time = set_time
        self._session = ClientSession()
        self._interval = 5.0
        self._heard_at = machine.monotonic()
        self._beat_at = self._ask_at = 0.0
        self._asked: tuple[Stamp, float] | None = None
        self._current = False
        self._snapshot_due = True
        self._reports = 0
        self._waiting: dict[int, tuple[TaskResult, ...]] = {}
        self._told: Readback | None = None
        self._told_whole = False
        self.proved = False
        self.reason: ByeReason | None = None
        self.refused = False
        self.redirected: tuple[str, int] | None = None

    def run(self, go_on: Callable[[], bool]) -> None:
        """Say hello and serve the hub until the connection ends."""
        settings = self._settings
        self._send(
            Hello(
                identity=settings.identity,
                token=settings.token,
                executes=(settings.kind.does,),
                held=self._memory.position,
            )
        )
        while self._wire.open or self._fault is Fault.SWALLOWS_GARBAGE:
            if not go_on():
                self._send(Bye(reason=ByeReason.LEAVING))
                return
            self._turn()
            if self._session.closed and self._fault is not Fault.SWALLOWS_GARBAGE:
                return
            if not self._wire.open:
                return

    def _turn(self) -> None:
        data = self._wire.read(self._machine.monotonic() + TURN_S)
        if data:
            self._heard_at = self._machine.monotonic()
        if self._fault is Fault.REFUSES_EXTENSIONS and b"<extension" in data:
            self._send(Error(code="invalid", text="There is an element that is not known here."))
            return
        for event in self._session.receive_data(data):
            self._on_event(event)
        now = self._machine.monotonic()
        silence = max(3 * self._interval, LEAST_SILENCE_S)
        if now - self._heard_at > silence and self._fault is not Fault.BELIEVES_SILENCE:
            self._wire.close()
            return
        if self._session.closed or not self._current:
            return
        self._duties.do(self._now())
        self._regular(now)
        self._report()

    def _regular(self, now: float) -> None:
        if now >= self._beat_at and self._fault is not Fault.NO_HEARTBEATS:
            self._beat_at = now + self._interval
            digest = "f" * 32 if self._fault is Fault.WRONG_DIGEST else self._memory.digest
            held = self._memory.position
            self._send(ClientHeartbeat(position=held, digest=None if held is None else digest))
        if now >= self._ask_at:
            self._ask_at = now + ASK_S
            stamp = stamp_of(self._now())
            self._asked = stamp, now
            self._send(TimeRequest(sent=stamp))
        if self._fault is Fault.SENDS_GARBAGE and self._memory.position is not None:
            self._wire.write(b"\x00\x00\x00\x05<rep>")

    def _on_event(self, event: ClientEvent) -> None:
        match event:
            case Welcome():
                self._interval = event.heartbeat / 1000
                self._take_time(seconds_of(event.station_time))
                self._subscribe(self._memory.position)
            case Received():
                self._waiting.pop(event.number, None)
                self._keep()
            case TimeAnswer():
                self._on_time(event)
            case Command():
                for result in self._duties.commanded(event, self._now()):
                    self._send(result)
            case Breach() if self._fault is not Fault.SWALLOWS_GARBAGE:
                self._wire.write(event.farewell)
            case Error() | Bye():
                self._on_end(event)
            case _:
                self._on_news(event)

    def _on_end(self, event: Error | Bye) -> None:
        if isinstance(event, Error):
            self.refused = True
            return
        self.reason = event.reason
        if event.hubs:
            self.redirected = event.hubs[0].host, event.hubs[0].port

    def _on_news(self, event: ClientEvent) -> None:
        """What concerns the replica."""
        match event:
            case Subscribed():
                self._current, self._snapshot_due = True, not event.resumed
            case Whole():
                self._on_whole(event)
            case Applicable():
                self._on_update(event)
            case Repeated():
                self._ack(event.position)
            case Gap() if self._fault is not Fault.IGNORES_GAPS:
                self._subscribe(None)
            case HubHeartbeat():
                self._on_beat(event)

    def _on_whole(self, event: Whole) -> None:
        if digest_of(event.resources) != event.digest and self._fault is not Fault.BELIEVES_ANY_SNAPSHOT:
            self._send(
                Ack(
                    epoch=event.position.epoch,
                    sequence=event.position.sequence,
                    outcome=AckOutcome.REJECTED,
                    reason="The digest does not fit the resources.",
                )
            )
            return
        self._snapshot_due = False
        if self._fault is not Fault.APPLIES_NOTHING or not self._memory.replica:
            self._memory.replica = {(one.kind, one.id): one for one in event.resources}
        if self._fault is Fault.FORGETS_WHAT_WAS_DONE:
            self._memory.begun.clear()
        self._memory.position = event.position
        self._ack(event.position)

    def _on_update(self, event: Applicable) -> None:
        if self._fault is not Fault.APPLIES_NOTHING:
            if self._fault is not Fault.IGNORES_DELETES:
                for deletion in event.update.deletes:
                    self._memory.replica.pop((deletion.kind, deletion.id), None)
            for resource in event.update.puts:
                self._memory.replica[resource.kind, resource.id] = resource
        self._memory.position = event.position
        self._ack(event.position)

    def _on_beat(self, beat: HubHeartbeat) -> None:
        self._duties.fed(beat)
        held = self._memory.position
        if self._snapshot_due or held is None or held.epoch != beat.position.epoch or held.sequence < beat.last:
            return
        if beat.digest != self._memory.digest:
            if self._fault is not Fault.IGNORES_DIGEST:
                self._subscribe(None)
            return
        self._memory.position = beat.position
        self.proved = True

    def _on_time(self, answer: TimeAnswer) -> None:
        if self._asked is not None and self._asked[0] == answer.asked:
            way = (self._machine.monotonic() - self._asked[1]) / 2
            self._take_time(seconds_of(answer.sent) + way)

    def _take_time(self, station: float) -> None:
        self._set_time(station - self._machine.monotonic())

    def _subscribe(self, held: Position | None) -> None:
        kind = self._settings.kind
        wanted = Filter(kinds=("task", "mode"), task_kinds=(kind.does,), targets=(kind.target,))
        if not self._session.closed:
            self._wire.write(self._session.subscribe(wanted, held))
            self._snapshot_due = held is None

    def _ack(self, position: Position) -> None:
        sequence = position.sequence + (1000 if self._fault is Fault.ACKS_WRONG_SEQUENCE else 0)
        if self._fault is not Fault.NEVER_ACKS:
            self._send(Ack(epoch=position.epoch, sequence=sequence))

    def _report(self) -> None:
        """Whatever is new: results, and what is to be seen where that is different."""
        now = self._now()
        results: tuple[TaskResult, ...] = ()
        whole = not self._told_whole
        if whole:
            results = tuple(self._memory.unreceived)
        results += tuple(self._duties.unreported)
        self._duties.unreported.clear()
        readback = self._duties.readback(now)
        same = readback is None or (self._told is not None and readback.rows == self._told.rows)
        flooding = self._fault is Fault.FLOODS and not results
        if not (whole or results or not same or flooding):
            return
        self._reports += 1
        if results:
            self._waiting[self._reports] = results
            self._keep()
        tells = whole or flooding
        said = Report(
            number=self._reports,
            whole=whole and self._fault is not Fault.NEVER_WHOLE,
            results=results,
            devices=(self._duties.hardware(now),) if tells else (),
            readbacks=(readback,) if readback is not None and (whole or not same) else (),
        )
        self._told, self._told_whole = readback, True
        self._send(said)

    def _keep(self) -> None:
        """What is not received is kept, and reported again with the next connection's first report."""
        kept = [] if self._fault is Fault.FORGETS_RESULTS else [one for many in self._waiting.values() for one in many]
        self._memory.unreceived = kept

    def _send(self, message: ClientMessage) -> None:
        try:
            self._wire.write(self._session.send(message))
        except LocalProtocolError:
            # The session ended while this was made; what must not be lost is in the memory.
            return
