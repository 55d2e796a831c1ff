"""What the tests of a station's folder share: a copy of the sample to spoil, and a real day."""

import csv
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"


@dataclass(frozen=True)
class Folder:
    """A station's folder that a test may change."""

    path: Path

    def change(self, file: str, old: str, new: str) -> None:
        """Put `new` where `old` stands for the first time; the test is wrong if it stands nowhere."""
        text = (self.path / file).read_text("utf-8")
        assert old in text
        (self.path / file).write_text(text.replace(old, new, 1), "utf-8")

    def append(self, file: str, text: str) -> None:
        """Write more at the file's end."""
        with (self.path / file).open("a", encoding="utf-8") as stream:
            stream.write(text)

    def contents(self) -> dict[str, bytes]:
        """Every file as it is."""
        return {str(path.relative_to(self.path)): path.read_bytes() for path in self.path.rglob("*") if path.is_file()}


@pytest.fixture
def sample() -> Path:
    """The sample station's own folder."""
    return SAMPLE


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A copy of the sample station."""
    shutil.copytree(SAMPLE, tmp_path / "station")
    return Folder(tmp_path / "station")


@pytest.fixture
def write_csv(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file to import."""

    def write(text: str | bytes, encoding: str = "utf-8") -> Path:
        path = tmp_path / "given.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return write


@pytest.fixture
def real_day(tmp_path: Path) -> Path:
    """A real day without tracks; the sample's own day, with its tracks taken away, where there is no real one."""
    data = os.environ.get("STATIONMASTER_TEST_DATA")
    if data:
        return Path(data) / "hohhot_east_day.csv"
    path = tmp_path / "day.csv"
    with (SAMPLE / "timetable.csv").open(encoding="utf-8", newline="") as source:
        header, *rows = csv.reader(source)
    with path.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([header[:7], *(row[:7] for row in rows if not row[13])])
    return path


@pytest.fixture
def real_stations() -> list[tuple[str, str]]:
    """Names and telecodes of real stations; a few well-known ones where there is no list."""
    data = os.environ.get("STATIONMASTER_TEST_DATA")
    if not data:
        return [("北京西", "BXP"), ("呼和浩特东", "NDC"), ("西安北", "EAY"), ("上海虹桥", "AOH")]
    with (Path(data) / "stations.csv").open(encoding="utf-8", newline="") as file:
        return [(row["name"], row["telecode"]) for row in csv.DictReader(file)]
