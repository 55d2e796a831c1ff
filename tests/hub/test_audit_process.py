"""The log of a real hub that is killed between the commit of an act and its record."""

from __future__ import annotations

import http.client
import json
from typing import Any

from hub.test_process import START, World, world
from stationmaster.hub.audit.log_search import LogFilter, LogReader
from stationmaster.hub.storage.database import database_url

__all__ = ["world"]

PROGRAM = """
import os, signal, sys
from functools import partial
from pathlib import Path
from stationmaster.hub.build import build
from stationmaster_service.process import run

config = Path(sys.argv[1])

def probe(point):
    if point == "inside-log" and config.with_name("die").exists():
        os.kill(os.getpid(), signal.SIGKILL)

sys.exit(run("hub", config, partial(build, probe=probe)))
"""
TOKEN = "the-operators-own-token"


def act(port: int, item: str, call: str) -> Any:
    """Do something to the day; None if the hub did not live to answer."""
    deed = {"do": "delay", "call": call, "event": "departure", "minutes": 9}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    try:
        connection.request("POST", "/api/v1/acts", json.dumps({"id": item, "deeds": [deed]}), headers)
        return json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def test_an_act_whose_record_was_being_written_is_in_the_log(world: World) -> None:
    """Killed inside the record's own transaction: the act is in the journal, and after the start in the log, once."""
    config, port = world.configure()
    config.write_text(f'{config.read_text("utf-8")}[hub.operators]\ndesk = "{TOKEN}"\n', "utf-8")
    hub = world.start(config, PROGRAM)
    world.up(hub, port)
    calls = json.loads(_get(port, "/api/v1/calls"))["calls"]
    call = next(each["id"] for each in calls if each["departure"] and each["departure"]["planned"] > START + 3600)
    assert "position" in act(port, "first", call)
    reader = LogReader(database_url("sqlite:///hub.db", config.parent))
    acts = LogFilter(kinds=("act",))
    world.look(hub, port, lambda _: len(reader.onwards(acts, 0, 100)) == 1)
    (config.parent / "die").touch()
    act(port, "second", call)
    assert hub.wait(timeout=60) == -9
    (config.parent / "die").unlink()
    world.up(world.start(config, PROGRAM), port)
    found = reader.onwards(acts, 0, 100)
    assert [record.happening.who for record in found] == ["desk", "desk"]
    assert len({record.happening.journal for record in found}) == 2
    assert reader.proof().faults == ()


def _get(port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()
