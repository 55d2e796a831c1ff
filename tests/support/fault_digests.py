"""What a hub's database and a subsystem's state file hold when both have ended, compared by digest."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from stationmaster.hub.past import Past
from stationmaster.hub.storage.archive import DatabaseArchive
from stationmaster.hub.storage.checkpoint import Checkpoint
from stationmaster.hub.storage.database import database_url
from stationmaster.hub.storage.journal import resource_from_row
from stationmaster.hub.storage.store import Store as HubStore
from stationmaster_agent.replica import Replica
from stationmaster_agent.settings import AgentSettings
from stationmaster_agent.store import Store as AgentStore
from stationmaster_base.configuration import Faults, read_toml
from stationmaster_broadcast.settings import BroadcastSettings
from stationmaster_guidance.settings import GuidanceSettings
from stationmaster_kernel.changes import PUBLIC_KINDS
from stationmaster_kernel.state import State
from stationmaster_protocol.digest import digest_of
from stationmaster_protocol.filters import Filter
from stationmaster_query.settings import QuerySettings

_SETTINGS: dict[str, Any] = {"guidance": GuidanceSettings, "broadcast": BroadcastSettings, "query": QuerySettings}


def hub_state(folder: Path) -> State:
    """The committed state in `hub.db` of a hub that has ended."""
    store = HubStore(database_url("sqlite:///hub.db", folder), lambda: "another")
    try:
        loaded = store.open(1, 1)
    finally:
        store.close()
    assert loaded.state is not None
    return loaded.state


def hub_states(folder: Path, sequences: Iterable[int]) -> dict[int, State]:
    """What the hub had committed by each of these sequences of its journal in `hub.db`."""
    left = sorted(set(sequences))
    found: dict[int, State] = {}
    archive = DatabaseArchive(database_url("sqlite:///hub.db", folder))
    try:
        lines = archive.lines()
        start = next(lines)
        assert isinstance(start, Checkpoint)
        past = Past(start)
        for line in lines:
            past.apply(line)
            if past.position.sequence in left:
                found[past.position.sequence] = State.from_resources(map(resource_from_row, past.rows.values()))
    finally:
        archive.close()
    assert sorted(found) == left
    return found


def hub_digest(state: State, wanted: Filter) -> str:
    """The digest of what a filter admits of a hub's state."""
    public = (resource for resource in state.resources() if resource.kind in PUBLIC_KINDS)
    return digest_of(resource for resource in public if wanted.admits(resource))


def replica_of(agent: AgentSettings) -> Replica:
    """The replica in the state file of an agent that has ended."""
    store = AgentStore.open(agent.state_file, filter_class=repr(agent.wanted))
    try:
        return store.replica()
    finally:
        store.close()


def replica_digest(agent: AgentSettings) -> str:
    """Its digest."""
    return replica_of(agent).digest()


def agent_settings(config: Path, name: str) -> AgentSettings:
    """The agent's settings of one of the subsystems, from the station's configuration file."""
    settings = _SETTINGS[name].from_table(read_toml(config, Faults()).table(name), folder=config.parent)
    agent: AgentSettings = settings.agent
    return agent
