"""The finder's tools over a real recording: a film of drawn things on a table, made, indexed and asked here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from memory.embedder import Embedder
from runtime.house import House
from runtime.paths import Paths
from tools.contract import Risk, ToolContext, ToolOutput
from tools.finder.answering.search import FindQuery, search
from tools.finder.cameras import add_camera
from tools.finder.index import index_cameras, open_store
from tools.finder.looks.appearance import CLASSIFIER, DETECTOR
from tools.finder.records import Zone
from tools.finder.tool import DescribeCamera, FindItem, WhereWas

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
FPS = 10
SIZE = (640, 360)


def film(path: Path) -> None:
    """24 s of a grained table: a turquoise thing appears at 6 s, a red one at 10 s, a large book covers it at 16 s."""
    import av

    rng = np.random.default_rng(2)
    table = (np.array([170.0, 130.0, 90.0]) + rng.normal(0, 4, (SIZE[1], SIZE[0], 1))).clip(0, 255)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"g": "20", "crf": "18"})
        stream.width, stream.height, stream.pix_fmt = SIZE[0], SIZE[1], "yuv420p"
        for index in range(24 * FPS):
            at = index / FPS
            frame = table.copy()
            if at >= 6:
                frame[200:240, 120:200] = (30, 190, 180)
            if at >= 10:
                frame[180:230, 400:460] = (200, 20, 30)
            if at >= 16:
                frame[150:260, 370:500] = (40, 60, 160)
            picture = (frame + rng.normal(0, 1.5, frame.shape)).clip(0, 255).astype(np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                out.mux(packet)
        for packet in stream.encode():
            out.mux(packet)


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory, need_model: Callable[[str], Path]) -> Iterator[House]:
    need_model(DETECTOR)
    need_model(CLASSIFIER)
    folder = tmp_path_factory.mktemp("finder")
    film(folder / "desk.mp4")
    models = Paths.from_environment().models
    environ = {"HAUSGEIST_HOME": str(folder / "house"), "HAUSGEIST_MODELS": str(models), "HOME": str(folder)}
    with House.open(environ, ["finder.timezone=UTC"]) as house:
        house.clock = lambda: datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
        with open_store(house) as store:
            desk = Zone("desk", ((20, 100), (620, 100), (630, 350), (10, 350)))
            add_camera(store, "study_cam", folder / "desk.mp4", start=START.timestamp(), zones=[desk])
            index_cameras(house, store)
        yield house


def context(house: House, language: str = "en") -> ToolContext:
    memory: Any = SimpleNamespace(embedder=Embedder(house))
    return ToolContext(house, memory, language)


def use(tool: Any, house: House, language: str = "en", **args: str) -> ToolOutput:
    output: ToolOutput = tool.execute(tool.args_schema(**args), context(house, language))
    return output


def test_a_thing_is_found_with_place_time_and_picture(indexed: House) -> None:
    output = use(FindItem(), indexed, item="turquoise phone")
    facts = json.loads(json.dumps(output.facts))
    newest = facts["sightings"][0]
    assert output.status == "ok"
    assert facts["found"]
    assert set(facts) >= {"item", "found", "answer", "sightings", "coverage"}
    assert set(newest) == {
        "camera", "zone", "place", "first_seen", "last_seen", "box", "score", "frame", "state", "by", "event", "cover",
        "path", "checked", "not_recorded_since",
    }  # fmt: skip
    assert (newest["camera"], newest["zone"], newest["state"]) == ("study_cam", "desk", "visible")
    assert abs((datetime.fromisoformat(newest["first_seen"]) - START).total_seconds() - 6) <= 1.5
    assert newest["box"] == pytest.approx([120, 200, 80, 40], abs=8)
    assert Path(newest["frame"]).read_bytes()[:2] == b"\xff\xd8"
    assert output.files[0].path == Path(newest["frame"])
    assert "study_cam, on the desk" in output.say


def test_a_covered_thing_is_told_so_in_chinese(indexed: House) -> None:
    output = use(FindItem(), indexed, "zh", item="红色钱包", camera="书房")
    newest = json.loads(json.dumps(output.facts))["sightings"][0]
    assert newest["state"] == "covered"
    assert newest["box"] == pytest.approx([400, 180, 60, 50], abs=8)
    assert "盖住" in output.say


def test_what_was_never_there_is_not_found_and_the_coverage_is_told(indexed: House) -> None:
    output = use(FindItem(), indexed, item="yellow umbrella")
    assert (output.facts["found"], output.facts["sightings"]) == (False, [])
    assert output.say.startswith("Not seen (yellow umbrella). Looked through: study_cam from 10:00 to 10:00")


def test_a_photo_finds_the_thing(indexed: House, tmp_path: Path) -> None:
    from PIL import Image

    photo = np.full((200, 200, 3), 250, np.uint8)
    photo[70:125, 40:160] = (35, 195, 185)
    Image.fromarray(photo).save(tmp_path / "mine.png")
    result = search(indexed, Embedder(indexed), FindQuery("", photo=tmp_path / "mine.png")).as_json()
    assert result["item"] == "mine"
    assert result["sightings"][0]["box"] == pytest.approx([120, 200, 80, 40], abs=8)


def test_since_leaves_out_what_ended_before(indexed: House) -> None:
    output = use(FindItem(), indexed, item="turquoise phone", since="2026-03-02T11:00")
    assert output.facts["found"] is False


def test_a_camera_is_described_with_its_last_change_and_picture(indexed: House) -> None:
    output = use(DescribeCamera(), indexed, camera="the study camera")
    changes = json.loads(json.dumps(output.facts))["last_changes"]
    assert output.facts["camera"] == "study_cam"
    assert changes[0]["type"] in {"placed", "covered"}
    assert output.files[0].path.is_file()
    assert output.say.startswith("study_cam at 10:00: ")
    assert "画面中没有人" in use(DescribeCamera(), indexed, "zh", camera="书房").say


def test_nobody_was_seen_and_faces_are_not_recognised(indexed: House) -> None:
    output = use(WhereWas(), indexed, person="Anna", when="2026-03-02")
    assert output.facts["seen"] == []
    assert "not recognised" in str(output.facts["who"])
    assert output.say == "No person was seen in that time (on study_cam)."
    assert use(WhereWas(), indexed, when="2026-02-01").say == "No indexed footage covers that time."


@pytest.mark.parametrize(
    ("tool", "args", "words"),
    [
        (DescribeCamera(), {"camera": "swimming pool"}, "study_cam"),
        (FindItem(), {"item": "mug", "camera": "swimming pool"}, "study_cam"),
        (FindItem(), {"item": "mug", "since": "blurp"}, "blurp"),
        (FindItem(), {"item": " "}, "nothing to look for"),
    ],
)
def test_wrong_arguments_fail_with_what_to_do(indexed: House, tool: Any, args: dict[str, str], words: str) -> None:
    output = use(tool, indexed, **args)
    assert output.status == "failed"
    assert words in str(output.error)


@pytest.mark.parametrize("tool", [FindItem(), DescribeCamera(), WhereWas()])
def test_without_a_camera_the_command_that_adds_one_is_told(house: House, tool: Any) -> None:
    args = {"item": "mug"} if tool.name == "find_item" else {"camera": "x"} if tool.name == "describe_camera" else {}
    output = use(tool, house, **args)
    assert output.status == "failed"
    assert "hausgeist cameras add NAME PATH" in str(output.error)


def test_recordings_that_are_not_indexed_are_told(house: House, tmp_path: Path) -> None:
    film(tmp_path / "late.mp4")
    with open_store(house) as store:
        add_camera(store, "hall", tmp_path / "late.mp4", start=START.timestamp())
    output = use(FindItem(), house, item="mug")
    assert output.facts["recordings_not_indexed"] == 1
    assert "hausgeist cameras index" in output.say


def test_the_tools_only_read_and_give_examples_in_five_languages() -> None:
    for tool in (FindItem, DescribeCamera, WhereWas):
        assert tool.risk is Risk.READ
        assert {example.lang for example in tool.examples} == {"en", "zh", "es", "fr", "de"}
