"""`pronunciations.csv`: what is read, and what is refused and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from stationmaster.station.load import load_station
from stationmaster.station.pronunciations import PRONUNCIATIONS_FILE, read_pronunciations
from stationmaster_base.configuration import Faults
from stationmaster_kernel.configuration import Pronunciation

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"
LANGUAGES = ("zh", "en")


def read(folder: Path, text: str) -> tuple[tuple[Pronunciation, ...], list[tuple[str, str]]]:
    (folder / PRONUNCIATIONS_FILE).write_text(text, "utf-8")
    faults = Faults()
    found = read_pronunciations(folder, LANGUAGES, faults)
    return found, [(fault.place, fault.problem) for fault in faults]


def test_a_row_is_a_word_with_how_it_is_spoken_by_language(tmp_path: Path) -> None:
    """Languages that say nothing are left out; columns come in any order, and most may be missing."""
    found, faults = read(tmp_path, "en,word,zh,not_after\n,六安,lu4an1,第\nOo-room-chee,Urumqi,,\n,长子县,掌子县,\n")
    assert not faults
    assert found == (
        Pronunciation(id="六安", texts=(("zh", "lu4an1"),), not_after="第"),
        Pronunciation(id="Urumqi", texts=(("en", "Oo-room-chee"),)),
        Pronunciation(id="长子县", texts=(("zh", "掌子县"),)),
    )


def test_a_folder_without_the_file_has_none(tmp_path: Path) -> None:
    """The file is optional."""
    faults = Faults()
    assert read_pronunciations(tmp_path, LANGUAGES, faults) == ()
    assert not list(faults)


@pytest.mark.parametrize(
    ("row", "place", "problem"),
    [
        (",lu4an1,,,", "line 3, word", "is empty"),
        ("六安,,,,", "line 3, zh", "is empty, as is every other language"),
        ("六安,lu an,,,", "line 3, zh", "'lu an' is not toned pinyin"),
        ("六安,六安,,,", "line 3, zh", "'六安' is the word itself"),
        ("重联,chong2lian2,,,", "line 3, word", "'重联' stands on line 2 already"),
        ("六安,lu4an1,,检 全,", "line 3, not_before", "'检 全' has spaces"),
        ("六安,lu4an1", "line 3", "has 2 cells"),
        (f"六安,{'六' * 81},,,", "line 3, zh", "has 81 characters"),
        (f"{'六' * 81},lu4,,,", "line 3, word", "has 81 characters"),
    ],
)
def test_what_is_wrong_is_told_by_line_and_column(tmp_path: Path, row: str, place: str, problem: str) -> None:
    """Each mistake is one fault, and the good row before it is read."""
    found, faults = read(tmp_path, f"word,zh,en,not_before,not_after\n重联,chong2lian2,,,\n{row}\n")
    assert faults == [(place, problem)]
    assert found[0].id == "重联"


def test_a_language_that_the_station_does_not_have_is_a_fault(tmp_path: Path) -> None:
    """A column for it would never be used."""
    _, faults = read(tmp_path, "word,fr\nUrumqi,Ouroumtsi\n")
    assert [place for place, _ in faults] == ["line 1"]


def test_the_sample_station_has_some() -> None:
    """They are part of its configuration, so that every subsystem gets them."""
    spoken = {each.id: dict(each.texts) for each in load_station(SAMPLE).configuration.pronunciations}
    assert spoken["重联"] == {"zh": "chong2lian2"}
    assert spoken["Urumqi"] == {"en": "Oo-room-chee"}
