"""Everything that a client is put through, in this order: what it ought to do first, what it has to bear after that."""

from __future__ import annotations

from stationmaster_conform.client_scenarios import (
    control,
    evolution,
    expiry,
    filtering,
    hostile,
    load,
    normal,
    outage,
    recovery,
)
from stationmaster_conform.played_hub import PlayedHub
from stationmaster_conform.scenario import Scenario

__all__ = ["CLIENT_SCENARIOS"]

CLIENT_SCENARIOS: tuple[Scenario[PlayedHub], ...] = (
    *normal.SCENARIOS,
    *recovery.SCENARIOS,
    *outage.SCENARIOS,
    *expiry.SCENARIOS,
    *filtering.SCENARIOS,
    *load.SCENARIOS,
    *evolution.SCENARIOS,
    *hostile.SCENARIOS,
    *control.SCENARIOS,
)
