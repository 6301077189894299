"""How a parser is fuzzed: inputs by hypothesis, a time limit for each, and what counts as a failure.

A parser holds when every input gives a result or an error of `runtime.errors`, within `LONGEST_S` seconds of
computing. Any other exception, a crash of a confined process or a longer time is a failure. Owns no target (see
`fuzz_texts`, `fuzz_files`, `fuzz_wires`).

Hypothesis: MacIver et al., "Hypothesis: A new approach to property-based testing", JOSS 4(43), 2019. Mutations of
valid files follow AFL's (deterministic and "havoc" stages): flipped, overwritten, removed, doubled and moved bytes.
"""

from __future__ import annotations

import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from runtime.errors import HausgeistError

LONGEST_S = 10.0
"""Seconds of computing that one input may take; by the clock they would measure how busy the machine is."""
WAIT_S = 120.0
"""Seconds by the clock that one input may take."""
ROUND = 100
"""Inputs of one round, between two looks at the clock."""
_NUMBERS = (b"\x00", b"\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\xff" * 8, b"\x80" * 4)


class TookTooLong(Exception):
    """An input took longer than `LONGEST_S`."""


@dataclass(frozen=True)
class Target:
    """A parser: its name, what inputs look like, and how it is called with one in an empty folder."""

    name: str
    inputs: st.SearchStrategy[Any]
    call: Callable[[Any, Path], object]


@dataclass
class Outcome:
    """What came of fuzzing one target. `failures`: a line for each kind of failure, by exception and place."""

    name: str
    tried: int = 0
    failures: dict[str, str] = field(default_factory=dict)


def fuzz(target: Target, folder: Path, *, draws: int = 1, examples: int | None = None, seconds: float = 0.0) -> Outcome:
    """Call the target with `examples` inputs, or with as many as fit into `seconds`; `draws` seeds them.

    The same seed and number give the same inputs.
    """
    outcome, ends, rounds = Outcome(target.name), time.monotonic() + seconds, 0
    while True:
        before = outcome.tried
        count = min(ROUND, examples - before) if examples is not None else ROUND
        _round(target, folder, outcome, count, draws * 100_000 + rounds, None if examples is not None else ends)
        rounds += 1
        done = outcome.tried >= examples if examples is not None else time.monotonic() >= ends
        if done or outcome.tried == before:
            return outcome


def _round(target: Target, folder: Path, outcome: Outcome, count: int, draws: int, ends: float | None) -> None:
    began = outcome.tried

    def attempt(value: Any) -> None:
        if outcome.tried - began >= count or (ends is not None and time.monotonic() > ends):
            return
        outcome.tried += 1
        problem = failure(lambda: target.call(value, folder))
        if problem is not None:
            outcome.failures.setdefault(problem, f"{target.name}: {problem} for {shown(value)}")

    options = settings(
        max_examples=max(count, 1), database=None, deadline=None, phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    seed(draws)(options(given(target.inputs)(attempt)))()


def failure(work: Callable[[], object]) -> str | None:
    """What went wrong in `work`, as "Type: text at file:line"; None when it ended well or with an error of ours."""
    try:
        with _limited(LONGEST_S):
            work()
    except HausgeistError:
        return None
    except (Exception, RecursionError, MemoryError) as problem:
        frames = traceback.extract_tb(problem.__traceback__)
        last = frames[-1]
        return f"{type(problem).__name__}: {str(problem)[:120]} at {Path(last.filename).name}:{last.lineno}"
    return None


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raise `TookTooLong` in the body after so many seconds of computing, or `WAIT_S` seconds by the clock."""

    def late(_: int, __: FrameType | None) -> None:
        raise TookTooLong(f"more than {seconds:.0f} s of computing, or {WAIT_S:.0f} s of waiting")

    timers = ((signal.SIGPROF, signal.ITIMER_PROF, seconds), (signal.SIGALRM, signal.ITIMER_REAL, WAIT_S))
    before = [signal.signal(number, late) for number, _, _ in timers]
    for _, timer, limit in timers:
        signal.setitimer(timer, limit)
    try:
        yield
    finally:
        for (number, timer, _), handler in zip(timers, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)


def shown(value: Any) -> str:
    """The value on one line, cut."""
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:200]}… ({len(text)} characters)"


def words_of(pieces: Sequence[str], *, most: int = 12) -> st.SearchStrategy[str]:
    """Texts made of `pieces` of a language, mixed with any characters, sometimes doubled many times over."""
    piece = st.one_of(st.sampled_from(pieces), st.sampled_from(pieces), st.text(max_size=8))
    once = st.lists(piece, max_size=most).map("".join)
    many = st.tuples(st.sampled_from(pieces), st.integers(50, 3000)).map(lambda pair: pair[0] * pair[1])
    return st.one_of(once, once, once, st.text(max_size=200), st.tuples(once, many).map("".join))


@st.composite
def mutated(draw: st.DrawFn, valid: Sequence[bytes]) -> bytes:
    """One of the valid files with one to eight mutations; sometimes cut, rarely anything at all."""
    data = bytearray(draw(st.sampled_from(valid)))
    for _ in range(draw(st.integers(1, 8))):
        at = _place(draw, len(data))
        kind = draw(st.sampled_from(("flip", "put", "number", "remove", "double", "insert", "cut")))
        if kind == "flip" and data:
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "put" and data:
            data[at] = draw(st.integers(0, 255))
        elif kind == "number":
            number = draw(st.sampled_from(_NUMBERS))
            data[at : at + len(number)] = number
        elif kind == "remove":
            del data[at : at + draw(st.integers(1, 64))]
        elif kind == "double":
            data[at:at] = data[at : at + draw(st.integers(1, 256))]
        elif kind == "insert":
            data[at:at] = draw(st.binary(max_size=32))
        elif kind == "cut" and draw(st.integers(0, 3)) == 0:
            del data[at:]
    return bytes(data)


def _place(draw: st.DrawFn, size: int) -> int:
    """A place in a file: headers, where most parsing happens, as often as all the rest."""
    near = draw(st.booleans())
    return draw(st.integers(0, max(0, min(size, 200 if near else size) - 1)))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
"""Any JSON value."""
