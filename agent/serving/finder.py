"""`/api`: the finder, and any tool, for programs of the house. Owns no search."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, JsonValue
from starlette.responses import Response

from agent.serving.problems import ANSWERS
from agent.serving.state import State, needs, state_of
from agent.serving.work import whole
from runtime.errors import UnknownNameError
from runtime.sealed import read_picture
from tools.contract import ToolOutput
from tools.finder.cameras import list_cameras
from tools.finder.events import events
from tools.finder.store import FinderStore
from tools.registry import risk_of, schema_of

router = APIRouter(prefix="/api", tags=["house"], responses=ANSWERS)
Name = Annotated[str, Path(max_length=200)]
CAMERAS = [Depends(needs("cameras"))]
"""What shows what a camera saw needs that scope."""


class FindBody(BaseModel):
    """What to look for."""

    item: str = Field(min_length=1, max_length=500)
    camera: str | None = Field(None, max_length=200)
    since: str | None = Field(None, max_length=200, description="such as yesterday, or ISO 8601")


class ToolBody(BaseModel):
    """A tool's arguments."""

    arguments: dict[str, JsonValue] = Field(default_factory=dict)


@router.get("/health", operation_id="health")
async def health() -> dict[str, str]:
    """Whether the server is there; needs no token."""
    return {"status": "ok"}


@router.post("/find", operation_id="find_item", dependencies=CAMERAS)
async def find(body: FindBody, request: Request) -> ToolOutput:
    """Where a thing was last seen; `facts` are those of the tool `find_item`."""
    args = body.model_dump(exclude_none=True)
    return await _call(request, "find_item", args)


@router.get("/cameras", operation_id="list_cameras", dependencies=CAMERAS)
async def cameras(request: Request) -> JSONResponse:
    """The cameras and what of them is indexed."""
    state = state_of(request)
    state.permit("find_item")

    def read() -> list[dict[str, Any]]:
        with FinderStore(state.session.house.paths.finder) as store:
            return [
                {
                    "name": found.camera.name,
                    "recordings": found.recordings,
                    "indexed": found.indexed,
                    "waiting": found.waiting,
                    "zones": [zone.name for zone in found.camera.zones],
                }
                for found in list_cameras(store)
            ]

    return JSONResponse({"cameras": await asyncio.to_thread(read)})


@router.get("/cameras/{name}/events", operation_id="camera_events", dependencies=CAMERAS)
async def camera_events(name: Name, request: Request) -> JSONResponse:
    """What was placed, removed, covered or uncovered on a camera, the oldest first."""
    state = state_of(request)
    state.permit("find_item")
    zone = state.session.house.now().tzinfo

    def read() -> list[dict[str, Any]]:
        with FinderStore(state.session.house.paths.finder) as store:
            return events(store, name, zone)

    return JSONResponse({"events": await asyncio.to_thread(read)})


@router.get("/stills/{number}", operation_id="still", response_class=Response, dependencies=CAMERAS)
async def still(number: Annotated[int, Path(ge=0, le=2**62)], request: Request) -> Response:
    """A camera's frame."""
    state = state_of(request)
    state.permit("find_item")
    with FinderStore(state.session.house.paths.finder) as store:
        found = store.still(number)
        if found is None:
            raise UnknownNameError("still", str(number), [])
        file = store.folder / found.file
    return Response(await asyncio.to_thread(read_picture, file), media_type="image/jpeg")


@router.get("/tools", operation_id="list_tools")
async def tools(request: Request) -> JSONResponse:
    """The tools with their arguments (JSON schema), their risk, and why some cannot work here."""
    registry = state_of(request).session.registry
    rows = [
        {
            "name": tool.name,
            "description": " ".join(tool.description.split()),
            "risk": risk_of(tool).value,
            "parameters": schema_of(tool),
            "reason": registry.unavailable.get(tool.name),
        }
        for tool in registry.tools.values()
    ]
    return JSONResponse({"tools": rows})


@router.post("/tools/{name}", operation_id="call_tool")
async def call_tool(name: Name, request: Request, body: Annotated[ToolBody, Body()]) -> ToolOutput:
    """Call a tool under the owner's policy; a tool that fails answers with the status `failed` in its output."""
    return await _call(request, name, dict(body.arguments))


async def _call(request: Request, name: str, args: dict[str, Any]) -> ToolOutput:
    state: State = state_of(request)
    return await whole(request, state.gates.tool, lambda cancellation: state.call(name, args, cancellation))
