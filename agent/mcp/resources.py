"""What an MCP client may read: remembered facts, cameras, what the cameras saw, and the frames. Owns no data.

Reading follows the same policy as the tools that show the same things: facts as `recall`, cameras as `find_item`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import mcp.types as types
from mcp.server.lowlevel.helper_types import ReadResourceContents

from agent.serving.access import OWNER, Access, scope_of
from agent.session import Session
from runtime.errors import ApprovalError, UnknownNameError
from runtime.sealed import read_picture
from tools.approval import verdict
from tools.finder.cameras import list_cameras
from tools.finder.events import events
from tools.finder.store import FinderStore

SCHEME = "hausgeist"
JSON = "application/json"
NEWEST = 200


def list_resources(session: Session, access: Access = OWNER) -> list[types.Resource]:
    """Everything that has a name of its own."""
    found = []
    if _allowed(session, "recall", access):
        found.append(_resource("memory/facts", "facts", "What the owner told, with source and time", JSON))
    if _allowed(session, "find_item", access):
        found.append(_resource("cameras", "cameras", "The cameras, and what of them is indexed", JSON))
        found.append(_resource("sightings", "sightings", f"The {NEWEST} newest sightings of things", JSON))
        for name in _camera_names(session):
            uri = f"cameras/{quote(name, safe='')}/events"
            found.append(_resource(uri, f"{name} events", f"What was placed, removed or covered: {name}", JSON))
    return found


def list_templates() -> list[types.ResourceTemplate]:
    """What is read by its number or name."""
    rows = (
        ("memory/facts/{id}", "fact", "One remembered fact", JSON),
        ("cameras/{name}/events", "camera events", "What was placed, removed or covered on a camera", JSON),
        ("sightings/{id}", "sighting", "One sighting of a thing: where, when, how it looked", JSON),
        ("stills/{id}", "still", "A camera's frame that a sighting names", "image/jpeg"),
    )
    return [
        types.ResourceTemplate(uriTemplate=f"{SCHEME}://{path}", name=name, description=about, mimeType=kind)
        for path, name, about, kind in rows
    ]


def read(session: Session, uri: str, access: Access = OWNER) -> Iterable[ReadResourceContents]:
    """The content of a resource. Raises `UnknownNameError` and `ApprovalError`."""
    parts = urlsplit(uri)
    path = [unquote(part) for part in f"{parts.netloc}{parts.path}".split("/") if part]
    if parts.scheme != SCHEME or not path:
        raise _unknown(session, uri, access)
    if path[:2] == ["memory", "facts"] and len(path) <= 3:
        return [_json(_facts(session, path[2] if len(path) == 3 else None, uri, access))]
    _check(session, "find_item", access)
    zone = session.house.now().tzinfo
    with FinderStore(session.house.paths.finder) as store:
        match path:
            case ["cameras"]:
                return [_json([_camera(state) for state in list_cameras(store)])]
            case ["cameras", name, "events"]:
                return [_json(events(store, name, zone))]
            case ["sightings"]:
                newest = sorted(store.sightings(), key=lambda row: row.last_seen, reverse=True)[:NEWEST]
                return [_json([_sighting(row) for row in newest])]
            case ["sightings", number]:
                for row in store.sightings():
                    if str(row.id) == number:
                        return [_json(_sighting(row))]
            case ["stills", number] if number.isdigit():
                still = store.still(int(number))
                if still is not None:
                    return [ReadResourceContents(read_picture(store.folder / still.file), "image/jpeg")]
    raise _unknown(session, uri, access)


def _facts(session: Session, number: str | None, uri: str, access: Access) -> Any:
    _check(session, "recall", access)
    facts = [fact.as_json() | {"id": fact.id} for fact in session.memory.facts()]
    if number is None:
        return facts
    for fact in facts:
        if str(fact["id"]) == number:
            return fact
    raise _unknown(session, uri, access)


def _camera(state: Any) -> dict[str, Any]:
    return {
        "name": state.camera.name,
        "recordings": state.recordings,
        "indexed": state.indexed,
        "waiting": state.waiting,
        "zones": [zone.name for zone in state.camera.zones],
    }


def _sighting(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "label": row.label,
        "colours": row.colours,
        "first_seen": row.first_seen,
        "last_seen": row.last_seen,
        "box": list(row.box),
        "still": f"{SCHEME}://stills/{row.still_id}" if row.still_id is not None else None,
    }


def _camera_names(session: Session) -> list[str]:
    if not (session.house.paths.finder / "finder.sqlite").exists():
        return []
    with FinderStore(session.house.paths.finder) as store:
        return [camera.name for camera in store.cameras()]


def _allowed(session: Session, tool: str, access: Access) -> bool:
    known = session.registry.tools.get(tool)
    if known is None or not access.may(scope_of(known)):
        return False
    return verdict(known, session.house.settings.approval) == "allow"


def _check(session: Session, tool: str, access: Access) -> None:
    known = session.registry.tools.get(tool)
    if known is not None:
        access.check(scope_of(known))
    if not _allowed(session, tool, access):
        remedy = f"Allow it by the setting approval.tools.{tool}=allow."
        raise ApprovalError(f"The owner's settings do not let this be read without asking ({tool}).", remedy=remedy)


def _unknown(session: Session, uri: str, access: Access) -> UnknownNameError:
    return UnknownNameError("resource", uri, [str(row.uri) for row in list_resources(session, access)])


def _resource(path: str, name: str, about: str, kind: str) -> types.Resource:
    uri: Any = f"{SCHEME}://{path}"
    return types.Resource(uri=uri, name=name, description=about, mimeType=kind)


def _json(value: Any) -> ReadResourceContents:
    return ReadResourceContents(json.dumps(value, ensure_ascii=False, default=str), JSON)
