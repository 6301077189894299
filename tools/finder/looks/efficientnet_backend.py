"""EfficientNet-Lite0 in torch: pooled features and ImageNet labels of crops. Owns no crops and no thresholds.

Architecture: Tan and Le 2019, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", in its Lite
variant (Google 2020): no squeeze-and-excitation, ReLU6 for swish, stem and head not scaled. Parameter names are those
of the published checkpoint, whose batch normalisation has epsilon 1e-3 and whose padding is TensorFlow's "same".
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import nn

from runtime.errors import ModelCorruptError

SIDE = 224
FEATURES = 1280
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""Of each stage: blocks, kernel, stride of the first block, expansion, output channels (table 1 of the paper)."""


class _SameConv(nn.Conv2d):  # type: ignore[misc]
    """A convolution padded as TensorFlow does: what is odd goes right and below."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        step, kernel = self.stride[0], self.kernel_size[0]
        pads = [max((-(-size // step) - 1) * step + kernel - size, 0) for size in (x.shape[3], x.shape[2])]
        x = F.pad(x, [p for pad in pads for p in (pad // 2, pad - pad // 2)])
        return F.conv2d(x, self.weight, self.bias, self.stride, 0, 1, self.groups)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)


class _Block(nn.Module):  # type: ignore[misc]
    """Inverted residual: widen, depthwise convolution, narrow."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = inputs * expansion
        self._widens, self._adds = expansion != 1, stride == 1 and inputs == outputs
        if self._widens:
            self._expand_conv, self._bn0 = _SameConv(inputs, inner, 1, bias=False), _norm(inner)
        self._depthwise_conv = _SameConv(inner, inner, kernel, stride, groups=inner, bias=False)
        self._bn1 = _norm(inner)
        self._project_conv, self._bn2 = _SameConv(inner, outputs, 1, bias=False), _norm(outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu6(self._bn0(self._expand_conv(x))) if self._widens else x
        y = F.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self._adds else y


class EfficientNetLite0(nn.Module):  # type: ignore[misc]
    """float [n, 3, 224, 224] in, RGB scaled by (v - 127) / 128; (features [n, 1280], logits [n, 1000]) out."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem, self._bn0 = _SameConv(3, 32, 3, 2, bias=False), _norm(32)
        blocks, inputs = [], 32
        for count, kernel, stride, expansion, outputs in STAGES:
            for position in range(count):
                blocks.append(_Block(inputs, outputs, kernel, stride if position == 0 else 1, expansion))
                inputs = outputs
        self._blocks = nn.ModuleList(blocks)
        self._conv_head, self._bn1 = _SameConv(inputs, FEATURES, 1, bias=False), _norm(FEATURES)
        self._fc = nn.Linear(FEATURES, 1000)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = F.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        pooled = F.relu6(self._bn1(self._conv_head(x))).mean((2, 3))
        return pooled, self._fc(pooled)


class Classifier:
    """The network with its labels. `folder` holds one .pth file and the labels, a line each, in ImageNet's order.

    Raises `ModelCorruptError` when the files are not those of EfficientNet-Lite0.
    """

    def __init__(self, folder: Path, threads: int = 2) -> None:
        torch.set_num_threads(threads)
        self._net = EfficientNetLite0().eval()
        try:
            weights = torch.load(next(iter(folder.glob("*.pth"))), map_location="cpu", weights_only=True)
            self._net.load_state_dict(weights)
        except (StopIteration, RuntimeError, EOFError, ValueError) as problem:
            remedy = "Fetch it again with `hausgeist models pull efficientnet-lite0`."
            raise ModelCorruptError(
                f"{folder} does not hold EfficientNet-Lite0: {problem}.", remedy=remedy
            ) from problem
        text = next(iter(folder.glob("*labels*.txt"))).read_text(encoding="utf-8")
        self.labels = [line.split(",")[0].strip() for line in text.splitlines() if line.strip()]

    def look(self, pictures: list[NDArray[np.uint8]]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Features [n, 1280] of unit length and label probabilities [n, 1000] of RGB pictures, uint8 [224, 224, 3]."""
        if not pictures:
            return np.empty((0, FEATURES), np.float32), np.empty((0, len(self.labels)), np.float32)
        batch: Any = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float().sub(127.0).div(128.0)
        with torch.inference_mode():
            pooled, logits = self._net(batch)
            features = F.normalize(pooled, dim=1)
        return features.numpy(), logits.softmax(1).numpy()

    def directions(self) -> NDArray[np.float32]:
        """For each label the unit direction [1000, 1280] in which features speak for it: the last layer's weights less
        their mean over the labels (which a softmax ignores)."""
        weights = self._net._fc.weight.detach()
        apart = F.normalize(weights - weights.mean(0, keepdim=True), dim=1)
        return np.asarray(apart.numpy(), np.float32)
