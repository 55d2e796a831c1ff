"""`templates.toml`: what is said and what rows say, proved by rendering every text with every field it may use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError

from stationmaster.station.reading import closest
from stationmaster_base.configuration import IDENTIFIER, Faults, Table, read_toml
from stationmaster_kernel.configuration import Template
from stationmaster_kernel.templates import compiled
from stationmaster_kernel.values import Status

__all__ = ["STATUS_FIELDS", "STATUS_PREFIX", "TEMPLATES_FILE", "TEMPLATE_FIELDS", "TOPIC_PREFIX", "read_templates"]

TEMPLATES_FILE = "templates.toml"
STATUS_PREFIX = "status."
TOPIC_PREFIX = "topic."
"""Templates that no rule uses: a person has them said."""

TEMPLATE_FIELDS = (
    "number",
    "numbers",
    "train_class",
    "origin",
    "destination",
    "platform",
    "old_platform",
    "track",
    "old_track",
    "gates",
    "areas",
    "exits",
    "planned",
    "expected",
    "minutes",
    "reason",
    "formation",
    "turnaround",
    "check_in_open",
    "check_in_close",
)
STATUS_FIELDS = ("minutes",)
ELSEWHERE = f"{STATUS_PREFIX}{Status.PLATFORM_CHANGED}"
ELSEWHERE_FIELDS = (*STATUS_FIELDS, "platform", "old_platform", "track", "gates", "exits")
"""What the words of a row on the old platform's boards may use: where the train is to be found."""

MINUTES = (0, 1, 15, 60, 95, 1500)
"""Trial delays: on time, the least, usual, a whole hour, hours and minutes, more than a day."""

TRIAL_TEXT = "8"
"""What trial texts hold: something that texts and digits may be."""


def read_templates(folder: Path, languages: tuple[str, ...], faults: Faults) -> tuple[Template, ...]:
    """`templates.toml`, in the file's order, with a fault for every status that has no words."""
    table = read_toml(folder / TEMPLATES_FILE, faults, TEMPLATES_FILE)
    keys = table.keys()
    templates = tuple(_template(table, key, languages) for key in keys)
    present = {template.id for template in templates}
    for status in Status:
        if f"{STATUS_PREFIX}{status}" not in present and present:
            faults.add(TEMPLATES_FILE, f"{STATUS_PREFIX}{status}", "is missing", f'["{STATUS_PREFIX}{status}"]')
    return templates


def _template(table: Table, key: str, languages: tuple[str, ...]) -> Template:
    inner = table.table(key)
    inner.at = key
    if not IDENTIFIER.match(key):
        table.fault(key, f"{key!r} is not an identifier", "letters, digits, '.', '_', '-'")
    is_status = key.startswith(STATUS_PREFIX)
    statuses = [f"{STATUS_PREFIX}{status}" for status in Status]
    if is_status and key not in statuses:
        near = closest(key, statuses)
        hint = f"; did you mean {near!r}?" if near else ""
        table.fault(key, f"{key!r} is not a status{hint}", ", ".join(statuses))
    texts = tuple((language, inner.text(language)) for language in languages)
    inner.finish()
    for language, text in texts:
        _try(inner, language, text, _fields(key))
    return Template(id=key, texts=texts)


def _fields(template: str) -> tuple[str, ...]:
    """What a template may use."""
    if template == ELSEWHERE:
        return ELSEWHERE_FIELDS
    return STATUS_FIELDS if template.startswith(STATUS_PREFIX) else TEMPLATE_FIELDS


def _try(table: Table, language: str, text: str, fields: Sequence[str]) -> None:
    """Name every field that does not exist; if there is none, render the text with full and with empty fields."""
    allowed = f"fields {', '.join(fields)}"
    if not text:
        return
    try:
        made = compiled(text)
        unknown = {*made.uses} - {*fields, *made.template.globals}
        for field in sorted(unknown):
            table.fault(language, f"{field!r} is not known", ", ".join(fields))
        if unknown:
            return
        for minutes in MINUTES:
            for trial in (TRIAL_TEXT, ""):
                values: Mapping[str, str | int] = dict.fromkeys(fields, trial) | {"minutes": minutes}
                rendered = made.template.render(values)
                if trial and not rendered.strip():
                    table.fault(language, f"says nothing for minutes = {minutes}", "some text")
                    return
    except TemplateSyntaxError as error:
        table.fault(language, f"line {error.lineno} of the text: {error.message}", "a Jinja template")
    except UndefinedError as error:
        table.fault(language, f"{error}", allowed)
    except SecurityError as error:
        table.fault(language, f"is not allowed: {error}", allowed)
    except Exception as error:  # a template may raise anything that its expressions raise
        table.fault(language, f"fails for minutes = {minutes}: {error}", allowed)
