"""Which NVIDIA GPUs there are and what is free on them, asked of `nvidia-smi`. Owns no models and no CUDA."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass

MIB = 1024**2


@dataclass(frozen=True)
class Gpu:
    """One GPU; bytes of its memory."""

    name: str
    total_bytes: int
    free_bytes: int


def gpus(*, timeout_s: float = 10.0) -> list[Gpu]:
    """The GPUs that the driver shows, in its order; empty without a driver or when it does not answer."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    query = [program, "--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=timeout_s, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    if answer.returncode != 0:
        return []
    return [gpu for line in answer.stdout.splitlines() if (gpu := _gpu(line)) is not None]


def free_gpu_bytes() -> int:
    """Free bytes of the first GPU, the one that models are put on; 0 without one."""
    found = gpus()
    return found[0].free_bytes if found else 0


def process_gpu_bytes(pid: int, *, timeout_s: float = 10.0) -> int | None:
    """Bytes of GPU memory that the driver counts for a process; None where it does not say (no driver, a container)."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    query = [program, "--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=timeout_s, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    rows = [line.replace(" ", "").split(",") for line in answer.stdout.splitlines()]
    found = [int(row[1]) * MIB for row in rows if len(row) == 2 and row[0] == str(pid) and row[1].isdigit()]
    return sum(found) if found else None


def _gpu(line: str) -> Gpu | None:
    parts = [part.strip() for part in line.rsplit(",", 2)]
    if len(parts) != 3 or not (parts[1].isdigit() and parts[2].isdigit()):
        return None
    return Gpu(parts[0], int(parts[1]) * MIB, int(parts[2]) * MIB)
