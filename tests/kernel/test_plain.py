"""Values as plain data and as text, and back: the fast ways say what the plain ones say."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stationmaster_base.times import Instant
from stationmaster_kernel.changes import KINDS, Note
from stationmaster_kernel.inputs import Input
from stationmaster_kernel.plain import from_plain, to_plain
from stationmaster_kernel.plain_text import compact, to_text
from stationmaster_kernel.task import Result, Stage, Task, Text
from stationmaster_kernel.values import Status, TaskKind, TaskState
from support.effort import scaled

KIND = st.sampled_from([*KINDS.values(), *get_args(Input), Note])
VALUE = KIND.flatmap(st.from_type)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
REFUSES = (ValueError, TypeError, KeyError)

TASK = Task(
    id="NDC/2026-03-01/G1/1/row/1",
    call="NDC/2026-03-01/G1/1",
    rule="row",
    occurrence=1,
    kind=TaskKind.DISPLAY,
    targets=("a", "b"),
    order=Instant(1000),
    stages=(Stage(at=Instant(900), status=Status.WAITING, texts=(Text(name="status", language="zh", text="候车"),)),),
    texts=(Text(name="number", text='G1 "\\\n\x01\x7f\u2028'),),
    results=(Result(target="a", state=TaskState.DONE, at=Instant(990)),),
)


def plainly(value: Any) -> str:
    """The text as the plain way gives it."""
    return json.dumps(to_plain(value), ensure_ascii=False, separators=(",", ":"))


@settings(deadline=None)  # the first draw of a class works out how to draw it
@given(VALUE)
def test_text_is_that_of_plain_data_and_is_read_back(value: Any) -> None:
    """The text of every kind of resource and input is that of its plain data, byte for byte, and reads back as it."""
    text = to_text(value)
    assert text == plainly(value)
    assert from_plain(type(value), json.loads(text)) == value


@settings(deadline=None)
@given(st.data())
def test_whatever_stands_in_a_field_the_text_is_that_of_plain_data(data: st.DataObject) -> None:
    """A field that is not what it is declared to be is written as plain data would be."""
    odd = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.dates()
    odd |= st.sampled_from([TaskKind.DISPLAY, (), (1, "a"), ("b", None), TASK, TASK.texts, *TASK.texts])
    value = data.draw(st.sampled_from([TASK, *TASK.texts, *TASK.results, *TASK.stages]))
    name = data.draw(st.sampled_from([field.name for field in fields(value)]))
    changed = replace(value, **{name: data.draw(odd)})
    assert to_text(changed) == plainly(changed)


@pytest.mark.parametrize(
    "value", [None, True, 7, 1.5, "é", TaskKind.DISPLAY, date(2026, 3, 1), (), ("a", 1), TASK.texts]
)
def test_text_of_what_is_no_object(value: Any) -> None:
    """Words, numbers, dates and tuples have a text as well."""
    assert to_text(value) == plainly(value)


def test_text_of_plain_data() -> None:
    """`compact` writes no spaces and no escapes that are not needed."""
    assert compact({"a": [1, "站", None]}) == '{"a":[1,"站",null]}'


@settings(deadline=None)  # as above, for the readers
@given(KIND, JSON)
def test_what_describes_no_value_is_refused(kind: type, plain: Any) -> None:
    """Any JSON is read, or refused with one of three errors."""
    try:
        from_plain(kind, plain)
    except REFUSES:
        return
    assert isinstance(plain, dict)


@settings(deadline=None)
@given(st.data())
def test_a_value_spoilt_anywhere_is_refused_or_read(data: st.DataObject) -> None:
    """One place of a good object replaced by anything: it is refused, or it reads as what its own text says."""
    plain = to_plain(TASK)
    spot: Any = plain
    while True:
        key = data.draw(st.sampled_from(sorted(spot) if isinstance(spot, dict) else range(len(spot))))
        inner = spot[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            break
        spot = inner
    spot[key] = data.draw(JSON)
    try:
        value = from_plain(Task, plain)
    except REFUSES:
        return
    assert from_plain(Task, json.loads(to_text(value))) == value
    assert all(type(item) in (str, type(None)) for text in value.texts for item in (text.name, text.language))


@settings(max_examples=scaled(200), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(VALUE, st.data())
def test_any_value_spoilt_anywhere_is_refused_or_read(value: Any, data: st.DataObject) -> None:
    """Of every kind of resource and input, with every deed: three errors and no other; what is read is what is said."""
    plain = json.loads(to_text(value))
    spot: Any = plain
    while spot:
        key = data.draw(st.sampled_from(sorted(spot) if isinstance(spot, dict) else range(len(spot))))
        if not isinstance(spot[key], dict | list) or not spot[key] or data.draw(st.booleans()):
            if data.draw(st.booleans()):
                spot[key] = data.draw(JSON)
            else:
                del spot[key]
            break
        spot = spot[key]
    try:
        read = from_plain(type(value), plain)
    except REFUSES:
        return
    assert from_plain(type(value), json.loads(to_text(read))) == read
    assert to_text(read) == plainly(read)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"surprise": 1}, r"Task: unknown \['surprise'\], missing \[\]"),
        ({"id": ...}, r"Task: unknown \[\], missing \['id'\]"),
        ({"targets": ...}, r"Task: unknown \[\], missing \['targets'\]"),
        ({"occurrence": True}, "True is not int"),
        ({"occurrence": 1.0}, "1.0 is not int"),
        ({"id": None}, "None is not str"),
        ({"targets": "ab"}, "'ab' is not a list"),
        ({"targets": None}, "None is not a list"),
        ({"texts": {}}, "{} is not a list"),
        ({"texts": [[]]}, r"\[\] is not an object of Text"),
        ({"texts": [{"name": "x"}]}, r"Text: unknown \[\], missing \['text'\]"),
        ({"kind": "dance"}, "dance"),
        ({"kind": []}, "unhashable|not a valid"),
        ({"due": "soon"}, "'soon' is not int"),
    ],
)
def test_says_what_is_wrong(change: dict[str, Any], says: str) -> None:
    """What is wrong with an object is said, by its class and its fields."""
    plain = {name: item for name, item in {**to_plain(TASK), **change}.items() if item is not ...}
    with pytest.raises(REFUSES, match=says):
        from_plain(Task, plain)


def test_null_stands_for_what_may_be_missing() -> None:
    """A field that may be None may be null as well as absent."""
    assert from_plain(Task, {**to_plain(TASK), "due": None, "awaits": None}) == TASK


def test_equal_lists_are_one_object() -> None:
    """Equal tuples of values that are read back are one tuple, and so are those that are read much later."""
    plain = to_plain(TASK)
    first, second = from_plain(Task, plain), from_plain(Task, json.loads(json.dumps(plain)))
    for n in range(200):
        other = {**plain, "texts": [{"name": "number", "text": str(n)}]}
        assert from_plain(Task, other).texts[0].text == str(n)
    third = from_plain(Task, plain)
    assert first.texts is second.texts is third.texts
    assert first.stages is second.stages is third.stages
    assert first.targets is second.targets is third.targets


def test_what_is_alike_to_python_is_not_shared() -> None:
    """1, 1.0 and true are equal to Python; a list with one of them is still refused after one with another was read."""
    plain = to_plain(TASK)
    assert from_plain(Task, plain) == TASK
    for wrong in (True, 900.0):
        spoilt = json.loads(json.dumps(plain))
        spoilt["stages"][0]["at"] = wrong
        with pytest.raises(TypeError, match="is not int"):
            from_plain(Task, spoilt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """A class with what the model's have not: a float, a pair, and only defaults."""

    share: float = 0.5
    pair: tuple[str, int] = ("", 0)
    pairs: tuple[tuple[str, int], ...] = ()
    day: date | None = None


@pytest.mark.parametrize(
    "value",
    [Odd(), Odd(share=1e300), Odd(pair=("a", 1)), Odd(pairs=(("a", 1), ("b", 2))), Odd(day=date(2026, 3, 1))],
)
def test_other_classes(value: Odd) -> None:
    """What the model's classes do not have is written and read all the same."""
    assert is_dataclass(value)
    assert to_text(value) == plainly(value)
    assert from_plain(Odd, json.loads(to_text(value))) == value


def test_a_moment_is_no_date() -> None:
    """A subclass of what is declared goes by way of plain data."""
    value = replace(Odd(), day=datetime(2026, 3, 1, 12))
    assert to_text(value) == plainly(value)
