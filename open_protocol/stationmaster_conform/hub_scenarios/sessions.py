"""How a session with a hub begins and goes on: welcome, subscription, snapshot, resuming, heartbeats, time."""

from __future__ import annotations

from dataclasses import replace

from stationmaster_conform import clauses
from stationmaster_conform.played_client import PlayedClient
from stationmaster_conform.scenario import Scenario
from stationmaster_conform.verdict import Broken, NotApplicable
from stationmaster_conform.words import in_words
from stationmaster_protocol.client_session import Whole
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import (
    VERSION,
    Ack,
    AckOutcome,
    Bye,
    ByeReason,
    HubHeartbeat,
    Position,
    Received,
    Report,
    Subscribed,
    TimeAnswer,
    TimeRequest,
)
from stationmaster_protocol.scalars import Stamp, stamp_of
from stationmaster_protocol.versions import parsed

__all__ = ["SCENARIOS"]

STATION = Filter(kinds=("station", "place"))
SECOND = 1_000_000


def connect(client: PlayedClient) -> None:
    """Hello, welcome, subscribe, snapshot, and a heartbeat that proves it."""
    line = client.whole()
    if not line.replica:
        raise Broken(
            clauses.WITHOUT_KINDS, expected="resources", came="an empty snapshot", sent="a filter that asks for all"
        )


def newer(client: PlayedClient) -> None:
    """A client of a newer minor version is welcome, in the lower of the two versions."""
    major, minor = parsed(VERSION)
    line = client.welcome(client.hello(version=f"{major}.{minor + 99}"))
    assert line.welcome is not None
    if parsed(line.welcome.version) > (major, minor + 99) or parsed(line.welcome.version)[0] != major:
        raise Broken(clauses.LOWER_VERSION, expected=f"at most {major}.{minor + 99}", came=in_words(line.welcome))
    client.subscribe(STATION)
    client.proved()


def oldest(client: PlayedClient) -> None:
    """A client of the first minor version is welcome, in that version."""
    line = client.welcome(client.hello(version="1.0"))
    assert line.welcome is not None
    if line.welcome.version != "1.0":
        raise Broken(clauses.LOWER_VERSION, expected="version 1.0", came=in_words(line.welcome), sent="hello with 1.0")


def other_major(client: PlayedClient) -> None:
    """A client of another major version is refused."""
    client.knock()
    client.tell(client.hello(version="9.0"))
    client.refused(clauses.MAJOR_VERSION, "version")


def filtered(client: PlayedClient) -> None:
    """Only what the filter asks for comes; a second subscription brings what that asks for, and nothing else."""
    line = client.whole(Filter(kinds=("station",)))
    kinds = {kind for kind, _ in line.replica}
    if kinds != {"station"}:
        raise Broken(clauses.FILTERED, expected="the station alone", came=", ".join(sorted(kinds)) or "nothing")
    client.subscribe(Filter(kinds=("place", "rule")))
    answer = client.heard(Subscribed, clauses.SUBSCRIBED, "subscribed with number 2")
    if answer.number != 2 or answer.resumed:
        raise Broken(clauses.SUBSCRIBED, expected="number 2, not resumed", came=in_words(answer))
    client.proved()


def same_number(client: PlayedClient) -> None:
    """A subscription whose number was there before is refused."""
    client.whole(STATION)
    client.tell_raw(
        _framed('<subscribe xmlns="urn:stationmaster:open-protocol:1" number="1"><filter/></subscribe>'),
        "subscribe with number 1, a second time",
    )
    client.refused(clauses.SUBSCRIBED, "unknown-sequence")


def resume(client: PlayedClient) -> None:
    """What is held is where the hub stands: it leads on without a snapshot."""
    position, replica = _held(client)
    line = client.welcome(client.hello(held=position))
    line.replica, line.position = replica, position
    client.subscribe(STATION, position)
    answer = client.heard(Subscribed, clauses.HISTORY, "subscribed, resumed")
    if not answer.resumed:
        raise NotApplicable("it did not lead on from a position of a moment ago, which it may if it keeps no history")
    client.proved()


def future(client: PlayedClient) -> None:
    """A held position that the hub has not come to yet is none of its history: a snapshot comes."""
    position, _ = _held(client)
    _not_resumed(client, replace(position, sequence=position.sequence + 1_000_000))


def wrong_hash(client: PlayedClient) -> None:
    """A held position with another hash is none of the hub's history: a snapshot comes."""
    position, _ = _held(client)
    _not_resumed(client, replace(position, hash="0123456789abcdef"))


def other_epoch(client: PlayedClient) -> None:
    """A held position of another epoch is none of the hub's history: a snapshot comes."""
    position, _ = _held(client)
    _not_resumed(client, replace(position, epoch="conform-no-such-epoch"))


def updates(client: PlayedClient) -> None:
    """Watch the hub for a while: each heartbeat's digest is what all updates until then give."""
    line = client.whole()
    assert line.welcome is not None
    interval = line.welcome.heartbeat / 1000
    until = client.machine.monotonic() + max(3 * interval, client.options.watch_s)
    while not line.updates and client.machine.monotonic() < until:
        client.turn(until)
    if not line.updates:
        raise NotApplicable(f"nothing changed at the station within {max(3 * interval, client.options.watch_s):g} s")
    client.proved(clauses.HUB_DIGEST)


def heartbeats(client: PlayedClient) -> None:
    """A heartbeat comes in every interval."""
    line = client.whole(STATION)
    assert line.welcome is not None
    interval = line.welcome.heartbeat / 1000
    for _ in range(2):
        client.heard(
            HubHeartbeat,
            clauses.HUB_HEARTBEAT,
            "a heartbeat in each interval",
            within=max(2 * interval, client.options.patience.silence_s),
        )


def silent(client: PlayedClient) -> None:
    """A client that says nothing for three intervals is refused."""
    line = client.whole(STATION)
    assert line.welcome is not None
    client.beats = client.acknowledges = False
    client.refused(
        clauses.SILENCE, "silent", within=5 * line.welcome.heartbeat / 1000 + client.options.patience.answer_s
    )


def too_slow(client: PlayedClient) -> None:
    """A client that never subscribes is refused."""
    client.welcome()
    client.refused(clauses.TOO_SLOW, "too-slow", within=20)


def rejection(client: PlayedClient) -> None:
    """After a rejection a fresh snapshot comes, and no more than one in a heartbeat interval."""
    line = client.whole(STATION)
    assert line.position is not None
    assert line.welcome is not None
    rejected = Ack(
        epoch=line.position.epoch,
        sequence=line.position.sequence,
        outcome=AckOutcome.REJECTED,
        reason="The conformance kit rejects this.",
    )
    client.tell(rejected)
    client.heard(Whole, clauses.FRESH_SNAPSHOT, "a fresh snapshot")
    client.proved()


def never_sent(client: PlayedClient) -> None:
    """An ack of what was never sent is refused."""
    line = client.whole(STATION)
    assert line.position is not None
    client.tell(Ack(epoch=line.position.epoch, sequence=line.position.sequence + 1_000_000))
    client.refused(clauses.NEVER_SENT, "unknown-sequence")


def time(client: PlayedClient) -> None:
    """A question for the time is answered, with its stamp and two that fit each other."""
    line = client.welcome()
    assert line.welcome is not None
    asked = stamp_of(client.machine.wall())
    client.tell(TimeRequest(sent=asked))
    answer = client.heard(TimeAnswer, clauses.TIME_ANSWER, "time-answer")
    late = Stamp(line.welcome.station_time - SECOND)
    if answer.asked != asked or not late <= answer.received <= answer.sent:
        raise Broken(
            clauses.TIME_ANSWER,
            expected="asked as it was sent, and received ≤ sent, not before the welcome's station time",
            came=in_words(answer),
            sent=in_words(TimeRequest(sent=asked)),
        )


def reports(client: PlayedClient) -> None:
    """Reports are answered by received; the same again is answered again."""
    client.whole(STATION)
    for _ in range(2):
        client.tell(Report(number=1, whole=True))
        answer = client.heard(Received, clauses.COMMITTED, "received with number 1")
        if answer.number != 1:
            raise Broken(clauses.COMMITTED, expected="number 1", came=in_words(answer))


def replaced(client: PlayedClient) -> None:
    """A second connection of the identity replaces the first, which is told so."""
    first = client.whole(STATION)
    client.whole(STATION)
    second = client.line
    client.line = first

    def bidden() -> Bye | None:
        return next((event for event in first.heard if isinstance(event, Bye)), None)

    bye = client.wait(bidden, clauses.REPLACES, "bye replaced on the first connection")
    client.line = second
    if bye.reason is not ByeReason.REPLACED:
        raise Broken(clauses.REPLACES, expected="reason replaced", came=in_words(bye))
    client.proved()


def _held(client: PlayedClient) -> tuple[Position, dict]:  # type: ignore[type-arg]  # as the line has it
    line = client.whole(STATION)
    assert line.position is not None
    found = line.position, dict(line.replica)
    client.leave()
    return found


def _not_resumed(client: PlayedClient, held: Position) -> None:
    client.welcome()
    client.subscribe(STATION, held)
    answer = client.heard(Subscribed, clauses.HISTORY, "subscribed, not resumed")
    if answer.resumed:
        raise Broken(clauses.HISTORY, expected="subscribed, not resumed", came=in_words(answer), sent=f"held {held}")
    client.proved()


def _framed(text: str) -> bytes:
    document = text.encode()
    return len(document).to_bytes(4, "big") + document


SCENARIOS = (
    Scenario(
        name="connect",
        title="welcome, snapshot, and a heartbeat that proves it",
        clauses=(clauses.WELCOME, clauses.SUBSCRIBED, clauses.PARTS, clauses.HUB_DIGEST),
        play=connect,
    ),
    Scenario(
        name="newer-client",
        title="a client of a newer version",
        clauses=(clauses.MINOR_VERSION, clauses.LOWER_VERSION),
        play=newer,
    ),
    Scenario(name="first-version", title="a client of version 1.0", clauses=(clauses.LOWER_VERSION,), play=oldest),
    Scenario(
        name="other-major",
        title="a client of another major version",
        clauses=(clauses.MAJOR_VERSION,),
        play=other_major,
    ),
    Scenario(
        name="filter", title="a filter, and then another", clauses=(clauses.FILTERED, clauses.SUBSCRIBED), play=filtered
    ),
    Scenario(
        name="same-number", title="a subscription's number again", clauses=(clauses.SUBSCRIBED,), play=same_number
    ),
    Scenario(name="resume", title="a position of a moment ago", clauses=(clauses.HISTORY,), play=resume),
    Scenario(name="future", title="a position from the future", clauses=(clauses.HISTORY,), play=future),
    Scenario(name="wrong-hash", title="a position with another hash", clauses=(clauses.HISTORY,), play=wrong_hash),
    Scenario(name="other-epoch", title="a position of another epoch", clauses=(clauses.HISTORY,), play=other_epoch),
    Scenario(
        name="updates",
        title="digests over updates",
        clauses=(clauses.HUB_DIGEST, clauses.NO_GAPS),
        play=updates,
        thorough=True,
    ),
    Scenario(name="heartbeats", title="heartbeats", clauses=(clauses.HUB_HEARTBEAT,), play=heartbeats),
    Scenario(name="rejection", title="a snapshot that is rejected", clauses=(clauses.FRESH_SNAPSHOT,), play=rejection),
    Scenario(name="never-sent", title="an ack of what was never sent", clauses=(clauses.NEVER_SENT,), play=never_sent),
    Scenario(name="time", title="the time", clauses=(clauses.TIME_ANSWER,), play=time),
    Scenario(name="reports", title="a report, twice", clauses=(clauses.COMMITTED,), play=reports),
    Scenario(name="replaced", title="a second connection", clauses=(clauses.REPLACES,), play=replaced),
    Scenario(name="silent", title="a client that falls silent", clauses=(clauses.SILENCE,), play=silent, thorough=True),
    Scenario(
        name="too-slow",
        title="a client that never subscribes",
        clauses=(clauses.TOO_SLOW,),
        play=too_slow,
        thorough=True,
    ),
)
