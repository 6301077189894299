"""From a request to the steps of a turn: which tools, in which order, with which part of the request.

Joins the router's vote, the language model's own choice (asked only when the vote is unsure) and the clause splitter.
Owns none of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from langchain_core.tools import BaseTool

from agent.arguments import direct as direct_arguments
from agent.arguments import refine as refine_arguments
from agent.claims.judge import Judge, claims, demands
from agent.clauses import plan as plan_wishes
from agent.evidence import RECALL, Knows, unseen, weighed
from agent.extract_words import only_asks
from agent.named import named_tool
from agent.prompt import REPLY
from agent.router import Decision, Embed, Message, Router, decide
from tools.contract import Example
from tools.registry import utterances_of


@dataclass(frozen=True)
class Request:
    """The user's own words, and the conversation before them (oldest first, role and content)."""

    text: str
    history: Sequence[Message] = field(default=())


@dataclass(frozen=True)
class Step:
    """One step of a turn: a tool (or "reply"), its probability, and the part of the request it is for."""

    tool: str
    probability: float
    text: str


class Planner:
    """Plans turns over a fixed set of tools. `embed` gives unit rows [n, d]; nothing is loaded until the first plan."""

    def __init__(
        self,
        tools: Sequence[BaseTool],
        embed: Embed,
        embedder_version: Callable[[], str],
        cache_folder: Path,
        now: Callable[[], datetime],
        knows: Knows = lambda request: False,
    ) -> None:
        """`knows(request)`: whether memory holds what it asks (see `agent.evidence`)."""
        self._knows = knows
        self._classes = {tool.name: utterances_of(tool) or (Example("en", tool.description),) for tool in tools}
        self._taught = {tool.name for tool in tools if utterances_of(tool)}
        self.examples: Mapping[str, str] = {name: rows[0].text for name, rows in self._classes.items()}
        self._embed, self._version, self._folder, self._now = embed, embedder_version, cache_folder, now
        self._router: Router | None = None
        self.claims = Judge("claims", claims, embed, embedder_version, cache_folder)
        """Tells sentences of a free reply that claim an action."""
        self.demands = Judge("demands", demands, embed, embedder_version, cache_folder)
        """Tells requests that ask for what no tool does."""

    @property
    def router(self) -> Router:
        """The router, made at first use since its key needs the embedder's version."""
        if self._router is None:
            self._router = Router(self._embed, self._classes, self._folder, self._version())
        return self._router

    def plan(
        self, request: Request, names: Sequence[str], ask_model: Callable[[str], Mapping[str, float]] | None
    ) -> list[Step]:
        """The tool steps of a request in order; an empty list means: reply. `names` are the tools on offer.

        `ask_model(text)` gives the language model's probabilities over `names` and "reply"; it is slow and is called
        only where the vote is unsure. None leaves it out.
        """
        foreign = [name for name in names if name not in self._taught]
        if named := named_tool(request.text, foreign):
            return [Step(named, 1.0, request.text)]
        wishes = plan_wishes(request.text, lambda text: self._vote(text, request.history, names))
        if len(wishes) > 1:
            return [
                Step(wish.tool, self._vote(wish.text, request.history, names).get(wish.tool, 0.0), wish.text)
                for wish in wishes
                if wish.tool != REPLY
            ]
        decision = self._decision(request, names, ask_model)
        if decision.tool == REPLY:
            return []
        return [Step(decision.tool, decision.probability, request.text)]

    def _decision(
        self, request: Request, names: Sequence[str], ask_model: Callable[[str], Mapping[str, float]] | None
    ) -> Decision:
        """By the vote where that is certain, else with what memory knows, else with the language model's choice."""
        vote = self._vote(request.text, request.history, names)
        decision = decide(vote)
        if decision.certain and decision.tool != REPLY:
            return decision
        known = weighed(vote, request.text, self._knows)
        if known != vote and (remembered := decide(known)).tool == RECALL:
            return remembered
        if decision.sure_enough or ask_model is None:
            return decision
        answer = ask_model(request.text)
        return decide(known, {name: math.log(max(share, 1e-6)) for name, share in answer.items()})

    def following(self, plan: Sequence[Step], outputs: Sequence[object], names: Sequence[str]) -> Step:
        """The step after those with `outputs`: the plan's next, or a reply.

        About a thing that no camera has seen memory is asked before the reply, where it knows of it.
        """
        if len(outputs) < len(plan):
            return plan[len(outputs)]
        if plan and len(outputs) == len(plan) and RECALL in names and unseen(plan[-1].tool, outputs[-1]):
            thing = str((self.direct(plan[-1].tool, Request(plan[-1].text)) or {}).get("item", ""))
            if thing and self._knows(thing):
                return Step(RECALL, plan[-1].probability, thing)
        return Step(REPLY, 1.0, "")

    def prepare(self) -> None:
        """Fit what is not fitted yet: about a minute the first time, then nothing."""
        self.router.prepare()
        self.claims.prepare()
        self.demands.prepare()

    def direct(self, tool: str, request: Request) -> dict[str, Any] | None:
        """Complete arguments by code alone, or None when the language model has to say them."""
        return direct_arguments(tool, request.text, request.history, self._now())

    def refine(self, tool: str, args: Mapping[str, Any], request: Request) -> dict[str, Any]:
        """The model's arguments, corrected by what the request says word for word."""
        return refine_arguments(tool, dict(args), request.text, request.history, self._now())

    def _vote(self, text: str, history: Sequence[Message], names: Sequence[str]) -> dict[str, float]:
        offered = {*names, REPLY} - ({"remember"} if only_asks(text) else set())
        kept = {name: share for name, share in self.router.vote(text, history).items() if name in offered}
        total = sum(kept.values())
        return {name: share / total for name, share in kept.items()} if total > 0 else {REPLY: 1.0}
