"""A multinomial logistic regression over an embedding and hashed features. Owns no texts and no files.

Fitted by L-BFGS (Nocedal and Wright, "Numerical Optimization", ch. 7) with an L2 penalty, classes weighted so that
a tool with ten examples counts. Its probabilities are calibrated by one temperature (Guo et al., 2017,
"On Calibration of Modern Neural Networks") that is fitted on predictions for texts left out of the fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize, minimize_scalar

Floats = NDArray[np.float32]
DENSE_PENALTY = 0.3
HASHED_PENALTY = 0.6


@dataclass(frozen=True)
class Weights:
    """Fitted weights: `dense` [d, k] on centred embeddings, `hashed` [h, k], `bias` [k], `centre` [d]."""

    dense: Floats
    hashed: Floats
    bias: Floats
    centre: Floats
    temperature: float = 1.0

    def logits(self, dense: Floats, hashed: sparse.csr_matrix) -> Floats:
        """Calibrated scores [n, k] of rows of embeddings [n, d] and hashed features [n, h]."""
        scores = centred(dense, self.centre) @ self.dense + hashed @ self.hashed + self.bias
        return np.asarray(scores / self.temperature, np.float32)

    def probabilities(self, dense: Floats, hashed: sparse.csr_matrix) -> Floats:
        """Probabilities [n, k]."""
        return softmax(self.logits(dense, hashed))


def softmax(scores: Floats) -> Floats:
    """Row by row, without overflow."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), np.float32)


def centred(dense: Floats, centre: Floats) -> Floats:
    """Embeddings without their common direction, at unit length, scaled so that the penalty suits both parts."""
    moved = dense - centre
    norms = np.linalg.norm(moved, axis=1, keepdims=True)
    return np.asarray(2.0 * moved / np.maximum(norms, 1e-6), np.float32)


def fit(
    dense: Floats, hashed: sparse.csr_matrix, labels: NDArray[np.int64], classes: int, weight: Floats
) -> Weights:
    """Fit on rows with `labels` in 0..classes-1; `weight` [n] says how much each row counts."""
    centre = dense.mean(axis=0)
    points = centred(dense, centre)
    truth = np.eye(classes, dtype=np.float32)[labels]
    sizes = (points.shape[1], hashed.shape[1])
    turned = hashed.T.tocsr()

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        table = flat.astype(np.float32).reshape(-1, classes)
        first, second, bias = table[: sizes[0]], table[sizes[0] : -1], table[-1]
        predicted = softmax(points @ first + hashed @ second + bias)
        picked = np.maximum((predicted * truth).sum(axis=1), 1e-9)
        penalty = DENSE_PENALTY * float((first**2).sum()) + HASHED_PENALTY * float((second**2).sum())
        off = (predicted - truth) * weight[:, None]
        slope = np.concatenate(
            [
                points.T @ off + 2 * DENSE_PENALTY * first,
                turned @ off + 2 * HASHED_PENALTY * second,
                off.sum(axis=0)[None],
            ]
        )
        return float(-(weight * np.log(picked)).sum() + penalty), slope.ravel().astype(np.float64)

    start = np.zeros((sum(sizes) + 1) * classes)
    found: Any = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 120, "maxcor": 6})
    table = np.asarray(found.x, np.float32).reshape(-1, classes)
    return Weights(table[: sizes[0]], table[sizes[0] : -1], table[-1], np.asarray(centre, np.float32))


def balanced(labels: NDArray[np.int64], classes: int, power: float = 0.5) -> Floats:
    """Row weights that lift small classes by `power` (1 makes all classes count alike, 0 all rows)."""
    counts = np.maximum(np.bincount(labels, minlength=classes), 1).astype(np.float64)
    lift = (counts.mean() / counts) ** power
    return np.asarray(lift[labels], np.float32)


def out_of_fold(
    dense: Floats,
    hashed: sparse.csr_matrix,
    labels: NDArray[np.int64],
    classes: int,
    groups: NDArray[np.int64],
    folds: int = 4,
) -> Floats:
    """Uncalibrated scores [n, k] for each row from a fit without its fold; rows of a group share a fold."""
    scores = np.zeros((len(labels), classes), np.float32)
    weight = balanced(labels, classes)
    for fold in range(folds):
        held = groups % folds == fold
        if not held.any() or held.all():
            continue
        kept = ~held
        fitted = fit(dense[kept], hashed[kept], labels[kept], classes, weight[kept])
        scores[held] = fitted.logits(dense[held], hashed[held])
    return scores


def temperature(scores: Floats, labels: NDArray[np.int64]) -> float:
    """The temperature under which `scores` [n, k] give the labels the highest likelihood."""

    def loss(logarithm: float) -> float:
        predicted = softmax(np.asarray(scores / np.exp(logarithm), np.float32))
        return float(-np.log(np.maximum(predicted[np.arange(len(labels)), labels], 1e-9)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2.5, 2.5), method="bounded").x))
