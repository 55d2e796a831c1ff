"""A value with some fields changed is the one that `dataclasses.replace` makes."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stationmaster_kernel.altering import altered
from stationmaster_kernel.changes import KINDS
from stationmaster_kernel.task import Text


@settings(deadline=None)  # the first draw of a class works out how to draw it
@given(st.data())
def test_it_is_what_replace_makes(data: st.DataObject) -> None:
    """For every kind of resource and any of its fields the result is equal, and the value is as it was."""
    kind = data.draw(st.sampled_from(sorted(KINDS.values(), key=lambda each: each.__name__)))
    value: Any = data.draw(st.from_type(kind))
    other: Any = data.draw(st.from_type(kind))
    names = data.draw(st.sets(st.sampled_from([field.name for field in fields(kind)])))
    changes = {name: getattr(other, name) for name in names}
    before = repr(value)
    assert altered(value, **changes) == replace(value, **changes)
    assert repr(altered(value, **changes)) == repr(replace(value, **changes))
    assert repr(value) == before


def test_a_field_that_there_is_not() -> None:
    """An unknown field is an error, as with `replace`."""
    with pytest.raises(TypeError, match="Text has no colour"):
        altered(Text(name="a", text="b"), colour="red")


@dataclass(frozen=True, slots=True, kw_only=True)
class Careful:
    """A value that looks at itself when it is made."""

    size: int

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError("too small")


@dataclass(frozen=True, kw_only=True)
class Loose:
    """A value without slots."""

    size: int


def test_other_classes_are_made_by_replace() -> None:
    """A value that checks itself does so, and one without slots is made as well."""
    assert altered(Careful(size=1), size=2) == Careful(size=2)
    with pytest.raises(ValueError, match="too small"):
        altered(Careful(size=1), size=-1)
    assert altered(Loose(size=1), size=2) == Loose(size=2)
