"""What of the alarms is different since it was last written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stationmaster.hub.alarms.record import Record, Shelf

__all__ = ["Unwritten"]


class Unwritten:
    """Standings by number, and shelves by key, None: no more. The newest word on each counts."""

    def __init__(self) -> None:
        self._records: dict[int, Record] = {}
        self._shelves: dict[str, Shelf | None] = {}

    def record(self, record: Record) -> None:
        """Something about a standing is different."""
        self._records[record.number] = record

    def shelf(self, key: str, shelf: Shelf | None) -> None:
        """An alarm is put aside, or no more."""
        self._shelves[key] = shelf

    def take(self) -> tuple[list[Record], dict[str, Shelf | None]]:
        """All of it; then it counts as written."""
        records, shelves = list(self._records.values()), self._shelves
        self._records, self._shelves = {}, {}
        return records, shelves

    def put_back(self, records: Iterable[Record], shelves: Mapping[str, Shelf | None]) -> None:
        """It could not be written; what is newer by now is kept."""
        self._records = {**{record.number: record for record in records}, **self._records}
        self._shelves = {**shelves, **self._shelves}
