"""A sign: something that is wrong at this moment, as whoever looks at it says; what lasts of it is an alarm."""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster_base.times import Instant
from stationmaster_protocol.equipment import Severity

__all__ = ["RAISE_S", "Severity", "Sign"]

RAISE_S = 3.0
"""Machine seconds for which something must have been wrong (the on-delay); a start takes a moment until all is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Something that is wrong at this moment.

    `id` names it and its subject; `identity` is the subsystem that says it, empty for the hub's own. `cause` is the id
    of the device or alarm of the same subsystem that it comes from, empty if it stands for itself. It is an alarm when
    it has been there for `after_s` machine seconds. `since` is station time, None: since the hub first saw it.

    `told_by` is the subsystem without whose word nobody knows whether it is over; empty if the hub sees that itself.
    `subject` is the device (`<subsystem>/<device>`) or the subsystem that is meant, `targets` the boards, zones, gates
    and lights that suffer from it.
    """

    id: str
    severity: Severity
    zh: str
    en: str
    identity: str = ""
    cause: str = ""
    since: Instant | None = None
    after_s: float = RAISE_S
    told_by: str = ""
    subject: str = ""
    targets: tuple[str, ...] = ()
