"""The set-up of the Makefile, run with stand-ins for Python, pip and the CUDA tools that note what they were asked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
NEEDED = ["sh", "awk", "echo", "env", "getconf", "grep", "mkdir", "rm", "find", "touch", "uname", "cat", "chmod", "cp"]
PYTHON = """#!/bin/sh
echo "python $CMAKE_ARGS $*" >> {log}
case "$*" in
  *"-m venv"*) mkdir -p .venv/bin; cp "$0" .venv/bin/python
    printf '#!/bin/sh\\necho "hausgeist $*" >> {log}\\n' > .venv/bin/hausgeist; chmod +x .venv/bin/hausgeist ;;
  *"pip install"*) exit {pip} ;;
esac
"""


class Project:
    """A folder with our Makefile, and a PATH that holds only what a test puts there."""

    def __init__(self, folder: Path) -> None:
        make = shutil.which("make")
        if make is None:
            pytest.skip("make is not installed")
        self.make = make
        self.folder, self.bin, self.log = folder / "project", folder / "bin", folder / "log"
        self.folder.mkdir()
        self.bin.mkdir()
        for name in ("Makefile", "pyproject.toml", "constraints.txt", "requirements.lock"):
            shutil.copy(ROOT / name, self.folder / name)
        for name in NEEDED:
            place = shutil.which(name)
            if place:
                (self.bin / name).symlink_to(place)
        self.tool("g++", "#!/bin/sh\n")

    def tool(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def python(self, *, pip: int = 0) -> None:
        self.tool("python3.12", PYTHON.format(log=self.log, pip=pip))

    def run(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "HAUSGEIST_"))}
        return subprocess.run(
            [self.make, *arguments],
            cwd=self.folder,
            env={**kept, "PATH": str(self.bin), **environ},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def asked(self) -> str:
        return self.log.read_text() if self.log.exists() else ""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_without_a_fit_python_it_says_so(project: Project) -> None:
    project.tool("python3", "#!/bin/sh\nexit 1\n")
    answer = project.run("setup")
    assert answer.returncode != 0
    assert "No Python 3.11 or newer" in answer.stderr
    assert not (project.folder / ".venv").exists()


def test_without_a_compiler_it_says_so(project: Project) -> None:
    project.python()
    (project.bin / "g++").unlink()
    answer = project.run("setup")
    assert answer.returncode != 0
    assert "needs a C++ compiler" in answer.stderr


def test_the_first_run_sets_up_and_the_second_downloads_nothing(project: Project) -> None:
    project.python()
    assert project.run("run").returncode == 0
    first = project.asked()
    locked, rest = [line for line in first.splitlines() if "pip install" in line]
    assert "--require-hashes --no-deps -r requirements.lock" in locked
    assert "-c constraints.txt" in rest
    assert "-DGGML_NATIVE=OFF" in first and "GGML_CUDA" not in first
    asked = [line for line in first.splitlines() if line.startswith("hausgeist")]
    assert asked[0] == "hausgeist models pull starter"
    assert asked[-1] == "hausgeist demo"
    project.log.unlink()
    assert project.run("run").returncode == 0
    assert project.asked().splitlines() == asked


def test_a_failed_installation_stops_and_is_tried_again(project: Project) -> None:
    project.python(pip=1)
    assert project.run("run").returncode != 0
    assert "hausgeist" not in project.asked().splitlines()[-1].split()[0]
    shutil.rmtree(project.folder / ".venv")
    project.python()
    assert project.run("setup").returncode == 0


def test_llama_is_built_for_a_gpu_only_where_one_is(project: Project) -> None:
    project.python()
    project.tool("nvcc", "#!/bin/sh\n")
    project.tool("nvidia-smi", "#!/bin/sh\nexit 9\n")
    assert project.run("setup").returncode == 0
    assert "GGML_CUDA" not in project.asked()
    shutil.rmtree(project.folder / ".venv")
    project.tool("nvidia-smi", "#!/bin/sh\necho 'GPU 0: Card'\n")
    assert project.run("setup").returncode == 0
    assert "-DGGML_CUDA=ON" in project.asked()
    shutil.rmtree(project.folder / ".venv")
    project.log.unlink()
    assert project.run("setup", HAUSGEIST_CUDA="0").returncode == 0
    assert "GGML_CUDA" not in project.asked()


def test_the_lock_holds_hashes_of_the_pinned_versions() -> None:
    """Each line of the lock is pinned in the constraints too, and has hashes; what is missing in it is named here."""
    pinned = {canonicalize_name(one.name): str(one.specifier) for one in _requirements("constraints.txt")}
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", "")
    locked: dict[str, set[str]] = {}
    for line in text.splitlines():
        requirement, *hashes = line.split("--hash=")
        assert hashes and all(re.fullmatch(r"sha256:[0-9a-f]{64}", one.strip()) for one in hashes), requirement
        one = Requirement(requirement.strip())
        locked.setdefault(canonicalize_name(one.name), set()).add(str(one.specifier))
    several = {name: versions for name, versions in locked.items() if len(versions) > 1}
    assert set(several) == {"soupsieve"}  # by Python's version, as in the constraints
    assert {name: versions for name, versions in locked.items() if pinned.get(name) not in versions} == {}
    by_machine = {"torch", "mpmath", "sympy"}  # torch comes with or without CUDA, and brings the others
    of_extras = {"ray", "sentence-transformers", "scikit-learn", "narwhals"}  # not installed by the Makefile
    assert set(pinned) - set(locked) == by_machine | of_extras


def _requirements(name: str) -> list[Requirement]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def test_help_names_every_target(project: Project) -> None:
    answer = project.run()
    assert answer.returncode == 0
    for target in ("setup", "run", "test", "check", "lock", "clean", "gpu"):
        assert f"make {target}" in answer.stdout
