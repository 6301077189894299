"""Packages of others: the sample in examples/plugin and what `hausgeist tools new` writes install and work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from runtime.errors import UsageError
from tools.scaffold import make_package

from .cli_driver import ENTRY, Cli

ROOT = Path(__file__).resolve().parent.parent


def installed(package: Path, site: Path) -> None:
    """Install a package into a folder of its own, without a network."""
    copy = site.parent / f"source-{package.name}"
    copy.mkdir()
    subprocess.run(["cp", "-r", f"{package}/.", str(copy)], check=True)  # a build leaves files beside the source
    command = [
        sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--no-build-isolation",
        "--disable-pip-version-check", "--target", str(site), str(copy),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_packages_install_and_their_tools_work(environment: dict[str, str], tmp_path: Path) -> None:
    site = tmp_path / "site"
    files = make_package("water_plants", tmp_path)
    installed(ROOT / "examples" / "plugin", site)
    installed(files[0].parent, site)
    names = {point.name for point in entry_points(group="hausgeist.tools")}
    assert not names & {"moon_phase", "water_plants"}
    environ = {**environment, "PYTHONPATH": os.pathsep.join([str(ROOT), str(site)])}

    def call(*arguments: str) -> dict[str, object]:
        command = [*ENTRY, "tools", "call", *arguments, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, env=environ, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        result: dict[str, object] = json.loads(done.stdout)
        return result

    full = call("moon_phase", "day=2026-03-03")["facts"]
    assert full["phase"] == "full moon" and full["lit_percent"] >= 98  # type: ignore[index]
    assert call("moon_phase", "day=2026-02-17")["facts"]["phase"] == "new moon"  # type: ignore[index]
    assert call("water_plants", "about=the garden")["facts"] == {"about": "the garden"}
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(files[0].parent / "tests")]
    done = subprocess.run(tests, capture_output=True, text=True, env=environ, cwd=files[0].parent)
    assert done.returncode == 0, done.stdout


def test_names_that_cannot_be(tmp_path: Path) -> None:
    for name in ("Water", "water-plants", "2water", "", "class", "a" * 60, "tools", "../x"):
        with pytest.raises(UsageError):
            make_package(name, tmp_path)
    make_package("water", tmp_path)
    with pytest.raises(UsageError, match="there already"):
        make_package("water", tmp_path)


def test_the_command_writes_a_package(cli: Cli, tmp_path: Path) -> None:
    found = cli("tools", "new", "feed_cat", "--folder", str(tmp_path), "--json").json
    assert Path(found["folder"]).name == "hausgeist-feed-cat" and all(Path(file).exists() for file in found["files"])
    assert cli("tools", "new", "Feed Cat").status == 2
