"""The command palette's commands: the very list that slash commands have. Owns no command."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from tui.app.home import tr

if TYPE_CHECKING:
    from tui.app.slash import Slash


class Commands(Provider):
    """All commands; one that needs arguments is put into the prompt."""

    async def startup(self) -> None:
        """Read the grammar."""
        from tui.app.slash import commands

        self._known = cast(Any, self.app).commands or commands()

    async def search(self, query: str) -> Hits:
        """The commands whose name or description fits."""
        matcher = self.matcher(query)
        for one in self._known:
            about = tr(one.about)
            text = f"{one.words} — {about}"
            score = matcher.match(text)
            if score > 0:
                yield Hit(score, matcher.highlight(text), partial(self._run, one), text=text, help=one.usage)

    async def discover(self) -> Hits:
        """The app's own commands, before anything is typed."""
        for one in self._known:
            if one.action:
                yield DiscoveryHit(f"{one.words} — {tr(one.about)}", partial(self._run, one), help=one.usage)

    async def _run(self, one: Slash) -> None:
        app = cast(Any, self.app)
        if one.needs:
            while app.screen is not app.talk:
                app.pop_screen()
            app.talk.entry.put(f"/{one.words} ")
        else:
            await app.talk.command(f"/{one.words}")
