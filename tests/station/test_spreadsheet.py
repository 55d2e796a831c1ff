"""Reading what spreadsheets write: every oddity comes out as the plain row that it means."""

import codecs
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster.station.spreadsheet import Sheet, read_sheet
from stationmaster.station.timetable import RawRow, read_row
from stationmaster_base.configuration import Faults
from stationmaster_kernel.configuration import Place, PlaceKind

PLACES = (
    Place(id="3", kind=PlaceKind.TRACK, names=(("zh", "3道"), ("en", "Track 3")), platform="2"),
    Place(id="2A", kind=PlaceKind.GATE, names=(("zh", "2A检票口"), ("en", "Gate 2A"))),
    Place(id="2B", kind=PlaceKind.GATE, names=(("zh", "2B检票口"), ("en", "Gate 2B"))),
)
PLAIN = "train_class,kind,train,origin,destination,arr,dep\n快速,through,K1178,银川,北京,00:33,07:04\n"
ROW = RawRow(
    line=2,
    train_class="快速",
    kind="through",
    train="K1178",
    origin="银川",
    destination="北京",
    arr="00:33",
    dep="07:04",
)
HEADER = PLAIN.splitlines()[0]

Write = Callable[..., Path]


def read(path: Path) -> tuple[Sheet, list[str]]:
    faults = Faults()
    sheet = read_sheet(path, PLACES, faults)
    return sheet, [f"{fault.place}: {fault.problem}" for fault in faults]


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        codecs.BOM_UTF8 + PLAIN.encode(),
        PLAIN.encode("gb18030"),
        PLAIN.encode("utf-16"),
        codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").encode(),
        PLAIN.replace(",", "，").encode("gb18030"),
        PLAIN.replace("\n", ",,,\n").encode(),
        PLAIN.encode() + b"\n,,,,,,\n \t\n",
        PLAIN.rstrip("\n").encode(),
        PLAIN.replace("快速", '"快速"').replace("07:04", '"07:04"').encode(),
        PLAIN.replace("07:04", '"=""07:04"""').encode(),
        PLAIN.replace("07:04", "'07:04").encode(),
        PLAIN.replace("07:04", "7:04").encode(),
        PLAIN.replace("07:04", "07:04:59").encode(),
        PLAIN.replace("07:04", "0704").encode(),
        PLAIN.replace("07:04", "704").encode(),
        PLAIN.replace("07:04", "7时04分").encode(),
        PLAIN.replace("07:04", "0.294444444444444").encode(),
        PLAIN.replace("K1178", "Ｋ１１７８").replace("07:04", "０７：０４").encode(),
        PLAIN.replace("K1178", " k1178 ").encode(),
        PLAIN.replace("北京", "\u3000北 京 ").encode(),
        PLAIN.replace("through", "经停").encode(),
        PLAIN.replace("through", "Through").encode(),
        PLAIN.replace("train_class", "Train Class").replace("arr", "ARR").encode(),
        PLAIN.replace(HEADER, "列车类型,停站性质,车次,始发站,终到站,到达时间,发车时间").encode("gb18030"),
        PLAIN.replace(HEADER, "车种,性质,列车车次,起点站,终点站,到点,开点").encode(),
    ],
)
def test_each_form_of_the_same_table_is_the_same_row(write_csv: Write, content: bytes) -> None:
    """Encodings, line ends, delimiters, padding, width, Excel's marks and Chinese words change nothing."""
    sheet, faults = read(write_csv(content))
    assert faults == []
    assert sheet.rows == (ROW,)


def test_a_sep_line_and_blank_lines_keep_the_lines_counted(write_csv: Write) -> None:
    """Faults name the line that an editor shows."""
    sheet, faults = read(
        write_csv("sep=;\n\n" + PLAIN.replace(",", ";") + "\n" + PLAIN.splitlines()[1].replace(",", ";"))
    )
    assert faults == []
    assert [row.line for row in sheet.rows] == [4, 6]


def test_columns_may_stand_in_any_order(write_csv: Write) -> None:
    """The header says which is which."""
    names, values = (line.split(",") for line in PLAIN.splitlines())
    sheet, faults = read(write_csv(",".join(reversed(names)) + "\n" + ",".join(reversed(values))))
    assert faults == []
    assert sheet.rows == (ROW,)


@pytest.mark.parametrize("nothing", ["", "-", "--", "—", "——", "----", "始发", "/"])
def test_words_for_no_time_are_no_time(write_csv: Write, nothing: str) -> None:
    """An origin's arrival is written in many ways."""
    sheet, _ = read(write_csv(PLAIN.replace("00:33", nothing)))
    assert sheet.rows == (replace(ROW, arr=""),)


@pytest.mark.parametrize(
    ("given_number", "number"),
    [
        ("K1178/K1175", "K1178/K1175"),
        ("K1178/5", "K1178/K1175"),
        ("K1178/1175", "K1178/K1175"),
        ("1818/5", "1818/1815"),
        ("1818/1815", "1818/1815"),
        ("K1178、K1175", "K1178/K1175"),
        ("k1178 / k1175", "K1178/K1175"),
    ],
)
def test_second_numbers_may_be_written_short(write_csv: Write, given_number: str, number: str) -> None:
    """Dispatchers write what differs at the end."""
    sheet, _ = read(write_csv(PLAIN.replace("K1178", given_number)))
    assert sheet.rows[0].train == number


def test_optional_columns_are_read_by_id_or_name_in_any_form(write_csv: Write) -> None:
    """Tracks and gates by what they are called; dates as Excel shows them; weekdays with dividers."""
    text = (
        f"{HEADER},股道,检票口,生效日期,失效日期,星期\n"
        f"{PLAIN.splitlines()[1]},３道,2A检票口、2B,2026/3/1,2026年12月31日,1/3/5\n"
        f"{PLAIN.splitlines()[1]},Track 3,Gate 2A,20260301,2026-12-31,每日\n"
    )
    sheet, faults = read(write_csv(text))
    assert faults == []
    first, second = sheet.rows
    assert (first.track, first.gates, first.weekdays) == ("3", "2A 2B", "135")
    assert (second.track, second.gates, second.weekdays) == ("3", "2A", "")
    for row in sheet.rows:
        assert (row.valid_from, row.valid_until) == ("2026-03-01", "2026-12-31")
        assert read_row(row, PLACES, "x", Faults()) is not None


def test_an_unknown_column_is_passed_over_with_a_warning(write_csv: Write) -> None:
    """A remark does no harm; a misspelt column is suggested."""
    sheet, faults = read(write_csv(f"{HEADER},备注,trak\n{PLAIN.splitlines()[1]},x,3\n"))
    assert faults == []
    assert [warning.problem for warning in sheet.warnings] == [
        "column '备注' is passed over",
        "column 'trak' is passed over; did you mean 'track'?",
    ]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "file: is empty"),
        (b"\n\n,,,\n", "file: is empty"),
        (HEADER.encode(), "file: has no rows"),
        (b"PK\x03\x04rest", "file: is no zip file that can be read: File is not a zip file"),
        (b"\xd0\xcf\x11\xe0rest", "file: is an Excel workbook of the old form"),
        (b"a,b\n\x80\xff\x80", "file: is neither UTF-8 nor GB18030 text"),
        (b"a\0b", "file: is neither UTF-8 nor GB18030 text"),
        (PLAIN.replace("train,", "").encode(), "line 1: column 'train' is missing"),
        (PLAIN.replace("arr,dep", "arr,到点").encode(), "line 1: two columns are 'arr'"),
        ((PLAIN + PLAIN.splitlines()[1] + ",x").encode(), "line 3: has 8 cells"),
        (PLAIN.replace("快速", '"快速').encode(), "line 2: is not CSV: unexpected end of data"),
    ],
)
def test_what_is_no_timetable_is_a_fault_with_its_place(write_csv: Write, content: bytes, fault: str) -> None:
    """The message says what the file is or lacks."""
    _, faults = read(write_csv(content))
    assert fault in faults


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    """No traceback for a slip in the name."""
    _, faults = read(tmp_path / "nothing.csv")
    assert faults == ["file: cannot be read: No such file or directory"]


@given(content=st.binary(max_size=300) | st.text(max_size=200).map(lambda text: f"{HEADER}\n{text}".encode()))
def test_no_content_crashes_the_reader(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Whatever is given, the outcome is rows or faults, and each row can be judged."""
    path = tmp_path_factory.mktemp("sheet") / "given.csv"
    path.write_bytes(content)
    faults = Faults()
    sheet = read_sheet(path, PLACES, faults)
    assert sheet.rows or len(faults)
    for row in sheet.rows:
        before = len(faults)
        assert (read_row(row, PLACES, "given.csv", faults) is None) == (len(faults) > before)
