"""How likely a sentence claims an action, and how likely a request asks for one that no tool does.

Owns no filtering (`agent.truth`) and no routing. Two kernel classifiers like the router's (`agent.classifier`), fitted
on the sentences beside this module, five languages each: `claims.txt` against `honest.txt` (what a reply itself does,
what the owner told, what is so in the world), and `demands.txt` (things to be done in the house or looked up outside)
against the requests that a reply can answer. A fit takes seconds and is kept in a file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np

from agent import classifier, features
from agent.classifier import Floats, Machine, Whole, load, save
from agent.router import Embed, reply_utterances
from runtime.paths import replacing


class Judge:
    """Tells texts of one kind from others. `embed` gives unit rows [n, d]; `folder` keeps what was fitted."""

    def __init__(
        self,
        name: str,
        texts: Callable[[], tuple[Sequence[str], Sequence[str]]],
        embed: Embed,
        version: Callable[[], str],
        folder: Path,
    ) -> None:
        self._name, self._texts = name, texts
        self._embed, self._version, self._folder = embed, version, folder
        self._machine: Machine | None = None

    def prepare(self) -> None:
        """Load the fitted machine, or fit and save it. Idempotent."""
        if self._machine is not None:
            return
        file = self._folder / f"{self._name}-{self._key()}.npz"
        if not file.is_file():
            machine, _, _ = self.fit()
            with replacing(file) as beside, beside.open("wb") as opened:
                save(opened, machine)
        self._machine = load(file)

    def fit(self) -> tuple[Machine, Floats, Whole]:
        """Fit; also the probability [n] of each text by a fit without it, and the labels [n] (1: of the kind)."""
        kind, others = self._texts()
        texts = [*others, *kind]
        labels = np.asarray([0] * len(others) + [1] * len(kind), np.int64)
        machine, left_out = classifier.fit(self._rows(texts), features.hashed(texts), labels, 2, np.arange(len(texts)))
        return machine, left_out[:, 1], labels

    def probability(self, text: str) -> float:
        """That the text is of the kind, 0 to 1."""
        self.prepare()
        assert self._machine is not None
        return float(self._machine.probabilities(self._rows([text]), features.hashed([text]))[0, 1])

    def _rows(self, texts: Sequence[str]) -> Floats:
        return np.asarray(self._embed([features.plain(text) for text in texts]), np.float32)

    def _key(self) -> str:
        content = repr([self._version(), features.VERSION, classifier.VERSION, self._texts()])
        return hashlib.sha256(content.encode()).hexdigest()[:20]


def claims() -> tuple[list[str], list[str]]:
    """Sentences that claim an action, and honest ones."""
    return list(_lines("claims")), list(_lines("honest"))


def demands() -> tuple[list[str], list[str]]:
    """Requests for what no tool does, and requests that a reply can answer."""
    asked = list(_lines("demands"))
    known = {text.casefold() for text in asked}
    others = [example.text for example in reply_utterances() if example.text.casefold() not in known]
    return asked, others


def _lines(name: str) -> Iterator[str]:
    for line in (files("agent.claims") / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.strip()
