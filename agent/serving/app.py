"""The HTTP application: all routes, the guard before them, and their OpenAPI description. Owns no route."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from agent.serving import chat, finder, media, problems
from agent.serving.access import Access
from agent.serving.gate import Gates
from agent.serving.guard import Guard
from agent.serving.state import State
from agent.session import Session

OPEN_PATHS = ("/api/health", "/openapi.json")
"""What needs no token: it tells nothing of the house."""
_ABOUT = (
    "Hausgeist over HTTP: the chat, embeddings, sounds and pictures in OpenAI's form, and the finder. Every request"
    " carries a token: `Authorization: Bearer TOKEN`."
)


def create_api() -> FastAPI:
    """The routes without a house behind them."""
    api = FastAPI(title="Hausgeist", version=version("hausgeist"), description=_ABOUT, docs_url=None, redoc_url=None)
    for part in (chat, media, finder):
        api.include_router(part.router)
    problems.install(api)
    return api


def build_app(session: Session, *, owner: Callable[[str], Access | str | None] | None, host: str) -> ASGIApp:
    """The application over a session; `owner(token)` gives a token's access (see `Guard`)."""
    api = create_api()
    settings = session.house.settings.serve
    api.state.house = State(session, Gates(settings.running, settings.waiting))
    return Guard(
        api,
        owner=owner,
        host=host,
        hosts=settings.hosts,
        origins=settings.origins,
        open_paths=OPEN_PATHS,
        per_minute=settings.requests_per_minute,
    )


def description() -> dict[str, Any]:
    """The OpenAPI description, with the token."""
    schema = create_api().openapi()
    schema.setdefault("components", {})["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    schema["security"] = [{"token": []}]
    return schema
