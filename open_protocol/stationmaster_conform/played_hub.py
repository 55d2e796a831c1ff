"""The words in which scenarios for clients are written: what the played hub is told to do, and what to wait for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from stationmaster_conform import clauses
from stationmaster_conform.client_link import ClientLink
from stationmaster_conform.hub_habits import HubHabits, Manners
from stationmaster_conform.station import TELECODE
from stationmaster_conform.verdict import Broken, CannotRun
from stationmaster_conform.words import counted
from stationmaster_kernel.task import Task

__all__ = ["PlayedHub"]

Found = TypeVar("Found")


class PlayedHub(HubHabits):
    """The vocabulary of scenarios for clients."""

    _missed = False
    """Whether the client was waited for in vain."""

    # What scenarios say.

    def name(self, what: str) -> str:
        """An id that no other task, command or epoch of any run has."""
        self.names += 1
        return f"{TELECODE}-{self.run}/{what}/{self.names}"

    def tell_raw(self, data: bytes, what: str) -> None:
        """Send bytes that need not be a message."""
        self.sent = what
        self.transcript.append(f"→ {what}")
        if self.link is not None:
            self.link.wire.write(data)

    def commit(self, *tasks: Task, gone: tuple[Task, ...] = ()) -> int:
        """Put tasks into the world, or take them out, and send the update; its sequence."""
        entry = self.world.commit(
            *(("task", task.id, task) for task in tasks), deletes=[("task", task.id) for task in gone]
        )
        for task in tasks:
            self.judge.knows(task)
        if entry.puts or entry.deletes:
            self.tell(entry.update)
        return entry.after.sequence

    def wait(
        self, what: Callable[[], Found | None], clause: str, expected: str, *, within: float | None = None
    ) -> Found:
        """Go on as a hub until `what` gives something.

        Raises:
            Broken: `clause`, if it does not in time.

        """
        self.came.clear()
        sent = self.sent
        until = self.machine.monotonic() + (self.options.patience.answer_s if within is None else within)
        while not (found := what()):
            if self.machine.monotonic() >= until:
                seconds = self.options.patience.answer_s if within is None else within
                raise Broken(
                    clause,
                    expected=f"{expected} within {seconds:g} s",
                    came=counted(self.came),
                    sent=sent,
                )
            self.turn(until)
        return found

    def linger(self, seconds: float) -> None:
        """Go on as a hub for so long."""
        until = self.machine.monotonic() + seconds
        while self.machine.monotonic() < until:
            self.turn(until)

    def linger_until(self, station: float) -> None:
        """Go on as a hub until it is so late at the station."""
        self.linger(max(0.0, station - self.clock.now()))

    def client(self, *, within: float | None = None) -> ClientLink:
        """The client, connected and subscribed; waited for if it is not there.

        Raises:
            Broken: it does not come.

        """
        patience = self.options.patience
        # Who has not come back once is not waited for so long in each scenario after that.
        usual = patience.answer_s if self._missed else patience.return_s
        seconds = usual if within is None else within

        def there() -> ClientLink | None:
            return self.link if self.link is not None and self.link.subscribed else None

        self._missed = True
        link = self.wait(there, clauses.RECONNECT, "a client that connects, says hello and subscribes", within=seconds)
        self._missed = False
        return link

    def whole(self, clause: str | None = None, *, within: float | None = None) -> ClientLink:
        """The client, whose heartbeat proves that it holds everything.

        Raises:
            Broken: `clause` (or that of the digest) if it does not.

        """
        self.client(within=within)
        self.beat()

        def proved() -> ClientLink | None:
            link = self.link
            if link is None or not link.subscribed or link.proved is None:
                return None
            return (
                link
                if self.world.last <= link.proved.sequence and link.proved.epoch == self.world.position.epoch
                else None
            )

        return self.wait(
            proved,
            clause or clauses.DIGEST,
            f"a client-heartbeat at sequence {self.world.last} or later with digest {self.world.digest}",
            within=within,
        )

    def acked(self, sequence: int, clause: str | None = None, link: ClientLink | None = None) -> None:
        """Wait until the client has acknowledged everything up to a sequence; in this very session, if one is given.

        Raises:
            Broken: `clause` (or that of acknowledging) if it does not.

        """

        def acknowledged() -> bool:
            if link is not None and not link.alive:
                raise Broken(
                    clause or clauses.ACK,
                    expected=f"ack of sequence {sequence}",
                    came=f"the end of the session: {link.over}",
                    sent=self.sent,
                )
            return self.link is not None and self.link.subscribed and self.link.session.acked >= sequence

        self.wait(acknowledged, clause or clauses.ACK, f"ack of sequence {sequence}")

    def tidy(self) -> None:
        """Before each scenario: manners as they are, the door open, none of the last one's tasks."""
        self.manners = Manners()
        self.feed_age = 0
        self.door.open()
        self.transcript.clear()
        tasks = [resource.value for resource in self.world.admitted() if isinstance(resource.value, Task)]
        if tasks:
            self.commit(gone=tuple(tasks))

    def last_words(self) -> list[str]:
        """The last messages of both sides."""
        return list(self.transcript)

    def first(self) -> ClientLink:
        """The first connection of all.

        Raises:
            CannotRun: nobody comes.

        """
        until = self.machine.monotonic() + self.options.patience.first_s
        while not self.knocks:
            if self.machine.monotonic() >= until:
                raise CannotRun(
                    f"Nobody connected to {self.door} within {self.options.patience.first_s:g} s.",
                    "Set the client's hub to this address and start it.",
                )
            self.turn(until)
        return self.client()
