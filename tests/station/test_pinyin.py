"""Names by rule, as tickets write them."""

import csv
import os
from pathlib import Path

import pytest

from stationmaster.station.pinyin import pinyin_name


@pytest.mark.parametrize(
    ("name", "pinyin"),
    [
        ("西安", "Xi'an"),
        ("六安", "Lu'an"),
        ("蚌埠", "Bengbu"),
        ("重庆北", "Chongqingbei"),
        ("长治", "Changzhi"),
        ("朝阳", "Chaoyang"),
        ("都匀东", "Duyundong"),
        ("漯河西", "Luohexi"),
        ("吕梁", "Lüliang"),
        ("Zürich HB", "Zürich HB"),
        ("A站B", "AzhanB"),
        ("", ""),
    ],
)
def test_names_are_one_word_with_a_capital(name: str, pinyin: str) -> None:
    """Readings are those of places; apostrophes divide what would read as one syllable; letters stay."""
    assert pinyin_name(name) == pinyin


def test_most_stations_are_read_right(sample: Path) -> None:
    """Of the real list at least 97 in 100 are right; of the sample's, where English has its own spellings, most."""
    data = os.environ.get("STATIONMASTER_TEST_DATA")
    if data:
        with (Path(data) / "stations.csv").open(encoding="utf-8", newline="") as file:
            known = [(row["name"], row["pinyin"]) for row in csv.DictReader(file)]
    else:
        with (sample / "names.csv").open(encoding="utf-8", newline="") as file:
            known = [
                (row["name"], row["en"].lower()) for row in csv.DictReader(file) if row["name"][-1] not in "东南西北"
            ]
    plain = str.maketrans("ü", "u", "'")
    right = sum(pinyin_name(name).lower().translate(plain) == pinyin.replace("'", "") for name, pinyin in known)
    assert right / len(known) >= (0.97 if data else 0.75)
