"""The wheel, built and installed where the checkout is not: it is whole, and each extra brings what it needs."""

from __future__ import annotations

import os
import re
import shutil
import site
import subprocess
import sys
import venv
import zipfile
from email import message_from_bytes
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
EXTRAS = {
    "gateway": ("stationmaster_gateway", "stationmaster_telegram"),
    "hub": ("stationmaster.hub", "stationmaster.console", "stationmaster.station", "stationmaster_dmis"),
    "guidance": ("stationmaster_guidance", "stationmaster_agent"),
    "query": ("stationmaster_query",),
    "broadcast": ("stationmaster_broadcast",),
}


def tree() -> list[Path]:
    """The files that git has or would take, without tests."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = [Path(name) for name in listed.stdout.splitlines()]
    return [name for name in names if name.parts[0] not in {"tests", "benchmarks", "docs"} and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the tree, so that nothing is left in the checkout."""
    folder = tmp_path_factory.mktemp("build")
    for name in tree():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    built = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder / "dist"), str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr + built.stdout
    (made,) = (folder / "dist").iterdir()
    return made


def environment_of(folder: Path, *packages: str) -> Path:
    """A virtual environment that has what is in these folders, and nothing else; its Python."""
    venv.create(folder, with_pip=False)
    (own,) = folder.glob("lib/python*/site-packages")
    (own / "outside.pth").write_text("".join(f"{each}\n" for each in packages))
    return folder / "bin" / "python"


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has the wheel, and everything else from here, but not the checkout."""
    outside = next(folder for folder in site.getsitepackages() if Path(folder).is_dir())
    python = environment_of(tmp_path_factory.mktemp("installed") / "venv", outside)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"),
            *("install", "--quiet", "--no-deps", "--no-index", str(wheel)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return python


def required(name: str, wheel: Path) -> list[str]:
    """What a distribution says that it needs; for our own, what the wheel says."""
    if name != "stationmaster":
        return metadata.requires(name) or []
    archive = zipfile.ZipFile(wheel)
    (said,) = [each for each in archive.namelist() if each.endswith(".dist-info/METADATA")]
    return message_from_bytes(archive.read(said)).get_all("Requires-Dist") or []


def closure(extra: str, wheel: Path) -> set[str]:
    """The names of the distributions that `pip install stationmaster[extra]` brings."""
    wanted, seen = [("stationmaster", extra)], {("stationmaster", extra)}
    while wanted:
        name, of = wanted.pop()
        for text in required(name, wheel):
            requirement = Requirement(text)
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": of}):
                continue
            for each in (*requirement.extras, ""):
                found = (re.sub(r"[-_.]+", "-", requirement.name).lower(), each)
                if found not in seen:
                    seen.add(found)
                    wanted.append(found)
    return {name for name, _ in seen} - {"stationmaster"}


def only(distributions: set[str], folder: Path) -> None:
    """Make `folder` hold these distributions and no others, as links."""
    folder.mkdir()
    for name in sorted(distributions):
        distribution = metadata.distribution(name)
        tops = {file.parts[0] for file in distribution.files or [] if file.parts[0] not in {"..", "__pycache__"}}
        for top in tops:
            link = folder / top
            if not link.exists():
                link.symlink_to(Path(str(distribution.locate_file(top))))


def test_the_wheel_holds_every_package_file(wheel: Path) -> None:
    """Each file of each package is in the wheel: code, pages, schemas, data; and no test is."""
    names = set(zipfile.ZipFile(wheel).namelist())
    tops = {"stationmaster"} | {name.split("/")[0] for name in names if name.startswith("stationmaster_")}
    missing = []
    for file in tree():
        for depth, part in enumerate(file.parts[:-1]):
            if part in tops and not (ROOT / Path(*file.parts[:depth]) / "__init__.py").exists():
                if "/".join(file.parts[depth:]) not in names:
                    missing.append(str(file))
                break
    assert missing == []
    assert not [name for name in names if "test" in name.split("/")[0]]


def test_the_installed_wheel_is_what_is_imported(installed: Path) -> None:
    """Neither the checkout nor its editable installation is on this Python's path, and the command is there."""
    code = "import stationmaster.cli as a, stationmaster_kernel as b; print(a.__file__, b.__file__)"
    told = subprocess.run(
        [installed, "-c", code], capture_output=True, text=True, check=True, env=clean_environment(), cwd="/"
    )
    folder = str(installed.parent.parent)
    assert all(path.startswith(folder) for path in told.stdout.split())
    version = subprocess.run(
        [installed.parent / "stationmaster", "--version"],
        capture_output=True,
        text=True,
        check=True,
        env=clean_environment(),
        cwd="/",
    )
    assert version.stdout == f"stationmaster {metadata.version('stationmaster')}\n"


def test_tests_pass_against_the_wheel(installed: Path) -> None:
    """Unit tests and tests with real processes, with nothing of the checkout's packages to fall back on."""
    ended = subprocess.run(
        [
            *(installed, "-P", "-m", "pytest", "-q", "-o", "pythonpath=tests", "-p", "no:cacheprovider"),
            *(
                "tests/kernel/test_step.py",
                "tests/cli/test_stations.py",
                "tests/system/test_demo.py::test_the_demo_runs_and_ends",
            ),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment(),
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


OF_PREVIEW = {"stationmaster_guidance.screenshot"}
"""What needs the extra `preview` besides: a browser that takes pictures, on the machine of who makes layouts."""


@pytest.mark.parametrize("extra", sorted(EXTRAS))
def test_an_extra_brings_what_its_machine_needs(extra: str, wheel: Path, installed: Path, tmp_path: Path) -> None:
    """With nothing but the extra's requirements, every module of its component can be imported and its help read."""
    only(closure(extra, wheel), tmp_path / "packages")
    (ours,) = installed.parent.parent.glob("lib/python*/site-packages")
    python = environment_of(tmp_path / "venv", str(tmp_path / "packages"), str(ours))
    code = f"""
import importlib, pkgutil
for name in {EXTRAS[extra]!r}:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, name + "."):
        if module.name in {sorted(OF_PREVIEW)!r}:
            continue
        if not module.name.endswith((".env", "__main__")) and ".versions." not in module.name:
            importlib.import_module(module.name)
from stationmaster.cli.main import main
main([{extra!r}, "--help"])
"""
    ended = subprocess.run(
        [python, "-c", code], capture_output=True, text=True, check=False, env=clean_environment(), cwd=tmp_path
    )
    assert ended.returncode == 0, ended.stderr
    assert f"stationmaster {extra} --config" in ended.stdout


def test_a_gateway_has_no_twisted_and_no_xml(wheel: Path) -> None:
    """The gateway's extra stays small: a database, a codec, logs and metrics."""
    assert closure("gateway", wheel).isdisjoint({"twisted", "klein", "lxml", "pyserial", "jinja2", "pyttsx3"})
