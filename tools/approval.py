"""The approval policy: what runs at once, what is asked for, what never runs. Owns no way of asking."""

from __future__ import annotations

from typing import Literal

from langchain_core.tools import BaseTool

from runtime.settings import ApprovalSettings
from tools.registry import risk_of

Verdict = Literal["allow", "ask", "deny"]


def verdict(tool: BaseTool, policy: ApprovalSettings) -> Verdict:
    """What the policy says of a call of `tool`: a rule for the tool's name is stronger than one for its risk."""
    named = policy.tools.get(tool.name)
    if named is not None:
        return named
    result: Verdict = getattr(policy, risk_of(tool).value)
    return result
