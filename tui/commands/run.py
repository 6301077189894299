"""`hausgeist run`: checks, plans, runs, resumes and serves scripts on `agent.scripts`."""

from __future__ import annotations

import json
import threading
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runtime.errors import UsageError
from tui.commands.common import interruptible, open_house
from tui.output import note, print_json, print_table, say

if TYPE_CHECKING:
    from agent.scripts.events import Approve, Asked, RunEvent
    from agent.scripts.journal import Run
    from agent.scripts.problems import Problem
    from agent.scripts.runner import Outcome
    from agent.scripts.schema import Script
    from agent.scripts.service import Scripts

_PLAIN_SETTINGS = {"language", "log_level"}


def run(options: Namespace) -> int:
    """Do what the options say; see `hausgeist run --help`."""
    if options.schema:
        from agent.scripts.schema import json_schema

        print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
        return 0
    if options.list:
        return _list(options)
    if options.resume is not None:
        return _resume(options)
    if not options.files:
        raise UsageError("No script is named.", remedy="See `hausgeist run --help`.")
    if options.check:
        return _check(options)
    if options.serve:
        return _serve(options)
    if len(options.files) > 1:
        raise UsageError("Several scripts are named.", remedy="Name one; --serve and --check take several.")
    return _start(options)


def _start(options: Namespace) -> int:
    from agent.scripts.reading import read_script
    from agent.scripts.values import resolve_inputs

    file = _path(options.files[0])
    script, _ = read_script(file)
    given = _split_inputs(options, script)
    with open_house(options) as house, _scripts(house, options) as scripts:
        if options.dry_run:
            from agent.scripts.plan import plan

            script, _ = scripts.load(file)
            rows = plan(script, resolve_inputs(script, given), house, scripts.registry)
            _print_plan(rows, as_json=options.json)
            return 0
        with interruptible() as cancellation:
            outcome = scripts.start(file, given, cancellation=cancellation)
    return _report(outcome, options)


def _resume(options: Namespace) -> int:
    with open_house(options) as house, _scripts(house, options) as scripts, interruptible() as cancellation:
        outcome = scripts.resume(
            options.resume or None, again=options.again, skip=options.skip, cancellation=cancellation
        )
    return _report(outcome, options)


def _serve(options: Namespace) -> int:
    def ended(run: Run, outcome: Outcome) -> None:
        row = {"file": run.file, "event": run.event, **outcome.as_json()}
        if options.json:
            print_json(row)
        else:
            _print_outcome(outcome, Path(run.file).name)

    with open_house(options) as house, _scripts(house, options) as scripts, interruptible() as cancellation:
        files = [_path(name) for name in options.files]
        note(f"Serving {', '.join(file.name for file in files)}. Ctrl-C ends it.")
        scripts.serve(files, cancellation, on_run=ended)
        cancellation.check()
    return 0


def _check(options: Namespace) -> int:
    from agent.scripts.problems import ScriptProblems

    problems: list[Problem] = []
    with open_house(options) as house, _scripts(house, options) as scripts:
        for name in options.files:
            try:
                scripts.load(_path(name))
            except ScriptProblems as found:
                problems += found.problems
    if options.json:
        print_json({"ok": not problems, "problems": [problem.as_json() for problem in problems]})
    elif problems:
        for problem in problems:
            say(problem)
    else:
        say(f"{', '.join(options.files)}: nothing is wrong.")
    return 2 if problems else 0


def _list(options: Namespace) -> int:
    from agent.scripts.journal import Journal

    with open_house(options) as house:
        journal = Journal(house.paths.data / "scripts")
        rows = [found.as_json() for found in journal.runs()]
        journal.close()
    if options.json:
        print_json({"runs": rows})
        return 0
    cells = [(row["id"], Path(row["file"]).name, row["status"], row["started"], row["error"]) for row in rows]
    print_table(("run", "script", "status", "started", "error"), cells, empty="No script was run yet.")
    return 0


def _split_inputs(options: Namespace, script: Script) -> dict[str, str]:
    """Take the script's inputs out of the `--set` options; a setting has a dot in its name."""
    inputs, settings = {}, []
    for override in options.overrides:
        key, equals, value = override.partition("=")
        if equals and (key in script.inputs or not ("." in key or key in _PLAIN_SETTINGS)):
            inputs[key.strip()] = value
        else:
            settings.append(override)
    options.overrides = settings
    return inputs


def _scripts(house: Any, options: Namespace) -> Scripts:
    from agent.scripts.service import Scripts

    return Scripts(house, approve=_approver(options), tell=lambda event: _show(event, quiet=options.json))


def _approver(options: Namespace) -> Approve:
    from tui.approve import ask, can_ask

    lock = threading.Lock()
    always: set[str] = set()

    def decide(asked: Asked) -> bool:
        with lock:  # one question at a time, whichever parallel step asks
            if options.yes or asked.tool in always:
                return True
            if not can_ask() or options.serve:
                return False
            decision = ask(asked.tool, asked.args, asked.risk)
            if decision == "always":
                always.add(asked.tool)
            return decision != "never"

    return decide


def _show(event: RunEvent, *, quiet: bool) -> None:
    from agent.scripts.events import StepFinished, StepStarted
    from tui.output import describe_amount

    if quiet:
        return
    if isinstance(event, StepStarted):
        again = f" (try {event.attempt})" if event.attempt > 1 else ""
        note(f"• {event.path}: {event.action}{again}")
    elif isinstance(event, StepFinished):
        found = event.result
        word = "done before" if event.resumed else "skipped" if found.get("skipped") else found["status"]
        note(f"  {event.path}: {word}" + (f": {found['error']}" if found["error"] else ""))
    else:
        progress = event.progress
        amount = describe_amount(progress.done, progress.total, progress.unit)
        note(f"  {event.path}: {progress.message} {amount}".rstrip())


def _report(outcome: Outcome, options: Namespace) -> int:
    if options.json:
        print_json(outcome.as_json())
    else:
        _print_outcome(outcome, "")
    return outcome.exit_status


def _print_outcome(outcome: Outcome, name: str) -> None:
    for key, value in outcome.output.items():
        say(f"{key}: {value}" if not isinstance(value, str) or "\n" not in value else f"{key}:\n{value}")
    label = f"{name}: " if name else ""
    if outcome.error:
        note(f"{label}the run {outcome.run} {outcome.status}. {outcome.error}")
        if outcome.status in {"failed", "denied"}:
            note(f"Go on with `hausgeist run --resume {outcome.run}`.")
    else:
        note(f"{label}the run {outcome.run} is done.")


def _print_plan(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json({"steps": rows})
        return
    cells = [
        (row["path"], row["does"], row.get("approval", ""), json.dumps(row["what"], ensure_ascii=False, default=str))
        for row in rows
    ]
    print_table(("step", "does", "approval", "with"), cells, empty="The script has no steps.")


def _path(name: str) -> Path:
    return Path(name).expanduser()
