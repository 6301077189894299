"""The guide of the first start: models by what the machine has, a camera or the sample home, the microphone."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from runtime.errors import HausgeistError
from tui.app.home import home_of, size_of, tr
from tui.app.pane import progress_line
from tui.app.shown import cut


class GuideScreen(ModalScreen[None]):
    """Three steps; each can be skipped, and /guide shows them again."""

    BINDINGS: ClassVar = [Binding("escape", "leave", "Skip"), Binding("right", "next", "Next", show=False)]

    def __init__(self) -> None:
        super().__init__()
        self._step = 0

    def compose(self) -> ComposeResult:
        """One step at a time."""
        with Vertical(id="question"):
            yield Static(classes="title", markup=False)
            yield Static(classes="text", markup=False)
            yield Static(classes="progress", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("", id="do", variant="primary")
                yield Button(tr("Next"), id="next")
                yield Button(tr("Skip the guide"), id="leave")

    def on_mount(self) -> None:
        """The first step."""
        self._show()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do the step, go on, or leave."""
        if event.button.id == "do":
            (self._models_step, self._sample, self._microphone)[self._step]()
        elif event.button.id == "next":
            self.action_next()
        else:
            self.action_leave()

    def action_next(self) -> None:
        """The next step; after the last one the guide ends."""
        if self._step == len(self._titles()) - 1:
            self.action_leave()
            return
        self._step += 1
        self._show()

    def action_leave(self) -> None:
        """End the guide; it does not come by itself again."""
        self.workers.cancel_node(self)
        self.app.run_worker(self._keep(), exit_on_error=False)
        self.dismiss()

    async def _keep(self) -> None:
        await home_of(self).link.call("set_setting", key="ui.guide", value=False)

    @staticmethod
    def _titles() -> list[str]:
        return [tr("1 of 3 · Models"), tr("2 of 3 · Cameras"), tr("3 of 3 · Microphone")]

    def _show(self) -> None:
        texts = [
            tr("Looking at what this machine has …"),
            tr("Hausgeist finds things in the recordings of your own cameras. Add one with F2 and a, or let it make a "
               "sample home with two cameras, to try it out."),
            tr("With a microphone you can talk instead of typing: F4 begins and ends it."),
        ]  # fmt: skip
        buttons = [tr("Get the models"), tr("Make the sample home"), tr("Try the microphone")]
        self.query_one(".title", Static).update(self._titles()[self._step])
        self.query_one(".text", Static).update(texts[self._step])
        self.query_one(".progress").display = False
        button = self.query_one("#do", Button)
        button.label, button.disabled = buttons[self._step], False
        button.focus()
        if self._step == 0:
            self._look()

    @work(exclusive=True, group="look", exit_on_error=False)
    async def _look(self) -> None:
        try:
            models, status = await home_of(self).link.call("models"), await home_of(self).link.call("status")
        except HausgeistError as problem:
            self.query_one(".text", Static).update(cut(problem, 600))
            return
        if self._step == 0 and self.is_mounted:
            self._advise(models, status)

    def _advise(self, models: list[dict[str, Any]], status: dict[str, Any]) -> None:
        starter = [model for model in models if model["set"] == "starter"]
        missing = [model for model in starter if not model["installed"]]
        room = tr("Models may take {size} of this machine's memory.", size=size_of(status["budget_bytes"]))
        largest = max((model["bytes"] for model in starter), default=0)
        small = status["budget_bytes"] < 1.3 * largest
        fits = (
            tr("That is too little for the starter set; close other programs.")
            if small
            else tr("The starter set fits.")
        )
        if missing:
            need = tr(
                "{count} models are missing, {size} to fetch.",
                count=len(missing),
                size=size_of(sum(m["bytes"] for m in missing)),
            )
        else:
            need = tr("All models of the starter set are here.")
            self.query_one("#do", Button).disabled = True
            self.query_one("#next", Button).focus()
        self.query_one(".text", Static).update(Content(f"{room} {fits}\n{need}"))

    @work(exclusive=True, group="long", exit_on_error=False)
    async def _models_step(self) -> None:
        if await self._long("pull", tr("Pulling"), names=["starter"]):
            app: Any = self.app
            app.restart_house()
            self.action_next()

    @work(exclusive=True, group="long", exit_on_error=False)
    async def _sample(self) -> None:
        if await self._long("sample_home", tr("Sample home")):
            self.action_next()

    @work(exclusive=True, group="long", exit_on_error=False)
    async def _microphone(self) -> None:
        """Hear one sentence and show it."""
        line = self.query_one(".progress", Static)
        line.display = True
        line.update(tr("speak now …"))
        try:
            found = await home_of(self).link.call("listen")
            line.update(tr("Heard: {text}", text=found["text"]) if found["text"] else tr("Nothing was heard."))
        except HausgeistError as problem:
            line.update(cut(problem, 600))

    async def _long(self, method: str, title: str, **args: Any) -> bool:
        line = self.query_one(".progress", Static)
        line.display = True
        self.query_one("#do", Button).disabled = True
        try:
            await home_of(self).link.call(method, lambda moment: line.update(progress_line(title, moment)), **args)
        except HausgeistError as problem:
            line.update(cut(problem, 600))
            self.query_one("#do", Button).disabled = False
            return False
        return True
