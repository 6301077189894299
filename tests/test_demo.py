"""The demo: its verdicts, what it prints, and a short tour end to end on the real models."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from agent.events import Timing
from agent.outcome import Turn
from agent.turn import Call
from runtime.house import House
from tools.contract import ToolFile, ToolOutput
from tools.finder import sample_home
from tools.finder.records import Zone
from tools.finder.sample_home import SampleCamera, SampleHome
from tui.demo import LATER, TOUR, Step, demo_house, run_demo
from tui.demo_report import StepResult, judge, print_step, print_total

NO_MODEL = "No image model is installed. Get one with `hausgeist models pull sd-turbo`."


def _turn(*calls: Call, reply: str = "Done.", error: str | None = None) -> Turn:
    return Turn(reply, list(calls), "demo", "a-model", Timing(route_s=0.25, total_s=1.5), error, 1 if error else 0)


def _call(name: str, **output: object) -> Call:
    return Call(name, {"text": "x"}, ToolOutput(**output))  # type: ignore[arg-type]


@pytest.fixture
def small_home(tmp_path: Path) -> SampleHome:
    """One camera with four seconds of a grey room."""
    from tools.finder.sample_home.video_backend import write_video

    rng = np.random.default_rng(1)
    room = np.full((90, 160, 3), 120, np.uint8)
    frames = [np.clip(room + rng.normal(0, 2, room.shape), 0, 255).astype(np.uint8) for _ in range(40)]
    folder = tmp_path / "small_home"
    write_video(folder / "hall_cam.mp4", frames, 10, 20)
    start = datetime(2026, 3, 14, 10, 42, 36, tzinfo=UTC)
    camera = SampleCamera("hall_cam", folder / "hall_cam.mp4", start, (Zone("floor", ((0, 0), (160, 0), (160, 90))),))
    return SampleHome(folder, start, (camera,), {})


def test_a_step_is_right_only_with_the_right_tool_status_files_and_reply(tmp_path: Path) -> None:
    sound = tmp_path / "a.wav"
    sound.write_bytes(b"RIFF")
    spoken = _call("speak", files=[ToolFile(path=sound, media_type="audio/wav")])
    assert judge(_turn(spoken), ("speak",)) is None
    assert judge(_turn(), ("reply",)) is None
    assert "chosen instead" in (judge(_turn(spoken), ("find_item",)) or "")
    assert "reply was chosen" in (judge(_turn(), ("recall",)) or "")
    assert judge(_turn(error="The worker died."), ("reply",)) == "The worker died."
    assert "no reply" in (judge(_turn(reply=" "), ("reply",)) or "")
    sound.unlink()
    assert "does not exist" in (judge(_turn(spoken), ("speak",)) or "")


def test_only_a_missing_image_model_may_fail_and_only_with_its_remedy() -> None:
    lacking = _call("generate_image", status="failed", error=NO_MODEL)
    other = _call("generate_image", status="failed", error="The disk is full.")
    assert judge(_turn(lacking), ("generate_image",), may_lack_model=True) is None
    assert "ended as failed" in (judge(_turn(lacking), ("generate_image",)) or "")
    assert "disk is full" in (judge(_turn(other), ("generate_image",), may_lack_model=True) or "")


def test_what_is_printed_names_request_route_tool_status_facts_files_and_times(tmp_path: Path) -> None:
    facts = {"place": "desk", "long": "y" * 500}
    call = _call("speak", facts=facts, files=[ToolFile(path=tmp_path / "gone.wav", media_type="audio/wav")])
    turn = _turn(call)
    result = StepResult("Say \x1b[31mhello", "a sentence", [("speak", 0.98)], turn, judge(turn, ("speak",)))
    out = io.StringIO()
    console = Console(file=out, width=80, markup=False, highlight=False)
    print_step(console, "1/1", result)
    print_total(console, [result], SampleHome(tmp_path, datetime(2026, 3, 14, tzinfo=UTC), (), {}))
    text = out.getvalue()
    for part in (
        "[1/1]",
        "speak (98%)",
        '{"text": "x"}',
        "place: desk",
        "does not exist",
        "route 0.25 s",
        "0 of 1 steps",
    ):
        assert part in text, part
    assert "\x1b" not in text and "y" * 200 not in text


def test_the_demo_house_is_apart_and_wiped_and_lives_in_the_recordings_time(
    house: House, small_home: SampleHome
) -> None:
    owners = house.paths.memory / "facts.txt"
    owners.parent.mkdir(parents=True)
    owners.write_text("the owner's")
    seconds = [5.0, 65.0]
    with demo_house(house, small_home, lambda: seconds.pop(0)) as demo:
        assert demo.now() == small_home.start + LATER + (small_home.start - small_home.start).__class__(seconds=60)
        assert demo.paths.models == house.paths.models and demo.residency is house.residency
        assert not demo.paths.data.is_relative_to(house.paths.data)
        (demo.paths.data / "memory").mkdir(parents=True)
        (demo.paths.data / "memory" / "old").touch()
    with demo_house(house, small_home) as demo:
        assert not demo.paths.data.exists()
    assert owners.read_text() == "the owner's"


def test_the_tour_asks_in_two_languages_for_every_kind_of_thing() -> None:
    assert {tool for step in TOUR for tool in step.tools} >= {
        "find_item", "speak", "generate_image", "remember", "recall", "reply"
    }  # fmt: skip
    assert any("\u4e00" <= character <= "\u9fff" for step in TOUR for character in step.text)


@pytest.mark.slow
def test_a_short_tour_end_to_end(
    house: House, small_home: SampleHome, need_model: object, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    need_model(house.settings.chat.model)  # type: ignore[operator]
    need_model("ssd-mobilenet-v2-coco")  # type: ignore[operator]
    monkeypatch.setattr(sample_home, "ensure_sample_home", lambda folder, progress: small_home)
    tour = (
        Step("Remember that the spare key hangs behind the fuse box", ("remember",), "a fact kept"),
        Step("What did I tell you about the spare key?", ("recall", "reply"), "the fact found again"),
        Step("Where is my bicycle?", ("speak",), "a step that must be judged wrong"),
    )
    assert run_demo(house, Console(file=io.StringIO()), True, tour) == 1
    shown = json.loads(capsys.readouterr().out)
    assert [step["ok"] for step in shown["steps"]] == [True, True, False] and shown["ok"] is False
    assert shown["index"]["recordings"] == 1 and shown["index"]["footage_s"] == pytest.approx(4.0, abs=0.2)
    assert shown["steps"][0]["tool_calls"][0]["facts"] and "fuse box" in shown["steps"][1]["reply"]
    assert shown["steps"][2]["tool_calls"][0]["name"] == "find_item"
    assert not house.paths.data.exists()
