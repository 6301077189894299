"""Schemas are narrowed to what a model should decode; arguments come back as objects."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.schema import parsed, required_only
from runtime.errors import ModelError
from runtime.house import House
from runtime.worker import Worker, WorkerSpec
from tools.registry import Registry, schema_of

ASK = [{"role": "user", "content": "Draw a cat."}]


def test_only_required_properties_without_limits_are_left() -> None:
    schema = {
        "type": "object",
        "properties": {
            "title": {"type": "string", "maxLength": 4000, "title": "Title"},
            "sizes": {"type": "array", "items": {"type": "integer"}, "maxItems": 3},
            "note": {"type": "string"},
        },
        "required": ["title", "sizes"],
    }
    assert required_only(schema) == {
        "type": "object",
        "properties": {"title": {"type": "string"}, "sizes": {"type": "array", "items": {"type": "integer"}}},
        "required": ["title", "sizes"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize("text", ["", "[1]", '{"a": ', "null"])
def test_what_is_no_object_is_empty(text: str) -> None:
    assert parsed(text) == {}


def test_every_built_in_tool_can_be_decoded_and_an_impossible_grammar_is_an_error(
    house: House, need_model: Callable[[str], Path], tmp_path: Path
) -> None:
    model = next(need_model("smollm2-135m-instruct").glob("*.gguf"))
    kwargs = {"model_path": str(model), "context_tokens": 512}
    worker = Worker(WorkerSpec("chat", "agent.llama_backend:LlamaEngine", kwargs))
    try:
        for tool in Registry.load(house).tools.values():
            schema = required_only(schema_of(tool))
            done = worker.call("fill", ASK, "args: ", json.dumps(schema), 40)
            assert not done["complete"] or set(parsed(done["text"])) == set(schema["required"]), tool.name
        for length in (3000, 100_000):
            text = {"type": "string", "maxLength": length}
            endless = {"type": "object", "properties": {"a": text}, "required": ["a"]}
            with pytest.raises(ModelError, match="refuses the grammar"):
                worker.call("fill", ASK, "args: ", json.dumps(endless), 4)
        assert worker.call("complete", ASK, "", 2, 0.0, 0)["tokens"] <= 2
    finally:
        worker.close()
