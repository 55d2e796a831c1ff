"""Every *must* of the open protocol, numbered, so that a document, a test and a vendor mean the same.

The table in the document is made from this one (`python -m stationmaster_protocol.clauses`), and the conformance kit
cites the ids. An id is never given to another clause, and stays when its clause is gone.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["CLAUSES", "Clause", "Who", "clause_table"]


class Who(StrEnum):
    """Whom a clause binds: both ends, every client, clients of level B as well, or the hub."""

    BOTH = "both"
    A = "A"
    B = "B"
    HUB = "hub"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One thing that must be so; `id` is `OP-<subject>-<number>`."""

    id: str
    who: Who
    text: str


def _clauses(subject: str, *items: tuple[Who, str]) -> list[Clause]:
    return [
        Clause(id=f"OP-{subject}-{number}", who=who, text=text) for number, (who, text) in enumerate(items, start=1)
    ]


_ALL = [
    *_clauses(
        "FRAME",
        (Who.BOTH, "A message is its length in bytes as 4 bytes, big-endian, and then one XML document in UTF-8."),
        (Who.BOTH, "A frame may arrive in pieces of any size, and several may arrive in one piece."),
        (Who.BOTH, "A length of 0 is refused with `empty-message`."),
        (Who.BOTH, "A length above the reader's limit is refused with `too-large` before the rest is read."),
        (Who.HUB, "No message to a client is longer than 4194304 bytes."),
        (Who.A, "The first message to the hub is not longer than 8192 bytes, no other longer than `largest`."),
    ),
    *_clauses(
        "XML",
        (Who.BOTH, "Every message that is sent is valid against `open-protocol-1.xsd`."),
        (Who.BOTH, "Every message that comes in is validated, and refused with `invalid` if it is not valid."),
        (Who.BOTH, "What is not UTF-8 is refused with `not-utf8`."),
        (
            Who.BOTH,
            "What is not one well-formed document, or is nested deeper than 255 elements, is refused: `not-xml`.",
        ),
        (Who.BOTH, "A document type declaration is refused with `doctype`, and no entity is ever expanded."),
        (Who.BOTH, "A valid message with an impossible value is refused with `bad-value`."),
    ),
    *_clauses(
        "EXT",
        (
            Who.BOTH,
            "What stands in `extension`, and attributes of other namespaces, are ignored by who does not know them.",
        ),
        (Who.BOTH, "An element or attribute outside those places that the schema does not have is refused: `invalid`."),
        (Who.BOTH, "Who hands a resource on, or keeps it and gives it out again, gives its `extension` with it."),
    ),
    *_clauses(
        "VER",
        (Who.BOTH, "A minor version of the same major version is accepted, whatever it is."),
        (Who.HUB, "`welcome` names the lower of the two minor versions."),
        (Who.HUB, "Another major version is refused with `version`."),
        (Who.BOTH, "Nothing is sent that the version of `welcome` does not have."),
        (
            Who.A,
            "A `welcome` with a higher version than the client's, or another major one, is refused with `version`.",
        ),
    ),
    *_clauses(
        "STATE",
        (Who.BOTH, "Only what the table of states allows is sent."),
        (Who.BOTH, "What it does not allow is refused with `unexpected-message`."),
        (Who.BOTH, "After `error` or `bye` the sender closes, and the receiver reads no further."),
        (Who.BOTH, "An `error` has a code of the table, and ends the session."),
        (Who.HUB, "A client that has not subscribed 10 s after it connected is refused with `too-slow`."),
    ),
    *_clauses(
        "AUTH",
        (
            Who.A,
            "`hello` has the identity and the token that the operator gave, or no token with a client certificate.",
        ),
        (Who.HUB, "A wrong identity or secret is refused with `not-authenticated`."),
        (Who.HUB, "A second session of an identity replaces the first, which is told `bye` with `replaced`."),
        (Who.A, "A client that is `replaced` waits before it connects again, each time longer."),
        (Who.HUB, "A one-time code that is unknown, used or expired is refused with `not-enrolled`."),
        (Who.A, "The secret of `enrolled` is kept, and the one-time code used once only."),
        (Who.HUB, "What an identity has no right to is refused with `forbidden`."),
        (Who.HUB, "A session whose secret is taken away ends with `revoked`."),
        (
            Who.A,
            "After a refusal of its secret, rights or version the next attempt waits 1 s at least, each time longer.",
        ),
        (Who.BOTH, "A connection that leaves the machine is encrypted with TLS 1.2 or later."),
    ),
    *_clauses(
        "SUB",
        (Who.A, "`number` grows with each subscription of a session."),
        (Who.A, "`held` is the position of a replica of exactly this filter, or is left out."),
        (Who.HUB, "`subscribed` answers each subscription with its number, and all that follows is for it."),
        (Who.HUB, "`resumed` is true only if the held position, hash and all, is part of the hub's history."),
        (Who.A, "What comes before the `subscribed` of the latest subscription is let pass."),
        (Who.HUB, "Only resources that the filter admits are put; one that it no longer admits is deleted."),
        (Who.HUB, "Without kinds a filter stands for every kind but `account`, `device` and `alarm`."),
    ),
    *_clauses(
        "SNAP",
        (Who.HUB, "Parts count from 1, have one position and digest, and the last says `last`."),
        (Who.A, "A complete snapshot replaces the replica and its position."),
        (Who.A, "A part 1 begins a snapshot anew; a part that does not follow is refused with `snapshot-order`."),
        (Who.A, "A snapshot that is not complete changes nothing."),
    ),
    *_clauses(
        "UPD",
        (Who.A, "An update with `since` ≤ held < `to` is applied, and the position becomes its own."),
        (Who.A, "An update with `to` ≤ held is not applied again."),
        (Who.A, "After an update with `since` > held the client subscribes anew."),
        (Who.A, "A put replaces what has the same kind and id; a deletion of what is not held is nothing."),
        (Who.HUB, "Updates follow each other without a gap as long as no snapshot comes between."),
        (Who.A, "A snapshot of another epoch is taken like any other; its position names the new epoch."),
    ),
    *_clauses(
        "ACK",
        (Who.A, "Every complete snapshot and every update is answered by `ack`, with its epoch and sequence."),
        (Who.A, "`applied` is said only once replica and position are changed, as one."),
        (Who.A, "What cannot be applied is answered with `rejected` and a reason, and the session goes on."),
        (Who.HUB, "After a rejection a fresh snapshot comes, at most one in a heartbeat interval."),
        (Who.HUB, "An `ack` of what was never sent is refused with `unknown-sequence`."),
    ),
    *_clauses(
        "BEAT",
        (Who.A, "A heartbeat is sent in every interval of `welcome`, with position and digest of the replica."),
        (Who.HUB, "A heartbeat comes in every interval in which nothing else does."),
        (Who.BOTH, "After three intervals without a word from the other side the connection is closed."),
        (Who.A, "A heartbeat whose digest differs, at held ≥ `last`, is answered by a subscription without `held`."),
        (Who.A, "A heartbeat that agrees proves the replica, and its position becomes the client's."),
        (Who.HUB, "`last` and `digest` are of exactly the set that the filter admits."),
    ),
    *_clauses(
        "TASK",
        (Who.A, "Tasks are done by station time, connected or not."),
        (Who.A, "An interval task is on as its times and station time say, and only then."),
        (Who.A, "A point task is begun once at each target, not before `due` and not from `valid-until` on."),
        (Who.A, "That it is begun is recorded, on disk where there is one, before it is begun."),
        (Who.A, "A task that is held, kept back by hand or by a manual mode, withdrawn or skipped is not begun."),
        (Who.A, "A task with `feed-limit` is not begun on an older feed, unless a person wants it done."),
        (Who.A, "A target with a result, whatever it is, is not begun again."),
    ),
    *_clauses(
        "REP",
        (Who.A, "`begun` and then the outcome is reported for each target of a point task."),
        (Who.A, "A result has an id that is unique for ever, and the same when it is sent again."),
        (Who.A, "Results and acts are kept, on disk where there is one, until `received` names their report."),
        (Who.A, "What is not received is reported again after the next connection."),
        (Who.A, "What was begun and not finished before a crash is reported as `interrupted`."),
        (Who.HUB, "`received` is sent only when all results and acts of the report are committed."),
        (Who.HUB, "A result or an act that comes again counts once."),
    ),
    *_clauses(
        "OBS",
        (Who.A, "After each connection one `whole` report says all devices, readbacks and alarms; then differences."),
        (Who.A, "A device's change of condition is reported within a heartbeat interval."),
        (Who.A, "A readback is taken where the picture is made, with its evidence, and never echoes what was sent."),
        (Who.A, "A target whose rows change is read back again within a heartbeat interval."),
        (Who.HUB, "When a session ends, what it told of its devices is not known any more."),
        (Who.HUB, "`equipment-status` begins `whole` after each subscription that names `device` or `alarm`."),
    ),
    *_clauses(
        "CMD",
        (Who.A, "Every command is answered by `command-result`, at last with another state than `accepted`."),
        (Who.A, "A command is not begun at or after `expires`, by station time, and is answered with `expired`."),
        (Who.A, "The same id again is not done again; its result is told again."),
        (Who.A, "A command that is not understood, or for a device that is not there, is `refused` with a code."),
        (Who.HUB, "A client's command goes to the subsystem that it names, if the client may command that one."),
    ),
    *_clauses(
        "TIME",
        (Who.HUB, "A `time-request` is answered at once, with its stamp given back."),
        (Who.A, "Station time as the client has it never runs backwards."),
        (Who.A, "While `clock` is `invalid` no time is shown to passengers."),
    ),
    *_clauses(
        "ALONE",
        (Who.A, "Without a hub the client goes on by its replica, for three days at least."),
        (Who.A, "It tries its hubs again in turn, each time after a longer wait, and at least once a minute."),
        (
            Who.A,
            "Alone, the feed's age grows; a task past its `hard-end` or `valid-until` is not shown or begun as fresh.",
        ),
        (Who.A, "On return it says what it holds, applies what comes, and reports what was done alone."),
        (Who.B, "Alone, what a person enters at the page takes effect by the kernel's published rules."),
        (Who.B, "Each such act is kept and reported, with an id that is unique for ever, when the hub is back."),
        (Who.B, "Once the hub has the acts, what the hub says replaces what was worked out alone."),
    ),
    *_clauses(
        "BYE",
        (Who.A, "A client that leaves in order says `bye` with `leaving`."),
        (Who.A, "A client that is `redirected` connects to the hubs named, the first first, before its own list."),
        (Who.HUB, "`redirected` names one hub at least."),
    ),
    *_clauses(
        "LIMIT",
        (Who.HUB, "No client, whatever it sends or does not take, keeps others from being served."),
        (Who.HUB, "A client that is slow gets a fresh snapshot instead of all that it has missed."),
        (
            Who.HUB,
            "More connections than there is room for are refused with `too-many`, more messages with `too-often`.",
        ),
    ),
]

CLAUSES: dict[str, Clause] = {clause.id: clause for clause in _ALL}
"""Every clause by its id, in the document's order."""


def clause_table() -> str:
    """The document's compliance table, in Markdown."""
    lines = ["| clause | who | what must be so |", "| --- | --- | --- |"]
    lines += [f"| {clause.id} | {clause.who.value} | {clause.text} |" for clause in CLAUSES.values()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(clause_table())
