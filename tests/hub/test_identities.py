"""Who may connect, over a real store on every kind of database: enrolment, tokens, rotation, revocation, limits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import delete, select
from sqlalchemy.engine import URL

from hub.making import HandThread, MadeHub, begin, made_hub, tick
from stationmaster.hub.open_protocol.door import GRACE_S
from stationmaster.hub.open_protocol.enrolment import CODE_S, IdentityInfo
from stationmaster.hub.open_protocol.rights import grant_of
from stationmaster.hub.settings import Subsystem
from stationmaster.hub.storage.schema import METADATA
from stationmaster_base.errors import StationError
from stationmaster_protocol.hub_side import Peer
from stationmaster_protocol.messages import Enrol, Enrolled
from support.doors import MadeDoor, outcome


@contextmanager
def door_on(url: URL, **more: object) -> Iterator[tuple[MadeHub, MadeDoor]]:
    """A hub on a database, and its door, with what the database holds."""
    with made_hub(url, epochs=("epoch-1", "epoch-2")) as hub:
        hub.open()
        made = MadeDoor(hub.store, hub.thread, **more)  # type: ignore[arg-type]  # as the door has them
        assert outcome(made.book.load()) is None
        yield hub, made


@pytest.fixture
def door(sqlite_database: URL) -> Iterator[MadeDoor]:
    with door_on(sqlite_database) as (_, made):
        yield made


def refusal(found: object) -> str:
    """The code of an error."""
    assert isinstance(found, StationError), found
    return found.code


def test_from_a_code_to_a_session(database: URL) -> None:
    """A one-time code gives a token once, the token gives the rights of the kind, and both outlive the hub."""
    with door_on(database) as (_, made):
        code = made.invited()
        answer = made.enrol(code)
        assert isinstance(answer, Enrolled)
        assert (len(answer.token), answer.certificate) == (64, "")
        assert made.hello(answer.token) == grant_of("guidance-2", "guidance")
        assert refusal(made.enrol(code)) == "not-enrolled"
    with door_on(database) as (_, again):
        assert again.hello(answer.token) == grant_of("guidance-2", "guidance")
        assert again.hello(answer.token[:-1] + "?") == "not-authenticated"
        assert refusal(again.enrol(code)) == "not-enrolled"


def test_the_database_holds_no_secret(database: URL) -> None:
    """Neither a code nor a token stands anywhere in the database."""
    with door_on(database) as (hub, made):
        code = made.invited("broadcast", "broadcast")
        token = made.enrolled()
        with hub.store.keeping() as connection:
            found = str([connection.execute(select(table)).all() for table in METADATA.sorted_tables])
    assert "guidance-2" in found
    assert "$argon2id$" in found
    assert token not in found
    assert code not in found
    assert code.replace("-", "") not in found


def test_a_code_as_people_type_it(door: MadeDoor) -> None:
    """Small letters, spaces and missing strokes make no difference."""
    code = door.invited()
    assert isinstance(door.enrol(f" {code.lower().replace('-', ' ')} "), Enrolled)


def test_a_code_runs_out(door: MadeDoor) -> None:
    """After its time a code is worth nothing, and to the second before it is good."""
    code = door.invited()
    door.now += CODE_S
    assert refusal(door.enrol(code)) == "not-enrolled"
    code = door.invited(valid_s=60)
    door.now += 59
    assert isinstance(door.enrol(code), Enrolled)


def test_a_new_code_ends_the_one_before(door: MadeDoor) -> None:
    """An identity has one code at a time, and only its own."""
    old, new, others = door.invited(), door.invited(), door.invited("broadcast", "broadcast")
    for wrong in (old, others):
        assert refusal(door.enrol(wrong)) == "not-enrolled"
    assert isinstance(door.enrol(new), Enrolled)


def test_two_who_use_a_code_in_the_same_moment(sqlite_database: URL) -> None:
    """Of two enrolments that are under way at once one alone gets a token."""
    with made_hub(sqlite_database) as hub:
        hub.open()
        thread = HandThread()
        made = MadeDoor(hub.store, thread)
        code = made.invited()
        thread.at_once = False
        asked = [made.door.enrol(Enrol(identity="guidance-2", code=code), Peer(address=f"10.0.0.{n}")) for n in (1, 2)]
        thread.run()
        found = [outcome(each) for each in asked]
    assert isinstance(found[0], Enrolled)
    assert refusal(found[1]) == "not-enrolled"


def test_rotation(door: MadeDoor) -> None:
    """A new token counts at once, the old one until the new one is first shown."""
    old = door.enrolled()
    assert door.hello(old) == grant_of("guidance-2", "guidance")
    new = outcome(door.enrolment.rotate("guidance-2", "controller")).secret
    assert door.hello(old) == grant_of("guidance-2", "guidance")
    assert door.hello(new) == grant_of("guidance-2", "guidance")
    assert door.hello(old) == "not-authenticated"


def test_an_old_token_runs_out_by_itself(door: MadeDoor) -> None:
    """A time after the rotation the old token ends although the new one was never shown."""
    old = door.enrolled()
    door.hello(old)
    new = outcome(door.enrolment.rotate("guidance-2", "controller")).secret
    door.now += GRACE_S - 1
    assert door.hello(old) == grant_of("guidance-2", "guidance")
    door.now += 1
    assert door.hello(old) == "not-authenticated"
    assert door.hello(new) == grant_of("guidance-2", "guidance")


def test_a_token_that_was_never_shown_ends_with_the_next(door: MadeDoor) -> None:
    """Of two rotations in a row the first one's token is lost, and the one in use goes on."""
    used = door.enrolled()
    door.hello(used)
    lost = outcome(door.enrolment.rotate("guidance-2", "controller")).secret
    outcome(door.enrolment.rotate("guidance-2", "controller"))
    assert door.hello(lost) == "not-authenticated"
    assert door.hello(used) == grant_of("guidance-2", "guidance")


def test_enrolling_again_is_a_rotation_too(door: MadeDoor) -> None:
    """A subsystem that is enrolled anew keeps its old token until it shows the new one."""
    old = door.enrolled()
    door.hello(old)
    new = door.enrolled()
    assert door.hello(old) == grant_of("guidance-2", "guidance")
    assert door.hello(new) == grant_of("guidance-2", "guidance")
    assert door.hello(old) == "not-authenticated"


def test_revocation(database: URL) -> None:
    """A revoked identity is out at once and stays out, and its session is ended; enrolled anew it is another."""
    with door_on(database) as (_, made):
        token, code = made.enrolled(), made.invited()
        made.hello(token)
        assert outcome(made.enrolment.revoke("guidance-2", "controller")) is True
        assert made.closed == ["guidance-2"]
        assert made.hello(token) == "revoked"
        assert refusal(made.enrol(code)) == "not-enrolled"
    with door_on(database) as (_, again):
        assert again.hello(token) == "revoked"
        new = again.enrolled(kind="notice")
        assert again.hello(new) == grant_of("guidance-2", "notice")
        assert again.hello(token) == "not-authenticated"


def test_what_an_operator_cannot_do(sqlite_database: URL) -> None:
    """Names, kinds and steps that are not possible are said, and nothing changes."""
    configured = (Subsystem(identity="query", token="t"), Subsystem(identity="hall", token="h", kind="notice"))
    with door_on(sqlite_database, configured=configured) as (_, made):
        enrolment = made.enrolment
        made.enrolled()
        outcome(enrolment.revoke(made.enrolled("voice", "voice") and "voice", "controller"))
        for waiting, code in (
            (enrolment.invite("with space", "query", "c"), "bad-identity"),
            (enrolment.invite("x" * 65, "query", "c"), "bad-identity"),
            (enrolment.invite("west", "loudspeaker", "c"), "bad-kind"),
            (enrolment.invite("query", "query", "c"), "configured"),
            (enrolment.invite("guidance-2", "broadcast", "c"), "other-kind"),
            (enrolment.accept_certificates("west", "query", "c"), "no-certificates"),
            (enrolment.rotate("nobody", "c"), "no-identity"),
            (enrolment.rotate("hall", "c"), "configured"),
            (enrolment.rotate("voice", "c"), "revoked"),
            (enrolment.revoke("nobody", "c"), "no-identity"),
            (enrolment.revoke("query", "c"), "configured"),
        ):
            assert refusal(outcome(waiting)) == code
        assert [(each.identity, each.kind, each.known_by) for each in enrolment.all()] == [
            ("guidance-2", "guidance", ("token",)),
            ("hall", "notice", ("configuration",)),
            ("query", "query", ("configuration",)),
            ("voice", "voice", ()),
        ]


def test_what_is_told_of_an_identity(door: MadeDoor) -> None:
    """The list says what counts of each and whether the last secret was shown, and holds nothing to get in with."""
    token = door.enrolled()
    (before,) = door.enrolment.all()
    assert before == IdentityInfo(
        identity="guidance-2", kind="guidance", known_by=("token",), waits=True, made=before.made
    )
    door.hello(token)
    (after,) = door.enrolment.all()
    assert not after.waits
    assert token not in repr(after)


def test_a_token_of_the_configuration(sqlite_database: URL) -> None:
    """What the configuration names gets in with its token alone, with the kind that its name or a key says."""
    configured = (
        Subsystem(identity="query-3", token="密码"),
        Subsystem(identity="hall", token="h", kind="notice"),
        Subsystem(identity="empty", token=""),
    )
    with door_on(sqlite_database, configured=configured) as (_, made):
        assert made.hello("密码", "query-3") == grant_of("query-3", "query")
        assert made.hello("h", "hall") == grant_of("hall", "notice")
        for token, name in (("h", "query-3"), ("", "query-3"), ("", "empty")):
            assert made.hello(token, name) == "not-authenticated"


def test_whoever_fails_too_often_waits(door: MadeDoor) -> None:
    """Failures of an identity cost more and more time, and whoever has its token comes in meanwhile."""
    token = door.enrolled()
    door.hello(token)
    assert [door.hello("wrong", address="10.0.0.66") for _ in range(7)] == ["not-authenticated"] * 6 + ["too-often"]
    assert door.hello(token) == grant_of("guidance-2", "guidance")
    assert [door.hello("wrong", address="10.0.0.66") for _ in range(7)] == ["not-authenticated"] * 6 + ["too-often"]
    door.clock.advance(1.0)
    assert door.hello("wrong", address="10.0.0.66") == "not-authenticated"
    door.clock.advance(1.0)
    assert door.hello("wrong", address="10.0.0.66") == "too-often"
    assert door.refused("too-often") == 3
    assert door.refused("not-authenticated") == 13


def test_an_address_that_tries_many_identities_waits(door: MadeDoor) -> None:
    """One address cannot go through names, and others are not kept out by it."""
    token = door.enrolled()
    found = [door.hello("x", f"name-{number}", address="10.0.0.66") for number in range(30)]
    assert found == ["not-authenticated"] * 21 + ["too-often"] * 9
    assert door.hello("x", "name-1", address="10.0.0.67") == "not-authenticated"
    assert door.hello(token) == grant_of("guidance-2", "guidance")


def test_codes_cannot_be_tried(door: MadeDoor) -> None:
    """After a few wrong codes even the right one waits, whoever brings it."""
    code = door.invited()
    found = [refusal(door.enrol("A" * 24, address=f"10.0.0.{number}")) for number in range(5)]
    assert found == ["not-enrolled"] * 4 + ["too-often"]
    assert refusal(door.enrol(code, address="10.0.0.99")) == "too-often"
    door.clock.advance(60)
    assert isinstance(door.enrol(code), Enrolled)


def test_a_thousand_who_come_back_are_known_at_once(sqlite_database: URL) -> None:
    """A token that was recognised once needs neither argon2 nor the thread again."""
    with made_hub(sqlite_database) as hub:
        hub.open()
        thread = HandThread()
        made = MadeDoor(hub.store, thread)
        token = made.enrolled()
        made.hello(token)
        thread.at_once = False
        assert made.hello(token) == grant_of("guidance-2", "guidance")
        assert thread.waiting == []


def test_without_its_database_the_hub_lets_in_whom_it_knows(sqlite_database: URL) -> None:
    """While nothing can be written a new token counts all the same, and so does the old one, until it can."""
    with made_hub(sqlite_database) as hub:
        hub.open()
        made = MadeDoor(hub.store, hub.thread)
        old = made.enrolled()
        made.hello(old)
        new = outcome(made.enrolment.rotate("guidance-2", "controller")).secret
        file = sqlite_database.database or ""
        Path(file).rename(f"{file}.away")
        grant = grant_of("guidance-2", "guidance")
        assert [made.hello(new), made.hello(old)] == [grant, grant]
        assert refusal(outcome(made.enrolment.invite("voice", "voice", "c"))) == "store-down"
        Path(f"{file}.away").rename(file)
        assert made.hello(new) == grant
        assert made.hello(old) == "not-authenticated"


def test_a_new_beginning_has_the_identities_too(sqlite_database: URL) -> None:
    """An empty database that is put in place of the hub's gets the state, and who may connect."""
    with door_on(sqlite_database) as (hub, made):
        hub.pipeline.on_new_beginning(made.book.begun_anew)
        hub.put(*begin())
        token = made.enrolled()
        with hub.store.keeping() as connection:
            for table in METADATA.sorted_tables:
                connection.execute(delete(table))
        hub.put(tick(1))
        hub.reactor.advance(10)
        assert hub.beginnings
    with door_on(sqlite_database) as (_, again):
        assert again.hello(token) == grant_of("guidance-2", "guidance")
