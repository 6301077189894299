"""Pictures with a real diffusers pipeline of test size (random weights): drawing, recipe, progress, cancel, faults."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime.errors import (
    ArgumentError,
    CallCancelled,
    MediaError,
    ModelCorruptError,
    ModelMissingError,
    UnknownNameError,
)
from runtime.house import House
from runtime.settings import ImageSettings, Settings
from runtime.worker import Cancellation
from tools.contract import Progress, ToolContext
from tools.image.generate import generate, plan
from tools.image.model_folder import inspect
from tools.image.models import image_model
from tools.image.recipe import read_recipe
from tools.image.repeating import request_like
from tools.image.request import ImageRequest
from tools.image.tool import GenerateImage, GenerateImageArgs
from tools.provenance.marks import GENERATED
from tools.registry import check_args

from .image_kit import build_pipeline, pixels

SMALL = ImageRequest("a red fox", width=64, height=64, steps=3, seed=7)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Stable Diffusion pipeline of test size with random weights, saved as a diffusers folder."""
    pytest.importorskip("diffusers")
    folder = tmp_path_factory.mktemp("models") / "tiny-diffusion"
    build_pipeline(folder)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, tiny: Path) -> Iterator[House]:
    """One house for the module, so that the pipeline is loaded once; its model is the tiny one."""
    settings = Settings(image=ImageSettings(model=str(tiny), width=64, height=64, steps=2))
    environ = {"HAUSGEIST_HOME": str(tmp_path_factory.mktemp("house")), "HAUSGEIST_MODELS": str(tiny.parent)}
    with pytest.MonkeyPatch.context() as patch, House.open(environ, settings=settings) as opened:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield opened


def context(house: House, **more: Any) -> ToolContext:
    return ToolContext(house=house, memory=None, **more)  # type: ignore[arg-type]


def call(house: House, **args: Any) -> Any:
    tool = GenerateImage()
    return tool.execute(check_args(tool, args), context(house))


def test_a_picture_is_drawn_with_progress_and_saved_once(home: House) -> None:
    steps: list[Progress] = []
    output = GenerateImage().execute(
        GenerateImageArgs(prompt="a red fox", seed=7, steps=3), context(home, progress=steps.append)
    )
    assert output.status == "ok", output.error
    path = output.files[0].path
    assert path.parent == home.paths.outputs / "images"
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert pixels(path).shape == (64, 64, 3)
    assert pixels(path).std() > 1
    assert [(step.done, step.total, step.unit) for step in steps] == [(1, 3, "step"), (2, 3, "step"), (3, 3, "step")]
    expected = {"prompt": "a red fox", "seed": 7, "width": 64, "height": 64, "count": 1, "steps": 3}
    assert {name: output.facts[name] for name in expected} == expected
    assert output.facts["files"] == [str(path)]
    assert output.facts["model"] == "tiny-diffusion"
    assert str(path) in output.say


def test_the_recipe_draws_the_same_pixels_again(home: House) -> None:
    first = generate(home, SMALL)[0]
    recipe = read_recipe(first.path)
    assert recipe == first.recipe
    assert (recipe.prompt, recipe.seed, recipe.steps, recipe.model) == ("a red fox", 7, 3, "tiny-diffusion")
    assert len(recipe.config_sha256) == 64
    assert {"torch", "diffusers"} <= set(recipe.versions)
    again = generate(home, request_like(home, first.path))[0]
    assert again.path != first.path
    assert np.array_equal(pixels(again.path), pixels(first.path))
    other = generate(home, replace(SMALL, seed=8))[0]
    assert not np.array_equal(pixels(other.path), pixels(first.path))


def test_the_picture_is_marked_as_machine_made(home: House) -> None:
    from PIL import Image

    with Image.open(generate(home, SMALL)[0].path) as picture:
        texts = dict(picture.text)  # type: ignore[attr-defined]
    assert GENERATED in texts["XML:com.adobe.xmp"]
    assert texts["Description"] == "a red fox"
    assert texts["Software"].startswith("Hausgeist")


def test_several_pictures_take_the_seeds_that_follow(home: House, tmp_path: Path) -> None:
    together = generate(home, replace(SMALL, count=3, steps=1, output=tmp_path / "fox.png"))
    assert [picture.path.name for picture in together] == ["fox-1.png", "fox-2.png", "fox-3.png"]
    assert [picture.recipe.seed for picture in together] == [7, 8, 9]
    alone = generate(home, replace(SMALL, seed=9, steps=1, output=tmp_path / "nine.png"))[0]
    assert np.array_equal(pixels(alone.path), pixels(together[2].path))


def test_cancelling_between_steps_leaves_no_file_and_the_worker_alive(home: House, tmp_path: Path) -> None:
    cancellation = Cancellation()
    seen: list[int] = []

    def stop(done: int, total: int) -> None:
        seen.append(done)
        cancellation.cancel()

    with pytest.raises(CallCancelled):
        generate(home, replace(SMALL, steps=150, output=tmp_path / "x.png"), stop, cancellation)
    assert seen[-1] < 150
    assert list(tmp_path.iterdir()) == []
    before = home.residency.status()
    assert generate(home, replace(SMALL, steps=1, output=tmp_path / "x.png"))[0].path.is_file()
    assert [info.pid for info in home.residency.status()] == [info.pid for info in before]


def test_sizes_are_rounded_with_a_note(home: House) -> None:
    output = call(home, prompt="a fox", width=70, height=99, steps=1, seed=1)
    assert (output.facts["width"], output.facts["height"]) == (72, 96)
    assert "70×99 was rounded to 72×96" in output.facts["note"]
    assert output.facts["note"] in output.say


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"width": 0}, "width 0 is not possible.*64 to 4096"),
        ({"width": 64, "height": 100_000}, "height 100000 is not possible"),
        ({"width": 4096, "height": 4096}, "4096×4096 pixels is too large"),
        ({"count": 99}, "count 99 is not possible.*1 to 8"),
        ({"steps": 0}, "steps 0"),
        ({"seed": -1}, "seed -1"),
        ({"output": Path("x.bmp")}, r"saved as PNG or JPEG, not as x\.bmp"),
        ({"prompt": "  "}, "prompt is empty"),
    ],
)
def test_impossible_wishes_are_refused_before_a_model_is_looked_for(
    tmp_path: Path, args: dict[str, Any], message: str
) -> None:
    environ = {"HAUSGEIST_HOME": str(tmp_path), "HAUSGEIST_MODELS": str(tmp_path / "none")}
    with House.open(environ) as house, pytest.raises(ArgumentError, match=message):
        generate(house, replace(SMALL, **args))


def test_without_a_model_one_sentence_says_how_to_get_one(tmp_path: Path) -> None:
    environ = {"HAUSGEIST_HOME": str(tmp_path), "HAUSGEIST_MODELS": str(tmp_path / "none")}
    with House.open(environ) as house:
        output = call(house, prompt="a fox")
        with pytest.raises(ModelMissingError, match="sd-turbo"):
            image_model(house, "sd-turbo")
        with pytest.raises(UnknownNameError, match="sd-turbo"):
            image_model(house, "sd-tubro")
        with pytest.raises(ModelMissingError, match="hf download nobody/nothing-at-all"):
            image_model(house, "nobody/nothing-at-all")
    assert output.status == "failed"
    assert "hausgeist models pull sd-turbo" in str(output.error)
    assert "2.6 GB" in str(output.error)
    assert "main memory" in str(output.error)
    assert str(output.error).rstrip(".").count(". ") == 0


def test_a_partial_or_corrupt_folder_is_named(tiny: Path, tmp_path: Path) -> None:
    def broken() -> Path:
        folder = tmp_path / "broken"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(tiny, folder)
        return folder

    whole = inspect(broken(), "Get it again.")
    assert whole.multiple == 8
    assert not whole.few_steps
    assert whole.parameters > 10_000
    assert whole.config_sha256 == inspect(tiny, "Get it again.").config_sha256
    with pytest.raises(ModelMissingError, match=r"no image model at .*absent\. Get it again"):
        inspect(tmp_path / "absent", "Get it again.")
    for missing in ("model_index.json", "unet/config.json", "vae/diffusion_pytorch_model.safetensors"):
        folder = broken()
        (folder / missing).unlink()
        with pytest.raises(ModelMissingError, match=rf"incomplete: .*{missing.split('/')[0]}.*Get it again"):
            inspect(folder, "Get it again.")
    folder = broken()
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ModelCorruptError, match=r"broken file .*unet/diffusion_pytorch_model\.safetensors: it has"):
        inspect(folder, "Get it again.")
    (broken() / "scheduler" / "scheduler_config.json").write_text("{")
    with pytest.raises(ModelCorruptError, match="scheduler_config"):
        inspect(tmp_path / "broken", "Get it again.")


def test_pickled_weights_are_refused(tiny: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny, tmp_path / "pickled")
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(ModelMissingError, match="only pickled weights"):
        inspect(folder, "")


def test_a_folder_that_does_not_load_is_named(home: House, tiny: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny, tmp_path / "strange")
    index = json.loads((folder / "model_index.json").read_text())
    (folder / "model_index.json").write_text(json.dumps({**index, "_class_name": "NoSuchPipeline"}))
    with pytest.raises(ModelCorruptError, match="strange cannot be loaded"):
        generate(home, replace(SMALL, model=str(folder)))


def test_few_step_models_draw_without_guidance(tiny: Path, home: House, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny, tmp_path / "tiny-turbo")
    assert inspect(folder, "").few_steps
    with_settings, notes = plan(home, ImageRequest("a fox", "fog"), image_model(home, str(folder)))
    assert (with_settings.guidance, with_settings.steps) == (0.0, 2)
    assert "negative prompt has no effect" in notes[0]
    usual, notes = plan(home, ImageRequest("a fox", "fog"), image_model(home, str(tiny)))
    assert (usual.guidance, notes) == (None, ())


def test_a_picture_without_a_recipe_says_so(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (8, 8)).save(tmp_path / "plain.png")
    with pytest.raises(MediaError, match="holds no recipe"):
        read_recipe(tmp_path / "plain.png")
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(MediaError, match="cannot be read"):
        read_recipe(tmp_path / "text.png")
