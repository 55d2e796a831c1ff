"""What the oracle asks of a subsystem that was cut off from its hub, by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from stationmaster_base.times import Instant, to_iso
from support.day_check import is_wrong
from support.oracle import Cut, Oracle
from support.oracle_making import Story, at, clock, rows, said, statuses

ORIGIN = "快速,origin,K1,小站,乙城,,10:00,1"
THROUGH = "快速,through,K2/K3,甲城,乙城,11:00,11:05,2"
OPEN, DEPARTING = "TST/2026-03-01/K1/1/open/1", "TST/2026-03-01/K1/1/departing/1"


def cut(subsystem: str, start: str, end: str) -> Cut:
    """A cut between two times of the station's clock."""
    return Cut(subsystem=subsystem, start=at(start), end=at(end))


def origin_story(folder: Path) -> Story:
    """The origin train alone."""
    story = Story(folder, ORIGIN)
    story.base("05:00:20", 1, "K1", "origin", departure="10:00", track="1")
    return story


def alone(story: Story, subsystem: str, start: str, end: str) -> Oracle:
    """The story's station, started at 06:00, with one subsystem cut off."""
    return story.oracle("06:00", cuts=[cut(subsystem, start, end)])


def test_boards_alone_mark_what_is_overdue_and_end_it_hard(tmp_path: Path) -> None:
    """Cut off before a departure, rows turn unconfirmed when it is overdue, stay in place, and end two hours later."""
    story = origin_story(tmp_path)
    story.report("10:00:30", 1, "departure", "10:00")
    oracle = alone(story, "guidance", "09:50:30", "13:00:30")
    expected = {
        "09:50": [("K1", "checking_in")],
        "09:57": [("K1", "check_in_closed")],
        "10:01": [("K1", "check_in_closed")],
        "10:02": [("K1", "unconfirmed")],
        "12:00": [("K1", "unconfirmed")],
        "12:01": [],
    }
    assert {when: statuses(oracle, "hall", when) for when in expected} == expected
    assert rows(oracle, "hall", "11:00")[0].fields["expected"] == {"": ""}
    assert oracle.calls(at("11:00"), "guidance")["TST/2026-03-01/K1/1"].unconfirmed
    assert not oracle.calls(at("11:00"))["TST/2026-03-01/K1/1"].unconfirmed


def test_best_time_stays_where_it_crept_to(tmp_path: Path) -> None:
    """Cut off while a train is overdue, its time stays as it was then, and its row ends hard from there."""
    story = origin_story(tmp_path)
    oracle = alone(story, "guidance", "10:10:30", "14:00:30")
    departure = oracle.calls(at("11:00"), "guidance")["TST/2026-03-01/K1/1"].departure
    assert departure is not None
    assert (clock(departure.best), departure.overdue) == ("10:10", True)
    (row,) = rows(oracle, "hall", "11:00")
    assert (row.status, row.fields["expected"]) == ("unconfirmed", {"": "10:10"})
    assert [bool(rows(oracle, "hall", when)) for when in ("12:10", "12:11", "14:00", "14:01")] == [1, 0, 0, 1]


def test_boards_alone_know_no_news_and_all_of_it_on_return(tmp_path: Path) -> None:
    """A delay and a change of track are shown when the hub is back, at once."""
    story = origin_story(tmp_path)
    story.stage("09:20:10", 1, departure="10:30", track="2")
    oracle = alone(story, "guidance", "09:16:30", "09:55:30")
    assert [bool(rows(oracle, board, "09:55")) for board in ("gate-1", "gate-2")] == [1, 0]
    assert statuses(oracle, "hall", "09:55") == [("K1", "checking_in")]
    assert statuses(oracle, "gate-1", "09:55:30") == [("K1", "platform_changed")]
    assert statuses(oracle, "gate-2", "09:55:30") == [("K1", "late")]
    assert statuses(oracle, "hall", "09:56") == [("K1", "late")]


def test_what_is_said_becomes_wrong_when_broadcast_hears_of_it(tmp_path: Path) -> None:
    """A change of the platform that it names, and no delay; alone it is so from the hub's return on."""
    story = origin_story(tmp_path)
    story.stage("09:10:10", 1, departure="10:30", track="1")
    story.stage("09:20:10", 1, departure="10:30", track="2")
    call, texts = "TST/2026-03-01/K1/1", {"zh": "K1 开自1站台", "en": "K1 leaves"}
    online = story.oracle("06:00")
    assert not online.became_wrong(call, texts, at("09:10"), at("09:11"))
    assert online.became_wrong(call, texts, at("09:20"), at("09:21"))
    assert not online.became_wrong(call, texts, at("09:21"), at("09:22"))
    cut_off = alone(story, "broadcast", "09:15", "09:40")
    assert not cut_off.became_wrong(call, texts, at("09:20"), at("09:21"))
    assert cut_off.became_wrong(call, texts, at("09:39"), at("09:41"))
    assert not online.became_wrong(call, {"zh": "K1 晚点"}, at("09:20"), at("09:21"))
    play = {"outcome": "interrupted", "detail": "no longer right: platform of K1", "call": call, "texts": texts}
    times = {"begun": to_iso(Instant(at("09:20"))), "ended": to_iso(Instant(at("09:21")))}
    assert is_wrong(online, play | times)
    assert not is_wrong(cut_off, play | times)
    assert not is_wrong(online, play | times | {"detail": "the process stopped in the middle"})


def test_other_subsystems_are_not_concerned(tmp_path: Path) -> None:
    """A cut of broadcast changes no board, and a cut of guidance no announcement."""
    story = origin_story(tmp_path)
    story.stage("09:20:10", 1, departure="10:30", track="2")
    whole = story.oracle("06:00")
    assert alone(story, "broadcast", "09:00", "11:00").board_rows(at("10:00")) == whole.board_rows(at("10:00"))
    assert said(alone(story, "guidance", "09:00", "11:00"), "11:00") == said(whole, "11:00")


def test_announced_alone_is_not_announced_again(tmp_path: Path) -> None:
    """What is due in the cut is said by what was known, and its results replace the hub's unconfirmed."""
    story = origin_story(tmp_path)
    story.report("10:00:30", 1, "departure", "10:00")
    oracle = alone(story, "broadcast", "09:30:30", "11:00:30")
    assert said(oracle, "12:00") == [("09:40", "open/1", "wait-a"), ("09:58", "departing/1", "plat-1")]
    assert oracle.withdrawn_or_never(at("12:00")) == {}


def test_moved_meanwhile_it_is_announced_again(tmp_path: Path) -> None:
    """Said alone for 10:00, the departure at 10:30 is known on return and more than `rearm` away: said again."""
    story = origin_story(tmp_path)
    story.stage("09:50:10", 1, departure="10:30", track="1")
    story.report("10:30:30", 1, "departure", "10:30")
    oracle = alone(story, "broadcast", "09:30:30", "10:04:30")
    assert said(oracle, "11:00") == [
        ("09:40", "open/1", "wait-a"),
        ("09:58", "departing/1", "plat-1"),
        ("10:04:30", "sorry/1", "hall"),  # due since 09:50:10 and valid for 15 minutes
        ("10:10", "open/2", "wait-a"),
        ("10:28", "departing/2", "plat-1"),
    ]


def test_result_for_an_occurrence_that_the_hub_gave_up(tmp_path: Path) -> None:
    """`open` is unconfirmed in the hub at 09:51, so a delay of 09:52:10 makes the next one there: it alone is left."""
    story = origin_story(tmp_path)
    story.stage("09:52:10", 1, departure="10:14", track="1")
    story.report("10:14:30", 1, "departure", "10:14")
    oracle = alone(story, "broadcast", "09:30:30", "09:53:30")
    assert said(oracle, "11:00") == [
        ("09:40", "open/1", "wait-a"),
        ("09:54", "open/2", "wait-a"),
        ("10:12", "departing/1", "plat-1"),
    ]


def test_moved_a_little_it_is_not(tmp_path: Path) -> None:
    """A departure that moved by ten minutes while it was announced alone is not announced again."""
    story = origin_story(tmp_path)
    story.stage("09:55:10", 1, departure="10:10", track="1")
    story.report("10:10:30", 1, "departure", "10:10")
    oracle = alone(story, "broadcast", "09:30:30", "10:02:30")
    assert said(oracle, "11:00") == [("09:40", "open/1", "wait-a"), ("09:58", "departing/1", "plat-1")]


def test_said_where_the_train_was_it_is_said_where_it_is(tmp_path: Path) -> None:
    """On return the waiting area of its new platform is still to hear of it, and back on the old one nobody is."""
    story = origin_story(tmp_path)
    story.stage("09:35:10", 1, track="2")
    story.stage("09:50:10", 1, track="1")
    oracle = alone(story, "broadcast", "09:30:30", "09:45:30")
    assert [each for each in said(oracle, "09:57") if "open" in each[1]] == [
        ("09:40", "open/1", "wait-a"),
        ("09:45:30", "open/1", "wait-b"),
    ]


def test_said_where_the_train_is_again_it_is_not_said_twice(tmp_path: Path) -> None:
    """Later by less than `rearm` and back before the new waiting area was to hear of it, all have heard of it."""
    story = origin_story(tmp_path)
    story.stage("09:35:10", 1, track="2", departure="10:08")
    story.stage("09:46:10", 1, track="1", departure="10:08")
    oracle = alone(story, "broadcast", "09:30:30", "09:45:30")
    assert [each for each in said(oracle, "10:05") if "open" in each[1]] == [("09:40", "open/1", "wait-a")]


def test_too_old_a_feed_keeps_silent(tmp_path: Path) -> None:
    """`open` may rely on a feed of 30 minutes: due 30 minutes after the cut it is said, a minute later it is not."""
    story = origin_story(tmp_path)
    story.report("10:00:30", 1, "departure", "10:00")
    at_limit = alone(story, "broadcast", "09:10", "11:00:30")
    beyond = alone(story, "broadcast", "09:09", "11:00:30")
    assert [each[1] for each in said(at_limit, "12:00")] == ["open/1", "departing/1"]
    assert [each[1] for each in said(beyond, "12:00")] == ["departing/1"]
    assert beyond.withdrawn_or_never(at("12:00")) == {OPEN: "unconfirmed"}


def test_silent_for_an_old_feed_it_speaks_on_return_if_still_valid(tmp_path: Path) -> None:
    """What was not said for want of a feed is said when the hub is back within its validity."""
    story = origin_story(tmp_path)
    story.report("10:00:30", 1, "departure", "10:00")
    oracle = alone(story, "broadcast", "09:00:30", "09:45:30")
    assert said(oracle, "12:00") == [("09:45:30", "open/1", "wait-a"), ("09:58", "departing/1", "plat-1")]


def test_what_awaits_an_event_is_held_alone(tmp_path: Path) -> None:
    """Nobody alone knows that a train has arrived; on return it is said if it is not too old."""
    story = Story(tmp_path, THROUGH)
    story.base("05:00:20", 2, "K2/K3", "through", arrival="11:00", departure="11:05", track="2")
    story.report("11:00:30", 2, "arrival", "11:00")
    story.report("11:05:30", 2, "departure", "11:05")
    soon, late = (alone(story, "broadcast", "10:55:30", end) for end in ("11:08:30", "11:20:30"))
    assert [each for each in said(soon, "12:00") if "arrived" in each[1]] == [("11:08:30", "arrived/1", "plat-2")]
    assert [each for each in said(late, "12:00") if "arrived" in each[1]] == []
    assert late.withdrawn_or_never(at("12:00")) == {"TST/2026-03-01/K2/1/arrived/1": "unconfirmed"}


def test_suspended_meanwhile_it_was_announced_and_that_counts(tmp_path: Path) -> None:
    """The hub withdrew what was said alone; the result stands, and the suspension is said on return."""
    story = origin_story(tmp_path)
    story.stage("09:35:10", 1, track="1", running="suspended")
    oracle = alone(story, "broadcast", "09:30:30", "09:59:30")
    assert said(oracle, "11:00") == [
        ("09:40", "open/1", "wait-a"),
        ("09:58", "departing/1", "plat-1"),
        ("09:59:30", "off/1", "hall"),
    ]


def test_cuts_of_one_subsystem_may_not_overlap(tmp_path: Path) -> None:
    """Overlapping cuts and unknown subsystems are refused, not guessed at."""
    story = origin_story(tmp_path)
    with pytest.raises(ValueError, match="overlap"):
        story.oracle("06:00", cuts=[cut("query", "07:00", "08:00"), cut("query", "07:30", "09:00")])
    with pytest.raises(ValueError, match="a cut is of one of"):
        story.oracle("06:00", cuts=[cut("lighting", "07:00", "08:00")])
