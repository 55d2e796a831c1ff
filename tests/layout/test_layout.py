"""The checkout's own order: what is on disk, what `setup.cfg` says of it, and what may not be there."""

from __future__ import annotations

import configparser
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NO_PACKAGES = {"tests", "benchmarks", "docs", "tools", "stations", "var", "build", "dist", "examples"}


@cache
def roots() -> list[Path]:
    """The source roots: every folder that directly holds packages."""
    return sorted({package.parent for package in packages() if not (package.parent / "__init__.py").exists()})


@cache
def packages() -> list[Path]:
    """Every folder that is a package."""
    tops = [top for top in ROOT.iterdir() if top.is_dir() and top.name not in NO_PACKAGES and top.name[0] != "."]
    return sorted(init.parent for top in tops for init in top.rglob("__init__.py"))


def package_name(package: Path) -> str:
    """`platform/stationmaster/hub` is `stationmaster.hub`."""
    names = [package.name]
    while (package.parent / "__init__.py").exists():
        package = package.parent
        names.insert(0, package.name)
    return ".".join(names)


def written_by_us() -> Iterator[Path]:
    """Every Python file that git has or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).exists():
            yield ROOT / name


@pytest.fixture(scope="module")
def setup() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", "utf-8")
    return parser


@pytest.fixture(scope="module")
def pyproject() -> dict[str, dict[str, dict[str, list[str]]]]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def words(setup: configparser.ConfigParser, section: str, key: str) -> list[str]:
    return setup[section][key].split()


def test_no_top_folder_is_a_package() -> None:
    """An `__init__.py` directly in a top folder, in `adapters/*` or in `subsystems/*` would hide other packages."""
    folders = [folder for folder in ROOT.iterdir() if folder.is_dir()]
    folders += [folder for top in ("adapters", "subsystems") for folder in (ROOT / top).iterdir() if folder.is_dir()]
    assert [folder for folder in folders if (folder / "__init__.py").exists()] == []


def test_the_standard_library_is_not_hidden() -> None:
    """From the checkout's top, `platform` is Python's and not our folder."""
    code = "import platform; print(platform.python_version())"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_setup_lists_every_package(setup: configparser.ConfigParser) -> None:
    """`packages` and the disk agree; what is not listed would be missing from the wheel."""
    assert sorted(words(setup, "options", "packages")) == sorted(package_name(package) for package in packages())


def test_setup_knows_where_each_package_is(setup: configparser.ConfigParser) -> None:
    """`package_dir` has one line for each top package, and each line is right."""
    said = dict(re.split(r"\s*=\s*", line) for line in setup["options"]["package_dir"].strip().splitlines())
    found = {package.name: package for package in packages() if package.parent in roots()}
    assert said == {name: package.relative_to(ROOT).as_posix() for name, package in found.items()}


def test_tools_know_every_root(
    setup: configparser.ConfigParser, pyproject: dict[str, dict[str, dict[str, list[str]]]]
) -> None:
    """mypy, pytest and ruff look into each source root."""
    names = {root.relative_to(ROOT).as_posix() for root in roots()}
    assert set(setup["mypy"]["mypy_path"].split(":")) == names
    assert set(words(setup, "tool:pytest", "pythonpath")) == names | {"tests"}
    assert set(pyproject["tool"]["ruff"]["src"]) == names | {"tests"}


def test_tools_check_every_package(
    setup: configparser.ConfigParser, pyproject: dict[str, dict[str, dict[str, list[str]]]]
) -> None:
    """Mypy and the import contracts leave out no top package."""
    names = {package.name for package in packages() if package.parent in roots()}
    assert set(setup["mypy"]["packages"].split(",")) == names
    assert set(pyproject["tool"]["importlinter"]["root_packages"]) == names


def test_package_data_catches_every_file(setup: configparser.ConfigParser) -> None:
    """Each file in a package that is no Python is in the wheel, and each pattern catches something."""
    patterns = {name: value.replace(",", " ").split() for name, value in setup["options.package_data"].items()}
    everywhere = patterns.pop("*", [])
    missing = []
    used = set()
    for package in packages():
        name = package_name(package)
        caught = set()
        for pattern in (*everywhere, *patterns.get(name, [])):
            matches = {file for file in package.glob(pattern) if file.is_file()}
            if matches:
                used.add((name, pattern))
            caught |= matches
        for file in package.rglob("*"):
            nearest = next(parent for parent in file.parents if (parent / "__init__.py").exists())
            if file.is_file() and nearest == package and file.suffix not in {".py", ".pyc"} and file not in caught:
                missing.append(file.relative_to(ROOT).as_posix())
    assert missing == []
    assert [
        (name, pattern) for name, given in patterns.items() for pattern in given if (name, pattern) not in used
    ] == []


def test_every_top_package_is_typed() -> None:
    """`py.typed` stands in each, so that vendors' type checkers believe our annotations."""
    assert [
        package for package in packages() if package.parent in roots() and not (package / "py.typed").exists()
    ] == []


def test_tests_are_no_packages() -> None:
    """With importlib's import mode an `__init__.py` in tests would only make names collide."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_modules_are_of_readable_length() -> None:
    """No module of a package is longer than 400 lines: it is two nouns then."""
    long = {
        file.relative_to(ROOT).as_posix(): length
        for package in packages()
        for file in package.glob("*.py")
        if (length := len(file.read_text("utf-8").splitlines())) > 400
    }
    assert long == {}


def test_exceptions_to_rules_have_a_code_and_a_reason() -> None:
    """No bare `type: ignore` or `noqa`; outside tests a reason stands behind the code."""
    code = r"#\s*(?:type:\s*ignore|noqa)\b(?!(?:\[|: )[\w, -]+?\]?{after})"
    bare, unexplained = re.compile(code.format(after="")), re.compile(code.format(after=r"\s+\S+ \S"))
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in written_by_us()
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if (bare if file.is_relative_to(ROOT / "tests") else unexplained).search(line) and file != Path(__file__)
    ]
    assert found == []


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    """A test that does not run proves nothing."""
    rule = re.compile(r"pytest\.(skip|xfail|importorskip)|mark\.(skip|skipif|xfail)\b")
    found = [
        file.relative_to(ROOT).as_posix()
        for file in written_by_us()
        if file.is_relative_to(ROOT / "tests") and file != Path(__file__) and rule.search(file.read_text("utf-8"))
    ]
    assert found == []


def test_nothing_is_left_undone() -> None:
    """No TODO or FIXME stands in code."""
    rule = re.compile(r"\b(TODO|FIXME|XXX)\b")
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in written_by_us()
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if rule.search(line) and file != Path(__file__)
    ]
    assert found == []
