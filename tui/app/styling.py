"""Styles without a stop: read in a thread, put on a few widgets at a time. Owns no style (`theme`, the .tcss files).

Textual reads all styles anew on the loop when the theme changes, or when a screen comes that has a file of its own, and
puts them on all widgets at once: with a long talk that takes some tenths of a second, in which no key is taken.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from textual.css.stylesheet import CssSource, Stylesheet
from textual.css.types import CSSLocation
from textual.dom import DOMNode

from tui.app.home import HomeApp

SLICE_S = 0.015
"""Seconds of putting on styles after which the loop comes round again."""


class StyledApp(HomeApp):
    """An app whose theme can change while keys are typed."""

    def refresh_css(self, animate: bool = True) -> None:
        """Read the styles with the theme as it is now and put them on every widget, soon."""
        if self.is_running and self.screen_stack:
            self.run_worker(self._restyle(), exclusive=True, group="style", exit_on_error=False)
        else:
            super().refresh_css(animate)

    async def add_styles(self, file: Path) -> None:
        """Read the styles of screens that may come, so that their first visit has no need to."""
        self.stylesheet = await self._read([file])

    async def _restyle(self) -> None:
        self.stylesheet = await self._read(())
        began = time.thread_time()
        with self.batch_update():  # nobody sees half of the widgets in the new colours
            self._put_on(self)
            for screen in self.screen_stack:
                for node in screen.walk_children(with_self=True):
                    self._put_on(node)
                    if time.thread_time() - began > SLICE_S:
                        await asyncio.sleep(0)
                        began = time.thread_time()
                screen._css_update_count = self._css_update_count  # as Textual does: it need not do it again
        self.screen.refresh()

    def _put_on(self, node: DOMNode) -> None:
        """Put the styles on one node, and have it drawn once.

        Each rule that Textual changes has its node drawn anew, and for inherited ones all nodes below it: for a screen
        that is some hundred times a hundred. So the styles belong to no node while their rules change. A theme changes
        no sizes, so nothing is laid out.
        """
        base = node.styles.base
        base.node = None
        try:
            self.stylesheet.update_nodes([node])
        finally:
            base.node = node
        if node is not self:
            node.refresh()

    async def _read(self, files: Sequence[Path]) -> Stylesheet:
        """All styles known so far and those of `files`, in the present theme's colours."""
        while True:
            known, variables = dict(self.stylesheet.source), self.get_css_variables()
            fresh = await asyncio.to_thread(_parsed, known, variables, files)
            if set(known) == set(self.stylesheet.source):  # else widgets of a new kind came meanwhile
                return fresh


def _parsed(known: Mapping[CSSLocation, CssSource], variables: dict[str, str], files: Sequence[Path]) -> Stylesheet:
    sheet = Stylesheet(variables=variables)
    for read_from, source in known.items():
        css, is_default, tie, scope = source
        sheet.add_source(css, read_from, is_default_css=is_default, tie_breaker=tie, scope=scope)
    for file in files:
        if not sheet.has_source(str(file), ""):
            sheet.read(file)
    sheet.parse()
    assert sheet.rules_map is not None  # made here, in the thread
    return sheet
