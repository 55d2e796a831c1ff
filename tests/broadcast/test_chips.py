"""Frames of the speech chips byte for byte, and texts cut into them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock

from stationmaster_base.errors import StationError
from stationmaster_broadcast.speech_chips.chip_text import chip_frames, split_text
from stationmaster_broadcast.speech_chips.chips import (
    PAUSE,
    QUERY,
    RESUME,
    STOP,
    SYN6288,
    SYN8086,
    XFS5152CE,
    Chip,
    ChipVoice,
    chip_names,
    chip_of,
)
from stationmaster_simulator.speech_chip import ChipSimulator

CHIPS = [SYN6288, XFS5152CE, SYN8086]


@pytest.mark.parametrize(
    ("chip", "command", "golden"),
    [
        (SYN6288, STOP, "FD 00 02 02 FD"),
        (SYN6288, PAUSE, "FD 00 02 03 FC"),
        (SYN6288, RESUME, "FD 00 02 04 FB"),
        (SYN6288, QUERY, "FD 00 02 21 DE"),
        (SYN6288, SYN6288.sleep, "FD 00 02 88 77"),
        (XFS5152CE, STOP, "FD 00 01 02"),
        (XFS5152CE, PAUSE, "FD 00 01 03"),
        (XFS5152CE, RESUME, "FD 00 01 04"),
        (XFS5152CE, QUERY, "FD 00 01 21"),
        (XFS5152CE, XFS5152CE.sleep, "FD 00 01 88"),
        (XFS5152CE, XFS5152CE.wake, "FD 00 01 FF"),
        (SYN8086, STOP, "FD 00 01 02"),
        (SYN8086, QUERY, "FD 00 01 21"),
        (SYN8086, SYN8086.sleep, "FD 00 01 22"),
        (SYN8086, SYN8086.wake, "FD 00 01 FF"),
    ],
)
def test_commands_byte_for_byte(chip: Chip, command: int, golden: str) -> None:
    """Every command is what the data sheet prints."""
    assert chip.command(command) == bytes.fromhex(golden)


@pytest.mark.parametrize(
    ("chip", "codec", "music", "golden"),
    [
        (SYN6288, "gbk", 0, "FD 00 07 01 01 D6 B1 D0 D0 9D"),
        (SYN6288, "gb2312", 0, "FD 00 07 01 00 D6 B1 D0 D0 9C"),
        (SYN6288, "gbk", 15, "FD 00 07 01 79 D6 B1 D0 D0 E5"),
        (SYN6288, "big5", 0, "FD 00 07 01 02 AA BD A6 E6 AE"),
        (SYN6288, "utf-16-be", 0, "FD 00 07 01 03 76 F4 88 4C BE"),
        (XFS5152CE, "gb2312", 0, "FD 00 06 01 00 D6 B1 D0 D0"),
        (XFS5152CE, "gbk", 0, "FD 00 06 01 01 D6 B1 D0 D0"),
        (XFS5152CE, "big5", 0, "FD 00 06 01 02 AA BD A6 E6"),
        (XFS5152CE, "utf-16-be", 0, "FD 00 06 01 03 76 F4 88 4C"),
        (SYN8086, "gb2312", 0, "FD 00 06 01 00 D6 B1 D0 D0"),
        (SYN8086, "utf-16-le", 0, "FD 00 06 01 04 F4 76 4C 88"),
        (SYN8086, "utf-8", 0, "FD 00 08 01 05 E7 9B B4 E8 A1 8C"),
    ],
)
def test_texts_byte_for_byte(chip: Chip, codec: str, music: int, golden: str) -> None:
    """直行 in each encoding; the checksum of the first is known from others, the rest follows from it."""
    encoding = next(each for each in chip.encodings if each.codec == codec)
    assert chip.speak("直行", encoding, ChipVoice(music=music)) == bytes.fromhex(golden)


@pytest.mark.parametrize(
    ("chip", "voice", "marks"),
    [
        (SYN6288, ChipVoice(), "[v11][t2]"),
        (SYN6288, ChipVoice(volume=1, speed=1, pitch=1.0, speaker=51), "[v16][t5]"),
        (SYN6288, ChipVoice(volume=0, speed=0), "[v0][t0]"),
        (XFS5152CE, ChipVoice(volume=0.5, speed=0.5, pitch=0.5, speaker=3), "[m3][v5][s5][t5]"),
        (XFS5152CE, ChipVoice(volume=9, speed=-1), "[v10][s0]"),
        (SYN8086, ChipVoice(volume=1, speed=1, pitch=0.0, speaker=55), "[m55][v10][s30][t0]"),
    ],
)
def test_each_chip_has_its_own_marks(chip: Chip, voice: ChipVoice, marks: str) -> None:
    """`[t5]` is a speed on SYN6288 and a pitch on the others; every value stays within the chip's range."""
    assert chip.marks(voice) == marks


def test_a_whole_announcement_as_bytes() -> None:
    """Marks go before the text of every frame; a SYN6288 gets its announcement in the shortest encoding."""
    [frame] = chip_frames(SYN6288, "请到一A检票口检票。", ChipVoice())
    text = "[v11][t2]请到一A检票口检票。".encode("gb2312")
    assert frame.data[:5] == bytes.fromhex("FD 00 1F 01 00")
    assert frame.data[5:-1] == text
    assert frame.text == "请到一A检票口检票。"


@pytest.mark.parametrize(
    ("chip", "text", "number"),
    [
        (SYN6288, "高二次", 0),
        (SYN6288, "朱镕基", 1),
        (SYN6288, "ᠮᠣᠩ", 3),
        (SYN8086, "朱镕基", 1),
        (SYN8086, "ᠮᠣᠩ", 3),
    ],
)
def test_the_first_encoding_that_holds_the_text(chip: Chip, text: str, number: int) -> None:
    """GB2312 where it can be, GBK for rarer characters, UTF-16 for other scripts."""
    [frame] = chip_frames(chip, text, ChipVoice())
    assert frame.data[4] & 7 == number


def test_pinyin_is_read_only_where_the_chip_can() -> None:
    """A toned syllable in the text switches pinyin on, for the chips that have the mark."""
    assert b"[i1]" in chip_frames(XFS5152CE, "开往lu4an1方向", ChipVoice())[0].data
    assert b"[i1]" not in chip_frames(XFS5152CE, "开往北京方向", ChipVoice())[0].data
    assert b"[i1]" not in chip_frames(SYN6288, "开往lu4an1方向", ChipVoice())[0].data


def test_what_is_in_the_text_is_never_a_mark() -> None:
    """A bracket in an operator's text changes neither volume nor voice."""
    [frame] = chip_frames(XFS5152CE, "请注意[v0]，安静", ChipVoice())
    assert frame.text == "请注意 v0 ，安静"


def test_long_texts_are_cut_at_sentence_ends() -> None:
    """No frame is longer than the chip takes, and a frame ends where a sentence does."""
    sentence = "旅客们，开往北京北方向的高二四零二次列车开始检票了。"
    frames = chip_frames(SYN6288, sentence * 12, ChipVoice())
    assert "".join(frame.text for frame in frames) == sentence * 12
    assert all(frame.text.endswith("。") for frame in frames)
    assert all(len(frame.data) <= 6 + 200 for frame in frames)
    assert len(frames) == 4


def test_english_is_cut_between_words() -> None:
    """A sentence without a comma that is too long is cut at a blank, never within a word."""
    text = " ".join(["Attention", "please"] * 40)
    frames = chip_frames(SYN6288, text, ChipVoice())
    assert " ".join(frame.text for frame in frames) == text


@given(st.text(), st.sampled_from(CHIPS), st.sampled_from([1.0, 0.0]))
def test_whatever_the_text_the_chip_takes_it(text: str, chip: Chip, volume: float) -> None:
    """Any text gives frames that the simulated chip accepts, or a StationError; nothing else."""
    try:
        frames = chip_frames(chip, text, ChipVoice(volume=volume, pitch=0.5, speaker=3))
    except StationError:
        return
    answers: list[bytes] = []
    simulated = ChipSimulator(chip.name, Clock(), answers.append)
    for frame in frames:
        simulated.receive(frame.data)
    assert answers == [b"\x41"] * len(frames)
    assert [heard.text.rpartition("]")[2] for heard in simulated.heard] == [frame.text for frame in frames]


@given(st.text(alphabet="。，a b字.", max_size=60), st.integers(1, 9))
def test_cutting_loses_nothing(text: str, most: int) -> None:
    """The pieces joined are the text, and each of them fits."""
    pieces = split_text(text, lambda piece: len(piece) <= most)
    assert "".join(pieces) == text
    assert all(0 < len(piece) <= most for piece in pieces)


def test_what_cannot_be_is_said_plainly() -> None:
    """An encoding that the chip has not, a chip that is not known, a frame that is too long."""
    with pytest.raises(StationError, match="utf-8"):
        chip_frames(XFS5152CE, "x", ChipVoice(), "utf-8")
    with pytest.raises(StationError, match="syn6288"):
        chip_of("none")
    with pytest.raises(ValueError, match="200"):
        SYN6288.speak("x" * 201, SYN6288.encodings[0], ChipVoice())
    with pytest.raises(ValueError, match="fits"):
        split_text("x", lambda _piece: False)
    assert chip_names() == ["syn6288", "syn8086", "xfs5152ce"]
