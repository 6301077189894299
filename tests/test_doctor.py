"""What the doctor finds, on this machine and on one where things are missing."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runtime import doctor
from runtime.doctor import Finding, diagnose
from runtime.gpu import Gpu, gpus
from runtime.house import House
from runtime.worker import WorkerSpec


class Quiet:
    """A service that does nothing."""


def by_name(findings: list[Finding]) -> dict[tuple[str, str], Finding]:
    return {(finding.area, finding.name): finding for finding in findings}


def test_every_finding_that_is_not_well_has_a_remedy(house: House) -> None:
    findings = diagnose(house, {})
    assert {finding.area for finding in findings} >= {
        "python",
        "packages",
        "llama.cpp",
        "models",
        "gpu",
        "sound",
        "memory",
        "disk",
        "privacy",
        "workers",
    }
    assert all(finding.remedy for finding in findings if finding.state != "ok")
    assert all(finding.state in {"ok", "warn", "missing"} for finding in findings)
    assert by_name(findings)["packages", "hausgeist"].state == "ok"
    assert by_name(findings)["llama.cpp", "llama.cpp"].state == "ok"


def test_what_is_missing_is_named(environment: dict[str, str], tmp_path: Path) -> None:
    environment["HAUSGEIST_MODELS"] = str(tmp_path / "none")
    environment["HAUSGEIST_CHAT__MODEL"] = str(tmp_path / "absent.gguf")
    with House.open(environment) as house:
        found = by_name(diagnose(house, {"LANGSMITH_TRACING": "true"}))
    voice = found["models", "piper-en-us-joe"]
    assert (voice.state, voice.remedy) == ("missing", "Get it with `hausgeist models pull piper-en-us-joe`.")
    assert found["models", str(tmp_path / "absent.gguf")].state == "missing"
    assert "LANGSMITH_TRACING" in found["privacy", "telemetry"].remedy


def test_resident_workers_are_shown(house: House) -> None:
    with house.residency.lease(WorkerSpec("quiet", f"{__name__}:Quiet")) as worker:
        finding = by_name(diagnose(house, {}))["workers", "quiet"]
        assert f"process {worker.pid}" in finding.detail
        assert "in use" in finding.detail


def test_measured_sizes_are_shown(house: House) -> None:
    assert by_name(diagnose(house, {}))["measured", "models"].state == "ok"
    with house.residency.lease(WorkerSpec("quiet", f"{__name__}:Quiet")):
        pass
    finding = by_name(diagnose(house, {}))["measured", "quiet"]
    assert finding.state == "ok" and "GB of main memory at most, measured 2 times" in finding.detail


def test_a_gpu_without_a_gpu_build_is_a_warning(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "gpus", lambda: [Gpu("Card", 8 * 10**9, 6 * 10**9)])
    monkeypatch.setattr(doctor, "_probe", lambda what: {"version": "1", "system": "CPU : AVX2 = 1 |", "gpu": False})
    found = by_name(diagnose(house, {}))
    assert "6.0 of 8.0 GB free" in found["gpu", "Card"].detail
    assert "make gpu" in found["llama.cpp", "llama.cpp"].remedy


def answers(returncode: int, stderr: str = "") -> Callable[..., Any]:
    return lambda command, **_: subprocess.CompletedProcess(command, returncode, "", stderr)


def test_a_library_that_dies_or_hangs_is_a_finding() -> None:
    def hang(command: list[str], **_: Any) -> Any:
        raise subprocess.TimeoutExpired(command, 1.0)

    assert doctor._probe("llama", run=answers(-4)) == {"error": "it died of signal 4"}
    assert doctor._probe("llama", run=answers(1, "x\nImportError: libcudart")) == {"error": "ImportError: libcudart"}
    assert "did not answer" in doctor._probe("sound", run=hang)["error"]


def test_nvidia_smi_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'NVIDIA H100, 80GB, 81559, 80000'\necho '[N/A]'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert gpus() == [Gpu("NVIDIA H100, 80GB", 81559 * 1024**2, 80000 * 1024**2)]
    program.write_text("#!/bin/sh\nexit 9\n")
    assert gpus() == []


def test_disk_that_is_nearly_full(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = doctor.shutil.disk_usage("/")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage._replace(free=10**8))
    assert by_name(diagnose(replace(house), {}))["disk", "models"].state == "warn"
