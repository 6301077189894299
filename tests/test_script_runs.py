"""Scripts that run: on real tools, killed at every moment and resumed, with loops, limits, retries, schedules."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.scripts.events import Asked, StepFinished
from agent.scripts.journal import Journal, Run
from agent.scripts.runner import Outcome
from agent.scripts.service import Scripts
from memory.memory import Memory
from runtime.cancellation import Cancellation
from runtime.errors import CallCancelled, UnknownNameError, UsageError
from runtime.house import House

from .script_kit import killed_at

BELL = 'tools.langchain=["tests.script_kit:ring_bell"]'
EFFECTS = """
steps:
  - id: facts
    for_each: [one, two]
    tool: remember
    with: {fact: "The number {{ item }} is known."}
  - id: log
    steps:
      - write: {file: log.txt, text: first, append: true}
      - write: {file: log.txt, text: second, append: true}
  - id: both
    parallel:
      - {id: left, write: {file: left.txt, text: L}}
      - {id: right, write: {file: right.txt, text: R}}
  - write: {file: log.txt, text: "{{ steps.facts.results | length }} facts", append: true}
"""


def script(folder: Path, text: str, name: str = "script.yaml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def outputs(house: House) -> dict[str, str]:
    folder = house.paths.outputs
    return {str(f.relative_to(folder)): f.read_text() for f in sorted(folder.rglob("*")) if f.is_file()}


def run(house: House, folder: Path, text: str, inputs: dict[str, Any] | None = None, **more: Any) -> Outcome:
    with Scripts(house, **more) as scripts:
        return scripts.start(script(folder, text), inputs)


def test_each_effect_happens_once_wherever_the_program_is_killed(environment: dict[str, str], tmp_path: Path) -> None:
    file = script(tmp_path, EFFECTS)
    point, resumed = 1, 0
    while True:
        environ = {**environment, "HAUSGEIST_HOME": str(tmp_path / f"house-{point}")}
        killed = killed_at(point, environ, [], file)
        with House.open(environ) as house:
            if killed:
                with Scripts(house) as scripts:
                    waiting = scripts.journal.unfinished()
                    outcome = scripts.resume() if waiting else scripts.start(file)
                    resumed += bool(waiting)
                assert outcome.status == "done", (point, outcome)
            made = {"left.txt": "L", "log.txt": "first\nsecond\n2 facts", "right.txt": "R"}
            assert outputs(house) == made, point
            assert not list((house.paths.data / "scripts" / "stages").glob("*/*")), point
            with Memory(house) as memory:
                facts = [fact.text for fact in memory.facts()]
            assert facts == ["The number one is known.", "The number two is known."], point
        if not killed:
            break
        point += 1
    assert resumed > 40  # six steps with at least eight moments each, less those before the run is written down


def test_a_call_that_may_not_run_twice_is_put_to_the_owner(environment: dict[str, str], tmp_path: Path) -> None:
    bells = tmp_path / "bells"
    text = (
        f"steps:\n  - {{id: bell, tool: ring_bell, with: {{file: {bells}}}}}\n  - write: {{file: end.txt, text: e}}\n"
    )
    overrides = [BELL, "approval.tools.ring_bell=allow"]
    point, doubts = 1, 0
    while True:
        bells.unlink(missing_ok=True)
        environ = {**environment, "HAUSGEIST_HOME": str(tmp_path / f"house-{point}")}
        killed = killed_at(point, environ, overrides, script(tmp_path, text))
        with House.open(environ, overrides) as house, Scripts(house) as scripts:
            if killed and scripts.journal.unfinished():
                outcome = scripts.resume()
                if outcome.status == "doubtful":
                    doubts += 1
                    assert "--skip bell" in (outcome.error or "") and "--again bell" in (outcome.error or "")
                    happened = bells.exists()
                    outcome = scripts.resume(skip=["bell"]) if happened else scripts.resume(again=["bell"])
                assert outcome.status == "done"
                assert bells.read_text() == "ring\n" and outputs(house) == {"end.txt": "e"}, point
        if not killed:
            break
        point += 1
    assert 2 <= doubts < point


def test_speech_is_saved_once_when_it_is_killed(
    environment: dict[str, str], tmp_path: Path, need_model: Callable[[str], Path]
) -> None:
    need_model("piper-en-us-joe")
    text = "steps:\n  - {id: say, tool: speak, with: {text: Good night., save_as: night.wav}}\n"
    overrides = ["speech.play=false"]
    for point in (3, 5):  # before it works, and after it worked but before that is written down
        environ = {**environment, "HAUSGEIST_HOME": str(tmp_path / f"house-{point}")}
        assert killed_at(point, environ, overrides, script(tmp_path, text))
        with House.open(environ, overrides) as house, Scripts(house) as scripts:
            assert not list(house.paths.outputs.rglob("*.wav"))
            outcome = scripts.resume()
            files = [str(file) for file in house.paths.outputs.rglob("*") if file.is_file()]
            assert files == outcome.steps["say"]["files"] == [outcome.steps["say"]["facts"]["file"]]


def test_results_inputs_and_conditions_are_seen_by_later_steps(house: House, tmp_path: Path) -> None:
    text = """
inputs:
  rooms: {type: list, default: [attic]}
  loud: {type: boolean, default: false}
  least: {type: number, required: true}
steps:
  - {id: numbers, set: {all: "{{ range(5) | list }}", text: "n={{ inputs.least }}"}}
  - id: some
    for_each: "{{ steps.numbers.value.all }}"
    as: number
    if: inputs.rooms | length > 1
    at_once: 3
    steps:
      - {id: twice, set: {value: "{{ number * 2 }}"}}
      - {id: big, if: "{{ number >= inputs.least }}", set: {value: "{{ steps.twice.value.value + index }}"}}
  - {id: never, if: inputs.loud, set: {x: 1}}
output:
  twice: "{{ steps.some.results | map(attribute='twice') | map(attribute='value') | map(attribute='value') | list }}"
  skipped: "{{ steps.never.skipped }}"
  last: "{{ steps.some.results[4].big.value.value }}"
  text: "{{ steps.numbers.value.text }}"
"""
    outcome = run(house, tmp_path, text, {"rooms": "hall, kitchen", "least": "3"})
    assert outcome.output == {"twice": [0, 2, 4, 6, 8], "skipped": True, "last": 12, "text": "n=3"}
    with pytest.raises(UsageError, match=r"least is missing.*--set least="):
        run(house, tmp_path, text)
    with pytest.raises(UnknownNameError, match="Did you mean 'rooms'"):
        run(house, tmp_path, text, {"least": 1, "room": "x"})


def test_retries_limits_and_failures(house: House, tmp_path: Path) -> None:
    text = """
steps:
  - {id: bad, tool: summarize_file, with: {path: nowhere.txt}, retry: {times: 2, wait: 10ms}, on_failure: continue}
  - {id: next, set: {status: "{{ steps.bad.status }}"}}
  - {id: stop, tool: summarize_file, with: {path: nowhere.txt}}
  - {id: after, set: {x: 1}}
"""
    seen: list[Any] = []
    outcome = run(house, tmp_path, text, tell=seen.append)
    assert outcome.status == "failed" and outcome.exit_status == 1
    assert outcome.steps["next"]["value"] == {"status": "failed"} and "after" not in outcome.steps
    assert "The step stop failed" in (outcome.error or "") and "nowhere.txt" in (outcome.error or "")
    assert [event.attempt for event in seen if getattr(event, "attempt", 0)][:3] == [1, 2, 3]
    (tmp_path / "nowhere.txt").write_text("The cellar is dry. The attic is warm.")
    with Scripts(house) as scripts, pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        again: list[Any] = []
        scripts._tell = again.append
        resumed = scripts.resume()
    assert resumed.status == "done" and resumed.steps["after"]["value"] == {"x": 1}
    assert [e.path for e in again if isinstance(e, StepFinished) and e.resumed] == ["bad", "next"]


def test_a_time_limit_ends_a_step(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = threading.Event()

    def slow(self: Any, args: Any, context: Any) -> Any:
        stopped.set() if context.cancellation.wait(60) else None
        context.cancellation.check()

    monkeypatch.setattr("tools.notes.tool.Recall.act", slow)
    outcome = run(house, tmp_path, "steps:\n  - {id: slow, tool: recall, with: {query: x}, time_limit: 50ms}\n")
    assert outcome.status == "failed" and "time limit of 0.05 s" in (outcome.error or "")
    assert stopped.wait(30)


def test_cancelling_leaves_a_run_that_goes_on_later(house: House, tmp_path: Path) -> None:
    cancellation = Cancellation()

    def tell(event: Any) -> None:
        if isinstance(event, StepFinished) and event.path == "one":
            cancellation.cancel()

    text = "steps:\n  - {id: one, write: {file: 1.txt, text: '1'}}\n  - {id: two, write: {file: 2.txt, text: '2'}}\n"
    with Scripts(house, tell=tell) as scripts:
        with pytest.raises(CallCancelled):
            scripts.start(script(tmp_path, text), cancellation=cancellation)
        assert list(outputs(house)) == ["1.txt"]
        assert scripts.resume().status == "done"
    assert list(outputs(house)) == ["1.txt", "2.txt"]


def test_what_the_policy_does_not_allow_is_asked_for(house: House, tmp_path: Path) -> None:
    text = "steps:\n  - {id: f, tool: forget, with: {query: the boiler}}\n"
    refused = run(house, tmp_path, text)
    assert refused.status == "denied" and refused.exit_status == 3 and "--yes" in (refused.error or "")
    asked: list[Asked] = []
    assert run(house, tmp_path, text, approve=lambda one: asked.append(one) is None).status == "done"
    assert asked == [Asked("forget", {"query": "the boiler"}, "sensitive")]


def test_files_are_written_under_the_outputs_only(house: House, tmp_path: Path) -> None:
    for name in (str(tmp_path / "x"), "../x", "a/../../x", "."):
        outcome = run(house, tmp_path, f"steps:\n  - write: {{file: '{name}', text: x}}\n")
        assert outcome.status == "failed" and "under" in (outcome.error or ""), name
    assert not (tmp_path / "x").exists()


def test_two_processes_do_not_do_the_same_run(house: House, tmp_path: Path) -> None:
    with Scripts(house) as first, Scripts(house) as second:
        problems: list[str] = []

        def tell(event: Any) -> None:
            with pytest.raises(UsageError, match="another process") as caught:
                second.resume(first.journal.runs()[0].id)
            problems.append(str(caught.value))

        first._tell = tell
        assert first.start(script(tmp_path, "steps:\n  - {set: {x: 1}}\n")).status == "done"
        assert problems


# Schedules and triggers ------------------------------------------------------------------------------------------


def serve(house: House, file: Path, until: Callable[[list[Run]], bool], during: Callable[[int], None]) -> list[Run]:
    """Serve `file` until enough has run; `during(n)` is called while nothing is due."""
    runs: list[Run] = []
    cancellation = Cancellation()
    turns = 0

    def wait(seconds: float) -> bool:
        nonlocal turns
        turns += 1
        during(turns)
        if until(runs) or turns > 200:
            cancellation.cancel()
        return cancellation.cancelled

    cancellation.wait = wait  # type: ignore[method-assign]
    with Scripts(house) as scripts:
        scripts.serve([file], cancellation, on_run=lambda run, outcome: runs.append(run))
    assert turns <= 200
    return runs


def test_a_schedule_runs_once_for_each_time(house: House, tmp_path: Path) -> None:
    clock = datetime(2026, 3, 2, 21, 0, tzinfo=UTC)

    def now() -> datetime:
        return clock

    house.clock = now
    text = (
        "on:\n  - at: 22:30\n  - every: 1h\nsteps:\n  - write: {file: log.txt, text: '{{ event.due }}', append: true}\n"
    )
    file = script(tmp_path, text)

    def later(turn: int) -> None:
        nonlocal clock
        clock += timedelta(minutes=15)

    runs = serve(house, file, lambda runs: clock >= datetime(2026, 3, 3, 0, 5, tzinfo=UTC), later)
    due = [run.event["due"][11:16] for run in runs]
    assert due == ["21:00", "22:00", "22:30", "23:00", "00:00"]
    clock += timedelta(hours=30)  # the program was off: what was missed is made up for once
    runs = serve(house, file, lambda runs: len(runs) >= 2, lambda turn: None)
    assert sorted(run.event["due"][8:16] for run in runs) == ["03T22:30", "04T06:00"]
    assert outputs(house)["log.txt"].count("\n") == 6


def test_new_files_start_a_run_each_and_old_ones_none(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "old.txt").write_text("old")
    text = (
        f"on:\n  - file: {{folder: {folder}, pattern: '*.txt'}}\n"
        "steps:\n  - {id: text, read: '{{ event.path }}'}\n"
        "  - write: {file: seen.txt, text: '{{ event.name }} {{ steps.text.value }}', append: true}\n"
    )
    file = script(tmp_path, text)

    def arrive(turn: int) -> None:
        if turn == 1:
            (folder / "new.txt").write_text("new")
            (folder / "new.jpg").write_text("no")
            (folder / "half.txt.part").write_text("no")

    assert len(serve(house, file, lambda runs: len(runs) == 1, arrive)) == 1
    (folder / "off.txt").write_text("came while the program was off")
    assert len(serve(house, file, lambda runs: len(runs) == 1, lambda turn: None)) == 1
    assert serve(house, file, lambda runs: True, lambda turn: None) == []
    assert outputs(house) == {"seen.txt": "new.txt new\noff.txt came while the program was off"}


def test_serving_finishes_what_was_cut(house: House, tmp_path: Path) -> None:
    file = script(tmp_path, "on:\n  - every: 10h\nsteps:\n  - write: {file: x.txt, text: x, append: true}\n")
    journal = Journal(house.paths.data / "scripts")
    cut = Run("cut", str(file), file.read_text(), {}, {}, "running", house.now())
    assert journal.start(cut, ("key", "event")) and not journal.start(cut, ("key", "event"))
    journal.close()
    runs = serve(house, file, lambda runs: len(runs) == 2, lambda turn: None)
    assert runs[0].id == "cut" and runs[1].event["kind"] == "schedule"
    assert outputs(house) == {"x.txt": "x\nx"}


def test_the_journal_lists_runs(house: House, tmp_path: Path) -> None:
    outcome = run(house, tmp_path, "steps:\n  - {set: {x: 1}}\n", new_id=lambda now: "r1")
    assert json.loads(json.dumps(outcome.as_json()))["run"] == "r1"
    with Scripts(house) as scripts:
        assert [found.as_json()["status"] for found in scripts.journal.runs()] == ["done"]
        with pytest.raises(UsageError, match="is done"):
            scripts.resume("r1")
        with pytest.raises(UnknownNameError, match="No run is named 'r2'"):
            scripts.resume("r2")
