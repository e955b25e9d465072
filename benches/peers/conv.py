"""Convolution layers: our release build against oneDNN (through torch) and onnxruntime, in turn.

    cargo build --release -p windows-benches --example conv_layers
    python benches/peers/conv.py [--threads N] [--isa avx2] [--rounds R]

Every layer is timed round by round, one library after the other; the best round counts. All of them have a
bias; ours has its weights packed by the plan, onnxruntime by its session. `nchw` and `nhwc` are torch's `conv2d` on
plain and channels-last tensors, which is oneDNN; channels-last is what oneDNN chooses for itself on AVX-512, though
torch lets it reorder the weights in every call. Results are compared before anything is timed.

`--isa avx2` caps ours; oneDNN is capped with ONEDNN_MAX_CPU_ISA=AVX2 in the environment, onnxruntime not at all
(its column is then left out).
"""

import argparse
import json
import os
import subprocess
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as F

parser = argparse.ArgumentParser()
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--isa", default="avx512")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--seconds", type=float, default=0.1)
parser.add_argument("--order", default="nchw")
parser.add_argument("--only", default="")
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.set_grad_enabled(False)

root = Path(__file__).resolve().parents[2]
target = Path(os.environ.get("CARGO_TARGET_DIR", root / "target"))
program = [target / "release/examples/conv_layers", "--threads", str(args.threads)]
program += ["--isa", args.isa, "--order", args.order]


def ours(name, seconds):
    out = subprocess.run(
        [*program, "--seconds", str(seconds), name], capture_output=True, text=True, check=True
    ).stdout
    return [json.loads(line) for line in out.splitlines()]


def best(call):
    call()
    least, start = float("inf"), time.perf_counter()
    while time.perf_counter() - start < args.seconds:
        before = time.perf_counter()
        call()
        least = min(least, time.perf_counter() - before)
    return least * 1e3


def session(x, w, b, step, padding, groups):
    node = onnx.helper.make_node(
        "Conv", ["x", "w", "b"], ["y"], strides=[step] * 2, pads=[padding] * 4, group=groups
    )
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [node],
        "g",
        [value("x", onnx.TensorProto.FLOAT, x.shape)],
        [value("y", onnx.TensorProto.FLOAT, None)],
        [onnx.numpy_helper.from_array(a.numpy(), n) for a, n in ((w, "w"), (b, "b"))],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)])
    model.ir_version = 8
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = args.threads
    made = onnxruntime.InferenceSession(model.SerializeToString(), options)
    binding = made.io_binding()
    binding.bind_cpu_input("x", x.numpy())
    binding.bind_output("y")
    return made, binding


def peers(x, w, b, step, padding, groups):
    """The calls to time, by column, and their results."""
    plain = lambda: F.conv2d(x, w, b, step, padding, groups=groups)
    last = torch.channels_last
    xl, wl = x.to(memory_format=last), w.to(memory_format=last)
    nhwc = lambda: F.conv2d(xl, wl, b, step, padding, groups=groups)
    calls = {"nchw": plain, "nhwc": nhwc}
    if args.isa == "avx512":
        made, binding = session(x, w, b, step, padding, groups)
        calls["ort"] = lambda: made.run_with_iobinding(binding)
    expected = plain()
    for name, call in calls.items():
        result = call()
        if name == "ort":
            result = torch.from_numpy(binding.copy_outputs_to_cpu()[0])
        assert torch.allclose(result, expected, atol=1e-3), name
    return calls


layers = {line["name"]: line for line in ours(args.only, 0)}
columns = ["ours", "nchw", "nhwc", "ort"]
print(f"torch {torch.__version__}, onnxruntime {onnxruntime.__version__}, ", end="")
print(f"{args.threads} thread(s), {args.isa}, ms", flush=True)
print(f"| {'layer':18} | {' | '.join(f'{c:>7}' for c in columns)} | kernel |")
print("|---|" + "---:|" * len(columns) + "---|")
totals = {"resnet": dict.fromkeys(columns, 0.0), "depthwise": dict.fromkeys(columns, 0.0)}
for name, layer in layers.items():
    rng = torch.Generator().manual_seed(1)
    c, m, n, k = (layer[key] for key in ("channels", "out_channels", "len", "size"))
    groups = layer["groups"]
    x = torch.randn((1, c, n, n), generator=rng)
    w = torch.randn((m, c // groups, k, k), generator=rng) / (c // groups * k * k) ** 0.5
    b = torch.randn(m, generator=rng)
    calls = peers(x, w, b, layer["step"], layer["padding"], groups)
    times = dict.fromkeys(columns, float("nan"))
    for _ in range(args.rounds):
        mine = ours(name, args.seconds)[0]
        times["ours"] = np.fmin(times["ours"], mine["ms"])
        for column, call in calls.items():
            times[column] = np.fmin(times[column], best(call))
    total = totals["depthwise" if groups > 1 else "resnet"]
    for column in columns:
        total[column] += layer["count"] * times[column]
    cells = " | ".join(f"{times[c]:7.3f}" for c in columns)
    print(f"| {name:18} | {cells} | {mine['kernel']} |", flush=True)
for network, total in totals.items():
    if total["ours"]:
        print(f"| {network:18} | {' | '.join(f'{total[c]:7.2f}' for c in columns)} | |")
        ratios = " | ".join(f"{total[c] / total['ours']:7.2f}" for c in columns)
        print(f"| rival / ours | {ratios} | |")
