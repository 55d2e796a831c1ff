"""What else uses a port: each way in which its far side could be listened to, on a machine that is a folder."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from stationmaster_gateway.port_refusals import Device, MachinePaths, machine_refusals
from support.machine import process, quiet_machine

TTYS1 = Device(name="ttyS1", number=os.makedev(4, 65))
PTS3 = Device(name="pts/3", number=os.makedev(136, 3))


@pytest.fixture
def machine(tmp_path: Path) -> MachinePaths:
    return quiet_machine(tmp_path)


def codes(machine: MachinePaths, device: Device = TTYS1) -> list[str]:
    """The reasons' codes; each reason also says what to do."""
    found = machine_refusals(device, machine)
    assert all(refusal.do.endswith((".", ".service`.")) for refusal in found)
    return [refusal.code for refusal in found]


def test_nothing_else_on_the_port_is_no_reason(machine: MachinePaths) -> None:
    """Consoles, logins, debuggers and programs on other ports do not matter."""
    (machine.proc / "consoles").write_text("ttyS10               -W- (EC  p a)    4:74\n")
    (machine.proc / "cmdline").write_text("console=ttyS10,115200 kgdboc=ttyS10 consoleblank=0\n")
    (machine.inittab).write_text("#S1:23:respawn:/sbin/getty ttyS1\nS10:23:respawn:/sbin/getty ttyS10\n")
    process(machine, 5, os.makedev(4, 74), words=("/sbin/agetty", "ttyS10"), holds=Path("/dev/null"))
    assert codes(machine) == []


def test_a_machine_that_says_nothing_has_nothing(machine: MachinePaths) -> None:
    """A kernel without consoles, SysRq, sysfs or modules lacks the files; that is no error."""
    for name in ("cmdline", "consoles", "sys/kernel/sysrq"):
        (machine.proc / name).unlink()
    assert codes(machine) == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("proc/consoles", "tty0 -WU (EC p ) 4:1\nttyS1                -W- (EC  p a)    4:65\n"),
        ("sys/class/tty/console/active", "tty0 ttyS1\n"),
        ("sys/class/tty/ttyS1/console", "Y\n"),
        ("proc/cmdline", "quiet console=tty0 console=ttyS1,115200n8\n"),
    ],
)
def test_a_console_is_a_reason(tmp_path: Path, machine: MachinePaths, file: str, text: str) -> None:
    """Wherever the kernel says so."""
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text)
    assert codes(machine) == ["console"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("proc/sys/kernel/sysrq", "1\n"),
        ("proc/sys/kernel/sysrq", "176\n"),
        ("proc/cmdline", "quiet sysrq_always_enabled\n"),
        ("proc/cmdline", "quiet sysrq_always_enabled=1\n"),
    ],
)
def test_sysrq_is_a_reason_on_a_real_port_alone(tmp_path: Path, machine: MachinePaths, file: str, text: str) -> None:
    """Any bit of it; a pseudo-terminal carries no BREAK, so demonstrations run on machines that have it on."""
    (tmp_path / file).write_text(text)
    assert codes(machine) == ["sysrq"]
    assert codes(machine, PTS3) == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("proc/cmdline", "kgdboc=ttyS1,115200\n"),
        ("proc/cmdline", "kgdboc=kbd,ttyS1\n"),
        ("sys/module/kgdboc/parameters/kgdboc", "ttyS1\n"),
    ],
)
def test_the_kernels_debugger_is_a_reason(tmp_path: Path, machine: MachinePaths, file: str, text: str) -> None:
    """Whether it was started with it or told later."""
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text)
    assert codes(machine) == ["debugger"]


def test_a_login_is_a_reason_before_during_and_after(tmp_path: Path, machine: MachinePaths) -> None:
    """A process on the port, a getty that waits for it, and one that will be started at the next boot."""
    process(machine, 7, TTYS1.number)
    process(machine, 8, 0, words=("/sbin/agetty", "-o", "-- \\u", "/dev/ttyS1", "vt220"))
    wanting = tmp_path / "run/systemd/generator/getty.target.wants"
    wanting.mkdir(parents=True)
    (wanting / "serial-getty@ttyS1.service").symlink_to("/lib/systemd/system/serial-getty@.service")
    machine.inittab.write_text("T1:23:respawn:/sbin/getty -L ttyS1 9600 vt100\n")
    found = machine_refusals(TTYS1, machine)
    assert [refusal.code for refusal in found] == ["login"] * 4
    said = " ".join(refusal.what for refusal in found)
    for word in ("terminal of process 7", "process 8", "serial-getty@ttyS1.service", "respawn"):
        assert word in said


def test_busybox_names_the_port_first(machine: MachinePaths) -> None:
    """Its inittab has `ttyS1::respawn:/bin/sh`."""
    machine.inittab.write_text("ttyS1::respawn:-/bin/sh\n")
    assert codes(machine) == ["login"]


def test_a_masked_login_is_none(tmp_path: Path, machine: MachinePaths) -> None:
    """What the refusal tells a person to do helps."""
    for folder in ("run/systemd/generator", "etc/systemd/system"):
        wanting = tmp_path / folder / "getty.target.wants"
        wanting.mkdir(parents=True)
        (wanting / "serial-getty@ttyS1.service").symlink_to("/lib/systemd/system/serial-getty@.service")
    assert codes(machine) == ["login", "login"]
    (tmp_path / "etc/systemd/system/serial-getty@ttyS1.service").symlink_to("/dev/null")
    assert codes(machine) == []


def test_another_program_on_the_device_is_a_reason_on_a_real_port_alone(machine: MachinePaths) -> None:
    """By whatever name it opened it; a pseudo-terminal's maker holds it by nature."""
    null = Device(name="ttyS1", number=Path("/dev/null").stat().st_rdev)
    process(machine, 99, 0, holds=Path("/dev/null"))
    assert codes(machine, null) == ["held"]
    assert codes(machine) == []


def test_a_process_that_ends_while_it_is_looked_at_is_passed_over(machine: MachinePaths) -> None:
    """Its files vanish one by one."""
    (machine.proc / "5").mkdir()
    (machine.proc / "6").mkdir()
    (machine.proc / "6" / "stat").write_text("6 (sh) S")
    assert codes(machine) == []


def test_what_may_not_be_read_is_a_reason(machine: MachinePaths, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port of which the gateway's account cannot know whether it is a console is not taken to be none."""
    read = Path.read_text

    def guarded(path: Path, *arguments: str) -> str:
        if path.name == "consoles":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return read(path, *arguments)

    monkeypatch.setattr(Path, "read_text", guarded)
    process(machine, 7, TTYS1.number)
    found = machine_refusals(TTYS1, machine)
    assert [refusal.code for refusal in found] == ["unknown", "login"]
    assert str(machine.proc / "consoles") in found[0].what
