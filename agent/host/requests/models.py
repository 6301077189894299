"""The models: list with what is resident, pull with progress, remove. Owns no transfer (see `runtime.downloads`)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from agent.host.job import Job
from runtime import downloads
from runtime.progress import PullProgress


def models(job: Job) -> list[dict[str, Any]]:
    """Every model of the catalogue, in its order."""
    return [
        {
            "id": state.entry.id,
            "task": state.entry.task,
            "title": state.entry.title,
            "set": state.entry.set,
            "licence": state.entry.licence,
            "bytes": state.entry.bytes,
            "installed": state.installed,
        }
        for state in downloads.list_models(job.house.catalogue)
    ]


def pull(job: Job, names: list[str]) -> list[str]:
    """Download models and verify them; progress tells bytes, rate and remaining time. Gives the new ones."""

    def tell(moment: PullProgress) -> None:
        job.progress(asdict(moment))

    return [entry.id for entry in downloads.pull(job.house.catalogue, names, tell, job.cancellation)]


def remove_model(job: Job, name: str) -> int:
    """Delete an installed model; gives the bytes that were freed."""
    return downloads.remove(job.house.catalogue, name)
