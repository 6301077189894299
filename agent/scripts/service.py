"""Starting, resuming and serving scripts: the door of this package. Owns no steps."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.scripts.actions import Workshop
from agent.scripts.check import problems_of
from agent.scripts.events import Approve, Asked, Tell
from agent.scripts.journal import Journal, Run
from agent.scripts.problems import ScriptProblems, Source
from agent.scripts.reading import parse_script, read_script
from agent.scripts.runner import Outcome, Runner
from agent.scripts.schedule import clock_was_wrong, event_of, next_due
from agent.scripts.schema import Script, Trigger
from agent.scripts.triggers import CameraWatch, FileWatch
from agent.scripts.values import resolve_inputs, result
from runtime.cancellation import Cancellation
from runtime.errors import CallCancelled, HausgeistError, UnknownNameError, UsageError
from runtime.house import House
from tools.registry import Registry

POLL_S = 1.0
"""Seconds between two looks at schedules and triggers."""


def refuse(asked: Asked) -> bool:
    """The answer where nobody can be asked."""
    return False


class Scripts:
    """Runs scripts in one house. `new_id` gives the name of a run."""

    def __init__(
        self,
        house: House,
        *,
        approve: Approve = refuse,
        tell: Tell = lambda event: None,
        new_id: Callable[[datetime], str] | None = None,
    ) -> None:
        self._house, self._approve, self._tell = house, approve, tell
        self._new_id = new_id or (lambda now: f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}")
        self.registry = Registry.load(house)
        self.journal = Journal(house.paths.data / "scripts")

    def close(self) -> None:
        """Close the journal."""
        self.journal.close()

    def __enter__(self) -> Scripts:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def load(self, file: Path) -> tuple[Script, Source]:
        """Read a script and check all that can be checked. Raises `ScriptProblems`."""
        return self._checked(*read_script(file))

    def start(
        self, file: Path, inputs: Mapping[str, Any] | None = None, *, cancellation: Cancellation | None = None
    ) -> Outcome:
        """Run a script from its beginning. Raises `UsageError` for what is wrong with it, and `CallCancelled`."""
        script, source = self.load(file)
        run = self._new_run(file, source, resolve_inputs(script, inputs or {}), {})
        self.journal.start(run)
        return self._run(script, run, cancellation)

    def resume(
        self,
        run_id: str | None = None,
        *,
        again: Sequence[str] = (),
        skip: Sequence[str] = (),
        cancellation: Cancellation | None = None,
    ) -> Outcome:
        """Go on with a run that was cut or stopped: that of `run_id`, or the newest such. What is done stays done.

        `again` and `skip` name steps of which nobody knows whether they happened: they are done again, or taken as
        done. The script goes on as it was when the run was started. Raises `UsageError`.
        """
        run = self._to_resume(run_id)
        if run.status == "done":
            raise UsageError(f"The run {run.id} is done.", remedy="Start the script anew.")
        script, _ = self._checked(*parse_script(run.source, run.file))
        known = self.journal.entries(run.id)
        for path in (*again, *skip):
            if path not in known or known[path].state == "done":
                doubtful = [name for name, entry in known.items() if entry.state == "begun" and entry.effect]
                raise UnknownNameError("doubtful step", path, doubtful)
        for path in again:
            self.journal.forget(run.id, path)
        for path in skip:
            self.journal.finish(run.id, path, result(skipped=True))
        return self._run(script, run, cancellation)

    def serve(
        self, files: Sequence[Path], cancellation: Cancellation, *, on_run: Callable[[Run, Outcome], None]
    ) -> None:
        """Run scripts when their schedules and triggers say so, until cancelled; first, what was cut is finished.

        Runs are done one after the other. Each event starts one run, also over a crash of the program: the event and
        the run are written down together. Raises `UsageError` for a script without `on`.
        """
        watched = [_Watched(self._house, self.journal, file, *self.load(file)) for file in files]
        for one in watched:
            if not one.script.on:
                raise UsageError(f"The script {one.file} has no `on`.", remedy="Add a schedule or a trigger.")
            resolve_inputs(one.script, {})
            one.begin()
        for run in [run for one in watched for run in self.journal.unfinished(one.file)]:
            on_run(run, self._served(parse_script(run.source, run.file)[0], run, cancellation))
        while not cancellation.cancelled:
            for one in watched:
                for trigger, key, event in one.due():
                    cancellation.check()
                    run = self._new_run(Path(one.file), one.source, resolve_inputs(one.script, {}), event)
                    if self.journal.start(run, (trigger, key)):
                        on_run(run, self._served(one.script, run, cancellation))
            cancellation.wait(POLL_S)

    def _served(self, script: Script, run: Run, cancellation: Cancellation) -> Outcome:
        """A run whose failure does not end the serving."""
        try:
            return self._run(script, run, cancellation)
        except CallCancelled:
            raise
        except HausgeistError as problem:
            return Outcome(run.id, "failed", {}, {}, str(problem))

    def _run(self, script: Script, run: Run, cancellation: Cancellation | None) -> Outcome:
        name = script.name or Path(run.file).stem
        with Workshop(self._house, self.registry, self._approve, f"script {name}") as workshop:
            runner = Runner(script, run, workshop, self.journal, tell=self._tell, cancellation=cancellation)
            return runner.run()

    def _checked(self, script: Script, source: Source) -> tuple[Script, Source]:
        problems = list(problems_of(script, source, self.registry))
        if problems:
            raise ScriptProblems(problems)
        return script, source

    def _new_run(self, file: Path, source: Source, inputs: dict[str, Any], event: Mapping[str, Any]) -> Run:
        now = self._house.now()
        name = str(file.expanduser().absolute())
        return Run(self._new_id(now), name, source.text, inputs, dict(event), "running", now)

    def _to_resume(self, run_id: str | None) -> Run:
        if run_id:
            return self.journal.run(run_id)
        stopped = [run for run in self.journal.runs() if run.status != "done"]
        if not stopped:
            raise UsageError("No run was cut or stopped.", remedy="See `hausgeist run --list`.")
        return stopped[0]


class _Watched:
    """One served script: its triggers, and what they have seen."""

    def __init__(self, house: House, journal: Journal, file: Path, script: Script, source: Source) -> None:
        self._house, self._journal = house, journal
        self.file, self.script, self.source = str(file.expanduser().absolute()), script, source
        self._watches: dict[str, FileWatch | CameraWatch] = {}
        for trigger in script.on:
            if trigger.file is not None:
                self._watches[trigger.key] = FileWatch(trigger.file)
            elif trigger.camera is not None:
                self._watches[trigger.key] = CameraWatch(trigger.camera, house)

    def begin(self) -> None:
        """Where a trigger is new, what is there already has happened before it."""
        for key, watch in self._watches.items():
            if not self._journal.has_fired(self.file, key, "begun"):
                self._journal.mark(self.file, key, ["begun", *watch.there()])
        for trigger in self.script.on:
            if trigger.at is not None and self._journal.last_fired(self.file, trigger.key) is None:
                begun = self._house.now().astimezone(UTC).isoformat(timespec="milliseconds")
                self._journal.mark(self.file, trigger.key, [begun])

    def due(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """What is to be run now: the trigger's key, the event's key, and the event for the templates."""
        now = self._house.now()
        for trigger in self.script.on:
            watch = self._watches.get(trigger.key)
            if watch is None:
                yield from self._schedule(trigger, now)
                continue
            for happening in watch.look():
                if not self._journal.has_fired(self.file, trigger.key, happening.key):
                    yield trigger.key, happening.key, happening.event

    def _schedule(self, trigger: Trigger, now: datetime) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        fired = self._journal.last_fired(self.file, trigger.key)
        if fired and clock_was_wrong(trigger, datetime.fromisoformat(fired), now):
            fired = now.astimezone(UTC).isoformat(timespec="milliseconds")
            self._journal.take_back(self.file, trigger.key, fired)
        due = next_due(trigger, datetime.fromisoformat(fired) if fired else None, now)
        if due <= now:
            event = event_of(trigger, due, now)
            yield trigger.key, event, {"kind": "schedule", "due": event}
