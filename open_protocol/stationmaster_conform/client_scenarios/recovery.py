"""Things that go wrong between two that are both right: gaps, digests that differ, epochs, connections that break."""

from __future__ import annotations

from dataclasses import replace

from stationmaster_conform import clauses
from stationmaster_conform.client_scenarios.subject import far_task, furnish, link_of
from stationmaster_conform.played_hub import PlayedHub
from stationmaster_conform.scenario import Scenario
from stationmaster_conform.verdict import Broken
from stationmaster_conform.words import in_words
from stationmaster_protocol.messages import ClientMessage, Position, Snapshot, Subscribe, Subscribed

__all__ = ["SCENARIOS"]

WRONG = "0123456789abcdef" * 2


def gap(hub: PlayedHub) -> None:
    """An update is lost on the way: the client finds the gap and subscribes anew."""
    hub.whole()
    lost, next_one = far_task(hub, "gap"), far_task(hub, "gap")
    hub.world.commit(("task", lost.id, lost))
    _subscribes_anew(hub, lambda: hub.commit(next_one), clauses.GAP, "a new subscribe, or a new connection")
    hub.whole(clauses.GAP)


def wrong_digest(hub: PlayedHub) -> None:
    """A heartbeat's digest is not that of what is held: the client subscribes anew, without `held`."""
    hub.whole()
    false = replace(hub.heartbeat(), digest=WRONG)
    subscribe = _subscribes_anew(hub, lambda: hub.tell(false), clauses.DIGEST_DIFFERS, "a subscribe without held")
    if subscribe.held is not None:
        raise Broken(
            clauses.DIGEST_DIFFERS, expected="a subscribe without held", came=in_words(subscribe), sent=in_words(false)
        )
    hub.whole(clauses.DIGEST_DIFFERS)


def wrong_snapshot(hub: PlayedHub) -> None:
    """A snapshot's digest does not fit its resources: it is not acknowledged as applied."""
    hub.whole()
    hub.manners.subscribes = False
    hub.drop()
    link = hub.client()
    assert link.subscribe is not None
    false = Snapshot(position=hub.world.position, part=1, last=True, digest=WRONG, resources=hub.world.admitted())
    hub.tell(Subscribed(number=link.subscribe.number))
    seen = len(link.heard)
    hub.tell(false)

    def answered() -> bool:
        return not link.alive or any(_minds(message) for message in link.heard[seen:])

    hub.manners.subscribes = True
    hub.manners.resumes = False
    hub.wait(answered, clauses.REJECT, "ack with outcome rejected, or a new subscribe")
    if link.session.acked >= false.position.sequence and link.alive and link.count == 1:
        raise Broken(
            clauses.REJECT, expected="ack with outcome rejected", came="ack as applied", sent="snapshot, digest wrong"
        )
    if hub.link is link and link.alive and link.count == 1:
        hub.snapshot()
        hub.beat()
    hub.whole(clauses.REJECT)


def _minds(message: ClientMessage) -> bool:
    return isinstance(message, Subscribe) or getattr(message, "outcome", None) is not None


def unasked(hub: PlayedHub) -> None:
    """The hub sends a snapshot where nothing was asked for: it replaces the replica."""
    link = hub.whole()
    hub.snapshot()
    hub.acked(hub.world.position.sequence, clauses.SNAPSHOT, link)
    hub.whole(clauses.SNAPSHOT)


def lost_part(hub: PlayedHub) -> None:
    """A part of a snapshot is missing: the client refuses what does not follow, and comes back."""
    hub.whole()
    furnish(hub)
    link = link_of(hub)
    first, _, *rest = hub.world.snapshot(4)
    hub.manners.minds_silence = False
    hub.tell(first)
    hub.tell(rest[0])
    hub.wait(lambda: not link.alive, clauses.ORDER_OF_PARTS, "error snapshot-order, and the end of the connection")
    hub.manners.minds_silence = True
    hub.whole(clauses.ORDER_OF_PARTS)


def given_up(hub: PlayedHub) -> None:
    """A snapshot is given up for a newer one in the middle: the newer one alone counts."""
    hub.whole()
    furnish(hub)
    first, *_ = hub.world.snapshot(4)
    hub.tell(first)
    task = far_task(hub, "given-up")
    hub.world.commit(("task", task.id, task))
    hub.snapshot()
    hub.acked(hub.world.position.sequence, clauses.ORDER_OF_PARTS, link_of(hub))
    hub.whole(clauses.ORDER_OF_PARTS)


def epoch(hub: PlayedHub) -> None:
    """A new epoch begins: the snapshot replaces the replica, and its position is the client's."""
    link = hub.whole()
    hub.world.begin(f"kit-{hub.name('epoch').replace('/', '-')}")
    hub.snapshot()
    hub.acked(hub.world.position.sequence, clauses.EPOCH, link)
    hub.beat()
    hub.whole(clauses.EPOCH)


def foreign_epoch(hub: PlayedHub) -> None:
    """While the client was away the hub's history began anew: what it holds leads nowhere, and a snapshot comes."""
    hub.whole()
    hub.door.shut()
    hub.drop()
    hub.world.begin(f"kit-{hub.name('epoch').replace('/', '-')}")
    hub.door.open()
    hub.whole(clauses.EPOCH)


def resume(hub: PlayedHub) -> None:
    """The connection breaks, something changes meanwhile; what the client holds leads on to it."""
    hub.whole()
    hub.door.shut()
    hub.drop()
    hub.commit(far_task(hub, "resume"))
    hub.commit(far_task(hub, "resume"))
    hub.door.open()
    link = hub.client()
    assert link.subscribe is not None
    held = link.subscribe.held
    if held is not None and not _ours(hub, held):
        raise Broken(clauses.HELD_POSITION, expected="a position that was sent", came=in_words(link.subscribe))
    hub.whole(clauses.RETURN)


def forgotten(hub: PlayedHub) -> None:
    """What the client holds is not kept any more: it takes the snapshot instead of leading on."""
    hub.whole()
    hub.manners.resumes = False
    hub.drop()
    hub.commit(far_task(hub, "forgotten"))
    hub.whole(clauses.SNAPSHOT)


def _ours(hub: PlayedHub, held: Position) -> bool:
    return held.epoch != hub.world.position.epoch or 0 < held.sequence <= hub.world.position.sequence


def _subscribes_anew(hub: PlayedHub, provoke: object, clause: str, expected: str) -> Subscribe:
    link = link_of(hub)
    count = link.count
    assert callable(provoke)
    provoke()

    def anew() -> Subscribe | None:
        now = link_of(hub)
        if now is not link:
            return now.subscribe
        return now.subscribe if now.count > count else None

    return hub.wait(anew, clause, expected)


SCENARIOS = (
    Scenario(name="gap", title="an update is missing", clauses=(clauses.GAP,), play=gap),
    Scenario(name="wrong-digest", title="a digest that differs", clauses=(clauses.DIGEST_DIFFERS,), play=wrong_digest),
    Scenario(name="rejection", title="a snapshot that cannot be right", clauses=(clauses.REJECT,), play=wrong_snapshot),
    Scenario(name="fresh", title="a snapshot out of turn", clauses=(clauses.SNAPSHOT,), play=unasked),
    Scenario(
        name="lost-part", title="a snapshot with a part missing", clauses=(clauses.ORDER_OF_PARTS,), play=lost_part
    ),
    Scenario(
        name="given-up", title="a snapshot given up for a newer", clauses=(clauses.ORDER_OF_PARTS,), play=given_up
    ),
    Scenario(name="epoch", title="a new epoch in a session", clauses=(clauses.EPOCH,), play=epoch),
    Scenario(name="other-epoch", title="a new epoch while away", clauses=(clauses.EPOCH,), play=foreign_epoch),
    Scenario(name="resume", title="a connection that breaks", clauses=(clauses.RETURN, clauses.RECONNECT), play=resume),
    Scenario(name="forgotten", title="a history that is no longer kept", clauses=(clauses.SNAPSHOT,), play=forgotten),
)
