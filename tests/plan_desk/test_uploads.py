"""Uploads are read by a process that may be slow, greedy or dead; the hub is none of it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from plan_desk.drafting import small_station
from station.gtfs_making import Feed
from stationmaster.hub.plan_desk import import_child, uploads
from stationmaster.hub.plan_desk.files import live_files
from stationmaster.hub.plan_desk.refusals import DeskRefusal
from stationmaster.hub.plan_desk.uploads import Importer, Upload
from stationmaster_base.errors import StationError

CSV = "train_class,kind,train,origin,destination,arr,dep,track\n快速,through,K2285,长春,昆明,00:33,00:52,1\n"


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return live_files(small_station(tmp_path_factory.mktemp("desk") / "station"))


def test_a_feed_is_read_with_what_a_person_says_of_it(contents: dict[str, bytes], tmp_path: Path) -> None:
    """Trips that cannot be taken are told with their reason; calendars come with the timetable."""
    feed = Feed(tmp_path / "feed.zip").write()
    upload = Upload(
        kind="gtfs",
        content=feed.open("rb"),
        stops=("MZN",),
        classes=(("K", "快速"),),
        tracks=(("Z", "2"),),
        without_track=True,
    )
    result = Importer().read(upload, contents)
    assert result.report.faults == ()
    assert result.report.drafted
    assert "timetable.csv" in result.contents
    assert b"gtfs." in result.contents["calendars.csv"]
    assert any("t-bus" in trip for each in result.report.left_out for trip in each.trips)
    assert set(result.contents) <= {"timetable.csv", "calendars.csv", "names.csv"}


def test_of_many_faults_the_child_says_only_the_first(
    contents: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the child that leaves the others out: the hub would have to hold all that it says."""
    monkeypatch.setattr(uploads, "MOST_SAID", 2)
    bad = CSV + "快速,through,K1,长春,昆明,99:99,99:99,1\n" * 50
    report = Importer().read(Upload(kind="timetable", content=BytesIO(bad.encode())), contents).report
    assert (report.drafted, len(report.faults)) == (False, 2)


def test_an_upload_that_takes_too_long_is_ended(contents: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """The child is gone then, and the refusal says so."""
    monkeypatch.setattr(uploads, "PATIENCE_S", 0.0)
    importer = Importer()
    with pytest.raises(DeskRefusal, match="too long") as caught:
        importer.read(Upload(kind="timetable", content=BytesIO(CSV.encode())), contents)
    assert caught.value.code == "import-refused"
    importer.stop()


@pytest.mark.parametrize(
    ("program", "code", "said"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", "import-refused", "more time or memory"),
        ("raise SystemExit('nothing of use')", "import-failed", "nothing of use"),
        ("print('{}')", "import-failed", "it said"),
    ],
)
def test_whatever_becomes_of_the_child_is_said(
    contents: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str, code: str, said: str
) -> None:
    """Killed by a limit, ended by a failure, or with an answer that is none: an error in words, and nothing drafted."""
    python = tmp_path / "python"
    script = tmp_path / "child.py"
    script.write_text(f"import sys; sys.stdin.read()\n{program}\n", "utf-8")
    python.write_text(f'#!/bin/sh\nexec {uploads.sys.executable} "{script}"\n', "utf-8")
    python.chmod(0o755)
    monkeypatch.setattr(uploads.sys, "executable", str(python))
    with pytest.raises(StationError, match=said) as caught:
        Importer().read(Upload(kind="timetable", content=BytesIO(CSV.encode())), contents)
    assert caught.value.code == code


def test_the_child_has_limits() -> None:
    """On memory, time, what it writes, and what it leaves when it dies: set before it reads anything."""
    asked: list[tuple[int, tuple[int, int]]] = []
    import_child.limit(lambda what, most: asked.append((what, most)))
    assert {what for what, _ in asked} == {
        import_child.resource.RLIMIT_AS,
        import_child.resource.RLIMIT_CPU,
        import_child.resource.RLIMIT_FSIZE,
        import_child.resource.RLIMIT_CORE,
    }
    assert all(soft == hard for _, (soft, hard) in asked)
