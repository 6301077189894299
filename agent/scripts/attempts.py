"""Tries of one step: written down before and after, limited in time, repeated after a failure, never done twice.

The order is what makes an effect happen once: begun is written, the step works in its own folder, done is written with
the result, the files are moved into place. A step that was cut between begun and done is tried again where that leaves
what one try leaves (see `HausgeistTool.repeatable`), and is put to the owner where it does not.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext

from agent.scripts.actions import Attempt, Workshop, failure
from agent.scripts.events import StepFinished, StepProgress, StepStarted, Tell
from agent.scripts.journal import Journal, Status
from agent.scripts.schema import Step
from agent.scripts.staging import Stage
from agent.scripts.values import Result, Scope, result
from runtime.cancellation import Cancellation
from runtime.errors import CallCancelled, HausgeistError, ToolError
from runtime.house import House

GRACE_S = 5.0
"""Seconds that a step has, after its time limit, to notice that it was cancelled."""


class Stopped(HausgeistError):
    """A step failed, and the script stops; `result` is what the step came to."""

    def __init__(self, status: Status, path: str, found: Result, remedy: str | None = None) -> None:
        super().__init__(f"The step {path} {_WORDS[status]}: {found['error'] or found['say']}", remedy=remedy)
        self.status, self.path, self.result = status, path, found


_WORDS = {"failed": "failed", "denied": "was not allowed", "doubtful": "may have been done"}


class Attempts:
    """Does single steps of one run."""

    def __init__(self, run: str, workshop: Workshop, journal: Journal, tell: Tell) -> None:
        self._run, self._workshop, self._journal, self._tell = run, workshop, journal, tell

    def settle(self, path: str) -> None:
        """Put in place what a finished step made, should the program have died before."""
        self._stage(path).commit()

    def do(self, step: Step, scope: Scope, path: str, cancellation: Cancellation) -> Result:
        """Try a step until it succeeds or its tries are used up. Raises `Stopped` and `CallCancelled`."""
        self._not_doubtful(path)
        try:
            self._workshop.approved(step, scope)
        except HausgeistError as problem:
            return self._failed(path, failure(problem))
        tries = 1 + (step.retry.times if step.retry else 0)
        wait = step.retry.wait if step.retry else 0.0
        for number in range(1, tries + 1):
            self._tell(StepStarted(path, step.action, number))
            found, again = self._try(step, scope, path, cancellation)
            if found["status"] == "ok":
                self._tell(StepFinished(path, found))
                return found
            if number < tries and again and found["status"] == "failed":
                cancellation.wait(wait)
                cancellation.check()
                wait *= 2
                continue
            break
        return self._failed(path, found)

    def _try(self, step: Step, scope: Scope, path: str, cancellation: Cancellation) -> tuple[Result, bool]:
        """One try: the result, and whether another may follow."""
        effect = self._workshop.effect_of(step)
        stage = self._stage(path)
        lock = self._workshop.writing if step.write is not None else nullcontext()
        with lock:
            self._journal.begin(self._run, path, effect)
            attempt = self._attempt(step, scope, path, stage.prepare())
            try:
                found = _limited(lambda stop: self._workshop.act(step, attempt(stop)), step.time_limit, cancellation)
            except CallCancelled:
                stage.discard()
                raise
            except _TooLong as problem:
                stage.discard()
                self._not_doubtful(path, problem.message)
                return failure(problem), True
            except HausgeistError as problem:
                found = failure(problem)
            if found["status"] != "ok":
                stage.discard()
                return found, True
            found = stage.settled(found)
            self._journal.finish(self._run, path, found)
            stage.commit()
        return found, False

    def _attempt(self, step: Step, scope: Scope, path: str, house: House) -> Callable[[Cancellation], Attempt]:
        def note(tool: str) -> None:
            self._journal.begin(self._run, path, tool)

        def make(stop: Cancellation) -> Attempt:
            effect = f"{self._run}/{path}"
            return Attempt(house, scope, stop, effect, lambda done: self._tell(StepProgress(path, done)), note)

        return make

    def _failed(self, path: str, found: Result) -> Result:
        """The step is over without success: it is forgotten, so that a resumption tries it anew."""
        self._journal.forget(self._run, path)
        self._tell(StepFinished(path, found))
        raise Stopped("denied" if found["status"] == "denied" else "failed", path, found)

    def _not_doubtful(self, path: str, why: str = "The program ended.") -> None:
        """Raise `Stopped` where a call that may not run twice was cut, so that nobody knows whether it happened."""
        entry = self._journal.entry(self._run, path)
        if entry is None or not entry.effect:
            return
        text = f"{why} {entry.effect} was running, and it may not run twice."
        look = f"Look whether it happened, then `hausgeist run --resume {self._run}`"
        remedy = f"{look} with `--skip {path}` if it did, or `--again {path}` if it did not."
        raise Stopped("doubtful", path, result("failed", error=text), remedy=remedy)

    def _stage(self, path: str) -> Stage:
        return Stage(self._workshop.house, self._run, path)


class _TooLong(ToolError):
    """The time limit is over, and what the step was doing may or may not have happened."""


def _limited(work: Callable[[Cancellation], Result], limit: float | None, cancellation: Cancellation) -> Result:
    """`work` with a cancellation of its own, which is raised after `limit` seconds. Raises `_TooLong`."""
    if limit is None:
        return work(cancellation)
    own, done = Cancellation(), threading.Event()
    unlisten = cancellation.listen(own.cancel)
    found: list[Result] = []
    problems: list[BaseException] = []

    def run() -> None:
        try:
            found.append(work(own))
        except BaseException as problem:
            problems.append(problem)
        finally:
            done.set()

    threading.Thread(target=run, daemon=True).start()
    in_time = done.wait(limit)
    if not in_time:
        own.cancel()
        done.wait(GRACE_S)
    unlisten()
    if found and in_time:
        return found[0]
    if problems and (in_time or cancellation.cancelled):
        raise problems[0]
    raise _TooLong(f"It took longer than its time limit of {limit:g} s.", remedy="Raise `time_limit`.")
