"""Spans of a turn on a clock that the test sets."""

from __future__ import annotations

import itertools

import pytest

from runtime.spans import Spans


def test_spans_nest_and_add_up() -> None:
    spans = Spans(itertools.count(0.0, 1.0).__next__)
    with spans.span("turn") as turn:
        with spans.span("tool"):
            pass
        with spans.span("tool") as second:
            assert second.duration_s == 0.0
    assert [span.name for span in spans.spans] == ["turn", "tool", "tool"]
    assert turn.duration_s == 5.0
    assert spans.total_s("tool") == 2.0
    assert spans.total_s("absent") == 0.0


def test_an_exception_ends_the_span() -> None:
    spans = Spans(itertools.count(0.0, 1.0).__next__)
    with pytest.raises(ValueError, match="no"), spans.span("turn"):
        raise ValueError("no")
    assert spans.spans[0].end_s == 1.0
