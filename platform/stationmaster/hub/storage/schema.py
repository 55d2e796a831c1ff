"""The hub's tables, as this version of the code reads and writes them; the migrations make them so.

`head` is one row: where the journal ends, and the fencing token of the hub that may write.
`input` has every input by its id, so that none is applied twice; `journal` has one entry for each, in order;
`resource` is the present state. All bodies are JSON text. `checkpoint` has the whole state as it was at some entries,
so that replay begins there and what is older can go. `subsystem` has who was enrolled, and `credential` by what each is
known: hashes and serial numbers, never a secret.
`session` has who is logged in, by the hash of what his browser shows; `one_time_password` whose password is still the
one that he was given; `preference` how each has set up his console.
`audit` has the records of the log, each bound to the one before; `audit_end` is one row: where the log ends, what was
cut off before it, and up to which entry of the journal it tells everything. `second_factor` has who shows codes when he
logs in, his secret encrypted; `handover` has the sheets of changes of shift.
`alarm` has every standing of each alarm with what people did about it, as long as they are kept; `alarm_shelf` what is
put aside; `condition` since when subsystems, lines and clocks are as they are.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

__all__ = [
    "ALARM",
    "ALARM_SHELF",
    "AUDIT",
    "AUDIT_END",
    "CHECKPOINT",
    "CONDITION",
    "CREDENTIAL",
    "HANDOVER",
    "HEAD",
    "INPUT",
    "JOURNAL",
    "METADATA",
    "ONE_TIME_PASSWORD",
    "PREFERENCE",
    "RESOURCE",
    "SECOND_FACTOR",
    "SESSION",
    "SUBSYSTEM",
    "VERSION",
]

VERSION = "0006"
"""The last migration; with it the database is as the tables below."""

METADATA = MetaData()

HEAD = Table(
    "head",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("epoch", String(64), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("token", BigInteger, nullable=False),
)

INPUT = Table(
    "input",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index("input_sequence", "sequence"),
)

JOURNAL = Table(
    "journal",
    METADATA,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("epoch", String(64), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("input", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("changes", Text, nullable=False),
    Column("notes", Text, nullable=False),
)

RESOURCE = Table(
    "resource",
    METADATA,
    Column("kind", String(32), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
)

CHECKPOINT = Table(
    "checkpoint",
    METADATA,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("epoch", String(64), primary_key=True),
    Column("hash", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("software", String(64), nullable=False),
    Column("state", LargeBinary, nullable=False),
)

SUBSYSTEM = Table(
    "subsystem",
    METADATA,
    Column("identity", String(64), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("made", BigInteger, nullable=False),
    Column("revoked", BigInteger, nullable=True),
)

CREDENTIAL = Table(
    "credential",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("identity", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("secret", Text, nullable=False),
    Column("made", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=True),
    Column("used", BigInteger, nullable=True),
    Index("credential_identity", "identity"),
)

SESSION = Table(
    "session",
    METADATA,
    Column("key", String(64), primary_key=True),
    Column("login", String(64), nullable=False),
    Column("account", String(64), nullable=False),
    Column("begun", BigInteger, nullable=False),
    Column("used", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    Column("program", Text, nullable=False),
)

ONE_TIME_PASSWORD = Table(
    "one_time_password",
    METADATA,
    Column("login", String(64), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
)

PREFERENCE = Table(
    "preference",
    METADATA,
    Column("login", String(64), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

AUDIT = Table(
    "audit",
    METADATA,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("who", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index("audit_at", "at"),
)

AUDIT_END = Table(
    "audit_end",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("cut_sequence", BigInteger, nullable=False),
    Column("cut_hash", String(64), nullable=False),
    Column("journal", BigInteger, nullable=False),
)

SECOND_FACTOR = Table(
    "second_factor",
    METADATA,
    Column("login", String(64), primary_key=True),
    Column("secret", Text, nullable=False),
    Column("made", BigInteger, nullable=False),
    Column("confirmed", BigInteger, nullable=True),
    Column("step", BigInteger, nullable=False),
    Column("recovery", Text, nullable=False),
)

HANDOVER = Table(
    "handover",
    METADATA,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("gone", Text, nullable=False),
    Column("come", Text, nullable=True),
    Column("come_at", BigInteger, nullable=True),
    Column("body", Text, nullable=False),
)

ALARM = Table(
    "alarm",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("key", String(16), nullable=False),
    Column("identity", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("zh", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("told_by", String(64), nullable=False),
    Column("subject", Text, nullable=False),
    Column("targets", Text, nullable=False),
    Column("on_delay_ms", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("raised", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("times", BigInteger, nullable=False),
    Column("ended", BigInteger, nullable=True),
    Column("waits", Integer, nullable=False),
    Column("part_of", BigInteger, nullable=True),
    Column("acknowledged_by", Text, nullable=True),
    Column("acknowledged_at", BigInteger, nullable=True),
    Column("acknowledged_why", Text, nullable=True),
    Index("alarm_waits", "waits"),
    Index("alarm_raised", "raised"),
)

ALARM_SHELF = Table(
    "alarm_shelf",
    METADATA,
    Column("key", String(16), primary_key=True),
    Column("identity", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("why", Text, nullable=False),
)

CONDITION = Table(
    "condition",
    METADATA,
    Column("kind", String(32), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("state", String(64), nullable=False),
    Column("since", BigInteger, nullable=True),
    Column("detail", Text, nullable=False),
)
