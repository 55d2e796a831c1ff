"""Names are spoken as the table says, and only where they are names."""

from pathlib import Path

import pytest

import stationmaster_kernel.configuration as kernel
from stationmaster_base.configuration import Faults
from stationmaster_broadcast.speech.normalise import normalise
from stationmaster_broadcast.speech.pronunciation import (
    Pronunciation,
    Pronunciations,
    PronunciationTable,
    read_pronunciations,
    shipped_pronunciations,
)

SHIPPED = PronunciationTable(shipped_pronunciations())


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("开往六安方向", "开往lu4an1方向"),
        ("由蚌埠开往洪洞", "由beng4bu4开往hong2tong2"),
        ("铅山、歙县、枞阳、盱眙", "yan2shan1、she4xian4、zong1yang2、xu1yi2"),
        ("请到六安检口", "请到六安检口"),
        ("第六安全出口", "第六安全出口"),
        ("对应县城", "对应县城"),
        ("没有这样的名字", "没有这样的名字"),
    ],
)
def test_shipped_names(text: str, spoken: str) -> None:
    """The names that the shipped engine gets wrong become toned pinyin; the same letters elsewhere do not."""
    assert SHIPPED.apply(text, "zh") == spoken


def test_another_language_is_left_alone() -> None:
    """A table entry is for its language."""
    assert SHIPPED.apply("六安", "en") == "六安"


def test_pinyin_is_put_in_after_numbers_are_read() -> None:
    """The digits of tones are no numbers."""
    assert SHIPPED.apply(normalise("K101次开往六安", "zh"), "zh") == "快幺零幺次开往lu4an1"


def test_the_first_entry_and_the_longest_name_hold() -> None:
    """A station's own entry goes before what is shipped, and a long name before a short one in it."""
    table = PronunciationTable(
        [
            Pronunciation(language="zh", name="六安", spoken="liu4an1"),
            Pronunciation(language="zh", name="六安北", spoken="lu4an1bei3"),
            *shipped_pronunciations(),
        ]
    )
    assert table.apply("六安到六安北", "zh") == "liu4an1到lu4an1bei3"


def test_an_english_name_is_a_whole_word() -> None:
    """Hohhot in Hohhoter is not the name."""
    table = PronunciationTable([Pronunciation(language="en", name="Hohhot", spoken="Hoo-hot")])
    assert table.apply("Hohhot East, Hohhoter", "en") == "Hoo-hot East, Hohhoter"


def test_pinyin_keeps_apart_from_letters_beside_it() -> None:
    """Two names in a row, or a letter, do not run into one word."""
    assert SHIPPED.apply("A六安", "zh").split() == ["A", "lu4an1"]


def test_a_station_table_is_read(tmp_path: Path) -> None:
    """Columns that are not needed may be left out; a byte order mark does no harm."""
    file = tmp_path / "names.csv"
    file.write_text("\ufefflanguage,name,spoken\nzh,大城,dai4cheng2\n", "utf-8")
    faults = Faults()
    assert read_pronunciations(file, faults) == (Pronunciation(language="zh", name="大城", spoken="dai4cheng2"),)
    assert not list(faults)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("language,name\nzh,a\n", "line 1"),
        ("language,name,spoken,x\n", "line 1"),
        ("", "line 1"),
        ("language,name,spoken\nzh,六安,lu4an1\nzh,,x\n", "line 3"),
        ("language,name,spoken\nzh,六安,lu4an1,,,\n", "line 2"),
    ],
)
def test_a_bad_table_is_reported_by_line(tmp_path: Path, text: str, place: str) -> None:
    """Wrong columns, empty fields and too many fields are faults; the good rows are read all the same."""
    file = tmp_path / "names.csv"
    file.write_text(text, "utf-8")
    faults = Faults()
    read_pronunciations(file, faults)
    assert [fault.place for fault in faults] == [place]


def test_a_missing_table_is_a_fault(tmp_path: Path) -> None:
    """No file and no UTF-8 are faults, not tracebacks."""
    faults = Faults()
    assert read_pronunciations(tmp_path / "none.csv", faults) == ()
    (tmp_path / "gb.csv").write_bytes("language,name,spoken\nzh,六安,x\n".encode("gbk"))
    assert read_pronunciations(tmp_path / "gb.csv", faults) == ()
    assert [fault.place for fault in faults] == ["file", "file"]


def said(*pronunciations: kernel.Pronunciation) -> kernel.Configuration:
    station = kernel.StationFacts(telecode="QHD", names=(("zh", "青河东"),), zone="Asia/Shanghai")
    return kernel.Configuration(station=station, pronunciations=pronunciations)


def test_what_the_station_says_goes_first_and_follows_it() -> None:
    """Entries of the station hold over the subsystem's own; what the station no longer says is spoken as before."""
    own = Pronunciations([Pronunciation(language="zh", name="大城", spoken="da4cheng2"), *shipped_pronunciations()])
    assert own.table.apply("大城、六安", "zh") == "da4cheng2、lu4an1"
    own.follow(said(kernel.Pronunciation(id="大城", texts=(("zh", "dai4cheng2"), ("en", "Daicheng")), not_after="第")))
    assert own.table.apply("大城、六安", "zh") == "dai4cheng2、lu4an1"
    assert own.table.apply("第大城", "zh") == "第大城"
    assert own.table.apply("大城", "en") == "Daicheng"
    own.follow(None)
    assert own.table.apply("大城", "zh") == "dai4cheng2"
    own.follow(said())
    assert own.table.apply("大城", "zh") == "da4cheng2"


def test_a_replica_that_says_the_same_changes_nothing() -> None:
    """The table is made anew only when what the station says has changed."""
    own = Pronunciations(())
    own.follow(said(kernel.Pronunciation(id="大城", texts=(("zh", "dai4cheng2"),))))
    table = own.table
    own.follow(said(kernel.Pronunciation(id="大城", texts=(("zh", "dai4cheng2"),))))
    assert own.table is table
