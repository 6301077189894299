"""Whole turns on a real small model: events, approval, failure and recovery, history, another chat server."""

from __future__ import annotations

import asyncio
import http.server
import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from agent.events import (
    ApprovalNeeded,
    Decision,
    Routed,
    TextDelta,
    ToolFinished,
    ToolStarted,
    TurnEvent,
    TurnFailed,
    TurnFinished,
)
from agent.recollection import earlier_turns
from agent.session import Session
from runtime.house import House
from runtime.worker import Cancellation

STORY = "Tell me a long story about a lighthouse keeper and his cat."


@pytest.fixture
def session(environment: dict[str, str], need_model: Callable[[str], Path]) -> Iterator[Session]:
    need_model("smollm2-135m-instruct")
    with House.open(environment, ["chat.model=smollm2-135m-instruct"]) as house, Session.open(house, "test") as opened:
        yield opened


def chat_pid(session: Session) -> int:
    return next(info.pid for info in session.house.residency.status() if info.name == "chat" and info.pid)


async def events_of(session: Session, text: str, decision: Decision = "once") -> list[TurnEvent]:
    seen: list[TurnEvent] = []
    async for event in session.send(text):
        if isinstance(event, ApprovalNeeded):
            event.answer.set_result(decision)
        seen.append(event)
    return seen


async def test_a_tool_turn_is_told_by_its_events_in_order(session: Session) -> None:
    events = await events_of(session, "Remember that the spare key hangs behind the boiler.")
    kinds = [type(event) for event in events if not isinstance(event, TextDelta)]
    assert kinds == [Routed, ToolStarted, ToolFinished, TurnFinished]
    finished = next(event for event in events if isinstance(event, ToolFinished))
    assert finished.tool == "remember"
    assert finished.output.status == "ok"
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert text == finished.output.say == events[-1].reply  # type: ignore[union-attr]
    assert any("boiler" in fact.text for fact in session.memory.facts())


async def test_a_plain_question_is_answered_by_the_model_without_tools(session: Session) -> None:
    events = await events_of(session, "What is the capital of France?")
    assert isinstance(events[0], Routed), "the route is told before the first word"
    assert [e.tool for e in events if isinstance(e, Routed)] == ["reply"]
    assert not [e for e in events if isinstance(e, ToolStarted)]
    assert isinstance(events[-1], TurnFinished)
    assert events[-1].reply


async def test_a_killed_model_fails_the_turn_and_the_next_one_works(session: Session) -> None:
    await events_of(session, "Hello there!")
    killed = False
    last: TurnEvent | None = None
    async for event in session.send(STORY):
        if isinstance(event, TextDelta) and not killed:
            os.kill(chat_pid(session), signal.SIGKILL)
            killed = True
        last = event
    assert isinstance(last, TurnFailed), last
    assert "chat worker ended unexpectedly (signal 9)" in last.error
    again = await events_of(session, "Hello again!")
    assert isinstance(again[-1], TurnFinished)


async def test_cancelling_ends_the_turn_and_leaves_no_half_turn_in_history(session: Session) -> None:
    cancellation = Cancellation()
    last: TurnEvent | None = None
    async for event in session.send(STORY, cancellation=cancellation):
        if isinstance(event, TextDelta):
            cancellation.cancel()
        last = event
    assert isinstance(last, TurnFailed)
    assert last.cancelled
    assert session.memory.history("test", limit=5) == []


async def test_leaving_the_loop_early_stops_the_work(session: Session) -> None:
    async for event in session.send(STORY):
        if isinstance(event, TextDelta):
            break
    await asyncio.sleep(0)
    assert isinstance((await events_of(session, "Hello!"))[-1], TurnFinished)


def test_a_sensitive_tool_asks_and_a_refusal_is_told_as_one(session: Session) -> None:
    session.memory.remember("The garage code is 2297.", source="test")
    asked: list[str] = []

    def refuse(question: ApprovalNeeded) -> Decision:
        asked.append(question.tool)
        return "never"

    turn = session.ask("Forget the garage code.", approve=refuse)
    assert asked == ["forget"]
    assert [call["status"] for call in turn.tool_calls] == ["denied"]
    assert turn.exit_status == 3
    assert "did not run" in turn.reply
    assert len(session.memory.facts()) == 1


def test_nobody_to_ask_is_a_refusal(session: Session) -> None:
    session.memory.remember("The garage code is 2297.", source="test")
    assert session.ask("Forget the garage code.").exit_status == 3
    assert len(session.memory.facts()) == 1


def test_what_nobody_could_be_asked_is_asked_later(session: Session) -> None:
    session.memory.remember("The garage code is 2297.", source="test")
    assert session.ask("Forget the garage code.").exit_status == 3
    assert session.ask("Forget the garage code.", approve=lambda question: "once").exit_status == 0
    assert session.memory.facts() == []


def test_always_is_asked_once(session: Session) -> None:
    asked: list[str] = []

    def allow(question: ApprovalNeeded) -> Decision:
        asked.append(question.tool)
        return "always"

    for fact in ("The garage code is 2297.", "The bins go out on Thursday."):
        session.memory.remember(fact, source="test")
    assert session.ask("Forget the garage code.", approve=allow).exit_status == 0
    assert session.ask("Forget when the bins go out.", approve=allow).exit_status == 0
    assert asked == ["forget"]


def test_history_survives_the_process_and_is_read_by_the_next_turn(
    environment: dict[str, str], need_model: Callable[[str], Path]
) -> None:
    need_model("smollm2-135m-instruct")
    overrides = ["chat.model=smollm2-135m-instruct"]
    with House.open(environment, overrides) as house, Session.open(house, "a") as session:
        first = session.ask("Hello, my name is Theodora.")
    with House.open(environment, overrides) as house, Session.open(house, "a") as session:
        past = session.memory.history("a", limit=5)
        assert [(turn.user, turn.reply) for turn in past] == [("Hello, my name is Theodora.", first.reply)]
        earlier = earlier_turns(session.house, session.memory, session.name)
        assert any("Theodora" in str(message.content) for message in earlier)
    with House.open(environment, overrides) as house, Session.open(house, "b") as session:
        assert session.memory.history("b", limit=5) == []


def test_the_result_of_ask_has_the_documented_shape(session: Session) -> None:
    value = session.ask("Remember that the plumber comes on Monday.").as_json()
    assert set(value) == {"reply", "tool_calls", "session", "model", "timing"}
    assert set(value["tool_calls"][0]) == {"name", "args", "status", "facts", "files", "error"}
    assert set(value["timing"]) == {"route_s", "args_s", "tools_s", "reply_s", "first_token_s", "total_s"}
    assert value["timing"]["total_s"] >= value["timing"]["route_s"]
    json.dumps(value)


def test_an_attached_file_is_found_by_its_name(session: Session, tmp_path: Path) -> None:
    letter = tmp_path / "elsewhere" / "letter.txt"
    letter.parent.mkdir()
    letter.write_text("The landlord raises the rent to 700 euros in May. " * 3, encoding="utf-8")
    turn = session.ask("Summarize letter.txt", [letter])
    assert [call["name"] for call in turn.tool_calls] == ["summarize_file"]
    assert turn.tool_calls[0]["status"] == "ok"
    assert turn.tool_calls[0]["args"]["path"] == str(letter)


class ChatServer(http.server.BaseHTTPRequestHandler):
    """An OpenAI-compatible server that calls `remember` once, then claims something untrue."""

    requests: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.requests.append(body)
        done = any(message["role"] == "tool" for message in body["messages"])
        call = {
            "index": 0,
            "id": "call_1",
            "type": "function",
            "function": {"name": "remember", "arguments": json.dumps({"fact": "Tea is at four."})},
        }
        delta = {"content": "I have painted the house."} if done else {"tool_calls": [call]}
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for part, finish in (({"role": "assistant", **delta}, None), ({}, "stop" if done else "tool_calls")):
            chunk = {
                "id": "1",
                "object": "chat.completion.chunk",
                "created": 0,
                "model": "m",
                "choices": [{"index": 0, "delta": part, "finish_reason": finish}],
            }
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def chat_server() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), ChatServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def test_another_chat_server_runs_the_same_turn_and_cannot_claim_what_no_tool_did(
    environment: dict[str, str], chat_server: str
) -> None:
    with House.open(environment, [f"chat.remote_url={chat_server}"]) as house, Session.open(house, "r") as session:
        turn = session.ask("Please keep in mind: tea is at four.")
    assert [call["name"] for call in turn.tool_calls] == ["remember"]
    assert turn.tool_calls[0]["status"] == "ok"
    assert "painted" not in turn.reply
    assert "Tea is at four" in turn.reply


def test_a_chat_server_that_is_away_is_named(environment: dict[str, str]) -> None:
    with House.open(environment, ["chat.remote_url=http://127.0.0.1:9/v1"]) as house, Session.open(house) as session:
        turn = session.ask("Hello")
    assert turn.exit_status == 1
    assert "http://127.0.0.1:9/v1" in (turn.error or "")
