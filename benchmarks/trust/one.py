"""Runs one suite in this process and writes its figures to a file. The runner starts it, so that a suite's crash is
a figure and not the end of the others.

usage: python -m benchmarks.trust.one NAME BUDGET_S SEED RESULT_FILE
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import sys
import time
from pathlib import Path

from benchmarks.trust.result import SuiteResult


def main(words: list[str]) -> int:
    """Run the suite named by the words and write its JSON."""
    name, budget, seed, target = words
    module = importlib.import_module(f"benchmarks.trust.{name}")
    started = time.monotonic()
    result: SuiteResult = module.run(budget_s=float(budget), seed=int(seed))
    if not result.seconds:
        result = dataclasses.replace(result, seconds=round(time.monotonic() - started, 1))
    Path(target).write_text(json.dumps(result.as_json()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
