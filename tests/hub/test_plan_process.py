"""A day plan in a real hub: checked and locked by people, changed by a new timetable, and decided on."""

from __future__ import annotations

import csv
import http.client
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.test_process import START, World
from stationmaster.cli.main import main

DAY = "2026-03-03"
"""The day after tomorrow; the hub's clock stands at 08:00 on 1 March by the station's time."""


class Console:
    """An operator's console: requests with his token."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._acts = 0

    def get(self, path: str) -> Any:
        return self.ask("GET", path, None)[1]

    def act(self, *deeds: dict[str, Any], code: int = 200) -> Any:
        self._acts += 1
        body = {"id": f"console-{self._acts}", "why": "check of the day plan", "deeds": deeds}
        found, answer = self.ask("POST", "/api/v1/acts", body)
        assert found == code, answer
        return answer

    def reload(self) -> Any:
        found, answer = self.ask("POST", "/api/v1/reload", None)
        assert found == 200, answer
        return answer

    def ask(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            headers = {"Authorization": "Bearer li-secret"}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    for process in made.processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


def with_timetable(world: World, number: str, **values: str) -> None:
    """Write other values for a train into the station's timetable."""
    file = world.folder / "station" / "timetable.csv"
    rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8"))))
    for row in rows:
        if row["train"] == number:
            row.update(values)
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    file.write_text(text.getvalue(), "utf-8")


def test_a_plan_is_checked_locked_and_decided_on(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Ticked off row by row and locked, a plan meets a new timetable after a reload: the unchecked days take it, the
    locked one shows what differs until it is accepted; and a hub that dies has it all when it comes back.
    """
    config, port = world.configure()
    config.write_text(f'{config.read_text("utf-8")}[hub.operators]\n"Li" = "li-secret"\n', "utf-8")
    first = world.start(config)
    world.up(first, port)
    console = Console(port)
    plan = console.get(f"/api/v1/plans/{DAY}")
    rows = [row["row"]["id"] for row in plan["rows"]]
    assert len(rows) == plan["plan"]["rows"] > 3
    lock = {"do": "lock_plan", "day": DAY}
    assert console.act(lock, code=409)["error"] == "plan-not-checked"
    console.act({"do": "check_rows", "day": DAY, "rows": rows})
    assert main(["act", str(config), json.dumps(lock), "--why", "checked through"]) == 0
    assert f"plan {DAY}: revision" in capsys.readouterr().out
    plan = console.get(f"/api/v1/plans/{DAY}")
    assert (plan["plan"]["plan"]["locked_by"], plan["plan"]["plan"]["locked_at"]) == ("Li", int(START))
    assert {row["row"]["checked_by"] for row in plan["rows"]} == {"Li"}

    with_timetable(world, "K600", dep="00:12", track="9")
    console.reload()
    glances = {item["plan"]["day"]: item for item in console.get("/api/v1/plans")["plans"]}
    assert (glances[DAY]["waiting"], glances["2026-03-04"]["waiting"]) == (1, 0)
    plan = console.get(f"/api/v1/plans/{DAY}")
    (waiting,) = [row for row in plan["rows"] if row["waits"]]
    assert [(each["field"], each["before"], each["after"]) for each in waiting["fields"]][:2] == [
        ("departure", "00:09+1", "00:12+1"),
        ("track", "8", "9"),
    ]
    number = waiting["row"]["id"].split("/")[1]
    assert number == "K600"
    assert [item["number"] for item in console.get("/api/v1/plans/2026-03-04")["since_version"]] == ["K600"]
    assert [item["number"] for item in console.get("/api/v1/plans/2026-03-04")["since_previous_day"]] == ["K600"]
    call = waiting["row"]["call"]
    assert console.get(f"/api/v1/calls/{call}")["call"]["track"] == "8"

    done = console.act({"do": "decide_rows", "day": DAY, "rows": [waiting["row"]["id"]], "accept": True})
    assert console.get(f"/api/v1/calls/{call}")["call"]["track"] == "9"
    assert ("call", call) in {(put["kind"], put["id"]) for put in done["puts"]}
    decided = console.get(f"/api/v1/plans/{DAY}")
    assert (decided["plan"]["waiting"], decided["plan"]["checked"]) == (0, len(rows) - 1)
    first.kill()
    first.communicate()

    second = world.start(config)
    head = world.up(second, port)["head"]
    assert head == done["position"]["sequence"]
    again = console.get(f"/api/v1/plans/{DAY}")
    assert (again["plan"], again["rows"]) == (decided["plan"], decided["rows"])
    assert console.ask(
        "POST",
        "/api/v1/acts",
        {
            "id": "console-3",
            "why": "check of the day plan",
            "deeds": [{"do": "decide_rows", "day": DAY, "rows": [waiting["row"]["id"]], "accept": True}],
        },
    ) == (200, done)
