"""Editing, LoRA, styles, previews, recipes and follow-ups on real diffusers pipelines of test size."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime.errors import ArgumentError, CallCancelled, MediaError, ModelMissingError, ToolError, UnknownNameError
from runtime.house import House
from runtime.settings import ImageSettings, Settings
from runtime.worker import Cancellation
from tools.contract import ToolContext
from tools.image.generate import generate
from tools.image.places import Places
from tools.image.recipe import Recipe, read_recipe
from tools.image.repeating import request_like
from tools.image.request import Edit, ImageRequest, Lora, Picture
from tools.image.rewriting import rewritten
from tools.image.styles import STYLES, style_named, styled, without_style
from tools.image.tool import EditImage, GenerateImage
from tools.provenance.marks import COMPOSITE, GENERATED
from tools.registry import check_args

from .image_kit import build_lora, build_pipeline, build_upscaler, picture, pixels, single_file

FOX = ImageRequest("a red fox", width=64, height=64, steps=2, seed=7)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a pipeline, an upscaler and a LoRA file of test size."""
    pytest.importorskip("diffusers")
    folder = tmp_path_factory.mktemp("models")
    build_pipeline(folder / "tiny-diffusion")
    build_lora(folder / "tiny-diffusion", folder / "stripes.safetensors")
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Iterator[House]:
    """One house for the module, so that the pipeline is loaded once."""
    settings = Settings(image=ImageSettings(model=str(models / "tiny-diffusion"), width=64, height=64, steps=2))
    environ = {"HAUSGEIST_HOME": str(tmp_path_factory.mktemp("house")), "HAUSGEIST_MODELS": str(models)}
    with pytest.MonkeyPatch.context() as patch, House.open(environ, settings=settings) as opened:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield opened


def one(home: House, request: ImageRequest, **more: Any) -> Picture:
    return generate(home, request, **more)[0]


def same(first: Path, second: Path) -> bool:
    return np.array_equal(pixels(first), pixels(second))


def told(home: House, tool: Any, session: str = "s", **args: Any) -> Any:
    context = ToolContext(house=home, memory=None, session=session)  # type: ignore[arg-type]
    output = tool.execute(check_args(tool, args), context)
    assert output.status == "ok", output.error
    return output


def differing(first: Recipe, second: Recipe) -> set[str]:
    skip = {"pixels_sha256"}
    return {name for name in first.__dict__ if name not in skip and getattr(first, name) != getattr(second, name)}


def test_a_picture_is_redrawn_by_its_strength(home: House, tmp_path: Path) -> None:
    source = picture(tmp_path / "source.png", (80, 48))
    steps: list[tuple[int, int]] = []
    request = replace(FOX, steps=10, edit=Edit(source, strength=0.2))
    slight = one(home, request, progress=lambda *at: steps.append(at))
    assert steps == [(1, 2), (2, 2)]
    assert pixels(slight.path).shape == pixels(source).shape == (48, 80, 3)
    strong = replace(request, edit=Edit(source, strength=0.9))
    apart = []
    for wish in (request, strong):
        first, second = (pixels(one(home, replace(wish, seed=seed)).path).astype(int) for seed in (7, 8))
        apart.append(np.abs(first - second).mean())
    assert 0 < apart[0] < apart[1]  # the more noise, the more the seed decides
    assert slight.recipe.source is not None and slight.recipe.source["name"] == "source.png"
    assert slight.recipe.source_type == COMPOSITE
    again = one(home, request_like(home, slight.path))
    assert same(again.path, slight.path) and differing(again.recipe, slight.recipe) == set()
    picture(source, (80, 48), seed=9)
    with pytest.raises(MediaError, match=r"picture source\.png.*not there any more, or was changed"):
        request_like(home, slight.path)


def test_outside_a_mask_every_pixel_stays(home: House, tmp_path: Path) -> None:
    from PIL import Image

    source = picture(tmp_path / "source.png", (72, 56))
    mask = np.zeros((56, 72), np.uint8)
    mask[10:30, 20:50] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    made = one(home, replace(FOX, edit=Edit(source, mask=tmp_path / "mask.png", strength=1.0)))
    before, after = pixels(source), pixels(made.path)
    assert np.array_equal(after[mask == 0], before[mask == 0])
    assert np.abs(after[mask == 255].astype(int) - before[mask == 255]).mean() > 1
    assert any("15% of the picture" in text for text in made.notes)
    assert same(one(home, request_like(home, made.path)).path, made.path)
    left = one(home, replace(FOX, edit=Edit(source, region="the left half", strength=1.0)))
    changed = (pixels(left.path) != before).any(axis=2)
    assert changed[:, :36].mean() > 0.5 and not changed[:, 36:].any()
    Image.fromarray(mask * 0).save(tmp_path / "empty.png")
    with pytest.raises(ArgumentError, match="part to paint over is empty"):
        one(home, replace(FOX, edit=Edit(source, mask=tmp_path / "empty.png")))


def test_a_thing_without_a_model_that_finds_things_names_the_remedy(home: House, tmp_path: Path) -> None:
    source = picture(tmp_path / "source.png")
    with pytest.raises(ModelMissingError, match=r"finds things.*models pull.*left half"):
        one(home, replace(FOX, edit=Edit(source, region="the red car")))


def test_pictures_are_enlarged_with_the_image_model_or_with_an_upscaler(
    home: House, models: Path, tmp_path: Path
) -> None:
    source = picture(tmp_path / "source.png", (32, 48))
    large = one(home, ImageRequest("", seed=1, steps=4, edit=Edit(source, upscale=2.0)))
    assert pixels(large.path).shape == (96, 64, 3)
    assert (large.recipe.upscale, large.recipe.strength) == (2.0, 0.25)
    build_upscaler(models / "tiny-upscaler")
    settings = Settings(image=ImageSettings(upscaler=str(models / "tiny-upscaler"), steps=2))
    with House.open(
        {"HAUSGEIST_HOME": str(tmp_path / "h"), "HAUSGEIST_MODELS": str(models)}, settings=settings
    ) as house:
        four = one(house, ImageRequest("blocks", seed=1, edit=Edit(source, upscale=4.0)))
    assert pixels(four.path).shape == (192, 128, 3)
    assert four.recipe.model == "tiny-upscaler"
    huge = picture(tmp_path / "huge.png", (1500, 1500))
    with pytest.raises(ArgumentError, match="6000×6000 pixels is too large"):
        one(home, ImageRequest("", edit=Edit(huge, upscale=4.0)))


def test_lora_files_act_by_their_weight_and_only_where_they_are_asked_for(
    home: House, models: Path, tmp_path: Path
) -> None:
    plain = one(home, FOX)
    lora = models / "stripes.safetensors"
    striped = one(home, replace(FOX, loras=(Lora(lora),)))
    half = one(home, replace(FOX, loras=(Lora(lora, 0.5),)))
    assert not same(striped.path, plain.path) and not same(striped.path, half.path)
    assert same(one(home, FOX).path, plain.path)
    assert striped.recipe.loras[0]["name"] == "stripes.safetensors"
    assert str(models) not in striped.path.read_bytes().decode("latin-1")
    assert same(one(home, request_like(home, striped.path)).path, striped.path)
    foreign = shutil.copy(models / "tiny-diffusion" / "vae" / "diffusion_pytorch_model.safetensors", tmp_path)
    with pytest.raises(ToolError, match="does not fit the image model"):
        one(home, replace(FOX, loras=(Lora(Path(foreign)),)))
    (tmp_path / "old.bin").write_bytes(b"pickle")
    with pytest.raises(MediaError, match=r"old\.bin is no \.safetensors file"):
        one(home, replace(FOX, loras=(Lora(tmp_path / "old.bin"),)))
    assert same(one(home, FOX).path, plain.path)


def test_one_file_draws_what_its_folder_draws(home: House, models: Path) -> None:
    file = single_file(models / "tiny-diffusion", models / "tiny-single.safetensors")
    made = one(home, replace(FOX, model=str(file)))
    assert made.recipe.model == "tiny-single"
    assert same(made.path, one(home, FOX).path)


def test_previews_come_with_the_steps_and_change_no_pixel(home: House) -> None:
    seen: list[Any] = []
    with_previews = one(home, replace(FOX, steps=3), preview=seen.append)
    assert len(seen) == 3 and all(shown.ndim == 3 and shown.shape[2] == 3 for shown in seen)
    assert max(seen[0].shape[:2]) <= 64
    assert same(with_previews.path, one(home, replace(FOX, steps=3)).path)


def test_an_edit_is_cancelled_between_steps(home: House, tmp_path: Path) -> None:
    source = picture(tmp_path / "source.png")
    cancellation = Cancellation()
    request = replace(FOX, steps=150, output=tmp_path / "x.png", edit=Edit(source, strength=1.0))
    with pytest.raises(CallCancelled):
        one(home, request, progress=lambda *_: cancellation.cancel(), cancellation=cancellation)
    assert not (tmp_path / "x.png").exists()


def test_a_jpeg_carries_its_recipe(home: House, tmp_path: Path) -> None:
    made = one(home, replace(FOX, output=tmp_path / "fox.jpg"))
    recipe = read_recipe(tmp_path / "fox.jpg")
    assert recipe == made.recipe and recipe.pixels_sha256 == ""
    assert same(one(home, replace(request_like(home, made.path), output=tmp_path / "b.jpg")).path, made.path)


def test_the_recipe_tells_what_has_changed_around_it(home: House) -> None:
    made = one(home, FOX)
    request = request_like(home, made.path)
    assert one(home, request).notes == ()
    old = replace(made.recipe, config_sha256="0" * 64, versions={**made.recipe.versions, "torch": "1.0"})
    notes = " ".join(one(home, replace(request, like=old)).notes)
    assert "not the one of the recipe" in notes and "torch" in notes


def test_follow_ups_change_just_what_was_asked(home: House) -> None:
    tool = GenerateImage()
    first = told(home, tool, prompt="a red fox", seed=7)
    bigger = told(home, tool, prompt="x", like="last", add="", scale=1.5, width=768, height=768)
    painted = told(home, tool, prompt="x", like="last", add="", style="watercolour")
    hatted = told(home, tool, prompt="x", like="last", add="with a hat")
    recipes = [read_recipe(output.files[0].path) for output in (first, bigger, painted, hatted)]
    assert differing(recipes[0], recipes[1]) == {"width", "height"}
    assert (recipes[1].width, recipes[1].height) == (96, 96)
    assert differing(recipes[1], recipes[2]) == {"style"} and recipes[2].style == "watercolour"
    assert differing(recipes[2], recipes[3]) == {"prompt"} and recipes[3].prompt == "a red fox, with a hat"
    another = told(home, tool, prompt="x", like="last", add="", count=2)
    assert differing(recipes[3], read_recipe(another.files[0].path)) == {"seed"} and len(another.files) == 2
    named = told(home, tool, prompt="a blue fox", like=str(first.files[0].path))
    assert differing(recipes[0], read_recipe(named.files[0].path)) == {"prompt"}
    elsewhere = told(home, tool, session="other", prompt="a green fox", like="last", add="")
    assert read_recipe(elsewhere.files[0].path).prompt == "a green fox"


def test_the_tool_edits_the_last_picture(home: House) -> None:
    first = told(home, GenerateImage(), session="e", prompt="a red fox", seed=3)
    edited = told(home, EditImage(), session="e", image="last", prompt="a blue fox", region="left half", seed=4)
    recipe = read_recipe(edited.files[0].path)
    assert recipe.source is not None and recipe.source["name"] == first.files[0].path.name
    assert recipe.source_type == GENERATED and "I changed" in edited.say
    enlarged = told(home, GenerateImage(), session="e", prompt="x", like="last", add="", scale=1.5)
    recipe = read_recipe(enlarged.files[0].path)
    assert (recipe.width, recipe.height, recipe.upscale) == (96, 96, 1.5)
    smaller = told(home, GenerateImage(), session="e", prompt="x", like=str(edited.files[0].path), add="", scale=0.5)
    small, before = read_recipe(smaller.files[0].path), read_recipe(edited.files[0].path)
    assert differing(before, small) == {"width", "height"} and (small.width, small.height) == (32, 32)
    again = one(home, request_like(home, smaller.files[0].path))
    assert np.array_equal(pixels(again.path), pixels(smaller.files[0].path))
    context = ToolContext(house=home, memory=None, session="none yet")  # type: ignore[arg-type]
    missing = EditImage().execute(check_args(EditImage(), {"image": "last"}), context)
    assert "No picture was drawn" in str(missing.error)


def test_a_chinese_prompt_is_rewritten_and_said_so(home: House) -> None:
    asked: list[str] = []

    def chat(instruction: str, text: str) -> str:
        asked.append(text)
        return "Translation: “a small cabin below a snowy mountain”\n"

    context = ToolContext(house=home, memory=None, language="zh", chat=chat)  # type: ignore[arg-type]
    tool = GenerateImage()
    output = tool.execute(check_args(tool, {"prompt": "雪山下的小木屋"}), context)
    recipe = read_recipe(output.files[0].path)
    assert (recipe.prompt, recipe.wish) == ("a small cabin below a snowy mountain", "雪山下的小木屋")
    assert asked == ["雪山下的小木屋"]
    assert "提示词已改写为" in output.say and "雪山下的小木屋" in output.say
    kept, notes = rewritten(FOX, True, chat)
    assert kept is FOX and notes == ()
    chinese = replace(FOX, prompt="狐狸")
    assert rewritten(chinese, False, chat) == (chinese, ())
    for answer in ("我不知道", "", "x" * 700):
        same_request, notes = rewritten(chinese, True, lambda instruction, text, answer=answer: answer)  # type: ignore[misc]
        assert same_request == chinese and "may not understand" in notes[0]
    assert "no chat model" in rewritten(chinese, True, None)[1][0]


def test_styles_are_known_by_what_people_call_them() -> None:
    assert style_named("Aquarell").name == style_named("水彩").name == "watercolour"
    with pytest.raises(UnknownNameError, match="watercolour"):
        style_named("watercolor paintin")
    prompt, negative = styled("a fox", "fog", "pencil")
    assert prompt.startswith("a fox, pencil drawing") and str(negative).startswith("fog, ")
    assert styled("a fox", None, None) == ("a fox", None)
    for style in STYLES.values():
        assert without_style(f"the same as {style.name}")[0] == style.name
    assert without_style("the same in watercolour, with a hat") == ("watercolour", "the same  , with a hat")
    assert without_style("now with more sky")[0] is None


def test_places_forget_what_is_gone(home: House, tmp_path: Path) -> None:
    places = Places(home.paths)
    file = picture(tmp_path / "a.png")
    noted = places.keep_file(file)
    assert places.find_file(noted["name"], noted["sha256"]) == file
    moved = tmp_path / "b" / "a.png"
    moved.parent.mkdir()
    file.rename(moved)
    assert places.find_file(noted["name"], noted["sha256"]) is None
    assert places.find_file(noted["name"], noted["sha256"], beside=moved.parent / "result.png") == moved
    places.keep_last("s1", moved)
    assert places.last("s1") == moved
    moved.unlink()
    assert places.last("s1") is None and places.last("unknown") is None
