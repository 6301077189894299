"""One turn on LangChain's `create_agent`: middleware that asks for approval, runs tools, and keeps replies true.

What happened is told from tool results (`ToolOutput.say`), never from the model's prose. Owns no history.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse, ToolCallLimitMiddleware
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.prebuilt.tool_node import ToolCallRequest

from agent.chat_llama import ChatLlama
from agent.events import ApprovalNeeded, Decision, Routed, ToolFinished, ToolProgress, ToolStarted, TurnEvent
from agent.planner import Step
from agent.prompt import REPLY
from runtime.errors import HausgeistError
from runtime.settings import Settings
from runtime.spans import Spans
from tools.approval import verdict
from tools.contract import Progress, Risk, ToolContext, ToolOutput, as_data
from tools.documents.library_store import Passage
from tools.registry import Registry, risk_of

SOME, LITTLE = 0.1, 0.02
"""From these probabilities on the user's words ask for a tool that makes something, and for one that only looks. What
makes something must also be likelier than that the words want no tool at all."""


@dataclass
class Call:
    """One tool call of a turn and what came of it."""

    name: str
    args: dict[str, Any]
    output: ToolOutput


@dataclass
class TurnState:
    """What the middleware shares during one turn. `emit` may be called from the event loop only."""

    context: ToolContext
    registry: Registry
    settings: Settings
    emit: Callable[[TurnEvent], None]
    recalled: Callable[[], str]
    always: set[str]
    never: set[str]
    spans: Spans = field(default_factory=Spans)
    calls: list[Call] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    """Passages of documents that the reply was given to answer from."""
    attachments: Sequence[str] = ()
    """Files that came with the request, absolute."""
    wanted: Callable[[str], float] | None = None
    """How likely the user's own words want a tool; given where the model chooses tools itself, with text from outside
    in its prompt. What the words do not want is asked for first."""
    first_text_s: float | None = None
    args_s: float = 0.0
    route_s: float = 0.0

    @property
    def wording(self) -> str | None:
        """The reply that tool results alone give; None when no tool ran or the model may word the answer."""
        if not self.calls:
            return None
        if len(self.calls) == 1 and self.calls[0].output.answer_from and self.calls[0].output.status == "ok":
            return None
        return "\n".join(call.output.say or call.output.error or call.output.status for call in self.calls)


class HouseRules(AgentMiddleware[Any, Any, Any]):
    """Routing events, approval, running of tools, and rendered replies. State comes with each turn's context."""

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """Give our model the rendered reply, or replace another model's prose by it."""
        turn = _turn_of(request.runtime.context)
        ours = isinstance(request.model, ChatLlama)
        if ours:
            settings = {"wording": turn.wording, "context": turn.recalled, "on_route": _route_teller(turn)}
            request = request.override(model_settings=settings)
        elif any(call.output.outside for call in turn.calls):
            request = request.override(tools=[])
        started = time.perf_counter()
        response = await handler(request)
        message = next(m for m in response.result if isinstance(m, AIMessage))
        _note_times(turn, message, time.perf_counter() - started, ours)
        if not ours and not message.tool_calls and turn.wording is not None:
            return ModelResponse(result=[AIMessage(turn.wording)])
        return response

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[Any]]
    ) -> ToolMessage:
        """Ask where the policy says so, run the tool through the registry, and report what happened."""
        turn = _turn_of(request.runtime.context)
        call_id = request.tool_call["id"] or uuid.uuid4().hex
        name, args = request.tool_call["name"], _with_attachments(request.tool_call["args"], turn.attachments)
        output = await run_call(turn, call_id, name, args)
        status = "success" if output.status == "ok" else "error"
        return ToolMessage(as_data(output), tool_call_id=call_id, name=name, artifact=output, status=status)


async def run_call(turn: TurnState, call_id: str, name: str, args: dict[str, Any]) -> ToolOutput:
    """Ask where the policy says so, run one tool, and tell it by the turn's events."""
    started = time.perf_counter()
    output = await _approved(turn, call_id, name, args)
    if output is None:
        turn.emit(ToolStarted(call_id, name, args))
        with turn.spans.span("tools"):
            output = await _run(turn, call_id, name, args)
    turn.calls.append(Call(name, args, output))
    turn.emit(ToolFinished(call_id, name, args, output, time.perf_counter() - started))
    return output


def _with_attachments(args: Mapping[str, Any], attachments: Sequence[str]) -> dict[str, Any]:
    """Arguments in which the bare name of an attached file is its whole path, wherever that file lies."""
    paths = {Path(file).name: file for file in attachments}
    return {key: paths.get(value, value) if isinstance(value, str) else value for key, value in args.items()}


def _turn_of(context: Any) -> TurnState:
    assert isinstance(context, TurnState), "the agent is invoked with a TurnState as its context"
    return context


def _route_teller(turn: TurnState) -> Callable[[Step, float], None]:
    """A callback for our model's thread that reports each chosen step, but not the reply that ends a tool turn."""
    loop = asyncio.get_running_loop()
    after_tools = bool(turn.calls)

    def tell(step: Step, seconds: float) -> None:
        if step.tool != REPLY or not after_tools:
            loop.call_soon_threadsafe(turn.emit, Routed(step.tool, step.probability, seconds))

    return tell


def _note_times(turn: TurnState, message: AIMessage, seconds: float, ours: bool) -> None:
    data = message.response_metadata
    route_s = float(data.get("route_s", seconds))
    turn.route_s += route_s
    turn.args_s += float(data.get("args_s", 0.0))
    if not ours:
        for call in message.tool_calls:
            turn.emit(Routed(call["name"], 1.0, route_s))


async def _approved(turn: TurnState, call_id: str, name: str, args: dict[str, Any]) -> ToolOutput | None:
    """None when the call may run, else the denial."""
    tool = turn.registry.tools.get(name)
    if tool is None:
        return None
    policy = verdict(tool, turn.settings.approval)
    if name in turn.never or policy == "deny":
        return _denied(turn, name, "the policy does not allow it", "设置不允许")
    if name in turn.always or (policy == "allow" and not await _lured(turn, name, risk_of(tool))):
        return None
    answer: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
    turn.emit(ApprovalNeeded(call_id, name, args, risk_of(tool).value, answer))
    decision = await answer
    if decision == "always":
        turn.always.add(name)
    if decision == "never":
        turn.never.add(name)
    if decision in ("never", "no"):
        return _denied(turn, name, "it was not approved", "没有得到同意")
    return None


async def _lured(turn: TurnState, name: str, risk: Risk) -> bool:
    """Whether a model chose a tool that the user's own words do not ask for: a text from outside may have."""
    if turn.wanted is None or (risk is Risk.READ and not turn.passages):
        return False
    if risk is Risk.READ:
        return await asyncio.to_thread(turn.wanted, name) < LITTLE
    none = await asyncio.to_thread(turn.wanted, "reply")
    return await asyncio.to_thread(turn.wanted, name) < max(SOME, none)


def _denied(turn: TurnState, name: str, why: str, why_zh: str) -> ToolOutput:
    say = turn.context.words(en=f"{name} did not run: {why}.", zh=f"{name} 没有运行：{why_zh}。")
    return ToolOutput(status="denied", error=f"{name} did not run: {why}.", say=say)


async def _run(turn: TurnState, call_id: str, name: str, args: dict[str, Any]) -> ToolOutput:
    loop = asyncio.get_running_loop()

    def progress(value: Progress) -> None:
        loop.call_soon_threadsafe(turn.emit, ToolProgress(call_id, value))

    context = replace(turn.context, progress=progress)
    try:
        return await turn.registry.acall(name, args, context)
    except asyncio.CancelledError:
        context.cancellation.cancel()
        raise
    except HausgeistError as problem:
        return ToolOutput(status="failed", error=str(problem), say=str(problem))


def build_agent(model: BaseChatModel, registry: Registry, settings: Settings, system: str | None) -> Any:
    """The compiled agent graph over the registry's tools; takes a `TurnState` as its context."""
    ours = isinstance(model, ChatLlama)
    tools: Sequence[Any] = registry.routed if ours else list(registry.tools.values())
    limit: AgentMiddleware[Any, Any, Any] = ToolCallLimitMiddleware(
        run_limit=settings.chat.max_tool_calls, exit_behavior="end"
    )
    return create_agent(model, tools, system_prompt=system, middleware=[limit, HouseRules()], context_schema=TurnState)
