"""The full vision backend on tiny models of the released architectures: choice, faults, vectors, index and find."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("transformers")
torch = pytest.importorskip("torch")

from runtime.errors import BudgetError, HausgeistError, ModelCorruptError, ModelMissingError  # noqa: E402
from runtime.gpu import gpus  # noqa: E402
from runtime.house import House  # noqa: E402
from runtime.settings import Settings  # noqa: E402
from tests.footage import put, record, table  # noqa: E402
from tests.tiny_vision import COLOURS, block, build_owlv2, build_siglip, build_siglip2_naflex  # noqa: E402
from tools.finder.answering.calibration import by_text, by_verification  # noqa: E402
from tools.finder.answering.search import FindQuery, FindResult, search  # noqa: E402
from tools.finder.cameras import add_camera, parse_zone  # noqa: E402
from tools.finder.index import index_cameras, open_store  # noqa: E402
from tools.finder.looks.appearance import (  # noqa: E402
    STARTER_VERSION,
    appearance_spec,
    chosen_backend,
    current_version,
    open_appearance,
)
from tools.finder.looks.appearance_types import TextLooks, Verified  # noqa: E402
from tools.finder.looks.colours import NAMES  # noqa: E402
from tools.finder.looks.full_backend import FullVision  # noqa: E402
from tools.finder.looks.full_models import full_models  # noqa: E402
from tools.finder.looks.layout import PALETTE  # noqa: E402
from tools.finder.looks.owlv2_backend import Owlv2  # noqa: E402
from tools.finder.looks.siglip_backend import SiglipSpace  # noqa: E402
from tools.finder.looks.state import vision_state  # noqa: E402
from tools.finder.looks.torch_backend import batched  # noqa: E402
from tools.finder.looks.vectors import Vectors, forget  # noqa: E402

RED, BLUE = (96, 120, 46, 40), (300, 150, 46, 40)
START = 1_772_440_620.0


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Folders of a tiny SigLIP and a tiny OWLv2."""
    root = tmp_path_factory.mktemp("models")
    return build_siglip(root / "tiny-siglip"), build_owlv2(root / "tiny-owlv2")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A red block is put on the table at 6 s, a blue one at 14 s."""

    def draw(t: float) -> np.ndarray:
        scene = table()
        if t >= 6.0:
            put(scene, RED, (36, 36, 200))
        if t >= 14.0:
            put(scene, BLUE, (200, 70, 40))
        return scene

    return record(tmp_path_factory.mktemp("clip") / "table.mp4", 24.0, draw)


def settings(embedder: Path, detector: Path, **more: str) -> Settings:
    finder = {"backend": "full", "embedder": str(embedder), "detector": str(detector), "timezone": "UTC", **more}
    return Settings.model_validate({"finder": finder})


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory, folders: tuple[Path, Path], clip: Path) -> Iterator[House]:
    """A house whose recording was indexed with the full backend; the recording is gone afterwards."""
    home = tmp_path_factory.mktemp("house")
    source = shutil.copy(clip, home / "table.mp4")
    environ = {"HAUSGEIST_HOME": str(home / "h"), "HAUSGEIST_MODELS": str(home / "none")}
    with House.open(environ, settings=settings(*folders)) as house:
        with open_store(house) as store:
            zones = [parse_zone("left:0,0;240,0;240,270;0,270"), parse_zone("right:240,0;480,0;480,270;240,270")]
            add_camera(store, "table", source, start=START, zones=zones)
            assert index_cameras(house, store).broken == []
        Path(source).unlink()
        yield house


class NoWords:
    """No text embedder is asked for what the tables know."""

    def embed(self, texts: object, kind: str = "query") -> np.ndarray:
        raise AssertionError(f"asked to embed {texts}")


def find(house: House, words: str = "", photo: Path | None = None) -> FindResult:
    return search(house, NoWords(), FindQuery(words, photo=photo))  # type: ignore[arg-type]


def overlaps(box: list[float], truth: tuple[int, int, int, int]) -> bool:
    return box[0] < truth[0] + truth[2] and truth[0] < box[0] + box[2] and abs(box[1] - truth[1]) < 40


@pytest.mark.parametrize(("words", "zone", "box"), [("the red cup", "left", RED), ("blue cup", "right", BLUE)])
def test_words_meet_crops(indexed: House, words: str, zone: str, box: tuple[int, int, int, int]) -> None:
    found = find(indexed, words).as_json()
    assert found["found"], found
    newest = found["sightings"][0]
    assert newest["zone"] == zone
    assert overlaps(newest["box"], box)
    assert newest["state"] == "visible"
    assert Path(newest["frame"]).stat().st_size > 1000


def test_a_photo_finds_the_thing(indexed: House, tmp_path: Path) -> None:
    photo = np.full((200, 200, 3), 235, np.uint8)
    photo[60:140, 54:146] = (200, 70, 40)
    photo[86:100, 66:134] = 235
    cv2.imwrite(str(tmp_path / "blue.png"), photo)
    found = find(indexed, photo=tmp_path / "blue.png")
    assert found.found.reported
    assert found.as_json()["sightings"][0]["zone"] == "right"


def test_the_detector_verified_what_is_told(indexed: House) -> None:
    reported = find(indexed, "red cup").found.reported[0]
    assert reported.score > 0.5
    with open_store(indexed) as store, open_appearance(indexed) as appearance:
        still = store.still(reported.sighting.still_id or 0)
        assert still is not None
        jpeg = (store.folder / still.file).read_bytes()
        there, nothing = appearance.verify(jpeg, [(60.0, 60.0, 40.0, 40.0), (0.0, 0.0, 3.0, 2.0)], "red cup", None)
    assert 0.5 < there.score < 1.0
    assert there.box != (60.0, 60.0, 40.0, 40.0)
    assert (nothing.score, nothing.box) == (0.0, (0.0, 0.0, 3.0, 2.0))


def test_another_backend_describes_the_kept_crops_without_the_recording(
    indexed: House, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    other = shutil.copytree(folders[0], tmp_path / "other-siglip")
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps({**config, "note": "another release"}))
    environ = {"HAUSGEIST_HOME": str(indexed.paths.finder.parent.parent), "HAUSGEIST_MODELS": str(tmp_path)}
    with House.open(environ, settings=settings(other, folders[1])) as house:
        assert house.paths.finder == indexed.paths.finder
        assert current_version(house) != current_version(indexed)
        with open_store(house) as store:
            ids = [s.id for s in store.sightings() if s.crop]
            before = [s.indexed for s in store.segments()]
        assert not Vectors(house, current_version(house)).matrix(ids).any()
        assert find(house, "the red cup").as_json()["sightings"][0]["zone"] == "left"
        made = Vectors(house, current_version(house)).matrix(ids)
        assert made.any(1).all()
        with open_store(house) as store:
            assert [s.indexed for s in store.segments()] == before


def test_vectors_have_unit_length_and_words_are_in_their_space(folders: tuple[Path, Path]) -> None:
    space = SiglipSpace(folders[0], "cpu", torch.float32)
    random = np.random.default_rng(11)
    shown = [block(value, random, side) for value in COLOURS.values() for side in (32, 40, 64, 32, 50, 90)]
    pictures = space.pictures(shown)
    texts = space.words([f"{name} thing" for name in COLOURS])
    assert np.allclose(np.linalg.norm(pictures, axis=1), 1.0, atol=1e-5)
    assert np.allclose(np.linalg.norm(texts, axis=1), 1.0, atol=1e-5)
    logits = pictures @ texts.T * space.scale + space.bias
    right = logits.argmax(1) == np.arange(4).repeat(6)
    assert right.mean() > 0.8
    assert np.allclose(space.words(["RED thing"]), space.words(["red thing"]))
    assert space.pictures([]).shape == (0, 32)


def test_the_native_aspect_kind_of_siglip_2_loads_as_well(tmp_path: Path) -> None:
    space = SiglipSpace(build_siglip2_naflex(tmp_path / "naflex"), "cpu", torch.float32)
    random = np.random.default_rng(1)
    vectors = space.pictures(
        [random.integers(0, 255, (30, 90, 3), np.uint8), random.integers(0, 255, (64, 40, 3), np.uint8)]
    )
    assert vectors.shape == (2, 32)
    assert np.isfinite(vectors).all()
    assert space.words(["蓝色的杯子"]).shape == (1, 32)


def test_a_still_is_searched_for_things(folders: tuple[Path, Path], clip: Path) -> None:
    vision = FullVision(str(folders[0]), str(folders[1]), ("red thing", "blue thing"), "v", "cpu")
    scene = table()
    put(scene, RED, (36, 36, 200))
    jpeg = cv2.imencode(".jpg", np.clip(scene, 0, 255).astype(np.uint8))[1].tobytes()
    proposals = vision.propose(jpeg)
    assert 0 < len(proposals) <= 80
    assert all(p.crop[:2] == b"\xff\xd8" and len(p.vector) == 32 + PALETTE + len(NAMES) for p in proposals)
    assert any(overlaps(list(p.box), RED) for p in proposals)
    height, width = scene.shape[:2]
    assert all(
        p.box[0] >= 0 and p.box[0] + p.box[2] <= width + 1 and p.box[1] + p.box[3] <= height + 1 for p in proposals
    )


def house_with(tmp_path: Path, **finder: str) -> House:
    environ = {"HAUSGEIST_HOME": str(tmp_path / "h"), "HAUSGEIST_MODELS": str(tmp_path / "models")}
    return House.open(environ, settings=Settings.model_validate({"finder": finder}))


def test_auto_takes_the_full_backend_where_both_models_are_whole(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    with house_with(tmp_path) as house:
        assert (chosen_backend(house), current_version(house)) == ("starter", STARTER_VERSION)
        shutil.copytree(folders[0], house.catalogue.folder("siglip2-base"))
        assert chosen_backend(house) == "starter"
        shutil.copytree(folders[1], house.catalogue.folder("owlv2-base"))
        assert chosen_backend(house) == "full"
        assert current_version(house).startswith("full-1 siglip2-base")
        assert appearance_spec(house).target.endswith("FullVision")
    with house_with(tmp_path, backend="starter") as house:
        assert chosen_backend(house) == "starter"


@pytest.mark.parametrize(
    ("spoil", "error", "words"),
    [
        ("absent", ModelMissingError, "hausgeist models pull siglip2-base"),
        ("model.safetensors", ModelMissingError, "*.safetensors is missing"),
        ("config.json", ModelMissingError, "config.json is missing"),
        ("preprocessor_config.json", ModelMissingError, "preprocessor_config.json"),
        ("pickled", ModelMissingError, "only pickled weights"),
        ("cut", ModelCorruptError, "model.safetensors"),
        ("kind", ModelMissingError, "not siglip or siglip2"),
    ],
)
def test_what_is_missing_or_broken_is_named_with_the_remedy(
    tmp_path: Path, folders: tuple[Path, Path], spoil: str, error: type[HausgeistError], words: str
) -> None:
    with house_with(tmp_path, backend="full") as house:
        folder = house.catalogue.folder("siglip2-base")
        if spoil != "absent":
            shutil.copytree(folders[1] if spoil == "kind" else folders[0], folder)
            shutil.copytree(folders[1], house.catalogue.folder("owlv2-base"))
        weights = folder / "model.safetensors"
        if spoil == "pickled":
            weights.rename(folder / "pytorch_model.bin")
        elif spoil == "cut":
            weights.write_bytes(weights.read_bytes()[:-40])
        elif spoil not in {"absent", "kind"}:
            (folder / spoil).unlink()
        with pytest.raises(error) as caught:
            full_models(house)
        assert words in str(caught.value)
        assert caught.value.remedy
        with pytest.raises(error):
            current_version(house)


@pytest.mark.parametrize("wish", ["nobody/has-this", "siglop2-base", "/no/such/folder"])
def test_a_model_that_is_not_here_says_how_to_get_it(
    tmp_path: Path, wish: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    with house_with(tmp_path, backend="full", embedder=wish) as house, pytest.raises(HausgeistError) as caught:
        full_models(house)
    assert wish in str(caught.value)
    assert caught.value.remedy


@pytest.mark.skipif(bool(gpus()), reason="a GPU is here")
def test_a_gpu_that_is_asked_for_and_not_there_is_an_error(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    opened = House.open({"HAUSGEIST_HOME": str(tmp_path)}, settings=settings(*folders, device="cuda"))
    with opened as house, pytest.raises(BudgetError) as caught, open_appearance(house):
        pass
    assert "no NVIDIA GPU is seen" in str(caught.value) or "CPU only" in str(caught.value)


def test_the_cpu_is_never_taken_silently(
    tmp_path: Path, folders: tuple[Path, Path], caplog: pytest.LogCaptureFixture
) -> None:
    with House.open({"HAUSGEIST_HOME": str(tmp_path)}, settings=settings(*folders, device="cpu")) as house:
        appearance_spec(house)
    assert "runs on the CPU" in caplog.text


def test_batches_that_do_not_fit_are_halved_until_they_do() -> None:
    sizes: list[int] = []

    def work(part: list[int]) -> int:
        sizes.append(len(part))
        if len(part) > 2:
            raise torch.OutOfMemoryError("full")
        return sum(part)

    assert sum(batched(list(range(10)), 8, work)) == 45
    assert sizes == [8, 4, 2, 2, 2, 2, 2]

    def never(part: list[int]) -> int:
        raise torch.OutOfMemoryError("full")

    with pytest.raises(BudgetError):
        batched([1], 1, never)


def test_scores_become_ratios_that_rise_with_them() -> None:
    cosines = np.linspace(-0.05, 0.15, 9, dtype=np.float32)
    features = np.stack([cosines, np.sqrt(1 - cosines**2)], 1)
    text = TextLooks(np.array([[1.0, 0.0]], np.float32), 112.0, -16.0)
    ratios = by_text(features, text, features)
    assert (np.diff(ratios) >= 0).all()
    assert ratios[0] < 0.1
    assert ratios[-1] > 3
    box = (0.0, 0.0, 1.0, 1.0)
    by_score = [by_verification(Verified(score, box), False) for score in (0.0, 0.05, 0.1, 0.4, 0.95)]
    assert by_score == sorted(by_score)
    assert by_score[2] == pytest.approx(1.0)
    assert by_verification(Verified(0.4, box), True) < 1 < by_verification(Verified(0.9, box), True)


def test_indexing_with_another_backend_describes_what_is_kept(
    indexed: House, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    other = shutil.copytree(folders[0], tmp_path / "third-siglip")
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps({**config, "note": "a third release"}))
    environ = {"HAUSGEIST_HOME": str(indexed.paths.finder.parent.parent), "HAUSGEIST_MODELS": str(tmp_path)}
    said: list[str] = []
    with House.open(environ, settings=settings(other, folders[1])) as house, open_store(house) as store:
        vectors, ids = Vectors(house, current_version(house)), store.crop_ids()
        assert index_cameras(house, store, progress=lambda p: said.append(p.message)).indexed == 0
        assert "describing kept crops" in said
        assert vectors.matrix(ids).any(1).all()
        said.clear()
        index_cameras(house, store, progress=lambda p: said.append(p.message))
        assert said == []
        forget(house, ids[:1])
        assert [bool(row.any()) for row in vectors.matrix(ids[:2])] == [False, True]
        before = Vectors(house, current_version(indexed)).matrix(ids[:2])
        assert [bool(row.any()) for row in before] == [False, True]


def test_the_doctor_tells_which_backend_works_and_where(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    with house_with(tmp_path, backend="full") as house:
        state = vision_state(house)
        assert state.state == "missing"
        assert "siglip2-base" in state.remedy
    with House.open({"HAUSGEIST_HOME": str(tmp_path)}, settings=settings(*folders, device="cpu")) as house:
        state = vision_state(house)
        assert (state.state, "tiny-siglip and tiny-owlv2 on cpu" in state.detail) == ("ok", True)
    with house_with(tmp_path) as house:
        assert vision_state(house).detail.startswith("starter")


def test_half_precision_keeps_boxes_to_the_pixel(folders: tuple[Path, Path]) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (540, 960, 3)).astype(np.uint8)
    seen = []
    for dtype in (torch.float32, torch.bfloat16):
        owl = Owlv2(folders[1], "cpu", dtype)
        seen.append(owl.look([picture], owl.words(["red mug"]))[0])
    assert np.abs(seen[0].boxes - seen[1].boxes).max() < 2.0
    assert np.abs(seen[0].scores - seen[1].scores).max() < 0.15
    assert seen[0].boxes[:, 0].min() >= 0
    assert (seen[0].boxes[:, 1] + seen[0].boxes[:, 3]).max() <= 540
