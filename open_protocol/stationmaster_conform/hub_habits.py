"""What the played hub does by itself: welcomes, answers subscriptions, sends heartbeats, receives reports.

It does so while a scenario waits for something, and a scenario says only what is special in it; `Manners` say what is
left out or done otherwise.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from stationmaster_conform import clauses
from stationmaster_conform.client_link import ClientLink
from stationmaster_conform.judge import Judge
from stationmaster_conform.machine import Machine
from stationmaster_conform.options import ClientOptions
from stationmaster_conform.station import configuration
from stationmaster_conform.station_time import StationTime
from stationmaster_conform.verdict import Broken
from stationmaster_conform.wire import Door
from stationmaster_conform.words import in_words
from stationmaster_conform.world import World
from stationmaster_kernel.values import FeedGrade
from stationmaster_protocol.messages import (
    VERSION,
    Bye,
    ByeReason,
    ClientHeartbeat,
    ClientMessage,
    Error,
    Hello,
    HubHeartbeat,
    HubMessage,
    Received,
    Report,
    Subscribe,
    Subscribed,
    TimeAnswer,
    TimeRequest,
    Welcome,
)
from stationmaster_protocol.server_session import ServerEvent, ServerSession
from stationmaster_protocol.session import Breach

__all__ = ["HubHabits", "Manners"]

TURN_S = 0.05
LARGEST_HELLO = 8 * 1024
LARGEST = 256 * 1024


@dataclass(kw_only=True)
class Manners:
    """What the played hub does by itself; a scenario changes it, and the next one finds it as it is here.

    `welcomes`, `subscribes`: answers to hello and subscribe. `beats`: heartbeats. `answers_time`, `receives`: answers
    to time requests and reports. `resumes`: leads on from what is held; else it always sends a snapshot. `parts`
    is in how many parts. `version` is the highest that it speaks.
    `minds_silence`: a client that says nothing any more is at fault.
    """

    welcomes: bool = True
    subscribes: bool = True
    beats: bool = True
    answers_time: bool = True
    receives: bool = True
    resumes: bool = True
    parts: int = 1
    version: str = VERSION
    minds_silence: bool = True


class HubHabits:
    """Args:
        options: as the person said.
        machine: clocks and chance.

    `link` is the present session, None without one; `knocks` are the machine times at which somebody connected.
    `feed_age` is how old, in seconds, the dispatching feed is; 0: it is fresh.

    Raises:
        CannotRun: the port cannot be had.

    """

    def __init__(self, options: ClientOptions, machine: Machine) -> None:
        self.options = options
        self.machine = machine
        self.run = machine.new_id()
        self.clock = StationTime(machine)
        self.world = World(f"kit-{self.run}")
        self.judge = Judge(self.world)
        self.manners = Manners()
        self.door = Door(options.host, options.port, machine)
        self.link: ClientLink | None = None
        self.knocks: list[float] = []
        self.feed_age = 0
        self.transcript: deque[str] = deque(maxlen=40)
        self.came: list[str] = []
        self.sent = ""
        self._beat_at = 0.0
        self.names = 0
        self.world.commit(*configuration(options.targets))

    def tell(self, message: HubMessage) -> None:
        """Say something to the client, if it is there."""
        if self.link is not None and self.link.alive:
            self._note("→", message)
            self.link.send(message)

    def beat(self) -> None:
        """A heartbeat, now."""
        link = self.link
        if link is not None and link.subscribed:
            self._beat_at = self.machine.monotonic() + self.options.heartbeat_s
            link.send(self.heartbeat())

    def heartbeat(self) -> HubHeartbeat:
        """The heartbeat that is due now."""
        return HubHeartbeat(
            position=self.world.position,
            last=self.world.last,
            digest=self.world.digest,
            station_time=self.clock.stamp(),
            grade=FeedGrade.LOST if self.feed_age else FeedGrade.FRESH,
            fresh_at=self.clock.instant(-self.feed_age),
        )

    def leave(self, bye: Bye | None = None) -> None:
        """Say goodbye and close."""
        self.tell(bye or Bye(reason=ByeReason.STOPPING))
        if self.link is not None:
            self.link.wire.part()
            self.link.over = self.link.over or "closed by the kit"

    def close(self) -> None:
        """No hub any more."""
        self.door.shut()
        if self.link is not None:
            self.link.wire.close()

    def drop(self) -> None:
        """Break the connection off."""
        if self.link is not None:
            self.link.wire.abort()
            self.link.over = self.link.over or "cut by the kit"
            self.transcript.append("→ the connection is cut")

    # What a hub does by itself.

    @property
    def _epoch(self) -> str:
        return self.world.position.epoch

    def turn(self, until: float) -> None:
        """Do what is due, hear what comes, at most until machine time `until` and not for long."""
        now = self.machine.monotonic()
        until = min(until, now + min(TURN_S, self.options.heartbeat_s / 2))
        link = self.link
        if link is None or not link.alive:
            self._await_knock(until)
            return
        if link.subscribed and self.manners.beats and now >= self._beat_at:
            self.beat()
        self._hear(link, until)
        # A client may connect anew while its old connection still looks alive from here.
        self._await_knock(self.machine.monotonic())

    def _await_knock(self, until: float) -> None:
        wire = self.door.accept(until)
        if wire is None:
            if self.door.shut_now:
                self.machine.pause(max(0.0, until - self.machine.monotonic()))
            return
        if self.link is not None and self.link.alive:
            self.leave(Bye(reason=ByeReason.REPLACED))
        now = self.machine.monotonic()
        self.knocks.append(now)
        self.transcript.append("· a client connects")
        self.link = ClientLink(
            wire=wire,
            since=now,
            heard_at=now,
            session=ServerSession(largest_in=LARGEST_HELLO, version=self.manners.version),
        )
        self.judge.connected()

    def _hear(self, link: ClientLink, until: float) -> None:
        events = link.read(until)
        now = self.machine.monotonic()
        if events:
            link.heard_at = now
        for event in events:
            self._on_event(link, event)
            if link.over:
                break
        if not link.over and not link.wire.open:
            link.over = "closed by the client"
            self.came.append("the connection is closed")
            self.transcript.append("← the connection is closed")
        limit = max(3 * self.options.heartbeat_s, self.options.patience.silence_s)
        minds = self.manners.minds_silence and link.wire.reading
        if link.subscribed and minds and not events and now - link.heard_at > limit:
            self.drop()
            raise Broken(
                clauses.HEARTBEAT,
                expected=f"a message at least every {self.options.heartbeat_s:g} s",
                came=f"nothing for {now - link.heard_at:.1f} s",
                sent=f"welcome with heartbeat {round(self.options.heartbeat_s * 1000)}",
            )

    def _on_event(self, link: ClientLink, event: ServerEvent) -> None:
        if isinstance(event, Breach):
            link.over = f"broke the protocol: {event.error.code}"
            link.wire.write(event.farewell)
            link.wire.part(0.2)
            raise Broken(
                clauses.of_code(event.error.code),
                expected="a message that the protocol allows here",
                came=event.error.message,
                sent=self.sent,
            )
        self._note("←", event)
        link.heard.append(event)
        self.judge.heard(link, event, self.clock.now())
        match event:
            case Hello():
                self._on_hello(link, event)
            case Subscribe():
                self._on_subscribe(link, event)
            case Report() if self.manners.receives:
                self.tell(Received(number=event.number))
            case TimeRequest() if self.manners.answers_time:
                now = self.clock.stamp()
                self.tell(TimeAnswer(asked=event.sent, received=now, sent=now))
            case Error():
                link.over = f"error {event.code}"
                link.wire.close()
            case Bye():
                link.over = f"bye {event.reason}"
                link.wire.close()

    def _on_hello(self, link: ClientLink, hello: Hello) -> None:
        link.hello = hello
        options = self.options
        if options.identity not in (None, hello.identity) or options.token not in (None, hello.token):
            self.tell(Error(code="not-authenticated", text="Not the identity and token that the kit was told."))
            raise Broken(
                clauses.HELLO,
                expected=f"identity {options.identity or 'of any name'} with the token that the kit was told",
                came=in_words(hello),
            )
        if self.manners.welcomes:
            self.welcome(link)

    def welcome(self, link: ClientLink) -> None:
        """Answer a hello."""
        link.version = link.session.version
        link.session.accept(LARGEST)
        self.tell(self.welcome_message(link))

    def welcome_message(self, link: ClientLink) -> Welcome:
        """The answer to a hello."""
        return Welcome(
            version=link.session.version,
            epoch=self._epoch,
            heartbeat=max(1, round(self.options.heartbeat_s * 1000)),
            largest=LARGEST,
            station_time=self.clock.stamp(),
        )

    def _on_subscribe(self, link: ClientLink, subscribe: Subscribe) -> None:
        link.subscribe = subscribe
        link.count += 1
        link.proved = None
        self.world.look_through(subscribe.filter)
        if self.manners.subscribes:
            self.answer_subscription(subscribe)

    def answer_subscription(self, subscribe: Subscribe) -> None:
        """Lead on from what is held, or send a snapshot; and a heartbeat, which proves it."""
        way = self.world.since(subscribe.held) if subscribe.held is not None and self.manners.resumes else None
        self.tell(Subscribed(number=subscribe.number, resumed=way is not None))
        if way is None:
            self.snapshot()
        else:
            for entry in way:
                if entry.puts or entry.deletes:
                    self.tell(entry.update)
        if self.manners.beats:
            self.beat()

    def snapshot(self) -> None:
        """The whole set, in as many parts as the manners say."""
        for part in self.world.snapshot(self.manners.parts):
            self.tell(part)

    def _note(self, arrow: str, message: ClientMessage | HubMessage) -> None:
        words = in_words(message)
        if arrow == "→":
            self.sent = words
        elif not isinstance(message, ClientHeartbeat):
            self.came.append(words)
        self.transcript.append(f"{arrow} {words}")
