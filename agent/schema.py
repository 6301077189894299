"""Tool schemas and arguments as JSON, between LangChain and constrained decoding."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def required_only(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with its required properties only: a small model fills optional ones at random; code finds them."""
    required = list(schema.get("required", ()))
    properties = {name: value for name, value in schema.get("properties", {}).items() if name in required}
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
        **({"$defs": schema["$defs"]} if "$defs" in schema else {}),
    }


def parsed(text: str) -> dict[str, Any]:
    """The JSON object in a text; empty where it is none (the decoder ran out of tokens)."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
