"""What hangs on no call: operators' announcements and texts, and the acts that were about no train."""

from __future__ import annotations

from stationmaster_kernel.act import ActRecord
from stationmaster_kernel.draft import Draft
from stationmaster_kernel.state import last_moment
from stationmaster_kernel.tasks import expire
from stationmaster_kernel.times import moved

__all__ = ["settle_loose"]


def settle_loose(draft: Draft, keep: int) -> None:
    """Mark what is too old, and drop what is over since `keep` minutes."""
    for task in draft.tasks_of(""):
        if draft.now >= moved(last_moment(task), keep):
            draft.drop_task(task)
        else:
            expire(draft, task)
    for record in draft.records_about("", "act"):
        if isinstance(record, ActRecord) and draft.now >= moved(record.at, keep):
            draft.delete_record("act", record.id)
