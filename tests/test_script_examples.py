"""The scripts in examples/scripts run on the real small parts: a film, a voice, small language and image models."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.scripts.service import Scripts
from memory.memory import Memory
from runtime.house import House
from tools.finder.cameras import add_camera
from tools.finder.index import index_cameras
from tools.finder.store import FinderStore

from .footage import put, record, table

EXAMPLES = Path(__file__).resolve().parent.parent / "examples" / "scripts"
NOW = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)
Need = Callable[[str], Path]


def run(environ: dict[str, str], name: str, inputs: dict[str, Any], *overrides: str, prepare: Any = None) -> Any:
    """Run an example and give what it came to, with the outputs folder."""
    settings = ["speech.play=false", "finder.timezone=UTC", *overrides]
    with House.open(environ, settings) as house:
        house.clock = lambda: NOW
        if prepare is not None:
            prepare(house)
        with Scripts(house) as scripts:
            outcome = scripts.start(EXAMPLES / name, inputs)
    assert outcome.status == "done", outcome.error
    return outcome, house.paths.outputs


def test_what_was_left_where(environment: dict[str, str], tmp_path: Path, need_model: Need) -> None:
    need_model("ssd-mobilenet-v2-coco")
    need_model("efficientnet-lite0")

    def film(house: House) -> None:
        def draw(t: float) -> Any:
            scene = table()
            if t > 6:
                put(scene, (200, 120, 60, 70), (40, 40, 220))
            return scene

        (tmp_path / "film").mkdir()
        record(tmp_path / "film" / "desk.mp4", 14, draw)
        with FinderStore(house.paths.finder) as store:
            add_camera(store, "desk", tmp_path / "film" / "desk.mp4", start=NOW.timestamp() - 3600)
            index_cameras(house, store)

    outcome, outputs = run(environment, "nightly.yaml", {"things": "red box, violin"}, prepare=film)
    note = (outputs / "nightly" / "2026-03-02.md").read_text()
    assert "**red box**" in note and "**violin**" in note and len(outcome.output["seen"]) == 2
    results = outcome.steps["look"]["results"]
    assert all(result["status"] == "ok" and result["say"] in note for result in results)
    assert any("coverage" in result["facts"] for result in results)  # the finder itself answered


def test_an_audio_book(environment: dict[str, str], tmp_path: Path, need_model: Need) -> None:
    need_model("piper-en-us-joe")
    soundfile = pytest.importorskip("soundfile")
    for number, text in ((2, "The morning came."), (10, "They had tea."), (1, "It was a quiet night.")):
        (tmp_path / f"chapter{number}.txt").write_text(text)
    outcome, outputs = run(environment, "audio_book.yaml", {"folder": str(tmp_path), "title": "night"})
    names = ["chapter1-1.flac", "chapter2-1.flac", "chapter10-1.flac"]
    assert (outputs / "night" / "night.m3u").read_text().split() == ["#EXTM3U", *names]
    sounds = [soundfile.info(outputs / "night" / name) for name in names]
    assert [sound.format for sound in sounds] == ["FLAC"] * 3
    assert outcome.output["seconds"] == pytest.approx(sum(sound.duration for sound in sounds), abs=0.1)
    assert 1.5 < outcome.output["seconds"] < 15


def test_a_picture_for_each_line(environment: dict[str, str], tmp_path: Path) -> None:
    pytest.importorskip("diffusers")
    from .test_image_tool import build_pipeline

    build_pipeline(tmp_path / "tiny")
    wishes = tmp_path / "wishes.txt"
    wishes.write_text("# my wishes\na red fox\n\na blue boat\n")
    small = [f"image.model={tmp_path / 'tiny'}", "image.width=64", "image.height=64", "image.steps=1"]
    outcome, outputs = run(environment, "pictures.yaml", {"list": str(wishes), "style": "ink", "seed": "7"}, *small)
    album = (outputs / "pictures.md").read_text()
    assert outcome.output["drawn"] == 2 and "![a red fox, ink](" in album and "![a blue boat, ink](" in album
    pictures = [Path(result["files"][0]) for result in outcome.steps["draw"]["results"]]
    assert all(picture.read_bytes()[:4] == b"\x89PNG" and str(picture) in album for picture in pictures)
    assert [result["facts"]["seed"] for result in outcome.steps["draw"]["results"]] == [7, 8]


def test_a_morning_briefing(environment: dict[str, str], need_model: Need) -> None:
    need_model("piper-en-us-joe")
    need_model("smollm2-135m-instruct")

    def tell(house: House) -> None:
        with Memory(house) as memory:
            memory.remember("The plumber comes today at nine.", source="test")

    chat = ["chat.model=smollm2-135m-instruct", "chat.max_reply_tokens=40", "chat.context_tokens=2048"]
    inputs = {"about": "when does the plumber come today"}
    outcome, outputs = run(environment, "briefing.yaml", inputs, *chat, prepare=tell)
    note = (outputs / "briefings" / "2026-03-02.md").read_text()
    assert outcome.output["briefing"] in note and "The plumber comes today at nine" in note
    assert (outputs / "speech" / "briefing-2026-03-02.wav").read_bytes()[:4] == b"RIFF"
    assert outcome.steps["view"]["skipped"] and outcome.steps["words"]["outside"] is False
