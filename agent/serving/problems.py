"""Errors as HTTP answers, in the form that OpenAI's clients read. Owns no error of its own but `Refused`."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from agent.serving.access import ScopeError
from agent.serving.gate import RETRY_AFTER_S, TooManyError
from runtime.errors import (
    ApprovalError,
    BudgetError,
    CallCancelled,
    HausgeistError,
    MediaError,
    ModelMissingError,
    ToolUnavailableError,
    UnknownNameError,
    UsageError,
    WorkerDiedError,
)

log = logging.getLogger(__name__)
CLIENT_GONE = 499
_STATUS: tuple[tuple[type[HausgeistError], int, str], ...] = (
    (TooManyError, 429, "rate_limit_exceeded"),
    (UnknownNameError, 404, "not_found"),
    (UsageError, 400, "invalid_request"),
    (ScopeError, 403, "scope_missing"),
    (ApprovalError, 403, "approval_needed"),
    (ModelMissingError, 404, "model_not_found"),
    (ToolUnavailableError, 404, "tool_unavailable"),
    (MediaError, 400, "invalid_media"),
    (BudgetError, 429, "memory_budget"),
    (CallCancelled, CLIENT_GONE, "cancelled"),
    (WorkerDiedError, 503, "worker_died"),
)


class Refused(UsageError):
    """A request that is well formed and cannot be served; `code` and `param` as in OpenAI's errors."""

    def __init__(self, message: str, *, code: str = "unsupported", param: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.param, self.status = code, param, status


class ErrorBody(BaseModel):
    """What went wrong."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class ErrorAnswer(BaseModel):
    """The body of every answer with a status of 400 or more."""

    error: ErrorBody


ANSWERS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorAnswer, "description": "The request is wrong"},
    401: {"model": ErrorAnswer, "description": "The token is missing or not valid"},
    403: {"model": ErrorAnswer, "description": "The token's scopes or the owner's policy do not allow it"},
    404: {"model": ErrorAnswer, "description": "No such model, tool or thing"},
    422: {"model": ErrorAnswer, "description": "A field of the request has the wrong form"},
    429: {"model": ErrorAnswer, "description": "Too many requests are waiting; try again later"},
    500: {"model": ErrorAnswer, "description": "It failed here"},
    503: {"model": ErrorAnswer, "description": "A model's process ended; try again"},
}
"""For the OpenAPI description of every route."""


def body_of(problem: HausgeistError) -> tuple[int, dict[str, Any]]:
    """Status and body for an expected error."""
    if isinstance(problem, Refused):
        return problem.status, _body(str(problem), problem.code, problem.param)
    for kind, status, code in _STATUS:
        if isinstance(problem, kind):
            return status, _body(str(problem), code)
    return 500, _body(str(problem), "failed", kind="server_error")


def install(app: FastAPI) -> None:
    """Let every error of the application be answered in this form."""

    @app.exception_handler(HausgeistError)
    async def expected(request: Request, problem: HausgeistError) -> JSONResponse:
        status, body = body_of(problem)
        headers = {"Retry-After": str(RETRY_AFTER_S)} if status in {429, 503} else None
        return JSONResponse(body, status, headers)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, problem: RequestValidationError) -> JSONResponse:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part != "body") or "body"
        return JSONResponse(_body(f"{where}: {first['msg']}.", "invalid_request", where), 422)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, problem: HTTPException) -> JSONResponse:
        code = {404: "not_found", 405: "method_not_allowed"}.get(problem.status_code, "invalid_request")
        return JSONResponse(_body(str(problem.detail), code), problem.status_code, problem.headers)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, problem: Exception) -> JSONResponse:
        log.error("A request failed.", exc_info=problem)
        text = f"Unexpected {type(problem).__name__}; see the server's log."
        return JSONResponse(_body(text, "failed", kind="server_error"), 500)


def _body(message: str, code: str, param: str | None = None, *, kind: str = "invalid_request_error") -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}
