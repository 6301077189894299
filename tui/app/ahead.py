"""What is imported ahead of its first use, in a thread: screens that may come, Markdown. Owns no screen."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.app.slash import Slash

SCREENS = ("house", "zones", "talks", "keys", "guide")
WIDGETS = ("textual.widgets._markdown", "textual.widgets._toast", "textual.widgets._select", "PIL.Image")
MARKDOWN = ("www.example.org", "*a*", "```python\nx\n```")
"""Texts whose parsing compiles the parser's expressions once."""


def import_later() -> list[Slash]:
    """Import all that the first screen did without; gives the commands that may follow a slash."""
    from tui.app.slash import commands

    for name in SCREENS:
        import_module(f"tui.app.{name}")
    for name in WIDGETS:
        import_module(name)
    for text in MARKDOWN:
        import_module("markdown_it").MarkdownIt("gfm-like").parse(text)
    import_module("tools.output")
    import_module("agent.events")
    return commands()
