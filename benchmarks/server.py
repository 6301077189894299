"""What `hausgeist serve` costs over the bare model: time to the first token and tokens per second, in one run.

    python -m benchmarks.server [--model ID] [--rounds N]

Each round asks the same worker process twice, once by a direct call and once through the HTTP server (a real socket,
token, JSON, server-sent events), with prompts of one length that share no prefix, in an order that changes from round
to round. The overhead is the median over rounds of the ratio of the two. Prints one JSON object; its peer is the bare
model, its limit 5 %.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from agent.chat_llama import ChatLlama
from agent.serving.app import build_app
from agent.serving.tokens import Tokens
from agent.session import Session
from runtime.house import House
from runtime.paths import Paths

LIMIT = 0.05
REPLY_TOKENS = 32
WORDS = "lamp door window garden kettle carpet river bridge ladder candle mirror basket hammer pillow saddle"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", default="qwen2.5-coder-1.5b-instruct")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environ = {"HAUSGEIST_HOME": folder, "HAUSGEIST_MODELS": str(Paths.from_environment().models), "HOME": folder}
        with House.open(environ, [f"chat.model={options.model}"]) as house, Session.open(house, "bench") as session:
            print(json.dumps(measure(session, options.model, options.rounds)))


def measure(session: Session, model: str, rounds: int) -> dict[str, Any]:
    """Medians of both ways and of their ratios."""
    assert isinstance(session.model, ChatLlama)
    tokens = Tokens(session.house.paths.config / "tokens.json")
    token = tokens.make("bench", session.house.now())
    pick = random.Random(7)
    ways: dict[str, list[tuple[float, float]]] = {"bare": [], "served": []}
    with (
        serving(build_app(session, owner=tokens.owner, host="127.0.0.1")) as address,
        httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=300) as client,
    ):
        for number in range(rounds + 1):
            for way in ["bare", "served"] if number % 2 else ["served", "bare"]:
                prompt = " ".join(pick.choices(WORDS.split(), k=60)) + ". Tell a story about these things."
                took = bare(session.model, prompt) if way == "bare" else served(client, model, prompt)
                if number:  # the first round loads the model
                    ways[way].append(took)
    first = [there[0] / here[0] - 1 for here, there in zip(ways["bare"], ways["served"], strict=True)]
    rate = [here[1] / there[1] - 1 for here, there in zip(ways["bare"], ways["served"], strict=True)]
    later = [there[0] - here[0] for here, there in zip(ways["bare"], ways["served"], strict=True)]
    overhead = {"first_token": statistics.median(first), "token_rate": statistics.median(rate)}
    return {
        "benchmark": "server",
        "model": model,
        "rounds": rounds,
        **{
            way: {
                "first_token_s": round(statistics.median(row[0] for row in rows), 4),
                "tokens_per_s": round(statistics.median(row[1] for row in rows), 2),
            }
            for way, rows in ways.items()
        },
        "overhead": {name: round(value, 4) for name, value in overhead.items()},
        "first_token_later_s": round(statistics.median(later), 4),
        "limit": LIMIT,
        "within_limit": all(value <= LIMIT for value in overhead.values()),
    }


def bare(model: ChatLlama, prompt: str) -> tuple[float, float]:
    """Seconds to the first piece, and pieces per second after it, by a direct call of the worker."""
    times: list[float] = []
    started = time.perf_counter()
    with model.house.residency.lease(model.spec()) as worker:
        messages = [{"role": "user", "content": prompt}]
        worker.call("complete", messages, "", REPLY_TOKENS, 0.0, 0, on_item=lambda _: times.append(time.perf_counter()))
    return _figures(started, times)


def served(client: httpx.Client, model: str, prompt: str) -> tuple[float, float]:
    """The same, over HTTP."""
    times: list[float] = []
    body = {
        "model": model,
        "messages": [{"role": "user", "content": prompt}],
        "max_tokens": REPLY_TOKENS,
        "temperature": 0,
        "stream": True,
    }
    started = time.perf_counter()
    with client.stream("POST", "/v1/chat/completions", json=body) as answer:
        answer.raise_for_status()
        for line in answer.iter_lines():
            if line.startswith("data: {") and json.loads(line[6:])["choices"][0]["delta"].get("content"):
                times.append(time.perf_counter())
    return _figures(started, times)


def _figures(started: float, times: list[float]) -> tuple[float, float]:
    assert len(times) > 4, "the model wrote too little to be measured"
    return times[0] - started, (len(times) - 1) / (times[-1] - times[0])


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The address of `app`, served by uvicorn in a thread of this process."""
    import uvicorn

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


if __name__ == "__main__":
    main()
