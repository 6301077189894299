"""What the tests of scripts share: a tool with an effect that can be counted, and a run that is killed at a point."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from langchain_core.tools import tool

from agent.scripts.actions import Workshop
from agent.scripts.journal import Journal
from agent.scripts.service import Scripts
from agent.scripts.staging import Stage
from runtime.house import House


@tool
def ring_bell(file: str) -> str:
    """Rings a bell outside, once for each call; it cannot be undone, and each ring is a line in the file."""
    with Path(file).open("a") as bells:
        bells.write("ring\n")
    return "rang"


def killed_at(point: int, environ: dict[str, str], overrides: list[str], script: Path) -> bool:
    """Run `script` in a process of its own that dies by SIGKILL at the `point`-th moment of its work.

    The moments are before and after each entry of the journal, each step's work and each putting in place of its
    files. Tells whether it was killed; it was not when it ended before.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.script_kit"])
    process = context.Process(target=_run_until, args=(point, environ, overrides, script))
    process.start()
    process.join(120)
    assert process.exitcode in (0, -signal.SIGKILL), process.exitcode
    return process.exitcode != 0


def _run_until(point: int, environ: dict[str, str], overrides: list[str], script: Path) -> None:
    left = point

    def count() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    for owner, name in ((Journal, "begin"), (Journal, "finish"), (Stage, "commit"), (Workshop, "act")):
        setattr(owner, name, _counted(getattr(owner, name), count))
    with House.open(environ, overrides) as house, Scripts(house) as scripts:
        assert scripts.start(script).status == "done"


def _counted(work: Callable[..., Any], count: Callable[[], None]) -> Callable[..., Any]:
    def both(*args: Any, **kwargs: Any) -> Any:
        count()
        result = work(*args, **kwargs)
        count()
        return result

    return both
