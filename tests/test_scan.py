"""Scanning recordings made here: short rests, key frames far apart or irregular, other sizes and rates."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.footage import HEIGHT, WIDTH, put, record, table
from tools.finder.scan.compare_backend import differing, same_look
from tools.finder.scan.regions import Region
from tools.finder.scan.result import Scan
from tools.finder.scan.scan_backend import Scanner
from tools.finder.scan.settled_backend import SettledModel
from tools.finder.scan.spots_backend import LastRests
from tools.finder.scan.video_backend import keyframes, probe, work_size

CUP, BOOK = (200, 120, 34, 30), (90, 150, 60, 40)


class Collected:
    """Takes what a scan emits; nothing cancels it."""

    def __init__(self) -> None:
        self.items: list[object] = []

    def __call__(self, item: object) -> None:
        self.items.append(item)

    def check(self) -> None:
        """Never cancelled."""


def scan(path: Path) -> Scan:
    said = Collected()
    Scanner(None).scan(str(path), emit=said)  # type: ignore[arg-type]
    assert isinstance(said.items[-1], Scan)
    return said.items[-1]


def drawing(begin: float, end: float, *, hand: bool = True) -> object:
    """A cup lies there from `begin` to `end`; an arm reaches in for a second at both moments."""

    def draw(t: float) -> NDArray[np.float32]:
        scene = table()
        if begin <= t < end:
            put(scene, CUP, (60, 60, 190))
        if hand and any(moment - 0.7 <= t < moment + 0.3 for moment in (begin, end)):
            scene[0:140, 195:225] = (120, 150, 200)
        return scene

    return draw


def test_a_thing_that_rests_for_two_seconds_between_key_frames_is_seen(tmp_path: Path) -> None:
    found = scan(record(tmp_path / "short.mp4", 16.0, drawing(6.3, 8.5)))  # type: ignore[arg-type]
    assert [change.kind for change in found.changes] == ["placed", "removed"]
    assert found.changes[0].offset == pytest.approx(6.3, abs=0.7)
    assert found.changes[1].offset == pytest.approx(8.5, abs=0.9)


@pytest.mark.parametrize("keyframe_s", [0.5, 9.0, 100.0])
def test_key_frames_may_be_near_or_far_apart(tmp_path: Path, keyframe_s: float) -> None:
    clip = record(tmp_path / "clip.mp4", 24.0, drawing(9.0, 15.0), keyframe_s=keyframe_s)  # type: ignore[arg-type]
    found = scan(clip)
    assert [change.kind for change in found.changes] == ["placed", "removed"]
    assert [change.offset for change in found.changes] == pytest.approx([9.0, 15.0], abs=0.8)


@pytest.mark.parametrize("fps", [2, 25])
def test_other_rates(tmp_path: Path, fps: int) -> None:
    found = scan(record(tmp_path / "clip.mp4", 20.0, drawing(8.0, 40.0), fps=fps))  # type: ignore[arg-type]
    assert [change.kind for change in found.changes] == ["placed"]
    assert found.changes[0].offset == pytest.approx(8.0, abs=1.0)
    x, y, _, _ = found.changes[0].box
    assert abs(x - CUP[0]) < 8
    assert abs(y - CUP[1]) < 8


def test_nothing_but_key_frames_is_decoded_of_a_still_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tools.finder.scan.video_backend import Reader

    read: list[float] = []
    span = Reader.span

    def counted(self: Reader, start_s: float, end_s: float, step_s: float = 0.0) -> object:
        for sample in span(self, start_s, end_s, step_s):
            read.append(sample.offset)
            yield sample

    monkeypatch.setattr(Reader, "span", counted)
    found = scan(record(tmp_path / "still.mp4", 30.0, lambda t: table()))
    assert found.changes == ()
    assert max(read) < 2.1


def test_pictures_from_planes_have_the_colours_of_the_recording(tmp_path: Path) -> None:
    clip = record(tmp_path / "clip.mp4", 2.0, lambda t: table())
    info = probe(clip)
    (sample,) = keyframes(clip, info)
    assert sample.image.shape == (HEIGHT, WIDTH, 3)
    assert work_size(info) == (WIDTH, HEIGHT)
    gap = np.abs(sample.image.astype(int) - sample.at_size(WIDTH)).mean()
    assert gap < 3.0


def test_what_is_quiet_is_told_from_what_is_not() -> None:
    random, model = np.random.default_rng(1), SettledModel()

    def picture(*things: tuple[int, int, int, int]) -> NDArray[np.uint8]:
        scene = table()
        for box in things:
            put(scene, box, (60, 60, 190))
        return np.clip(scene + random.normal(0, 3.0, (HEIGHT, WIDTH, 1)), 0, 255).astype(np.uint8)

    assert not model.quiet(picture(), 0.0)
    for number in range(4):
        model.step(picture(), 0.5 * number)
    assert [model.quiet(picture(), 2.0 * number) for number in range(1, 9)] == [True] * 8
    assert not model.quiet(picture((300, 100, 9, 9)), 20.0)


def test_where_stills_differ_light_left_out() -> None:
    scene = table()
    put(scene, BOOK, (150, 70, 40))
    plain = encoded(scene)
    darker = scene * np.linspace(0.9, 0.7, WIDTH, dtype=np.float32)[None, :, None]
    assert differing(plain, encoded(darker)) == []
    put(darker, CUP, (60, 60, 190))
    ((x, y, w, h),) = differing(plain, encoded(darker))
    assert x < CUP[0]
    assert y < CUP[1]
    assert x + w > CUP[0] + CUP[2]
    assert y + h > CUP[1] + CUP[3]
    assert w * h < 8 * CUP[2] * CUP[3]
    assert same_look(plain, encoded(darker), BOOK) > 0.7
    assert same_look(plain, encoded(darker), CUP) < 0.5


def encoded(scene: NDArray[np.float32]) -> bytes:
    noise = np.random.default_rng(2).normal(0, 2.0, (HEIGHT, WIDTH, 1))
    _, data = cv2.imencode(".jpg", np.clip(scene + noise, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 88])
    return bytes(data)


def test_the_ground_behind_who_stood_there_is_nothing_that_was_taken(tmp_path: Path) -> None:
    """A narrow part of a person rests for long, is taken for settled, and goes: the wall behind was there before."""

    def draw(t: float) -> NDArray[np.float32]:
        scene = table()
        if 5.0 <= t < 20.0:
            sway = 2 * round(np.sin(7 * t))
            scene[30:230, 250 + sway : 330 + sway] = (60, 70, 64)
            scene[100:130, 222:250] = (170, 190, 225)
        return scene

    found = scan(record(tmp_path / "stands.mp4", 30.0, draw))
    taken = [change for change in found.changes if change.kind == "removed" and change.box[2] > 40]
    assert not taken


def test_the_last_rest_tells_what_came_back() -> None:
    ground = np.full((60, 80, 3), 90, np.uint8)
    mask = np.zeros((40, 40), np.uint8)
    mask[15:25, 15:25] = 1
    behind = np.full((40, 40, 3), 90, np.float32)
    person = behind.copy()
    person[15:25, 15:25] = 200
    gone = Region((25, 25, 10, 10), (10, 10, 50, 50), mask, person, behind, 1.0, 2.0, 1.0)
    rest = LastRests()
    assert not rest.back(gone)
    rest.begin(ground, 0.0)
    assert rest.back(gone)
    rest.begin(np.clip(ground * 0.8, 0, 255).astype(np.uint8), 0.5)
    assert rest.back(gone)
    stands = ground.copy()
    stands[25:35, 25:35] = 200
    for second in range(2, 40):
        rest.begin(stands, float(second))
    assert rest.back(gone)
    rest.note((24, 24, 12, 12))
    assert not rest.back(gone)
    rest.begin(stands, 60.0)
    assert not rest.back(gone)


def test_what_is_put_and_taken_behind_somebody_who_stands_still_is_seen(tmp_path: Path) -> None:
    def draw(t: float) -> NDArray[np.float32]:
        scene = table()
        if 7.0 <= t < 17.0:
            put(scene, CUP, (60, 60, 190))
        for begin in (5.0, 15.0):  # without a detector, nobody knows that this is a person
            if begin <= t < begin + 4.0:
                scene[40:250, 170:260] = (150, 80, 60)
        return scene

    found = scan(record(tmp_path / "behind.mp4", 24.0, draw))
    cups = [change for change in found.changes if change.box[2] < 60]
    assert [change.kind for change in cups] == ["placed", "removed"]
    assert all(abs(change.box[0] - CUP[0]) < 6 and abs(change.box[2] - CUP[2]) < 10 for change in cups)
    assert 4.5 <= cups[0].offset <= 9.5 and 14.5 <= cups[1].offset <= 19.5
    shown = cv2.imdecode(np.frombuffer(found.stills[cups[0].before].jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None and np.abs(shown[130, 217].astype(int) - table()[130, 217]).max() < 30


def test_nothing_is_found_behind_what_stood_before_an_empty_place(tmp_path: Path) -> None:
    def draw(t: float) -> NDArray[np.float32]:
        scene = table()
        if 5.0 <= t < 10.0:
            scene[40:250, 170:260] = (150, 80, 60)
        return scene * (1.0 - 0.005 * t)

    found = scan(record(tmp_path / "empty.mp4", 16.0, draw))
    assert [change.kind for change in found.changes] == ["placed", "removed"]
