"""Proposals that have waited too long, or that matter too soon, as signs for the alarms: nothing waits unseen.

There is one sign for a train, whatever of it waits, and one for all together where there are very many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

from stationmaster.hub.alarms.sign import Severity, Sign
from stationmaster.hub.deciding.urgency import Patience, Urgency, urgency
from stationmaster_base.times import Instant
from stationmaster_kernel.proposal import Proposal
from stationmaster_kernel.state import State

__all__ = ["ProposalSigns", "waiting"]

MOST_SIGNS = 20
"""Trains that are told one by one."""


class ProposalSigns:
    """Looks at what waits; ask it about once a second.

    Args:
        state: the committed state.
        now: station time.
        patience: for how long something may wait.

    """

    def __init__(self, state: Callable[[], State], now: Callable[[], float], patience: Patience) -> None:
        self._state = state
        self._now = now
        self._patience = patience

    def signs(self) -> Iterator[Sign]:
        """What waits too long now."""
        now = Instant(int(self._now()))
        trains: dict[str, list[tuple[Proposal, Urgency]]] = {}
        for proposal, how in waiting(self._state(), now, self._patience):
            if how.warn_at <= now or _presses(how, now):
                trains.setdefault(proposal.call, []).append((proposal, how))
        if len(trains) > MOST_SIGNS:
            yield _of_many([each for items in trains.values() for each in items], len(trains), now)
            return
        for call, items in trains.items():
            yield self._of_train(call, items, now)

    def _of_train(self, call: str, items: list[tuple[Proposal, Urgency]], now: Instant) -> Sign:
        number = self._state().calls[call].number
        count = len(items)
        presses = any(_presses(how, now) for _, how in items)
        return Sign(
            id=f"proposals/{call}",
            severity=Severity.ALARM if presses else Severity.WARNING,
            zh=f"{number} 次有 {count} 项变更等待确认{'，旅客即将或已经看到旧内容' if presses else ''}",
            en=f"Train {number}: {count} {'change waits' if count == 1 else 'changes wait'} for a decision"
            + (", and passengers see or hear what stands" if presses else ""),
            since=min(proposal.at for proposal, _ in items),
        )


def waiting(state: State, now: Instant, patience: Patience) -> Iterator[tuple[Proposal, Urgency]]:
    """Everything that nobody has decided on, and how it stands."""
    for record in state.records.get("proposal", {}).values():
        proposal = cast("Proposal", record)
        call = state.calls.get(proposal.call)
        if call is None or proposal.rejected:
            continue
        tasks = (state.tasks[item] for item in state.tasks_of.get(proposal.call, ()))
        yield proposal, urgency(proposal, call, tasks, now, patience)


def _presses(how: Urgency, now: Instant) -> bool:
    return how.alarm_at is not None and how.alarm_at <= now


def _of_many(items: list[tuple[Proposal, Urgency]], trains: int, now: Instant) -> Sign:
    presses = any(_presses(how, now) for _, how in items)
    return Sign(
        id="proposals",
        severity=Severity.ALARM if presses else Severity.WARNING,
        zh=f"{trains} 趟列车的 {len(items)} 项变更等待确认",
        en=f"{len(items)} changes of {trains} trains wait for a decision",
        since=min(proposal.at for proposal, _ in items),
    )
