"""Cameras: state, coverage, progress of indexing, zones. Owns no camera (the house does)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import work
from textual.binding import Binding
from textual.content import Content

from tui.app.approval import AskModal
from tui.app.asking import FormModal
from tui.app.home import home_of, local_time, tr
from tui.app.pane import TablePane
from tui.app.shown import one_line


class CamerasPane(TablePane):
    """The cameras, newest state first asked for at every visit."""

    columns = ("camera", "state", "recordings", "covers", "zones")
    empty = "There is no camera yet. a adds one; s makes and adds the sample home."
    hint = "a add · i index · z zones · s sample home · del remove"
    BINDINGS: ClassVar = [
        Binding("a", "add", "Add"),
        Binding("i", "index", "Index"),
        Binding("z", "zones", "Zones"),
        Binding("s", "sample", "Sample home"),
        Binding("delete", "remove", "Remove"),
    ]

    async def load(self) -> None:
        """Ask for the cameras."""
        found = await self.ask("cameras")
        if found is not None:
            self.fill(found)

    def cells(self, row: dict[str, Any]) -> Sequence[str | tuple[str, str]]:
        """Name, state, recordings, coverage, zones."""
        if row["problem"]:
            state = (f"✗ {one_line(row['problem'], 30)}", "error")
        elif row["waiting"]:
            state = (f"! {tr('{count} to index', count=row['waiting'])}", "warning")
        else:
            state = (f"✓ {tr('indexed')}", "success")
        zones = ", ".join(zone["name"] for zone in row["zones"]) or "–"
        return (row["name"], state, f"{row['indexed']} / {row['recordings']}", self._covers(row), one_line(zones, 24))

    def _covers(self, row: dict[str, Any]) -> str:
        if row["from"] is None:
            return "–"
        first, last = local_time(self, row["from"]), local_time(self, row["to"])
        this_year = str(home_of(self).clock().year)
        both = f"{first} – {last[11:] if first[:10] == last[:10] else last}"
        return both.replace(f"{this_year}-", "")

    def detail(self, row: dict[str, Any]) -> Content:
        """Where it is, gaps, broken recordings."""
        parts: list[Any] = [(row["name"], "bold"), "\n", (one_line(row["source"], 200), "$muted")]
        gaps = [f"{local_time(self, a, '%H:%M:%S')} – {local_time(self, b, '%H:%M:%S')}" for a, b in row["gaps"][-5:]]
        if gaps:
            parts += ["\n\n", tr("Gaps"), "\n", ("\n".join(gaps), "$muted")]
        for path, problem in row["broken"][:5]:
            parts += ["\n\n", ("✗ ", "$error"), one_line(f"{path}: {problem}", 300)]
        if row["zones"]:
            parts += ["\n\n", tr("Zones"), "\n", ("\n".join(one_line(z["name"], 60) for z in row["zones"]), "$muted")]
        return Content.assemble(*parts)

    @work
    async def action_add(self) -> None:
        """Add a camera."""
        note = tr("A folder of recordings that your camera's software fills, or one recording.")
        fields = [(tr("Name"), ""), (tr("Folder or file"), "")]
        given = await self.app.push_screen_wait(FormModal(tr("Add a camera"), fields, note))
        if given and all(text.strip() for text in given):
            await self.ask("add_camera", name=given[0], path=given[1])
            await self.load()

    @work(group="long", exclusive=True, exit_on_error=False)
    async def action_index(self) -> None:
        """Look through what is new."""
        report = await self.long("index", tr("Indexing"))
        if report is not None:
            text = tr(
                "{count} recordings indexed, {changes} changes", count=report["indexed"], changes=report["changes"]
            )
            self.notify(text, markup=False)
        await self.load()

    @work(group="long", exclusive=True, exit_on_error=False)
    async def action_sample(self) -> None:
        """Make and add the sample home."""
        await self.long("sample_home", tr("Sample home"))
        await self.load()

    @work
    async def action_zones(self) -> None:
        """Draw zones on the camera's newest still."""
        from tui.app.zones import ZonesScreen

        row = self.chosen
        still = await self.ask("still", camera=row["name"]) if row else None
        if row and still:
            await self.app.push_screen_wait(ZonesScreen(row["name"], still["file"], still["scale"], row["zones"]))
            await self.load()

    @work
    async def action_remove(self) -> None:
        """Forget a camera and its index, after asking."""
        row = self.chosen
        if row is None:
            return
        title = tr("Remove the camera {name}?", name=one_line(row["name"], 40))
        if await self.app.push_screen_wait(AskModal(title, tr("Its index is deleted; the recordings stay."))):
            await self.ask("remove_camera", name=row["name"])
            await self.load()
