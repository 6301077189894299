"""A conversation: the Python door to the program. Owns the history's use; the store is `memory`.

from agent import Session
with Session.open() as session:
    print(session.ask("Where is my watch?").reply)
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.utils.function_calling import convert_to_openai_tool

from agent.bridge import run_blocking
from agent.chat_llama import ChatLlama
from agent.chat_model import model_name, open_chat_model, turn_error
from agent.events import (
    ApprovalNeeded,
    Decision,
    Timing,
    ToolProgress,
    TurnEvent,
    TurnFailed,
    TurnFinished,
)
from agent.guard import filter_for, wanted_by
from agent.messages import has_chinese
from agent.outcome import Gathered, Turn
from agent.planner import Planner
from agent.privacy.retention import tidy
from agent.prompt import system_prompt, text_of
from agent.recollection import earlier_turns, what_is_known
from agent.reply import Reply
from agent.telling import told_by
from agent.turn import TurnState, build_agent
from memory.memory import Memory
from runtime.errors import CallCancelled, HausgeistError
from runtime.house import House
from runtime.personas import persona_of
from runtime.worker import Cancellation
from tools.contract import Progress, ToolContext
from tools.documents.library import Library
from tools.documents.library_store import Passage
from tools.registry import Registry

LEARNING = {
    "en": "Learning what the tools' requests look like; this happens once and takes about a minute.",
    "zh": "正在学习各工具的请求；只需一次，约一分钟。",
}
Approve = Callable[[ApprovalNeeded], Decision]


@dataclass
class Session:
    """A named conversation over a house. Use `open`; close it (or leave the `with`) to end what it opened."""

    house: House
    name: str
    registry: Registry
    memory: Memory
    model: BaseChatModel
    planner: Planner
    documents: Library
    language: str | None = None
    owns_house: bool = False
    always: set[str] = field(default_factory=set)
    never: set[str] = field(default_factory=set)
    past: Sequence[BaseMessage] | None = None
    """Earlier messages instead of the stored conversation (see `agent.aside`); such a turn is not kept."""

    @classmethod
    def open(cls, house: House | None = None, name: str = "default", *, language: str | None = None) -> Session:
        """Open the conversation `name`. Loads no model. Raises `SettingsError` or `ModelMissingError`."""
        owns = house is None
        house = house or House.open()
        registry = Registry.load(house)
        memory = Memory(house)
        embedder = memory.embedder
        planner = Planner(
            registry.routed,
            embedder.embed,
            lambda: embedder.version,
            house.paths.fitted,
            house.now,
            memory.knows,
        )
        model = open_chat_model(house, planner)
        return cls(house, name, registry, memory, model, planner, Library(house, embedder), language, owns)

    def close(self) -> None:
        """End what `open` opened."""
        self.documents.close()
        self.memory.close()
        if self.owns_house:
            self.house.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def tool_descriptions(self) -> list[dict[str, Any]]:
        """The tools that our model may choose as OpenAI function descriptions, in the prompt's order."""
        return [convert_to_openai_tool(tool) for tool in self.registry.routed]

    def warm(self, tell: Callable[[str], None] = lambda message: None) -> dict[str, Any]:
        """Have the router fitted and the chat model loaded with its prefix, so that a first turn need not wait.

        `tell` gets a line for people before each long step. Returns {"router": bool, "prefix": …}: whether the router
        was fitted just now, and what `ChatLlama.warm` says (empty with another chat server).
        """
        fit = not self.planner.router.ready
        if fit:
            tell(LEARNING[self.language or "en"])
        self.planner.prepare()
        if not isinstance(self.model, ChatLlama):
            return {"router": fit, "prefix": {}}
        tell("Loading the chat model and its prompt.")
        return {"router": fit, "prefix": self.model.warm(self.tool_descriptions)}

    async def send(
        self, text: str, attachments: Sequence[Path | str] = (), *, cancellation: Cancellation | None = None
    ) -> AsyncIterator[TurnEvent]:
        """Run one turn and yield what happens; the last event is `TurnFinished` or `TurnFailed`.

        Leaving the loop early, or `cancellation.cancel()`, stops the turn between two tokens or steps.
        """
        flag = cancellation or Cancellation()
        async with contextlib.aclosing(told_by(lambda emit: self._turn(text, attachments, flag, emit), flag)) as events:
            async for event in events:
                yield event

    def ask(
        self,
        text: str,
        attachments: Sequence[Path | str] = (),
        *,
        approve: Approve | None = None,
        on_event: Callable[[TurnEvent], None] | None = None,
        cancellation: Cancellation | None = None,
    ) -> Turn:
        """Run one turn and wait for it. `approve` answers questions; without it they are refused (status 3)."""
        return run_blocking(self.aask(text, attachments, approve=approve, on_event=on_event, cancellation=cancellation))

    async def aask(
        self,
        text: str,
        attachments: Sequence[Path | str] = (),
        *,
        approve: Approve | None = None,
        on_event: Callable[[TurnEvent], None] | None = None,
        cancellation: Cancellation | None = None,
    ) -> Turn:
        """`ask` for asynchronous callers."""
        gathered = Gathered(self.name, model_name(self.house))
        async for event in self.send(text, attachments, cancellation=cancellation):
            if isinstance(event, ApprovalNeeded):
                decision = await asyncio.to_thread(approve, event) if approve else "no"
                event.answer.set_result(decision)
            if on_event is not None:
                on_event(event)
            gathered.add(event)
        return gathered.turn()

    # One turn ---------------------------------------------------------------------------------------------------

    async def _turn(
        self,
        text: str,
        attachments: Sequence[Path | str],
        cancellation: Cancellation,
        emit: Callable[[TurnEvent], None],
    ) -> None:
        started = time.perf_counter()
        try:
            turn = self.turn_state(text, attachments, cancellation, emit)
            await self._prepare(turn)
            reply = await self._converse(turn, text, started, emit)
            total = time.perf_counter() - started
            first = turn.first_text_s or total
            tools_s = turn.spans.total_s("tools")
            reply_s = max(total - turn.route_s - turn.args_s - tools_s, 0.0)
            timing = Timing(turn.route_s, turn.args_s, tools_s, reply_s, first, total)
            await asyncio.to_thread(self._keep, turn, text, reply)
            emit(TurnFinished(reply, timing, model_name(self.house)))
        except (asyncio.CancelledError, CallCancelled):
            emit(TurnFailed("The turn was cancelled.", 130, cancelled=True))
        except HausgeistError as problem:
            emit(TurnFailed(str(problem), problem.exit_status))
        except Exception as problem:
            emit(TurnFailed(turn_error(problem, self.house), 1))

    def turn_state(
        self,
        text: str,
        attachments: Sequence[Path | str],
        cancellation: Cancellation,
        emit: Callable[[TurnEvent], None],
    ) -> TurnState:
        """What one turn works with: its context, the approvals given so far, and where its events go."""
        language = self.language or self.house.settings.language
        if language == "auto":
            language = "zh" if has_chinese(text) else "en"
        if isinstance(self.model, ChatLlama):
            self.model.cancellation = cancellation
        context = ToolContext(
            self.house, self.memory, language, self.name, text,
            cancellation=cancellation, chat=self.work_on, documents=self.documents,
        )  # fmt: skip
        files = [str(Path(file).expanduser().absolute()) for file in attachments]
        passages: list[Passage] = []
        return TurnState(
            context,
            self.registry,
            self.house.settings,
            emit,
            lambda: what_is_known(self.house, self.memory, self.documents, text, files, passages),
            self.always,
            self.never,
            passages=passages,
            attachments=files,
            wanted=None if isinstance(self.model, ChatLlama) else wanted_by(self.planner, self.memory, self.name, text),
        )

    async def _prepare(self, turn: TurnState) -> None:
        """Fit the router where that was not done at set-up, and say so meanwhile."""
        if isinstance(self.model, ChatLlama) and not await asyncio.to_thread(lambda: self.planner.router.ready):
            turn.emit(ToolProgress("", Progress(LEARNING[turn.context.language])))
            await asyncio.to_thread(self.planner.prepare)

    async def _converse(self, turn: TurnState, text: str, started: float, emit: Callable[[TurnEvent], None]) -> str:
        ours = isinstance(self.model, ChatLlama)
        system = None if ours else system_prompt(persona_of(self.house.settings, self.house.paths), (), {})
        agent = build_agent(self.model, self.registry, self.house.settings, system)
        past = self.past
        if past is None:
            past = await asyncio.to_thread(earlier_turns, self.house, self.memory, self.name)
        messages = [*past, self._newest(turn, text, ours)]
        final: list[BaseMessage] = []
        claims = None if ours else await asyncio.to_thread(filter_for, self.planner, text, turn.context.language)
        reply = Reply(turn, emit, started, claims)
        config = {"recursion_limit": 4 * self.house.settings.chat.max_tool_calls + 10}
        stream = agent.astream({"messages": messages}, config, context=turn, stream_mode=["messages", "values"])
        async for mode, value in stream:
            if mode == "values":
                final = value["messages"]
                continue
            chunk, _ = value
            if isinstance(chunk, AIMessageChunk) and text_of(chunk) and (ours or not turn.calls):
                await reply.write_prose(text_of(chunk))
        last = text_of(final[-1]) if final and isinstance(final[-1], AIMessage) else ""
        if not reply.pieces and turn.calls:
            reply.write(last)
        elif not reply.pieces:
            await reply.write_prose(last)
        await reply.close(text)
        return reply.text if ours or not turn.calls else last

    def _newest(self, turn: TurnState, text: str, ours: bool) -> HumanMessage:
        content = text if ours else f"{turn.recalled()}\n\n{text}"
        return HumanMessage(content, additional_kwargs={"request": text})

    def _keep(self, turn: TurnState, text: str, reply: str) -> None:
        if self.past is not None:
            return
        now = self.house.now()
        calls = [{"name": c.name, "args": c.args, "status": c.output.status} for c in turn.calls]
        self.memory.append_turn(self.name, text, reply, calls, now)
        if not turn.calls:
            self.memory.learn_from(text, self.name, now)
        tidy(self.house, self.memory)

    def work_on(self, instruction: str, text: str) -> str:
        """Let the chat model work on a text, which is data: no tool is chosen."""
        return (self.model.text_work if isinstance(self.model, ChatLlama) else self._remote_work)(instruction, text)

    def _remote_work(self, instruction: str, text: str) -> str:
        return text_of(self.model.invoke([("system", instruction), ("human", text)]))

    def plan_calls(
        self, request: str, history: Sequence[dict[str, str]] = ()
    ) -> tuple[list[tuple[str, dict[str, Any]]], float, float]:
        """The calls that a request would make, without running any: (name, arguments), route and argument seconds.

        For benchmarks and dry runs; needs our own chat model.
        """
        assert isinstance(self.model, ChatLlama), "plan_calls needs the llama.cpp chat model"
        tools = self.tool_descriptions
        earlier: list[BaseMessage] = [
            HumanMessage(turn["content"]) if turn["role"] == "user" else AIMessage(turn["content"]) for turn in history
        ]
        messages = [*earlier, HumanMessage(request)]
        with self.model.engine(tools) as worker:
            started = time.perf_counter()
            steps = self.model.plan(worker, messages, tools)
            routed = time.perf_counter()
            calls = [(step.tool, self.model.arguments(worker, messages, tools, step)) for step in steps]
            return calls, routed - started, time.perf_counter() - routed
