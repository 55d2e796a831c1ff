"""The oracle's calls and rows, against a day computed by hand from `docs/kernel.md`."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.oracle_making import DAY, Story, at, clock, rows, statuses

ORIGIN = "快速,origin,K1,小站,乙城,,10:00,1"
THROUGH = "快速,through,K2/K3,甲城,乙城,11:00,11:05,2"
TERMINUS = "快速,terminus,K4,甲城,小站,12:00,,1"
PASSING = "快速,passing,Z5,甲城,乙城,13:00,,3"


def enter_origin(story: Story) -> None:
    """Run 1 is the origin train."""
    story.base("05:00:20", 1, "K1", "origin", departure="10:00", track="1")


def enter_through(story: Story) -> None:
    """Run 2 is the through train."""
    story.base("05:00:20", 2, "K2/K3", "through", arrival="11:00", departure="11:05", track="2")


def test_plan_makes_calls_with_ids_in_order_of_time(tmp_path: Path) -> None:
    """Ids are telecode, service date, percent-encoded first number and a count by number in order of planned time."""
    story = Story(tmp_path, "快速,origin,临1,小站,乙城,,21:00,1", "快速,origin,临1,小站,乙城,,09:00,1", THROUGH)
    calls = story.oracle("06:00").calls(at("06:00"))
    assert sorted(calls) == [
        "TST/2026-03-01/%E4%B8%B41/1",
        "TST/2026-03-01/%E4%B8%B41/2",
        "TST/2026-03-01/K2/1",
    ]
    first, second = (calls[f"TST/2026-03-01/%E4%B8%B41/{n}"].departure for n in (1, 2))
    assert first is not None
    assert second is not None
    assert (first.planned, second.planned) == (at("09:00"), at("21:00"))
    assert calls["TST/2026-03-01/K2/1"].numbers == ("K2", "K3")


def test_service_date_is_the_arrivals_and_validity_is_tested_on_it(tmp_path: Path) -> None:
    """A call over midnight belongs to the date of its arrival and leaves on the next; 1 March 2026 is a Sunday."""
    story = Story(
        tmp_path,
        "快速,through,K9,甲城,乙城,23:55,00:10,1,,,,2026-03-01,2026-03-01,7",
        "快速,origin,K7,小站,乙城,,08:00,1,,,,2026-03-02,,",
        "快速,origin,K8,小站,乙城,,08:30,1,,,,,,123456",
    )
    (call,) = story.oracle("06:00").calls(at("06:00")).values()
    assert call.call == "TST/2026-03-01/K9/1"
    assert call.arrival is not None
    assert call.arrival.planned == at("23:55")
    assert call.departure is not None
    assert call.departure.planned == at("+1 00:10")


def test_punctual_origin_train(tmp_path: Path) -> None:
    """Rows come and go at start and end, and the status follows check-in, to the minute."""
    story = Story(tmp_path, ORIGIN)
    enter_origin(story)
    story.report("10:00:30", 1, "departure", "10:00")
    oracle = story.oracle("06:00")
    call = oracle.calls(at("06:00"))["TST/2026-03-01/K1/1"]
    assert (clock(call.check_in_open), clock(call.check_in_close)) == ("09:40", "09:57")
    expected = {
        "06:59": [],
        "07:00": [("K1", "waiting")],
        "09:39": [("K1", "waiting")],
        "09:40": [("K1", "checking_in")],
        "09:56": [("K1", "checking_in")],
        "09:57": [("K1", "check_in_closed")],
        "10:00": [("K1", "check_in_closed")],
        "10:01": [],
    }
    assert {when: statuses(oracle, "hall", when) for when in expected} == expected
    assert [bool(rows(oracle, "gate-1", when)) for when in ("09:14", "09:15", "09:58", "09:59")] == [0, 1, 1, 0]
    assert rows(oracle, "gate-2", "09:30") == []
    (row,) = rows(oracle, "hall", "09:00")
    assert row.fields == {
        "number": {"": "K1"},
        "origin": {"zh": "小站", "en": "Small"},
        "destination": {"zh": "乙城", "en": "Yi"},
        "planned": {"": "10:00"},
        "expected": {"": ""},
        "platform": {"zh": "1站台", "en": "Platform 1"},
        "track": {"": "1"},
        "gates": {"zh": "1A", "en": "1A"},
        "areas": {"zh": "甲", "en": "A"},
        "exits": {"zh": "北", "en": "North"},
    }
    assert row.status_texts == {"zh": "waiting", "en": "waiting 0"}


def test_overdue_departure_creeps_with_the_clock_and_its_row_stays(tmp_path: Path) -> None:
    """Two minutes after its time without a report the best time is the minute of now; time alone ends no row."""
    story = Story(tmp_path, ORIGIN)
    enter_origin(story)
    story.report("14:07:10", 1, "departure", "14:06")
    oracle = story.oracle("06:00")
    best = {
        when: oracle.calls(at(when))["TST/2026-03-01/K1/1"].departure for when in ("10:01", "10:02", "14:06", "14:08")
    }
    assert [(event and (clock(event.best), event.overdue)) for event in best.values()] == [
        ("10:00", False),
        ("10:02", True),
        ("14:06", True),
        ("14:06", False),
    ]
    (row,) = rows(oracle, "hall", "13:00")
    assert (row.status, row.fields["expected"]) == ("check_in_closed", {"": "13:00"})
    assert rows(oracle, "hall", "14:07") != []
    assert rows(oracle, "hall", "14:08") == []
    assert rows(oracle, "gate-1", "10:30") == []


def test_overdue_arrival_pushes_the_departure(tmp_path: Path) -> None:
    """A departure is no earlier than its arrival and the least dwell; it is not overdue itself while it is pushed."""
    story = Story(tmp_path, THROUGH)
    enter_through(story)
    story.report("11:20:30", 2, "arrival", "11:20")
    oracle = story.oracle("06:00")
    seen = {}
    for when in ("11:01", "11:03", "11:10", "11:21", "11:24"):
        call = oracle.calls(at(when))["TST/2026-03-01/K2/1"]
        assert call.arrival is not None
        assert call.departure is not None
        seen[when] = (
            clock(call.arrival.best),
            clock(call.departure.best),
            call.arrival.overdue,
            call.departure.overdue,
            clock(call.check_in_open),
        )
    assert seen == {
        "11:01": ("11:00", "11:05", False, False, "10:50"),
        "11:03": ("11:03", "11:05", True, False, "10:50"),
        "11:10": ("11:10", "11:12", True, False, "10:57"),
        "11:21": ("11:20", "11:22", False, False, "11:07"),
        "11:24": ("11:20", "11:24", False, True, "11:09"),
    }


def test_long_stop_opens_check_in_after_the_arrival(tmp_path: Path) -> None:
    """With `after_arrival` check-in opens at the latest so many minutes after the arrival."""
    story = Story(tmp_path, "快速,through,K6,甲城,乙城,09:00,09:40,1")
    call = story.oracle("06:00").calls(at("06:00"))["TST/2026-03-01/K6/1"]
    assert (clock(call.check_in_open), clock(call.check_in_close)) == ("09:05", "09:37")


def test_late_and_early_rows(tmp_path: Path) -> None:
    """A row shows how late or early, its expected time, and starts by the earlier of planned and best (`earliest`)."""
    story = Story(tmp_path, ORIGIN, TERMINUS)
    enter_origin(story)
    story.base("05:00:20", 4, "K4", "terminus", arrival="12:00", track="1")
    story.stage("06:30:10", 1, departure="10:25", track="1")
    story.stage("06:30:10", 4, arrival="11:53", track="1")
    oracle = story.oracle("06:00")
    (row,) = rows(oracle, "hall", "07:00")
    assert (row.status, row.status_texts["en"], row.fields["expected"]) == ("late", "late 25", {"": "10:25"})
    (row,) = rows(oracle, "arrivals", "10:53")
    assert (row.status, row.status_texts["en"], row.fields["expected"]) == ("early", "early 7", {"": "11:53"})
    assert rows(oracle, "arrivals", "10:52") == []
    assert statuses(oracle, "hall", "10:04") == [("K1", "late")]
    assert statuses(oracle, "hall", "10:05") == [("K1", "checking_in")]


def test_arrived_row_stays_ten_minutes(tmp_path: Path) -> None:
    """An arrival's row awaits the report, then counts its end from the actual time."""
    story = Story(tmp_path, TERMINUS)
    story.base("05:00:20", 4, "K4", "terminus", arrival="12:00", track="1")
    story.report("12:14:40", 4, "arrival", "12:13")
    oracle = story.oracle("06:00")
    assert statuses(oracle, "arrivals", "11:59") == [("K4", "on_time")]
    assert statuses(oracle, "arrivals", "12:14") == [("K4", "late")]
    assert statuses(oracle, "arrivals", "12:15") == [("K4", "arrived")]
    assert statuses(oracle, "arrivals", "12:22") == [("K4", "arrived")]
    assert statuses(oracle, "arrivals", "12:23") == []


def test_delay_unknown(tmp_path: Path) -> None:
    """While nobody knows, there is no check-in and rows stay; those with `best` have no start, until it is known."""
    story = Story(tmp_path, ORIGIN)
    enter_origin(story)
    story.stage("09:50:10", 1, unknown=["departure"], track="1")
    story.stage("11:00:10", 1, departure="11:30", track="1")
    oracle = story.oracle("06:00")
    call = oracle.calls(at("10:30"))["TST/2026-03-01/K1/1"]
    assert call.departure is not None
    assert (call.departure.unknown, call.departure.best, call.departure.overdue) == (True, None, False)
    assert (call.check_in_open, call.check_in_close) == (None, None)
    assert statuses(oracle, "hall", "10:30") == [("K1", "delay_unknown")]
    assert statuses(oracle, "gate-1", "09:50") == [("K1", "checking_in")]
    assert statuses(oracle, "gate-1", "10:30") == []
    assert statuses(oracle, "hall", "11:09") == [("K1", "late")]
    assert statuses(oracle, "gate-1", "11:10") == [("K1", "checking_in")]


def test_unknown_arrival_makes_the_departure_unknown(tmp_path: Path) -> None:
    """A departure waits for an arrival of which nobody knows, until the arrival is reported."""
    story = Story(tmp_path, THROUGH)
    enter_through(story)
    story.stage("10:30:10", 2, unknown=["arrival"], departure="11:05", track="2")
    story.report("11:40:10", 2, "arrival", "11:40")
    oracle = story.oracle("06:00")
    before, after = (oracle.calls(at(when))["TST/2026-03-01/K2/1"].departure for when in ("11:00", "11:41"))
    assert before is not None
    assert (before.unknown, before.flagged, before.best) == (True, False, None)
    assert after is not None
    assert (after.unknown, clock(after.best)) == (False, "11:42")


def test_suspended_train(tmp_path: Path) -> None:
    """A suspended train's rows go by the planned times and end an hour after the planned end."""
    story = Story(tmp_path, ORIGIN)
    enter_origin(story)
    story.stage("08:00:10", 1, departure="10:40", track="1", running="suspended", reason="暴雪")
    oracle = story.oracle("06:00")
    call = oracle.calls(at("09:00"))["TST/2026-03-01/K1/1"]
    assert (call.running, call.reason, call.check_in_open) == ("suspended", "暴雪", None)
    assert statuses(oracle, "hall", "08:00") == [("K1", "waiting")]
    assert statuses(oracle, "hall", "08:01") == [("K1", "suspended")]
    assert [bool(rows(oracle, "hall", when)) for when in ("11:00", "11:01")] == [1, 0]
    assert [bool(rows(oracle, "gate-1", when)) for when in ("09:14", "09:15", "10:58", "10:59")] == [0, 1, 1, 0]


def test_track_change_takes_platform_gates_and_rows_along(tmp_path: Path) -> None:
    """Platform follows from track, its places replace the old ones; a track at the same platform changes no place."""
    story = Story(tmp_path, ORIGIN + ",1A")
    enter_origin(story)
    story.stage("09:20:10", 1, track="2")
    story.stage("09:30:10", 1, track="4")
    oracle = story.oracle("06:00")
    call = oracle.calls(at("09:21"))["TST/2026-03-01/K1/1"]
    assert (call.track, call.platform, call.gates, call.areas) == ("2", "2", ("2A", "2B"), ("B",))
    assert (call.planned_track, call.planned_platform) == ("1", "1")
    assert [bool(rows(oracle, board, "09:20")) for board in ("gate-1", "gate-2")] == [1, 0]
    assert statuses(oracle, "gate-1", "09:21") == [("K1", "platform_changed")]
    assert rows(oracle, "gate-1", "09:21")[0].status_texts["en"] == "platform_changed Platform 2 2A, 2B"
    assert statuses(oracle, "gate-2", "09:21") == [("K1", "waiting")]
    assert [row.rule for row in rows(oracle, "hall", "09:21")] == ["row-hall"]
    assert rows(oracle, "gate-2", "09:30")[0].fields["gates"] == {"zh": "2A、2B", "en": "2A, 2B"}
    assert oracle.calls(at("09:31"))["TST/2026-03-01/K1/1"].track == "4"


def test_old_platforms_are_the_planned_one_and_the_last(tmp_path: Path) -> None:
    """Sent from 1 to 2 and on to a track without platform, the train is missed at both; back at 1, at 2 alone."""
    story = Story(tmp_path, ORIGIN + ",1A")
    enter_origin(story)
    for when, track in (("09:20:10", "2"), ("09:30:10", "3"), ("09:40:10", "1")):
        story.stage(when, 1, track=track)
    oracle = story.oracle("06:00")
    seen = [[statuses(oracle, board, when) for board in ("gate-1", "gate-2")] for when in ("09:31", "09:41")]
    assert seen == [[[("K1", "platform_changed")]] * 2, [[("K1", "checking_in")], [("K1", "platform_changed")]]]


def test_extra_train_comes_from_the_feed(tmp_path: Path) -> None:
    """A record without a call makes one, extra from the first; what follows goes to it."""
    story = Story(tmp_path, ORIGIN)
    story.base("07:00:12", 9, "K99", "origin", departure="10:30", track="2")
    story.stage("07:30:12", 9, departure="10:32", track="2")
    oracle = story.oracle("06:00")
    assert "TST/2026-03-01/K99/1" not in oracle.calls(at("07:00"))
    assert oracle.calls(at("07:00:12"))["TST/2026-03-01/K99/1"].running == "extra"
    call = oracle.calls(at("08:00"))["TST/2026-03-01/K99/1"]
    assert (call.running, call.platform) == ("extra", "2")
    assert call.departure is not None
    assert clock(call.departure.best) == "10:32"
    assert statuses(oracle, "hall", "08:00") == [("K1", "waiting"), ("K99", "late")]


def test_records_match_by_any_number_and_the_nearest_time(tmp_path: Path) -> None:
    """Of two calls that share a number a record belongs to the one whose planned departure is nearest."""
    story = Story(tmp_path, "快速,origin,K1,小站,乙城,,10:00,1", "快速,origin,K1/K8,小站,乙城,,18:00,1")
    story.base("05:00:20", 1, "K8/K1", "origin", departure="17:00", track="1")
    story.stage("07:00:10", 1, departure="18:10", track="1")
    calls = story.oracle("06:00").calls(at("08:00"))
    early, late = (calls[f"TST/2026-03-01/K1/{n}"].departure for n in (1, 2))
    assert early is not None
    assert early.expected is None
    assert late is not None
    assert clock(late.expected) == "18:10"


@pytest.mark.parametrize(
    "bad",
    [
        {"track": "77"},
        {"departure": "+2 10:01"},
        {"actual": "09:36"},
        {"running": "suspended", "actual": "09:29"},
    ],
)
def test_impossible_records_change_nothing(tmp_path: Path, bad: dict[str, str]) -> None:
    """An unknown track, a time too far away, a report of the future, a report of a suspended train: all refused."""
    story = Story(tmp_path, ORIGIN)
    enter_origin(story)
    actual = bad.pop("actual", "")
    if bad:
        story.stage("09:30:10", 1, **bad)
    if actual:
        story.report("09:30:10", 1, "departure", actual)
    oracle = story.oracle("06:00")
    assert oracle.calls(at("09:35")) == oracle.calls(at("09:29"))


def test_report_five_minutes_ahead_is_believed(tmp_path: Path) -> None:
    """A report may be up to five minutes ahead of now."""
    story = Story(tmp_path, ORIGIN)
    enter_origin(story)
    story.report("09:30:10", 1, "departure", "09:35")
    call = story.oracle("06:00").calls(at("09:31"))["TST/2026-03-01/K1/1"]
    assert call.departure is not None
    assert clock(call.departure.actual) == "09:35"


def test_records_wait_for_their_plan(tmp_path: Path) -> None:
    """Before a date's plan comes there is nothing; then calls come with all that the database holds of them."""
    story = Story(tmp_path, ORIGIN)
    enter_origin(story)
    story.stage("06:30:10", 1, departure="10:20", track="2")
    oracle = story.oracle("06:00", planned_at={DAY: at("07:00")})
    assert oracle.calls(at("06:59")) == {}
    call = oracle.calls(at("07:00"))["TST/2026-03-01/K1/1"]
    assert (call.running, call.platform) == ("scheduled", "2")
    assert call.departure is not None
    assert clock(call.departure.best) == "10:20"


def test_passing_train_is_on_the_staff_board_only(tmp_path: Path) -> None:
    """A passing train has both events at one time, no least dwell and no check-in."""
    story = Story(tmp_path, PASSING)
    oracle = story.oracle("06:00")
    call = oracle.calls(at("06:00"))["TST/2026-03-01/Z5/1"]
    assert call.arrival is not None
    assert call.departure is not None
    assert clock(call.arrival.best) == clock(call.departure.best) == "13:00"
    assert (call.platform, call.gates, call.check_in_open) == ("", (), None)
    shown = {board for board, lines in oracle.board_rows(at("12:30")).items() if lines}
    assert shown == {"staff"}
    assert statuses(oracle, "staff", "12:30") == [("Z5", "waiting")]


def test_rows_are_in_order_of_planned_time_then_id(tmp_path: Path) -> None:
    """The order is that of the planned times, whatever is late, and of ids where they are equal."""
    story = Story(
        tmp_path,
        "快速,origin,K5,小站,乙城,,10:10,1",
        "快速,origin,K12,小站,乙城,,10:00,1",
        "快速,origin,K1,小站,乙城,,10:00,2",
    )
    enter_origin(story)
    story.stage("07:30:10", 1, departure="11:00", track="2")
    assert [row.number for row in rows(story.oracle("06:00"), "hall", "08:00")] == ["K1", "K12", "K5"]


def test_call_is_dropped_36_hours_after_its_end(tmp_path: Path) -> None:
    """`keep` counts from the best known time of the last event."""
    story = Story(tmp_path, ORIGIN)
    enter_origin(story)
    story.report("10:10:30", 1, "departure", "10:10")
    oracle = story.oracle("06:00")
    assert [len(oracle.calls(at(when))) for when in ("+1 22:09", "+1 22:10")] == [1, 0]


def test_started_late_it_knows_what_holds_and_not_how_it_came(tmp_path: Path) -> None:
    """Started in mid-day, the station has the facts of the database as they stand."""
    story = Story(tmp_path, ORIGIN, THROUGH)
    enter_origin(story)
    story.stage("07:00:10", 1, departure="10:30", track="2")
    story.stage("08:00:10", 1, departure="10:20", track="1")
    story.report("10:20:40", 1, "departure", "10:20")
    early, late = story.oracle("06:00"), story.oracle("10:40")
    assert early.calls(at("10:50")) == late.calls(at("10:50"))
    assert early.board_rows(at("10:50")) == late.board_rows(at("10:50"))


def test_unknown_place_name_is_said_plainly(tmp_path: Path) -> None:
    """The oracle knows no pinyin, and does not pretend to."""
    oracle = Story(tmp_path, "快速,origin,K1,小站,丙城,,10:00,1").oracle("06:00")
    with pytest.raises(ValueError, match=r"names\.csv lacks '丙城'"):
        oracle.board_rows(at("08:00"))
