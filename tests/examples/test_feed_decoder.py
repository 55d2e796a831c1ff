"""The example of a vendor's own format: found by its entry point, decoded, graded; and decoders that fail."""

from __future__ import annotations

import configparser
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from stationmaster_base.errors import StationError
from stationmaster_dmis.arbiter import Arbiter
from stationmaster_dmis.decoders import GROUP, open_line
from stationmaster_dmis.feed import Moment
from stationmaster_dmis.grading import Limits
from stationmaster_dmis.line import Line
from stationmaster_dmis.settings import LineSettings, SerialPlace
from stationmaster_kernel.inputs import FeedRecord
from stationmaster_kernel.values import FeedGrade
from stationmaster_telegram.decoder import Counters

EXAMPLE = Path(__file__).parents[2] / "examples" / "feed_decoder"
CALL = b"C;17;2026-03-01;G101;2026-03-01T02:00:00Z;2026-03-01T02:05:00Z;7\n"
OTHER = b"C;18;2026-03-01;G103;2026-03-01T03:00:00Z;2026-03-01T03:05:00Z;8\n"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example as pip leaves it: its module, and a note of its entry points, which its own setup.cfg tells."""
    config = configparser.ConfigParser()
    config.read(EXAMPLE / "setup.cfg", "utf-8")
    notes = tmp_path / "semicolon_feed-1.0.dist-info"
    notes.mkdir()
    (notes / "METADATA").write_text("Metadata-Version: 2.1\nName: semicolon-feed\nVersion: 1.0\n", "utf-8")
    points = config["options.entry_points"][GROUP].strip()
    (notes / "entry_points.txt").write_text(f"[{GROUP}]\n{points}\nbroken = no_such_module:decoder\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.syspath_prepend(str(EXAMPLE))
    return notes


def line_of(name: str) -> Line:
    place = SerialPlace(device=Path("/dev/ttyS0"))
    return open_line(LineSettings(name="vendor", place=place, format=name), "QHD", lambda: 0.0)


class Hearing:
    """A feed of the one line."""

    def __init__(self, line: Line) -> None:
        self.told: list[str] = []
        self.line = line
        self.arbiter = Arbiter([line], sink=self, limits=Limits(), grade=FeedGrade.LOST, now=0.0)

    def news(self, records: Sequence[FeedRecord]) -> None:
        self.told += [f"{record.numbers[0]}/{record.track}" for record in records]

    def graded(self, grade: FeedGrade) -> None:
        self.told.append(grade.value)

    def hear(self, data: bytes, now: float = 0.0) -> None:
        self.arbiter.receive(self.line, data, Moment(machine=now, station=now))


def test_a_vendors_format_becomes_the_feed(installed: Path) -> None:
    """Calls, changes and the proof of a full list come as from our own gateway; rubbish is counted."""
    hearing = Hearing(line_of("semicolon"))
    hearing.hear(b"rubbish\n" + CALL + OTHER[:20])
    hearing.hear(OTHER[20:] + b"E;2\n")
    assert hearing.told == ["G101/7", "G103/8", "fresh"]
    hearing.hear(CALL.replace(b";7", b";9") + b"E;1\n", 1.0)
    assert hearing.told[3:] == ["G101/9"]
    assert hearing.arbiter.complete
    hearing.hear(CALL.replace(b";7", b";9") + b"E;7\n" + b"x" * 2000 + b"\n", 2.0)
    assert hearing.told[4:] == []
    counters = hearing.line.counters
    assert (counters.malformed, counters.framing_errors) == (1, 1)
    hearing.arbiter.look(20.0)
    assert hearing.told[4:] == ["late"]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=60) | st.sampled_from([CALL, OTHER, b"E;1\n", b"C;;;\n", CALL[5:]]), max_size=12))
def test_nothing_that_comes_fails(installed: Path, parts: list[bytes]) -> None:
    """Whatever a line carries is a telegram or is counted, without the guard having to help."""
    line = line_of("semicolon")
    hearing = Hearing(line)
    with capture_logs() as logs:
        for part in parts:
            hearing.hear(part)
    assert not [log for log in logs if log["event"] == "decoder_failed"]


def test_a_format_that_nobody_knows_is_told_with_those_that_are(installed: Path) -> None:
    """The hub does not start on a misspelt format, nor on a decoder that cannot be loaded."""
    with pytest.raises(StationError, match="semicolom") as caught:
        line_of("semicolom")
    assert caught.value.code == "line-format"
    assert "semicolon, telegram" in caught.value.hint
    with pytest.raises(StationError, match="no_such_module"):
        line_of("broken")


def test_a_decoder_that_fails_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its errors are counted as malformed input, the first is logged, and the line goes on."""

    class Failing:
        counters = Counters(frames=3)

        def receive_data(self, data: bytes) -> None:
            raise KeyError("oh")

        def next_event(self) -> None:
            return None

        def interrupted(self) -> None:
            raise KeyError("oh")

    point = SimpleNamespace(name="failing", value="some:thing", load=lambda: lambda _: Failing())
    monkeypatch.setattr("stationmaster_dmis.decoders.entry_points", lambda group: [point])
    line = line_of("failing")
    with capture_logs() as logs:
        assert list(line.receive(b"x")) == []
        line.interrupted()
    assert (line.counters.malformed, line.counters.frames) == (2, 3)
    assert [log["event"] for log in logs] == ["decoder_failed"]
