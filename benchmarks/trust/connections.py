"""What leaves the machine: the tour of the demo runs in a network namespace without a network, and every attempt to
connect is recorded (`offline`). Tried are the tour's requests; the first note counts the connections attempted."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from benchmarks.trust.offline import missing, run_offline
from benchmarks.trust.result import SuiteResult

WEIGHT = 2.0
MORE_S = 90.0
"""The tour is one piece: it may end so much after its share of the time."""
ENTRY = (sys.executable, "-c", "import sys; from tui.cli import main; sys.exit(main())")


def run(budget_s: float, seed: int) -> SuiteResult:
    """The tour, once. `failed` counts what would have left the machine, and a tour that did not come to its end."""
    tried, failed, notes = _tour(budget_s)
    return SuiteResult("connections", tried, failed, notes=tuple(notes), unit="requests of a tour without a network")


def _tour(budget_s: float) -> tuple[int, int, list[str]]:
    """Requests made, connections that would have left the machine (or a tour that failed), and notes."""
    why = missing()
    if why:
        return 0, 0, [f"the tour was not run without a network: {why}"]
    environ = {key: value for key, value in os.environ.items() if key != "CONNECTIONS_LOG"}
    try:
        ran = run_offline([*ENTRY, "demo", "--json"], environ, budget_s + MORE_S)
    except subprocess.TimeoutExpired:
        return 1, 1, [f"the tour did not end within {budget_s + MORE_S:.0f} s"]
    notes = [f"{len(ran.attempts)} connections attempted by the tour, all local but {len(ran.outward)};"
             f" {ran.unroutable} packets without a route"]  # fmt: skip
    notes += [f"{one.event} {one.where} by {one.program}" for one in ran.outward[:10]]
    if ran.status:
        notes.append(f"the tour failed without a network: {ran.err[-300:]}")
    steps = 0 if ran.status else len(json.loads(ran.out)["steps"])
    return max(1, steps), len(ran.outward) + int(ran.unroutable > 0) + int(ran.status != 0), notes
