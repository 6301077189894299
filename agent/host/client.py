"""The app's half of the house process: `send` yields a turn's events as `Session.send` does, `call` asks the house.

Owns the process and its end. Imports nothing heavy; loads nothing until `start`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from agent.events import Decision, TurnEvent, TurnFailed, TurnFinished
from agent.host.wire import LONGEST_LINE, HouseState, Message, RemoteError, TurnNote, line, parse, unpack
from runtime.errors import WorkerDiedError, WorkerError

log = logging.getLogger(__name__)
Moment = Callable[[dict[str, Any]], None]
Workers = list[dict[str, Any]]
"""The workers that run: {"name", "bytes", "in_use", "restarts"} each."""


class HouseLink(Protocol):
    """What the app needs of a house, wherever it runs."""

    @property
    def note(self) -> TurnNote | None:
        """What is known of the last turn that has ended."""

    async def start(self, tell: Callable[[HouseState], None], workers: Callable[[Workers], None] | None = None) -> None:
        """Begin; `tell` gets each state from now on, `workers` what runs whenever that has changed."""

    def send(self, text: str, files: Sequence[str] = (), session: str = "") -> AsyncIterator[TurnEvent]:
        """Run a turn; see `agent.session.Session.send`."""

    def repeat(self, tool: str, args: Mapping[str, Any], session: str = "") -> AsyncIterator[TurnEvent]:
        """Run one tool again with the same arguments; the events of a turn, without a reply."""

    async def call(self, method: str, on_progress: Moment | None = None, **args: Any) -> Any:
        """Ask the house. Raises `RemoteError` with the house's own words; a cancelled task stops the work there."""

    async def close(self) -> None:
        """End the house and all its workers."""


class HouseProcess:
    """A house in a process of its own. `start` it; it can be started again after its end."""

    def __init__(
        self, overrides: Sequence[str] = (), *, environ: Mapping[str, str] | None = None, log: Path | None = None
    ) -> None:
        self._command = [sys.executable, "-P", "-m", "agent.host", *(f"--set={text}" for text in overrides)]
        self._environ, self._log = environ, log
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Queue[Message]] = {}
        self._count = 0
        self._tell: Callable[[HouseState], None] = lambda state: None
        self._workers: Callable[[Workers], None] | None = None
        self.note = TurnNote()

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if running and self._process is not None else None

    async def start(self, tell: Callable[[HouseState], None], workers: Callable[[Workers], None] | None = None) -> None:
        """Start the process; returns at once, what it does is told."""
        self._tell, self._workers = tell, workers
        tell(HouseState("starting", 0.05))
        with contextlib.ExitStack() as stack:
            target: Any = asyncio.subprocess.DEVNULL
            if self._log is not None:
                self._log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                target = stack.enter_context(self._log.open("ab"))
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=target,
                env=dict(self._environ) if self._environ is not None else None,
                limit=LONGEST_LINE,
            )
        self._reading = asyncio.create_task(self._read(self._process))

    async def send(self, text: str, files: Sequence[str] = (), session: str = "") -> AsyncIterator[TurnEvent]:
        """See `HouseLink.send`."""
        async for event in self._turn({"op": "send", "text": text, "files": list(files), "session": session}):
            yield event

    async def repeat(self, tool: str, args: Mapping[str, Any], session: str = "") -> AsyncIterator[TurnEvent]:
        """See `HouseLink.repeat`."""
        async for event in self._turn({"op": "repeat", "tool": tool, "args": dict(args), "session": session}):
            yield event

    async def call(self, method: str, on_progress: Moment | None = None, **args: Any) -> Any:
        """See `HouseLink.call`."""
        number, answers = self._begin({"op": "call", "method": method, "args": args})
        ended = False
        try:
            while True:
                message = await answers.get()
                if message["type"] == "progress":
                    if on_progress is not None:
                        on_progress(message["value"])
                    continue
                ended = True
                if message["type"] == "error":
                    raise _error(message)
                return message["value"]
        finally:
            self._end(number, ended)

    async def close(self) -> None:
        """Say goodbye; a process that does not listen is ended."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ConnectionError, RuntimeError):
            if process.stdin is not None:
                process.stdin.write(line({"op": "bye"}))
                process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 6.0)
        except TimeoutError:
            process.kill()
            await process.wait()
        if self._reading is not None:
            self._reading.cancel()

    async def _turn(self, request: Message) -> AsyncIterator[TurnEvent]:
        number, answers = self._begin(request)
        ended = over = False
        try:
            while not ended:
                message = await answers.get()
                match message["type"]:
                    case "event":
                        event = self._event(number, message)
                        over = over or isinstance(event, (TurnFinished, TurnFailed))
                        yield event
                    case "error":
                        ended = True
                        if not over:
                            yield TurnFailed(str(_error(message)), message.get("exit_status", 1))
                    case "result":
                        ended = True
                        self.note = TurnNote(**message["value"])
        finally:
            self._end(number, ended)

    def _event(self, number: int, message: Message) -> TurnEvent:
        body = {key: value for key, value in message.items() if key not in {"type", "id"}}
        if body["event"] != "ApprovalNeeded":
            return unpack(body)
        answer: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        call_id = body["call_id"]

        def pass_on(done: asyncio.Future[Decision]) -> None:
            if not done.cancelled():
                self._write({"op": "answer", "id": number, "call_id": call_id, "decision": done.result()})

        answer.add_done_callback(pass_on)
        return unpack(body, answer)

    def _begin(self, request: Message) -> tuple[int, asyncio.Queue[Message]]:
        self._count += 1
        answers: asyncio.Queue[Message] = asyncio.Queue()
        self._waiting[self._count] = answers
        if not self._write({**request, "id": self._count}):
            answers.put_nowait(_gone(None))
        return self._count, answers

    def _end(self, number: int, ended: bool) -> None:
        self._waiting.pop(number, None)
        if not ended:
            self._write({"op": "cancel", "id": number})

    def _write(self, message: Message) -> bool:
        process = self._process
        if process is None or process.returncode is not None or process.stdin is None:
            return False
        with contextlib.suppress(ConnectionError, RuntimeError):
            process.stdin.write(line(message))
            return True
        return False

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while data := await process.stdout.readline():
            try:
                message = parse(data)
            except WorkerError as problem:  # one bad line must not end the reading of the others
                log.warning("%s", problem)
                continue
            if message["type"] == "state":
                self._tell(HouseState(message["phase"], message["share"], message["text"]))
                continue
            if message["type"] == "workers":
                if self._workers is not None:
                    self._workers(message["value"])
                continue
            waiting = self._waiting.get(message["id"])
            if waiting is not None:
                waiting.put_nowait(message)
        status = await process.wait()
        for answers in self._waiting.values():
            answers.put_nowait(_gone(status))
        if self._process is process:
            self._process = None
            self._tell(HouseState("failed", 1.0, str(WorkerDiedError(_ended(status)))))


def _ended(status: int | None) -> str:
    how = f" (signal {-status})" if status is not None and status < 0 else ""
    return f"The house process ended unexpectedly{how}; your conversations are kept."


def _gone(status: int | None) -> Message:
    return {"type": "error", "message": _ended(status), "remedy": "It starts anew with the next request."}


def _error(message: Message) -> RemoteError:
    given = (message["message"], message.get("remedy", ""), message.get("exit_status", 1), message.get("kind", ""))
    return RemoteError(*given)
