"""Why a serial port must not be transmitted on: everything by which its far side could be listened to after all.

Asked before the port is set up, and again every minute while it is open, since a console, a login or another program
can come later. Nothing here reads from the port; the answers are in the kernel's own files and two questions to the
terminal layer (its line discipline, and whether somebody has it for himself).

- A *console* of the kernel carries its messages out and SysRq in (proc(5) `/proc/consoles`, sysfs-tty).
- *SysRq* on, or a kernel debugger on the port: a BREAK and a letter command this machine
  (Documentation/admin-guide/sysrq.rst, Documentation/process/debugging/kgdb.rst).
- A *login*: a process whose controlling terminal it is, a getty that is about to take it, or one that is set up to be
  started on it (systemd's serial-getty@.service, inittab(5)).
- *Another program* that holds the device could read what comes in.
- A *line discipline* other than N_TTY hands what comes in to something else (tty_ioctl(4)).

A pseudo-terminal, on which demonstrations and tests work, has no UART that could see a BREAK, and the program that made
it holds it by nature: there SysRq and other holders are not asked for.
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["TAKEN", "Device", "MachinePaths", "Refusal", "machine_refusals", "port_refusals", "taken"]

_TIOCGETD = 0x5424
"""Get the line discipline (tty_ioctl(4)); the standard library does not name it everywhere."""
_TIOCGEXCL = 0x80045440
"""Ask whether somebody has the terminal for himself (asm-generic/ioctls.h: _IOR('T', 0x40, int))."""
_N_TTY = 0
_GETTIES = frozenset({"getty", "agetty", "mgetty", "mingetty", "fgetty", "ngetty", "uugetty"})
_UNIT_KINDS = ("serial-getty", "getty", "autologin", "console-getty")


@dataclass(frozen=True, slots=True, kw_only=True)
class MachinePaths:
    """Where this machine says what it is doing; a test says it elsewhere.

    `proc` is proc(5), `sys` sysfs; `units` are the folders of systemd's units; `inittab` is inittab(5).
    `pseudo` are the device majors of Unix98 pseudo-terminals (Documentation/admin-guide/devices.txt).
    """

    proc: Path = Path("/proc")
    sys: Path = Path("/sys")
    units: tuple[Path, ...] = (
        Path("/etc/systemd/system"),
        Path("/run/systemd/system"),
        Path("/run/systemd/generator"),
        Path("/run/systemd/generator.early"),
        Path("/run/systemd/generator.late"),
        Path("/usr/local/lib/systemd/system"),
        Path("/usr/lib/systemd/system"),
    )
    inittab: Path = Path("/etc/inittab")
    pseudo: range = range(136, 144)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A terminal device: `name` as the kernel calls it (`ttyS1`, `pts/3`) and its number."""

    name: str
    number: int

    @classmethod
    def of(cls, port: int) -> Device:
        """The device behind a descriptor.

        Raises:
            OSError: it is no terminal.

        """
        return cls(name=os.ttyname(port).removeprefix("/dev/"), number=os.fstat(port).st_rdev)

    def pseudo(self, machine: MachinePaths) -> bool:
        """Whether it is a pseudo-terminal."""
        return os.major(self.number) in machine.pseudo


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One reason: `code` for programs and the security log, `what` completes "the port …", `do` says what to do."""

    code: str
    what: str
    do: str


TAKEN = Refusal(
    code="exclusive", what="has been taken by another program for itself (TIOCEXCL)", do="Stop that program."
)
"""Also what opening it with EBUSY means."""


def machine_refusals(device: Device, machine: MachinePaths) -> list[Refusal]:
    """Every reason that this machine's own files give; takes milliseconds, so the line's thread asks only at the start.

    Args:
        device: the port.
        machine: where to look.

    """
    checks: list[Callable[[Device, MachinePaths], Iterator[Refusal]]] = [_console, _debugger, _login]
    if not device.pseudo(machine):
        checks += [_sysrq, _held]
    found: list[Refusal] = []
    for check in checks:
        try:
            found += check(device, machine)
        except PermissionError as error:
            what = f"cannot be judged: {error.filename} may not be read"
            found.append(_refusal("unknown", what, "Let the gateway's account read it."))
    return found


def port_refusals(port: int) -> list[Refusal]:
    """Every reason that the terminal layer gives for an open port; may be asked at any time.

    Raises:
        OSError: the device has gone.

    """
    discipline = _answer(port, _TIOCGETD)
    if discipline == _N_TTY:
        return []
    what = f"has line discipline {discipline}: something other than this gateway works on it"
    return [_refusal("discipline", what, "Stop what attached it (ldattach, pppd, gpsd …).")]


def taken(port: int) -> list[Refusal]:
    """Whether somebody has the port for himself; asked before this process takes it.

    Raises:
        OSError: the device has gone.

    """
    return [TAKEN] if _answer(port, _TIOCGEXCL) else []


def _refusal(code: str, what: str, do: str) -> Refusal:
    return Refusal(code=code, what=what, do=do)


def _answer(port: int, question: int) -> int:
    (answer,) = struct.unpack("i", fcntl.ioctl(port, question, b"\0\0\0\0"))
    return int(answer)


def _text(file: Path) -> str:
    """What a file says; nothing if this kernel does not have it."""
    try:
        return file.read_text("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError):
        return ""


def _console(device: Device, machine: MachinePaths) -> Iterator[Refusal]:
    do = "Take it off the kernel's command line (console=), and start the machine again."
    listed = {line.split()[0] for line in _text(machine.proc / "consoles").splitlines() if line.strip()}
    active = _text(machine.sys / "class/tty/console/active").split()
    own = _text(machine.sys / "class/tty" / device.name / "console").strip()
    if device.name in listed or device.name in active or own == "Y":
        yield _refusal("console", "is a console of this machine's kernel: it would carry messages out and SysRq in", do)
    wanted = [word.partition("=")[2].partition(",")[0] for word in _command_line(machine) if word.startswith("console")]
    if device.name in wanted and device.name not in listed:
        yield _refusal("console", "is named as a console on the kernel's command line", do)


def _command_line(machine: MachinePaths) -> list[str]:
    return _text(machine.proc / "cmdline").split()


def _sysrq(_: Device, machine: MachinePaths) -> Iterator[Refusal]:
    """A BREAK would be a command: the mask must be 0 and not overruled (sysrq.rst)."""
    mask = _text(machine.proc / "sys/kernel/sysrq").strip()
    if mask not in ("", "0"):
        yield _refusal(
            "sysrq",
            f"is on a machine whose SysRq is on (kernel.sysrq = {mask}): a BREAK and a letter would command it",
            "Put kernel.sysrq = 0 into /etc/sysctl.d and run `sysctl --system`.",
        )
    if any(word.startswith("sysrq_always_enabled") for word in _command_line(machine)):
        yield _refusal(
            "sysrq",
            "is on a machine whose kernel was started with sysrq_always_enabled",
            "Take it off the kernel's command line.",
        )


def _debugger(device: Device, machine: MachinePaths) -> Iterator[Refusal]:
    """The kernel debugger's port: `kgdboc=[kms,][kbd,]ttyS1,115200`, or what was set since (kgdb.rst)."""
    words = (word.partition("=") for word in _command_line(machine))
    said = [value for key, _, value in words if key in ("kgdboc", "kgdboc_earlycon")]
    said.append(_text(machine.sys / "module/kgdboc/parameters/kgdboc").strip())
    if any(device.name in text.split(",") for text in said):
        yield _refusal(
            "debugger", "is the port of the kernel's debugger (kgdboc)", "Take kgdboc off the kernel's command line."
        )


def _login(device: Device, machine: MachinePaths) -> Iterator[Refusal]:
    do = f"Run `systemctl mask --now serial-getty@{device.name}.service`, or take it out of {machine.inittab}."
    for process in _processes(machine):
        if _terminal_of(process) == _tty_nr(device.number):
            yield _refusal("login", f"is the terminal of process {process.name}: somebody could log in on it", do)
        elif _waits_for(process, device):
            yield _refusal("login", f"is about to be taken by the login program, process {process.name}", do)
    for unit in _units(device, machine):
        yield _refusal("login", f"has a login set up: {unit}", do)
    for line in _text(machine.inittab).splitlines():
        if not line.lstrip().startswith("#") and device.name in line.replace(":", " ").split():
            yield _refusal("login", f"has a login set up in {machine.inittab}: {line.strip()}", do)


def _processes(machine: MachinePaths) -> Iterator[Path]:
    for entry in sorted(machine.proc.iterdir()):
        if entry.name.isdigit():
            yield entry


def _terminal_of(process: Path) -> int:
    """A process's controlling terminal, field 7 of /proc/PID/stat (proc(5)); 0 if it has none or has ended."""
    try:
        fields = (process / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[4]) if len(fields) > 4 else 0


def _tty_nr(number: int) -> int:
    """A device number as proc(5) writes it: minor in bits 31–20 and 7–0, major in 15–8."""
    major, minor = os.major(number), os.minor(number)
    return (minor & 0xFF) | (major << 8) | ((minor & 0xFFF00) << 12)


def _waits_for(process: Path, device: Device) -> bool:
    """Whether it is a getty for the device that has not opened it yet, for example because it waits for a carrier."""
    try:
        words = (process / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return False
    return words[0].rpartition("/")[2] in _GETTIES and any(
        word.removeprefix("/dev/") == device.name for word in words[1:]
    )


def _units(device: Device, machine: MachinePaths) -> Iterator[Path]:
    """Units that something wants at the start and that would log in on the device; a masked one is none."""
    names = {f"{kind}@{device.name.replace('/', '-')}.service" for kind in _UNIT_KINDS}
    masked = {name for folder in machine.units for name in names if _is_masked(folder / name)}
    for folder in machine.units:
        for pattern in ("*.wants", "*.requires", "*.upholds"):
            for wanting in sorted(folder.glob(pattern)):
                for name in sorted(names - masked):
                    if (wanting / name).is_symlink() or (wanting / name).exists():
                        yield wanting / name


def _is_masked(unit: Path) -> bool:
    return unit.is_symlink() and str(unit.readlink()) == "/dev/null"


def _held(device: Device, machine: MachinePaths) -> Iterator[Refusal]:
    """Other processes that have the device open; of those whose descriptors may be seen (root sees all)."""
    own = os.getpid()
    for process in _processes(machine):
        if int(process.name) != own and any(_is_device(entry, device) for entry in _open_files(process)):
            yield _refusal(
                "held",
                f"is held open by process {process.name}, which could read what comes in",
                "Stop that program; `fuser -v` names it.",
            )


def _open_files(process: Path) -> list[Path]:
    try:
        return list((process / "fd").iterdir())
    except OSError:
        return []  # it has ended, or is another user's: TIOCEXCL keeps those out from now on


def _is_device(entry: Path, device: Device) -> bool:
    try:
        return entry.stat().st_rdev == device.number
    except OSError:
        return False  # closed while we looked
