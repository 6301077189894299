"""Runs a script: order, conditions, loops, parallel steps; and takes a cut run up where it stopped.

Every step that is done is in the journal with its result and is not done again. Owns no kinds of steps (`actions`), no
tries and limits (`attempts`) and no schedule (`service`).
"""

from __future__ import annotations

import fcntl
import glob
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from agent.scripts.actions import Workshop, failure
from agent.scripts.attempts import Attempts, Stopped
from agent.scripts.events import StepFinished, Tell
from agent.scripts.journal import Journal, Run, Status
from agent.scripts.schema import Script, Step
from agent.scripts.schema import Source as LoopSource
from agent.scripts.staging import discard_run
from agent.scripts.values import Result, Scope, result
from runtime.cancellation import Cancellation
from runtime.errors import ArgumentError, CallCancelled, HausgeistError, StorageError, UsageError, storage_errors
from runtime.paths import ensure

MOST_ROUNDS = 100_000


@dataclass(frozen=True)
class Outcome:
    """How a run ended: its status, the script's `output`, every step's result, and what stopped it."""

    run: str
    status: Status
    output: dict[str, Any]
    steps: dict[str, Result]
    error: str | None = None

    @property
    def exit_status(self) -> int:
        """The command line's exit status."""
        return {"done": 0, "denied": 3}.get(self.status, 1)

    def as_json(self) -> dict[str, Any]:
        """The object that `hausgeist run --json` prints."""
        return {"run": self.run, "status": self.status, "output": self.output, "steps": self.steps, "error": self.error}


class Runner:
    """One run of one script. `tell` gets what happens, from several threads where steps run in parallel."""

    def __init__(
        self,
        script: Script,
        run: Run,
        workshop: Workshop,
        journal: Journal,
        *,
        tell: Tell = lambda event: None,
        cancellation: Cancellation | None = None,
    ) -> None:
        self._script, self._run, self._workshop, self._journal = script, run, workshop, journal
        self._tell, self._cancellation = tell, cancellation or Cancellation()
        self._attempts = Attempts(run.id, workshop, journal, tell)
        self._scope = Scope.first(run.id, run.started, run.inputs, run.event)

    def run(self) -> Outcome:
        """Do every step that is not done yet. Raises `CallCancelled`, after which the run can be resumed."""
        house = self._workshop.house
        with _alone(self._journal.folder, self._run.id):
            self._journal.end(self._run.id, "running", house.now())
            output: dict[str, Any] = {}
            status: Status = "done"
            error: str | None = None
            try:
                self._steps(self._script.steps, self._scope, "", self._cancellation)
                output = self._workshop.templates.render(self._script.output, self._scope.values)
            except Stopped as stop:
                status, error = stop.status, str(stop)
            except CallCancelled:
                raise
            except HausgeistError as problem:
                status, error = "failed", str(problem)
            if status == "done":
                discard_run(house, self._run.id)
            self._journal.end(self._run.id, status, house.now(), error)
        return Outcome(self._run.id, status, output, dict(self._scope.values["steps"]), error)

    # Order ------------------------------------------------------------------------------------------------------

    def _steps(self, steps: Sequence[Step], scope: Scope, above: str, cancellation: Cancellation) -> None:
        for path, step in _named(steps, above):
            cancellation.check()
            scope.keep(step.id, self._step(step, scope, path, cancellation))

    def _step(self, step: Step, scope: Scope, path: str, cancellation: Cancellation) -> Result:
        """Do a step, or take what it came to from the journal. Raises `Stopped` when the script must stop."""
        entry = self._journal.entry(self._run.id, path)
        if entry is not None and entry.state == "done":
            self._attempts.settle(path)
            self._restore(step, scope, path)
            self._tell(StepFinished(path, entry.result, resumed=True))
            done: Result = entry.result
            return done
        if not self._wanted(step, scope, path):
            return self._skipped(path)
        try:
            try:
                if step.for_each is not None:
                    return self._loop(step, scope, path, cancellation)
                return self._once(step, scope, path, cancellation)
            except (Stopped, CallCancelled):
                raise
            except HausgeistError as problem:
                raise Stopped("failed", path, failure(problem)) from problem
        except Stopped as stop:
            if step.on_failure == "stop" or stop.status == "doubtful":
                raise
            self._journal.finish(self._run.id, path, stop.result)
            return stop.result

    def _once(self, step: Step, scope: Scope, path: str, cancellation: Cancellation) -> Result:
        if step.steps is not None:
            self._steps(step.steps, scope, path, cancellation)
            return result()
        if step.parallel is not None:
            children = list(_named(step.parallel, path))
            work = [partial(self._step, child, scope, part) for part, child in children]
            found = self._together(work, len(work), cancellation)
            for (_, child), one in zip(children, found, strict=True):
                scope.keep(child.id, one)
            return result(outside=any(one["outside"] for one in found))
        return self._attempts.do(step, scope, path, cancellation)

    def _restore(self, step: Step, scope: Scope, path: str) -> None:
        """Let later steps see what the parts of a group that is over came to."""
        for part, child in _named([*(step.steps or ()), *(step.parallel or ())], path):
            entry = self._journal.entry(self._run.id, part)
            if entry is not None and entry.state == "done":
                scope.keep(child.id, entry.result)
            self._restore(child, scope, part)

    def _wanted(self, step: Step, scope: Scope, path: str) -> bool:
        """Whether the step's condition holds; the answer is kept, so that a resumption goes the same way."""
        if step.if_ is None:
            return True
        condition = step.if_
        return bool(self._decided(path, "if", lambda: self._workshop.templates.condition(condition, scope.values)))

    def _skipped(self, path: str) -> Result:
        skipped = result("ok", skipped=True)
        self._journal.finish(self._run.id, path, skipped)
        self._tell(StepFinished(path, skipped))
        return skipped

    # Loops ------------------------------------------------------------------------------------------------------

    def _loop(self, step: Step, scope: Scope, path: str, cancellation: Cancellation) -> Result:
        items, outside = self._items(step, scope, path)

        def one(index: int, stop: Cancellation) -> Result:
            inner = scope.round(step.as_, items[index], index, outside=outside)
            single = step.model_copy(update={"for_each": None, "if_": None})
            done = self._step(single, inner, f"{path}[{index}]", stop)
            if step.steps is None and step.parallel is None:
                return done
            return {name: inner.values["steps"][name] for name in _ids(step) if name in inner.values["steps"]}

        results = self._together([partial(one, index) for index in range(len(items))], step.at_once, cancellation)
        tainted = any(_outside(found) for found in results)
        done = result(
            results=results, outside=tainted, say="\n".join(_said(found) for found in results if _said(found))
        )
        self._tell(StepFinished(path, done))
        return done

    def _items(self, step: Step, scope: Scope, path: str) -> tuple[list[Any], bool]:
        """What the loop goes over, kept in the journal, and whether it came from outside (files and their lines do)."""
        kind = step.for_each
        templates = self._workshop.templates

        def find() -> Any:
            if isinstance(kind, LoopSource):
                return _from_source(kind, lambda text: str(templates.render(text, scope.values)))
            return templates.render(kind, scope.values)

        items = self._decided(path, "items", find)
        if not isinstance(items, list):
            raise ArgumentError(
                f"The loop of {path} is over {items!r}, which is no list.", remedy='Give a list or "{{ inputs.NAME }}".'
            )
        if len(items) > MOST_ROUNDS:
            raise ArgumentError(
                f"The loop of {path} has {len(items)} rounds.", remedy=f"At most {MOST_ROUNDS} are run."
            )
        texts = [kind] if isinstance(kind, str) else [item for item in kind or () if isinstance(item, str)]
        if isinstance(kind, LoopSource):
            return items, True
        return items, scope.from_outside(chain for text in texts for chain in templates.check(text))

    def _decided(self, path: str, what: str, decide: Callable[[], Any]) -> Any:
        """What was decided for this run the first time."""
        key = f"{path}#{what}"
        entry = self._journal.entry(self._run.id, key)
        if entry is not None:
            return entry.result
        found = decide()
        self._journal.finish(self._run.id, key, found)
        return found

    def _together(
        self, work: Sequence[Callable[[Cancellation], Result]], most: int, cancellation: Cancellation
    ) -> list[Result]:
        """Do all, `most` at the same time; after a failure no more are begun, and it is raised when the others end."""
        if most == 1 or len(work) < 2:
            results = []
            for one in work:
                cancellation.check()
                results.append(one(cancellation))
            return results
        stop = Cancellation()

        def guarded(one: Callable[[Cancellation], Result]) -> Result:
            cancellation.check()
            stop.check()
            try:
                return one(cancellation)
            except BaseException:
                stop.cancel()
                raise

        with ThreadPoolExecutor(most) as pool:
            futures = [pool.submit(guarded, one) for one in work]
        problems = [problem for future in futures if (problem := future.exception()) is not None]
        for problem in sorted(problems, key=lambda found: isinstance(found, CallCancelled)):
            raise problem
        return [future.result() for future in futures]


def _named(steps: Sequence[Step], above: str) -> Iterator[tuple[str, Step]]:
    """Steps with their paths: the step's id, or its place and what it does."""
    for index, step in enumerate(steps):
        name = step.id or f"{index + 1}-{step.action}"
        yield (f"{above}/{name}" if above else name), step


def _ids(step: Step) -> list[str]:
    """The ids of all steps in a loop's body."""
    children = [*(step.steps or ()), *(step.parallel or ())]
    return [name for child in children for name in ([child.id] if child.id else []) + _ids(child)]


def _outside(found: Result) -> bool:
    inner = found.values() if "status" not in found else [found]
    return any(isinstance(one, dict) and bool(one.get("outside")) for one in inner)


def _said(found: Result) -> str:
    return str(found.get("say", "")) if "status" in found else ""


def _from_source(source: LoopSource, render: Callable[[str], str]) -> list[str]:
    if source.files is not None:
        pattern = str(Path(render(source.files)).expanduser())
        found = (path for path in glob.glob(pattern, recursive=True) if Path(path).is_file())  # noqa: PTH207
        return sorted(found, key=_natural)
    file = Path(render(source.lines or "")).expanduser()
    try:
        with storage_errors(file.parent):
            lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError, StorageError) as problem:
        raise ArgumentError(f"The lines of {file} cannot be read: {problem}.", remedy="Check the path.") from problem
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]


def _natural(path: str) -> list[tuple[int, int, str]]:
    """Sorts part2 before part10."""
    parts = re.split(r"(\d+)", path)
    return [(0, int(part), "") if part.isdigit() and part.isascii() else (1, 0, part) for part in parts]


@contextmanager
def _alone(folder: Path, run: str) -> Iterator[None]:
    """Hold the right to do this run. Raises `UsageError` while another process does it."""
    locks = ensure(folder / "locks")
    file = locks / run
    with storage_errors(locks), file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"The run {run} is being done by another process.", remedy="Wait until it ends.") from None
        yield
    file.unlink(missing_ok=True)
