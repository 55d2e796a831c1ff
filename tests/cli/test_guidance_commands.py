"""`stationmaster guidance preview` and `check`, as a person calls them."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest

from stationmaster.cli.main import main

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"
DAY = ("--day", "2026-03-02", "--at", "08:07", "--station", str(SAMPLE))


def svg_texts(file: Path) -> list[str]:
    """Every text of a picture."""
    return [str(element.text) for element in ElementTree.parse(file).iter("{http://www.w3.org/2000/svg}text")]


def test_preview_writes_an_svg_with_what_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A train made late and one made to fail are shown as such, in the language and on the page asked for."""
    out = tmp_path / "hall.svg"
    told = ("--late", "G2075=135", "--late", "G507=?", "--suspend", "D1641", "--language", "en", "-o", str(out))
    assert main(["guidance", "preview", "hall-1", *DAY, *told]) == 0
    said = svg_texts(out)
    assert {"About 2 h 15 min late", "Delay unknown", "Departures", "08:07"} <= set(said)
    assert any(text.startswith(("Susp", "Cancel")) for text in said)
    assert capsys.readouterr().out.startswith(f"{out}: hall-1, 1920 × 1080, 2026-03-02 08:07, ")


def test_preview_shows_where_a_train_is_that_was_moved(tmp_path: Path) -> None:
    """On its old platform's board, with the platform that it uses now."""
    out = tmp_path / "gate.svg"
    assert main(["guidance", "preview", "gate-2a-2b", *DAY, "--move", "D1641=13", "-o", str(out)]) == 0
    assert {"D1641", "改6站台 6A、6B", "Now Platform 6"} <= set(svg_texts(out))


def test_preview_writes_a_png_of_the_boards_size(tmp_path: Path) -> None:
    """The real page is painted, as large as the board is, with where the cars stop."""
    out = tmp_path / "platform.png"
    assert main(["guidance", "preview", "platform-2", *DAY, "-o", str(out)]) == 0
    head = out.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", head[16:24]) == (1920, 540)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["hall-9"], "The station has no board 'hall-9'. Its boards: hall-1, "),
        (["hall-1", "--language", "fr"], "The station has no language 'fr'. It has: zh, en."),
        (["hall-1", "--page", "9"], "hall-1 has no page 9 then."),
        (["hall-1", "--late", "X9=5"], "No train 'X9' calls on that day."),
        (["hall-1", "--move", "G2075=99"], "There is no track '99'. Tracks: 1, 2, "),
        (["hall-1", "--late", "G2075=soon"], "'soon' is no number of minutes."),
        (["hall-1", "-o", "hall.gif"], "hall.gif names no kind of picture. Write .png or .svg."),
        (["hall-1", "-o", "/nowhere/at/all.svg"], "/nowhere/at/all.svg cannot be written: No such file or directory."),
    ],
)
def test_what_cannot_be_shown_is_said_in_one_line(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A person's mistake ends with exit code 2 and one message that says what there is instead."""
    monkeypatch.chdir(tmp_path)
    out = [] if "-o" in arguments else ["-o", "x.svg"]
    assert main(["guidance", "preview", arguments[0], *DAY, *arguments[1:], *out]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_preview_of_a_broken_layout_says_every_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever writes a layout looks at it with preview, and reads there what is wrong with it."""
    station = tmp_path / "station"
    shutil.copytree(SAMPLE, station)
    layout = station / "layouts" / "hall.toml"
    layout.write_text(layout.read_text("utf-8").replace("rows = 10", "rows = 0").replace('"gates"', '"doors"'), "utf-8")
    arguments = ["guidance", "preview", "hall-1", "--station", str(station), "-o", str(tmp_path / "x.svg")]
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert "layouts/hall.toml: region[1].rows: 0 is not possible" in said
    assert "layouts/hall.toml: region[1].line[1].columns[4].field: 'doors' is not known (allowed: number, " in said


def test_check_finds_a_long_name_and_a_name_made_by_rule(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that fits no cell, and one that has no English and so is spelt by rule, are listed; exit code 1."""
    station = tmp_path / "station"
    shutil.copytree(SAMPLE, station)
    names = station / "names.csv"
    lines = names.read_text("utf-8").splitlines()
    long = [line.replace("Shanghai Hongqiao", "Shanghai Hongqiao International Hub East") for line in lines]
    kept = [line for line in long if not line.startswith("乌鲁木齐,")]
    names.write_text("\n".join(kept) + "\n", "utf-8")
    assert main(["guidance", "check", "hall-1", "--station", str(station), "--fonts", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "destination.en on hall-1 (1920×1080): 'Shanghai Hongqiao International Hub East' is" in said
    assert "names.csv: 乌鲁木齐: has no full entry; used: en 'Wulumuqi'" in said
    assert "fonts: zh: none of Noto Sans CJK SC, " in said


def test_check_of_the_sample_finds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Every name, place and status of the sample station fits every one of its boards."""
    assert main(["guidance", "check", "--station", str(SAMPLE)]) == 0
    assert capsys.readouterr().out.endswith(" 0 findings.\n")


def test_check_of_a_board_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    """A mistyped board is a mistake and not a board without findings."""
    assert main(["guidance", "check", "hall-9", "--station", str(SAMPLE)]) == 2
    assert "The station has no board 'hall-9'." in capsys.readouterr().err
