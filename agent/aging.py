"""How a long session stays short in the prompt: turns shrink as they age, the oldest to a list of requests.

The newest turn stands as it was, up to `NEWEST` tokens. An older one keeps its beginning: what a model needs of it is
what it was about. What no longer fits leaves in blocks of `BLOCK` turns, and its requests are listed before the rest.
A block, not a turn, since each change at the front moves all that follows, and moved text is read anew. Nothing of
this is stored or written by a model: a turn that is forgotten is gone from the summary too, and nothing is made up.
Owns no store and no prompt wording but that of the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.prompt import estimate_tokens
from memory.records import PastTurn
from memory.words import sentences

NEWEST, OLDER, REPORTED = 240, 40, 24
"""Tokens that a reply, or a request, of the newest turn and of one before it keeps; of an older tool's report less."""
BLOCK = 4
LISTED, LISTED_WORDS, LISTED_TOKENS = 12, 12, 160
"""Requests in the list, words of each, and tokens of the whole list, at most."""
LOOKED_AT = 40
"""Turns of a session that are read for one prompt."""


@dataclass(frozen=True)
class Earlier:
    """What a prompt holds of a turn, and the request and the reply that this was cut from."""

    user: str
    reply: str
    whole_user: str
    whole_reply: str

    @property
    def tokens(self) -> int:
        """About how many tokens it takes."""
        return estimate_tokens(self.user) + estimate_tokens(self.reply)


def aged(turns: Sequence[PastTurn], before: int, budget: int) -> tuple[str, list[Earlier]]:
    """The list of what was asked long ago (may be empty), and the turns that stand for themselves, oldest first.

    `turns` are a session's last ones, oldest first, and `before` the number of turns before them. All that is given
    takes at most `budget` tokens; the list is left out where it does not fit.
    """
    kept: list[Earlier] = []
    left = budget
    for turn in reversed(turns):
        short = _short(turn, newest=not kept)
        if short.tokens > left:
            break
        left -= short.tokens
        kept.append(short)
    if gone := before + len(turns) - len(kept):
        kept = kept[: max((len(kept) + 1) // 2, len(kept) - -gone % BLOCK)]
    left = budget - sum(turn.tokens for turn in kept)
    listed = _list([turn.user for turn in turns[: len(turns) - len(kept)]], min(left, LISTED_TOKENS))
    return listed, kept[::-1]


def _short(turn: PastTurn, newest: bool) -> Earlier:
    most = NEWEST if newest else OLDER
    reply = beginning(turn.reply, REPORTED if turn.tool_calls and not newest else most)
    return Earlier(beginning(turn.user, most), reply, turn.user, turn.reply)


def beginning(text: str, most: int) -> str:
    """The first sentences of `text` that fit into `most` tokens, or the beginning of the first, with an ellipsis."""
    if estimate_tokens(text) <= most:
        return text
    kept = ""
    for sentence in sentences(text):
        longer = f"{kept} {sentence}".strip()
        if estimate_tokens(longer) > most - 1:
            break
        kept = longer
    if not kept:
        kept = text[: most - 1] if estimate_tokens(text[:most]) >= most else text[: 3 * (most - 1)]
        kept = kept.rpartition(" ")[0] or kept
    return f"{kept} …"


def _list(requests: Sequence[str], most: int) -> str:
    """The newest of `requests` in one line, oldest first, with no more than `most` tokens; empty where none fits."""
    shown: list[str] = []
    for request in reversed(requests[-LISTED:]):
        words = request.split()
        one = beginning(" ".join(words[:LISTED_WORDS]) + (" …" if len(words) > LISTED_WORDS else ""), OLDER)
        if estimate_tokens("; ".join([one, *shown])) > most:
            break
        shown.insert(0, one)
    return "; ".join(shown)
