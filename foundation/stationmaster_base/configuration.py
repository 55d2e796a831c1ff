"""Reading what people write in TOML so that every fault is found at once.

A `Table` hands out typed values by key and remembers everything that was wrong or left over. The caller goes on
with a stand-in value and calls `Faults.raise_if_any()` at the end, so a person mends a file once and not ten times.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

from stationmaster_base.errors import ConfigurationError, Fault

__all__ = ["Faults", "Table", "read_toml"]

IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")


class Faults:
    """What has been found wrong so far, in whichever files."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._faults)

    def __len__(self) -> int:
        return len(self._faults)

    def add(self, file: str, place: str, problem: str, allowed: str = "") -> None:
        """Remember one fault."""
        self._faults.append(Fault(file=file, place=place, problem=problem, allowed=allowed))

    def extend(self, faults: Iterable[Fault]) -> None:
        """Remember what another check found."""
        self._faults.extend(faults)

    def raise_if_any(self) -> None:
        """Report everything at once.

        Raises:
            ConfigurationError: if there is at least one fault.

        """
        if self._faults:
            raise ConfigurationError(self._faults)


class Table:
    """One TOML table, read key by key.

    Args:
        body: the parsed table.
        file: the file's name, as faults show it.
        faults: where faults go.
        at: the table's own place, for example `board[3]`.

    """

    def __init__(self, body: dict[str, Any], file: str, faults: Faults, at: str = "") -> None:
        self.file = file
        self.faults = faults
        self.at = at
        self._body = body
        self._read: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._body

    def place(self, key: str) -> str:
        """The full key, as faults show it."""
        return f"{self.at}.{key}" if self.at else key

    def fault(self, key: str, problem: str, allowed: str = "") -> None:
        """Something is wrong with `key`."""
        self.faults.add(self.file, self.place(key), problem, allowed)

    def text(self, key: str, default: str | None = None) -> str:
        """A non-empty string."""
        value = self._take(key, default)
        if value is None or value == default:
            return default or ""
        if not isinstance(value, str) or not value.strip():
            self.fault(key, f"{value!r} is not text", "a non-empty string")
            return default or ""
        return value

    def identifier(self, key: str) -> str:
        """A name that other files refer to."""
        value = self.text(key)
        if value and not IDENTIFIER.match(value):
            self.fault(key, f"{value!r} is not an identifier", "letters, digits, '.', '_', '-'")
        return value

    def choice(self, key: str, allowed: Iterable[str], default: str | None = None) -> str:
        """One of a few words."""
        words = list(allowed)
        value = self._take(key, default)
        if value is None:
            return words[0]
        if value not in words:
            self.fault(key, f"{value!r} is not known", ", ".join(words))
            return default or words[0]
        return str(value)

    def integer(self, key: str, default: int | None = None, *, low: int = 0, high: int = 2**31 - 1) -> int:
        """A whole number within bounds."""
        value = self._take(key, default)
        if value is None:
            return default if default is not None else low
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.fault(key, f"{value!r} is not possible", f"a whole number {low}…{high}")
            return default if default is not None else low
        return value

    def number(self, key: str, default: float | None = None, *, low: float = 0.0, high: float = 1e9) -> float:
        """A number within bounds."""
        value = self._take(key, default)
        if value is None:
            return default if default is not None else low
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.fault(key, f"{value!r} is not possible", f"a number {low}…{high}")
            return default if default is not None else low
        return float(value)

    def flag(self, key: str, default: bool = False) -> bool:
        """True or false."""
        value = self._take(key, default)
        if not isinstance(value, bool):
            self.fault(key, f"{value!r} is neither", "true, false")
            return default
        return value

    def texts(self, key: str, allowed: Iterable[str] | None = None) -> tuple[str, ...]:
        """A list of strings, each of them allowed and none of them twice; empty if the key is absent."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.fault(key, f"{value!r} is not a list of strings", '["a", "b"]')
            return ()
        words = None if allowed is None else list(allowed)
        for number, item in enumerate(value):
            if words is not None and item not in words:
                self.fault(f"{key}[{number}]", f"{item!r} is not known", ", ".join(words))
            if item in value[:number]:
                self.fault(f"{key}[{number}]", f"{item!r} stands there twice", "each once")
        return tuple(value)

    def integers(self, key: str, *, low: int, high: int) -> tuple[int, ...]:
        """A list of whole numbers within bounds, none of them twice; empty if the key is absent."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(type(item) is int for item in value):
            self.fault(key, f"{value!r} is not a list of whole numbers", f"[{low}, …, {high}]")
            return ()
        for number, item in enumerate(value):
            if not low <= item <= high:
                self.fault(f"{key}[{number}]", f"{item!r} is not possible", f"a whole number {low}…{high}")
            if item in value[:number]:
                self.fault(f"{key}[{number}]", f"{item!r} stands there twice", "each once")
        return tuple(value)

    def day(self, key: str) -> date | None:
        """A date, as TOML writes it or as text; None if the key is absent or it is none."""
        value = self._take(key, "")
        if value == "":
            if key in self._body:
                self.fault(key, "'' is not a date", "a date such as 2026-03-01")
            return None
        if isinstance(value, str):
            with suppress(ValueError):
                value = date.fromisoformat(value)
        if not isinstance(value, date) or isinstance(value, datetime):
            self.fault(key, f"{str(value)!r} is not a date", "a date such as 2026-03-01")
            return None
        return value

    def languages(self, key: str, needed: Iterable[str] = ()) -> dict[str, str]:
        """A table of language to text, for example `{ zh = "…", en = "…" }`."""
        value = self._take(key, None)
        if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
            if value is not None:
                self.fault(key, f"{value!r} is not a table of texts", '{ zh = "…", en = "…" }')
            return {}
        for language in needed:
            if not value.get(language, "").strip():
                self.fault(f"{key}.{language}", "is missing", "text in this language")
        return dict(value)

    def table(self, key: str) -> Table:
        """A table inside this one; an empty one if it is absent."""
        value = self._take(key, {})
        if not isinstance(value, dict):
            self.fault(key, f"{value!r} is not a table", f"[{self.place(key)}]")
            value = {}
        return Table(value, self.file, self.faults, self.place(key))

    def is_table(self, key: str) -> bool:
        """Whether a table stands there, where something else may as well."""
        return isinstance(self._body.get(key), dict)

    def tables(self, key: str) -> list[Table]:
        """A list of tables inside this one; empty if it is absent."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.fault(key, "is not a list of tables", f"[[{self.place(key)}]]")
            return []
        return [
            Table(item, self.file, self.faults, f"{self.place(key)}[{number}]") for number, item in enumerate(value, 1)
        ]

    def keys(self) -> list[str]:
        """Every key that stands in the table, in the file's order."""
        return list(self._body)

    def finish(self) -> None:
        """Report every key that nobody asked for: most often a misspelling."""
        for key in self._body:
            if key not in self._read:
                self.fault(key, "is not a key of this table", ", ".join(sorted(self._read)))

    def _take(self, key: str, default: Any) -> Any:
        self._read.add(key)
        if key in self._body:
            return self._body[key]
        if default is None:
            self.fault(key, "is missing")
        return default


def read_toml(path: Path, faults: Faults, name: str | None = None) -> Table:
    """The file's top table; what cannot be read is a fault with its line, and the table then is empty."""
    shown = name or str(path)
    try:
        return Table(tomllib.loads(path.read_bytes().decode("utf-8-sig")), shown, faults)
    except FileNotFoundError:
        faults.add(shown, "file", "does not exist")
    except (OSError, UnicodeDecodeError) as error:
        faults.add(shown, "file", f"cannot be read: {error}", "UTF-8 text")
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        faults.add(shown, f"line {line[1]}" if line else "end", f"is not TOML: {error}", "TOML 1.0")
    return Table({}, shown, faults)
