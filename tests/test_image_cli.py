"""`hausgeist image`, `edit`, `ask` and `provenance` on a pipeline of test size, each in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.cli_driver import Ran, spawn
from tools.image.recipe import Recipe, read_recipe

from .image_kit import build_lora, build_pipeline, picture, pixels

CHAT = "qwen2.5-coder-1.5b-instruct"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline of test size."""
    pytest.importorskip("diffusers")
    folder = tmp_path_factory.mktemp("models") / "tiny-diffusion"
    build_pipeline(folder)
    return folder


@pytest.fixture
def run(environment: dict[str, str], model: Path) -> Callable[..., Ran]:
    """Runs `hausgeist` in a house that draws with the pipeline of test size."""
    image = {"MODEL": str(model), "WIDTH": "64", "HEIGHT": "64", "STEPS": "2"}
    environ = {**environment, **{f"HAUSGEIST_IMAGE__{key}": value for key, value in image.items()}}
    environ["OMP_NUM_THREADS"] = "1"
    return lambda *arguments: spawn(environ, *arguments)


def differing(first: Recipe, second: Recipe) -> set[str]:
    names = set(first.__dict__) - {"pixels_sha256"}
    return {name for name in names if getattr(first, name) != getattr(second, name)}


def test_a_conversation_changes_its_picture(run: Callable[..., Ran], need_model: Callable[[str], Path]) -> None:
    need_model(CHAT)
    files = []
    for words in ("Draw a red fox in the snow, seed 7", "and now a bigger one", "the same in watercolour"):
        asked = run("ask", words, "--json", "--session", "drawing")
        assert asked.status == 0, (asked.out, asked.err)
        calls = asked.json["tool_calls"]
        assert [(call["name"], call["status"]) for call in calls] == [("generate_image", "ok")]
        files.append(Path(calls[0]["files"][0]["path"]))
        assert str(files[-1]) in asked.json["reply"]
    first, bigger, painted = (read_recipe(file) for file in files)
    assert len(set(files)) == 3 and "red fox in the snow" in first.prompt and first.seed == 7
    assert differing(first, bigger) == {"width", "height"} and (bigger.width, bigger.height) == (96, 96)
    assert differing(bigger, painted) == {"style"} and painted.style == "watercolour"
    assert pixels(files[1]).shape == (96, 96, 3)


def test_like_repeats_the_same_pixels_in_another_process(run: Callable[..., Ran], model: Path, tmp_path: Path) -> None:
    lora = build_lora(model, tmp_path / "stripes.safetensors")
    options = ["--style", "pencil", "--lora", f"{lora}:0.5", "--size", "72x64", "--preview", str(tmp_path / "p.png")]
    made = run("image", "a fox", "-o", str(tmp_path / "a.png"), "--seed", "3", "--json", *options)
    assert made.status == 0, made.err
    assert made.json["recipe"]["style"] == "pencil" and made.json["checks"][0][0]["passed"]
    assert pixels(tmp_path / "p.png").shape[2] == 3
    again = run("image", "--like", str(tmp_path / "a.png"), "-o", str(tmp_path / "b.png"))
    assert again.status == 0, again.err
    assert np.array_equal(pixels(tmp_path / "a.png"), pixels(tmp_path / "b.png"))
    told = run("provenance", str(tmp_path / "b.png"), "--json")
    assert told.status == 0 and told.json["credentials"]["ours"] and told.json["pixels"] == "unchanged"


def test_edit_on_the_command_line(run: Callable[..., Ran], tmp_path: Path) -> None:
    source = picture(tmp_path / "photo.png")
    target = tmp_path / "door.jpg"
    made = run("edit", str(source), "a blue door", "--region", "left half", "-o", str(target), "--json")
    assert made.status == 0, made.err
    assert made.json["recipe"]["region"] == "left half" and made.json["files"][0]["media_type"] == "image/jpeg"
    assert any("50% of the picture" in text for text in made.json["notes"])
    told = run("provenance", str(target))
    assert told.status == 0 and "machine-made and unchanged" in told.out and "photo.png" in told.out
    for wrong, says in (
        (["edit", str(source), "x", "--style", "wattercolour"], "Did you mean 'watercolour'?"),
        (["edit", str(source), "x", "--region", "left", "--mask", str(source)], "one of --region and --mask"),
        (["edit", str(tmp_path / "none.png"), "x"], "does not exist"),
        (["edit", str(source)], "prompt is empty"),
        (["image", "x", "-o", str(tmp_path / "x.bmp")], "saved as PNG or JPEG"),
    ):
        refused = run(*wrong)
        assert refused.status == 2 and says in refused.err, (wrong, refused.err)
