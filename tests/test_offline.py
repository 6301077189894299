"""Everything is local: the tour of the demo runs where there is no network, and nothing tries to leave the machine."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.trust.offline import Attempt, Offline, is_local, missing, run_offline

from .cli_driver import ENTRY

TOUR_S = 560


@pytest.fixture(scope="module")
def namespace() -> None:
    """Skips where no network namespace can be made."""
    why = missing()
    if why:
        pytest.skip(why)


@pytest.fixture(scope="module")
def tour(namespace: None, tmp_path_factory: pytest.TempPathFactory, need_model: Callable[[str], Path]) -> Offline:
    """The whole tour of `hausgeist demo`, in a namespace that has loopback only, with every attempt recorded."""
    for model in ("qwen2.5-coder-1.5b-instruct", "ssd-mobilenet-v2-coco", "efficientnet-lite0", "piper-en-us-joe"):
        need_model(model)
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HAUSGEIST_") or k == "HAUSGEIST_MODELS"}
    environ = {**kept, "HAUSGEIST_HOME": str(tmp_path_factory.mktemp("offline"))}
    return run_offline([*ENTRY, "demo", "--json"], environ, TOUR_S)


@pytest.mark.slow
def test_the_whole_tour_needs_no_network(tour: Offline) -> None:
    assert tour.status == 0, f"{tour.out[-2000:]}\n{tour.err[-2000:]}"
    shown = json.loads(tour.out)
    assert shown["ok"] is True and len(shown["steps"]) > 5 and all(step["ok"] for step in shown["steps"])


@pytest.mark.slow
def test_the_whole_tour_tries_to_reach_nobody(tour: Offline) -> None:
    assert tour.attempts == () or all(one.local for one in tour.attempts), tour.outward


@pytest.mark.slow
def test_native_libraries_try_to_reach_nobody(tour: Offline) -> None:
    assert tour.unroutable == 0, "something that is not Python sent a packet elsewhere"


def test_attempts_are_seen_whoever_makes_them(namespace: None) -> None:
    """The recorder itself: Python's, a worker's, and those of programs that are not Python."""
    environ = dict(os.environ)
    code = (
        "import socket, multiprocessing as m\n"
        "def far():\n"
        "    try: socket.create_connection(('192.0.2.7', 80), 2)\n"
        "    except OSError: pass\n"
        "if __name__ == '__main__':\n"
        "    s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); socket.create_connection(s.getsockname())\n"
        "    p = m.get_context('fork').Process(target=far); p.start(); p.join()\n"
    )
    python = run_offline([sys.executable, "-c", code], environ, 60)
    assert {one.where for one in python.outward} == {"'192.0.2.7'", "('192.0.2.7', 80)"} and python.unroutable >= 1
    assert len(python.attempts) > len(python.outward), "what is local is recorded too"
    other = run_offline(["bash", "-c", "exec 3<>/dev/tcp/192.0.2.7/80"], environ, 60)
    assert other.attempts == () and other.unroutable >= 1 and other.status != 0
    nothing = run_offline([sys.executable, "-c", "print(1)"], environ, 60)
    assert (nothing.attempts, nothing.unroutable, nothing.out) == ((), 0, "1\n")


@pytest.mark.parametrize(
    ("where", "local"),
    [("('127.0.0.1', 80)", True), ("('::1', 80, 0, 0)", True), ("'/run/x.sock'", True), ("b'\\x00abstract'", True),
     ("None", True), ("'localhost'", True), ("('10.0.0.1', 80)", False), ("'example.org'", False),
     ("('127.0.0.1.example.org', 80)", False), ("b'192.0.2.1'", False)],
)  # fmt: skip
def test_what_is_local(where: str, local: bool) -> None:
    assert is_local(where) is local and Attempt("socket.connect", where, "").local is local
