"""Turns by silence and by content: on frames with known speech, no model and no clock."""

from __future__ import annotations

import numpy as np
import pytest

from tools.speech.endpoint import Began, Ended, Endpointer, Patience, Paused, Sign
from tools.speech.frames import FRAME, FRAME_S, Frame


def feed(endpointer: Endpointer, pattern: str, start: int = 0) -> list[tuple[int, Sign]]:
    """Signs by frame number. `#` is a frame of speech, `.` of silence, `~` one of neither."""
    probability = {"#": 0.9, ".": 0.05, "~": 0.42}
    found = []
    for number, kind in enumerate(pattern, start=start):
        frame = Frame(np.full(FRAME, number, np.float32), probability[kind], None, (number + 1) * FRAME_S)
        found += [(number, sign) for sign in endpointer.feed(frame)]
    return found


def names(found: list[tuple[int, Sign]]) -> list[str]:
    return [type(sign).__name__ for _, sign in found]


def test_a_turn_begins_pauses_and_ends() -> None:
    found = feed(Endpointer(), "." * 30 + "#" * 20 + "." * 40)
    assert names(found) == ["Began", "Paused", "Ended"]
    (_, began), (paused_at, paused), (ended_at, ended) = found
    assert isinstance(began, Began) and isinstance(paused, Paused) and isinstance(ended, Ended)
    assert began.at_s == pytest.approx((30 - 12) * FRAME_S)  # with the sound before it
    assert (paused_at - 49) * FRAME_S == pytest.approx(Patience().pause_s, abs=FRAME_S)
    assert (ended_at - 49) * FRAME_S == pytest.approx(0.8, abs=FRAME_S)
    assert ended.pause == paused.number and ended.speech_end_s == pytest.approx(50 * FRAME_S)
    assert paused.samples[0] == 18 and np.array_equal(ended.samples[: len(paused.samples)], paused.samples)


@pytest.mark.parametrize(("complete", "seconds"), [(True, 0.4), (None, 0.8), (False, 1.6)])
def test_the_words_decide_how_long_to_wait(complete: bool | None, seconds: float) -> None:
    endpointer = Endpointer()
    assert names(feed(endpointer, "#" * 20 + "." * 8)) == ["Began", "Paused"]
    endpointer.judge(1, complete)
    ((ended_at, ended),) = feed(endpointer, "." * 60, start=28)[:1]
    assert isinstance(ended, Ended)
    assert (ended_at - 19) * FRAME_S == pytest.approx(seconds, abs=2 * FRAME_S)


def test_a_judgement_of_an_earlier_pause_is_void() -> None:
    endpointer = Endpointer()
    feed(endpointer, "#" * 20 + "." * 8)
    assert names(feed(endpointer, "#" * 5, start=28)) == ["Resumed"]
    assert names(feed(endpointer, "." * 8, start=33)) == ["Paused"]
    endpointer.judge(1, True)
    assert names(feed(endpointer, "." * 8, start=41)) == []
    endpointer.judge(2, True)
    assert names(feed(endpointer, ".", start=49)) == ["Ended"]


def test_a_click_is_dropped_and_a_doubtful_frame_goes_on_with_speech() -> None:
    assert names(feed(Endpointer(), "." * 10 + "##" + "." * 30)) == ["Dropped"]
    assert names(feed(Endpointer(), "." * 10 + "~" * 30)) == []
    assert names(feed(Endpointer(), "#" * 6 + "~" * 40)) == ["Began"]


def test_a_turn_is_cut_before_it_is_too_long_to_recognise() -> None:
    endpointer = Endpointer(Patience(longest_s=2.0))
    found = feed(endpointer, "#" * 70)
    assert names(found)[:3] == ["Began", "Paused", "Ended"]
    assert len(found[2][1].samples) / 16000 <= 2.0 + FRAME_S  # type: ignore[union-attr]


def test_a_key_ends_the_turn_and_reset_forgets_it() -> None:
    endpointer = Endpointer()
    feed(endpointer, "#" * 10)
    signs = endpointer.finish()
    assert [type(sign) for sign in signs] == [Paused, Ended]
    assert endpointer.finish() == []
    feed(endpointer, "#" * 10)
    endpointer.reset()
    assert not endpointer.speaking and names(feed(endpointer, "." * 40)) == []
