"""Writes the golden arrays of `tests/golden.rs`: what torch and onnxruntime answer.

    python generate.py

Needs torch, onnx, onnxruntime and numpy; the versions that made the committed files are in
`versions.txt`, which is written beside them.
"""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as F

HERE = Path(__file__).parent
rng = np.random.default_rng(20)


def save(name, **arrays):
    for key, array in arrays.items():
        np.save(HERE / f"{name}.{key}.npy", np.ascontiguousarray(array))


def normal(*shape):
    return rng.standard_normal(shape).astype(np.float32)


def conv(name, x, w, transposed=False, activation=None, **options):
    """Computed in f64, so that the answer is torch's definition and not its rounding."""
    rank = x.ndim - 2
    call = getattr(F, f"conv_transpose{rank}d" if transposed else f"conv{rank}d")
    outputs = w.shape[1] * options.get("groups", 1) if transposed else w.shape[0]
    b = normal(outputs)
    y = call(*(torch.from_numpy(a.astype(np.float64)) for a in (x, w, b)), **options)
    if activation is not None:
        y = activation(y)
    save(name, x=x, w=w, b=b, y=y.numpy())


conv("conv1d", normal(2, 3, 37), normal(5, 3, 4), stride=2, dilation=3, padding=4)
conv("conv2d", normal(1, 16, 11, 13), normal(24, 16, 3, 3), padding=1, activation=torch.relu)
conv("stem", normal(1, 3, 30, 31), normal(9, 3, 7, 7), stride=2, padding=3, activation=F.silu)
conv("pointwise", normal(2, 40, 6, 7), normal(33, 40, 1, 1), activation=F.relu6)
conv("groups", normal(1, 12, 9, 8), normal(8, 3, 3, 2), groups=4, stride=(2, 1), padding=(0, 1))
conv("depthwise", normal(1, 10, 9, 20), normal(10, 1, 3, 3), groups=10, padding=1)
conv("conv3d", normal(1, 4, 5, 6, 7), normal(6, 4, 2, 3, 3), dilation=(1, 2, 1), padding=(1, 2, 0))
conv(
    "transposed", normal(1, 6, 5, 4), normal(6, 4, 3, 4), transposed=True, stride=(2, 3),
    padding=(1, 0), output_padding=(1, 2), groups=2, dilation=(2, 1),
)

x = normal(2, 3, 7, 6)
geometry = dict(kernel_size=(3, 2), dilation=(1, 2), padding=(1, 0), stride=(2, 1))
columns = F.unfold(torch.from_numpy(x), **geometry)
save("unfold", x=x, y=columns.numpy(), z=F.fold(columns, (7, 6), **geometry).numpy())

# ONNX pads ConvInteger with the zero point of the input.
x = rng.integers(0, 256, (1, 5, 8, 9), dtype=np.uint8)
w = rng.integers(-128, 128, (4, 5, 3, 3), dtype=np.int8)
xz, wz = np.array(131, np.uint8), np.array(-3, np.int8)
node = onnx.helper.make_node("ConvInteger", ["x", "w", "xz", "wz"], ["y"], pads=[1, 1, 1, 1])
graph = onnx.helper.make_graph(
    [node],
    "g",
    [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.UINT8, x.shape)],
    [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.INT32, None)],
    [onnx.numpy_helper.from_array(a, n) for a, n in ((w, "w"), (xz, "xz"), (wz, "wz"))],
)
model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)])
model.ir_version = 8
session = onnxruntime.InferenceSession(model.SerializeToString())
save("integer", x=x, w=w, y=session.run(None, {"x": x})[0])

versions = [f"{m.__name__} {m.__version__}" for m in (np, torch, onnx, onnxruntime)]
(HERE / "versions.txt").write_text("\n".join(versions) + "\n")
