"""The client that the kit plays: it holds a replica and acknowledges by itself, so that a scenario says only the rest.

Whatever the scenario, everything that the hub sends is held against the document: snapshots against their digest,
updates against what is held, heartbeats against the replica, and resources against the filter.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TypeVar

from stationmaster_conform import clauses
from stationmaster_conform.hub_line import HubLine
from stationmaster_conform.machine import Machine
from stationmaster_conform.options import HubOptions
from stationmaster_conform.verdict import Broken, CannotRun
from stationmaster_conform.wire import Wire, knock
from stationmaster_conform.words import counted, in_words
from stationmaster_protocol.client_session import Applicable, ClientEvent, Gap, Part, Repeated, Whole
from stationmaster_protocol.digest import digest_of
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import (
    VERSION,
    Ack,
    Bye,
    ByeReason,
    ClientHeartbeat,
    ClientMessage,
    Error,
    Hello,
    HubHeartbeat,
    Position,
    Welcome,
)
from stationmaster_protocol.session import Breach
from stationmaster_protocol.versions import parsed

__all__ = ["PlayedClient"]

Found = TypeVar("Found")

TURN_S = 0.05


class PlayedClient:
    """Args:
        options: as the person said.
        machine: clocks and chance.

    `line` is the present connection. `acknowledges` and `beats`: whether it does so by itself.
    """

    def __init__(self, options: HubOptions, machine: Machine) -> None:
        self.options = options
        self.machine = machine
        self.run = machine.new_id()
        self.line: HubLine | None = None
        self.wanted = Filter()
        self.acknowledges = True
        self.beats = True
        self.version = ""
        self.transcript: deque[str] = deque(maxlen=40)
        self._came: list[str] = []
        self._sent = ""
        self._names = 0

    # What scenarios say.

    def name(self, what: str) -> str:
        """An id that no other report or command of any run has."""
        self._names += 1
        return f"conform/{self.run}/{what}/{self._names}"

    def knock(self) -> HubLine:
        """A new connection, on which nothing is said yet.

        Raises:
            CannotRun: the hub cannot be reached.

        """
        options = self.options
        wire = knock(options.host, options.port, self.machine, options.patience.answer_s)
        if wire is None:
            raise CannotRun(f"No hub answers at {options.host}:{options.port}.", "Start the hub, or look at --connect.")
        self.transcript.append("→ a connection")
        self.line = HubLine(wire=wire)
        return self.line

    def hello(self, **more: object) -> Hello:
        """The hello with which the kit introduces itself."""
        fields: dict[str, object] = {"identity": self.options.identity, "token": self.options.token}
        return Hello(**(fields | more))  # type: ignore[arg-type]  # the scenario names a hello's own fields

    def welcome(self, hello: Hello | None = None) -> HubLine:
        """A new connection with hello; welcomed.

        Raises:
            Broken: the hub does not say welcome.

        """
        line = self.knock()
        self.tell(hello or self.hello())
        self.wait(lambda: line.welcome, clauses.WELCOME, "welcome")
        return line

    def subscribe(self, wanted: Filter, held: Position | None = None) -> HubLine:
        """Subscribe on the present connection."""
        line = self.present()
        self.wanted = wanted
        if held is None:
            line.position, line.replica = None, {}
        self._sent = f"subscribe with {wanted}, held {held}"
        self.transcript.append(f"→ {self._sent}")
        line.wire.write(line.session.subscribe(wanted, held))
        return line

    def whole(self, wanted: Filter | None = None) -> HubLine:
        """Connected, subscribed (to everything that it may have, unless told), and proved whole by a heartbeat."""
        self.welcome()
        self.subscribe(wanted or Filter())
        return self.proved()

    def proved(self, clause: str | None = None) -> HubLine:
        """Wait for a heartbeat that agrees with the replica."""
        line = self.present()
        proofs = line.proofs

        def agreed() -> bool:
            return line.position is not None and line.proofs > proofs

        interval = 5.0 if line.welcome is None else line.welcome.heartbeat / 1000
        self.wait(
            agreed,
            clause or clauses.HUB_DIGEST,
            "a snapshot or updates, and a heartbeat that agrees with them",
            within=self.options.patience.answer_s + 2 * interval,
        )
        return line

    def present(self) -> HubLine:
        """The present connection."""
        assert self.line is not None
        return self.line

    def tell(self, message: ClientMessage) -> None:
        """Say something that the session allows."""
        self._sent = in_words(message)
        self.transcript.append(f"→ {self._sent}")
        self.present().send(message)

    def tell_raw(self, data: bytes, what: str) -> None:
        """Send bytes that need not be a message."""
        self._sent = what
        self.transcript.append(f"→ {what}")
        self.present().wire.write(data)

    def heard(self, kind: type[Found], clause: str, expected: str, *, within: float | None = None) -> Found:
        """Wait for the next event of a kind."""
        line = self.present()
        seen = len(line.heard)

        def there() -> Found | None:
            return next((event for event in line.heard[seen:] if isinstance(event, kind)), None)

        return self.wait(there, clause, expected, within=within)

    def refused(self, clause: str, *codes: str, within: float | None = None) -> str:
        """Wait until the hub refuses what was sent last, with one of these codes, and closes; the code.

        Raises:
            Broken: it does not, or with another code.

        """
        line = self.present()
        expected = f"error {' or '.join(codes)}, and the end of the connection"
        self.wait(lambda: not line.wire.open or bool(line.over), clause, expected, within=within)
        said = next((event for event in line.heard if isinstance(event, Error)), None)
        if said is None or said.code not in codes:
            raise Broken(
                clause,
                expected=expected,
                came="the connection is closed without a word" if said is None else in_words(said),
                sent=self._sent,
            )
        return said.code

    def wait(
        self, what: Callable[[], Found | None], clause: str, expected: str, *, within: float | None = None
    ) -> Found:
        """Go on as a client until `what` gives something.

        Raises:
            Broken: `clause`, if it does not in time.

        """
        self._came.clear()
        sent = self._sent
        seconds = self.options.patience.answer_s if within is None else within
        until = self.machine.monotonic() + seconds
        while not (found := what()):
            line = self.present()
            if self.machine.monotonic() >= until or not line.wire.open:
                came = counted(self._came) + ("" if line.wire.open else "; the connection is closed")
                raise Broken(clause, expected=f"{expected} within {seconds:g} s", came=came, sent=sent)
            self.turn(until)
        return found

    def linger(self, seconds: float) -> None:
        """Go on as a client for so long."""
        until = self.machine.monotonic() + seconds
        while self.machine.monotonic() < until and self.present().wire.open:
            self.turn(until)

    def leave(self) -> None:
        """Say goodbye and close."""
        line = self.line
        if line is not None and line.alive:
            line.send(Bye(reason=ByeReason.LEAVING))
            line.wire.part(0.5)
            line.over = "closed by the kit"

    def aside(self) -> Wire:
        """Another connection, that no session is kept of."""
        line = self.line
        wire = self.knock().wire
        self.line = line
        return wire

    # What every stage does.

    def tidy(self) -> None:
        """Before each scenario: no connection, and manners as they are."""
        self.leave()
        self.line = None
        self.acknowledges = self.beats = True
        self.transcript.clear()

    def drop(self) -> None:
        """Break the connection off."""
        if self.line is not None:
            self.line.wire.abort()
            self.line.over = self.line.over or "cut by the kit"

    def last_words(self) -> list[str]:
        """The last messages of both sides."""
        return list(self.transcript)

    # What a client does by itself.

    def turn(self, until: float) -> None:
        """Do what is due, hear what comes, at most until machine time `until` and not for long."""
        line = self.present()
        now = self.machine.monotonic()
        if self.beats and line.alive and line.welcome is not None and now >= line.beat_due:
            line.beat_due = now + line.welcome.heartbeat / 1000
            line.send(ClientHeartbeat(position=line.position, digest=None if line.position is None else line.digest))
        for event in line.read(min(until, now + TURN_S)):
            line.heard.append(event)
            self._note(event)
            self._on_event(line, event)
        if not line.wire.open and not line.over:
            line.over = "closed by the hub"
            self._came.append("the connection is closed")

    def _on_event(self, line: HubLine, event: ClientEvent) -> None:
        match event:
            case Welcome():
                self._on_welcome(line, event)
            case Whole():
                self._on_whole(line, event)
            case Applicable():
                self._on_update(line, event)
            case Repeated():
                self._ack(line, event.position)
            case Gap():
                raise Broken(
                    clauses.NO_GAPS,
                    expected=f"an update that leads on from {event.held.sequence}",
                    came=f"one from {event.update.since} to {event.update.to}",
                    sent=self._sent,
                )
            case HubHeartbeat():
                self._on_beat(line, event)
            case Error():
                line.over = f"error {event.code}"
                line.wire.part(0.2)
            case Bye():
                line.over = f"bye {event.reason}"
                line.wire.part(0.2)
            case Breach():
                line.over = f"broke the protocol: {event.error.code}"
                line.wire.write(event.farewell)
                line.wire.part(0.2)
                raise Broken(
                    clauses.of_hub_code(event.error.code),
                    expected="a message that the protocol allows here",
                    came=event.error.message,
                    sent=self._sent,
                )

    def _on_welcome(self, line: HubLine, welcome: Welcome) -> None:
        line.welcome = welcome
        self.version = self.version or welcome.version
        if parsed(welcome.version)[0] != parsed(VERSION)[0]:
            raise Broken(clauses.LOWER_VERSION, expected=f"version {VERSION} or lower", came=in_words(welcome))

    def _on_whole(self, line: HubLine, whole: Whole) -> None:
        digest = digest_of(whole.resources)
        if digest != whole.digest:
            raise Broken(
                clauses.HUB_DIGEST,
                expected=f"digest {digest}, which is that of the {len(whole.resources)} resources in the snapshot",
                came=f"digest {whole.digest}",
                sent=self._sent,
            )
        self._admitted([(one.kind, one.id, self.wanted.admits(one)) for one in whole.resources])
        line.replica = {(one.kind, one.id): one for one in whole.resources}
        line.position = whole.position
        self._ack(line, whole.position)

    def _on_update(self, line: HubLine, event: Applicable) -> None:
        self._admitted([(one.kind, one.id, self.wanted.admits(one)) for one in event.update.puts])
        for deletion in event.update.deletes:
            line.replica.pop((deletion.kind, deletion.id), None)
        for resource in event.update.puts:
            line.replica[resource.kind, resource.id] = resource
        line.position = event.position
        line.updates += 1
        self._ack(line, event.position)

    def _admitted(self, told: list[tuple[str, str, bool]]) -> None:
        for kind, name, admitted in told:
            if not admitted:
                raise Broken(
                    clauses.FILTERED, expected=f"only what {self.wanted} admits", came=f"{kind} {name}", sent=self._sent
                )

    def _on_beat(self, line: HubLine, beat: HubHeartbeat) -> None:
        line.beat = beat
        held = line.position
        if held is None or held.epoch != beat.position.epoch or held.sequence < beat.last:
            return
        if beat.digest != line.digest:
            raise Broken(
                clauses.HUB_DIGEST,
                expected=f"digest {line.digest} at sequence {held.sequence}, as all that was sent gives it",
                came=in_words(beat),
                sent=self._sent,
            )
        if beat.position.sequence >= held.sequence:
            line.position = beat.position
        line.proofs += 1

    def _ack(self, line: HubLine, position: Position) -> None:
        if self.acknowledges and line.alive:
            line.send(Ack(epoch=position.epoch, sequence=position.sequence))

    def _note(self, event: ClientEvent) -> None:
        if isinstance(event, Whole):
            words = f"snapshot at {event.position.sequence}, {len(event.resources)} resources, digest {event.digest}"
        elif isinstance(event, Applicable):
            words = in_words(event.update)
        elif isinstance(event, Part | Repeated | Gap | Breach):
            words = str(event)[:200]
        else:
            words = in_words(event)
        if not isinstance(event, HubHeartbeat):
            self._came.append(words)
        self.transcript.append(f"← {words}")
