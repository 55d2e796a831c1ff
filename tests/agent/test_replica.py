"""The replica: many updates make the same as one snapshot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.making import announcement, call, resource
from stationmaster_agent.replica import Replica
from stationmaster_kernel.changes import KernelFacts, Resource
from stationmaster_kernel.configuration import Configuration, Place, PlaceKind, StationFacts, Template
from stationmaster_kernel.rules import Rule
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.digest import digest_of
from stationmaster_protocol.messages import Position

STATION = StationFacts(telecode="QHD", revision=1, names=(("en", "Clearwater East"),), zone="Asia/Shanghai")


def position(sequence: int) -> Position:
    return Position(epoch="e", sequence=sequence, hash=f"{sequence:08x}")


def configuration_resources() -> list[Resource]:
    place = Place(id="1A", revision=4, kind=PlaceKind.GATE, names=(("en", "1A"),))
    later = Rule(id="a-later-rule", revision=8, does=TaskKind.DISPLAY)
    first = Rule(id="the-first-rule", revision=5, does=TaskKind.DISPLAY)
    template = Template(id="welcome", revision=3, texts=(("en", "Welcome"),))
    return [
        Resource(kind="rule", id="a-later-rule", revision=8, value=later),
        Resource(kind="rule", id="the-first-rule", revision=5, value=first),
        Resource(kind="template", id="welcome", revision=3, value=template),
        Resource(kind="place", id="gate.1A", revision=4, value=place),
        Resource(kind="station", id="QHD", revision=1, value=STATION),
    ]


def test_configuration_is_assembled_in_the_order_of_revisions():
    """The configuration has each kind in the order of the station's folder, which revisions keep."""
    replica = Replica.of(configuration_resources(), position(9))
    assert isinstance(replica.configuration, Configuration)
    assert replica.configuration.station is STATION
    assert [rule.id for rule in replica.configuration.rules] == ["the-first-rule", "a-later-rule"]
    assert [place.id for place in replica.configuration.places] == ["1A"]
    assert [template.id for template in replica.configuration.templates] == ["welcome"]


def test_no_configuration_without_its_station():
    """Until the station itself is known there is no configuration."""
    assert Replica.of(configuration_resources()[:-1], position(9)).configuration is None
    assert Replica().configuration is None


def test_update_of_a_call_leaves_the_configuration_object():
    """An update without configuration keeps the very same configuration, so that nobody reads it anew."""
    replica = Replica.of(configuration_resources(), position(9))
    changed = replica.changed(position(10), [resource(call())], [])
    assert changed.configuration is replica.configuration
    assert list(changed.calls) == [call().id]
    gone = changed.changed(position(11), [], [("rule", "a-later-rule")])
    assert [rule.id for rule in gone.configuration.rules] == ["the-first-rule"]


def test_old_replica_stays_as_it_was():
    """A replica is a value: an update does not reach whoever looks at the old one."""
    old = Replica.of([resource(call()), resource(announcement())], position(1))
    new = old.changed(position(2), [], [("call", call().id), ("task", "a"), ("task", "none such")])
    assert (len(old), len(old.calls), len(old.tasks)) == (2, 1, 1)
    assert (len(new), len(new.calls), len(new.tasks)) == (0, 0, 0)
    assert new.position == position(2)


def test_what_does_not_go_over_the_protocol_is_refused():
    """Internal kinds, unknown kinds, values of the wrong kind and doubles are refused."""
    facts = Resource(kind="kernel", id="kernel", revision=1, value=KernelFacts(now=0))
    wrong = Resource(kind="call", id="a", revision=1, value=announcement())
    for bad in (facts, wrong):
        with pytest.raises(ValueError, match="not a kind"):
            Replica.of([bad], None)
        with pytest.raises(ValueError, match="not a kind"):
            Replica().changed(position(1), [bad], [])
    with pytest.raises(ValueError, match="twice"):
        Replica.of([resource(announcement()), resource(announcement(revision=2))], None)


IDS = st.sampled_from("abcde")
UPDATES = st.lists(st.tuples(st.sets(IDS, max_size=3), st.sets(IDS, max_size=2), st.sets(IDS, max_size=2)), max_size=12)


@given(UPDATES)
def test_updates_equal_a_snapshot(updates):
    """After any updates the replica, its digest and its views equal those of a snapshot of what there is then."""
    truth: dict[tuple[str, str], Resource] = {}
    replica = Replica.of([], position(0))
    revision = 0
    for sequence, (calls, tasks, gone) in enumerate(updates, 1):
        puts = []
        for name in sorted(calls):
            revision += 1
            puts.append(resource(call(name, revision=revision)))
        for name in sorted(tasks):
            revision += 1
            puts.append(resource(announcement(name, revision=revision)))
        put_keys = {(item.kind, item.id) for item in puts}
        deletes = [key for name in sorted(gone) for key in (("task", name),) if key not in put_keys]
        replica = replica.changed(position(sequence), puts, deletes)
        for key in deletes:
            truth.pop(key, None)
        truth.update({(item.kind, item.id): item for item in puts})
        snapshot = Replica.of(truth.values(), position(sequence))
        assert replica.calls == snapshot.calls
        assert replica.tasks == snapshot.tasks
        assert set(replica.resources()) == set(snapshot.resources())
        assert replica.digest() == digest_of(truth.values())
