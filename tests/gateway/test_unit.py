"""The systemd unit: what the appliance is allowed, and that it is watched."""

from __future__ import annotations

import re
from importlib.resources import files


def unit() -> dict[str, list[str]]:
    """All assignments of the unit, by key."""
    text = files("stationmaster_gateway").joinpath("systemd/stationmaster-gateway.service").read_text("utf-8")
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line and line[0] not in "#[":
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def test_every_line_is_an_assignment_in_a_section() -> None:
    """The file is one that systemd reads: sections, comments, and keys with values."""
    text = files("stationmaster_gateway").joinpath("systemd/stationmaster-gateway.service").read_text("utf-8")
    assert re.findall(r"^\[(\w+)\]$", text, re.MULTILINE) == ["Unit", "Service", "Install"]
    assert all(re.fullmatch(r"[A-Z][A-Za-z]+=.*|#.*|\[\w+\]|", line) for line in text.splitlines())


def test_it_is_watched_and_started_again_for_ever() -> None:
    """What gives no sign for 30 s is ended, and whatever ended is started again, without a limit."""
    said = unit()
    assert (said["Type"], said["WatchdogSec"], said["Restart"]) == (["notify"], ["30"], ["always"])
    assert said["StartLimitIntervalSec"] == ["0"]
    assert said["NotifyAccess"] == ["main"]


def test_the_device_can_only_be_written_to() -> None:
    """Of all devices it gets one, without the right to read; the kernel refuses the rest."""
    said = unit()
    assert said["DevicePolicy"] == ["closed"]
    assert said["DeviceAllow"] == ["/dev/ttyS1 w"]


def test_it_has_no_privileges_and_little_room() -> None:
    """An account of its own, no capability, no writable system, bounded memory and processor."""
    said = unit()
    assert said["User"] == ["stationmaster-gateway"]
    assert said["CapabilityBoundingSet"] == [""]
    for key in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "ProtectKernelModules", "MemoryDenyWriteExecute"):
        assert said[key] == ["yes"]
    assert said["ProtectSystem"] == ["strict"]
    assert said["RestrictAddressFamilies"] == ["AF_UNIX AF_INET AF_INET6"]
    assert said["MemoryMax"] == ["160M"]


def test_it_may_see_who_else_is_on_the_port() -> None:
    """Hiding other processes would hide a login on the port from the gateway."""
    said = unit()
    assert (said["ProtectProc"], said["ProcSubset"]) == (["default"], ["all"])
