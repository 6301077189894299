"""A kernel classifier over an embedding and hashed features. Owns no texts; a fitted one can be saved.

Least-squares support vector machine (Suykens and Vandewalle, 1999, "Least Squares Support Vector Machine
Classifiers"): one linear system, one target per class. Predictions for left-out groups come from the same
inverse in closed form (An, Liu and Venkatesh, 2007, "Fast cross-validation algorithms for least squares support
vector machine and kernel ridge regression"). On these, one temperature is fitted that makes the probabilities
honest (Guo et al., 2017, "On Calibration of Modern Neural Networks").
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from agent.features import SIZE

Floats = NDArray[np.float32]
Whole = NDArray[np.int64]

VERSION = 5
"""Raise it when the fit changes, so that saved machines are fitted again."""
WIDTH = 0.7
"""Of the Gaussian kernel on centred unit embeddings: exp(-WIDTH * squared distance)."""
HASHED_SHARE = 0.4
"""Of the linear kernel on hashed features, beside the Gaussian kernel's 1."""
RIDGE = 0.05
BALANCE = 0.25
"""How much small classes are lifted: 0 makes all rows count alike, 1 all classes."""


@dataclass(frozen=True)
class Machine:
    """A fitted classifier: its rows' centred embeddings [n, d] and hashed features [n, h], and duals [n, k]."""

    points: Floats
    hashed: sparse.csr_matrix
    duals: Floats
    centre: Floats
    temperature: float

    def probabilities(self, dense: Floats, hashed: sparse.csr_matrix) -> Floats:
        """Calibrated probabilities [m, k] of rows of embeddings [m, d] and hashed features [m, h]."""
        kernel = _kernel(centred(dense, self.centre), self.points, hashed, self.hashed)
        return softmax(kernel @ self.duals / self.temperature)


def save(opened: BinaryIO, machine: Machine) -> None:
    """Write a machine as NumPy's npz, without pickles."""
    np.savez(
        opened,
        points=machine.points.astype(np.float16),
        duals=machine.duals,
        centre=machine.centre,
        temperature=machine.temperature,
        data=machine.hashed.data,
        indices=machine.hashed.indices,
        indptr=machine.hashed.indptr,
    )


def load(file: Path) -> Machine:
    """Read what `save` wrote."""
    with np.load(file, allow_pickle=False) as saved:
        parts = (saved["data"], saved["indices"], saved["indptr"])
        hashed = sparse.csr_matrix(parts, shape=(len(saved["points"]), SIZE))
        points = saved["points"].astype(np.float32)
        return Machine(points, hashed, saved["duals"], saved["centre"], float(saved["temperature"]))


def softmax(scores: Floats) -> Floats:
    """Row by row, without overflow."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), np.float32)


def centred(dense: Floats, centre: Floats) -> Floats:
    """Embeddings without their common direction, at unit length."""
    moved = dense - centre
    return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-6), np.float32)


def fit(dense: Floats, hashed: sparse.csr_matrix, labels: Whole, classes: int, groups: Whole) -> tuple[Machine, Floats]:
    """Fit on rows with `labels` in 0..classes-1.

    Returns the machine and the calibrated probabilities [n, k] of every row by a fit without its group.
    """
    centre = np.asarray(dense.mean(axis=0), np.float32)
    points = centred(dense, centre)
    system = _kernel(points, points, hashed, hashed)
    counts = np.maximum(np.bincount(labels, minlength=classes), 1)
    lift = (counts.mean() / counts) ** BALANCE
    system[np.diag_indices_from(system)] += (RIDGE / lift[labels]).astype(np.float32)
    inverse = _inverse(system)
    targets = np.asarray(np.eye(classes)[labels] - 1 / classes, np.float32)
    duals = np.asarray(inverse @ targets, np.float32)
    left_out = targets.copy()
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        left_out[rows] -= np.linalg.solve(inverse[np.ix_(rows, rows)], duals[rows])
    heat = temperature(left_out, labels)
    return Machine(points, hashed, duals, centre, heat), softmax(left_out / heat)


def temperature(scores: Floats, labels: Whole) -> float:
    """The temperature under which `scores` [n, k] give the labels the highest likelihood."""
    from scipy.optimize import minimize_scalar  # a fifth of a second, and only a fit needs it

    def loss(logarithm: float) -> float:
        predicted = softmax(np.asarray(scores / np.exp(logarithm), np.float32))
        return float(-np.log(np.maximum(predicted[np.arange(len(labels)), labels], 1e-9)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-5.0, 3.0), method="bounded").x))


def _kernel(left: Floats, right: Floats, hashed: sparse.csr_matrix, other: sparse.csr_matrix) -> Floats:
    near = np.exp(2 * WIDTH * (left @ right.T - 1))
    return np.asarray(near + HASHED_SHARE * (hashed @ other.T).toarray(), np.float32)


def _inverse(system: Floats) -> Floats:
    """Of a symmetric positive definite matrix, by Cholesky's method."""
    from scipy import linalg

    factor, info = linalg.lapack.spotrf(system, lower=True, clean=True, overwrite_a=True)
    inverse, failed = linalg.lapack.spotri(factor, lower=True, overwrite_c=True)
    if info or failed:
        raise np.linalg.LinAlgError("The utterances' kernel is not positive definite.")
    return np.asarray(np.tril(inverse) + np.tril(inverse, -1).T, np.float32)
