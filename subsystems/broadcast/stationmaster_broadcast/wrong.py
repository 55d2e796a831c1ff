"""Whether what is being said of a train has become wrong meanwhile. Pure.

Texts are final when they are said, and nobody takes a word back; but half of "the train at platform 3" is better than
all of it once it goes from platform 5.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from stationmaster_broadcast.classes import Wrong
from stationmaster_kernel.call import Call
from stationmaster_kernel.values import Running

__all__ = ["what_is_wrong"]


def what_is_wrong(by: Collection[Wrong], said: Sequence[Call], now: Callable[[str], Call | None]) -> str:
    """What has changed of the trains that are spoken of, in words; empty if nothing has.

    Args:
        by: what makes an announcement wrong.
        said: the calls as they were when it began.
        now: a call as it is; None if it is not known any more, which makes nothing wrong.

    """
    for before in said:
        after = now(before.id)
        if after is None or after is before:
            continue
        for each in by:
            if _fact(each, before) != _fact(each, after):
                return f"{each.value} of {before.number}"
    return ""


def _fact(of: Wrong, call: Call) -> object:
    if of is Wrong.SUSPENDED:
        return call.running is Running.SUSPENDED
    return call.platform if of is Wrong.PLATFORM else call.gates
