"""Push to talk: one key begins and ends it; a line with a level meter and the words so far. Owns no microphone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from textual.content import Content
from textual.widgets import Static

from runtime.errors import HausgeistError
from tui.app.home import home_of, tr
from tui.app.player import BARS
from tui.app.shown import one_line

if TYPE_CHECKING:
    from tui.app.talk import TalkScreen

WIDTH = 24


class Ear(Static):
    """The line over the prompt while the house listens; hidden otherwise."""

    def on_mount(self) -> None:
        """Nothing is heard yet."""
        self.display = False
        self._levels = [0.0] * WIDTH
        self._heard = ""
        self._on = False

    @property
    def on(self) -> bool:
        """Whether the house listens now."""
        return self._on

    def toggle(self) -> None:
        """Begin, or end: then what was heard is sent."""
        if self._on:
            self.run_worker(self._end(), group="ear", exit_on_error=False)
        else:
            self.run_worker(self._listen(), group="ear-open", exclusive=True, exit_on_error=False)

    async def _listen(self) -> None:
        self._on, self._heard, self.display = True, "", True
        self._levels = [0.0] * WIDTH
        self._draw()
        screen: TalkScreen = self.screen  # type: ignore[assignment]
        screen.show_busy()
        try:
            found = await home_of(self).link.call("listen", self._moment)
            if found["text"].strip():
                await screen.turns.ask(found["text"].strip())
            else:
                screen.notify(tr("Nothing was heard."), timeout=3)
        except HausgeistError as problem:
            screen.notify(str(problem), severity="error", markup=False)
        except asyncio.CancelledError:
            pass
        finally:
            self._on = self.display = False
            screen.show_busy()

    async def _end(self) -> None:
        await home_of(self).link.call("end_listening")

    def stop(self) -> None:
        """Forget what was heard."""
        self.workers.cancel_group(self, "ear-open")

    def _moment(self, moment: dict[str, Any]) -> None:
        self._levels = [*self._levels[1:], moment["level"]]
        self._heard = moment["text"] or self._heard
        self._draw()

    def _draw(self) -> None:
        meter = "".join(BARS[min(8, round(level * 8))] for level in self._levels)
        words = one_line(self._heard, 200) if self._heard else tr("speak now …")
        hint = tr("F4 sends · esc forgets")
        self.update(Content.assemble(("● ", "$error"), (meter, "$accent"), f" {words}  ", (hint, "$muted")))
