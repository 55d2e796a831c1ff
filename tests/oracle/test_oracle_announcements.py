"""The oracle's announcements, against cases computed by hand from `docs/kernel.md`."""

from __future__ import annotations

from pathlib import Path

from support.oracle_making import Story, at, said

ORIGIN = "快速,origin,K1,小站,乙城,,10:00,1"
THROUGH = "快速,through,K2/K3,甲城,乙城,11:00,11:05,2"
TERMINUS = "快速,terminus,K4,甲城,小站,12:00,,1"


def enter_origin(story: Story) -> None:
    """Run 1 is the origin train."""
    story.base("05:00:20", 1, "K1", "origin", departure="10:00", track="1")


def enter_through(story: Story) -> None:
    """Run 2 is the through train."""
    story.base("05:00:20", 2, "K2/K3", "through", arrival="11:00", departure="11:05", track="2")


def test_punctual_trains_are_announced_at_their_due_seconds(tmp_path: Path) -> None:
    """Timed announcements begin when due; one that awaits an event begins when it is reported."""
    story = Story(tmp_path, ORIGIN, THROUGH)
    enter_origin(story)
    enter_through(story)
    story.report("10:00:30", 1, "departure", "10:00")
    story.report("11:01:30", 2, "arrival", "11:01")
    story.report("11:05:30", 2, "departure", "11:05")
    oracle = story.oracle("06:00")
    assert said(oracle, "12:00") == [
        ("09:40", "open/1", "wait-a"),
        ("09:58", "departing/1", "plat-1"),
        ("10:50", "open/1", "wait-b"),
        ("11:01:30", "arrived/1", "plat-2"),
        ("11:03", "departing/1", "plat-2"),
    ]
    assert oracle.withdrawn_or_never(at("12:00")) == {}
    texts = [each.texts for each in oracle.announcements(at("12:00"))]
    assert texts[0] == {"zh": "K1 1A", "en": "K1 open at 1A, 10:00"}
    assert texts[2] == {"zh": "K2 2A、2B", "en": "K2 open at 2A, 2B, 11:05"}
    assert texts[3] == {"zh": "到 K2", "en": "K2 from Jia on track 2, North"}
    assert texts[4] == {"zh": "开 K2", "en": "K2/K3 leaves Platform 2 for Yi"}
    first = oracle.announcements(at("12:00"))[0]
    assert (first.task, first.due, first.valid_until) == (
        "TST/2026-03-01/K1/1/open/1",
        at("09:40"),
        at("09:50"),
    )
    arrived = oracle.announcements(at("12:00"))[3]
    assert (arrived.due, arrived.valid_until) == (at("11:01"), at("11:11"))


def test_until_is_included_and_nothing_after_it(tmp_path: Path) -> None:
    """What begins at the asked moment is there; what is still to come is planned."""
    story = Story(tmp_path, ORIGIN)
    enter_origin(story)
    oracle = story.oracle("06:00")
    assert said(oracle, "09:39") == []
    assert said(oracle, "09:40") == [("09:40", "open/1", "wait-a")]
    assert oracle.withdrawn_or_never(at("09:40")) == {"TST/2026-03-01/K1/1/departing/1": "planned"}


def test_what_was_too_old_at_the_start_is_not_made(tmp_path: Path) -> None:
    """Started at 09:50, the opening of 09:40, valid until then, is no task at all; at 09:49 it is made late."""
    story = Story(tmp_path, ORIGIN)
    enter_origin(story)
    story.report("10:00:30", 1, "departure", "10:00")
    late = story.oracle("09:50")
    assert said(late, "11:00") == [("09:58", "departing/1", "plat-1")]
    assert late.withdrawn_or_never(at("11:00")) == {}
    assert said(story.oracle("09:49"), "09:49") == [("09:49", "open/1", "wait-a")]


def test_report_that_comes_too_late_releases_nothing(tmp_path: Path) -> None:
    """Due is counted from the actual time: reported eleven minutes late, the arrival is too old to be announced."""
    story = Story(tmp_path, TERMINUS)
    story.base("05:00:20", 4, "K4", "terminus", arrival="12:00", track="1")
    story.report("12:11:30", 4, "arrival", "12:01")
    oracle = story.oracle("06:00")
    assert said(oracle, "13:00") == []
    assert oracle.withdrawn_or_never(at("12:11:30")) == {"TST/2026-03-01/K4/1/arrived/1": "planned"}
    assert oracle.withdrawn_or_never(at("12:12")) == {"TST/2026-03-01/K4/1/arrived/1": "expired"}


def test_train_that_comes_early_leaves_an_announcement_behind(tmp_path: Path) -> None:
    """A due time that jumps back beyond its validity makes the task expire one minute after that."""
    story = Story(tmp_path, ORIGIN)
    enter_origin(story)
    story.report("09:55:30", 1, "departure", "09:54")
    oracle = story.oracle("06:00")
    assert said(oracle, "10:30") == [("09:40", "open/1", "wait-a")]
    assert oracle.withdrawn_or_never(at("10:30")) == {"TST/2026-03-01/K1/1/departing/1": "expired"}


def test_delay_moves_what_is_planned_and_repeats_what_was_said(tmp_path: Path) -> None:
    """Moved by more than `rearm` and still to come: said again as the next occurrence; by ten minutes: not."""
    story = Story(tmp_path, ORIGIN)
    enter_origin(story)
    story.stage("09:45:10", 1, departure="10:10", track="1")
    story.stage("10:08:30", 1, departure="10:20", track="1")
    story.stage("10:19:30", 1, departure="10:41", track="1")
    story.report("10:41:30", 1, "departure", "10:41")
    oracle = story.oracle("06:00")
    assert [each for each in said(oracle, "11:00") if each[2] != "hall"] == [
        ("09:40", "open/1", "wait-a"),  # check-in from 09:40; to 09:50 is no more than ten minutes
        # 10:20 opens at 10:00, which is past when it is heard of at 10:08:30; 10:41 opens at 10:21
        ("10:08", "departing/1", "plat-1"),
        ("10:21", "open/2", "wait-a"),
        ("10:39", "departing/2", "plat-1"),
    ]


def test_apology_begins_with_the_delay_and_again_when_it_grows(tmp_path: Path) -> None:
    """A delay of 15 minutes is said at once, 10 more are not, 11 are; with the text of that moment."""
    story = Story(tmp_path, ORIGIN)
    enter_origin(story)
    story.stage("08:00:11", 1, departure="10:14", track="1")
    story.stage("08:10:11", 1, departure="10:15", track="1")
    story.stage("08:20:11", 1, departure="10:25", track="1")
    story.stage("08:30:11", 1, departure="10:26", track="1")
    story.stage("08:40:11", 1, departure="10:05", track="1")
    oracle = story.oracle("06:00")
    assert said(oracle, "09:00") == [("08:10:11", "sorry/1", "hall"), ("08:30:11", "sorry/2", "hall")]
    assert [each.texts["en"] for each in oracle.announcements(at("09:00"))] == [
        "K1 10:00 now 10:15, 15 late",
        "K1 10:00 now 10:26, 26 late",
    ]


def test_overdue_train_is_apologised_for_as_it_creeps(tmp_path: Path) -> None:
    """Without a report the delay grows with the clock: at 10:15 it is 15 minutes, at 10:26 more than ten further."""
    story = Story(tmp_path, ORIGIN)
    enter_origin(story)
    story.report("10:30:20", 1, "departure", "10:29")
    assert [each for each in said(story.oracle("06:00"), "11:00") if each[2] == "hall"] == [
        ("10:15", "sorry/1", "hall"),
        ("10:26", "sorry/2", "hall"),
    ]


def test_delay_known_long_before_waits_until_ahead(tmp_path: Path) -> None:
    """Known at 06:30, a delay is said 180 minutes before the planned time, and not if it has gone by then."""
    story = Story(tmp_path, ORIGIN, "快速,origin,K7,小站,乙城,,10:00,2")
    enter_origin(story)
    story.base("05:00:20", 7, "K7", "origin", departure="10:00", track="2")
    story.stage("06:30:11", 1, departure="10:20", track="1")
    story.stage("06:30:11", 7, departure="10:20", track="2")
    story.stage("06:50:11", 7, departure="10:05", track="2")
    oracle = story.oracle("06:00")
    assert said(oracle, "08:00") == [("07:00", "sorry/1", "hall")]
    assert oracle.announcements(at("08:00"))[0].call == "TST/2026-03-01/K1/1"
    assert oracle.withdrawn_or_never(at("08:00"))["TST/2026-03-01/K7/1/sorry/1"] == "withdrawn"


def test_delay_unknown_is_said_each_time_it_becomes_so(tmp_path: Path) -> None:
    """Unknown, known and unknown again: two announcements; while unknown the timed ones are held."""
    story = Story(tmp_path, ORIGIN)
    enter_origin(story)
    story.stage("09:30:10", 1, unknown=["departure"], track="1")
    story.stage("09:35:10", 1, unknown=["departure"], track="1", reason="雪")
    story.stage("10:10:10", 1, departure="10:40", track="1")
    story.stage("10:15:10", 1, unknown=["departure"], track="1")
    story.stage("10:30:10", 1, departure="10:50", track="1")
    story.report("10:50:10", 1, "departure", "10:50")
    oracle = story.oracle("06:00")
    assert [each for each in said(oracle, "11:00") if "sorry" not in each[1]] == [
        ("09:30:10", "unknown/1", "hall"),
        ("10:15:10", "unknown/2", "hall"),
        ("10:30:10", "open/1", "wait-a"),
        ("10:48", "departing/1", "plat-1"),
    ]
    assert oracle.announcements(at("09:31"))[0].texts["en"] == "K1 10:00[] unknown"


def test_platform_change_is_said_on_both_platforms(tmp_path: Path) -> None:
    """Within `ahead` at once, in the zones of the old and the new platform, old and new named; back again: silence."""
    story = Story(tmp_path, ORIGIN)
    enter_origin(story)
    story.stage("09:20:10", 1, track="2")
    story.stage("09:25:10", 1, track="1")
    oracle = story.oracle("06:00")
    assert said(oracle, "09:30") == [
        ("09:20:10", "moved/1", "plat-1"),
        ("09:20:10", "moved/1", "plat-2"),
    ]
    assert oracle.announcements(at("09:30"))[0].texts["en"] == "K1 from Platform 1 to Platform 2 (B)"


def test_platform_change_is_said_once_though_the_track_changes_again(tmp_path: Path) -> None:
    """Another track of the platform that people were sent to is no news; there again from elsewhere it is."""
    story = Story(tmp_path, ORIGIN)
    enter_origin(story)
    for when, track in (("09:20:10", "2"), ("09:22:10", "4"), ("09:24:10", "1"), ("09:26:10", "4")):
        story.stage(when, 1, track=track)
    moved = [each[:2] for each in said(story.oracle("06:00"), "09:30") if each[2] == "plat-2"]
    assert moved == [("09:20:10", "moved/1"), ("09:26:10", "moved/2")]


def test_platform_change_after_the_arrival_is_none(tmp_path: Path) -> None:
    """Once the train has arrived its platform is where it stands."""
    story = Story(tmp_path, THROUGH)
    enter_through(story)
    story.report("11:00:20", 2, "arrival", "11:00")
    story.stage("11:01:20", 2, track="1")
    assert not [each for each in said(story.oracle("06:00"), "12:00") if "moved" in each[1]]


def test_suspended_train_is_announced_as_that_alone(tmp_path: Path) -> None:
    """Suspension withdraws what is planned and is said `ahead` of the planned time; restored, what is due is said."""
    story = Story(tmp_path, ORIGIN, THROUGH)
    enter_origin(story)
    enter_through(story)
    story.stage("07:30:10", 1, track="1", running="suspended", reason="雪")
    story.stage("09:10:10", 2, track="2", running="suspended")
    story.stage("10:55:10", 2, track="2", running="scheduled")
    story.report("11:00:20", 2, "arrival", "11:00")
    story.report("11:05:20", 2, "departure", "11:05")
    oracle = story.oracle("06:00")
    assert said(oracle, "12:00") == [
        ("08:00", "off/1", "hall"),
        ("09:10:10", "off/1", "hall"),
        ("10:55:10", "open/1", "wait-b"),
        ("11:00:20", "arrived/1", "plat-2"),
        ("11:03", "departing/1", "plat-2"),
    ]
    assert oracle.announcements(at("08:00"))[0].texts["en"] == "K1 快速 off: 雪"
    assert oracle.withdrawn_or_never(at("12:00")) == {
        "TST/2026-03-01/K1/1/open/1": "withdrawn",
        "TST/2026-03-01/K1/1/departing/1": "withdrawn",
    }


def test_extra_train_is_announced_from_the_moment_it_is_known(tmp_path: Path) -> None:
    """A train that comes into being twelve minutes before it leaves is not called to a gate that opened earlier."""
    story = Story(tmp_path)
    story.base("09:51:10", 9, "K99", "origin", departure="10:03", track="2")
    story.base("09:51:10", 8, "K98", "origin", departure="10:11", track="2")
    story.report("10:03:30", 9, "departure", "10:03")
    story.report("10:11:30", 8, "departure", "10:11")
    assert said(story.oracle("06:00"), "11:00") == [
        ("09:51:10", "open/1", "wait-b"),
        ("09:51:10", "open/1", "wait-b"),
        ("10:01", "departing/1", "plat-2"),
        ("10:09", "departing/1", "plat-2"),
    ]
    assert said(story.oracle("09:52"), "09:52")[0] == ("09:52", "open/1", "wait-b")
