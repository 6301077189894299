"""What a turn and its results look like in a terminal: the reply on stdout, all else on stderr.

Reads `agent.events` values; owns no content and asks nothing (`tui.approve`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tui.output import console, describe_amount, note, say
from tui.sanitize import Sanitizer, clean_line

if TYPE_CHECKING:
    from rich.status import Status

    from agent.events import Timing, TurnEvent
    from tools.contract import ToolFile, ToolOutput

_MARKS = {"ok": "✓", "failed": "✗", "denied": "⊘"}


class TurnPrinter:
    """Prints the events of one turn as they come. A context manager, so that a spinner always ends.

    Without `reply` it shows only what goes to standard error: the result is printed elsewhere, as JSON.
    """

    def __init__(self, *, reply: bool = True) -> None:
        self._reply = reply
        self._sanitizer = Sanitizer()
        self._files: list[ToolFile] = []
        self._mid_line = False
        self._lively = sys.stderr.isatty()
        self._status: Status | None = None

    def __enter__(self) -> TurnPrinter:
        return self

    def __exit__(self, *_: object) -> None:
        self.pause()
        self._end_line()

    def show(self, event: TurnEvent) -> None:
        """Print one event. A question (`ApprovalNeeded`) only ends the spinner: who asks is not this."""
        from agent import events

        match event:
            case events.Routed(tool=tool, probability=probability):
                if tool != "reply":
                    self._spin(f"{tool} ({probability:.0%})")
            case events.ToolStarted(tool=tool, args=args):
                self._spin(f"{tool} {describe_arguments(args)}")
            case events.ToolProgress(progress=progress):
                amount = describe_amount(progress.done, progress.total, progress.unit)
                self._spin(f"{progress.message} {amount}".rstrip())
            case events.ApprovalNeeded():
                self.pause()
            case events.ToolFinished(tool=tool, output=output, duration_s=duration_s):
                self._tool_finished(tool, output, duration_s)
            case events.TextDelta(text=text):
                self._text(text)
            case events.TurnFinished(timing=timing, model=model):
                self._finished(timing, model)
            case events.TurnFailed(error=error):
                self.pause()
                self._end_line()
                note(f"hausgeist: {clean_line(error)}")

    def pause(self) -> None:
        """End the spinner; the next event may start it again."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _spin(self, text: str) -> None:
        if not self._lively or self._mid_line:
            return
        text = clean_line(text)
        if self._status is None:
            self._status = console(stderr=True).status("")
            self._status.start()
        from rich.text import Text

        self._status.update(Text(text, overflow="ellipsis", no_wrap=True))

    def _tool_finished(self, tool: str, output: ToolOutput, duration_s: float) -> None:
        self.pause()
        self._files += output.files
        if self._lively:
            self._end_line()
            note(f"{_MARKS[output.status]} {tool} {duration_s:.1f} s")

    def _text(self, text: str) -> None:
        self.pause()
        shown = self._sanitizer.feed(text)
        if shown and self._reply:
            encoding = sys.stdout.encoding or "utf-8"
            sys.stdout.write(shown.encode(encoding, "replace").decode(encoding))
            sys.stdout.flush()
            self._mid_line = not shown.endswith("\n")

    def _finished(self, timing: Timing, model: str) -> None:
        self.pause()
        self._end_line()
        if self._reply:
            print_files(self._files)
        if self._lively:
            first = f", first word after {timing.first_token_s:.1f} s" if timing.first_token_s else ""
            note(f"  {clean_line(model)}: {timing.total_s:.1f} s{first}")

    def _end_line(self) -> None:
        if self._mid_line:
            say()
            self._mid_line = False


def print_output(output: ToolOutput) -> None:
    """What a tool did: its words (or its facts), its files; an error on standard error."""
    if output.status != "ok":
        note(f"hausgeist: {clean_line(output.error or output.say)}")
        return
    say(output.say.strip() or describe_facts(output.facts))
    print_files(output.files)


def print_files(files: Iterable[ToolFile]) -> None:
    """Each file once, on a line of its own."""
    for path in dict.fromkeys(str(file.path) for file in files):
        say(f"→ {clean_line(path)}")


def describe_facts(facts: Mapping[str, Any]) -> str:
    """Facts as lines of "name: value"."""
    return "\n".join(f"{key}: {clean_line(value)}" for key, value in facts.items()) or "Done."


def describe_arguments(args: Mapping[str, Any], limit: int = 80) -> str:
    """Arguments as `key=value`, at most `limit` characters."""
    text = " ".join(f"{key}={value!r}" for key, value in args.items() if value is not None)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
