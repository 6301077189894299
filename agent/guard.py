"""What holds for a chat model that is not ours: it may say and choose only what the user's own words bear out.

Our own model is routed by the user's words alone, and its replies are filtered where they are written.
"""

from __future__ import annotations

from collections.abc import Callable

from agent.planner import Planner
from agent.truth import ClaimFilter
from memory.memory import Memory

TURNS = 2
"""Earlier turns that a request may lean on."""


def filter_for(planner: Planner, request: str, language: str) -> ClaimFilter:
    """A filter for the reply to `request`, strict where that asks for what no tool does."""
    return ClaimFilter(planner.claims.probability, language, planner.demands.probability(request))


def wanted_by(planner: Planner, memory: Memory, session: str, request: str) -> Callable[[str], float]:
    """How likely the user's own words want a tool of that name, 0 to 1, by the router alone."""
    past = [{"role": "user", "content": turn.user} for turn in memory.history(session, limit=TURNS)]
    return lambda tool: planner.router.vote(request, past).get(tool, 0.0)
