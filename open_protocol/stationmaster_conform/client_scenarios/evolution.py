"""Versions and extensions: a client goes on with a newer hub, and lets pass what it cannot know."""

from __future__ import annotations

from collections.abc import Callable

from stationmaster_conform import clauses
from stationmaster_conform.client_link import ClientLink
from stationmaster_conform.client_scenarios.subject import far_task, link_of
from stationmaster_conform.played_hub import PlayedHub
from stationmaster_conform.scenario import Scenario
from stationmaster_conform.verdict import Broken
from stationmaster_protocol.codec import LARGEST_TO_CLIENT, LENGTH_BYTES
from stationmaster_protocol.messages import VERSION, Message
from stationmaster_protocol.versions import agreed, parsed
from stationmaster_protocol.writing import document_text

__all__ = ["SCENARIOS", "framed"]

FOREIGN = (
    '<extension xmlns="urn:stationmaster:open-protocol:1"><x:tariff xmlns:x="urn:example:vendor" x:zone="3">'
    '<x:price currency="CNY">12</x:price></x:tariff></extension>'
)


def framed(text: str) -> bytes:
    """A frame around a document."""
    document = text.encode()
    assert len(document) <= LARGEST_TO_CLIENT
    return len(document).to_bytes(LENGTH_BYTES, "big") + document


def newer(hub: PlayedHub) -> None:
    """The hub speaks a newer minor version: the lower of the two is spoken."""
    hub.client()
    major, minor = parsed(VERSION)
    hub.manners.version = f"{major}.{minor + 1}"
    hub.drop()
    link = hub.client()
    assert link.hello is not None
    lower = agreed(hub.manners.version, link.hello.version)
    if link.version != lower:
        raise Broken(clauses.VERSION, expected=f"version {lower}", came=link.version)
    hub.acked(hub.commit(far_task(hub, "newer")))
    hub.whole(clauses.VERSION)
    hub.manners.version = VERSION
    hub.drop()
    hub.whole()


def too_high(hub: PlayedHub) -> None:
    """The hub's welcome names another major version: the client refuses it, and comes back."""
    hub.whole()
    hub.manners.welcomes = False
    hub.drop()
    link = hub.wait(
        _greeting(hub), clauses.RECONNECT, "a new connection with hello", within=hub.options.patience.return_s
    )
    text = document_text(hub.welcome_message(link)).replace(f'version="{link.session.version}"', 'version="9.0"', 1)
    hub.tell_raw(framed(text), text)
    hub.manners.welcomes, hub.manners.minds_silence = True, False
    hub.wait(lambda: not link.alive, clauses.VERSION_TOO_HIGH, "error version, and the end of the connection")
    hub.whole(clauses.RECONNECT)


def _greeting(hub: PlayedHub) -> Callable[[], ClientLink | None]:
    before = hub.link

    def greeting() -> ClientLink | None:
        link = hub.link
        return link if link is not None and link is not before and link.hello is not None else None

    return greeting


def extension(hub: PlayedHub) -> None:
    """A message and a resource carry an extension and foreign attributes: both are taken, what is foreign let pass."""
    hub.whole()
    task = far_task(hub, "extension")
    entry = hub.world.commit(("task", task.id, task))
    hub.judge.knows(task)
    text = _extended(entry.update)
    frame = link_of(hub).session.sent(entry.update, framed(text))
    hub.tell_raw(frame, f"update to {entry.after.sequence} with an extension: {text[:400]}")
    hub.acked(entry.after.sequence, clauses.EXTENSION, link_of(hub))
    hub.whole(clauses.EXTENSION)


def _extended(update: Message) -> str:
    text = document_text(update)
    text = text.replace("</task>", f"{FOREIGN}</task>", 1).replace("</update>", f"{FOREIGN}</update>", 1)
    return text.replace("<update ", '<update xmlns:v="urn:example:vendor" v:trace="42" ', 1)


SCENARIOS = (
    Scenario(name="newer-hub", title="a hub of a newer minor version", clauses=(clauses.VERSION,), play=newer),
    Scenario(
        name="version-too-high",
        title="a hub of another major version",
        clauses=(clauses.VERSION_TOO_HIGH,),
        play=too_high,
        thorough=True,
    ),
    Scenario(name="extension", title="an unknown extension", clauses=(clauses.EXTENSION,), play=extension),
)
