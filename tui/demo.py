"""The demo: indexes the sample home and runs a tour of real requests, each shown with what it did.

It plays in a house of its own under the cache, whose data are wiped at the start: the owner's memory and cameras are
never touched. Models, the saved prompt prefix and the worker processes are the owner's. Owns no request's answer.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from runtime.errors import ModelMissingError, storage_errors
from runtime.house import House
from runtime.paths import Paths
from tui.demo_report import StepResult, judge, print_home, print_step, print_total
from tui.output import print_json, progress_bar

if TYPE_CHECKING:
    from rich.console import Console

    from agent.session import Session
    from tools.finder.index import IndexReport
    from tools.finder.sample_home import SampleHome

LATER = timedelta(minutes=25)
"""The tour plays so long after the recordings begin."""


@dataclass(frozen=True)
class Step:
    """One request, the tools of which the first must be one ("reply": none at all), and why it is in the tour."""

    text: str
    tools: tuple[str, ...]
    shows: str
    needs_image_model: bool = False


TOUR = (
    Step("Where is my coffee cup?", ("find_item",), "a thing that is in sight"),
    Step("Where did I leave my watch?", ("find_item",), "a thing that was covered since"),
    Step("我的手表在哪里?", ("find_item",), "the same in Chinese"),
    Step("Say out loud: dinner is ready", ("speak",), "a sentence spoken to a file"),
    Step("Draw a picture of a cat on a window sill", ("generate_image",), "a picture", needs_image_model=True),
    Step("Remember that the spare key hangs behind the fuse box", ("remember",), "a fact kept"),
    Step("What did I tell you about the spare key?", ("recall", "reply"), "the fact found again"),
    Step("How many minutes are there in two hours?", ("reply",), "a plain question"),
)


def run_demo(house: House, console: Console, json: bool = False, tour: Sequence[Step] = TOUR) -> int:
    """Run the tour and print it, as one JSON object with `json`. Returns 0 when every step ran as it should, else 1.

    A picture without an image model installed runs as it should when it fails naming the command that gets one.
    Raises `ModelMissingError` when the chat model is not installed, and `StorageError`.
    """
    from tools.finder.sample_home import ensure_sample_home

    with progress_bar() as show:
        home = ensure_sample_home(
            house.paths.cache / "demo" / "sample_home",
            lambda share: show("Making the sample home", share * 100, 100, "%"),
        )
    with demo_house(house, home) as demo:
        report = _index(demo, home)
        if not json:
            print_home(console, home, report, demo.now())
        results = _tour(demo, console, json, tour)
    good = not report.broken and all(result.good for result in results)
    if json:
        index: dict[str, float] = {
            "recordings": report.indexed,
            "changes": report.changes,
            "sightings": report.sightings,
        }
        index |= {"footage_s": round(report.footage_s, 1), "wall_s": round(report.wall_s, 1)}
        steps = [result.as_json() for result in results]
        print_json({"sample_home": str(home.folder), "index": index, "steps": steps, "ok": good})
    else:
        print_total(console, results, home)
    return 0 if good else 1


@contextmanager
def demo_house(house: House, home: SampleHome, elapsed: Callable[[], float] = time.monotonic) -> Iterator[House]:
    """A house for the demo, in the time of the sample home, with empty data. Shares models and workers with `house`."""
    root = house.paths.cache / "demo"
    with storage_errors(root):
        if (root / "data").exists():
            shutil.rmtree(root / "data")
    paths = Paths(root / "config", root / "data", house.paths.cache, house.paths.models)
    finder = house.settings.finder.model_copy(update={"timezone": "UTC"})
    began = elapsed()

    def clock() -> datetime:
        return home.start + LATER + timedelta(seconds=elapsed() - began)

    settings = house.settings.model_copy(update={"finder": finder})
    yield replace(house, settings=settings, paths=paths, clock=clock)


def _index(demo: House, home: SampleHome) -> IndexReport:
    from tools.finder.cameras import add_camera
    from tools.finder.index import index_cameras, open_store
    from tui.commands.common import interruptible

    with open_store(demo) as store, progress_bar() as show, interruptible() as cancellation:
        for camera in home.cameras:
            add_camera(store, camera.name, camera.path, start=camera.start.timestamp(), zones=camera.zones)
        return index_cameras(
            demo,
            store,
            progress=lambda p: show(f"Indexing {p.message}", p.done, p.total, p.unit),
            cancellation=cancellation,
        )


def _tour(demo: House, console: Console, json: bool, tour: Sequence[Step]) -> list[StepResult]:
    from agent.session import Session

    image_model = _has_image_model(demo)
    results = []
    with Session.open(demo, "demo") as session:
        for number, step in enumerate(tour, 1):
            result = _step(session, step, image_model)
            results.append(result)
            if not json:
                print_step(console, f"{number}/{len(tour)}", result)
    return results


def _step(session: Session, step: Step, image_model: bool) -> StepResult:
    from agent.events import Routed
    from tui.commands.common import interruptible

    routes: list[tuple[str, float]] = []

    def watch(event: Any) -> None:
        if isinstance(event, Routed):
            routes.append((event.tool, event.probability))

    with interruptible() as cancellation:
        turn = session.ask(step.text, on_event=watch, cancellation=cancellation)
    may_lack = step.needs_image_model and not image_model
    return StepResult(step.text, step.shows, routes, turn, judge(turn, step.tools, may_lack_model=may_lack))


def _has_image_model(demo: House) -> bool:
    """Whether a picture can be made here at all; where not, the tour expects the error that says how to get there."""
    from tools.image.models import image_model

    try:
        image_model(demo)
    except ModelMissingError:
        return False
    return True
