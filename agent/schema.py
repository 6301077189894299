"""Tool schemas and arguments as JSON, between LangChain and constrained decoding."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_LIMITS = {"minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "default", "title", "description"}
"""Not decoded under: a length limit multiplies a grammar's rules. The tool's own schema checks them afterwards."""


def required_only(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with its required properties only, without limits of length.

    A small model fills optional arguments at random; `agent.arguments` finds those in the request's own words.
    """
    required = list(schema.get("required", ()))
    properties = {name: value for name, value in schema.get("properties", {}).items() if name in required}
    narrowed = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    if "$defs" in schema:
        narrowed["$defs"] = schema["$defs"]
    result: dict[str, Any] = {**narrowed, "properties": _unlimited(properties)}
    return result


def _unlimited(value: Any, names: bool = True) -> Any:
    """`value` without limits; `names`: whether the keys of this level are property names, which are kept."""
    if isinstance(value, Mapping):
        kept = {key: item for key, item in value.items() if names or key not in _LIMITS}
        return {key: _unlimited(item, names=not names and key == "properties") for key, item in kept.items()}
    return [_unlimited(item, names=False) for item in value] if isinstance(value, list) else value


def parsed(text: str) -> dict[str, Any]:
    """The JSON object in a text; empty where it is none (the decoder ran out of tokens)."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):  # also a number of too many digits, and too deep a nesting
        return {}
    return value if isinstance(value, dict) else {}
