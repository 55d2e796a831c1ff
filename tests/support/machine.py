"""A machine as its kernel and init system describe it, in a folder: what the gateway looks at before it sends."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from stationmaster_gateway.port_refusals import MachinePaths


def quiet_machine(folder: Path) -> MachinePaths:
    """A machine on which nothing but the gateway uses a serial port."""
    machine = MachinePaths(
        proc=folder / "proc",
        sys=folder / "sys",
        units=(folder / "etc/systemd/system", folder / "run/systemd/generator"),
        inittab=folder / "etc/inittab",
    )
    for path in (machine.proc / "sys/kernel", machine.proc / "self", machine.sys, *machine.units):
        path.mkdir(parents=True)
    (machine.proc / "cmdline").write_text("root=/dev/sda1 quiet\n")
    (machine.proc / "consoles").write_text("tty0                 -WU (EC  p  )    4:1\n")
    (machine.proc / "sys/kernel/sysrq").write_text("0\n")
    return machine


def as_real(machine: MachinePaths) -> MachinePaths:
    """The same machine, on which pseudo-terminals count as real ports."""
    return replace(machine, pseudo=range(0))


def process(
    machine: MachinePaths, number: int, terminal: int, *, words: tuple[str, ...] = ("sh",), holds: Path | None = None
) -> None:
    """Put a process there.

    Args:
        machine: where.
        number: its id.
        terminal: the device number of its controlling terminal; 0: it has none.
        words: its command line.
        holds: a device that it has open.

    """
    folder = machine.proc / str(number)
    (folder / "fd").mkdir(parents=True)
    major, minor = os.major(terminal), os.minor(terminal)
    tty_nr = (minor & 0xFF) | (major << 8) | ((minor & 0xFFF00) << 12)
    (folder / "stat").write_text(f"{number} (a get ty) S 1 {number} {number} {tty_nr} {number} 0 0")
    (folder / "cmdline").write_bytes("\0".join((*words, "")).encode())
    (folder / "fd" / "0").symlink_to("/nowhere")
    if holds is not None:
        (folder / "fd" / "5").symlink_to(holds)
