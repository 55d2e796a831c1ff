"""A client that sends what no client may send: the hub refuses it with a code, and serves everybody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stationmaster_conform import clauses
from stationmaster_conform.client_scenarios.evolution import FOREIGN, framed
from stationmaster_conform.client_scenarios.hostile import BOMB
from stationmaster_conform.played_client import PlayedClient
from stationmaster_conform.scenario import Scenario
from stationmaster_conform.verdict import Broken
from stationmaster_protocol.codec import LENGTH_BYTES
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import NAMESPACE, HubHeartbeat
from stationmaster_protocol.writing import document_text

__all__ = ["SCENARIOS"]

LARGEST_HELLO = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Poison:
    """What is sent, what it is, the codes with which the hub may answer, the clause, and when it is sent."""

    name: str
    clause: str
    what: str
    data: bytes
    codes: tuple[str, ...]
    welcome: bool = False


POISONS = (
    Poison(
        name="oversize-hello",
        clause="OP-FRAME-4",
        what=f"a first frame that announces {LARGEST_HELLO + 1} bytes",
        data=(LARGEST_HELLO + 1).to_bytes(LENGTH_BYTES, "big"),
        codes=("too-large",),
    ),
    Poison(
        name="oversize",
        clause="OP-FRAME-4",
        what="a frame that announces 4 GiB",
        data=b"\xff\xff\xff\xff",
        codes=("too-large",),
        welcome=True,
    ),
    Poison(name="empty", clause="OP-FRAME-3", what="a frame of 0 bytes", data=bytes(4), codes=("empty-message",)),
    Poison(
        name="not-xml", clause="OP-XML-4", what="what is not well-formed", data=framed("<hello"), codes=("not-xml",)
    ),
    Poison(
        name="not-utf8",
        clause="OP-XML-3",
        what="what is not UTF-8",
        data=b"\x00\x00\x00\x04<\xff\xfe>",
        codes=("not-utf8",),
    ),
    Poison(name="entities", clause="OP-XML-5", what="a document with entities", data=framed(BOMB), codes=("doctype",)),
    Poison(
        name="deep",
        clause="OP-XML-4",
        what="a document nested 1,000 deep",
        data=framed("<a>" * 1000 + "</a>" * 1000),
        codes=("not-xml",),
    ),
    Poison(
        name="not-valid",
        clause="OP-XML-2",
        what="a hello without an identity",
        data=framed(f'<hello xmlns="{NAMESPACE}" version="1.0"/>'),
        codes=("invalid",),
    ),
    Poison(
        name="too-early",
        clause="OP-STATE-2",
        what="a subscription before hello",
        data=framed(f'<subscribe xmlns="{NAMESPACE}"><filter/></subscribe>'),
        codes=("unexpected-message",),
    ),
    Poison(
        name="wrong-side",
        clause="OP-STATE-2",
        what="a welcome, which only a hub sends",
        data=framed(
            f'<welcome xmlns="{NAMESPACE}" version="1.0" epoch="x" heartbeat="1000" largest="262144" '
            'station-time="2026-03-01T07:04:00.000000Z"/>'
        ),
        codes=("unexpected-message",),
    ),
    Poison(
        name="unsubscribed",
        clause="OP-STATE-2",
        what="an ack before a subscription",
        data=framed(f'<ack xmlns="{NAMESPACE}" epoch="x" sequence="1"/>'),
        codes=("unexpected-message",),
        welcome=True,
    ),
)


def _play(poison: Poison) -> Callable[[PlayedClient], None]:
    def play(client: PlayedClient) -> None:
        if poison.welcome:
            client.welcome()
        else:
            client.knock()
        client.tell_raw(poison.data, poison.what)
        client.refused(poison.clause, *poison.codes)

    return play


def pieces(client: PlayedClient) -> None:
    """A hello that comes byte by byte is a hello."""
    line = client.knock()
    frame = line.session.send(client.hello())
    for number in range(len(frame)):
        line.wire.write(frame[number : number + 1])
    client.tell_raw(b"", "hello, byte by byte")
    client.wait(lambda: line.welcome, clauses.FRAMES, "welcome")


def extension(client: PlayedClient) -> None:
    """A hello with an extension is welcome."""
    line = client.knock()
    hello = client.hello()
    text = document_text(hello)
    text = (
        text.replace("/>", f">{FOREIGN}</hello>")
        if text.endswith("/>")
        else text.replace("</hello>", f"{FOREIGN}</hello>")
    )
    line.session.send(hello)
    client.tell_raw(framed(text), "hello with an extension")
    client.wait(lambda: line.welcome, clauses.EXTENSION, "welcome")


def others(client: PlayedClient) -> None:
    """While other connections do what they like, a client in order is served."""
    line = client.whole(Filter(kinds=("station",)))
    assert line.welcome is not None
    aside = []
    for poison in POISONS:
        wire = client.aside()
        wire.write(poison.data)
        aside.append(wire)
    half_open = [client.aside() for _ in range(20)]
    for wire in half_open:
        wire.write(b"\x00\x00\x10")
    client.heard(
        HubHeartbeat,
        clauses.OTHERS,
        "a heartbeat as before",
        within=max(2 * line.welcome.heartbeat / 1000, client.options.patience.silence_s),
    )
    for wire in (*aside, *half_open):
        wire.abort()
    if not line.alive:
        raise Broken(clauses.OTHERS, expected="a session that goes on", came=line.over, sent="hostile connections")


SCENARIOS = (
    Scenario(name="pieces", title="a hello byte by byte", clauses=(clauses.FRAMES,), play=pieces),
    Scenario(name="extension", title="an unknown extension", clauses=(clauses.EXTENSION,), play=extension),
    *(
        Scenario(
            name=f"hostile-{poison.name}",
            title=f"hostile: {poison.what}",
            clauses=(poison.clause, clauses.ERROR_CODE),
            play=_play(poison),
        )
        for poison in POISONS
    ),
    Scenario(name="others", title="others are served meanwhile", clauses=(clauses.OTHERS,), play=others),
)
