"""From a wish to pictures on disk: plan, draw, check, save. Owns defaults and file names; models live in workers."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from runtime.cancellation import Cancellation
from runtime.house import House
from runtime.worker import Worker
from tools.image.checks import Check, technical
from tools.image.drawing import Drawing, Drawn, Pixels, StepDone
from tools.image.editing import Source, begin, finish, read_source
from tools.image.models import ImageModel, image_model
from tools.image.regions import find_region
from tools.image.relevance import relevance
from tools.image.repeating import differences, request_like
from tools.image.request import ImageRequest, Picture
from tools.image.rewriting import Chat, rewritten
from tools.image.said import Said
from tools.image.saving import save
from tools.image.sizes import check_request, fitting_size, wanted_size
from tools.image.styles import styled

FEW_STEPS, FEW_STEPS_GUIDANCE = 4, 0.0
"""What the cards of SD-Turbo, SDXL-Turbo (1 to 4 steps), SDXL-Lightning and FLUX.1-schnell (4) ask for."""
MANY_STEPS = 30
ProgressSink = Callable[[int, int], None]
PreviewSink = Callable[[Pixels], None]


@dataclass(frozen=True)
class Job:
    """What is drawn for a request: by which model, from what, and what was noted on the way."""

    request: ImageRequest
    model: ImageModel
    drawing: Drawing
    source: Source | None
    notes: tuple[str, ...]


def generate(
    house: House,
    request: ImageRequest,
    progress: ProgressSink = lambda done, total: None,
    cancellation: Cancellation | None = None,
    *,
    chat: Chat | None = None,
    preview: PreviewSink | None = None,
) -> list[Picture]:
    """Draw and save what is asked for; each picture is saved once, when it is done, with its recipe in the file.

    `progress(done, total)` counts denoising steps of all pictures; `preview` gets the unfinished picture after each.
    `chat` rewrites prompts for models that know English only. Raises `ArgumentError` for what no model could draw
    (before any is looked for), `ModelMissingError`, `ModelCorruptError`, `BudgetError`, `StorageError`,
    `CallCancelled` (the pictures that were finished before stay).
    """
    check_request(house, request)
    job = prepare(house, request, chat, cancellation)
    job = replace(job, drawing=replace(job.drawing, previews=preview is not None))
    pictures: list[Picture] = []
    with ExitStack() as stack:
        worker = stack.enter_context(house.residency.lease(job.model.spec(house), cancellation))
        steps = job.drawing.work_steps

        def draw(drawing: Drawing, number: int) -> Drawn:
            def step(done: StepDone) -> None:
                if preview is not None and done.preview is not None:
                    preview(done.preview)
                progress(number * steps + min(done.done, steps), steps * request.count)

            return _draw(worker, drawing, step, cancellation)

        for number in range(request.count):
            pictures.append(_one(house, job, number, draw, cancellation))
    return pictures


def prepare(
    house: House, request: ImageRequest, chat: Chat | None = None, cancellation: Cancellation | None = None
) -> Job:
    """Everything before the drawing itself. Raises as `generate` does."""
    edit = request.edit
    upscaler = house.settings.image.upscaler if edit is not None and edit.upscale is not None else None
    model = image_model(house, upscaler or request.model)
    notes: tuple[str, ...] = ()
    source = None
    if edit is not None:
        source = read_source(edit, lambda pixels, words: find_region(house, pixels, words, cancellation))
        notes = source.notes
    request, said = rewritten(request, model.english, chat)
    placed = model.placement(house)
    notes = (*notes, *said, *filter(None, (placed.note, model.note)))
    if request.like is not None:
        notes = (*notes, *differences(request.like, model.facts.config_sha256, placed.device))
    drawing, said = plan(house, request, model, sized=edit is None)
    if edit is not None and source is not None:
        drawing = begin(drawing, edit, source, model.facts.multiple, upscaler=upscaler is not None)
    return Job(request, model, drawing, source, (*notes, *said))


def plan(
    house: House, request: ImageRequest, model: ImageModel, *, sized: bool = True
) -> tuple[Drawing, tuple[str, ...]]:
    """The first picture to draw, with the model's and the settings' defaults; and notes on what was changed."""
    few = model.facts.few_steps
    wanted = wanted_size(house, request)
    (width, height), notes = fitting_size(wanted, model.facts.multiple) if sized else (wanted, ())
    steps = request.steps or house.settings.image.steps or (FEW_STEPS if few else MANY_STEPS)
    seed = request.seed if request.seed is not None else secrets.randbelow(2**31)
    guidance = FEW_STEPS_GUIDANCE if request.guidance is None and few else request.guidance
    prompt, negative = styled(request.prompt, request.negative_prompt, request.style)
    if few and not guidance:
        if request.negative_prompt:
            text = f"{model.name} draws without guidance, so the negative prompt has no effect."
            notes = (*notes, Said(text, f"{model.name} 不用引导绘图，负面提示词不起作用。"))
        negative = None
    loras = tuple((str(lora.path), lora.weight) for lora in request.loras)
    return Drawing(prompt, negative, width, height, steps, guidance, seed, loras=loras), notes


def _one(
    house: House, job: Job, number: int, draw: Callable[[Drawing, int], Drawn], cancellation: Cancellation | None
) -> Picture:
    """Draw, check and save one picture of a request; once more where a check failed and the settings say so."""
    count = job.request.count
    drawing = replace(job.drawing, seed=(job.drawing.seed + number) % 2**32)
    drawn, checks, notes = _checked(house, job, draw(drawing, number), cancellation)
    failed = next((check for check in checks if not check.passed), None)
    if failed is not None and house.settings.image.retry:
        drawing = replace(drawing, seed=(drawing.seed + count) % 2**32)
        drawn, checks, notes = _checked(house, job, draw(drawing, number), cancellation)
        again = Said(
            f"The first try was discarded ({failed.name}); this one has the seed {drawing.seed}.",
            f"第一次的结果没有通过检查（{failed.name}），这张图的种子是 {drawing.seed}。",
        )
        notes = (*notes, again)
    if drawn.withheld:
        text = "The model's safety checker withheld the picture: it is black."
        notes = (*notes, Said(text, "模型的安全检查拦下了这张图：它是全黑的。"))
    failures = tuple(check.said for check in checks if not check.passed and not drawn.withheld)
    picture = save(house, job.request, job.model, drawing, drawn, _target(house, job.request, drawing.seed, number))
    return replace(picture, notes=(*job.notes, *notes, *failures, *picture.notes), checks=checks)


def _checked(
    house: House, job: Job, drawn: Drawn, cancellation: Cancellation | None
) -> tuple[Drawn, tuple[Check, ...], tuple[str, ...]]:
    """The picture in its final size, with its checks and what could not be checked."""
    if job.request.edit is not None and job.source is not None:
        drawn = replace(drawn, pixels=finish(drawn.pixels, job.request.edit, job.source))
    checks = technical(drawn.pixels)
    if any(not check.passed for check in checks) or not job.request.prompt.strip():
        return drawn, checks, ()
    fits, why = relevance(house, drawn.pixels, job.drawing.prompt, cancellation)
    return drawn, (*checks, *([fits] if fits else [])), ((why,) if why else ())


def _draw(
    worker: Worker, drawing: Drawing, step: Callable[[StepDone], None], cancellation: Cancellation | None
) -> Drawn:
    drawn: Drawn = worker.call("draw", drawing, on_item=step, cancellation=cancellation)
    return drawn


def _target(house: House, request: ImageRequest, seed: int, index: int) -> Path:
    if request.output is not None:
        target = request.output.expanduser().absolute()
        return target if request.count == 1 else target.with_name(f"{target.stem}-{index + 1}{target.suffix}")
    words = re.findall(r"\w+", request.prompt.lower() or (request.edit.source.stem if request.edit else ""))[:6]
    slug = "-".join(words)[:48].strip("-") or "picture"
    return house.paths.outputs / "images" / f"{house.now():%Y%m%d-%H%M%S-%f}-{slug}-{seed}.png"


__all__ = ["generate", "plan", "prepare", "request_like"]
