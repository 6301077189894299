"""Cameras by hand: naming, zones, stills, coverage and taught things through the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runtime.house import House
from runtime.worker import Cancellation
from tools.finder.index import index_cameras
from tools.finder.store import FinderStore
from tools.finder.taught import items

from .cli_driver import Cli, in_process
from .footage import HEIGHT, WIDTH, record


@pytest.fixture
def cli(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Cli:
    """The command line without vision models: recordings are indexed without labels, and quickly."""
    monkeypatch.chdir(tmp_path)
    return in_process({**environment, "HAUSGEIST_MODELS": str(tmp_path / "none")}, monkeypatch, capsys)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds; from the sixth on a red thing lies at 96,108 to 168,162."""

    def draw(t: float) -> np.ndarray:
        scene = np.full((HEIGHT, WIDTH, 3), 150.0, np.float32)
        if t >= 6.0:
            scene[108:162, 96:168] = (30, 40, 210)
        return scene

    return record(tmp_path_factory.mktemp("clip") / "a.mp4", 10.0, draw, fps=5, keyframe_s=1.0, noise=0.0)


@pytest.fixture
def yard(clip: Path, tmp_path: Path) -> Path:
    """A folder of two recordings with nine minutes and fifty seconds between them, named in a way of its own."""
    folder = tmp_path / "yard"
    folder.mkdir()
    for minute in (0, 10):
        shutil.copy(clip, folder / f"cam1_02032026_18{minute:02d}00.mp4")
    return folder


def add(cli: Cli, yard: Path, *more: str) -> None:
    pattern = ("--name-pattern", "cam1_%d%m%Y_%H%M%S", "--timezone", "Europe/Berlin")
    done = cli("--set", "finder.timezone=UTC", "cameras", "add", "yard", str(yard), *pattern, *more)
    assert done.status == 0, done.err


def test_a_cameras_own_naming_and_zone_date_its_coverage(cli: Cli, yard: Path) -> None:
    refused = cli("cameras", "add", "yard", str(yard), "--name-pattern", "cam2_%d%m%Y_%H%M%S")
    assert refused.status == 2
    assert "fits no recording" in refused.err
    assert cli("cameras", "add", "yard", str(yard), "--timezone", "Mars/Base").status == 2
    add(cli, yard)
    assert cli("cameras", "index", "--json").json["indexed"] == 2
    told = cli("cameras", "coverage", "yard", "--json", "--set", "finder.timezone=UTC").json
    assert (told["from"], told["to"]) == ("2026-03-02T17:00:00+00:00", "2026-03-02T17:10:10+00:00")
    assert told["covered_s"] == pytest.approx(20.0, abs=0.5)
    assert [gap["seconds"] for gap in told["gaps"]] == [pytest.approx(590.0, abs=0.5)]
    assert len(told["covered"]) == 2
    listed = cli("cameras", "list", "--json", "--set", "finder.timezone=UTC").json["cameras"][0]
    assert listed["kind"] == "recordings"
    assert listed["options"] == {"name_pattern": "cam1_%d%m%Y_%H%M%S", "timezone": "Europe/Berlin"}
    assert listed["gaps"] == told["gaps"]
    assert "1 gap, the longest" in cli("cameras", "list").out
    assert "missing" in cli("cameras", "coverage", "yard").out
    part = cli("cameras", "coverage", "yard", "--since", "2026-03-02T17:05:00+00:00", "--json").json
    assert part["covered_s"] == pytest.approx(10.0, abs=0.5)
    assert part["missing_s"] == pytest.approx(300.0, abs=0.5)
    assert cli("cameras", "coverage", "yard", "--since", "whenever").status == 2


def test_zones_are_set_listed_and_removed(cli: Cli, yard: Path) -> None:
    add(cli, yard, "--zone", "left:0,0;0.5,0;0.5,1;0,1")
    told = cli("cameras", "zone", "yard", "desk", "--polygon", "0,135 240,135 240,270 0,270", "--json").json
    assert (told["width"], told["height"]) == (WIDTH, HEIGHT)
    assert {zone["name"]: zone["share"] for zone in told["zones"]} == {"desk": 0.25, "left": 0.5}
    assert cli("cameras", "zone", "yard").out == cli("cameras", "zone", "yard", "list").out
    for arguments, says in (
        (["desk", "--polygon", "0,0 481,0 481,270"], "outside the picture"),
        (["desk", "--polygon", "0,0 100,100 100,0 0,100"], "cross"),
        (["desk"], "What shall happen"),
        (["dsk", "--remove"], "Did you mean 'desk'"),
        (["desk", "--remove", "--polygon", "0,0 9,0 9,9"], "do not go together"),
        (["--polygon", "0,0 9,0 9,9"], "no name"),
    ):
        refused = cli("cameras", "zone", "yard", *arguments)
        assert (refused.status, says in refused.err) == (2, True), (arguments, refused.err)
    assert cli("cameras", "zone", "yard", "desk", "--remove").status == 0
    assert [zone["name"] for zone in cli("cameras", "zone", "yard", "--json").json["zones"]] == ["left"]


def test_a_still_of_now_and_of_a_time(cli: Cli, yard: Path, tmp_path: Path) -> None:
    add(cli, yard, "--zone", "left:0,0;0.5,0;0.5,1;0,1")
    newest = cli("cameras", "still", "yard", "--json").json
    assert newest["file"] == str(tmp_path / "yard.png")
    assert (newest["width"], newest["height"]) == (WIDTH, HEIGHT)
    with Image.open(tmp_path / "yard.png") as picture:
        red, _, blue = picture.convert("RGB").getpixel((130, 130))
        assert red > blue + 100
    before = cli(
        "cameras", "still", "yard", "--at", "2026-03-02T17:00:03+00:00", "-o", str(tmp_path / "b.jpg"), "--grid"
    )
    assert before.status == 0
    with Image.open(tmp_path / "b.jpg") as picture:
        assert picture.format == "JPEG"
        red, _, blue = picture.convert("RGB").getpixel((130, 130))
        assert red < blue + 60  # the thing is not there yet, but the zone's shade is
    gone = cli("cameras", "still", "yard", "--at", "2026-03-02T17:05:00+00:00")
    assert gone.status == 1
    assert "no picture of yard at that time" in gone.err
    assert cli("cameras", "still", "yrd").status == 2


def test_things_are_taught_from_photos_and_frames_listed_and_forgotten(cli: Cli, yard: Path, tmp_path: Path) -> None:
    photo = tmp_path / "watch.png"
    Image.new("RGB", (3000, 2000), (120, 80, 40)).save(photo)
    add(cli, yard)
    taught = cli("items", "teach", "grandfather's watch", str(photo), "--also", "Opas Ticker", "--json").json
    assert [one["from"] for one in taught["photos"]] == ["watch.png"]
    at = ("--camera", "yard", "--at", "2026-03-02T17:00:08+00:00")
    more = cli("items", "teach", "Grandfather's Watch", *at, "--box", "0.2,0.4,0.15,0.2", "--json").json
    assert more["name"] == "grandfather's watch"
    assert [one["from"] for one in more["photos"]][1].startswith("yard, 2026-03-02")
    with Image.open(more["photos"][0]["file"]) as kept:
        assert max(kept.size) == items.LONGEST_PX
        assert not kept.getexif()
    with Image.open(more["photos"][1]["file"]) as kept:
        red, _, blue = kept.convert("RGB").getpixel((kept.width // 2, kept.height // 2))
        assert red > blue + 100
    assert cli("items", "show", "opas ticker", "--json").json == more
    assert [item["name"] for item in cli("items", "list", "--json").json["items"]] == ["grandfather's watch"]
    for arguments, says in (
        (["bag"], "no picture to learn"),
        (["Opas Ticker", str(photo)], 'a name of "grandfather\'s watch" already'),
        (["bag", str(tmp_path / "gone.png")], "does not exist"),
        (["bag", *at], "go together"),
        (["bag", *at, "--box", "470,0,40,40"], "not inside the picture"),
        (["bag", *at, "--box", "10,10,4,4"], "too small"),
        (["bag", *at, "--box", "1,2,3"], "no box"),
        (["?!", str(photo)], "not a name"),
    ):
        refused = cli("items", "teach", *arguments)
        assert (refused.status, says in refused.err) == (2, True), (arguments, refused.err)
    (tmp_path / "bad.jpg").write_text("no picture")
    assert cli("items", "teach", "bag", str(tmp_path / "bad.jpg")).status == 1
    assert cli("items", "forget", "opas ticker").status == 0
    assert cli("items", "list", "--json").json["items"] == []
    assert not any(Path(one["file"]).exists() for one in more["photos"])
    assert cli("items", "show", "opas ticker").status == 2


def test_a_request_by_its_name_is_a_search_by_its_pictures(
    house: House, need_model: object, clip: Path, tmp_path: Path
) -> None:
    for model in ("ssd-mobilenet-v2-coco", "efficientnet-lite0"):
        need_model(model)  # type: ignore[operator]
    finder = house.settings.finder.model_copy(update={"found_score": 0.1})
    house.settings = house.settings.model_copy(update={"finder": finder})
    from memory.embedder import Embedder
    from tools.finder.answering.search import FindQuery, search
    from tools.finder.cameras import add_camera

    with FinderStore(house.paths.finder) as store:
        add_camera(store, "yard", clip, start=1_772_467_200.0)
        index_cameras(house, store, cancellation=Cancellation())
        picture = items.from_camera(house, store, "yard", 1_772_467_208.0, (96, 108, 72, 54))
        items.teach(house, store, "Zinnober", [picture])
        photo = tmp_path / "thing.jpg"
        photo.write_bytes(picture.jpeg)
        asked = [FindQuery("my Zinnober"), FindQuery("my Zinnober", photo=photo), FindQuery("my Ultramarin")]
        named, shown, unknown = (search(house, Embedder(house), query).as_json() for query in asked)
        vectors = store.photo_vectors(store.item("zinnober").photos[0].id, items.current_version(house))
    assert named["best_score"] == pytest.approx(shown["best_score"], abs=1e-3)
    assert named["best_score"] != pytest.approx(unknown["best_score"], abs=1e-3)
    assert named["sightings"][0]["box"] == pytest.approx([96, 108, 72, 54], abs=8)
    assert vectors is not None
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-2)
