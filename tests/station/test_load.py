"""Loading a station: the sample is whole, and every fault is found, at once, with its place."""

from pathlib import Path

import pytest

from stationmaster.station.load import load_station
from stationmaster_base.errors import ConfigurationError, Fault
from stationmaster_kernel.configuration import PlaceKind
from stationmaster_kernel.places import make_ready
from stationmaster_kernel.rules import Base, Moment, TimeChoice
from stationmaster_kernel.values import EventName


def faults_of(path: Path) -> list[Fault]:
    with pytest.raises(ConfigurationError) as caught:
        load_station(path)
    return list(caught.value.faults)


def test_sample_is_read_in_the_folders_order(sample: Path) -> None:
    """Places, boards and rules come out as they stand in the files, with all their values."""
    station = load_station(sample)
    configuration = station.configuration
    assert configuration.station.names == (("zh", "明泽南"), ("en", "Mingze South"))
    tracks = [place for place in configuration.places if place.kind is PlaceKind.TRACK]
    assert [track.id for track in tracks] == [str(number) for number in range(1, 15)]
    assert [track.id for track in tracks if not track.platform] == ["2", "3"]
    platform = next(place for place in configuration.places if place.kind is PlaceKind.PLATFORM and place.id == "4")
    assert (platform.gates, platform.areas, platform.exits) == (("4A", "4B", "4C"), ("B",), ("N", "S", "E"))
    assert [rule.id for rule in configuration.rules[:2]] == ["check-in-origin-conventional", "check-in-origin"]
    hall = next(rule for rule in configuration.rules if rule.id == "row-hall")
    assert hall.start == Moment(base=Base.DEPARTURE, offset=-180, time=TimeChoice.EARLIEST)
    assert hall.awaits is EventName.DEPARTURE
    assert [layout.id for layout in configuration.layouts] == sorted(layout.id for layout in configuration.layouts)
    assert "[header]" in configuration.layouts[0].body
    assert station.warnings == ()


def test_sample_is_ready_for_the_kernel(sample: Path) -> None:
    """The kernel compiles the configuration and names a station in both languages."""
    ready = make_ready(load_station(sample).configuration)
    assert ready.name("北京西", "en") == "Beijing West"
    assert ready.render("status.late", "zh", {"minutes": 95}) == "晚点约1小时35分"
    assert ready.render("status.late", "en", {"minutes": 120}) == "About 2 h late"
    assert ready.render("status.late", "zh", {"minutes": 9}) == "晚点约9分"


def test_every_fault_in_every_file_is_reported_at_once(folder) -> None:
    """One load names the faults of all files, so that a person mends them in one go."""
    folder.change("station.toml", 'zone = "Asia/Shanghai"', 'zone = "Asia/Peking2"')
    folder.change("places.toml", 'platform = "1"', 'platform = "9"')
    folder.change("boards.toml", 'type = "ticket_hall"', 'type = "ticket_hal"')
    folder.change("zones.toml", 'areas = ["A"]', 'areas = ["Z"]')
    folder.change("rules.toml", "offset = -30", "offset = -700")
    folder.change("templates.toml", "{{ gates }}", "{{ gate }}")
    folder.change("names.csv", "上海,Shanghai", "上海,Shanghai,x")
    folder.change("timetable.csv", "直达特快,passing,Z2", "直达特快,passng,Z2")
    faults = faults_of(folder.path)
    assert [fault.file for fault in faults] == [
        "station.toml",
        "places.toml",
        "boards.toml",
        "zones.toml",
        "templates.toml",
        "names.csv",
        "timetable.csv",
        "rules.toml",
    ]
    assert all(fault.allowed for fault in faults)


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "says", "allowed"),
    [
        ("station.toml", 'telecode = "MZN"', 'telecode = "mzn"', "telecode", "not a telecode", "A–Z"),
        ("station.toml", 'en = "Mingze South"', 'de = "Mingze Süd"', "names.en", "is missing", "text"),
        ("station.toml", 'zone = "Asia/Shanghai"', 'zone = "../etc/passwd"', "zone", "not a time zone", "IANA"),
        ("station.toml", "overdue_after", "overdue_aftr", "overdue_aftr", "mean 'overdue_after'?", "keep"),
        ("station.toml", "keep = 2160", "keep = 1", "keep", "1 is not possible", "60…20160"),
        ("station.toml", 'languages = ["zh", "en"]', 'languages = ["zh", "English"]', "languages[1]", "English", "en"),
        ("station.toml", "terminus_after = 20", 'terminus_after = "long"', "clearance.terminus_after", "long", "240"),
        ("station.toml", "before_arrival = 2", "befor_arrival = 2", "clearance.befor_arrival", "before_arrival", ""),
        ("places.toml", 'platform = "7"', 'platform = "77"', "track[14].platform", "'77' is not known", "1, 2, 3"),
        ("places.toml", 'id = "2C"', 'id = "2B"', "gate[5].id", "already the id of gate[4]", "once"),
        ("places.toml", '"2C"]', '"2D"]', "platform[2].gates[2]", "is not known", "2C"),
        ("places.toml", "[[gate]]", "[[gates]]", "gates", "did you mean 'gate'?", "gate"),
        ("places.toml", 'id = "1A"', 'id = "1 A"', "gate[1].id", "not an identifier", "letters"),
        ("places.toml", 'names = { zh = "1A", en = "1A" }', 'names = { zh = "1A" }', "gate[1].names.en", "missing", ""),
        ("places.toml", 'names = { zh = "1A", en = "1A" }', 'name = "1A"', "gate[1].names", "is missing", ""),
        ("boards.toml", 'layout = "hall"', 'layout = "hal"', "board[1].layout", "did you mean 'hall'?", "waiting"),
        ("boards.toml", 'areas = ["C"]', 'areas = "C"', "board[8].areas", "not a list", "["),
        ("boards.toml", "width = 1920", "width = 1", "board[1].width", "not possible", "64"),
        ("boards.toml", "width = 1920", "columns = 24", "board[1].height", "beside columns and rows", "characters"),
        ("boards.toml", 'groups = ["north"]', 'groups = ["north:1"]', "board[3].groups[0]", "not an ident", "letters"),
        ("boards.toml", 'id = "hall-2"', 'id = "hall-1"', "board[2].id", "already the id of board[1]", "once"),
        ("zones.toml", 'type = "hall"', "", "zone[1].type", "is missing", ""),
        ("zones.toml", 'platforms = ["3"]', 'platforms = ["33"]', "zone[10].platforms[0]", "not known", "1, 2"),
        ("rules.toml", 'does = "check_in"', 'does = "check-in"', "rule[1].does", "did you mean 'check_in'?", "display"),
        ("rules.toml", 'kinds = ["origin"]', 'kinds = ["orign"]', "rule[1].when.kinds[0]", "mean 'origin'?", "passing"),
        ("rules.toml", '"直达特快"', '"直达快"', "rule[1].when.classes[0]", "mean '直达特快'?", "普快"),
        ("rules.toml", 'platforms = ["7"]', 'platforms = ["8"]', "rule[3].when.platforms[0]", "not known", "7"),
        ("rules.toml", "offset = -5 }", "offset = -35 }", "rule[1].end", "not after", "-30"),
        ("rules.toml", 'boards = ["gate"]', 'boards = ["gates"]', "rule[7].boards[0]", "mean 'gate'?", "exit"),
        ("rules.toml", 'boards = ["gate"]', "", "rule[7].boards", "names no board type", "gate"),
        ("rules.toml", "hard_end = 60", "hardend = 60", "rule[7].hardend", "mean 'hard_end'?", "awaits"),
        ("rules.toml", 'awaits = "departure"', 'awaits = "leaving"', "rule[5].awaits", "not known", "arrival"),
        ("rules.toml", 'time = "earliest"', 'time = "early"', "rule[5].start.time", "not known", "best"),
        ("rules.toml", '"old_platform"', '"old-platform"', "rule[14].where", "mean 'old_platform'?", "platform"),
        ("rules.toml", "after_arrival = 5", "valid = 5", "rule[3].valid", "not a key", "after_arrival"),
        ("rules.toml", 'zones = ["staff"]', 'zones = ["stuff"]', "rule[21].zones[0]", "mean 'staff'?", "waiting"),
        ("rules.toml", 'template = "apology"', 'template = "appology"', "rule[37].template", "mean 'apology'?", ""),
        ("rules.toml", 'trigger = "delay"', 'trigger = "late"', "rule[37].trigger", "not known", "suspension"),
        ("rules.toml", "at_least = 15", "", "rule[37].at_least", "is missing", ""),
        ("rules.toml", 'trigger = "delay_unknown"', "", "rule[40].due", "exactly one of due and trigger", "trigger"),
        (
            "rules.toml",
            'base = "check_in_open", offset = -5',
            'base = "check_in_open", time = "planned"',
            "rule[22].due.time",
            "not a key",
            "base, offset",
        ),
        ("templates.toml", "[apology]\nzh", "[apology]\nsh", "apology.zh", "is missing", ""),
        ("templates.toml", "{{ number }}", "{{ numer }}", "staff-check-in.zh", "mean 'number'?", "number"),
        ("templates.toml", "{{ number }}", "{{ number", "staff-check-in.zh", "line 1 of the text", "Jinja"),
        ("templates.toml", "{{ number }}", "{{ number.__class__.mro() }}", "staff-check-in.zh", "", "number"),
        ("templates.toml", "{{ number }}", "{{ 5 // minutes }}", "staff-check-in.zh", "fails for minutes = 0", ""),
        ("templates.toml", '"status.waiting"', '"status.wating"', "status.waiting", "is missing", "status.waiting"),
        ("templates.toml", 'zh = "候车"', 'zh = "{{ number }}候车"', "status.waiting.zh", "not known", "minutes"),
        ("names.csv", "name,en", "name,de", "line 1", "the columns are 'name,de'", "name,en"),
        ("names.csv", "西安,Xi'an", "北京西,X", "line 38", "stands on line 10", "once"),
        ("names.csv", "西安,Xi'an", ',"Xi', "line 48", "is not CSV", ""),
        ("layouts/hall.toml", "[header]", "[header", "line 9", "is not TOML", "TOML"),
        ("rules.toml", "[[rule]]", "[[rule", "line 6", "is not TOML", "TOML"),
    ],
)
def test_each_fault_names_its_place_and_what_is_allowed(folder, file, old, new, place, says, allowed) -> None:
    """A mistake is found where it stands, with the values that may stand there."""
    folder.change(file, old, new)
    faults = faults_of(folder.path)
    match = [fault for fault in faults if fault.file == file and fault.place == place]
    assert match, [str(fault) for fault in faults]
    assert says in match[0].problem
    assert allowed in match[0].allowed


@pytest.mark.parametrize(
    "file", ["station.toml", "places.toml", "boards.toml", "zones.toml", "rules.toml", "templates.toml"]
)
@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00", b"x = [1, 2"])
def test_a_missing_empty_or_broken_file_is_a_fault_and_no_crash(folder, file, content) -> None:
    """Whatever a file holds, a load ends with faults that name it."""
    if content is None:
        (folder.path / file).unlink()
    else:
        (folder.path / file).write_bytes(content)
    if (file, content) in {("boards.toml", b""), ("rules.toml", b"")}:
        assert load_station(folder.path)
    else:
        assert faults_of(folder.path)


def test_an_empty_folder_lists_its_missing_files(tmp_path: Path) -> None:
    """Each missing file is one fault; what would follow from it is not reported."""
    assert {fault.file for fault in faults_of(tmp_path)} == {
        "station.toml",
        "places.toml",
        "boards.toml",
        "zones.toml",
        "templates.toml",
        "names.csv",
        "timetable.csv",
        "rules.toml",
    }


def test_a_station_without_english_name_gets_its_pinyin_and_a_warning(folder) -> None:
    """A name that is missing, or empty, does not stop the station, and nobody takes the guess for a fact."""
    folder.change("names.csv", "上海虹桥,Shanghai Hongqiao\n", "")
    folder.change("names.csv", "西安,Xi'an", "西安,")
    station = load_station(folder.path)
    english = {name.id: dict(name.names)["en"] for name in station.configuration.names}
    assert english["上海虹桥"] == "Shanghaihongqiao"
    assert english["西安"] == "Xi'an"
    assert [(fault.file, fault.place) for fault in station.warnings] == [
        ("names.csv", "西安"),
        ("names.csv", "上海虹桥"),
    ]


def test_the_stations_own_name_need_not_be_in_names(folder) -> None:
    """`station.toml` names the station already."""
    folder.change("names.csv", "明泽南,Mingze South\n", "")
    station = load_station(folder.path)
    own = next(name for name in station.configuration.names if name.id == "明泽南")
    assert dict(own.names)["en"] == "Mingze South"
    assert station.warnings == ()


def test_loading_twice_gives_equal_configurations(sample: Path) -> None:
    """Nothing in a load depends on anything but the folder."""
    assert load_station(sample) == load_station(sample)
