"""The hub's tables, as this version of the code reads and writes them; the migrations make them so.

`head` is one row: where the journal ends, and the fencing token of the hub that may write.
`input` has every input by its id, so that none is applied twice; `journal` has one entry for each, in order;
`resource` is the present state. All bodies are JSON text. `checkpoint` has the whole state as it was at some entries,
so that replay begins there and what is older can go. `subsystem` has who was enrolled, and `credential` by what each is
known: hashes and serial numbers, never a secret.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

__all__ = ["CHECKPOINT", "CREDENTIAL", "HEAD", "INPUT", "JOURNAL", "METADATA", "RESOURCE", "SUBSYSTEM", "VERSION"]

VERSION = "0003"
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
