"""What a subsystem has to be told before it can find its hub: who it is, where hubs are, where it keeps its state."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from stationmaster_base.configuration import Table
from stationmaster_kernel.changes import PUBLIC_KINDS
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.tls import TlsTrust, trust_from_table

__all__ = ["PORT", "AgentSettings", "HostPort"]

PORT = 7310
"""The open protocol's port."""

ACCOUNTS = "account"
"""The kind of resource that is only sent to who asks for it by name."""

ADDRESS = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[^\s:\[\]/]+))(?::(?P<port>\d{1,5}))?\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPort:
    """Where a hub listens."""

    host: str
    port: int = PORT

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @staticmethod
    def parse(text: str) -> HostPort:
        """`hub.example`, `10.0.0.2:7310` or `[2001:db8::1]:7310`.

        Raises:
            ValueError: `text` is none of these.

        """
        match = ADDRESS.match(text)
        port = int(match["port"] or PORT) if match else 0
        if match is None or not 0 < port < 65536:
            raise ValueError(f"{text!r} is not an address")
        return HostPort(host=match["six"] or match["host"], port=port)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSettings:
    """How a subsystem reaches its hub and when it goes on alone.

    `hubs` stand in order of preference; a less preferred one is kept for `stay_s` at least. `task_kinds` are the
    kinds of task that the replica holds and the performer does. `heartbeat_s` (machine seconds) holds until a hub says
    its own. After `suspect_after` missed heartbeats the hub is suspected, after `alone_after` the subsystem goes on
    alone. A resync that takes longer than `resync_s` is given up. What was done is remembered for `remember_days`, so
    that nothing is done twice.

    `token` is the subsystem's secret, if a person has entered one. Without it the secret is in `secret_file`, got with
    the one-time `code`; or the certificate of `tls` is the secret. `tls` says how the hub is known; without it, nothing
    but this machine is connected to. `accounts`: logins at the subsystem's own page are checked here, so their
    verifiers are held too.
    """

    identity: str
    token: str = field(repr=False, default="")
    hubs: tuple[HostPort, ...]
    state_file: Path
    task_kinds: tuple[TaskKind, ...] = ()
    heartbeat_s: float = 5.0
    suspect_after: int = 1
    alone_after: int = 3
    resync_s: float = 30.0
    remember_days: int = 7
    stay_s: float = 60.0
    code: str = field(repr=False, default="")
    secret_file: Path | None = None
    tls: TlsTrust | None = None
    accounts: bool = False

    @property
    def wanted(self) -> Filter:
        """What to subscribe to: everything, but of tasks only those of our kinds, and accounts only if need be."""
        kinds = tuple(kind for kind in PUBLIC_KINDS if kind != ACCOUNTS and (self.task_kinds or kind != "task"))
        if self.accounts:
            return Filter(kinds=(*kinds, ACCOUNTS), task_kinds=self.task_kinds).normalised()
        return Filter(kinds=() if self.task_kinds else kinds, task_kinds=self.task_kinds).normalised()

    @staticmethod
    def from_table(table: Table, *, folder: Path | None = None, task_kinds: tuple[TaskKind, ...] = ()) -> AgentSettings:
        """Read the agent's keys of a subsystem's table; faults go to the table.

        The table is the subsystem's own, so it is the subsystem that calls `table.finish()`.

        Args:
            table: holds `identity`, `state` and one or more of `token`, `code` and the table `tls` with a certificate;
                optional, `hubs`, `secret`, `accounts`, `heartbeat_s`, `suspect_after`, `alone_after`, `resync_s`,
                `remember_days`, `stay_s`.
            folder: what a relative path counts from; the folder of the table's file unless told.
            task_kinds: what the subsystem does.

        """
        base = Path(table.file).parent if folder is None else folder
        suspect_after = table.integer("suspect_after", 1, low=1, high=100)
        alone_after = table.integer("alone_after", 3, low=1, high=1000)
        if alone_after < suspect_after:
            table.fault("alone_after", f"{alone_after} is less than suspect_after", f"{suspect_after} or more")
        state = table.text("state")
        tls = trust_from_table(table, base)
        code = table.text("code", "")
        secret = base / table.text("secret", f"{state}.secret")
        own_certificate = tls is not None and tls.certificate is not None
        # A secret that was got earlier stands in its file, so the code may be taken out of the settings again.
        secretless = not code and not own_certificate and not secret.is_file()
        return AgentSettings(
            identity=table.identifier("identity"),
            token=table.text("token") if secretless else table.text("token", ""),
            hubs=_hubs(table),
            state_file=base / state,
            task_kinds=task_kinds,
            heartbeat_s=table.number("heartbeat_s", 5.0, low=0.05, high=3600),
            suspect_after=suspect_after,
            alone_after=alone_after,
            resync_s=table.number("resync_s", 30.0, low=0.1, high=3600),
            remember_days=table.integer("remember_days", 7, low=3, high=3650),
            stay_s=table.number("stay_s", 60.0, low=1, high=3600),
            code=code,
            secret_file=secret,
            tls=tls,
            accounts=table.flag("accounts", False),
        )


def _hubs(table: Table) -> tuple[HostPort, ...]:
    if "hubs" not in table:
        return (HostPort(host="127.0.0.1"),)
    hubs = []
    for number, text in enumerate(table.texts("hubs")):
        try:
            hubs.append(HostPort.parse(text))
        except ValueError:
            table.fault(f"hubs[{number}]", f"{text!r} is not an address", "host, host:port or [IPv6]:port")
    if not table.keys() or not hubs:
        table.fault("hubs", "names no hub", '["127.0.0.1:7310"]')
    return tuple(hubs)
