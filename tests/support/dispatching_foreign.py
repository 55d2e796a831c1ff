"""A dispatching database that is nothing like the simulator's: Chinese names, local times, other words, no counter."""

from __future__ import annotations

from typing import Any

from stationmaster_base.configuration import Faults, Table
from stationmaster_gateway.mapping import SourceSettings

__all__ = ["FOREIGN", "FOREIGN_SQLITE", "LOCAL", "settings"]

FOREIGN = """
CREATE SCHEMA tdcs;
CREATE TYPE tdcs."类别" AS ENUM ('始发', '终到', '停站', '通过');
CREATE TABLE tdcs."列车时刻" ("编号" bigint PRIMARY KEY, "日期" date, "车次" varchar(32), "性质" tdcs."类别",
    "到点" timestamp, "发点" timestamp, "股道" smallint, "押运" text,
    "改时" timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE tdcs.plan ("id" integer PRIMARY KEY, eta timestamptz, etd timestamptz, lost boolean, state char(8),
    "改时" timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE tdcs.actual (id integer PRIMARY KEY, ata timestamp, atd timestamp,
    "改时" timestamptz NOT NULL DEFAULT clock_timestamp());
"""

FOREIGN_SQLITE = """
CREATE TABLE "列车时刻" ("编号" INTEGER PRIMARY KEY, "日期" TEXT, "车次" TEXT, "性质" TEXT, "到点" TEXT, "发点" TEXT,
    "股道" INTEGER, "押运" TEXT, "改时" TEXT NOT NULL);
CREATE TABLE plan (id INTEGER PRIMARY KEY, eta TEXT, etd TEXT, lost INTEGER, state TEXT, "改时" TEXT NOT NULL);
CREATE TABLE actual (id INTEGER PRIMARY KEY, ata TEXT, atd TEXT, "改时" TEXT NOT NULL);
"""

_ACTUAL = """
    SELECT id, 'A' AS what, ata AS at, "改时" AS changed FROM {schema}actual WHERE ata > '2000-01-01 00:00'
    UNION ALL SELECT id, 'D', atd, "改时" FROM {schema}actual WHERE atd IS NOT NULL
"""

LOCAL: dict[str, Any] = {
    "changes": "timestamp",
    "overlap": 5,
    "zone": "Asia/Shanghai",
    "kinds": {"始发": "origin", "终到": "terminus", "停站": "through", "通过": "passing"},
    "running": {"停运": "suspended", "正常": "scheduled"},
    "events": {"A": "arrival", "D": "departure"},
    "timetable": {
        "table": "列车时刻",
        "run": "编号",
        "day": "日期",
        "train": "车次",
        "kind": "性质",
        "arrival": "到点",
        "departure": "发点",
        "track": "股道",
        "changed": "改时",
        "without": ["train_class", "origin", "destination"],
    },
    "stage": {
        "table": "plan",
        "run": "id",
        "arrival": "eta",
        "departure": "etd",
        "arrival_unknown": "lost",
        "departure_unknown": "lost",
        "running": "state",
        "changed": "改时",
        "without": ["track", "reason"],
    },
    "report": {"query": _ACTUAL, "run": "id", "event": "what", "actual": "at"},
}
"""`[gateway.source]` for it."""


def settings(schema: str = "", allow: dict[str, Any] | None = None, **changed: Any) -> SourceSettings:
    """The settings for it, with keys of `[gateway.source]` changed."""
    body = {**LOCAL, **changed}
    if body["changes"] == "none":
        del body["overlap"]
    if schema:
        body["schema"] = schema
    prefix = f"{schema}." if schema else ""
    body["report"] = {**body["report"], "query": body["report"]["query"].format(schema=prefix)}
    faults = Faults()
    made = SourceSettings.from_tables(
        Table(body, "s.toml", faults, "gateway.source"), Table(allow or {}, "s.toml", faults, "gateway.allow")
    )
    faults.raise_if_any()
    return made
