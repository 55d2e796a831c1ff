"""Bytes of LED cards: recorded frames, and each driver against a card that reads strictly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guidance.leds import driver, frame, page
from stationmaster_base.configuration import ConfigurationError
from stationmaster_base.errors import StationError
from stationmaster_guidance.led import ibis
from stationmaster_guidance.led.composing import PanelCell
from stationmaster_guidance.led.dots import Bitmap, Ink
from stationmaster_guidance.led.driver import Answer, BoardDriver, Frame, Outcome, driver_factory, driver_names
from stationmaster_guidance.led.grid import as_text, steps_of
from stationmaster_guidance.led.onbon_frames import FrameReader, crc16, framed
from stationmaster_guidance.led.sharing import shared
from stationmaster_guidance.led.wrapping import parts_of, places
from stationmaster_simulator.led_cards import CARDS, Card, Mood, OnbonKCard

PING = "a5 a5 a5 a5 a5 a5 a5 a5 01 00 00 80 00 00 00 00 00 00 fe 02 05 00 a2 00 01 00 00 68 f8 5a"
DONE = "a5 a5 a5 a5 a5 a5 a5 a5 00 80 01 00 00 00 00 00 00 00 fe 02 05 00 a0 00 00 00 00 64 dc 5a"
RECORDED = [
    PING,
    DONE,
    "a5 a5 a5 a5 a5 a5 a5 a5 01 00 00 80 00 00 00 00 00 00 fe 02 05 00 a1 02 01 00 00 2d 40 5a",
    "a5 a5 a5 a5 a5 a5 a5 a5 01 00 00 80 00 00 00 00 00 00 fe 02 07 00 a3 06 01 02 00 ff 00 67 cc 5a",
    "a5 a5 a5 a5 a5 a5 a5 a5 01 00 00 80 00 00 00 00 00 00 fe 02 07 00 a3 02 01 02 00 01 0c 26 2d 5a",
    "a5 a5 a5 a5 a5 a5 a5 a5 01 00 00 80 00 00 00 00 00 00 fe 02 35 00 a3 06 02 00 00 00 01 2c 00 00 00 00 0c 00 40 00"
    " 0c 00 01 0a 01 02 00 00 00 00 01 01 01 00 17 02 11 00 00 00 5c 46 4f 30 30 30 54 45 4d 50 45 52 3a 32 31 a1 e6"
    " 82 da 5a",
]
"""Frames of public programs that speak to BX-5K cards, and the card's answer."""


def bare(text: str) -> bytes:
    """What stands in a recorded frame, without marks and checksum; none of them has escapes."""
    return bytes.fromhex(text)[8:-3]


@pytest.mark.parametrize("recorded", RECORDED)
def test_recorded_frames_are_read_and_made(recorded: str) -> None:
    """Every recorded frame has our checksum, is read as one frame, and is made again byte for byte."""
    whole = bytes.fromhex(recorded)
    assert crc16(bare(recorded)) == int.from_bytes(whole[-3:-1], "little")
    assert FrameReader().receive(whole) == [bare(recorded)]
    assert framed(bare(recorded)) == whole


def test_a_ping_and_a_brightness_are_those_recorded() -> None:
    """The driver's ping and brightness are the recorded bytes."""
    card = driver("onbon-k")
    assert [each.chunks for each in card.ask()] == [(bytes.fromhex(PING),)]
    assert [each.chunks for each in card.brightness(80)] == [(bytes.fromhex(RECORDED[4]),)]
    assert card.receive(bytes.fromhex(DONE)) == [Answer(outcome=Outcome.ACCEPTED)]


def test_a_line_of_text_is_an_area() -> None:
    """Golden bytes of one line in two colours: GBK after the font and the colour."""
    card = driver("onbon-k", width=32, height=16, two_colours=True)
    (exchange,) = card.show([Frame(page=page("正点", ink=Ink.GREEN))])
    (sent,) = exchange.chunks
    assert sent.hex(" ") == (
        "a5 a5 a5 a5 a5 a5 a5 a5 01 00 00 80 00 00 00 00 00 00 fe 02 31 00 a3 06 01 2c 00 00 01 28 00"
        " 00 00 00 00 00 20 00 10 00 00 00 02 3c 00 00 00 00 01 01 01 00 00 00 0d 00 00 00"
        " 5c 46 4f 30 30 30 5c 43 32 d5 fd b5 e3 24 32 5a"
    )


@given(st.binary(max_size=80))
def test_frames_come_back_whole(body: bytes) -> None:
    """Whatever is framed is read again, in whichever pieces it comes, also after rubbish."""
    reader = FrameReader()
    sent = b"\x00\xa5\x17" + framed(b"\x01" + body)
    assert [found for byte in sent for found in reader.receive(bytes([byte]))] == [b"\x01" + body]


@given(st.binary(max_size=200), st.sampled_from(sorted(CARDS)))
def test_no_bytes_crash_a_driver(data: bytes, name: str) -> None:
    """Rubbish from a card is no answer and no error."""
    made = driver(name)
    made.receive(data)
    made.reset()
    made.receive(b"\xa5" * 8 + data + b"\x5a\x0d\x00\x04")


@given(st.binary(max_size=200), st.sampled_from(sorted(CARDS)))
def test_no_bytes_crash_a_card(data: bytes, name: str) -> None:
    """The simulated cards stand rubbish as well, and say what was wrong with it."""
    CARDS[name]().receive(b"\xa5" * 8 + data + b"\x5a\x0d\x00\x04")


TELEGRAMS = [
    (ibis.ds001(26), "l026\r", 0x7F),
    (ibis.ds003(3), "z003\r", 0x7F),
    (ibis.ds005(22, 49), "u2249\r", 0x7F),
    (ibis.ds003a("WERKSTATTFAHRT"), "zA1WERKSTATTFAHRT  \r", 0x7F),
    (ibis.ds021(1, "BETRIEBSHOF     WALDHEIM"), "aA12BETRIEBSHOF     WALDHEIM        \r", 0x7F),
    (ibis.ds009("BAHNHOFSVORPLATZ", 24), "vBAHNHOFSVORPLATZ        \r", 0x7F),
    (ibis.ds009("Köln"), "vK|ln            \r", 0x7F),
    (ibis.ds020(12), "a<\r", 0x7F),
]


@pytest.mark.parametrize(("made", "text", "start"), TELEGRAMS)
def test_telegrams_are_as_described(made: bytes, text: str, start: int) -> None:
    """The telegrams of the public description, with their parity: all bytes and 7F give nothing."""
    assert made[:-1] == text.encode("ascii")
    for byte in made:
        start ^= byte
    assert start == 0
    assert ibis.TelegramReader().receive(made) == [text[:-1]]


def test_a_text_that_ibis_cannot_show_is_refused() -> None:
    """Chinese on an IBIS sign is an error with its reason, not rubbish on the sign."""
    with pytest.raises(StationError, match="cannot show"):
        ibis.telegram("v北京")


def test_a_line_is_laid_out_in_places() -> None:
    """Cells keep their share, Chinese takes two places, and what is too long comes in parts."""
    line = (
        PanelCell(text="G2402", width=0.3, kept=True),
        PanelCell(text="呼和浩特东站", width=0.4),
        PanelCell(text="12:30", width=0.3, align="right", kept=True),
    )
    assert as_text(line, 30) == "G2402  呼和浩特东站      12:30"
    assert [as_text(line, 21, step) for step in range(steps_of(line, 21) + 1)] == [
        "G2402 呼和浩..  12:30",
        "G2402 特东站    12:30",
        "G2402 呼和浩..  12:30",
    ]
    assert len(as_text((), 5)) == 0


WORDS = st.characters(codec="gbk", exclude_categories=("C", "Z"), exclude_characters=".")


@given(st.text(WORDS, max_size=60), st.integers(0, 30))
def test_parts_of_a_text_fit_and_hold_all_of_it(text: str, room: int) -> None:
    """No part is too long, nothing is left out; a text that cannot be parted comes back whole."""
    parts = parts_of(text, room, "..")
    if len(parts) == 1:
        assert parts == [text]
        return
    assert all(places(part) <= room for part in parts)
    assert all(part.endswith("..") for part in parts[:-1])
    shown = "".join(part.removesuffix("..") for part in parts[:-1])
    assert text.startswith(shown)
    assert text.endswith(parts[-1].removeprefix(".."))
    assert len(shown) + len(parts[-1].removeprefix("..")) >= len(text)


def test_no_number_is_cut_in_two() -> None:
    """Half a number is another number, so a delay's minutes and a time stand whole in one part."""
    assert parts_of("About 2 h 15 min late", 11, "…") == ["About 2 h…", "15 min…", "…min late"]
    assert parts_of("晚点约1小时35分", 13, "…") == ["晚点约1小时…", "…约1小时35分"]
    assert parts_of("G12345678901", 6, "…") == ["G12345678901"]


def test_the_k_card_lets_a_long_line_run() -> None:
    """A line that fits stands still; one that does not is sent whole, to run to the left, and is never stepped."""
    made, card = driver("onbon-k", width=64, height=32), OnbonKCard()
    modes = []
    for text in ("G1", "G2402 08:05 About 2 h 15 min late"):
        (exchange,) = made.show((frame(text),))
        card.receive(b"".join(exchange.chunks))
        modes.append(card.modes)
        assert text in card.shown[0]
        assert made.steps(page(text)) == 1
    assert modes == [(1,), (3,)]
    assert card.faults == []


def test_a_sign_of_one_line_lets_it_run_and_one_of_two_shows_it_in_parts() -> None:
    """Alpha's own mode `rotate` for one line; with more lines, and on IBIS signs, the driver counts the steps."""
    long = page("G2402 to Shanghai Hongqiao")
    one, two = driver("alpha"), driver("alpha", sign_lines=2)
    assert (one.steps(long), two.steps(long), driver("ibis", telegram="DS009").steps(long)) == (1, 2, 3)
    assert b"\x1b&a" in b"".join(chunk for each in one.show((Frame(page=long),)) for chunk in each.chunks)
    shown = []
    for step in range(2):
        card = CARDS["ibis"]()
        sign = driver("ibis", telegram="DS021", address=1, characters=20)
        rounds(sign, card, Frame(page=long, step=step))
        shown += [line.rstrip() for line in card.shown]
    assert shown == ["G2402 TO SHANGHAI..", "..SHANGHAI HONGQIAO"]


@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=6), st.integers(0, 100))
def test_cells_share_no_more_than_there_is(cells: list[tuple[int, bool]], room: int) -> None:
    """Nobody gets what is not there, and what must be kept is whole if that can be."""
    wanted, kept = [each for each, _ in cells], [keep for _, keep in cells]
    given = shared(wanted, [1.0] * len(cells), kept, room)
    assert sum(given) <= room
    if sum(need for need, keep in cells if keep) <= room:
        assert all(has >= need for has, need, keep in zip(given, wanted, kept, strict=True) if keep)


def rounds(made: BoardDriver, card: Card, *frames: Frame) -> list[Outcome | bool]:
    """Show frames; what the card answered, and whether it holds what was expected."""
    said: list[Outcome | bool] = []
    for exchange in made.show(frames):
        answers = [answer for chunk in exchange.chunks for answer in made.receive(card.receive(chunk))]
        said += [answer.outcome for answer in answers]
        if exchange.expected is not None:
            said += [answer.held == exchange.expected for answer in answers if answer.outcome is Outcome.HELD]
    return said


def test_the_k_card_shows_lines_and_forgets_them() -> None:
    """Lines are there after one command, in place of those before; a shorter page leaves none standing."""
    made, card = driver("onbon-k", height=48), CARDS["onbon-k"]()
    assert rounds(made, card, frame("G1", "北京", "上海")) == [Outcome.ACCEPTED]
    assert [line.removeprefix("\\FO000").strip() for line in card.shown] == ["G1", "北京", "上海"]
    assert rounds(made, card, frame("G2")) == [Outcome.ACCEPTED]
    assert [line.removeprefix("\\FO000").strip() for line in card.shown] == ["G2"]
    assert card.faults == []


def test_the_q_card_shows_dots() -> None:
    """All pages arrive as dots, red, green and amber where they are."""
    made, card = driver("onbon-q", width=10, height=2), CARDS["onbon-q"]()
    dots = Bitmap(width=10, height=2, red=b"\xc0\x00\x00\x40", green=b"\x40\x00\x80\x40")
    first = Frame(page=page("x"), bitmap=dots)
    assert rounds(made, card, first, frame(width=10, height=2)) == [Outcome.ACCEPTED]
    assert card.shown == ["RA........\nG........A", "..........\n.........."]
    assert rounds(made, card) == [Outcome.ACCEPTED]
    assert (card.shown, card.faults) == ([], [])


def test_the_ibis_sign_shows_text_and_says_how_it_is() -> None:
    """DS021 and DS009 are shown in capitals; the sign's status is the answer."""
    made, card = driver("ibis", telegram="DS021", address=1, characters=16, sign_lines=2), CARDS["ibis"]()
    assert rounds(made, card, frame("Beijing", "Track 2")) == [Outcome.ACCEPTED]
    assert card.shown == ["BEIJING         TRACK 2         "]
    assert rounds(driver("ibis"), card, frame("Beijing 北")) == []
    assert (card.shown, card.faults) == (["BEIJING ?               "], [])


def test_the_alpha_sign_is_read_back() -> None:
    """A page is written and read again; from a sign that holds something else it is not taken for shown."""
    made, card = driver("alpha", two_colours=True), CARDS["alpha"]()
    accepted = Outcome.ACCEPTED
    assert rounds(made, card, frame("G1 12:30")) == [accepted, accepted, accepted, Outcome.HELD, True]
    assert [line.rstrip() for line in card.shown] == ["\x1c2G1 12:30"]
    card.mood = Mood.WRONG
    assert rounds(made, card, frame("G2")) == [accepted, Outcome.HELD, False]
    assert card.faults == []


@pytest.mark.parametrize("name", ["onbon-k", "onbon-q", "alpha", "ibis"])
def test_busy_and_refusing_cards_are_understood(name: str) -> None:
    """Busy is busy and no refusal, with every kind of card."""
    keys = {"telegram": "DS021", "address": 1} if name == "ibis" else {}
    made = driver(name, width=10, height=2, **keys)
    card = CARDS[name](mood=Mood.BUSY, busy_times=1)
    dark = frame("G1", width=10, height=2)
    assert rounds(made, card, dark)[0] is Outcome.BUSY
    card.mood = Mood.REFUSING
    assert rounds(made, card, dark)[0] is Outcome.REFUSED


def test_settings_of_drivers_are_checked() -> None:
    """A driver that is not there, and keys that are not right, are named with what would be."""
    with pytest.raises(StationError, match="There are: alpha, ibis, onbon-k, onbon-q"):
        driver_factory("ombon")
    for keys in ({"telegram": "DS021"}, {"telegram": "DS7"}, {"adress": 1}):
        with pytest.raises(ConfigurationError):
            driver("ibis", **keys)
    with pytest.raises(ConfigurationError):
        driver("alpha", address="G1")
    assert set(CARDS) <= set(driver_names())
