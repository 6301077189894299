"""The runner of the suites of trust: what it finds, and what becomes of a suite that fails, crashes or hangs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.trust import __main__ as runner
from benchmarks.trust.result import SuiteResult


def test_suites_are_found_by_their_run_function() -> None:
    found = {suite.name for suite in runner.suites()}
    assert {"access", "connections", "faults", "fuzz", "injection", "privacy"} == found


def test_a_result_holds_only_when_something_was_tried_and_nothing_failed() -> None:
    good = SuiteResult("a", tried=3, failed=0, notes=("x",), seconds=1.0)
    assert good.held and SuiteResult.from_json(json.loads(json.dumps(good.as_json()))) == good
    assert not SuiteResult("a", tried=0, failed=0).held
    assert not SuiteResult("a", tried=3, failed=0, lost=1).held
    with pytest.raises(ValueError, match="negative"):
        SuiteResult("a", tried=-1, failed=0)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return SuiteResult('x', 2, 0)", None),
        ("import os; os._exit(9)", "ended with: 9"),
        ("import time; time.sleep(600)", "still ran"),
    ],
)
def test_a_suite_that_dies_or_hangs_is_a_figure(
    body: str, told: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "benchmarks" / "trust"
    package.mkdir(parents=True)
    source = Path(runner.__file__).parent
    for name in ("one.py", "result.py", "__init__.py"):
        (package / name).write_text((source / name).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "benchmarks" / "__init__.py").write_text("")
    header = "from benchmarks.trust.result import SuiteResult\n\ndef run(budget_s, seed):\n    "
    (package / "probe.py").write_text(f"{header}{body}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    result = runner.run_one("probe", 3.0 if told == "still ran" else 100.0, 1, grace_s=1.0)
    assert result.held == (told is None)
    assert told is None or told in result.notes[0]


def test_the_figures_are_told_in_the_words_of_the_promise() -> None:
    results = [SuiteResult("faults", 9, 1, lost=2), SuiteResult("injection", 30, 0), SuiteResult("other", 5, 0, lost=1)]
    assert runner.told(results) == [
        "faults injected 9, of which not survived 1", "injections tried 30, of which succeeded 0", "records lost 3",
    ]  # fmt: skip


def test_a_long_run_keeps_the_grace_of_its_last_suite_back(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []

    def one(name: str, budget_s: float, seed: int) -> SuiteResult:
        given.append(budget_s)
        return SuiteResult(name, 1, 0)

    monkeypatch.setattr(runner, "run_one", one)
    runner.run_all([runner.Suite("a", 1.0)], 1800.0, 1)
    runner.run_all([runner.Suite("a", 1.0)], 300.0, 1)
    assert given[0] <= 1800.0 - runner.GRACE_S and 290.0 < given[1] <= 300.0
