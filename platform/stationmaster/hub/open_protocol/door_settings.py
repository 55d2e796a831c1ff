"""Who may connect and how: tables `[hub.protocol]` and `[hub.subsystems]` of the configuration file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from stationmaster.hub.open_protocol.rights import kind_by_name
from stationmaster_base.configuration import Table
from stationmaster_protocol.hub_side import SUBSYSTEM_KINDS
from stationmaster_protocol.tls import TlsFiles

__all__ = ["DoorSettings", "Subsystem", "subsystems_from_table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subsystem:
    """Who may connect, and with which secret; without a `kind` it has that with which its name begins."""

    identity: str
    token: str = field(repr=False)
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorSettings:
    """How the open protocol's port is secured.

    `tls` are the hub's certificate and key and who signs clients' certificates; None: plain text, on this machine
    alone. `revoked` is that authority's list of certificates that do not count any more; `signing` the folder of the
    station's own authority, if the hub may sign for those who enrol. From one address on another machine
    `connections_s` connections a second are taken in the long run.
    """

    tls: TlsFiles | None = None
    revoked: Path | None = None
    signing: Path | None = None
    connections_s: float = 50.0

    @classmethod
    def from_table(cls, table: Table, folder: Path) -> DoorSettings:
        """Read `[hub.protocol]`; faults go to the table. Relative paths count from `folder`."""

        def file(key: str) -> Path | None:
            return folder / table.text(key) if key in table else None

        certificate, key, authority = file("certificate"), file("key"), file("client_authority")
        settings = cls(
            tls=None
            if certificate is None or key is None
            else TlsFiles(certificate=certificate, key=key, client_authority=authority),
            revoked=file("revoked"),
            signing=file("signing"),
            connections_s=table.number("connections_s", 50.0, low=1, high=100_000),
        )
        if (certificate is None) != (key is None):
            table.fault("key" if key is None else "certificate", "is missing", "both, or neither")
        for name, needed in (("client_authority", "certificate"), ("revoked", "client_authority")):
            if name in table and needed not in table:
                table.fault(name, f"is of no use without {needed}", f"{needed} as well")
        if "signing" in table and "client_authority" not in table:
            table.fault("signing", "makes certificates that the hub would not take", "client_authority as well")
        table.finish()
        return settings


def subsystems_from_table(table: Table) -> tuple[Subsystem, ...]:
    """Read `[hub.subsystems]`: `identity = "token"`, or `identity = { token = "…", kind = "…" }`."""
    found = []
    names = table.keys()
    for name in names:
        inner = table.table(name) if table.is_table(name) else None
        kind = ""
        if inner is not None:
            token = inner.text("token")
            kind = inner.choice("kind", SUBSYSTEM_KINDS, kind_by_name(name)) if "kind" in inner else ""
            inner.finish()
        else:
            token = table.text(name)
        if token and not kind and kind_by_name(name) is None:
            table.fault(
                name,
                "is of no kind that could be told by its name",
                f'{name} = {{ token = "…", kind = "{SUBSYSTEM_KINDS[0]}" }}; kinds are {", ".join(SUBSYSTEM_KINDS)}',
            )
        found.append(Subsystem(identity=name, token=token, kind=kind))
    return tuple(found)
