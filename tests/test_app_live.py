"""The app over a real house process with the small model: streaming, killed workers, a killed house, a free loop."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from textual.pilot import Pilot

from agent.host.client import HouseProcess
from tui.app.app import HausgeistApp
from tui.app.turn_view import TurnView

from .app_kit import Watchdog, make_app, real_house, until

pytestmark = pytest.mark.alone

MODEL = "chat.model=smollm2-135m-instruct"
STORY = "Tell me a long story about a lighthouse keeper and his cat."


@pytest.fixture
async def pilot(
    environment: dict[str, str], need_model: Callable[[str], Path], tmp_path: Path
) -> AsyncIterator[Pilot[Any]]:
    need_model("smollm2-135m-instruct")
    house = real_house(environment, tmp_path / "house.log", MODEL)
    async with make_app(house, session="").run_test(size=(100, 32)) as running:
        yield running


def app_of(pilot: Pilot[Any]) -> HausgeistApp:
    assert isinstance(pilot.app, HausgeistApp)
    return pilot.app


def house_of(pilot: Pilot[Any]) -> HouseProcess:
    link = app_of(pilot).home.link
    assert isinstance(link, HouseProcess)
    return link


async def ready(pilot: Pilot[Any]) -> None:
    await until(pilot, lambda: app_of(pilot).state is not None and app_of(pilot).state.phase == "ready", 300)  # type: ignore[union-attr]


async def finished(pilot: Pilot[Any]) -> TurnView:
    await until(pilot, lambda: not app_of(pilot).talk.turns.running, 120)
    return app_of(pilot).talk.query(TurnView).last()


async def test_the_loop_stays_free_while_models_load_and_a_reply_streams(
    environment: dict[str, str], need_model: Callable[[str], Path], tmp_path: Path
) -> None:
    """Typed before the house is there; opening, loading, asking and streaming never hold the loop for 100 ms.

    Other programs make our work slower now and then: one of three starts has to stay within the limit all the way.
    """
    need_model("smollm2-135m-instruct")
    held: list[float] = []
    while len(held) < 3 and min(held, default=1.0) > 0.1:
        house = real_house(environment, tmp_path / "house.log", MODEL)
        async with make_app(house, session="").run_test(size=(100, 32)) as pilot:
            watchdog = Watchdog()
            watchdog.begin()
            await app_of(pilot).talk.turns.ask(STORY)
            await ready(pilot)
            view = await finished(pilot)
            held.append(watchdog.worst_s)
            watchdog.end()
            assert len(view.reply) > 100
            assert app_of(pilot).home.session
            note = app_of(pilot).home.link.note
            assert note is not None
            assert note.turn is not None
    assert min(held) <= 0.1


async def test_a_killed_model_is_told_and_the_app_goes_on(pilot: Pilot[Any]) -> None:
    await ready(pilot)
    await app_of(pilot).talk.turns.ask(STORY)
    await until(pilot, lambda: bool(app_of(pilot).talk.query(TurnView).last().reply))
    pid = house_of(pilot).pid
    assert pid is not None
    largest = max(psutil.Process(pid).children(recursive=True), key=lambda child: child.memory_info().rss)
    largest.send_signal(signal.SIGKILL)
    view = await finished(pilot)
    assert view.failed
    assert "ended unexpectedly" in "".join(str(widget.render()) for widget in view.query(".problem"))
    await app_of(pilot).talk.turns.ask("Hello again!")
    view = await finished(pilot)
    assert view.reply
    assert not view.failed


async def test_a_killed_house_starts_anew(pilot: Pilot[Any]) -> None:
    await ready(pilot)
    pid = house_of(pilot).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await until(pilot, lambda: house_of(pilot).pid not in (None, pid))
    await ready(pilot)
    await app_of(pilot).talk.turns.ask("Remember that the spare key hangs behind the boiler.")
    view = await finished(pilot)
    assert "boiler" in view.reply
    assert not view.failed
