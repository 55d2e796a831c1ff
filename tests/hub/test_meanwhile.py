"""Two people at once: a stale edit is refused, and says what has changed, who did it and when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.engine import URL

from hub.making import made_hub, tick
from hub.test_acts_api import CALL, LI, TRACK, WANG, Fixture, taken
from stationmaster_kernel.inputs import Feed
from support.small_station import at, record

DELAY = {"do": "delay", "call": CALL, "event": "departure", "minutes": 10}


@pytest.fixture
def fixture(sqlite_database: URL) -> Iterator[Fixture]:
    with made_hub(sqlite_database) as hub:
        yield Fixture(hub)


def seen(fixture: Fixture) -> list[dict[str, Any]]:
    """The call as a page shows it now."""
    return [{"kind": "call", "id": CALL, "revision": fixture.state.calls[CALL].revision}]


def test_a_stale_edit_shows_what_changed(fixture: Fixture) -> None:
    """The other's track stands in the refusal: from, to, by whom, when and why; and the call as it is now."""
    before = seen(fixture)
    fixture.act("one", TRACK, token=WANG.token, why="points failure")
    body = fixture.act("two", DELAY, known=before, code=409)
    assert (body["error"], body["status"]) == ("changed-meanwhile", 409)
    (changed,) = body["changed"]
    assert (changed["kind"], changed["id"], changed["known"]) == ("call", CALL, before[0]["revision"])
    assert changed["revision"] == changed["now"]["revision"] == fixture.state.calls[CALL].revision
    fields = {each["field"]: each for each in changed["fields"]}
    track = fields["track"]
    assert (track["before"], track["after"], track["source"]) == ("1", "2", "operator")
    assert (track["by"], track["at"], track["act"], track["why"]) == (
        WANG.name,
        at("07:00"),
        "act/one",
        "points failure",
    )
    assert fields.keys() >= {"track", "platform"}
    assert fixture.state.calls[CALL].departure is not None
    assert fixture.state.calls[CALL].departure.expected is None
    again = [{**before[0], "revision": changed["revision"]}]
    fixture.act("three", DELAY, known=again)


def test_what_a_feed_said_has_no_person(fixture: Fixture) -> None:
    """A change by the feed is told with its source and time, and without an act."""
    before = seen(fixture)
    fixture.hub.put(Feed(id="feed/1", at=at("07:01"), records=(record(track="2"),)))
    body = fixture.act("two", DELAY, known=before, code=409)
    track = next(each for each in body["changed"][0]["fields"] if each["field"] == "track")
    assert (track["source"], track["by"], track["act"], track["at"]) == ("stage_plan", "", "", at("07:01"))


def test_two_at_once_are_one(fixture: Fixture) -> None:
    """Two acts on the same revision come within one commit: the first is done, the second refused."""
    before = seen(fixture)
    fixture.hub.thread.at_once = False
    first = fixture.send({"id": "one", "deeds": [TRACK], "known": before})
    second = fixture.send({"id": "two", "deeds": [DELAY], "known": before}, WANG.token)
    fixture.hub.thread.run()
    assert taken(first, 200)["id"] == "act/one"
    body = taken(second, 409)
    assert [each["id"] for each in body["changed"]] == [CALL]


def test_an_act_that_is_sent_again_is_not_stale(fixture: Fixture) -> None:
    """Who got no answer sends the same act again, and is told that it was done, though he did change the call."""
    before = seen(fixture)
    first = fixture.act("one", TRACK, known=before)
    assert fixture.act("one", TRACK, known=before) == first
    assert fixture.act("one", TRACK, code=409)["error"] == "act-id-used"


def test_minutes_that_pass_are_no_change(fixture: Fixture) -> None:
    """A train whose best time creeps is still the one that was seen, for the hub remembers what was said of it."""
    fixture.hub.put(*(tick(number) for number in range(61, 135)))
    before = seen(fixture)
    fixture.hub.put(tick(135))
    assert fixture.state.calls[CALL].revision != before[0]["revision"]
    fixture.act("one", DELAY, known=before)


def test_what_nobody_remembers_is_refused_without_fields(fixture: Fixture) -> None:
    """A revision from long ago is stale; what it was is not known any more, what it is now is."""
    stale = [{"kind": "call", "id": CALL, "revision": 1}, {"kind": "mode", "id": "station", "revision": 7}]
    body = fixture.act("one", TRACK, known=stale, code=409)
    assert [(each["kind"], each["revision"] > 0, each["fields"]) for each in body["changed"]] == [
        ("call", True, []),
        ("mode", False, []),
    ]
    assert body["changed"][1]["now"] is None
    assert LI.name not in str(body)


def test_what_is_known_must_make_sense(fixture: Fixture) -> None:
    """An unknown kind, a revision that is none and an entry too many are refused before anything is done."""
    for wrong in (
        [{"kind": "account", "id": "li", "revision": 1}],
        [{"kind": "call", "id": CALL, "revision": -1}],
        [{"kind": "call", "id": CALL, "revision": True}],
        [{"kind": "call", "id": CALL}],
        [{"kind": "call", "id": CALL, "revision": 1, "said": "x"}],
        [{"kind": "call", "id": CALL, "revision": 1}] * 501,
    ):
        assert fixture.act("one", TRACK, known=wrong, code=400)["error"] == "bad-act"
