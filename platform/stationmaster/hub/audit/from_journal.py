"""What the journal has of people's doings, as the log tells it.

The journal's entries are taken over after they are committed, in their order and each once: the log knows the entry up
to which it has done so. So nothing that was done is missing from the log, whenever the hub was killed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from stationmaster.hub.audit.record import Change, Happening
from stationmaster.hub.batch import QUARANTINED
from stationmaster.hub.storage.journal import UNREADABLE
from stationmaster.hub.storage.schema import HEAD, INPUT, JOURNAL, RESOURCE
from stationmaster_base.times import Instant
from stationmaster_kernel.plain import TAG_KEY

__all__ = ["KINDS", "read_happenings"]

KINDS = ("act", "putaccount", "dropaccount", "configure")
"""The inputs that people, or their files, make."""

_FIELDS = {"verifier": "password"}
_ANOTHER = "another one"
"""What is told of a field whose value is nobody's business."""

_ACCOUNT_KINDS = {"putaccount": "account", "dropaccount": "account"}


def read_happenings(connection: Connection, after: int, most: int) -> tuple[list[Happening], int]:
    """What people did in the entries after one.

    Returns:
        at most `most` happenings, and the entry up to which they tell everything.

    """
    question = (
        select(JOURNAL, INPUT.c.kind, INPUT.c.body)
        .join(INPUT, INPUT.c.sequence == JOURNAL.c.sequence)
        .where(JOURNAL.c.sequence > after, JOURNAL.c.input == INPUT.c.id, INPUT.c.kind.in_(KINDS))
        .order_by(JOURNAL.c.sequence)
        .limit(most)
    )
    rows = connection.execute(question).all()
    logins = _logins(connection) if rows else {}
    told = [_told(row, logins) for row in rows]
    if len(rows) == most:
        return told, int(rows[-1].sequence)
    head = connection.execute(select(HEAD.c.sequence)).scalar()
    return told, max(after, head or 0)


def _logins(connection: Connection) -> dict[str, str]:
    """Whose name is whose login; no two accounts have one name."""
    found = connection.execute(select(RESOURCE.c.id, RESOURCE.c.body).where(RESOURCE.c.kind == "account"))
    return {json.loads(row.body)["name"]: row.id for row in found}


def _told(row: Any, logins: Mapping[str, str]) -> Happening:
    try:
        return _happening(row, logins)
    except UNREADABLE as error:
        words = f"Entry {row.sequence} of the journal cannot be read: {type(error).__name__}"
        return Happening(kind="unreadable", at=Instant(row.at), words=words, journal=row.sequence)


def _happening(row: Any, logins: Mapping[str, str]) -> Happening:
    given = json.loads(row.body)
    kind = _ACCOUNT_KINDS.get(row.kind, row.kind)
    who, why = given.get("by", ""), given.get("why", "")
    subject, words = _about(row.kind, given)
    changes: tuple[Change, ...] = ()
    if row.refused:
        kind = f"{kind}-refused"
        details = _details(row.notes, QUARANTINED)
        words = f"{words}: {details.get('message', '')}" if words else details.get("message", "")
    elif row.kind == "act":
        changes = _act_changes(row.changes, given["id"])
    elif row.kind == "configure":
        count = len(json.loads(row.changes)["puts"])
        words = f"station folder: {count} resources changed"
    else:
        words, changes = _account_changes(row.notes, subject)
    return Happening(
        kind=kind,
        at=Instant(row.at),
        who=who,
        login=logins.get(who, ""),
        subject=subject,
        words=words,
        why=why,
        changes=changes,
        journal=row.sequence,
    )


def _about(kind: str, given: dict[str, Any]) -> tuple[str, str]:
    """What an input is about, and what it does, in words."""
    if kind == "putaccount":
        return given["account"]["id"], ""
    if kind == "dropaccount":
        return given["account"], ""
    deeds = given.get("deeds", ())
    about = dict.fromkeys(str(deed["call"]) for deed in deeds if deed.get("call"))
    done = dict.fromkeys(str(deed[TAG_KEY]) for deed in deeds)
    return " ".join(about), ", ".join(done)


def _act_changes(changes_text: str, act: str) -> tuple[Change, ...]:
    for kind, item, _, value in json.loads(changes_text)["puts"]:
        if kind == "act" and item == act:
            return tuple(
                Change(
                    subject=f"{was['kind']} {was['id']}",
                    field=was.get("field", ""),
                    before=was.get("before", ""),
                    after=was.get("after", ""),
                )
                for was in value.get("was", ())
            )
    return ()


def _account_changes(notes_text: str, login: str) -> tuple[str, tuple[Change, ...]]:
    """What the kernel noted of an account: `changed` are fields, `before.<field>` and `after.<field>` their values."""
    for code in ("account-made", "account-changed", "account-removed"):
        details = _details(notes_text, code)
        if details:
            fields = [field for field in details.get("changed", "").split(", ") if field]
            fields += [key[7:] for key in details if key.startswith("before.") and key[7:] not in fields]
            return code.removeprefix("account-"), tuple(
                Change(
                    subject=f"account {login}",
                    field=_FIELDS.get(field, field),
                    before=details.get(f"before.{field}", ""),
                    after=details.get(f"after.{field}", _ANOTHER if field in _FIELDS else ""),
                )
                for field in fields
            )
    return "unchanged", ()


def _details(notes_text: str, code: str) -> dict[str, str]:
    for note in json.loads(notes_text):
        if note["code"] == code:
            return {str(key): str(value) for key, value in note.get("detail", ())}
    return {}
