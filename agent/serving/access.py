"""What the holder of a token may do: scopes, and which of them a tool needs. Owns no tokens (`tokens`), no checks.

Three scopes: `chat` (ask, hear, speak, draw, remember), `cameras` (all that shows what a camera saw), and `admin`
(everything, and tools that delete or reach outside). A scope is no approval: the owner's policy holds for every token.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from langchain_core.tools import BaseTool

from runtime.errors import ApprovalError, UsageError, nearest
from tools.contract import Risk
from tools.registry import Registry, risk_of

SCOPES = ("chat", "cameras", "admin")
KEY = "hausgeist.access"
"""Where the guard leaves the access in an ASGI scope."""


@dataclass(frozen=True)
class Access:
    """Who asks, by the token's name, and the scopes of the token."""

    name: str
    scopes: frozenset[str] = frozenset(SCOPES)

    def may(self, scope: str) -> bool:
        """Whether this scope is given; `admin` holds the others."""
        return scope in self.scopes or "admin" in self.scopes

    def check(self, scope: str) -> None:
        """Raise `ScopeError` where the scope is not given."""
        if not self.may(scope):
            remedy = f"Make one that may: `hausgeist token create NAME --scope {scope}`."
            raise ScopeError(f"The token {self.name!r} has not the scope {scope}.", remedy=remedy)

    def barred(self, registry: Registry) -> set[str]:
        """The names of the tools that these scopes do not reach."""
        return {name for name, tool in registry.tools.items() if not self.may(scope_of(tool))}


OWNER = Access("")
"""The owner at this machine, where no token was asked for."""


class ScopeError(ApprovalError):
    """A token without the scope that a request needs."""


def scope_of(tool: BaseTool) -> str:
    """The scope that a tool needs: `admin` for a sensitive one, else what the tool names, else `chat`."""
    if risk_of(tool) is Risk.SENSITIVE:
        return "admin"
    return str(getattr(tool, "scope", "chat"))


def scopes_from(words: Iterable[str]) -> frozenset[str]:
    """The scopes of these names. Raises `UsageError` for a name that is none, or for none at all."""
    found = frozenset(words)
    for word in sorted(found - set(SCOPES)):
        near = nearest(word, SCOPES)
        hint = f"Did you mean {near}?" if near else f"Known: {', '.join(SCOPES)}."
        raise UsageError(f"There is no scope {word!r}.", remedy=hint)
    if not found:
        raise UsageError("A token needs a scope.", remedy=f"Known: {', '.join(SCOPES)}.")
    return found


def access_in(scope: Mapping[str, Any]) -> Access:
    """The access that the guard found for an ASGI request; the owner's where no guard stood before it."""
    found = scope.get(KEY)
    return found if isinstance(found, Access) else OWNER
