"""EfficientNet-Lite0 in ONNX Runtime: pooled features and ImageNet labels of crops. Owns no crops and no thresholds.

The network is built from the published checkpoint as it is read (`checkpoint.py`, `efficientnet_graph.py`).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from runtime.errors import ModelCorruptError
from tools.finder.looks.checkpoint import read_checkpoint
from tools.finder.looks.efficientnet_graph import FEATURES, LAST_WEIGHTS, SIDE, efficientnet_lite0

__all__ = ["FEATURES", "SIDE", "Classifier"]

FATAL = 4


class Classifier:
    """The network with its labels. `folder` holds one .pth file and the labels, a line each, in ImageNet's order.

    Raises `ModelCorruptError` when the files are not those of EfficientNet-Lite0.
    """

    def __init__(self, folder: Path, threads: int = 2) -> None:
        try:
            tensors = read_checkpoint(next(iter(folder.glob("*.pth"))))
            graph = efficientnet_lite0(tensors)
            self._session = onnxruntime.InferenceSession(graph, _options(threads), providers=["CPUExecutionProvider"])
        except (StopIteration, OSError, ValueError, KeyError) as problem:
            remedy = "Fetch it again with `hausgeist models pull efficientnet-lite0`."
            raise ModelCorruptError(
                f"{folder} does not hold EfficientNet-Lite0: {problem}.", remedy=remedy
            ) from problem
        self._last = np.array(tensors[LAST_WEIGHTS], np.float32)
        text = next(iter(folder.glob("*labels*.txt"))).read_text(encoding="utf-8")
        self.labels = [line.split(",")[0].strip() for line in text.splitlines() if line.strip()]

    def look(self, pictures: list[NDArray[np.uint8]]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Features [n, 1280] of unit length and label probabilities [n, 1000] of RGB pictures, uint8 [224, 224, 3]."""
        if not pictures:
            return np.empty((0, FEATURES), np.float32), np.empty((0, len(self.labels)), np.float32)
        batch = np.ascontiguousarray(np.stack(pictures).transpose(0, 3, 1, 2), np.float32)
        batch -= 127.0
        batch /= 128.0
        features, logits = self._session.run(["features", "logits"], {"image": batch})
        chances = np.exp(logits - logits.max(1, keepdims=True))
        return _unit(features), np.asarray(chances / chances.sum(1, keepdims=True), np.float32)

    def directions(self) -> NDArray[np.float32]:
        """For each label the unit direction [1000, 1280] in which features speak for it: the last layer's weights less
        their mean over the labels (which a softmax ignores)."""
        return _unit(self._last - self._last.mean(0, keepdims=True))


def _options(threads: int) -> onnxruntime.SessionOptions:
    """Few threads, which sleep while nothing is asked; memory is returned after each look."""
    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads, options.intra_op_num_threads = 1, threads
    options.enable_cpu_mem_arena = False
    options.log_severity_level = FATAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), np.float32)
