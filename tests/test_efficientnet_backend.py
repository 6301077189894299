"""EfficientNet-Lite0 without PyTorch, against the same network in PyTorch on weights that the test draws."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from runtime.errors import ModelCorruptError
from tools.finder.looks.checkpoint import read_checkpoint
from tools.finder.looks.efficientnet_graph import STAGES

torch = pytest.importorskip("torch")
pytest.importorskip("onnxruntime")


def layers() -> list[tuple[str, str, tuple[int, ...], int, int, bool]]:
    """Name, name of the normalisation, shape of the weights, stride, groups and ReLU6 of every convolution."""
    rows: list[tuple[str, str, tuple[int, ...], int, int, bool]] = [("_conv_stem", "_bn0", (32, 3, 3, 3), 2, 1, True)]
    number, inputs = 0, 32
    for count, kernel, stride, expansion, outputs in STAGES:
        for position in range(count):
            name, inner = f"_blocks.{number}.", inputs * expansion
            if expansion != 1:
                rows.append((f"{name}_expand_conv", f"{name}_bn0", (inner, inputs, 1, 1), 1, 1, True))
            step = stride if position == 0 else 1
            shape = (inner, 1, kernel, kernel)
            rows.append((f"{name}_depthwise_conv", f"{name}_bn1", shape, step, inner, True))
            rows.append((f"{name}_project_conv", f"{name}_bn2", (outputs, inner, 1, 1), 1, 1, False))
            number, inputs = number + 1, outputs
    return [*rows, ("_conv_head", "_bn1", (1280, inputs, 1, 1), 1, 1, True)]


def drawn() -> OrderedDict[str, object]:
    """A state dictionary with weights that keep the size of what goes through."""
    made, torch_state = torch.Generator().manual_seed(3), OrderedDict()
    for conv, norm, shape, _, _, _ in layers():
        fan = shape[1] * shape[2] * shape[3]
        torch_state[f"{conv}.weight"] = torch.randn(shape, generator=made) * (2.0 / fan) ** 0.5
        torch_state[f"{norm}.weight"] = torch.rand(shape[0], generator=made) + 0.5
        torch_state[f"{norm}.bias"] = torch.randn(shape[0], generator=made) * 0.1
        torch_state[f"{norm}.running_mean"] = torch.randn(shape[0], generator=made) * 0.1
        torch_state[f"{norm}.running_var"] = torch.rand(shape[0], generator=made) + 0.5
        torch_state[f"{norm}.num_batches_tracked"] = torch.tensor(5)
    torch_state["_fc.weight"] = torch.randn(1000, 1280, generator=made) * 0.05
    torch_state["_fc.bias"] = torch.randn(1000, generator=made)
    return torch_state


def reference(state: OrderedDict[str, object], x: object) -> tuple[object, object]:
    """The network in PyTorch, padded as TensorFlow does."""
    functional, kept = torch.nn.functional, None
    for conv, norm, shape, stride, groups, bends in layers():
        if conv.endswith(("_expand_conv", "_depthwise_conv")) and (conv.endswith("_expand_conv") or shape[0] == 32):
            kept = x
        pads = [max((-(-size // stride) - 1) * stride + shape[2] - size, 0) for size in (x.shape[3], x.shape[2])]
        y = functional.pad(x, [part for pad in pads for part in (pad // 2, pad - pad // 2)])
        y = functional.conv2d(y, state[f"{conv}.weight"], None, stride, 0, 1, groups)
        parts = [state[f"{norm}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")]
        y = functional.batch_norm(y, *parts, eps=1e-3)
        y = functional.relu6(y) if bends else y
        x = y + kept if not bends and kept.shape == y.shape else y
    pooled = x.mean((2, 3))
    return pooled, pooled @ state["_fc.weight"].T + state["_fc.bias"]


@pytest.fixture(scope="module")
def state() -> OrderedDict[str, object]:
    return drawn()


@pytest.fixture(scope="module")
def folder(state: OrderedDict[str, object], tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("net")
    torch.save(state, made / "net.pth", _use_new_zipfile_serialization=False)
    (made / "net_labels.txt").write_text("".join(f"thing {n}, other name\n" for n in range(1000)), encoding="utf-8")
    return made


def test_gives_what_the_network_gives_in_pytorch(state: OrderedDict[str, object], folder: Path) -> None:
    from tools.finder.looks.efficientnet_backend import SIDE, Classifier

    pictures = list(np.random.default_rng(1).integers(0, 256, (3, SIDE, SIDE, 3), np.uint8))
    torch.set_num_threads(1)  # threads that wait spin, which takes minutes on a machine that others use
    with torch.inference_mode():
        pooled, logits = reference(state, (torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2) - 127.0) / 128.0)
    net = Classifier(folder)
    features, chances = net.look(pictures)
    assert np.abs(features - torch.nn.functional.normalize(pooled, dim=1).numpy()).max() < 1e-5
    assert np.abs(chances - logits.softmax(1).numpy()).max() < 1e-4
    assert float(features.std(0).max()) > 1e-3  # the pictures are told apart
    alone, _ = net.look(pictures[:1])
    assert np.abs(alone - features[:1]).max() < 1e-6
    assert [len(part) for part in net.look([])] == [0, 0]
    weights = state["_fc.weight"]
    directions = torch.nn.functional.normalize(weights - weights.mean(0, keepdim=True), dim=1)
    assert np.abs(net.directions() - directions.numpy()).max() < 1e-6
    assert net.labels[7] == "thing 7"


def test_reads_tensors_as_they_were_saved(tmp_path: Path) -> None:
    whole = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    saved = {"whole": whole, "part": whole[1:3, ::2], "turned": whole.T, "count": torch.tensor(7), "none": whole[:0]}
    torch.save(saved, tmp_path / "a.pth", _use_new_zipfile_serialization=False)
    read = read_checkpoint(tmp_path / "a.pth")
    assert set(read) == set(saved)
    for name, tensor in saved.items():
        assert read[name].dtype == tensor.numpy().dtype and np.array_equal(read[name], tensor.numpy())


class Evil:
    """Calls a program when a pickle that holds it is loaded."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.file,)


@pytest.mark.parametrize("spoil", ["calls", "names", "cut", "zip", "empty", "strange", "reaches"])
def test_what_is_no_checkpoint_is_refused_and_calls_nothing(
    spoil: str, folder: Path, tmp_path: Path, state: OrderedDict[str, object]
) -> None:
    from tools.finder.looks.efficientnet_backend import Classifier

    file, called = tmp_path / "net.pth", tmp_path / "called"
    data = (folder / "net.pth").read_bytes()
    if spoil == "calls":
        file.write_bytes(pickle.dumps(Evil(called)) + data)
    elif spoil == "names":
        file.write_bytes(data.replace(b"ctorch\nFloatStorage\n", b"cposix\nsystem\n", 1))
    elif spoil == "cut":
        file.write_bytes(data[: len(data) // 2])
    elif spoil == "zip":
        torch.save(state, file)
    elif spoil == "strange":
        torch.save({"weights": torch.zeros(3)}, file, _use_new_zipfile_serialization=False)
    elif spoil == "reaches":
        small = torch.zeros(4).as_strided((4,), (1,))
        torch.save({"a": small}, file, _use_new_zipfile_serialization=False)
        changed = file.read_bytes().replace(b"K\x04\x85", b"K\x63\x85", 1)
        assert changed != file.read_bytes()
        file.write_bytes(changed)
        with pytest.raises(ValueError, match="reaches out"):
            read_checkpoint(file)
    else:
        file.write_bytes(b"")
    with pytest.raises(ModelCorruptError, match="does not hold"):
        Classifier(tmp_path)
    assert not called.exists()


def test_the_starter_backend_needs_no_pytorch() -> None:
    """Its import takes 200 MB in a process."""
    words = "import sys, tools.finder.looks.starter_backend; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", words], check=False).returncode == 0


def test_a_damaged_checkpoint_is_told_as_one(tmp_path: Path) -> None:
    file, rng = tmp_path / "a.pth", np.random.default_rng(5)
    saved = OrderedDict(weight=torch.arange(12.0).reshape(3, 4), count=torch.tensor(7), bias=torch.ones(3)[1:])
    torch.save(saved, file, _use_new_zipfile_serialization=False)
    sound, told = file.read_bytes(), 0
    for _ in range(1500):
        data = bytearray(sound)
        for place in rng.integers(0, len(data), rng.integers(1, 4)).tolist():
            data[place] = int(rng.integers(256))
        file.write_bytes(data[: int(rng.integers(1, len(data) + 1))] if rng.random() < 0.2 else data)
        try:
            read_checkpoint(file)
        except ValueError:
            told += 1
    assert told > 500
