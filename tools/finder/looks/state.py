"""Which vision backend works here and why, in words: for the doctor. Loads no model."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.errors import HausgeistError
from runtime.house import House
from tools.finder.looks.appearance import CLASSIFIER, DETECTOR, chosen_backend
from tools.finder.looks.full_models import device_of, full_models, gpu_problem


@dataclass(frozen=True)
class VisionState:
    """`state` is "ok", "warn" or "missing"; `remedy` is "" when none is needed."""

    state: str
    detail: str
    remedy: str = ""


def vision_state(house: House) -> VisionState:
    """The backend that the next indexing and the next search take."""
    if chosen_backend(house) == "starter":
        return _starter(house)
    try:
        models, device = full_models(house), device_of(house)
    except HausgeistError as problem:
        return VisionState("missing", f"full: {problem.message}", problem.remedy or "")
    detail = f"full: {models.embedder.path.name} and {models.detector.path.name} on {device}"
    if device == "cuda" or house.settings.finder.device == "cpu":
        return VisionState("ok", detail)
    remedy = "Set finder.backend to starter, or finder.device to cpu to keep it so."
    return VisionState("warn", f"{detail}, which is slow: {gpu_problem()}", remedy)


def _starter(house: House) -> VisionState:
    missing = [name for name in (DETECTOR, CLASSIFIER) if not house.catalogue.installed(name)]
    if missing:
        remedy = f"Get them with `hausgeist models pull {' '.join(missing)}`."
        return VisionState("missing", f"starter: {', '.join(missing)} not installed; things have no names", remedy)
    return VisionState("ok", "starter: runs on any CPU; the full one is for a GPU (finder.backend)")
