"""Train `hausgeist-sketch`.

    python -m training.sketch.train --font NotoColorEmoji.ttf --annotations annotations --out runs/first --minutes 25

Stops after `--minutes` or `--steps`, whichever comes first; the learning rate falls to nothing by then. A run that was
cut goes on where its last checkpoint was, with the same command.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from runtime.paths import replacing
from training.sketch.concepts import Drawn, load
from training.sketch.flow_backend import Noise, Shape, SlowCopy, loss, network, save
from training.sketch.painting_backend import Painter, Scenes
from training.sketch.texts import Texts, embedded
from training.sketch.unseen import withheld
from training.sketch.wordings import Wording, sample

CHECKPOINT = "checkpoint.pt"
_WARM_UP = 500


@dataclass
class Run:
    """One training run: its data on the device, its network, and how far it is."""

    arguments: argparse.Namespace
    device: str
    painter: Painter
    scenes: Scenes
    texts: torch.Tensor
    rows: torch.Tensor
    spread: float
    network: Any
    slow: SlowCopy
    optimiser: torch.optim.AdamW
    step: int = 0
    spent_s: float = 0.0
    seen: int = 0

    def batch(self, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Pictures, texts and masks of random rows."""
        chosen = torch.randint(len(self.rows), (self.arguments.batch,), generator=generator, device=generator.device)
        chosen = chosen.to(self.device)
        pictures = self.painter.paint(self.scenes.take(chosen), generator)
        rows = self.rows[chosen]
        mask = (rows >= 0).float()
        return pictures, self.texts[rows.clamp(min=0)].float() * mask[..., None], mask

    def share(self) -> float:
        """How much of the run is done, 0 to 1."""
        of_steps = self.step / self.arguments.steps if self.arguments.steps else 0.0
        of_time = self.spent_s / (self.arguments.minutes * 60) if self.arguments.minutes else 0.0
        return max(of_steps, of_time)


def main(argv: list[str] | None = None) -> int:
    """Run the training; returns the exit status."""
    arguments = _parser().parse_args(argv)
    if not (arguments.steps or arguments.minutes):
        print("Give --steps or --minutes: the run has to end.", file=sys.stderr)
        return 2
    torch.manual_seed(arguments.seed)
    run = prepare(arguments)
    _restore(run)
    _train(run)
    save(run.slow.network, arguments.out / "hausgeist-sketch")
    facts = _facts(run)
    with replacing(arguments.out / "training.json") as beside:
        beside.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(facts))
    return 0


def prepare(arguments: argparse.Namespace) -> Run:
    """Read the pictures, make the wordings and their vectors, and put all of it on the device."""
    device = arguments.device or ("cuda" if torch.cuda.is_available() else "cpu")
    drawn = load(arguments.font, arguments.annotations)
    if arguments.concepts:
        drawn = Drawn(drawn.concepts[: arguments.concepts], drawn.pictures[: arguments.concepts])
    wordings = list(sample(drawn.concepts, arguments.wordings, arguments.seed, withheld()))
    texts = embedded([wording.text for wording in wordings], arguments.out.parent / "phrases", arguments.processes)
    shape = Shape(arguments.side, arguments.patch, arguments.heads, 64, arguments.layers)
    mean, spread = _statistics(texts)
    made = network(shape, mean, spread).to(device)
    optimiser = torch.optim.AdamW(made.parameters(), lr=arguments.rate, betas=(0.9, 0.95), weight_decay=0.01)
    return Run(
        arguments,
        device,
        Painter(drawn.pictures, arguments.side, device),
        _scenes(wordings, device),
        torch.from_numpy(texts.vectors).to(device),
        torch.from_numpy(texts.rows).long().to(device),
        spread,
        made,
        SlowCopy(made),
        optimiser,
    )


def _train(run: Run) -> None:
    arguments = run.arguments
    generator = torch.Generator(run.device).manual_seed(arguments.seed + run.step)
    half = run.device == "cuda"
    step = torch.compile(loss) if arguments.compile else loss
    began, before, saved, average = time.monotonic(), run.spent_s, time.monotonic(), 0.0
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns) as bar:
        task = bar.add_task("training", total=1.0)
        while run.share() < 1:
            _set_rate(run)
            pictures, texts, mask = run.batch(generator)
            with torch.autocast(run.device, torch.bfloat16, enabled=half):
                value = step(run.network, pictures, texts, mask, Noise(), run.spread)
            run.optimiser.zero_grad(set_to_none=True)
            value.backward()
            torch.nn.utils.clip_grad_norm_(run.network.parameters(), 1.0)
            run.optimiser.step()
            run.slow.follow(run.network)
            run.step, run.seen = run.step + 1, run.seen + len(pictures)
            run.spent_s = before + time.monotonic() - began
            if run.step % 20 == 0:
                average = float(value.detach()) if not average else 0.9 * average + 0.1 * float(value.detach())
                rate = run.seen / max(run.spent_s, 1e-9)
                words = f"step {run.step}, loss {average:.3f}, {rate:.0f} pictures/s"
                bar.update(task, completed=min(1.0, run.share()), description=words)
            if time.monotonic() - saved > arguments.save_s:
                _keep(run)
                saved = time.monotonic()
    _keep(run)


def _set_rate(run: Run) -> None:
    """A short warm-up, then half a cosine down to nothing at the end of the run."""
    factor = min(1.0, (run.step + 1) / _WARM_UP) * 0.5 * (1 + math.cos(math.pi * min(1.0, run.share())))
    for group in run.optimiser.param_groups:
        group["lr"] = run.arguments.rate * factor


def _scenes(wordings: list[Wording], device: str) -> Scenes:
    columns = ("first", "second", "first_colour", "second_colour", "layout", "ground")
    return Scenes(*(torch.tensor([getattr(row, name) for row in wordings], device=device) for name in columns))


def _statistics(texts: Texts) -> tuple[torch.Tensor, float]:
    """Mean vector of the phrases, and the standard deviation around it."""
    vectors = texts.vectors.astype(np.float32)
    mean = vectors.mean(0)
    return torch.from_numpy(mean), float((vectors - mean).std())


def _keep(run: Run) -> None:
    state = {
        "network": run.network.state_dict(),
        "slow": run.slow.network.state_dict(),
        "optimiser": run.optimiser.state_dict(),
        "progress": {"step": run.step, "spent_s": run.spent_s, "seen": run.seen},
    }
    run.arguments.out.mkdir(parents=True, exist_ok=True)
    with replacing(run.arguments.out / CHECKPOINT) as beside:
        torch.save(state, beside)


def _restore(run: Run) -> None:
    file = run.arguments.out / CHECKPOINT
    if file.is_file():
        state = torch.load(file, map_location=run.device, weights_only=True)
        run.network.load_state_dict(state["network"])
        run.slow.network.load_state_dict(state["slow"])
        run.optimiser.load_state_dict(state["optimiser"])
        for name, value in state["progress"].items():
            setattr(run, name, value)


def _facts(run: Run) -> dict[str, Any]:
    device = torch.cuda.get_device_name() if run.device == "cuda" else platform.processor() or platform.machine()
    return {
        "device": device,
        "parameters": sum(weights.numel() for weights in run.network.parameters()),
        "wordings": len(run.rows),
        "steps": run.step,
        "pictures_seen": run.seen,
        "seconds": round(run.spent_s, 1),
        "pictures_per_s": round(run.seen / max(run.spent_s, 1e-9), 1),
        "seed": run.arguments.seed,
        "batch": run.arguments.batch,
        "rate": run.arguments.rate,
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Train hausgeist-sketch.", epilog=__doc__)
    parser.add_argument("--font", type=Path, required=True, help="NotoColorEmoji.ttf")
    parser.add_argument("--annotations", type=Path, required=True, help="CLDR's folder annotations")
    parser.add_argument("--out", type=Path, required=True, help="folder of this run")
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--rate", type=float, default=6e-4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wordings", type=int, default=200_000)
    parser.add_argument("--concepts", type=int, default=0, help="only the first so many (0: all)")
    parser.add_argument("--side", type=int, default=96)
    parser.add_argument("--patch", type=int, default=8)
    parser.add_argument("--heads", type=int, default=5)
    parser.add_argument("--layers", type=int, default=10)
    parser.add_argument("--processes", type=int, default=None, help="for the embedding of phrases")
    parser.add_argument("--save-s", type=float, default=120.0)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--device", default=None)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
