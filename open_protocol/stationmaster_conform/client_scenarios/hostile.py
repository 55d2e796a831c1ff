"""A hub that sends what no hub may send: the client closes, comes back, and is none the worse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stationmaster_conform import clauses
from stationmaster_conform.client_scenarios.evolution import framed
from stationmaster_conform.client_scenarios.subject import link_of
from stationmaster_conform.played_hub import PlayedHub
from stationmaster_conform.scenario import Scenario
from stationmaster_conform.verdict import Broken
from stationmaster_protocol.codec import LARGEST_TO_CLIENT, LENGTH_BYTES
from stationmaster_protocol.messages import NAMESPACE, Error

__all__ = ["SCENARIOS"]

BOMB = (
    '<!DOCTYPE bye [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
    f'<bye xmlns="{NAMESPACE}" reason="stopping" text="&c;"/>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Poison:
    """What is sent, what it is, the codes with which the client may answer, and the clause."""

    name: str
    clause: str
    what: str
    data: bytes
    codes: tuple[str, ...]


POISONS = (
    Poison(
        clause="OP-FRAME-4",
        name="oversize",
        what=f"a frame that announces {LARGEST_TO_CLIENT + 1} bytes",
        data=(LARGEST_TO_CLIENT + 1).to_bytes(LENGTH_BYTES, "big") + b"<",
        codes=("too-large",),
    ),
    Poison(
        clause="OP-FRAME-3", name="empty", what="a frame of 0 bytes", data=bytes(LENGTH_BYTES), codes=("empty-message",)
    ),
    Poison(
        clause="OP-XML-4",
        name="not-xml",
        what="a document that is not well-formed",
        data=framed("<update"),
        codes=("not-xml",),
    ),
    Poison(
        clause="OP-XML-3",
        name="not-utf8",
        what="a document that is not UTF-8",
        data=b"\x00\x00\x00\x04<\xff\xfe>",
        codes=("not-utf8", "not-xml"),
    ),
    Poison(
        clause="OP-XML-5",
        name="entities",
        what="a document with entities",
        data=framed(BOMB),
        codes=("doctype", "not-xml"),
    ),
    Poison(
        clause="OP-XML-4",
        name="deep",
        what="a document nested 100,000 deep",
        data=framed("<a>" * 100_000 + "</a>" * 100_000),
        codes=("not-xml", "invalid"),
    ),
    Poison(
        clause="OP-XML-2",
        name="not-valid",
        what="a message that is not in the schema",
        data=framed(f'<launch xmlns="{NAMESPACE}" train="G1"/>'),
        codes=("invalid",),
    ),
    Poison(
        clause="OP-XML-2",
        name="bad-value",
        what="an update whose since is no number",
        data=framed(f'<update xmlns="{NAMESPACE}" since="minus one" to="2" hash="0"/>'),
        codes=("invalid", "bad-value"),
    ),
    Poison(
        clause="OP-STATE-2",
        name="wrong-order",
        what="a second welcome",
        data=framed(
            f'<welcome xmlns="{NAMESPACE}" version="1.0" epoch="x" heartbeat="1000" largest="262144" '
            'station-time="2026-03-01T07:04:00.000000Z"/>'
        ),
        codes=("unexpected-message",),
    ),
    Poison(
        clause="OP-STATE-2",
        name="wrong-side",
        what="an ack, which only a client sends",
        data=framed(f'<ack xmlns="{NAMESPACE}" epoch="x" sequence="1"/>'),
        codes=("unexpected-message",),
    ),
    Poison(
        clause="OP-STATE-2",
        name="never-reported",
        what="received for a report that was never sent",
        data=framed(f'<received xmlns="{NAMESPACE}" number="9000000000000"/>'),
        codes=("unknown-sequence",),
    ),
)

QUICK = ("oversize", "not-xml", "entities", "wrong-order")


def _play(poison: Poison) -> Callable[[PlayedHub], None]:
    def play(hub: PlayedHub) -> None:
        hub.whole()
        link = link_of(hub)
        hub.manners.minds_silence = False
        hub.tell_raw(poison.data, poison.what)

        def refused() -> bool:
            return not link.alive

        hub.wait(refused, poison.clause, f"error {' or '.join(poison.codes)} and the end of the connection")
        said = next((message for message in link.heard if isinstance(message, Error)), None)
        if said is not None and said.code not in poison.codes:
            raise Broken(
                clauses.ERROR_CODE, expected=f"code {' or '.join(poison.codes)}", came=said.code, sent=poison.what
            )
        hub.whole(clauses.RECONNECT)

    return play


SCENARIOS = tuple(
    Scenario(
        name=f"hostile-{poison.name}",
        title=f"hostile: {poison.what}",
        clauses=(poison.clause, clauses.ERROR_CODE),
        play=_play(poison),
        thorough=poison.name not in QUICK,
    )
    for poison in POISONS
)
