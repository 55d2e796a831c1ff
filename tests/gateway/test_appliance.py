"""What the appliance is made of: nothing that could listen on the port, and no more than its own extra."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

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
    for package in (stationmaster_gateway, stationmaster_telegram):
        for path in Path(str(package.__file__)).parent.glob("*.py"):
            yield path, ast.parse(path.read_text("utf-8"))


def called(tree: ast.AST) -> Iterator[str]:
    """The dotted names of all attributes that are used, `os.read`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"


def test_everything_can_be_imported_with_the_gateways_extra_alone() -> None:
    """No module of the appliance needs Twisted, lxml, pyserial, klein, immutables or the platform's kernel."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL], capture_output=True, text=True, check=False, env=environment()
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "[]", "")


def environment() -> dict[str, str]:
    return {"PYTHONPATH": ":".join(path for path in sys.path if path)}


def test_no_code_reads_from_a_port() -> None:
    """Only the module of the port touches descriptors, and of what reads or waits for input it uses nothing."""
    descriptors = {
        "os.open",
        "os.write",
        "os.read",
        "os.readv",
        "os.pread",
        "os.fdopen",
        "fcntl.ioctl",
        "termios.tcsetattr",
    }
    users = {path.name: set(called(tree)) & descriptors for path, tree in modules()}
    assert {name: used for name, used in users.items() if used} == {
        "port.py": {"os.open", "os.write", "fcntl.ioctl", "termios.tcsetattr"},
    }


def test_the_port_asks_for_nothing_but_writing() -> None:
    """Of the flags to open with and the questions to ask a driver, only these are used: no modem line is read."""
    (tree,) = (tree for path, tree in modules() if path.name == "port.py")
    names = set(called(tree))
    assert {name for name in names if name.startswith("os.O_")} == {
        "os.O_WRONLY",
        "os.O_NOCTTY",
        "os.O_NONBLOCK",
        "os.O_CLOEXEC",
    }
    assert {name for name in names if name.startswith("termios.TIOC")} == {"termios.TIOCOUTQ"}
    assert {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value == 0x5424} == {
        0x5424
    }


def test_no_module_waits_for_input() -> None:
    """No select, no poll, no selector: nothing in the appliance waits for a descriptor to become readable."""
    for path, tree in modules():
        imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not imported & {"select", "selectors", "asyncio", "socket", "serial", "tty"}, path
