"""Writes the utterance files from their sources: `python -m agent.expand`. Owns no utterances.

A source (`agent/utterances/source/NAME.txt`) has lines by hand, and templates: `+5 Where [is|are] my {item}?` gives
five different rows, by the slots of `slots.txt`. The same sources always give the same files.
"""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

from runtime.paths import replacing

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "agent" / "utterances" / "source"
TARGETS = {
    "find_item": "tools/finder",
    "describe_camera": "tools/finder",
    "where_was": "tools/finder",
    "speak": "tools/speech",
    "generate_image": "tools/image",
    "remember": "tools/notes",
    "recall": "tools/notes",
    "forget": "tools/notes",
    "summarize_file": "tools/documents",
    "reply": "agent",
    "follow_up": "agent",
}
Slots = dict[str, list[str]]


def slots() -> dict[str, Slots]:
    """Fillers by language and slot name."""
    found: dict[str, Slots] = {}
    for line in (SOURCE / "slots.txt").read_text(encoding="utf-8").splitlines():
        name, _, values = line.partition(": ")
        lang, _, slot = name.partition(".")
        found.setdefault(lang, {})[slot] = [value.strip() for value in values.split(" | ")]
    return found


def expanded(name: str) -> list[dict[str, str]]:
    """The rows (`lang`, `text`) of one source, without repeats, in order."""
    fillers = slots()
    rows: dict[str, str] = {}
    lang = "en"
    for line in (SOURCE / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        template = re.match(r"\+(\d+) (.*)", line)
        if line.startswith("#"):
            lang = line[1:].strip()
        elif template:
            for text in _fill(template[2], int(template[1]), fillers[lang]):
                rows.setdefault(text, lang)
        elif line.strip():
            rows.setdefault(line.strip(), lang)
    return [{"lang": lang, "text": text} for text, lang in rows.items()]


def _fill(template: str, count: int, fillers: Slots) -> list[str]:
    dice = random.Random(template)
    found: dict[str, None] = {}
    for _ in range(count * 8):
        text = re.sub(r"\[([^\]]*)\]", lambda match: dice.choice(match[1].split("|")), template)
        text = re.sub(r"\{(\w+)\}", lambda match: dice.choice(fillers[match[1]]), text)
        found.setdefault(re.sub(r"\s+", " ", text).replace(" ?", "?").replace(" '", "'").strip())
        if len(found) == count:
            break
    return list(found)


def main() -> None:
    """Write every file."""
    for name, folder in TARGETS.items():
        with replacing(ROOT / folder / "utterances" / f"{name}.jsonl") as beside:
            rows = [json.dumps(row, ensure_ascii=False) for row in expanded(name)]
            beside.write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
