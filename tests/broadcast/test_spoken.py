"""Texts become what an engine is given: numbers written out, names as they are to be said."""

from hypothesis import given
from hypothesis import strategies as st

from stationmaster_broadcast.speech.pronunciation import Pronunciation, PronunciationTable, shipped_pronunciations
from stationmaster_broadcast.speech.spoken import spoken, utterances

TABLE = PronunciationTable(
    [
        Pronunciation(language="zh", name="VIP室", spoken="贵宾室"),
        Pronunciation(language="zh", name="12306", spoken="yao1er4san1ling2liu4"),
        Pronunciation(language="en", name="T1", spoken="tee one"),
        *shipped_pronunciations(),
    ]
)


def test_numbers_and_names_are_both_done() -> None:
    """The digits of tones are no numbers, and what stands beside a name is read as ever."""
    assert spoken("开往六安的G12次，2站台", "zh", TABLE) == "开往lu4an1的高幺二次，二站台"
    assert spoken("Train G12 to Xi'an North", "en", TABLE) == "Train G one two to Shee-ahn North"


def test_a_name_with_letters_or_digits_is_found_before_they_are_written_out() -> None:
    """A station says how its VIP room, its hotline and its terminal are called."""
    assert spoken("请到VIP室或致电12306。", "zh", TABLE) == "请到贵宾室或致电yao1er4san1ling2liu4。"
    assert spoken("Go to T1 by gate 1B.", "en", TABLE) == "Go to tee one by gate one B."
    assert spoken("Go to T1.", "mn", TABLE) == "Go to T1."


def test_a_blank_text_is_not_spoken() -> None:
    """Languages that say nothing make no utterance."""
    said = utterances([("zh", "  "), ("en", "Gate 2")], TABLE)
    assert [(each.language, each.text) for each in said] == [("en", "Gate two")]


@given(st.text(max_size=40), st.sampled_from(["zh", "en", "mn"]))
def test_never_fails(text: str, language: str) -> None:
    """Whatever a field holds, something speakable comes out, on one line."""
    said = spoken(f"VIP室{text}12306", language, TABLE)
    assert said == " ".join(said.split())


def test_the_shipped_table_holds_names_that_rules_of_characters_get_wrong() -> None:
    """Names of stations with characters of several readings are said as the places are called."""
    assert spoken("百色、泊头、双城堡、民乐", "zh", TABLE) == ("bai3se4、bo2tou2、shuang1cheng2pu4、min2le4")
