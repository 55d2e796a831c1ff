"""The real broadcast process with engines that fail: the morning is said all the same, and it shows."""

from pathlib import Path

from broadcast.running import station
from stationmaster_broadcast.speech.sound import measure, read_wave, write_wave
from stationmaster_broadcast.zones.chimes import chime

BROKEN = """
[broadcast.speech]
engines = ["pyttsx3", "silent"]
[broadcast.speech.pyttsx3]
voices = { zh = "no/such" }
"""

LIBRARY = """
[broadcast.speech]
folder = "recordings"
filler = "silent"
least_share = 0.0
rate = 4000
"""


def test_a_morning_with_a_broken_engine_is_spoken_by_the_next(tmp_path: Path) -> None:
    """The first engine has not the voice it shall have: all is said by the second, and health says degraded and why."""
    with station(tmp_path, engine="chain", more=BROKEN) as held:
        held.run_to(600)
        plays = held.played()
        assert {play["outcome"] for play in plays} == {"done"}
        assert len(plays) == 5
        health = held.health()
        assert health is not None
        assert health["status"] == "degraded"
        assert health["speech"].startswith("pyttsx3: ")


def test_a_morning_of_recorded_fragments(tmp_path: Path) -> None:
    """A library beside the configuration: its recordings are in what is played, gaps are filled, nothing is cut."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    (folder / "index.csv").write_text("language,text,file\nzh,次列车,train.wav\nen,train,train-en.wav\n", "utf-8")
    for name in ("train.wav", "train-en.wav"):
        write_wave(folder / name, chime(16000))
    with station(tmp_path, engine="fragments", more=LIBRARY) as held:
        held.run_to(600)
        plays = held.played()
        assert {play["outcome"] for play in plays} == {"done"}
        for play in plays:
            sound = read_wave(held.sounds / play["file"])
            assert sound.rate == 4000
            assert measure(sound).tail > 0.3
        assert '"level": "error"' not in held.log()
