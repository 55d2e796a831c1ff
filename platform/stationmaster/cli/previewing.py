"""What `stationmaster broadcast preview` writes: a day's announcements, or a text, as text and as it is spoken."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from stationmaster.station.announcing import Said, examples, planned_announcements
from stationmaster.station.load import Station, load_station
from stationmaster_base.errors import StationError
from stationmaster_base.times import local_hhmm
from stationmaster_broadcast.speech.preview import Preview

__all__ = ["announcement_lines", "preview", "spoken_lines"]

HELD = "--:--"


def preview(
    folder: Path,
    *,
    text: str | None = None,
    language: str | None = None,
    day: date | None = None,
    train: str | None = None,
    one_of_each: bool = False,
    table: Path | None = None,
    spoken: bool = False,
    chip: str | None = None,
    fragments: Path | None = None,
) -> int:
    """Write what would be said, and with `chip` or `fragments` what those make of it; 1 if that is nothing.

    Raises:
        StationError: the station's folder, the table or the recordings are wrong, or there is no such language or chip.

    """
    station = load_station(folder)
    languages = station.configuration.station.languages
    if language is not None and language not in languages:
        raise StationError(
            "preview-language", f"The station does not speak {language!r}.", f"It has: {', '.join(languages)}."
        )
    shown = Preview(
        station.configuration,
        own=table,
        languages=(language,) if language else (),
        chip=chip,
        fragments=fragments,
    )
    if text is not None:
        pairs = [(language or languages[0], text)]
        lines = [said.text for said in shown.spoken(pairs)] if spoken else list(shown.texts(pairs))
    else:
        today = day or datetime.now(ZoneInfo(station.configuration.station.zone)).date()
        said = examples(station, today) if one_of_each else planned_announcements(station, today)
        chosen = [each for each in said if train in (None, each.number)]
        lines = list((spoken_lines if spoken else announcement_lines)(station, chosen, shown))
    if not lines:
        sys.stderr.write("Nothing is said: no such text, train or day.\n")
        return 1
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def announcement_lines(station: Station, said: Iterable[Said], shown: Preview) -> Iterator[str]:
    """A line for each announcement (when, by which rule, of which train, where), and its texts below."""
    for each in said:
        yield f"{_due(each, station)}  {each.what}  {each.number}  {', '.join(each.task.targets)}"
        yield from shown.task(each.task)


def spoken_lines(station: Station, said: Iterable[Said], shown: Preview) -> Iterator[str]:
    """A line for each announcement in each language, with what the engine is given."""
    for each in said:
        for utterance in shown.spoken(shown.texts_of(each.task)):
            yield f"{_due(each, station)}  {each.what}  {each.number}  {utterance.text}"


def _due(said: Said, station: Station) -> str:
    due = said.task.due
    return HELD if due is None else local_hhmm(due, ZoneInfo(station.configuration.station.zone))
