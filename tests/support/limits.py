"""One core and 1 GiB for a whole station: the system's own limits where we may set them, and a sum of what is used."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

GIBIBYTE = 1 << 30
CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`prefix` stands before a command that is to be limited; `enforced`: memory is limited by the system."""

    prefix: tuple[str, ...]
    enforced: bool
    group: Path | None = None

    def kills(self) -> int:
        """How many processes the kernel ended because the group had no memory left."""
        for name in ("memory.oom_control", "memory.events"):
            file = None if self.group is None else self.group / name
            if file is not None and file.exists():
                counts = dict(line.split() for line in file.read_text().splitlines())
                return int(counts.get("oom_kill", 0))
        return 0


@contextmanager
def one_core_and(memory: int) -> Iterator[Limits]:
    """Limits for the processes of one test: the first core that we may use, and `memory` bytes together."""
    core = str(min(os.sched_getaffinity(0)))
    group = _make_group(memory)
    if group is None:
        yield Limits(prefix=("taskset", "-c", core), enforced=False)
        return
    join = 'echo $$ > "$0/cgroup.procs" && exec taskset -c "$@"'
    try:
        yield Limits(prefix=("sh", "-c", join, str(group), core), enforced=True, group=group)
    finally:
        group.rmdir()


def memory_of(pids: Iterable[int]) -> int:
    """Bytes of these processes and their children: proportional set size, so that shared pages count once."""
    total = 0
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            for member in (process, *process.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    total += member.memory_full_info().pss
    return total


def _make_group(memory: int) -> Path | None:
    """A control group with a limit, by version 1 or 2 of the interface; None where we may not make one."""
    name = f"stationmaster-test-{uuid.uuid4().hex[:8]}"
    for parent, limit in ((CGROUPS / "memory", "memory.limit_in_bytes"), (CGROUPS, "memory.max")):
        group = parent / name
        if not parent.is_dir():
            continue
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            (group / limit).write_text(str(memory))
        except OSError:
            group.rmdir()
            continue
        return group
    return None
