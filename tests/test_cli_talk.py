"""Asking and chatting through the command line, on the real starter model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli_driver import on_terminal, spawn

pytestmark = pytest.mark.slow
CHAT = "qwen2.5-coder-1.5b-instruct"
Need = Callable[[str], Path]
TIMING = {"route_s", "args_s", "tools_s", "reply_s", "first_token_s", "total_s"}


def test_ask_prints_one_object_with_what_the_tool_did(environment: dict[str, str], need_model: Need) -> None:
    need_model(CHAT), need_model("piper-en-us-joe")
    asked = spawn(environment, "ask", "-", "--json", "--session", "kitchen", stdin="Say out loud: dinner is ready\n")
    assert asked.status == 0, asked.err
    turn = asked.json
    assert set(turn) == {"reply", "tool_calls", "session", "model", "timing"} and set(turn["timing"]) == TIMING
    assert (turn["session"], turn["model"]) == ("kitchen", CHAT)
    call = turn["tool_calls"][0]
    assert set(call) == {"name", "args", "status", "facts", "files", "error"}
    assert (call["name"], call["status"], call["error"]) == ("speak", "ok", None)
    assert "dinner is ready" in call["args"]["text"].lower()
    assert Path(call["files"][0]["path"]).read_bytes()[:4] == b"RIFF"


def test_what_one_process_was_told_the_next_one_knows(environment: dict[str, str], need_model: Need) -> None:
    need_model(CHAT)
    told = spawn(environment, "ask", "Remember that the spare key hangs behind the fuse box.")
    assert told.status == 0 and "fuse box" in told.out, told.err
    asked = spawn(environment, "ask", "What did I tell you about the spare key?")
    assert asked.status == 0 and "fuse box" in asked.out, (asked.out, asked.err)


def test_an_approval_that_cannot_be_asked_for_ends_with_3(environment: dict[str, str], need_model: Need) -> None:
    need_model(CHAT)
    assert spawn(environment, "memory", "add", "The spare key hangs behind the fuse box").status == 0
    refused = spawn(environment, "ask", "--json", "Forget what I told you about the spare key.")
    assert refused.status == 3 and refused.json["tool_calls"][0]["status"] == "denied"
    assert "--yes" in refused.err
    assert len(spawn(environment, "memory", "list", "--json").json["facts"]) == 1


def test_ctrl_c_stops_the_answer_and_the_chat_goes_on(environment: dict[str, str], need_model: Need) -> None:
    need_model(CHAT)
    arguments = ["chat", "--set", "chat.max_reply_tokens=400"]
    steps = [
        ("› ", "Tell me a very long story about an old lighthouse and its keeper.\r"),
        ("lighthouse", ""),  # the line itself, as the terminal shows what is typed
        ("lighthouse", "\x03"),
        ("(stopped)", ""),
        ("› ", "\x04"),
    ]
    done = on_terminal(environment, arguments, steps)
    assert done.status == 0 and "Traceback" not in done.out
