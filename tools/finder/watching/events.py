"""What a watch tells while it runs, as values that become one line for people or one JSON object. Owns no printing."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

Kind = Literal["started", "connected", "lost", "recorded", "indexed", "problem", "well", "tidied", "state", "stopped"]


@dataclass(frozen=True)
class WatchEvent:
    """`kind` happened at `time` (aware); `facts` are JSON values."""

    kind: Kind
    time: datetime
    camera: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """One flat object."""
        head: dict[str, Any] = {"time": self.time.isoformat(timespec="milliseconds"), "event": self.kind}
        if self.camera is not None:
            head["camera"] = self.camera
        return {**head, **self.facts}

    @property
    def words(self) -> str:
        """One line for people."""
        return f"{self.time:%H:%M:%S} {f'{self.camera}: ' if self.camera else ''}{self._told()}"

    def _told(self) -> str:
        facts = self.facts
        match self.kind:
            case "started":
                return f"watching {', '.join(facts['cameras']) or 'no camera yet'}; Ctrl-C ends it"
            case "connected":
                size = f" ({facts['width']} × {facts['height']}, {facts['codec']})" if facts.get("width") else ""
                return f"connected{size}"
            case "lost":
                return f"{facts['problem']}; trying again in {facts['retry_s']:.0f} s"
            case "recorded":
                return f"recorded {facts['duration_s']:.0f} s: {facts['path']}"
            case "indexed":
                found = f"{facts['changes']} changes, {facts['sightings']} sightings"
                return f"looked through {facts['path']} ({facts['duration_s']:.0f} s): {found}"
            case "problem":
                return str(facts["problem"])
            case "well":
                return "all is well again"
            case "tidied":
                return str(facts["words"])
            case "state":
                used = f"{100 * facts['cpu_share']:.0f} % of the processor"
                return f"{facts['indexed']} recordings looked through, {facts['waiting']} waiting, {used}"
            case "stopped":
                return f"stopped after {facts['indexed']} recordings"


@dataclass
class CameraWatch:
    """How a camera is doing in a watch."""

    name: str
    feed: str = "folder"
    """`folder`, or of a live camera `connecting`, `connected`, `lost`."""
    indexed: int = 0
    waiting: int = 0
    growing: int = 0
    problem: str | None = None

    def as_json(self) -> dict[str, Any]:
        """One flat object."""
        return asdict(self)
