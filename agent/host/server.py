"""The house process: runs turns and answers requests that come as lines, many at a time, and tells what happens.

Owns the order (one turn at a time, requests beside it) and the cancelling; the work is the session's and that of the
modules in `requests`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, replace
from importlib import import_module
from typing import Any

from agent.events import ApprovalNeeded, Decision, TextDelta, TurnEvent, TurnFailed, TurnFinished
from agent.host.job import Desk, Job
from agent.host.requests.home import workers
from agent.host.wire import HouseState, Message, TurnNote, pack
from runtime.cancellation import Cancellation
from runtime.errors import HausgeistError, ModelMissingError
from runtime.house import House
from runtime.residency_events import ResidencyEvent

log = logging.getLogger(__name__)
GATHER_S = 0.1
"""Seconds in which changes of the workers are gathered into one message."""
REQUESTS = {
    "sessions": "talks", "history": "talks", "rename": "talks", "delete_session": "talks", "rewind": "talks",
    "export": "talks", "free_name": "talks",
    "facts": "facts", "forget": "facts", "correct": "facts", "remember": "facts",
    "cameras": "cameras", "index": "cameras", "add_camera": "cameras", "remove_camera": "cameras",
    "still": "cameras", "set_zone": "cameras", "remove_zone": "cameras", "sample_home": "cameras",
    "things": "seen", "where": "seen", "timeline": "seen", "filmstrip": "seen",
    "models": "models", "pull": "models", "remove_model": "models",
    "settings": "home", "set_setting": "home", "doctor": "home", "status": "home", "play": "sound",
    "listen": "sound", "end_listening": "sound",
}  # fmt: skip
"""Which module of `agent.host.requests` answers a request; the function has the request's name."""


class Server:
    """Answers messages with `write`; a message is handled in a task of its own."""

    def __init__(self, desk: Desk, write: Callable[[Message], None]) -> None:
        self._desk, self._write = desk, write
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._flags: dict[int, Cancellation] = {}
        self._questions: dict[tuple[int, str], asyncio.Future[Decision]] = {}
        self._turns = asyncio.Lock()
        self._warming: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Open the house and load its models, telling each step."""
        self._warming = asyncio.create_task(self._warm())

    def take(self, message: Message) -> None:
        """Handle one message; returns at once."""
        number = int(message.get("id", 0))
        match message["op"]:
            case "send" | "repeat":
                self._tasks[number] = asyncio.create_task(self._turn(number, message))
            case "call":
                self._tasks[number] = asyncio.create_task(self._call(number, message))
            case "answer":
                question = self._questions.pop((number, message["call_id"]), None)
                if question is not None and not question.done():
                    question.set_result(message["decision"])
            case "cancel":
                self._cancel(number)

    async def close(self) -> None:
        """Stop all work and end the workers."""
        for number in list(self._tasks):
            self._cancel(number)
        tasks = [*self._tasks.values(), *([self._warming] if self._warming else [])]
        for task in tasks:
            task.cancel()
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5.0)
        await asyncio.to_thread(self._desk.close)

    def _cancel(self, number: int) -> None:
        flag = self._flags.get(number)
        if flag is not None:
            flag.cancel()
        for key in [key for key in self._questions if key[0] == number]:
            question = self._questions.pop(key)
            if not question.done():
                question.cancel()

    async def _warm(self) -> None:
        try:
            self._tell(HouseState("opening", 0.15))
            house = await asyncio.to_thread(lambda: self._desk.house)
            self._follow(house)
            session = await asyncio.to_thread(lambda: self._desk.session)
            self._tell(HouseState("learning", 0.45))
            await asyncio.to_thread(session.planner.router.prepare)
            self._tell(HouseState("loading", 0.65, house.settings.chat.model))
            await asyncio.to_thread(session.warm)
            self._tell(HouseState("ready", 1.0, house.settings.chat.model))
        except ModelMissingError as problem:
            self._tell(HouseState("failed", 1.0, f"missing: {problem}"))
        except HausgeistError as problem:
            self._tell(HouseState("failed", 1.0, str(problem)))
        except Exception as problem:
            log.exception("The house could not be opened.")
            self._tell(HouseState("failed", 1.0, f"{type(problem).__name__}: {problem}"))

    def _tell(self, state: HouseState) -> None:
        self._write({"type": "state", **asdict(state)})

    def _follow(self, house: House) -> None:
        """Tell which workers run, now and after each change of the leases."""
        loop = asyncio.get_running_loop()

        def changed(event: ResidencyEvent) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(begin)

        def begin() -> None:
            if self._telling is None or self._telling.done():
                self._telling = asyncio.create_task(tell())

        async def tell() -> None:
            await asyncio.sleep(GATHER_S)
            self._telling = None  # what changes from here on is told by a message of its own
            self._write({"type": "workers", "value": await asyncio.to_thread(workers, house)})

        house.residency.listen(changed)

    # Turns ------------------------------------------------------------------------------------------------------

    async def _turn(self, number: int, message: Message) -> None:
        flag = self._flags[number] = Cancellation()
        note = TurnNote(session=message.get("session", ""))
        try:
            async with self._turns:
                note = await self._run_turn(number, message, flag)
        except asyncio.CancelledError:
            self._event(number, TurnFailed("The turn was cancelled.", 130, cancelled=True))
        except HausgeistError as problem:
            self._event(number, TurnFailed(str(problem), problem.exit_status))
        except Exception as problem:
            log.exception("A turn failed.")
            self._event(number, TurnFailed(f"{type(problem).__name__}: {problem}", 1))
        finally:
            self._flags.pop(number, None)
            self._tasks.pop(number, None)
            self._write({"type": "result", "id": number, "value": asdict(note)})

    async def _run_turn(self, number: int, message: Message, flag: Cancellation) -> TurnNote:
        flag.check()
        base = await asyncio.to_thread(lambda: self._desk.session)
        session = replace(base, name=message.get("session") or base.name)
        if message["op"] == "send":
            events = session.send(message["text"], message.get("files", ()), cancellation=flag)
        else:
            from agent.repeat import repeat

            events = repeat(session, message["tool"], message["args"], cancellation=flag)
        started, first, pieces, finished = time.perf_counter(), 0.0, list[str](), False
        async with contextlib.aclosing(_generator(events)) as stream:
            async for event in stream:
                if isinstance(event, TextDelta):
                    first = first or time.perf_counter()
                    pieces.append(event.text)
                if isinstance(event, ApprovalNeeded):
                    self._ask(number, event)
                finished = isinstance(event, TurnFinished)
                self._event(number, event)
        kept = finished and message["op"] == "send"
        seconds = time.perf_counter() - (first or started)
        return await asyncio.to_thread(_note, session, message.get("text", ""), "".join(pieces), seconds, kept)

    def _ask(self, number: int, event: ApprovalNeeded) -> None:
        self._questions[number, event.call_id] = event.answer

    def _event(self, number: int, event: TurnEvent) -> None:
        self._write({"type": "event", "id": number, **pack(event)})

    # Requests ---------------------------------------------------------------------------------------------------

    async def _call(self, number: int, message: Message) -> None:
        loop = asyncio.get_running_loop()
        flag = self._flags[number] = Cancellation()

        def progress(moment: dict[str, Any]) -> None:
            loop.call_soon_threadsafe(self._write, {"type": "progress", "id": number, "value": moment})

        job = Job(self._desk, progress, flag)
        try:
            value = await asyncio.to_thread(_answer, job, message["method"], message.get("args", {}))
            self._write({"type": "result", "id": number, "value": value})
        except HausgeistError as problem:
            self._error(number, problem.message, problem.remedy or "", problem.exit_status, type(problem).__name__)
        except Exception as problem:
            log.exception("The request %s failed.", message["method"])
            self._error(number, f"{type(problem).__name__}: {problem}", "", 1, type(problem).__name__)
        finally:
            self._flags.pop(number, None)
            self._tasks.pop(number, None)

    def _error(self, number: int, text: str, remedy: str, status: int, kind: str) -> None:
        body = {"message": text, "remedy": remedy, "exit_status": status, "kind": kind}
        self._write({"type": "error", "id": number, **body})


async def _generator(events: AsyncIterator[TurnEvent]) -> Any:
    """`events` as a generator that can be closed."""
    async for event in events:
        yield event


def _answer(job: Job, method: str, args: dict[str, Any]) -> Any:
    module = import_module(f"agent.host.requests.{REQUESTS[method]}")
    return getattr(module, method)(job, **args)


def _note(session: Any, text: str, reply: str, seconds: float, kept: bool) -> TurnNote:
    from agent.prompt import estimate_tokens

    last = session.memory.history(session.name, 1) if kept else []
    turn = last[0].id if last and last[0].user == text else None
    tokens = estimate_tokens(reply) if reply else 0
    return TurnNote(turn, tokens, tokens / seconds if seconds > 0.05 else 0.0, session.name)
