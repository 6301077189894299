"""What tools made, as MCP content: words, pictures, sounds, links. Owns no tools."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import mcp.types as types

from tools.contract import ToolFile, ToolOutput

LARGEST_BYTES = 4_000_000
"""Larger files are linked, not sent."""


def as_result(output: ToolOutput) -> types.CallToolResult:
    """A tool's output: its words first, then its files; facts as structured content, marked where from outside."""
    words = output.say or output.error or output.status
    content: list[types.ContentBlock] = [types.TextContent(type="text", text=words)]
    content += [block for file in output.files if (block := file_content(file)) is not None]
    structured: dict[str, Any] = output.model_dump(
        mode="json", include={"status", "facts", "files", "error", "outside"}
    )
    return types.CallToolResult(content=content, structuredContent=structured, isError=output.status != "ok")


def failure(text: str) -> types.CallToolResult:
    """A call that came to nothing, with the reason for the model to read."""
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], isError=True)


def file_content(file: ToolFile) -> types.ContentBlock | None:
    """A file as picture, sound or link; None where it is gone."""
    path = Path(file.path)
    if not path.is_file():
        return None
    kind = file.media_type.partition("/")[0]
    if kind in {"image", "audio"} and path.stat().st_size <= LARGEST_BYTES:
        data = base64.b64encode(path.read_bytes()).decode("ascii")
        if kind == "image":
            return types.ImageContent(type="image", data=data, mimeType=file.media_type)
        return types.AudioContent(type="audio", data=data, mimeType=file.media_type)
    uri: Any = path.absolute().as_uri()
    return types.ResourceLink(type="resource_link", uri=uri, name=path.name, mimeType=file.media_type)
