"""Texts are rendered in a sandbox: from the fields alone, always alike, and never without end."""

import pytest
from jinja2.exceptions import SecurityError

from stationmaster_kernel.configuration import Template
from stationmaster_kernel.templates import Texts, environment


def said(text: str, **fields: str | int) -> str:
    return Texts([Template(id="t", texts=(("en", text),))]).render("t", "en", fields)


def test_a_text_says_its_fields_and_what_is_worked_out_of_them() -> None:
    """Conditions, arithmetic with minutes, filters for texts and short loops are there."""
    assert said("{{ minutes // 60 }} h {{ minutes % 60 }} min{{ 2 * 3 }}", minutes=95) == "1 h 35 min6"
    assert said("{% if gates %}{{ gates | replace(', ', ' and ') | upper }}{% endif %}", gates="1a, 1b") == "1A AND 1B"
    assert said("{% for each in range(3) %}{{ each }}{% endfor %}") == "012"


def test_what_a_field_holds_is_text_and_no_template() -> None:
    """Nobody writes a template by naming a train or a reason."""
    assert said("{{ reason }}", reason="{{ 7 * 7 }}{% for") == "{{ 7 * 7 }}{% for"


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'x' * 1000000000 }}",
        "{{ [0] * 1000000000 }}",
        "{{ 9 ** 999999999 }}",
        "{% for each in range(100000) %}x{% endfor %}",
        "{{ number.upper }}",
        "{{ range }}",
        "{{ none }}",
        "{{ ''.__class__ }}",
        "{{ number.__class__.mro() }}",
        "{{ '%999999999d' | format(1) }}",
        "{{ 'x' | center(1000000000) }}",
        "{{ lipsum() }}",
        "{{ [1, 2, 3] | random }}",
        "{{ unknown }}",
    ],
)
def test_what_is_endless_or_chance_or_no_text_is_refused(text: str) -> None:
    """It is an error in place of the text, at once: seen at the station's check, and it stops nothing."""
    assert said(text, number="G1").startswith("[t: ")


def test_refusals_say_what_is_meant() -> None:
    """Whoever writes a template reads why it cannot be."""
    with pytest.raises(SecurityError, match="more than 100"):
        environment().from_string("{% for each in range(101) %}x{% endfor %}").render()
    with pytest.raises(SecurityError, match="nothing that can be said"):
        environment().from_string("{{ [1] }}").render()
    with pytest.raises(SecurityError, match="multiplied"):
        environment().from_string("{{ 'x' * minutes }}").render(minutes=3)
