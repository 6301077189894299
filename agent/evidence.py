"""What memory knows about a request, as evidence for its route. Owns no vote, no search and no model.

The vote reads the request alone. A question about the owner's life can be worded like any other ("Which part of the
machine arrived bent?"), but that memory holds a record which says what it asks is rare for other requests: so the
record speaks for `recall`, as a likelihood ratio (Good 1950, "Probability and the Weighing of Evidence").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tools.output import ToolOutput

RECALL, FIND = "recall", "find_item"
CONCEIVABLE = 0.01
"""Below this share of the vote the request is no question to memory, whatever that holds."""
KNOWN_RATIO = 30.0
"""How many times likelier memory knows the answer to a question that is meant for it than to another request."""

Knows = Callable[[str], bool]
"""Whether memory holds a record that says what a request asks."""


def weighed(vote: Mapping[str, float], request: str, knows: Knows) -> dict[str, float]:
    """The vote with what memory knows; as it was where that is nothing or the request is no question to memory."""
    recall = vote.get(RECALL, 0.0)
    if recall < CONCEIVABLE or not knows(request):
        return dict(vote)
    raised = {**vote, RECALL: recall * KNOWN_RATIO}
    total = sum(raised.values())
    return {name: share / total for name, share in raised.items()}


def unseen(tool: str, output: object) -> bool:
    """Whether a call looked for a thing with the cameras and did not find it; what was told of it may help then."""
    if tool != FIND or not isinstance(output, ToolOutput):
        return False
    return output.status == "failed" or output.facts.get("found") is False
