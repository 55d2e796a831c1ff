"""The real process: started, stepped, cut off, killed, and told wrong things."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from broadcast.running import PROGRAM, Station, station
from stationmaster_base.times import from_iso
from stationmaster_broadcast.speech.sound import measure, read_wave
from support.fake_broadcast import START


def spans(plays: list[dict[str, object]]) -> list[tuple[int, str, str, str]]:
    """When (seconds after the start), which train, where, how it ended; in order of time."""
    return sorted(
        (
            from_iso(str(play["begun"])) - START,
            str(play["call"]).split("/")[2],
            str(play["target"]),
            str(play["outcome"]),
        )
        for play in plays
    )


def test_a_morning_is_said_to_the_second(tmp_path: Path) -> None:
    """Each begins at exactly its due second or when its zone becomes free; what is too old is not said; nothing twice.

    The hub is told begun and done of each, at those seconds; the record and the files agree.
    """
    with station(tmp_path) as held:
        held.run_to(600)
        plays = held.played()
        k1178 = next(play for play in plays if "K1178" in play["call"])
        free = from_iso(k1178["ended"]) - START
        assert 60 + k1178["seconds"] <= free < 61 + k1178["seconds"]
        assert spans(plays) == [
            (60, "G1", "b", "done"),
            (60, "K1178", "a", "done"),
            (free, "G1", "a", "done"),
            (120, "D5", "c", "done"),
            (300, "D7", "b", "done"),
        ]
        ends = {(play["call"].split("/")[2], play["target"]): from_iso(play["ended"]) - START for play in plays}
        assert sorted(held.results()) == sorted(
            [[at, "begun", train, zone] for at, train, zone, _ in spans(plays)]
            + [[at, "done", train, zone] for (train, zone), at in ends.items()]
        )
        assert [play["n"] for play in plays] == [1, 2, 3, 4, 5]
        assert held.played(after=3) == plays[3:]
        for play in plays:
            path = held.sounds / play["file"]
            assert read_wave(path).seconds == pytest.approx(play["seconds"], abs=0.001)
            with urlopen(f"{held.base}/sounds/{play['file']}") as answer:
                assert answer.read() == path.read_bytes()
        assert (held.sounds / "2026-03-01/090100-b-G1-open.wav").is_file()
        lines = (held.sounds / "log.jsonl").read_text("utf-8").splitlines()
        assert [json.loads(line) for line in lines] == plays
        assert json.loads((held.sounds / "playing.json").read_text("utf-8")) == []
        assert held.end("broadcast", signal.SIGTERM) == 0
        assert '"level": "error"' not in held.log()


def test_killed_in_the_middle_it_says_the_rest_and_nothing_twice(tmp_path: Path) -> None:
    """SIGKILL while two zones play: both are interrupted there and at the hub; what waited is said while valid."""
    with station(tmp_path) as held:
        held.run_to(60)
        held.step(63)
        held.end("broadcast")
        held.set_clock(66)
        held.start()
        held.run_to(600)
        assert spans(held.played()) == [
            (60, "G1", "b", "interrupted"),
            (60, "K1178", "a", "interrupted"),
            (66, "G1", "a", "done"),
            (79, "G3", "a", "done"),
            (120, "D5", "c", "done"),
            (300, "D7", "b", "done"),
        ]
        results = held.results()
        assert [66, "interrupted", "K1178", "a"] in results
        assert [66, "interrupted", "G1", "b"] in results
        assert sum(state == "begun" for _, state, _, _ in results) == 6


def test_without_its_hub_it_goes_on_and_tells_afterwards(tmp_path: Path) -> None:
    """Cut off for the whole morning: said to the same seconds; when the hub is back it hears of all of it once."""
    with station(tmp_path) as held:
        held.run_to(30)
        held.end("hub")
        held.wait(lambda: (held.health() or {}).get("state") == "alone", "not alone")
        held.run_to(600, "alone")
        assert len(held.played()) == 5
        held.end("broadcast", signal.SIGTERM)
        held.start()
        held.start_hub()
        held.wait(lambda: len(held.results()) == 10, "the hub was not told")
        assert {state for _, state, _, _ in held.results()} == {"begun", "done"}
        assert len(held.played()) == 5


def test_an_orderly_end_in_the_middle_leaves_nothing_behind(tmp_path: Path) -> None:
    """SIGTERM while it plays: exit code 0, interrupted in record and at the hub, no process, no half file."""
    with station(tmp_path) as held:
        held.run_to(60)
        assert held.end("broadcast", signal.SIGTERM) == 0
        held.start()
        held.run_to(61)
        assert sorted([train, zone] for _, state, train, zone in held.results() if state == "interrupted") == [
            ["G1", "b"],
            ["K1178", "a"],
        ]
        assert not list(held.folder.rglob("*.part"))


def test_the_real_engine_in_the_real_process(tmp_path: Path) -> None:
    """pyttsx3 is the default: the files hold chime and speech in both languages, whole, and are there at once."""
    with station(tmp_path, engine="pyttsx3") as held:
        held.run_to(200)
        plays = held.played()
        assert {play["outcome"] for play in plays} == {"done"}
        sound = read_wave(held.sounds / next(play["file"] for play in plays if play["target"] == "b"))
        assert sound.rate == 22050
        assert 9 < sound.seconds < 20
        assert 0.3 < measure(sound).tail < 0.6
        body = held.get("/api/v1/spoken?task=QHD/2026-03-01/G1/1/open/1")
        assert body["spoken"] == {
            "zh": "开往lu4an1的高幺次列车开始检票，请到一诶检票口。",
            "en": "Train G one, gate one eigh.",
        }
        assert held.end("broadcast", signal.SIGTERM) == 0


def test_wrong_questions_get_plain_answers(tmp_path: Path) -> None:
    """No traceback, no file from anywhere else."""
    with station(tmp_path) as held:
        for path, code in [
            ("/api/v1/played?after=x", 400),
            ("/api/v1/spoken?task=none", 404),
            ("/sounds/2026-03-01/none.wav", 404),
            ("/sounds/../station.toml", 404),
            ("/sounds/2026-03-01/..%2f..%2fstation.toml", 404),
            ("/sounds/cache/x.wav", 404),
            ("/nowhere", 404),
        ]:
            with pytest.raises(HTTPError) as found:
                urlopen(held.base + path)
            with found.value as answer:
                assert answer.code == code
                assert b"Traceback" not in answer.read()
        with urlopen(f"{held.base}/metrics") as answer:
            assert b'stationmaster_sounds_total{outcome="failed"} 0.0' in answer.read()


def test_faults_of_the_configuration_are_told_all_at_once(tmp_path: Path) -> None:
    """Exit code 2, each fault with its key, no traceback."""
    made = Station(tmp_path, more='sink = "trumpet"\nspeed = 3\npronunciation = "none.csv"\n[broadcast.speech]\nx = 1')
    made.config.write_text(made.config.read_text("utf-8").replace('token = "secret"\n', ""), "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(made.config)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    for key in ("broadcast.token", "broadcast.sink", "broadcast.speed", "none.csv"):
        assert key in done.stderr
