"""Everything that a hub is put through, in this order."""

from __future__ import annotations

from stationmaster_conform.hub_scenarios import hostile, rights, sessions
from stationmaster_conform.played_client import PlayedClient
from stationmaster_conform.scenario import Scenario

__all__ = ["HUB_SCENARIOS"]

HUB_SCENARIOS: tuple[Scenario[PlayedClient], ...] = (
    *sessions.SCENARIOS,
    *hostile.SCENARIOS,
    *rights.SCENARIOS,
)
