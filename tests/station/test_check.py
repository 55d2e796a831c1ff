"""The check that a person runs: faults, warnings and what there is."""

from pathlib import Path

import pytest

from stationmaster.station.check import check_station
from stationmaster_base.configuration import Faults, read_toml
from stationmaster_base.errors import Fault


def no_faults(_file: Path, _name: str) -> list[Fault]:
    return []


def test_the_sample_is_good_and_without_warnings(sample: Path) -> None:
    """The summary counts what the folder holds."""
    report = check_station(sample, layout_check=no_faults)
    assert report.faults == ()
    assert report.warnings == ()
    assert report.good
    assert report.summary == (
        "明泽南 / Mingze South (MZN), Asia/Shanghai, zh, en",
        "places: 14 tracks, 7 platforms, 16 gates, 4 areas, 3 exits, 11 posts, 10 lights",
        "34 boards of 11 types with 10 layouts, 20 zones",
        "65 rules: 26 announcement, 4 check_in, 16 display, 5 lighting, 14 notice",
        "64 templates, 47 names of stations",
        "1 calendar, 15 rows of operations",
        "180 rows of timetable: 42 origin, 42 terminus, 81 through, 15 passing",
    )


def test_a_folder_that_is_not_there_is_one_fault(tmp_path: Path) -> None:
    """Not a list of all the files that it lacks."""
    report = check_station(tmp_path / "nowhere")
    assert [fault.place for fault in report.faults] == ["folder"]
    assert report.summary == ()


def test_guidance_is_asked_about_every_layout(folder) -> None:
    """Its faults stand beside those of the other files, each once."""
    asked = []

    def layout_check(file: Path, name: str) -> list[Fault]:
        asked.append((file, name))
        faults = Faults()
        read_toml(file, faults, name)
        if name == "layouts/gate.toml":
            faults.add(name, "region[1].rows", "0 is not possible", "1…20")
        return list(faults)

    folder.change("boards.toml", 'type = "ticket_hall"', 'type = "hall"')
    folder.change("layouts/hall.toml", "[header]", "[header")
    report = check_station(folder.path, layout_check=layout_check)
    assert [(fault.file, fault.place) for fault in report.faults] == [
        ("layouts/hall.toml", "line 9"),
        ("boards.toml", "board[1].type"),
        ("layouts/gate.toml", "region[1].rows"),
    ]
    assert asked[0] == (folder.path / "layouts" / "arrivals.toml", "layouts/arrivals.toml")
    assert len(asked) == 10


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "problem"),
    [
        ("timetable.csv", "23:51,00:09,8", "00:09,23:51,8", "line 3", "K600 stands here for 23 h 42 min"),
        ("timetable.csv", "快速,through,K600", "快车,through,K600", "line 3", "'快车' is not among the classes"),
        ("timetable.csv", "00:00,00:00,2", "00:00,00:00,8", "line 3", "K600 and Z2 (line 2) are on track 8"),
        ("timetable.csv", "23:51,00:09,8", "23:51,00:09,", "line 3", "K600 have no track"),
        (
            "rules.toml",
            'when = { kinds = ["origin"] }',
            'when = { kinds = ["passing"] }',
            "line 20",
            "no check-in rule",
        ),
        (
            "rules.toml",
            'when = { kinds = ["through"] }',
            'when = { kinds = ["passing"] }',
            "line 3",
            "no check-in rule",
        ),
        (
            "rules.toml",
            'kinds = ["terminus"] }\nboards',
            'kinds = ["origin"] }\nboards',
            "row-platform-terminus",
            "arrival",
        ),
        ("rules.toml", 'template = "departing"', 'template = "approaching"', "departing", "no rule uses it"),
        ("rules.toml", 'boards = ["gate"]', 'boards = ["exit"]', "gate-1a-1b", "no rule puts rows"),
        (
            "rules.toml",
            '["直达特快", "特快", "快速", "普快", "普客"]',
            '["普客"]',
            "check-in-origin-conventional",
            "no row",
        ),
        ("boards.toml", 'layout = "staff"', 'layout = "hall"', "file", "no board uses it"),
        ("places.toml", 'platform = "1"', 'platform = "2"', "platform 1", "no track is at it"),
        ("places.toml", 'gates = ["7A", "7B"]', "gates = []", "platform 7", "has no gates"),
        ("timetable.csv", "2026-01-20,2026-03-10,,spring", "2027-01-20,2027-03-10,,spring", "line 4", "on no date"),
        ("operations.csv", "G505,", "G555,", "line 11", "selects no row of the timetable"),
        (
            "operations.csv",
            ",G6718,",
            ",G6716,",
            "line 15, turnaround",
            "arrives on track 8, and 'G6716' leaves from 6",
        ),
        ("operations.csv", ",G6714,", ",G6659,", "line 14, turnaround", "arrives on track 6"),
        ("operations.csv", "D6075,,,,,,,,D5669", "D6075,,,,,,,,G6659", "line 16, turnaround", "leaves 13 min after"),
    ],
)
def test_what_is_most_often_a_slip_is_a_warning(folder, file, old, new, place, problem) -> None:
    """The station runs with it, and the person is told where to look."""
    folder.change(file, old, new)
    report = check_station(folder.path)
    assert report.good, report.faults
    found = [warning for warning in report.warnings if warning.place == place and problem in warning.problem]
    assert found, [str(warning) for warning in report.warnings]
    assert all(warning.allowed for warning in report.warnings)


def test_a_station_without_timetable_rows_is_told_how_to_get_them(folder) -> None:
    """A new station can be checked before its timetable is there."""
    header = (folder.path / "timetable.csv").read_text("utf-8").splitlines()[0]
    (folder.path / "timetable.csv").write_text(header + "\n", "utf-8")
    report = check_station(folder.path)
    assert report.good
    assert "stationmaster import timetable" in report.warnings[0].allowed
