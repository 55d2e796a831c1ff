"""Reading JSON that somebody sent: exactly JSON, in UTF-8, however deep or odd it is."""

from __future__ import annotations

import json
from typing import Any, NoReturn

__all__ = ["plain_json"]


def plain_json(body: bytes) -> Any:
    """What a body says.

    A number that is whole is an `int`, however it is written: `30.0` and `30` are one number in JSON.

    Raises:
        ValueError: it is no JSON, is not in UTF-8, or is nested deeper than anything that we take. What it says may
            quote the body.

    """
    try:
        return json.loads(body.decode("utf-8"), parse_float=_number, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() else number


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")
