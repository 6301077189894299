"""Requests that name their tool: "use the get-sum tool", "everything_echo: hello". Owns no other routing.

Tools from elsewhere (MCP servers, LangChain) bring a description and no utterances, so the vote hardly knows them; a
person who names one means it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_SAYS_TOOL = r"(?:tool|werkzeug|outil|herramienta|工具)"


def named_tool(request: str, names: Iterable[str]) -> str | None:
    """The one tool that the request names, or None where it names none or several.

    A name counts when it stands there as it is written (`get-sum`, `everything_get-sum`), if it has a mark that common
    words have not, or in words beside the word "tool" ("the get sum tool", "the tool echo", "用 echo 工具").
    """
    text = f" {request.casefold()} "
    found = {name for name in names if _written(text, name) or _called(text, name)}
    longest = {name for name in found if not any(name != other and name in other for other in found)}
    return longest.pop() if len(longest) == 1 else None


def _forms(name: str) -> set[str]:
    """The whole name, and what stands after a server's prefix."""
    folded = name.casefold()
    return {folded, folded.partition("_")[2]} - {""}


def _written(text: str, name: str) -> bool:
    return any(
        re.search(rf"(?<![\w-]){re.escape(form)}(?![\w-])", text) for form in _forms(name) if re.search(r"[_-]", form)
    )


def _called(text: str, name: str) -> bool:
    for form in _forms(name):
        words = r"[\s_-]+".join(map(re.escape, re.split(r"[_-]+", form)))
        if re.search(rf"(?<!\w){words}\W{{0,2}}{_SAYS_TOOL}|{_SAYS_TOOL}\W{{1,2}}{words}(?!\w)", text):
            return True
    return False
