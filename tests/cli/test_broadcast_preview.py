"""What broadcast would say is shown before anybody hears it; the golden files hold all of the sample's day.

A golden file is written anew by the command that stands above its comparison, and read before it is kept.
"""

import re
from datetime import date
from functools import cache, reduce
from operator import xor
from pathlib import Path

import pytest

from stationmaster.cli.main import main
from stationmaster.station.announcing import examples
from stationmaster.station.load import Station, load_station
from stationmaster_broadcast.speech.preview import Preview
from stationmaster_broadcast.speech.sound import silence, write_wave
from stationmaster_kernel.values import TaskKind

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"
GOLDEN = Path(__file__).parent / "golden"
DAY = "2026-03-06"


@cache
def sample() -> Station:
    return load_station(SAMPLE)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_whole_day_is_spoken_as_ever(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every announcement of a day of the sample, exactly as the engine is given it."""
    # stationmaster broadcast preview --day 2026-03-06 --language zh --spoken >tests/cli/golden/day-zh.txt
    arguments = ["--station", str(SAMPLE), "--day", DAY, "--language", language, "--spoken"]
    assert main(["broadcast", "preview", *arguments]) == 0
    assert capsys.readouterr().out == (GOLDEN / f"day-{language}.txt").read_text("utf-8")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_one_of_each_is_worded_as_ever(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each rule's announcement and each topic: the text, and what the engine is given."""
    # stationmaster broadcast preview --day 2026-03-06 --language zh --examples >tests/cli/golden/examples-zh.txt
    arguments = ["--station", str(SAMPLE), "--day", DAY, "--language", language, "--examples"]
    assert main(["broadcast", "preview", *arguments]) == 0
    assert capsys.readouterr().out == (GOLDEN / f"examples-{language}.txt").read_text("utf-8")


def test_there_is_an_example_of_every_rule_and_topic() -> None:
    """Nothing that the sample can say is missing from the golden files."""
    configuration = sample().configuration
    rules = [rule.id for rule in configuration.rules if rule.does is TaskKind.ANNOUNCEMENT]
    topics = [each.id for each in configuration.templates if each.id.startswith("topic.")]
    assert [each.what for each in examples(sample(), date.fromisoformat(DAY))] == [*rules, *topics]


def test_no_number_and_no_letter_is_left_for_the_chinese_voice() -> None:
    """Nor a number for the English one, and no text has two stops in a row."""
    shown = Preview(sample().configuration)
    for said in examples(sample(), date.fromisoformat(DAY)):
        for utterance in shown.spoken(shown.texts_of(said.task)):
            assert not re.search(r"[0-9]", utterance.text), utterance.text
            assert not re.search(r"[，。、,.;:：；]\s*[，。、,.;:：；]", utterance.text), utterance.text
            if utterance.language == "zh":
                assert not re.search(r"[A-Za-z]", utterance.text), utterance.text


def test_a_text_of_ones_own(capsys: pytest.CaptureFixture[str]) -> None:
    """It is shown as it stands and as it is spoken, with what the station says of names."""
    assert main(["broadcast", "preview", "--station", str(SAMPLE), "开往六安的G101次列车，16辆重联"]) == 0
    assert capsys.readouterr().out == (
        "  zh  开往六安的G101次列车，16辆重联\n   →  开往lu4an1的高幺零幺次列车，十六辆chong2lian2\n"
    )
    assert main(["broadcast", "preview", "--station", str(SAMPLE), "--spoken", "--language", "en", "gate 1A"]) == 0
    assert capsys.readouterr().out == "gate one eigh\n"


def test_a_table_of_the_subsystems_own_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What `[broadcast] pronunciation` names is tried before it is used."""
    table = tmp_path / "own.csv"
    table.write_text("language,name,spoken\nzh,大城,dai4cheng2\n", "utf-8")
    arguments = ["--station", str(SAMPLE), "--table", str(table), "--spoken"]
    assert main(["broadcast", "preview", *arguments, "开往大城"]) == 0
    assert capsys.readouterr().out == "开往dai4cheng2\n"


def test_a_chips_frames_are_shown_byte_for_byte(capsys: pytest.CaptureFixture[str]) -> None:
    """What goes over the line to the chip: marks, encoding, text and check byte."""
    assert main(["broadcast", "preview", "--station", str(SAMPLE), "--chip", "syn6288", "2站台"]) == 0
    frame = capsys.readouterr().out.splitlines()[2].removeprefix("   =  ")
    data = bytes.fromhex(frame)
    assert data[0] == 0xFD
    assert int.from_bytes(data[1:3], "big") == len(data) - 3
    assert "二站台".encode("gb2312") in data
    assert reduce(xor, data) == 0


def test_what_is_joined_of_recordings_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each recording by its file, and what is spoken between them."""
    write_wave(tmp_path / "platform.wav", silence(22050, 0.5))
    (tmp_path / "index.csv").write_text("language,text,file\nzh,二站台,platform.wav\n", "utf-8")
    arguments = ["--station", str(SAMPLE), "--fragments", str(tmp_path), "高铁到2站台。"]
    assert main(["broadcast", "preview", *arguments]) == 0
    said = [line.removeprefix("   =  ") for line in capsys.readouterr().out.splitlines()[2:]]
    assert said[:2] == ["spoken: 高铁到", "platform.wav"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--language", "mn", "text"], 2, "does not speak 'mn'"),
        (["--day", DAY, "--examples", "--train", "X1"], 1, "Nothing is said"),
        (["--station", "/nowhere"], 2, "nowhere"),
        (["--table", "/nowhere.csv", "text"], 2, "cannot be read"),
        (["--chip", "nothing", "text"], 2, "no speech chip nothing"),
        (["--fragments", "/nowhere", "text"], 2, "cannot be read"),
    ],
)
def test_what_cannot_be_shown_is_said(
    arguments: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One message, and no traceback."""
    assert main(["broadcast", "preview", "--station", str(SAMPLE), *arguments]) == code
    assert says in capsys.readouterr().err
