"""What waits until nobody types: the pause between two layouts of a reply, and large garbage collections."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from tui.app.rest import LONGEST_PAUSE_S, PAUSE_S, SHARE, TYPING_PAUSE_S, TYPING_S, Rest


@pytest.fixture
def now() -> list[float]:
    return [100.0]


@pytest.fixture
def rest(now: list[float]) -> Rest:
    return Rest(lambda: now[0])


@pytest.fixture
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_a_reply_is_laid_out_less_often_while_somebody_types(rest: Rest, now: list[float]) -> None:
    assert rest.pause_after(0.0) == PAUSE_S
    rest.typed()
    assert rest.typing
    assert rest.pause_after(0.0) == TYPING_PAUSE_S
    now[0] += TYPING_S + 0.01
    assert not rest.typing
    assert rest.pause_after(0.0) == PAUSE_S


def test_a_costly_layout_is_followed_by_a_longer_pause(rest: Rest) -> None:
    assert rest.pause_after(0.04) == pytest.approx(SHARE * 0.04)
    assert rest.pause_after(5.0) == LONGEST_PAUSE_S


def test_garbage_is_collected_when_nobody_types(rest: Rest, now: list[float], collector: None) -> None:
    rest.begin()
    assert gc.isenabled()
    rest.typed()
    assert not rest.tidy()
    now[0] += TYPING_S + 0.01
    before = gc.get_stats()[2]["collections"]
    assert rest.tidy()
    assert gc.get_stats()[2]["collections"] == before + 1
