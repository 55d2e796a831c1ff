"""What a person saw when he acted, and whether it is still so.

An act may name the resources that it was decided on, each in the revision that was seen. If one of them says something
else by now, the act is refused, and the person looks again. What the kernel derives (best times that creep with the
clock, check-in, results of tasks) is nothing that a person set, so a resource in which nothing else differs is still
the one that he saw: `said` tells that, where who hands the act in still had it.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from stationmaster_kernel.changes import Value
from stationmaster_kernel.draft import Draft
from stationmaster_kernel.inputs import Known
from stationmaster_kernel.primary import said_fields
from stationmaster_kernel.refused import Refused

__all__ = ["MOST_KNOWN", "check_known", "said"]

MOST_KNOWN = 500
"""Resources that one act may name."""

_DIGITS = 32


def check_known(draft: Draft, known: Iterable[Known]) -> None:
    """See to it that all of these are as they were seen.

    Raises:
        Refused: `changed-meanwhile`; something says something else, is gone, or was made meanwhile.

    """
    changed = [each for each in known if not _is_as_seen(each, draft.value(each.kind, each.id))]
    if not changed:
        return
    first = changed[0]
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    raise Refused(
        "changed-meanwhile",
        f"Somebody or something has changed {first.kind} {first.id}{more} meanwhile.",
        "Look at what it is now, and do it again if it is still right.",
    )


def said(kind: str, value: Value) -> str:
    """A digest of what is said of a resource, without what follows from it."""
    texts = sorted(said_fields(kind, value).items())
    return sha256("\n".join(f"{field} {text}" for field, text in texts).encode()).hexdigest()[:_DIGITS]


def _is_as_seen(known: Known, value: Value | None) -> bool:
    if value is None:
        return known.revision == 0
    return value.revision == known.revision or known.said == said(known.kind, value)
