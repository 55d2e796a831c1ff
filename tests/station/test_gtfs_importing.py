"""Importing one stop of a GTFS feed: what becomes of each trip, what is left out, every fault at once."""

import zipfile
from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from station.gtfs_making import FILES, Feed
from stationmaster.station.gtfs_calls import GtfsOptions
from stationmaster.station.gtfs_importing import GtfsReport, import_gtfs
from stationmaster.station.load import Station, load_station
from stationmaster.station.plans import plan_day
from stationmaster.station.timetable import TimetableRow
from stationmaster_kernel.values import CallKind

OPTIONS = GtfsOptions(stops=("MZN",), classes=(("K", "快速"),))


@pytest.fixture
def feed(tmp_path: Path) -> Feed:
    """A good feed."""
    return Feed(tmp_path / "feed.zip")


def bring(feed: Feed, folder, options: GtfsOptions = OPTIONS) -> tuple[Station, dict[str, TimetableRow], GtfsReport]:
    """Import it, which succeeds, and read the station; rows by number."""
    made = import_gtfs(feed.write(), folder.path, options)
    assert made.report.faults == ()
    assert made.report.written
    station = load_station(folder.path)
    return station, {row.number: row for row in station.timetable}, made


def faults(feed: Feed, folder, options: GtfsOptions = OPTIONS) -> list[str]:
    """Import it, which fails and changes nothing, and say why."""
    before = folder.contents()
    made = import_gtfs(feed.write(), folder.path, options)
    assert not made.report.written
    assert folder.contents() == before
    assert all(fault.allowed for fault in made.report.faults)
    return [f"{fault.file}: {fault.place}: {fault.problem}" for fault in made.report.faults]


def test_every_trip_is_a_call_of_its_kind(feed: Feed, folder) -> None:
    """First stop: origin; last: terminus; nobody boards or alights: passing; else through, or as passengers see it."""
    _, rows, _ = bring(feed, folder)
    assert {number: row.kind.value for number, row in rows.items()} == {
        "G1": "through",
        "G3": "origin",
        "G4": "terminus",
        "K1178": "through",
        "K9": "passing",
        "K11": "terminus",
        "K29": "terminus",
        "K31": "origin",
        "K37": "passing",
    }
    assert (rows["G3"].arrival, rows["G3"].departure) == (None, time(11, 10))
    assert (rows["G4"].arrival, rows["G4"].departure) == (time(12, 0), None)
    assert (rows["G1"].arrival, rows["G1"].departure) == (time(10, 0), time(10, 5))
    assert rows["K1178"].numbers == ("K1178", "K1175")


def test_ends_of_trips_are_named_by_their_stations(feed: Feed, folder) -> None:
    """Platforms go by their station's name, and this station by its own; `names.csv` gets those that are new."""
    _, rows, made = bring(feed, folder)
    assert (rows["G1"].origin, rows["G1"].destination) == ("北京西", "武汉")
    assert (rows["G3"].origin, rows["G3"].destination) == ("明泽南", "武汉")
    assert (rows["G4"].origin, rows["G4"].destination) == ("北京西", "明泽南")
    assert made.report.names_added == ()
    feed.change("stops.txt", "WHN,武汉", "WHN,武昌南")
    assert bring(feed, folder)[2].report.names_added == ("武昌南",)


def test_times_beyond_midnight_are_days_underway(feed: Feed, folder) -> None:
    """The service day of the feed is the date that the calendar tests; 48:30 is half an hour after the second night."""
    station, rows, _ = bring(feed, folder)
    assert (rows["K1178"].arr_day, rows["K1178"].nights) == (0, 1)
    assert (rows["K9"].arrival, rows["K9"].departure, rows["K9"].arr_day) == (time(0, 30), time(0, 30), 2)
    assert (rows["K11"].arrival, rows["K11"].arr_day) == (time(2, 30), 1)
    on = [day for number in range(1, 9) if "K9" in numbers(station, day := date(2026, 5, number))]
    assert on == [date(2026, 5, 3), date(2026, 5, 4)]


def numbers(station: Station, day: date) -> set[str]:
    return {call.number for call in plan_day(station, day)}


def test_calendars_with_exceptions_get_a_name_and_others_need_none(feed: Feed, folder) -> None:
    """Exceptions that change nothing are not kept; ids are made of the service's."""
    station, rows, _ = bring(feed, folder)
    assert rows["G1"].days.calendar is None
    assert rows["G1"].days.valid_until == date(2026, 12, 31)
    assert [calendar.id for calendar in station.calendars] == ["spring-festival", "gtfs.fair", "gtfs.work-days"]
    work = rows["G3"].days.calendar
    assert work is not None
    assert (work.weekdays, work.added, work.removed) == (
        (1, 2, 3, 4, 5),
        frozenset({date(2026, 2, 21)}),
        frozenset({date(2026, 2, 16)}),
    )
    assert "G3" in numbers(station, date(2026, 2, 21))
    assert "G3" not in numbers(station, date(2026, 2, 16))


def test_platform_codes_are_tracks_by_id_or_name_or_option(feed: Feed, folder) -> None:
    """What is no track here is told, and the train gets a free one."""
    _, rows, made = bring(feed, folder)
    assert rows["G1"].track == "4"
    assert rows["G3"].track == "1"
    assert rows["G4"].track
    assert "platform_code 'Z' is no track here: t-terminus (line 8)" in [each.problem for each in made.report.warnings]
    for code in ("Z", "MZN:Z"):
        options = GtfsOptions(stops=("MZN",), classes=OPTIONS.classes, tracks=((code, "14"),))
        assert bring(feed, folder, options)[1]["G4"].track == "14"


def test_classes_are_routes_or_what_the_options_make_of_them(feed: Feed, folder) -> None:
    """By short name, by route_id, by type; a class that the station does not list is told."""
    _, rows, _ = bring(feed, folder)
    assert (rows["G1"].train_class, rows["K11"].train_class) == ("高速动车", "快速")
    by_id = GtfsOptions(stops=("MZN",), classes=(("type:2", "普快"), ("R1", "动车组")))
    _, rows, _ = bring(feed, folder, by_id)
    assert (rows["G1"].train_class, rows["K11"].train_class) == ("动车组", "普快")
    _, rows, made = bring(feed, folder, GtfsOptions(stops=("MZN",)))
    assert rows["K11"].train_class == "K"
    assert any("'K' is taken as the train class" in each.problem for each in made.report.warnings)


def test_what_cannot_be_said_is_counted_and_listed(feed: Feed, folder) -> None:
    """Each trip at the stop is a row or stands in the list, with its line."""
    _, rows, made = bring(feed, folder)
    assert {each.reason: each.trips for each in made.left_out} == {
        "is no train (route_type 3)": ("t-bus (line 17)",),
        "runs by frequencies.txt, without times of its own": ("t-often (line 20)",),
        "has no time here (stop_times.txt leaves it open)": ("t-open (line 23)",),
        "runs on no date": ("t-never (line 26)",),
        "has no train number in trip_short_name (A–Z and digits, at most 10, several divided by '/')": (
            "t-nameless (line 29)",
        ),
        "has no other stop": ("t-only (line 34)",),
        "begins or ends here, and nobody may board or alight": ("t-empty (line 41)",),
        "calls here more than 4 days after its service day": ("t-far (line 44)",),
        "is, by number, times and dates, a train that another trip is already": ("t-twin (line 32, as t-through)",),
    }
    left = sum(len(each.trips) for each in made.left_out)
    assert len(rows) + left == len(FILES["trips.txt"].splitlines()) - 2  # the header, and the trip elsewhere


def test_what_is_taken_otherwise_than_the_feed_says_is_told(feed: Feed, folder) -> None:
    """A stop for passengers of one direction only, and a stand without passengers."""
    _, rows, made = bring(feed, folder)
    told = [each.problem for each in made.report.warnings]
    assert "nobody may board here, though the train goes on: t-down (line 36)" in told
    assert "nobody may alight here, though the train comes from elsewhere: t-up (line 39)" in told
    assert "stands here for 12 min, and nobody may board or alight: t-stands (line 47)" in told
    assert rows["K37"].departure == time(17, 12)


def test_one_platform_is_a_stop_too(feed: Feed, folder) -> None:
    """Then only its own trains call."""
    _, rows, _ = bring(feed, folder, GtfsOptions(stops=("MZN:1道",)))
    assert set(rows) == {"G3"}
    assert rows["G3"].origin == "明泽南"


def test_several_stops_may_be_the_station(feed: Feed, folder) -> None:
    """Many feeds have no stations: each platform is a stop for itself, and one of the same name is told of."""
    feed.files["stops.txt"] = FILES["stops.txt"].replace(",MZN", ",")
    _, rows, made = bring(feed, folder, GtfsOptions(stops=("MZN:1道",)))
    assert set(rows) == {"G3"}
    told = [(each.problem, each.allowed) for each in made.report.warnings if each.file == "stops.txt"]
    assert len(told) == 1
    assert "has the same name, and its trips are not taken" in told[0][0]
    ours = [line.split(",")[0] for line in FILES["stops.txt"].splitlines() if line.startswith("MZN")]
    platforms = tuple(each for each in ours if each != "MZN:in")
    assert {each.strip() for each in told[0][1].split("--stop") if each.strip()} <= set(platforms)
    _, rows, made = bring(feed, folder, GtfsOptions(stops=platforms, classes=OPTIONS.classes))
    assert len(rows) == 9
    assert not [each for each in made.report.warnings if each.file == "stops.txt"]


def test_numbers_may_be_the_trips_ids_and_other_route_types_trains(feed: Feed, folder) -> None:
    """For feeds that have no trip_short_name, and for trams."""
    feed.files["trips.txt"] = FILES["trips.txt"].replace("t-bus", "B7").replace("t-through", "g 2")
    feed.files["stop_times.txt"] = FILES["stop_times.txt"].replace("t-bus", "B7").replace("t-through", "g 2")
    options = GtfsOptions(stops=("MZN",), route_types=((0, 3), (100, 199)), number_from="trip_id")
    _, rows, made = bring(feed, folder, options)
    assert set(rows) == {"B7", "G2"}
    assert any("in trip_id" in each.reason for each in made.left_out)


def test_importing_the_same_feed_again_changes_nothing(feed: Feed, folder) -> None:
    """The same rows, tracks and calendars, byte for byte."""
    bring(feed, folder)
    once = folder.contents()
    bring(feed, folder)
    assert folder.contents() == once


def test_a_calendar_never_changes_its_meaning(feed: Feed, folder) -> None:
    """The timetable before can be put back; its calendars go only when nothing that is kept refers to them."""
    _, before, _ = bring(feed, folder)
    feed.change("calendar_dates.txt", "fair,20260502,1", "fair,20260503,1")
    station, rows, made = bring(feed, folder)
    assert made.report.backup is not None
    calendars = {calendar.id: calendar for calendar in station.calendars}
    assert calendars["gtfs.fair"] == before["K9"].days.calendar
    assert rows["K9"].days.calendar == calendars["gtfs.fair.2"]
    made.report.backup.replace(folder.path / "timetable.csv")
    assert {row.number: row.days for row in load_station(folder.path).timetable} == {
        number: row.days for number, row in before.items()
    }
    bring(feed, folder)
    assert "gtfs.fair" in {calendar.id for calendar in load_station(folder.path).calendars}
    bring(feed, folder)
    assert "gtfs.fair" not in {calendar.id for calendar in load_station(folder.path).calendars}


@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
    [
        ("stop_times.txt", "10:00:00,10:05:59", "10:00,10:05:59", "line 3, arrival_time: '10:00' is not possible"),
        (
            "stop_times.txt",
            "10:00:00,10:05:59",
            "10:60:00,10:05:59",
            "line 3, arrival_time: '10:60:00' is not possible",
        ),
        (
            "stop_times.txt",
            "10:00:00,10:05:59",
            "10:06:00,10:05:59",
            "line 3, departure_time: '10:05:59' lies before arrival_time",
        ),
        ("stop_times.txt", "MZN:4,5,0,0", "MZN:4,5,9,0", "line 3, pickup_type: '9' is not possible"),
        ("stop_times.txt", "MZN:4,5,0,0", "MZN:4,5,0,x", "line 3, drop_off_type: 'x' is not possible"),
        ("stop_times.txt", "MZN:4,5,0,0", "MZN:4,a,0,0", "line 3, stop_sequence: 'a' is not a whole number"),
        ("stop_times.txt", "MZN:4,5,0,0", "MZN:4,1,0,0", "line 3, stop_sequence: '1' stands in trip 't-through' twice"),
        ("stop_times.txt", "WHN,9,1,0", "WNH,9,1,0", "line 4, stop_id: 'WNH' is not in stops.txt"),
        ("stop_times.txt", "MZN:4,5,0,0", "MZN:4,5,0", "line 3: has 6 cells"),
        ("stop_times.txt", "stop_sequence,", "sequence,", "line 1: column 'stop_sequence' is missing"),
        ("stop_times.txt", "pickup_type", "stop_id", "line 1: column 'stop_id' stands there twice"),
        (
            "trips.txt",
            "R1,daily,t-through",
            "R1,daily,t-thru",
            "stop_times.txt: line 2, trip_id: 't-through' is not in",
        ),
        ("trips.txt", "R1,daily,t-through", "R9,daily,t-through", "line 2, route_id: 'R9' is not in routes.txt"),
        ("trips.txt", "R1,daily,t-through", "R1,x,t-through", "line 2, service_id: 'x' is in neither calendar.txt nor"),
        ("trips.txt", "t-twin", "t-through", "line 13, trip_id: 't-through' stands on line 2 already"),
        ("routes.txt", "South,101", "South,99", "line 2, route_type: '99' is not possible"),
        ("routes.txt", "South,101", "South,", "line 2, route_type: is empty"),
        ("routes.txt", "R2,1", "R1,1", "line 3, route_id: 'R1' stands there twice"),
        ("calendar.txt", "daily,1,1,1", "daily,1,2,1", "line 2, tuesday: '2' is not possible"),
        ("calendar.txt", "daily,1,1,1", "daily,1,,1", "line 2, tuesday: is empty"),
        (
            "calendar.txt",
            "20260101,20261231",
            "2026-01-01,20261231",
            "line 2, start_date: '2026-01-01' is not possible",
        ),
        (
            "calendar.txt",
            "20260101,20261231",
            "20260101,20251231",
            "line 2, end_date: '20251231' lies before start_date",
        ),
        ("calendar.txt", "20260101,20261231", "20260101,20260230", "line 2, end_date: '20260230' is not possible"),
        ("calendar.txt", "work days,1", "daily,1", "line 3, service_id: 'daily' stands there twice"),
        ("calendar_dates.txt", "20260216,2", "20260216,3", "line 2, exception_type: '3' is not possible"),
        (
            "calendar_dates.txt",
            "20260221,1",
            "20260216,1",
            "line 3, date: '20260216' stands there twice for 'work days'",
        ),
        ("calendar_dates.txt", "20260216,2", ",2", "line 2, date: is empty"),
        ("stops.txt", "38.1,114.5,1,,", "38.1,114.5,7,,", "line 2, location_type: '7' is not possible"),
        ("stops.txt", "BJX,北", "MZN,北", "line 7, stop_id: 'MZN' stands there twice"),
        (
            "agency.txt",
            "Asia/Shanghai",
            "Asia/Tokyo",
            "line 2, agency_timezone: 'Asia/Tokyo' is not the station's time",
        ),
        ("agency.txt", "Asia/Shanghai", "Mars", "line 2, agency_timezone: 'Mars' is not a time zone"),
    ],
)
def test_each_impossible_cell_is_told_at_its_file_line_and_column(feed: Feed, folder, file, old, new, fault) -> None:
    """With its value, and with what is allowed there; and nothing is imported."""
    told = faults(feed.change(file, old, new), folder)
    expected = fault if fault.startswith("stop_times.txt") else f"{file}: {fault}"
    assert any(each.startswith(expected) for each in told), told


def test_all_faults_are_told_at_once(feed: Feed, folder) -> None:
    """Those of all files, and those of the options."""
    feed.change("stop_times.txt", "10:00:00,10:05:59", "x,y")
    feed.change("routes.txt", "South,101", "South,99")
    feed.change("calendar.txt", "daily,1,1,1", "daily,1,2,3")
    feed.change("calendar_dates.txt", "20260216,2", "20260216,3")
    feed.change("agency.txt", "Asia/Shanghai", "Asia/Tokyo")
    options = GtfsOptions(stops=("MZN",), classes=(("X", "快车"),), tracks=(("4", "99"), ("W", "4")))
    told = faults(feed, folder, options)
    assert {each.split(":")[0] for each in told} == {
        "stop_times.txt",
        "routes.txt",
        "calendar.txt",
        "calendar_dates.txt",
        "agency.txt",
        "command line",
    }
    assert len([each for each in told if each.startswith("command line")]) == 4
    assert len(told) == 11


@pytest.mark.parametrize("file", ["stops.txt", "stop_times.txt", "trips.txt", "routes.txt", "agency.txt"])
def test_a_table_that_is_missing_is_told(feed: Feed, folder, file: str) -> None:
    """And what follows from it is not."""
    del feed.files[file]
    told = faults(feed, folder)
    assert f"{file}: file: is not in the feed" in told
    assert not any("there is no stop" in each for each in told)


def test_one_of_the_two_calendars_is_enough(feed: Feed, folder) -> None:
    """A feed of dates alone, or of weekdays alone; without both it is faulty."""
    del feed.files["calendar_dates.txt"]
    feed.change("trips.txt", "R2,fair", "R2,daily")
    assert len(bring(feed, folder)[1]) == 9
    del feed.files["calendar.txt"]
    assert "calendar.txt: file: is not in the feed" in faults(feed, folder)


def test_a_stop_that_is_not_there_is_told_with_the_nearest(feed: Feed, folder) -> None:
    """By id, or by what somebody took for one."""
    near = "stops.txt: stop_id: there is no stop"
    assert faults(feed, folder, GtfsOptions(stops=("MZM",))) == [f"{near} 'MZM'; did you mean 'MZN' (Mingze South)?"]
    assert faults(feed, folder, GtfsOptions(stops=("北京西",))) == [f"{near} '北京西'; did you mean 'BJX' (北京西)?"]
    assert "is no station and no platform" in faults(feed, folder, GtfsOptions(stops=("MZN:in",)))[0]
    told = faults(feed, folder, GtfsOptions(stops=("SQR",)))
    assert "no trip can be taken into the timetable (1 is no train (route_type 3))" in told[0]


def test_a_feed_of_a_zone_that_always_agrees_is_taken(feed: Feed, folder) -> None:
    """Urumqi's name for Beijing time, for example, is another; Chongqing's is the same time."""
    feed.change("agency.txt", "Asia/Shanghai", "Asia/Chongqing")
    assert bring(feed, folder)[2].report.rows == 9


def test_a_broken_file_is_a_fault_and_no_traceback(feed: Feed, folder, tmp_path: Path) -> None:
    """No zip, no file, a folder within, other encodings."""
    for name, content in (("a.zip", b"PK\x03\x04 not a zip"), ("b.zip", b"")):
        (tmp_path / name).write_bytes(content)
        made = import_gtfs(tmp_path / name, folder.path, OPTIONS)
        assert [fault.problem for fault in made.report.faults] == ["is not a zip file"]
    made = import_gtfs(tmp_path / "none.zip", folder.path, OPTIONS)
    assert "cannot be read" in made.report.faults[0].problem
    feed.files["stops.txt"] = FILES["stops.txt"].encode("gb18030")
    assert any("stops.txt: after line" in each for each in faults(feed, folder))
    feed.files = {f"feed/{name}": text for name, text in FILES.items()}
    assert "stops.txt: file: is not in the feed" in faults(feed, folder)


def test_a_byte_order_mark_and_quotes_are_read(feed: Feed, folder) -> None:
    """As Excel writes them; a cell may hold a line's end, and lines are counted as an editor counts them."""
    feed.files["trips.txt"] = "\ufeff" + FILES["trips.txt"].replace("Wuhan,g1", '"Wu\nhan","g1"')
    assert "G1" in bring(feed, folder)[1]
    feed.change("trips.txt", "R1,work days,t-origin", "R9,work days,t-origin")
    assert any(each.startswith("trips.txt: line 4, route_id") for each in faults(feed, folder))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_no_feed_crashes_the_import(folder, tmp_path: Path, data: st.DataObject) -> None:
    """Whatever one cell or one table holds, the outcome is a station that loads, or faults and an untouched folder."""
    file = data.draw(st.sampled_from(sorted(FILES)))
    lines = [line.split(",") for line in FILES[file].splitlines()]
    line = data.draw(st.integers(0, len(lines) - 1))
    cell = data.draw(st.integers(0, len(lines[line]) - 1))
    lines[line][cell] = data.draw(
        st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(["99:99:99", "20260230", "-1", '"', "\0"])
    )
    feed = Feed(tmp_path / "feed.zip", dict(FILES) | {file: "\n".join(",".join(cells) for cells in lines)})
    before = folder.contents()
    made = import_gtfs(feed.write(), folder.path, OPTIONS)
    if made.report.written:
        assert len(load_station(folder.path).timetable) == made.report.rows
    else:
        assert made.report.faults
        assert folder.contents() == before


def test_tables_that_are_damaged_in_the_archive_are_told(feed: Feed, folder) -> None:
    """A download that broke off: the checksum says so, and the rows before are not taken for all."""
    path = feed.write()
    with zipfile.ZipFile(path) as archive:
        offset = archive.getinfo("stop_times.txt").header_offset + 200
    content = bytearray(path.read_bytes())
    content[offset] ^= 0xFF
    path.write_bytes(content)
    before = folder.contents()
    made = import_gtfs(path, folder.path, OPTIONS)
    assert any("Bad CRC-32" in fault.problem for fault in made.report.faults)
    assert folder.contents() == before


def test_the_kinds_of_the_feed_make_a_day(feed: Feed, folder) -> None:
    """The plan of a working day has every call at its own time, also those that began the day before."""
    station, _, _ = bring(feed, folder)
    plan = plan_day(station, date(2026, 5, 4))
    assert [call.number for call in plan] == ["K9", "K11", "G1", "G3", "G4", "K29", "K31", "K37", "K1178"]
    assert {call.kind for call in plan} == set(CallKind)
