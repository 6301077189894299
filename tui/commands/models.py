"""`hausgeist models`: lists, pulls, verifies and removes models. Owns no transfer (see `runtime.downloads`)."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from runtime import downloads
from runtime.errors import UsageError
from runtime.progress import PullProgress
from tui.commands.common import interruptible, open_house
from tui.output import note, print_json, print_table, progress_bar, say


def list_models(options: Namespace) -> int:
    """List every model of the catalogue."""
    with open_house(options) as house:
        states = downloads.list_models(house.catalogue)
    rows = [
        {
            "id": state.entry.id,
            "task": state.entry.task,
            "title": state.entry.title,
            "set": state.entry.set,
            "licence": state.entry.licence,
            "languages": list(state.entry.languages),
            "bytes": state.entry.bytes,
            "installed": state.installed,
            "bytes_on_disk": state.bytes_on_disk,
            "folder": str(state.folder),
        }
        for state in states
    ]
    if options.json:
        print_json({"models": rows})
        return 0
    cells = [
        (r["id"], r["task"], r["set"], _megabytes(r["bytes"]), "yes" if r["installed"] else "no", r["licence"])
        for r in rows
    ]
    columns = ("model", "task", "set", "size", "installed", "licence")
    print_table(columns, cells, empty="The catalogue is empty.")
    return 0


def pull(options: Namespace) -> int:
    """Download models and verify them; what is there already is not asked for again."""
    local = Path(options.folder).expanduser().absolute() if options.folder else None
    if local is not None and not local.is_dir():
        raise UsageError(f"{options.folder} is no folder.", remedy="Name a folder that holds the model files.")
    with open_house(options) as house, interruptible() as cancellation, _pull_bar() as tell:
        names = list(options.names)
        pulled = downloads.pull(house.catalogue, names, tell, cancellation, local=local)
        wanted = [entry.id for entry in house.catalogue.select(names)]
    fresh = [entry.id for entry in pulled]
    if options.json:
        print_json({"pulled": fresh, "installed": wanted})
        return 0
    for name in wanted:
        say(f"{name}: {'pulled and verified' if name in fresh else 'already installed'}")
    return 0


def warm(options: Namespace) -> int:
    """Fit the router and compute the chat model's prompt prefix, where that is not done yet."""
    from agent.session import Session

    with open_house(options) as house, Session.open(house, "warm") as session:
        done = session.warm(note)
    if options.json:
        print_json(done)
    else:
        say("The chat model and the router are ready.")
    return 0


def verify(options: Namespace) -> int:
    """Hash installed models. Exit status 1 when a file is missing or damaged."""
    with open_house(options) as house, interruptible() as cancellation, _pull_bar() as tell:
        states = downloads.verify(house.catalogue, options.names or None, tell, cancellation)
    bad = [state for state in states if state.state != "ok"]
    if options.json:
        print_json({"files": [asdict(state) for state in states], "ok": not bad})
    else:
        cells = [(state.model, state.file, _megabytes(state.bytes), state.state) for state in states]
        print_table(("model", "file", "size", "state"), cells, empty="No model is installed.")
    for model in dict.fromkeys(state.model for state in bad):
        note(f"hausgeist: The model {model} is not sound. Get it again with `hausgeist models pull {model}`.")
    return 1 if bad else 0


def remove(options: Namespace) -> int:
    """Delete installed models and say what that freed."""
    freed: dict[str, int] = {}
    with open_house(options) as house:
        for name in dict.fromkeys(options.names):
            freed[name] = downloads.remove(house.catalogue, name)
            if not options.json:
                say(f"{name}: removed, {_megabytes(freed[name])} freed")
    if options.json:
        print_json({"removed": [{"id": name, "bytes": size} for name, size in freed.items()]})
    return 0


@contextmanager
def _pull_bar() -> Iterator[Callable[[PullProgress], None]]:
    with progress_bar() as show:

        def tell(moment: PullProgress) -> None:
            if moment.note:
                note(moment.note)
            name = f"{moment.model} {moment.file}".strip()
            rate = f", {_megabytes(moment.rate)}/s" if moment.rate else ""
            show(f"{moment.state} {name}{rate}", moment.done, moment.total, "B")

        yield tell


def _megabytes(count: object) -> str:
    return f"{float(str(count)) / 1e6:.1f} MB"
