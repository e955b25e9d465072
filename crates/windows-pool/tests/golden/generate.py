"""Writes the golden answers of torch and scipy: golden.json.

    pip install torch==2.15.0 scipy==1.17.0 numpy==2.4.6 && python generate.py

Floats are written as text (`nan`, `-inf`), so that JSON can hold them. The versions in use are written along.
"""

import json
from pathlib import Path

import numpy as np
import scipy
import scipy.ndimage as ndimage
import torch
import torch.nn.functional as F

rng = np.random.default_rng(5)
cases = []


def texts(array):
    return [repr(float(value)) for value in np.asarray(array).ravel()]


def record(kind, data, out, size, step=1, pad=0, dilation=1, **more):
    k = data.ndim - 2 if "global_axes" not in more else more["global_axes"]

    def each(value):
        return list(value) if isinstance(value, (tuple, list)) else [value] * k

    cases.append({"kind": kind, "shape": list(data.shape), "data": texts(data), "out_shape": list(out.shape), "out": texts(out),
                  "size": each(size), "step": each(step), "pad": each(pad), "dilation": each(dilation), **more})


def data(*shape, special=()):
    array = rng.integers(-20, 20, shape).astype(np.float32)
    for value in special:
        array.ravel()[rng.integers(array.size)] = value
    return array


# max with indices: sizes, steps, padding, dilation and ceil, of ranks 1 to 3
MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
for shape in [(2, 3, 17), (2, 2, 11, 13), (1, 2, 6, 7, 8)]:
    k = len(shape) - 2
    for size, step, pad, dilation, ceil in [(2, 2, 0, 1, False), (3, 2, 1, 1, False), (3, 1, 1, 1, False), (3, 2, 1, 1, True),
                                            (2, 3, 0, 1, True), (2, 1, 0, 2, False), (3, 2, 1, 2, True)]:
        for special in [(), (-np.inf, -np.inf, np.inf), (np.nan,)]:
            x = data(*shape, special=special)
            out, indices = MAX[k](torch.tensor(x), size, step, pad, dilation, ceil_mode=ceil, return_indices=True)
            record("max", x, out.numpy(), size, step, pad, dilation, ceil=ceil, indices=indices.numpy().ravel().tolist())
x = np.full((1, 1, 4, 4), -np.inf, np.float32)
out, indices = F.max_pool2d(torch.tensor(x), 2, 2, return_indices=True)
record("max", x, out.numpy(), 2, 2, ceil=False, indices=indices.numpy().ravel().tolist())

AVERAGE = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
for shape in [(2, 3, 17), (2, 2, 11, 13), (1, 2, 6, 7, 8)]:
    k = len(shape) - 2
    for size, step, pad, ceil in [(2, 2, 0, False), (3, 2, 1, False), (3, 1, 1, False), (3, 2, 1, True), (2, 3, 0, True)]:
        for counted in [False, True]:
            for special in [(), (np.inf, np.nan)]:
                x = data(*shape, special=special)
                out = AVERAGE[k](torch.tensor(x), size, step, pad, ceil, counted)
                record("average", x, out.numpy(), size, step, pad, ceil=ceil, count_padding=counted)
x = data(1, 2, 6, 6)
record("average", x, F.avg_pool2d(torch.tensor(x), 3, 2, 1, divisor_override=4).numpy(), 3, 2, 1, ceil=False, divisor=4)

x = np.abs(data(1, 2, 9, 9))
for p in [1.0, 2.0, 3.0]:
    record("lp", x, F.lp_pool2d(torch.tensor(x), p, 3, 2).numpy(), 3, 2, ceil=False, exponent=p)

for counts in [(3, 4), (1, 1), (5, 7), (7, 2)]:
    x = data(2, 2, 7, 9)
    record("adaptive-max", x, F.adaptive_max_pool2d(torch.tensor(x), counts).numpy(), counts)
    record("adaptive-average", x, F.adaptive_avg_pool2d(torch.tensor(x), counts).numpy(), counts)

# scipy: a border's elements are ordinary values; `reflect` is our symmetric
for size in [(3, 3), (5, 2), (4, 7)]:
    x = data(1, 1, 9, 10)
    before = [k // 2 for k in size]
    after = [k - 1 - b for k, b in zip(size, before)]
    for kind, call in [("max", ndimage.maximum_filter), ("min", ndimage.minimum_filter), ("median", ndimage.median_filter)]:
        for mode, border in [("reflect", "symmetric"), ("mirror", "reflect"), ("nearest", "replicate"), ("grid-wrap", "wrap")]:
            out = call(x[0, 0], size=size, mode=mode)[None, None]
            record(kind, x, out, size, ceil=False, border=border, before=before, after=after)

versions = {"torch": torch.__version__, "scipy": scipy.__version__, "numpy": np.__version__}
Path(__file__).with_name("golden.json").write_text(json.dumps({"versions": versions, "cases": cases}, separators=(",", ":")) + "\n")
