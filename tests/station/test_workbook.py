"""Timetables out of Excel workbooks: what a person sees in them, and nothing that could hurt."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.conftest import Folder
from station.workbook_making import MAIN, Cell, packed, parts, sheet, workbook
from stationmaster.station import workbook as module
from stationmaster.station.importing import import_timetable
from stationmaster.station.workbook import archive_faults, workbook_text
from stationmaster_base.configuration import Faults
from support.effort import EFFORT

HEADER: list[Cell] = ["列车类型", "到发类型", "车次", "始发站", "终到站", "到达", "开点", "股道", "valid_from"]
ROW: list[Cell] = ["快速", "经停", 1117, "长春", "昆明", ("0.0229166666666667", "time"), "00:52", 1, ("46082", "date")]


def read(folder: Path, content: bytes) -> tuple[str | None, list[str]]:
    """The text that a workbook is read as, and what is wrong with it."""
    file = folder / "book.xlsx"
    file.write_bytes(content)
    faults = Faults()
    return workbook_text(file, faults), [f"{fault.place}: {fault.problem}" for fault in faults]


def test_what_a_person_sees_is_what_is_read(tmp_path: Path) -> None:
    """Shared and inline texts, whole numbers, times and dates by their styles; rows that are left out stay in count."""
    text, faults = read(tmp_path, workbook([HEADER, [], ROW, ["a,b", "=", "x\ny", 1.5, ("1.75", "own")]][:3]))
    assert faults == []
    assert text == (
        "列车类型,到发类型,车次,始发站,终到站,到达,开点,股道,valid_from\n\n"
        "快速,经停,1117,长春,昆明,00:33,00:52,1,2026-03-01\n"
    )
    text, _ = read(tmp_path, workbook([["h"], ["a,b", None, "x\ny", 1.5, ("1.75", "own")]]))
    assert text == 'h\n"a,b",,x y,1.5,18:00\n'


def test_a_workbook_is_a_timetable(folder: Folder, tmp_path: Path) -> None:
    """It is imported as CSV is, and faults are at the lines that Excel shows."""
    file = tmp_path / "day.xlsx"
    file.write_bytes(workbook([HEADER, [], ROW]))
    report = import_timetable(file, folder.path)
    assert (report.written, report.rows, report.faults) == (True, 1, ())
    wrong = [*ROW]
    wrong[5] = "25:00"
    file.write_bytes(workbook([HEADER, [], ROW, wrong]))
    report = import_timetable(file, folder.path)
    assert [(fault.file, fault.place) for fault in report.faults] == [("day.xlsx", "line 4, arr")]


def test_what_a_cell_says_is_data(folder: Folder, tmp_path: Path) -> None:
    """A text that a program for tables would take for a formula, or a page for HTML, is the text that it is."""
    row = [*ROW]
    row[3], row[4] = "+cmd|' /C calc'!A0", "<script>alert(1)</script>"
    file = tmp_path / "day.xlsx"
    file.write_bytes(workbook([HEADER, row]))
    assert import_timetable(file, folder.path).written
    written = (folder.path / "timetable.csv").read_text("utf-8")
    assert "+cmd|' /C calc'!A0,<script>alert(1)</script>" in written


BOMB = f"<worksheet xmlns='{MAIN}'><sheetData><!--{' ' * 80_000_000}--></sheetData></worksheet>"
LAUGHS = (
    '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
FETCHES = '<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def test_a_formula_is_told_with_its_place(tmp_path: Path) -> None:
    """What it would come to is not known here."""
    _, faults = read(tmp_path, workbook([HEADER, ROW, ["快速", '=HYPERLINK("http://evil","x")']]))
    assert faults == ["line 3, column 2: is a formula"]


@pytest.mark.parametrize("doctype", [LAUGHS, FETCHES])
@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"])
def test_no_entity_is_ever_expanded_or_fetched(tmp_path: Path, doctype: str, part: str) -> None:
    """A document type is refused in whichever part it stands."""
    content = parts([HEADER, ROW])
    content[part] = doctype + str(content[part]).replace("<t>", "<t>&a;").replace("<sheets>", "<sheets>&a;")
    text, faults = read(tmp_path, packed(content))
    assert text is None
    assert faults == [f"{part}: has a document type"]


def test_macros_are_refused(tmp_path: Path) -> None:
    """Whatever the file is called."""
    _, faults = read(tmp_path, packed(parts([HEADER], **{"xl/vbaProject.bin": "x"})))
    assert faults == ["file: has macros"]


@pytest.mark.parametrize("name", ["../evil", "/etc/cron.d/x", "a/../../b", "C:\\x", "\\\\server\\x", "..\\x"])
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    """Nothing is ever unpacked to disk, and such a file was not made by a program for tables."""
    _, (fault,) = read(tmp_path, packed(parts([HEADER], **{name: "x"})))
    assert "leads out of it" in fault
    assert sorted(path.name for path in tmp_path.iterdir()) == ["book.xlsx"]


def test_bombs_are_refused_before_they_are_unpacked(tmp_path: Path) -> None:
    """By what they say of themselves: too large, or packed as no table is."""
    _, (fault,) = read(tmp_path, packed(parts([HEADER], **{"xl/worksheets/sheet1.xml": BOMB})))
    assert fault.startswith("xl/worksheets/sheet1.xml: unpacks to 8")
    _, (fault,) = read(tmp_path, packed(parts([HEADER], x=b"\0" * 20_000_000)))
    assert fault == "x: is packed as no table is"
    many = packed({str(number): "" for number in range(module.MOST_PARTS + 1)})
    _, (fault,) = read(tmp_path, many)
    assert fault.endswith("files in it")


def test_a_bomb_that_lies_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the archive says that a part is small, it is read no further than that, or than the bound."""
    monkeypatch.setattr(module, "LARGEST_PART", 2000)
    rows: list[list[Cell]] = [HEADER, *([ROW] * 100)]
    content = packed(parts(rows))
    monkeypatch.setattr(module, "_look_over", lambda archive, largest: None)
    text, faults = read(tmp_path, content)
    assert text is None
    assert faults == ["file: unpacks to more than it says"]


def test_huge_sheets_are_refused(tmp_path: Path) -> None:
    """Too far down, too far to the right, or out of order."""
    far = sheet([HEADER]).replace("</sheetData>", '<row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData>')
    _, faults = read(tmp_path, packed(parts([HEADER], **{"xl/worksheets/sheet1.xml": far})))
    assert faults == ["row 1048576: is out of order or too far down"]
    wide = sheet([HEADER]).replace('r="I1"', 'r="XFD1"')
    _, faults = read(tmp_path, packed(parts([HEADER], **{"xl/worksheets/sheet1.xml": wide})))
    assert faults == ["line 1: has too many columns"]


def test_an_archive_with_a_password_is_refused(tmp_path: Path) -> None:
    """In words, and not by a failure to unpack it."""
    content = bytearray(workbook([HEADER]))
    at = content.find(b"PK\x01\x02")
    content[at + 8] |= 1
    _, faults = read(tmp_path, bytes(content))
    assert faults == ["file: is protected by a password"]


def test_a_zip_that_is_no_workbook_is_told_as_such(tmp_path: Path) -> None:
    """It may be a feed: the words say so."""
    _, faults = read(tmp_path, packed({"stops.txt": "stop_id\n"}))
    assert faults == ["file: is a zip file and no workbook"]


@settings(max_examples=60 * EFFORT)
@given(data=st.data())
def test_whatever_is_damaged_is_a_fault(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """No file makes the reading fail: bytes of it changed or cut off, in the archive or in a part."""
    content = parts([HEADER, [], ROW])
    name = data.draw(st.sampled_from(sorted(content)))
    part = bytearray(str(content[name]).encode())
    whole = data.draw(st.booleans())
    hurt = bytearray(packed(content)) if whole else part
    for _ in range(data.draw(st.integers(1, 4))):
        hurt[data.draw(st.integers(0, len(hurt) - 1))] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del hurt[data.draw(st.integers(0, len(hurt))) :]
    folder = tmp_path_factory.getbasetemp()
    text, faults = read(folder, bytes(hurt) if whole else packed({**content, name: bytes(hurt)}))
    assert (text is None) == bool(faults)


def test_a_feed_is_looked_over_in_the_same_way(tmp_path: Path) -> None:
    """What is large there is read row by row, so its tables may be larger, and its names may not lead out either."""
    file = tmp_path / "feed.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../stops.txt", "x")
    faults = Faults()
    assert not archive_faults(file, faults, largest=10)
    file.write_bytes(packed({"stops.txt": "x" * 11}))
    assert not archive_faults(file, faults, largest=10)
    assert archive_faults(file, faults, largest=11)
    assert io.BytesIO(file.read_bytes()).read(2) == b"PK"
    assert len(list(faults)) == 2
