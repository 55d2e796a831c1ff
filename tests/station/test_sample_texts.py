"""The sample's words: nothing that a field can hold breaks a text, and what is absent leaves no gap in it."""

import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stationmaster.station.load import Station, load_station
from stationmaster.station.texts import TEMPLATE_FIELDS, TOPIC_PREFIX
from stationmaster_broadcast.speech.normalise import normalise
from stationmaster_kernel.templates import Texts
from stationmaster_kernel.topics import BLANK_FIELDS

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"

USUAL = {
    "number": "G2402",
    "numbers": "G2402/G2403",
    "train_class": "高速动车",
    "origin": "昆明南",
    "destination": "北京西",
    "platform": "3站台",
    "old_platform": "5站台",
    "track": "7",
    "old_track": "11",
    "gates": "3A、3B",
    "areas": "候车区B",
    "exits": "北出站口",
    "planned": "08:05",
    "expected": "09:40",
    "minutes": 95,
    "reason": "大风",
    "formation": "8辆",
    "turnaround": "G2405",
    "check_in_open": "07:45",
    "check_in_close": "08:02",
}
ENGLISH = {
    "origin": "Kunming South",
    "destination": "Beijing West",
    "platform": "Platform 3",
    "old_platform": "Platform 5",
    "gates": "3A, 3B",
    "areas": "Waiting Area B",
    "exits": "North Exit, Metro Exit",
}
FIELD = st.text(max_size=12) | st.text(alphabet="G0123456789:/-、, AB站台次{}%#\n", max_size=12)
GAP = re.compile(r"[，。、；：]\s*[，。、；：]|[,.;:]\s*[,.;:]|^\s*[，。、；：,.;:]| [,.;]|\(\)|（）")


@cache
def sample() -> Station:
    return load_station(SAMPLE)


@cache
def texts() -> Texts:
    return Texts(sample().configuration.templates)


def spoken() -> list[str]:
    """The templates that are announced."""
    configuration = sample().configuration
    said = {rule.template for rule in configuration.rules if rule.zones}
    return sorted(said | {each.id for each in configuration.templates if each.id.startswith(TOPIC_PREFIX)})


def test_a_topic_without_a_train_has_every_field() -> None:
    """What the kernel leaves blank is all that a template may use."""
    assert set(BLANK_FIELDS) == set(TEMPLATE_FIELDS) == set(USUAL)


@given(st.fixed_dictionaries({name: FIELD for name in USUAL if name != "minutes"}), st.integers(0, 5000), st.data())
@settings(max_examples=60)
def test_nothing_that_a_field_can_hold_breaks_a_text(fields: dict[str, str], minutes: int, data: st.DataObject) -> None:
    """Every template says something of any fields, field texts stay text, and no number is left for the voice."""
    template = data.draw(st.sampled_from([each.id for each in sample().configuration.templates]))
    for language in ("zh", "en"):
        said = texts().render(template, language, {**fields, "minutes": minutes})
        assert said
        assert not said.startswith(f"[{template}")
        assert not any(char.isdecimal() for char in normalise(said, language))


@pytest.mark.parametrize("template", spoken())
def test_what_is_absent_leaves_no_gap(template: str) -> None:
    """With any one field empty, and with all but the number, no two stops meet and no blank stands before one."""
    cases = [USUAL, *({**USUAL, name: ""} for name in USUAL if name not in ("minutes", "number"))]
    cases.append({**BLANK_FIELDS, "number": "G2402", "minutes": 95})
    for fields in cases:
        for language in ("zh", "en"):
            said = texts().render(template, language, fields)
            assert not GAP.search(said), (said, [name for name in fields if not fields[name]])
            assert "  " not in said


@pytest.mark.parametrize("template", spoken())
def test_english_is_said_in_twelve_seconds(template: str) -> None:
    """At 2.6 words a second, as the train's number and times are said."""
    said = normalise(texts().render(template, "en", USUAL | ENGLISH), "en")
    assert 2 < len(said.split()) / 2.6 <= 12, said


@pytest.mark.parametrize(
    "needed",
    [
        *("staff-formation", "staff-receive", "staff-check-in", "staff-check-in-now"),
        *("topic.welcome", "topic.early-morning", "topic.late-night", "waiting"),
        *("check-in-open", "check-in-last-call", "check-in-closed"),
        *("approaching", "arriving", "departing", "arrived-through", "arrived-terminus", "way-out"),
        *("apology", "apology-arrival", "delay-unknown", "delay-unknown-arrival"),
        *("platform-change", "platform-change-arrival", "topic.gate-change", "topic.area-change"),
        *("suspension", "suspension-arrival", "refund-notice", "extra-train"),
        *("topic.weather", "topic.lost-property", "topic.no-smoking", "topic.evacuation"),
    ],
)
def test_a_station_can_say_all_that_the_trade_knows(needed: str) -> None:
    """Each has words in both languages, and a rule unless it is a topic, which a person has said."""
    configuration = sample().configuration
    (template,) = (each for each in configuration.templates if each.id == needed)
    assert all(text for _, text in template.texts)
    ruled = any(rule.template == needed and rule.zones for rule in configuration.rules)
    assert ruled != needed.startswith(TOPIC_PREFIX)
