"""The guide to one's own station: what it shows is all that it takes."""

import re
import shutil
from pathlib import Path

from stationmaster.station.check import check_station
from stationmaster.station.importing import import_timetable
from stationmaster.station.load import load_station
from stationmaster_guidance.check import check_layout

GUIDE = Path(__file__).parents[2] / "docs" / "own-station.md"


def test_the_halt_of_the_guide_is_a_station(tmp_path: Path, sample: Path) -> None:
    """Its files, two of the sample's layouts and an import are a station without faults and warnings but for names."""
    text = GUIDE.read_text("utf-8")
    halt = tmp_path / "halt"
    (halt / "layouts").mkdir(parents=True)
    for file, body in re.findall(r"```toml\n# (\S+)\n(.*?)```", text, re.DOTALL):
        (halt / file).write_text(body, "utf-8")
    for layout in ("hall", "platform"):
        shutil.copy(sample / "layouts" / f"{layout}.toml", halt / "layouts")
    (body,) = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    (tmp_path / "day.csv").write_text(body, "utf-8")
    report = import_timetable(tmp_path / "day.csv", halt)
    assert report.faults == ()
    assert report.names_added == ("石家庄", "安阳", "北京西", "南昌")
    assert [row.track for row in load_station(halt).timetable] == ["1", "1", "2"]
    checked = check_station(halt, layout_check=check_layout)
    assert checked.faults == ()
    assert checked.warnings == ()


def test_steps_of_the_guide_work_on_the_sample(folder, real_day: Path) -> None:
    """A copy of the sample takes another day's timetable and is still good, layouts included."""
    assert import_timetable(real_day, folder.path).written
    report = check_station(folder.path, layout_check=check_layout)
    assert report.faults == ()
    assert all(warning.file in ("rules.toml", "timetable.csv", "operations.csv") for warning in report.warnings)
