"""Filters, digests, filter classes and outboxes: the parts of the server that know no connection."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stationmaster_kernel.changes import PUBLIC_KINDS, SECRET_KINDS, KernelFacts, Resource
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.digest import Holding, digest_of
from stationmaster_protocol.filter_class import FilterClass, Framed, Frames, SnapshotParts
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import Deletion, Received, Snapshot
from stationmaster_protocol.outbox import Outbox
from stationmaster_protocol.writing import resource_text
from support.effort import scaled
from support.fake_hub import FakeHub
from support.protocol_values import resources, values
from support.protocol_world import World

ENOUGH = settings(max_examples=scaled(60), deadline=None, suppress_health_check=list(HealthCheck))
FRAMES = Frames(fragment=resource_text, largest=1 << 20, part=500)
FILTERS = st.builds(
    Filter,
    kinds=st.lists(st.sampled_from([*PUBLIC_KINDS, "message"]), max_size=3).map(tuple),
    task_kinds=st.lists(st.sampled_from(TaskKind), max_size=3).map(tuple),
    targets=st.lists(st.sampled_from("abc"), max_size=2).map(tuple),
)
SETS = st.dictionaries(st.tuples(st.sampled_from("kl"), st.sampled_from("abcd")), st.integers(0, 9))


@ENOUGH
@given(FILTERS, resources())
def test_a_filter_and_its_class_mean_the_same(wanted: Filter, resource: Resource) -> None:
    """The normalised filter admits what the filter admits, and is its own normal form."""
    normal = wanted.normalised()
    assert normal.admits(resource) == wanted.admits(resource)
    assert normal.normalised() == normal
    assert wanted.tasks_admitted() == normal.tasks_admitted()


def test_filters_that_mean_the_same_are_one_class() -> None:
    """Order, repetition, what narrows nothing and what is always so do not make another class."""
    assert Filter(kinds=("task", "call", "task")).normalised() == Filter(kinds=("call", "task")).normalised()
    assert Filter(kinds=("name",), targets=("a",)).normalised() == Filter(kinds=("name",)).normalised()
    open_kinds = tuple(kind for kind in PUBLIC_KINDS if kind not in SECRET_KINDS)
    assert Filter(kinds=open_kinds, task_kinds=tuple(TaskKind)).normalised() == Filter()
    assert Filter(kinds=tuple(PUBLIC_KINDS)).normalised() != Filter()
    assert Filter(targets=("a",)).normalised() != Filter()


@ENOUGH
@given(values(Task), FILTERS)
def test_tasks_are_narrowed_by_kind_and_target(task: Task, wanted: Filter) -> None:
    """A task passes when its kind is asked for, and one of its targets is."""
    resource = Resource(kind="task", id=task.id, revision=1, value=task)
    assert wanted.admits(resource) == (
        (not wanted.kinds or "task" in wanted.kinds)
        and (not wanted.task_kinds or task.kind in wanted.task_kinds)
        and (not wanted.targets or bool(set(wanted.targets) & set(task.targets)))
    )


def test_internal_kinds_never_pass() -> None:
    """What stays in the hub stays there, whatever is asked for."""
    facts = Resource(kind="kernel", id="kernel", revision=1, value=KernelFacts(now=0))
    assert not Filter().admits(facts)
    assert not Filter(kinds=("kernel",)).admits(facts)


def test_the_digest_is_as_the_document_says() -> None:
    """Worked by hand: the sum of the first 16 bytes of each SHA-256, modulo 2**128."""
    holding = Holding()
    holding.put("task", "t/1", 7)
    holding.put("name", "北京", 12)
    parts = [sha256(text.encode()).digest()[:16] for text in ("task\0t/1\0007", "name\0北京\00012")]
    assert holding.digest == f"{sum(int.from_bytes(part, 'big') for part in parts) % 2**128:032x}"
    assert Holding().digest == "0" * 32


@given(SETS, st.lists(st.tuples(st.sampled_from("kl"), st.sampled_from("abcd"), st.integers(0, 9) | st.none())))
def test_a_digest_kept_is_a_digest_made_anew(
    begin: dict[tuple[str, str], int], acts: list[tuple[str, str, int | None]]
) -> None:
    """However a set came about, its digest is that of the set."""
    holding, plain = Holding(), dict(begin)
    for (kind, name), revision in begin.items():
        holding.put(kind, name, revision)
    for kind, name, act in acts:
        if act is None:
            assert holding.delete(kind, name) == (plain.pop((kind, name), None) is not None)
        else:
            holding.put(kind, name, act)
            plain[kind, name] = act
    anew = Holding()
    for (kind, name), revision in sorted(plain.items(), reverse=True):
        anew.put(kind, name, revision)
    assert holding.digest == anew.digest
    assert set(holding) == set(plain)
    assert len(holding) == len(plain)


def test_an_update_never_puts_and_deletes_the_same() -> None:
    """In a batch the last word on each resource holds, and only that is sent."""
    world, hub = World(), FakeHub()
    hub.commit([world.name("a"), world.name("b")])
    item = FilterClass(Filter(), hub.position(), hub.resources(), FRAMES)
    update = item.take(
        [
            hub.commit([world.name("c")], [("name", "a")]),
            hub.commit([world.name("a")], [("name", "b")]),
            hub.commit([], [("name", "c")]),
        ]
    )
    assert update is not None
    assert [resource.id for resource in update.puts] == ["a"]
    assert update.deletes == (Deletion(kind="name", id="b"), Deletion(kind="name", id="c"))
    assert item.digest == digest_of(hub.resources())


def test_entries_are_taken_once() -> None:
    """An entry that is already in the set concerns nobody."""
    world, hub = World(), FakeHub()
    entry = hub.commit([world.name("a")])
    item = FilterClass(Filter(), hub.position(), hub.resources(), FRAMES)
    assert item.take([entry]) is None
    assert item.last == 1


def test_a_snapshot_is_made_once_and_forgotten_with_a_change() -> None:
    """All who ask at one state share the same parts; after a change there are new ones."""
    world, hub = World(), FakeHub()
    hub.commit([world.name(f"n{number}") for number in range(30)])
    item = FilterClass(Filter(), hub.position(), hub.resources(), FRAMES)
    first = item.snapshot(hub.position(), hub.resources)
    assert item.snapshot(hub.position(), hub.resources) is first
    assert first.part(1) is first.part(1)
    item.take([hub.commit([world.name("n1")])])
    assert item.snapshot(hub.position(), hub.resources) is not first


def snapshot_parts(names: int) -> SnapshotParts:
    world, hub = World(), FakeHub()
    hub.commit([world.name(f"n{number}") for number in range(names)])
    return SnapshotParts(hub.position(), digest_of(hub.resources()), list(hub.resources()), FRAMES)


def test_parts_are_of_limited_size_and_hold_everything_once() -> None:
    """Parts count from 1, the last says so, and together they are the set in its order."""
    parts = snapshot_parts(30)
    messages = []
    while not messages or not messages[-1].last:
        framed = parts.part(len(messages) + 1)
        assert isinstance(framed.message, Snapshot)
        assert len(framed.frame) < 500 + 400
        messages.append(framed.message)
    assert [message.part for message in messages] == list(range(1, len(messages) + 1))
    assert [one.id for message in messages for one in message.resources] == [f"n{number}" for number in range(30)]


class Sink:
    """A connection that remembers, and pauses after each piece if told to."""

    def __init__(self, *, narrow: bool = False) -> None:
        self.sent: list[object] = []
        self.fresh: list[SnapshotParts] = []
        self.proofs: list[Framed] = []
        self.outbox = Outbox(
            limit=200,
            write=self.write,
            fresh=lambda: self.fresh.pop() if self.fresh else None,
            proof=lambda: self.proofs.pop() if self.proofs else None,
            unsendable=lambda fault: None,
        )
        self.narrow = narrow

    def write(self, batch: list[Framed]) -> None:
        self.sent += [framed.message for framed in batch]
        if self.narrow:
            self.outbox.pause()


def framed(number: int, size: int = 50) -> Framed:
    return Framed(message=Received(number=number), frame=bytes(size))


def test_an_outbox_passes_on_at_once_what_it_can() -> None:
    """Nothing waits while the connection takes everything."""
    sink = Sink()
    sink.outbox.publish(framed(1))
    sink.outbox.answer(framed(2))
    assert sink.sent == [Received(number=1), Received(number=2)]
    assert sink.outbox.idle


def test_answers_go_before_what_is_published() -> None:
    """A paused outbox keeps both, and lets answers out first."""
    sink = Sink()
    sink.outbox.pause()
    sink.outbox.publish(framed(1))
    sink.outbox.answer(framed(2))
    assert (sink.sent, sink.outbox.stuck, sink.outbox.queued) == ([], True, 50)
    sink.outbox.resume()
    assert sink.sent == [Received(number=2), Received(number=1)]
    assert sink.outbox.level


def test_an_outbox_that_overflows_goes_over_to_a_snapshot() -> None:
    """Beyond the limit nothing is kept; once there is room, the latest state is sent, when there is one to be had."""
    sink = Sink()
    sink.outbox.pause()
    for number in range(10):
        sink.outbox.publish(framed(number))
        assert sink.outbox.queued <= 200
    assert sink.outbox.behind
    sink.outbox.resume()
    assert sink.sent == []
    sink.fresh = [snapshot_parts(1)]
    sink.outbox.pump()
    assert [type(message) for message in sink.sent] == [Snapshot]
    assert sink.outbox.level


def test_a_snapshot_is_followed_by_its_proof() -> None:
    """The proof comes after what was published meanwhile, and only when no other snapshot is to follow."""
    sink = Sink(narrow=True)
    sink.fresh, sink.proofs = [snapshot_parts(1)], [framed(9)]
    sink.outbox.pause()
    sink.outbox.restart()
    sink.outbox.resume()
    assert [type(message) for message in sink.sent] == [Snapshot, Received]

    sink = Sink(narrow=True)
    sink.fresh, sink.proofs = [snapshot_parts(1), snapshot_parts(2000)], [framed(9)]
    sink.outbox.restart()
    sink.outbox.pump()
    sink.outbox.publish(framed(8))
    sink.outbox.restart(later=True)
    while not sink.outbox.level:
        sink.outbox.resume()
    assert [message.last for message in sink.sent if isinstance(message, Snapshot)].count(True) == 2
    assert sink.sent[-1] == Received(number=9)
    assert sink.sent.count(Received(number=9)) == 1


def test_what_overflows_behind_a_snapshot_does_not_cut_it_short() -> None:
    """A snapshot under way is finished before the next begins, so a slow subscriber gets somewhere."""
    sink = Sink(narrow=True)
    sink.fresh = [snapshot_parts(1), snapshot_parts(2000)]
    sink.outbox.restart()
    sink.outbox.pump()
    for number in range(10):
        sink.outbox.publish(framed(number))
    while not sink.outbox.level:
        sink.outbox.resume()
    numbers = [message.part for message in sink.sent if isinstance(message, Snapshot)]
    assert numbers == [*range(1, len(numbers)), 1]
    assert len(numbers) > 10


def test_a_new_subscription_ends_a_snapshot_under_way() -> None:
    """What is cleared is not sent any more, not even the rest of a snapshot."""
    sink = Sink(narrow=True)
    sink.fresh = [snapshot_parts(2000)]
    sink.outbox.restart()
    sink.outbox.pump()
    sink.outbox.publish(framed(1))
    sink.outbox.clear()
    sink.outbox.resume()
    before = len(sink.sent)
    sink.outbox.answer(framed(2))
    sink.outbox.resume()
    assert sink.sent[before:] == [Received(number=2)]
    assert sink.outbox.level


def test_a_closed_outbox_is_silent() -> None:
    """After the end nothing is sent."""
    sink = Sink()
    sink.outbox.close()
    sink.outbox.answer(framed(1))
    sink.outbox.publish(framed(2))
    assert sink.sent == []
