"""The agent's part of a subsystem's table."""

from __future__ import annotations

from pathlib import Path

import pytest

from stationmaster_agent.settings import AgentSettings, HostPort
from stationmaster_base.configuration import Faults, Table
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.tls import TlsTrust


def read(**body) -> tuple[AgentSettings, list[str]]:
    faults = Faults()
    table = Table(body, "station.toml", faults, "broadcast")
    settings = AgentSettings.from_table(table, folder=Path("/etc/station"), task_kinds=(TaskKind.ANNOUNCEMENT,))
    table.finish()
    return settings, [f"{fault.place} {fault.problem}" for fault in faults]


def test_defaults():
    """Identity, token and state are enough: one hub on this machine, three heartbeats of five seconds."""
    settings, faults = read(identity="broadcast", token="secret", state="broadcast.db")
    assert faults == []
    assert settings == AgentSettings(
        identity="broadcast",
        token="secret",
        hubs=(HostPort(host="127.0.0.1", port=7310),),
        state_file=Path("/etc/station/broadcast.db"),
        task_kinds=(TaskKind.ANNOUNCEMENT,),
        secret_file=Path("/etc/station/broadcast.db.secret"),
    )
    assert "'secret'" not in repr(settings)


def test_hubs_keep_their_order():
    """Hubs are tried in the order in which they stand; a port may be left out."""
    settings, faults = read(identity="a", token="b", state="/var/a.db", hubs=["hub-1", "10.0.0.2:99", "[::1]:7311"])
    assert faults == []
    assert [str(hub) for hub in settings.hubs] == ["hub-1:7310", "10.0.0.2:99", "[::1]:7311"]
    assert settings.state_file == Path("/var/a.db")


def test_every_fault_at_once():
    """All that is wrong is reported together, each with its key."""
    _, faults = read(identity="a b", hubs=["hub:70000", "::1", "x y"], suspect_after=4, heartbeat_s=0)
    assert sorted(fault.split(" ")[0] for fault in faults) == [
        "broadcast.alone_after",
        "broadcast.heartbeat_s",
        "broadcast.hubs",
        "broadcast.hubs[0]",
        "broadcast.hubs[1]",
        "broadcast.hubs[2]",
        "broadcast.identity",
        "broadcast.state",
        "broadcast.token",
    ]


@pytest.mark.parametrize("text", ["", ":", "host:", "host:0", "host:65536", "a b", "[::1", "http://hub"])
def test_what_is_no_address(text):
    """What is no address is refused."""
    with pytest.raises(ValueError, match="not an address"):
        HostPort.parse(text)


def test_a_secret_of_one_kind_is_enough(tmp_path):
    """A token, a one-time code, a certificate, or a secret that was kept: one of them has to be there."""
    kept = tmp_path / "broadcast.db.secret"
    tls = {"authority": "ca.pem", "certificate": "own.pem", "key": "own.key"}
    for more in ({"token": "x"}, {"code": "y"}, {"tls": tls}):
        assert read(identity="broadcast", state="broadcast.db", **more)[1] == []
    _, (fault,) = read(identity="broadcast", state="broadcast.db")
    assert fault.startswith("broadcast.token")
    assert read(identity="broadcast", state="b.db", secret=str(kept))[1] != []
    kept.write_text("{}")
    assert read(identity="broadcast", state="b.db", secret=str(kept))[1] == []


def test_encryption_is_read_from_its_own_table():
    """Files count from the folder of the settings; half of a pair, or another key, is a fault."""
    settings, faults = read(identity="a", token="b", state="a.db", tls={"authority": "ca.pem", "server_name": "hub"})
    assert faults == []
    assert settings.tls == TlsTrust(authority=Path("/etc/station/ca.pem"), server_name="hub")
    _, faults = read(identity="a", token="b", state="a.db", tls={"authority": "ca.pem", "key": "k", "autority": "x"})
    assert sorted(fault.split(" ")[0] for fault in faults) == ["broadcast.tls.autority", "broadcast.tls.certificate"]


def test_secrets_are_not_shown():
    """Neither token nor code stands in what is logged of settings."""
    settings, _ = read(identity="a", token="hush-1", code="hush-2", state="a.db")
    assert "hush" not in repr(settings)
