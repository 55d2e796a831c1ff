"""What a person tells the kit: where, as whom, how long to wait, and what to leave out."""

from __future__ import annotations

from dataclasses import dataclass, field

from stationmaster_kernel.values import TaskKind

__all__ = ["ClientOptions", "HubOptions", "Patience"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the kit waits, in machine seconds, before it says that nothing came.

    `first_s`: for the very first connection. `answer_s`: for an answer. `return_s`: for a client that is to connect
    again, which it tries once a minute at least. `silence_s`: the least silence that is held against a peer, however
    short the heartbeat interval is: a busy machine is no fault of the peer's.
    """

    first_s: float = 60.0
    answer_s: float = 10.0
    return_s: float = 65.0
    silence_s: float = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientOptions:
    """How the kit plays a hub.

    `identity` and `token` are what the client is to say; None: whatever it says is right. `targets` are what
    the kit makes tasks for, where the client's filter names none. `level` is the client's; None: as its hello says.
    `burst` is how many updates the burst sends. `action` is a command that the client's devices know.
    """

    host: str = "127.0.0.1"
    port: int = 7310
    identity: str | None = None
    token: str | None = field(default=None, repr=False)
    level: str | None = None
    targets: tuple[str, ...] = ()
    heartbeat_s: float = 1.0
    burst: int = 2000
    action: str = "test"
    patience: Patience = Patience()


@dataclass(frozen=True, slots=True, kw_only=True)
class HubOptions:
    """How the kit plays a client; `identity` and `token` are what the hub's operator gave for the kit.

    `executes` are the kinds of task that this identity may do. `watch_s` is how long the hub is watched for a change.
    """

    host: str
    port: int
    identity: str
    token: str = field(repr=False)
    executes: tuple[TaskKind, ...] = ()
    watch_s: float = 65.0
    patience: Patience = Patience()
