"""What the hub has been told of each call, whichever gateway said it, so that only news is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from stationmaster_telegram.records import CallRecord

__all__ = ["Told"]


class Told:
    """The last record of each run that was told; revisions do not count, since each gateway makes its own."""

    def __init__(self) -> None:
        self.count = 0
        """Records told since the start."""
        self._told: dict[int, CallRecord] = {}

    def news(self, records: Iterable[CallRecord]) -> list[CallRecord]:
        """Those that differ from what was told, in the order of the last record of each; they then count as told."""
        latest: dict[int, CallRecord] = {}
        for record in records:
            latest.pop(record.run, None)
            latest[record.run] = record
        news = [record for record in latest.values() if self._told.get(record.run) != replace(record, revision=0)]
        for record in news:
            self._told[record.run] = replace(record, revision=0)
        self.count += len(news)
        return news

    def keep(self, records: Iterable[CallRecord]) -> None:
        """Forget every run that is not among these: the database does not have it any more."""
        runs = {record.run for record in records}
        if len(runs) != len(self._told) or not runs.issuperset(self._told):
            self._told = {run: record for run, record in self._told.items() if run in runs}
