"""Making what belongs to people at the hub: the log with what hangs on it, and who they are and may do."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from stationmaster.hub.audit.desk import AuditDesk
from stationmaster.hub.people.people_desk import PeopleDesk
from stationmaster.hub.pipeline import Pipeline
from stationmaster.hub.settings import HubSettings
from stationmaster.hub.storage.store import Store
from stationmaster.hub.writer import InThread
from stationmaster.station.load import Station
from stationmaster_service.process import Running

__all__ = ["Machinery", "desks_of"]


@dataclass(frozen=True, slots=True)
class Machinery:
    """What a process and its database give: threads that write and read, and where inputs go."""

    running: Running
    store: Store
    pipeline: Pipeline
    in_writer: InThread
    in_reader: InThread


def desks_of(settings: HubSettings, station: Station, machinery: Machinery, boot: str) -> tuple[AuditDesk, PeopleDesk]:
    """Both desks; people's logins ask the one for second factors and tell it what happens."""
    reactor, clock = machinery.running.reactor, machinery.running.clock
    audit = AuditDesk(
        settings,
        machinery.store,
        in_writer=machinery.in_writer,
        in_reader=machinery.in_reader,
        reactor=reactor,
        now=clock.now,
        wall=time.time,
        random_bytes=os.urandom,
        issuer=dict(station.configuration.station.names).get("zh", "Stationmaster"),
    )
    people = PeopleDesk(
        settings=settings,
        store=machinery.store,
        pipeline=machinery.pipeline,
        in_writer=machinery.in_writer,
        reactor=reactor,
        now=clock.now,
        wall=time.time,
        random_bytes=os.urandom,
        boot=boot,
        second=audit.factors,
        log=audit.security,
    )
    return audit, people
