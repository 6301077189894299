"""`hausgeist image` and `edit`: make and change pictures. Own no model and no defaults (see `tools.image`)."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from runtime.errors import ArgumentError, HausgeistError
from runtime.house import House
from runtime.paths import replacing
from tools.image.drawing import Pixels
from tools.image.generate import generate
from tools.image.recipe import media_type
from tools.image.repeating import request_like
from tools.image.request import Edit, ImageRequest, Lora
from tools.image.styles import style_named
from tui.commands.common import existing_file, interruptible, open_house, output_path, text_of
from tui.output import note, print_json, progress_bar, say


def image(options: Namespace) -> int:
    """Make pictures, and print where they are with what makes them again."""
    with open_house(options) as house:
        if options.like is None:
            request = ImageRequest(
                text_of(options.prompt, "prompt"), count=1 if options.count is None else options.count
            )
        else:
            request = request_like(house, existing_file(options.like, "picture"))
            if options.prompt:
                request = replace(request, prompt=text_of(options.prompt, "prompt"), wish=None)
            request = replace(request, count=1 if options.count is None else options.count)
        if options.size:
            width, height = parse_size(options.size)
            request = replace(request, width=width, height=height)
        return _make(house, _with_options(request, options), options)


def edit(options: Namespace) -> int:
    """Change a picture, and print where the result is. The picture itself stays as it is."""
    if options.region and options.mask:
        raise ArgumentError("A region and a mask were given.", remedy="Give one of --region and --mask.")
    source = existing_file(options.file, "picture")
    mask = existing_file(options.mask, "mask") if options.mask else None
    prompt = text_of(options.prompt, "prompt") if options.prompt else ""
    if not prompt and options.style:
        prompt = style_named(options.style).name
    request = ImageRequest(prompt, edit=Edit(source, options.region, mask, options.strength, options.upscale))
    with open_house(options) as house:
        return _make(house, _with_options(request, options), options)


def _with_options(request: ImageRequest, options: Namespace) -> ImageRequest:
    """The request with what both commands take."""
    given = {
        "negative_prompt": options.negative,
        "seed": options.seed,
        "steps": options.steps,
        "guidance": options.guidance,
        "model": options.model,
        "style": options.style,
        "output": output_path(options.output, "fox.png"),
        "loras": tuple(_lora(text) for text in options.lora) or None,
    }
    return replace(request, **{name: value for name, value in given.items() if value is not None})


def _make(house: House, request: ImageRequest, options: Namespace) -> int:
    preview = _preview(options.preview) if options.preview else None
    with interruptible() as cancellation, progress_bar() as show:
        show("Drawing", 0, 0, "")
        pictures = generate(
            house,
            request,
            lambda done, total: show("Drawing", done, total, "steps"),
            cancellation,
            chat=_chat(house),
            preview=preview,
        )
    if options.json:
        files = [{"path": str(one.path), "media_type": media_type(one.path)} for one in pictures]
        notes = list(dict.fromkeys(text for one in pictures for text in one.notes))
        checks = [[asdict(check) for check in one.checks] for one in pictures]
        recipes = [asdict(one.recipe) for one in pictures]
        print_json({"files": files, "recipe": recipes[0], "recipes": recipes, "notes": notes, "checks": checks})
        return 0
    for one in pictures:
        recipe = one.recipe
        say(f"→ {one.path} ({recipe.width}×{recipe.height}, {recipe.model}, seed {recipe.seed})")
    for text in dict.fromkeys(text for one in pictures for text in one.notes):
        note(text)
    return 0


def _chat(house: House) -> Callable[[str, str], str]:
    """The chat model, opened when a prompt has to be rewritten."""

    def work(instruction: str, text: str) -> str:
        from agent.session import Session

        with Session.open(house, "pictures") as session:
            return session.work_on(instruction, text)

    return work


def _preview(target: str) -> Callable[[Pixels], None]:
    """What writes each unfinished picture to one file. A preview that cannot be written is told once."""
    path = output_path(target, "preview.png") or Path(target)
    media_type(path)
    failed: list[str] = []

    def write(pixels: Pixels) -> None:
        from PIL import Image

        try:
            with replacing(path) as beside:
                Image.fromarray(pixels).save(beside)
        except (HausgeistError, OSError) as problem:
            if not failed:
                failed.append(str(problem))
                note(f"hausgeist: no preview: {problem}")

    return write


def _lora(text: str) -> Lora:
    """ "fox.safetensors:0.8" as a file and its weight. Raises `UsageError`."""
    name, colon, number = text.rpartition(":")
    if colon and re.fullmatch(r"-?\d+(?:\.\d+)?", number):
        return Lora(existing_file(name, "LoRA"), float(number))
    return Lora(existing_file(text, "LoRA"))


def parse_size(text: str) -> tuple[int, int]:
    """ "512x384" as width and height in pixels. Raises `ArgumentError`."""
    match = re.fullmatch(r"(\d{1,5})[x×*](\d{1,5})", text.strip().lower())
    if match is None:
        raise ArgumentError(f"The size {text!r} is not possible.", remedy="Write it as 512x512.")
    return int(match[1]), int(match[2])
