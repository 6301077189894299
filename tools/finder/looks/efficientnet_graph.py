"""EfficientNet-Lite0 as an ONNX graph, from the tensors of its published PyTorch checkpoint. Owns no running of it.

Architecture: Tan and Le 2019, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", in its Lite
variant (Google 2020): no squeeze-and-excitation, ReLU6 for swish, stem and head not scaled. Parameter names are those
of the checkpoint, whose batch normalisation has epsilon 1e-3 and whose padding is TensorFlow's "same" (what is odd goes
right and below; ONNX calls it SAME_UPPER). Batch normalisation is folded into the convolution before it (Jacob et al.
2018, "Quantization and Training of Neural Networks", section 3.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE, STEM, FEATURES, LABELS = 224, 32, 1280, 1000
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
EPSILON = 1e-3
LAST_WEIGHTS = "_fc.weight"
OPSET, FORMAT = 13, 8

Tensors = Mapping[str, NDArray[Any]]


def efficientnet_lite0(tensors: Tensors) -> bytes:
    """The graph: `image`, float [n, 3, 224, 224], RGB scaled by (v - 127) / 128, in; `features`, float [n, 1280], and
    `logits`, float [n, 1000], out.

    Raises `KeyError` or `ValueError` when the tensors are not those of EfficientNet-Lite0.
    """
    graph = _Graph(tensors)
    x = graph.convolution("image", "_conv_stem", "_bn0", (STEM, 3, 3, 3), stride=2)
    number, inputs = 0, STEM
    for count, kernel, stride, expansion, outputs in STAGES:
        for position in range(count):
            shape = (inputs, outputs, kernel, stride if position == 0 else 1, expansion)
            x, number, inputs = _block(graph, x, f"_blocks.{number}.", shape), number + 1, outputs
    x = graph.convolution(x, "_conv_head", "_bn1", (FEATURES, inputs, 1, 1))
    x = graph.node("GlobalAveragePool", [x], "pooled")
    x = graph.node("Flatten", [x], "features")
    last = [graph.constant(LAST_WEIGHTS, (LABELS, FEATURES)), graph.constant("_fc.bias", (LABELS,))]
    graph.node("Gemm", [x, *last], "logits", transB=1)
    return graph.model({"features": FEATURES, "logits": LABELS})


def _block(graph: _Graph, x: str, name: str, shape: tuple[int, int, int, int, int]) -> str:
    """Inverted residual: widen, depthwise convolution, narrow."""
    inputs, outputs, kernel, stride, expansion = shape
    inner, y = inputs * expansion, x
    if expansion != 1:
        y = graph.convolution(y, name + "_expand_conv", name + "_bn0", (inner, inputs, 1, 1))
    depthwise = (inner, 1, kernel, kernel)
    y = graph.convolution(y, name + "_depthwise_conv", name + "_bn1", depthwise, stride, groups=inner)
    y = graph.convolution(y, name + "_project_conv", name + "_bn2", (outputs, inner, 1, 1), bends=False)
    return graph.node("Add", [x, y], name + "sum") if stride == 1 and inputs == outputs else y


class _Graph:
    """Collects the nodes and constants of an ONNX graph."""

    def __init__(self, tensors: Tensors) -> None:
        self._tensors = tensors
        self._nodes: list[Any] = []
        self._constants: dict[str, NDArray[np.float32]] = {
            "zero": np.full((), 0, np.float32),
            "six": np.full((), 6, np.float32),
        }

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """One operation; returns `output`."""
        from onnx import helper

        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constant(self, name: str, shape: tuple[int, ...]) -> str:
        """A tensor of the checkpoint as it is; returns its name."""
        self._constants[name] = np.ascontiguousarray(self._tensor(name, shape), np.float32)
        return name

    def convolution(
        self, x: str, conv: str, norm: str, shape: tuple[int, ...], stride: int = 1, groups: int = 1, bends: bool = True
    ) -> str:
        """A convolution with its batch normalisation and, where it `bends`, ReLU6."""
        weights, channels = self._tensor(f"{conv}.weight", shape), shape[:1]
        scale, shift, mean, variance = (
            self._tensor(f"{norm}.{part}", channels) for part in ("weight", "bias", "running_mean", "running_var")
        )
        gain = scale / np.sqrt(variance + EPSILON)
        folded, rest = f"{conv}.folded", f"{conv}.rest"
        self._constants[folded] = (weights * gain.reshape(-1, 1, 1, 1)).astype(np.float32)
        self._constants[rest] = (shift - mean * gain).astype(np.float32)
        how = {"kernel_shape": list(shape[2:]), "strides": [stride, stride], "group": groups, "auto_pad": "SAME_UPPER"}
        y = self.node("Conv", [x, folded, rest], f"{conv}.out", **how)
        return self.node("Clip", [y, "zero", "six"], f"{conv}.bent") if bends else y

    def model(self, outputs: Mapping[str, int]) -> bytes:
        """The whole as the bytes of an ONNX file."""
        from onnx import TensorProto, helper, numpy_helper

        constants = [numpy_helper.from_array(value, name) for name, value in self._constants.items()]
        taken = [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])]
        given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size]) for name, size in outputs.items()]
        graph = helper.make_graph(self._nodes, "efficientnet-lite0", taken, given, constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=FORMAT)
        return bytes(model.SerializeToString())

    def _tensor(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
        tensor = np.asarray(self._tensors[name])
        if tensor.shape != shape or tensor.dtype != np.float32:
            raise ValueError(f"{name} is {tensor.dtype} {list(tensor.shape)}, not float32 {list(shape)}")
        return tensor
