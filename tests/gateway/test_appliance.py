"""What the appliance is made of: nothing that could listen on the port, and no more than its own extra."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import stationmaster_base
import stationmaster_gateway
import stationmaster_telegram

BLOCKED = (
    "twisted",
    "lxml",
    "serial",
    "klein",
    "immutables",
    "zope",
    "jinja2",
    "automat",
    "alembic",
    "stationmaster_kernel",
)

IMPORT_ALL = f"""
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {BLOCKED!r}:
            raise ImportError(f"{{name}} is not on the appliance")

sys.meta_path.insert(0, Blocked())
import importlib, pkgutil
import stationmaster_gateway, stationmaster_telegram
for package in (stationmaster_gateway, stationmaster_telegram):
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
print(sorted({{name.partition(".")[0] for name in sys.modules}} & set({BLOCKED!r})))
"""


def modules() -> Iterator[tuple[Path, ast.Module]]:
    """Every module of the appliance."""
    for package in (stationmaster_gateway, stationmaster_telegram, stationmaster_base):
        for path in Path(str(package.__file__)).parent.glob("*.py"):
            yield path, ast.parse(path.read_text("utf-8"))


READING = {
    *(f"os.{name}" for name in ("read", "readv", "pread", "preadv", "fdopen", "dup", "dup2", "splice", "sendfile")),
    *(f"os.{name}" for name in ("openpty", "popen", "system", "copy_file_range", "eventfd_read")),
    *(f"io.{name}" for name in ("open", "FileIO", "open_code")),
}
"""All by which a descriptor could be read from, or handed to something that reads."""
DESCRIPTORS = {"os.open", "os.write", "fcntl", "fcntl.ioctl", "fcntl.fcntl", "termios.tcsetattr", "termios.tcgetattr"}
"""What works on a descriptor at all."""
WAITING = {"select", "selectors", "asyncio", "serial", "tty", "pty"}
"""Modules that wait for input."""
BEHIND = {"ctypes", "cffi", "mmap", "subprocess", "multiprocessing", "importlib", "builtins", "posix"}
"""Modules by which one could read behind this check's back."""
QUESTIONS = {0x5424: "TIOCGETD", 0x80045440: "TIOCGEXCL", 0x542F: "TIOCSRS485"}
"""The ioctls that are written as numbers (asm-generic/ioctls.h); modem lines are 0x5415 to 0x5418, 0x545C, 0x545D."""


def used(tree: ast.AST) -> set[str]:
    """All names that a module uses, in full whatever it calls them: `os.read` also as `from os import read as r`."""
    short: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            short |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            short |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    found = set(short.values())
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.add(f"{short.get(node.value.id, node.value.id)}.{node.attr}")
        elif isinstance(node, ast.Name):
            found.add(short.get(node.id, node.id))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
            what, name = node.args[0], node.args[1]
            if isinstance(what, ast.Name) and isinstance(name, ast.Constant):
                found.add(f"{short.get(what.id, what.id)}.{name.value}")
    return found


def asked_by_name(tree: ast.AST) -> set[str]:
    """What a module looks up by a name that is no constant, `getattr(os, word)`, or runs from text."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "getattr" and not isinstance(node.args[1], ast.Constant):
                found.add(ast.unparse(node))
            elif node.func.id in {"eval", "exec", "__import__", "compile", "vars", "globals"}:
                found.add(node.func.id)
    return found


def test_everything_can_be_imported_with_the_gateways_extra_alone() -> None:
    """No module of the appliance needs Twisted, lxml, pyserial, klein, immutables or the platform's kernel."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL], capture_output=True, text=True, check=False, env=environment()
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "[]", "")


def environment() -> dict[str, str]:
    return {"PYTHONPATH": ":".join(path for path in sys.path if path)}


def test_no_code_reads_from_a_port() -> None:
    """Only these modules touch descriptors, and of what reads from one nothing is used, by whatever name."""
    everything = {path.name: used(tree) for path, tree in modules()}
    assert {name: names & READING for name, names in everything.items() if names & READING} == {}
    touching = {name: names & DESCRIPTORS for name, names in everything.items() if names & DESCRIPTORS}
    files = {name for name, names in touching.items() if names == {"os.open"}}
    assert {name: names for name, names in touching.items() if name not in files} == {
        "port.py": {"os.open", "os.write", "fcntl", "fcntl.ioctl", "termios.tcsetattr", "termios.tcgetattr"},
        "port_refusals.py": {"fcntl", "fcntl.ioctl"},
        "wiring.py": {"fcntl", "fcntl.ioctl"},
    }
    assert files <= SYNCING
    assert all({name for name in everything[file] if name.startswith("os.O_")} <= FOLDER for file in files)


SYNCING = {"durable.py"}
"""Modules that open folders of files, to make a rename durable: opened, synced, closed."""
FOLDER = {"os.O_RDONLY", "os.O_DIRECTORY"}


def test_nothing_goes_behind_the_check() -> None:
    """No module waits for input, loads C, starts programs, or looks names up that this check could not see."""
    for path, tree in modules():
        roots = {name.partition(".")[0] for name in used(tree)}
        assert not roots & (WAITING | BEHIND), path
        assert "socket" not in roots or path.name in {"notify.py", "status.py"}, path
        assert asked_by_name(tree) <= {"getattr(termios, f'B{baud}')", "getattr(self.counters, reason)"}, path


def test_the_one_socket_is_local_and_nothing_is_received() -> None:
    """The init system is told by AF_UNIX datagrams; the status page's server is the standard library's."""
    (names,) = (used(tree) for path, tree in modules() if path.name == "notify.py")
    assert {name for name in names if name.startswith("socket.AF_")} == {"socket.AF_UNIX"}
    (status,) = (used(tree) for path, tree in modules() if path.name == "status.py")
    assert {name for name in status if name.startswith("socket")} == {"socket.AF_INET6"}
    (tree,) = (tree for path, tree in modules() if path.name == "notify.py")
    called = {node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and hasattr(node.func, "attr")}
    assert not {name for name in called if name.startswith(("recv", "bind", "listen", "accept", "makefile"))}


def test_the_port_asks_for_nothing_but_writing() -> None:
    """Of the flags to open with and the questions to a driver, only these are used: no modem line is read."""
    trees = {path.name: tree for path, tree in modules()}
    names = used(trees["port.py"])
    assert {name for name in names if name.startswith("os.O_")} == {
        "os.O_WRONLY",
        "os.O_NOCTTY",
        "os.O_NONBLOCK",
        "os.O_CLOEXEC",
    }
    assert "open" not in names
    questions = {
        name for tree in trees.values() for name in used(tree) if name.startswith(("termios.TIO", "termios.FIO"))
    }
    assert questions == {
        "termios.TIOCOUTQ",  # how much waits to go out
        "termios.TIOCEXCL",  # nobody else may open it
        "termios.TIOCNXCL",
        "termios.TIOCMBIS",  # sets modem lines, to switch an RS-422 driver on
        "termios.TIOCM_RTS",
        "termios.TIOCM_DTR",
    }
    numbers = {
        node.value
        for name in ("port.py", "port_refusals.py", "wiring.py")
        for node in ast.walk(trees[name])
        if isinstance(node, ast.Constant) and isinstance(node.value, int) and 0x5400 <= node.value & 0xFFFF <= 0x54FF
    }
    assert numbers == set(QUESTIONS)


@pytest.mark.parametrize(
    "written",
    [
        "import os\nos.read(3, 1)",
        "import os as o\no.read(3, 1)",
        "from os import read\nread(3, 1)",
        "from os import pread as see\nsee(3, 1, 0)",
        "from os import dup2 as two",
        "import io\nio.FileIO(3)",
        "from io import FileIO as F",
        "import os as o\ngetattr(o, 'read')(3, 1)",
    ],
)
def test_the_check_sees_reading_by_any_name(written: str) -> None:
    """An alias hides nothing."""
    assert used(ast.parse(written)) & READING


@pytest.mark.parametrize(
    "written",
    ["import os\ngetattr(os, 're' + 'ad')(3, 1)", "eval('os.read(3, 1)')", "__import__('os').read(3, 1)"],
)
def test_the_check_sees_what_it_cannot_follow(written: str) -> None:
    """A name put together at run time is not let through."""
    assert asked_by_name(ast.parse(written))
