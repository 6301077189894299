"""Does a picture show what was asked for? Scored by CLIP or SigLIP 2 where one is installed. Owns no model.

The prompt is compared with captions of nothing in particular (CLIPScore, Hessel et al. 2021, without its scale): a
picture that fits those better than its own prompt does not show it. So no threshold has to be tuned to a model.
"""

from __future__ import annotations

from pathlib import Path

from runtime.cancellation import Cancellation
from runtime.errors import HausgeistError
from runtime.house import House
from runtime.residency import Priority
from runtime.worker import CallCancelled, WorkerSpec
from tools.image.checks import Check, relevance_check
from tools.image.drawing import Pixels

RIVALS = ("random noise", "a blank image", "an abstract blur of colours", "something else")
_JUDGES = ("siglip2-base",)


def judge_folder(house: House) -> Path | None:
    """The folder of the image-text model: of the settings, else an installed one; None without."""
    setting = house.settings.image.judge
    if setting is not None:
        return Path(setting).expanduser().absolute()
    ids = [
        *_JUDGES,
        *(e.id for e in house.catalogue.entries.values() if e.task == "features" and "clip" in e.id.lower()),
    ]
    found = (name for name in ids if name in house.catalogue.entries and house.catalogue.installed(name))
    name = next(found, None)
    return house.catalogue.require(name) if name else None


def judge_spec(folder: Path) -> WorkerSpec:
    """The worker that scores."""
    weights = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    return WorkerSpec(
        f"image judge {folder.name}",
        "tools.image.relevance_backend:JudgeService",
        {"folder": str(folder)},
        cpu_bytes=600_000_000 + weights,
        priority=Priority.BACKGROUND,
    )


def relevance(
    house: House, pixels: Pixels, prompt: str, cancellation: Cancellation | None = None
) -> tuple[Check | None, str]:
    """The check, or None without a model; and why it could not be made, in one sentence, where there is one."""
    folder = judge_folder(house)
    if folder is None:
        return None, ""
    try:
        with house.residency.lease(judge_spec(folder), cancellation) as worker:
            scores = worker.call("score", pixels, [prompt, *RIVALS], cancellation=cancellation)
    except CallCancelled:
        raise
    except HausgeistError as problem:
        return None, f"Whether it shows what was asked for was not checked: {problem}"
    return relevance_check(scores[0], max(scores[1:]), folder.name), ""
