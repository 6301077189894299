"""Ten thousand random steps of six threads on real worker processes: the budget holds, and all comes back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.slow
def test_ten_thousand_random_steps(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.residency_stress", "7", "10000", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=500)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert told["steps"] >= 10_000
    assert told["wrong"] == [] and told["over"] == []
    assert told["alive"] == [] and told["children"] == [] and told["still_held"] == [] and told["used_after"] == 0
    assert told["most_used"] <= 10.0
    counts = told["counts"]
    assert counts["acquired"] == counts["released"] > 2000
    assert min(counts["crashed"], counts["cancelled"], counts["refused"]) > 10
    assert told["started"] > 40
