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
        news = [record for record in latest.values() if self._is_news(record)]
        self._told.update(latest)
        self.count += len(news)
        return news

    def keep(self, records: Iterable[CallRecord]) -> None:
        """Forget every run that is not among these: the database does not have it any more."""
        runs = {record.run for record in records}
        if len(runs) != len(self._told) or not runs.issuperset(self._told):
            self._told = {run: record for run, record in self._told.items() if run in runs}

    def _is_news(self, record: CallRecord) -> bool:
        told = self._told.get(record.run)
        if told is record:  # most often: the carousel repeats what is held
            return False
        return told is None or replace(told, revision=record.revision) != record
