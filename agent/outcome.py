"""What a turn came to: its events gathered into one value for callers that wait for the end."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from agent.events import TextDelta, Timing, ToolFinished, TurnEvent, TurnFailed, TurnFinished
from agent.turn import Call


@dataclass
class Turn:
    """One finished turn: the reply, the calls, and how long each stage took."""

    reply: str
    calls: list[Call]
    session: str
    model: str
    timing: Timing
    error: str | None = None
    exit_status: int = 0

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        """The calls as plain values: name, args, status, facts, files, error."""
        return [
            {
                "name": call.name,
                "args": call.args,
                "status": call.output.status,
                "facts": call.output.facts,
                "files": [{"path": str(f.path), "media_type": f.media_type} for f in call.output.files],
                "error": call.output.error,
            }
            for call in self.calls
        ]

    def as_json(self) -> dict[str, Any]:
        """The object that `hausgeist ask --json` prints."""
        timing = {name: round(value, 4) for name, value in asdict(self.timing).items()}
        result: dict[str, Any] = {
            "reply": self.reply,
            "tool_calls": self.tool_calls,
            "session": self.session,
            "model": self.model,
            "timing": timing,
        }
        return {**result, "error": self.error} if self.error else result


class Gathered:
    """Collects the events of one turn of session `name` with `model`."""

    def __init__(self, name: str, model: str) -> None:
        self._name, self._model = name, model
        self._calls: list[Call] = []
        self._last: TurnFinished | TurnFailed | None = None
        self._text: list[str] = []

    def add(self, event: TurnEvent) -> None:
        """Take the next event."""
        if isinstance(event, ToolFinished):
            self._calls.append(Call(event.tool, event.args, event.output))
        elif isinstance(event, TextDelta):
            self._text.append(event.text)
        elif isinstance(event, (TurnFinished, TurnFailed)):
            self._last = event

    def turn(self) -> Turn:
        """The finished turn. Exit status: 3 when a call was denied, 1 when one failed, else 0."""
        last = self._last
        assert last is not None, "a turn always ends with TurnFinished or TurnFailed"
        if isinstance(last, TurnFailed):
            text = "".join(self._text)
            return Turn(text, self._calls, self._name, self._model, Timing(), last.error, last.exit_status)
        statuses = {call.output.status for call in self._calls}
        status = 3 if "denied" in statuses else 1 if "failed" in statuses else 0
        return Turn(last.reply, self._calls, self._name, self._model, last.timing, None, status)
