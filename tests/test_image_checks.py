"""The quality check: black, blank and clipped pictures, relevance by a real model, the retry; and regions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime.errors import ArgumentError, ModelCorruptError
from runtime.house import House
from runtime.settings import ImageSettings, Settings
from tools.image import generate as generating
from tools.image.checks import relevance_check, technical
from tools.image.drawing import Drawn
from tools.image.generate import generate
from tools.image.regions import find_region, finder_spec, region_by_place
from tools.image.relevance import RIVALS, judge_folder, judge_spec, relevance
from tools.image.request import ImageRequest
from tools.image.said import Said, in_language

from .image_kit import build_judge, build_pipeline, build_region_finder, picture, pixels

RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 255, (48, 64, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a pipeline and an image-text model of test size."""
    pytest.importorskip("diffusers")
    folder = tmp_path_factory.mktemp("models")
    build_pipeline(folder / "tiny-diffusion")
    build_judge(folder / "tiny-clip")
    build_region_finder(folder / "tiny-seg")
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Iterator[House]:
    """A house with a judge and the retry."""
    image = ImageSettings(
        model=str(models / "tiny-diffusion"), width=64, height=64, steps=1, judge=str(models / "tiny-clip"), retry=True
    )
    environ = {"HAUSGEIST_HOME": str(tmp_path_factory.mktemp("house")), "HAUSGEIST_MODELS": str(models)}
    with pytest.MonkeyPatch.context() as patch, House.open(environ, settings=Settings(image=image)) as opened:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield opened


def failed(picture_: np.ndarray) -> list[str]:
    return [check.name for check in technical(picture_) if not check.passed]


def test_black_blank_and_clipped_pictures_are_told_apart_from_sound_ones() -> None:
    assert failed(np.zeros((32, 32, 3), np.uint8)) == ["black"]
    assert failed(np.full((32, 32, 3), 120, np.uint8)) == ["blank"]
    assert failed(np.where(NOISE > 127, 255, 0).astype(np.uint8)) == ["clipped"]
    assert failed(NOISE) == []
    night = (NOISE // 12).astype(np.uint8)
    assert failed(night) == []
    ramp = np.linspace(0, 255, 64, dtype=np.uint8)
    assert failed(np.tile(ramp[None, :, None], (32, 1, 3))) == []


def test_line_art_on_white_is_sound() -> None:
    from PIL import Image, ImageDraw

    paper = Image.new("RGB", (512, 512), "white")
    draw = ImageDraw.Draw(paper)
    for at in range(20, 500, 24):
        draw.ellipse((at, at, at + 90, at + 60), outline="black", width=3)
    soft = paper.resize((256, 256), Image.Resampling.LANCZOS)
    assert failed(np.asarray(soft)) == []


def test_a_model_scores_the_prompt_against_captions_of_nothing(home: House, models: Path) -> None:
    assert judge_folder(home) == models / "tiny-clip"
    with home.residency.lease(judge_spec(models / "tiny-clip")) as worker:
        scores = worker.call("score", NOISE, ["a red fox", *RIVALS])
    assert len(scores) == 1 + len(RIVALS) and all(-1 <= score <= 1 for score in scores)
    check, why = relevance(home, NOISE, "a red fox", None)
    assert why == "" and check is not None and check.name == "relevance"
    assert check.value == pytest.approx(scores[0], abs=1e-3)
    assert check.passed == (scores[0] >= max(scores[1:]))
    assert relevance_check(0.3, 0.2, "clip").passed
    doubtful = relevance_check(0.1, 0.2, "clip")
    assert "clip: 0.10 < 0.20" in doubtful.said and "图片似乎与要求不符" in in_language(doubtful.said, "zh")


def test_a_picture_that_cannot_be_scored_is_still_drawn_and_says_so(home: House, models: Path) -> None:
    broken = replace(home, settings=Settings(image=ImageSettings(judge=str(models / "tiny-diffusion" / "unet"))))
    check, why = relevance(broken, NOISE, "a red fox")
    assert check is None and "was not checked" in why and "image.judge" in why


def test_a_failed_check_is_reported_and_tried_once_more(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    real = generating._draw

    def black_first(worker: Any, drawing: Any, *rest: Any) -> Drawn:
        drawn.append(drawing.seed)
        result = real(worker, drawing, *rest)
        dark = len(drawn) == 1 or always_black
        return replace(result, pixels=result.pixels * 0) if dark else result

    monkeypatch.setattr(generating, "_draw", black_first)
    always_black = False
    made = generate(home, ImageRequest("a fox", seed=5, count=1))[0]
    assert drawn == [5, 6] and made.recipe.seed == 6
    assert any("first try was discarded (black)" in note for note in made.notes)
    assert pixels(made.path).std() > 1
    always_black, drawn = True, []
    made = generate(home, ImageRequest("a fox", seed=5))[0]
    assert drawn == [5, 6] and made.faults == ("The picture is black.",) and "The picture is black." in made.notes
    drawn = []
    settings = home.settings.image.model_copy(update={"retry": False})
    once = replace(home, settings=home.settings.model_copy(update={"image": settings}))
    made = generate(once, ImageRequest("a fox", seed=5))[0]
    assert drawn == [5] and made.faults == ("The picture is black.",)


@pytest.mark.parametrize(
    ("words", "box"),
    [
        ("the left half", (0, 32, 0, 48)),
        ("bottom right", (32, 64, 24, 48)),
        ("the upper part of the picture", (0, 64, 0, 24)),
        ("centre", (16, 48, 12, 36)),
        ("左上角", (0, 32, 0, 24)),
        ("unten links", (0, 32, 24, 48)),
        ("en haut à droite", (32, 64, 0, 24)),
        ("la mitad izquierda", (0, 32, 0, 48)),
    ],
)
def test_places_are_worked_out(words: str, box: tuple[int, int, int, int]) -> None:
    mask = region_by_place((64, 48), words)
    left, right, top, bottom = box
    assert mask is not None and mask[top:bottom, left:right].all()
    assert mask.sum() == 255 * (right - left) * (bottom - top)


@pytest.mark.parametrize(
    "words", ["the red car", "sky", "the left hand", "upper lip", "桌子上的杯子", "the cat on the right"]
)
def test_things_are_no_places(words: str) -> None:
    assert region_by_place((64, 48), words) is None


def test_a_model_finds_what_words_name(home: House, models: Path, tmp_path: Path) -> None:
    seen = pixels(picture(tmp_path / "a.png", (90, 60)))
    with home.residency.lease(finder_spec(models / "tiny-seg")) as worker:
        try:
            mask = worker.call("find", seen, "the red car")
        except ArgumentError as problem:
            assert "was not seen" in problem.message
        else:
            assert mask.shape == (60, 90) and set(np.unique(mask)) <= {0, 255}
    with (
        pytest.raises(ModelCorruptError, match="cannot be loaded"),
        home.residency.lease(finder_spec(models / "tiny-diffusion")),
    ):
        pass
    assert find_region(home, seen, "left half").shape == (60, 90)


def test_notes_know_their_chinese() -> None:
    note = Said("It is dark.", "很暗。")
    assert note == "It is dark." and in_language(note, "zh") == "很暗。" and in_language(note, "en") == "It is dark."
    assert in_language("plain", "zh") == "plain"
