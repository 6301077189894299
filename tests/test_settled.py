"""Settled-frame changes on scenes that the test draws: things, light, shadows, curtains, people-like blobs."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.footage import HEIGHT, WIDTH, put, table
from tools.finder.scan.judge_backend import Verdict, judge
from tools.finder.scan.settled_backend import SettledModel

Scene = NDArray[np.float32]
CUP, BOOK = (200, 120, 34, 30), (90, 150, 60, 40)


def changes(scenes: list[Scene], noise: float = 2.0) -> list[tuple[float, Verdict]]:
    """What the model finds in scenes two seconds apart, light left out."""
    random, model, found = np.random.default_rng(3), SettledModel(), []
    for number, scene in enumerate(scenes):
        image = np.clip(scene + random.normal(0, noise, (HEIGHT, WIDTH, 1)), 0, 255).astype(np.uint8)
        for region in model.step(image, 2.0 * number).regions:
            verdict = judge(region)
            model.accept(region)
            if verdict.kind == "thing":
                found.append((2.0 * number, verdict))
    return found


def with_things(*things: tuple[int, int, int, int]) -> Scene:
    scene = table()
    for box in things:
        put(scene, box, (60, 60, 190) if box == CUP else (150, 70, 40))
    return scene


def overlap(box: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> float:
    w = min(box[0] + box[2], other[0] + other[2]) - max(box[0], other[0])
    h = min(box[1] + box[3], other[1] + other[3]) - max(box[1], other[1])
    common = max(w, 0) * max(h, 0)
    return common / (box[2] * box[3] + other[2] * other[3] - common)


def test_a_thing_placed_and_another_removed() -> None:
    found = changes([with_things(BOOK)] * 5 + [with_things(BOOK, CUP)] * 5 + [with_things(CUP)] * 5)
    assert [verdict.presence > 0 for _, verdict in found] == [True, False]
    assert overlap(found[0][1].box, CUP) > 0.7
    assert overlap(found[1][1].box, BOOK) > 0.7


def test_nothing_happens_in_noise() -> None:
    assert changes([with_things(CUP, BOOK)] * 15, noise=6.0) == []


@pytest.mark.parametrize("steps", [1, 8], ids=["sudden", "gradual"])
def test_light_is_no_thing_and_hides_none(steps: int) -> None:
    slope = np.linspace(1.0, 0.9, WIDTH, dtype=np.float32)[None, :, None]
    gains = [1.0] * 5 + list(np.linspace(0.9, 0.6, steps)) + [0.6] * 5
    scenes = [with_things(BOOK) * gain * (slope if gain < 1 else 1.0) for gain in gains]
    scenes += [with_things(BOOK, CUP) * 0.6 * slope] * 5
    found = changes(scenes)
    assert len(found) == 1
    assert found[0][1].presence > 0
    assert overlap(found[0][1].box, CUP) > 0.6


def test_a_hard_shadow_that_stays_is_no_thing() -> None:
    shaded = with_things(BOOK)
    shaded[40:110, 260:350] *= 0.62
    assert changes([with_things(BOOK)] * 5 + [shaded] * 5 + [with_things(BOOK)] * 5) == []


def test_a_swinging_curtain_does_not_hold_up_a_thing() -> None:
    stripes = np.tile(np.repeat(np.array([70.0, 190.0], np.float32), 9), 6)

    def scene(number: int) -> Scene:
        drawn = with_things(CUP) if number >= 10 else table()
        drawn[:200, 330:438] = np.roll(stripes, 5 * (number % 4))[None, :, None]
        return drawn

    found = changes([scene(number) for number in range(20)])
    on_table = [verdict for _, verdict in found if verdict.box[0] < 320]
    assert [overlap(verdict.box, CUP) > 0.6 for verdict in on_table] == [True]
    assert len(found) == 1


def test_who_moves_in_front_is_no_thing_and_what_is_left_is_found_afterwards() -> None:
    def scene(number: int) -> Scene:
        drawn = with_things(CUP) if number >= 8 else table()
        if 5 <= number <= 9:
            left = 120 + 25 * number
            drawn[60:270, left - 120 : left] = (40, 90, 60)
            drawn[60:270:14, left - 120 : left] = (200, 160, 140)
        return drawn

    found = changes([scene(number) for number in range(15)])
    assert len(found) == 1
    assert overlap(found[0][1].box, CUP) > 0.6


def test_what_is_held_is_not_taken_over() -> None:
    model, scenes = SettledModel(), [table()] * 4 + [with_things(CUP)] * 6
    held = 0
    for number, scene in enumerate(scenes):
        for region in model.step(scene.astype(np.uint8), 2.0 * number).regions:
            model.hold(region)
            held += 1
    assert held >= 2
    for number in range(10, 14):
        assert model.step(table().astype(np.uint8), 2.0 * number).regions == []


def test_a_dark_thing_of_another_colour_with_edges_along_the_grain_is_no_light() -> None:
    grained, brush = table(), (200, 120, 26, 12)
    grained[100:160:6] *= 0.9  # boards: the thing keeps their edges, in another colour
    placed = grained.copy()
    x, y, w, h = brush
    placed[y : y + h, x : x + w] *= np.array([1.3, 0.5, 0.75], np.float32)
    found = changes([grained] * 5 + [placed] * 5, noise=1.0)
    assert [verdict.presence > 0 for _, verdict in found] == [True]
    assert overlap(found[0][1].box, brush) > 0.6
    shaded = grained.copy()
    shaded[y : y + h, x : x + w] *= 0.65
    assert changes([grained] * 5 + [shaded] * 5, noise=1.0) == []
