"""Whatever comes in, something speakable goes out."""

import re

from hypothesis import given
from hypothesis import strategies as st

from stationmaster_broadcast.speech.normalise import normalise

LANGUAGES = st.sampled_from(["zh", "en", "mn"])
NEAR = st.text(alphabet="0123456789:/-.,% GDKAB站台次分钟检票口gate platform train at 年月日号", max_size=40)


@given(st.text(max_size=60) | NEAR, LANGUAGES)
def test_never_fails(text: str, language: str) -> None:
    """Any text in any language gives text, with no control characters and no doubled blanks."""
    said = normalise(text, language)
    assert "  " not in said
    assert said == said.strip()
    assert not any(ord(char) < 32 for char in said)


@given(NEAR, st.sampled_from(["zh", "en"]))
def test_no_digit_is_left(text: str, language: str) -> None:
    """An engine never sees a number that it could read in its own way."""
    assert not any(char.isdigit() for char in normalise(text, language))


@given(st.text(alphabet="0123456789ABCDGKXZabz:/-~.,％⑧Ⅲ１Ａ六安次站台检票口分号点月日 ", max_size=30))
def test_no_letter_is_left_for_a_chinese_voice_unless_it_is_part_of_a_word(text: str) -> None:
    """What Latin letters remain were written as a word, with a small letter in it."""
    for word in re.findall(r"[A-Za-z]+", normalise(text, "zh")):
        assert len(word) > 1
        assert not word.isupper()


@given(st.text(max_size=40), st.sampled_from(["zh", "en"]))
def test_no_sign_for_a_number_is_left_of_any_script(text: str, language: str) -> None:
    """Digits of any script are written out too, and what stands for one in a circle or as a Roman number."""
    assert not any(char.isdecimal() for char in normalise(text, language))


@given(NEAR, st.sampled_from(["zh", "en"]))
def test_what_is_normal_stays(text: str, language: str) -> None:
    """Normalising twice is normalising once."""
    said = normalise(text, language)
    assert normalise(said, language) == said


def test_a_language_without_a_reader_keeps_its_numbers() -> None:
    """A third language is spoken as its text stands."""
    assert normalise("G2402  08:05\n", "mn") == "G2402 08:05"
