"""Holds the program `ndwin` against numpy and Pillow on random cases.

    pip install -r benches/peers/requirements.txt
    cargo build --release && python benches/peers/agree.py target/release/ndwin [--cases N] [--seed S]

`windows` is compared, to the bit, with `numpy.pad`, `sliding_window_view` and slicing, and with an index loop where numpy has no
such thing (snap, balance, keep); `as_strided` gives the same where there is no padding. `fold` is compared with `numpy.add.at`,
`patches` with crops of what Pillow decodes. Exits with 1 at the first difference, and prints the command that shows it.
"""

import argparse
import itertools
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view
from PIL import Image

DTYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8", "c8", "c16"]
MODES = {"constant": "constant", "replicate": "edge", "reflect": "reflect", "symmetric": "symmetric", "wrap": "wrap"}


def run(program, *args):
    command = [program, *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True)
    return command, done


def fail(command, why):
    sys.exit(f"{why}\n  {' '.join(command)}")


def random_array(rng, shape, dtype):
    kind = np.dtype(dtype).kind
    if kind in "ui":
        info = np.iinfo(dtype)
        return rng.integers(info.min, info.max, size=shape, dtype=dtype, endpoint=True)
    real = rng.standard_normal(shape)
    if kind == "c":
        real = real + 1j * rng.standard_normal(shape)
    return np.asarray(real).astype(dtype)


def save(rng, path, array):
    """In either byte order, either axis order and any version of the format."""
    order = rng.choice(["<", ">"])
    stored = array.astype(array.dtype.newbyteorder(order))
    if rng.integers(2):
        stored = np.asfortranarray(stored)
    with open(path, "wb") as file:
        np.lib.format.write_array(file, stored, version=[(1, 0), (2, 0), (3, 0)][rng.integers(3)])


def starts(length, size, step, dilation, before, after, edge, same):
    """Window starts of one axis, and the padding in force."""
    field = dilation * (size - 1) + 1
    if same:
        count = -(-length // step)
        total = max((count - 1) * step + field - length, 0)
        small, large = total // 2, total - total // 2
        before, after = (small, large) if same == "upper" else (large, small)
    padded = length + before + after
    fits = 0 if padded < field else (padded - field) // step + 1
    if same or edge in (None, "drop"):
        return [i * step - before for i in range(fits)], before
    if edge == "keep":
        return list(range(0, length, step)), 0
    if edge == "ceil":
        found = []
        for i in itertools.count():
            start = i * step - before
            # The window before this one already reached the end, or this one starts behind the data.
            if start >= length or (i > 0 and start - step + field >= length + after):
                return found, before
            if i == 0 and padded <= field - step:
                return found, before
            found.append(start)
    if length == 0:
        return [], 0
    count = 1 if length <= field else -(-(length - field) // step) + 1
    if edge == "covered":
        return [i * step for i in range(count)], 0
    last = max(length - field, 0)
    if edge == "snap":
        return [min(i * step, last) for i in range(count)], 0
    return [0 if count == 1 else int(np.floor(i * last / (count - 1) + 0.5)) for i in range(count)], 0


def expected_windows(array, axes, border, constant):
    """The windows of the last axes of `array`, through numpy.pad and fancy indexing; and the same from views where there are."""
    lead = array.ndim - len(axes)
    pads = [(0, 0)] * lead
    for (first, _), axis in zip([(a["starts"], a) for a in axes], axes):
        field = axis["dilation"] * (axis["size"] - 1) + 1
        low = max([-s for s in first] + [0])
        high = max([s + field - axis["length"] for s in first] + [0])
        pads.append((low, high))
    extra = {"constant_values": constant} if border == "constant" else {}
    padded = np.pad(array, pads, mode=MODES[border], **extra)
    out = padded
    # Each axis in turn becomes one of positions, in place, and one of taps, last.
    for i, axis in enumerate(axes):
        low = pads[lead + i][0]
        first = np.array(axis["starts"], dtype=int).reshape(-1, 1) + low
        index = first + np.arange(axis["size"]) * axis["dilation"]
        out = np.moveaxis(np.take(out, index, axis=lead + i), lead + i + 1, -1)

    # numpy's own windows, where the starts are equally spaced.
    if all(axis["edge"] in (None, "drop", "ceil") or axis["same"] for axis in axes) and 0 not in out.shape:
        fields = [a["dilation"] * (a["size"] - 1) + 1 for a in axes]
        view = sliding_window_view(padded, fields, axis=tuple(range(lead, array.ndim)))
        pick = [slice(None)] * lead
        pick += [slice(a["starts"][0] + p[0], None, a["step"]) for a, p in zip(axes, pads[lead:])]
        pick += [slice(None, None, a["dilation"]) for a in axes]
        view = view[tuple(pick)]
        view = view[tuple([slice(None)] * lead + [slice(n) for n in out.shape[lead : lead + len(axes)]])]
        assert np.array_equal(view, out, equal_nan=True), "the oracles differ"
        if not any(map(any, pads)):
            strides = padded.strides[:lead]
            strides += tuple(s * a["step"] for s, a in zip(padded.strides[lead:], axes))
            strides += tuple(s * a["dilation"] for s, a in zip(padded.strides[lead:], axes))
            assert np.array_equal(as_strided(padded, out.shape, strides), out, equal_nan=True)
    return out


def random_axes(rng, lengths):
    edge = rng.choice([None, None, "drop", "keep", "ceil", "covered", "snap", "balance"])
    same = rng.choice([None, "upper", "lower"]) if edge is None and rng.integers(4) == 0 else None
    axes = []
    for length in lengths:
        axis = dict(
            length=length,
            size=int(rng.integers(1, 5)),
            step=int(rng.integers(1, 5)),
            dilation=int(rng.integers(1, 4)),
            before=0,
            after=0,
            edge=edge,
            same=same,
        )
        if not same and edge in (None, "drop", "ceil"):
            axis["before"], axis["after"] = map(int, rng.integers(0, 6, size=2))
        axis["starts"], _ = starts(*(axis[k] for k in "length size step dilation before after edge same".split()))
        axes.append(axis)
    return axes


def options(axes, border, constant):
    def values(key):
        return ",".join(str(axis[key]) for axis in axes)

    args = ["--size", values("size"), "--step", values("step"), "--dilation", values("dilation")]
    if any(axis["before"] + axis["after"] for axis in axes):
        args += ["--pad", ",".join(f"{axis['before']}:{axis['after']}" for axis in axes)]
    if axes[0]["edge"]:
        args += ["--edge", axes[0]["edge"]]
    if axes[0]["same"]:
        args += ["--same", axes[0]["same"]]
    return args + ["--border", f"constant:{constant}" if border == "constant" else border]


def check_windows(rng, program, folder):
    rank = int(rng.integers(1, 5))
    k = int(rng.integers(1, min(rank, 3) + 1))
    shape = [int(n) for n in rng.integers(1, 9, size=rank)]
    dtype = rng.choice(DTYPES)
    array = random_array(rng, shape, dtype)
    axes = random_axes(rng, shape[rank - k :])
    border, constant = rng.choice(list(MODES)), int(rng.integers(0, 100))
    source, target = folder / "x.npy", folder / "y.npy"
    save(rng, source, array)
    args = options(axes, border, constant)
    command, done = run(program, "windows", source, "-o", target, "--force", *args)
    empty = any(not axis["starts"] for axis in axes)
    if empty and axes[0]["edge"] is None:
        if done.returncode != 2 or done.stderr.count("\n") != 1:
            fail(command, f"no window fits, but the status is {done.returncode}: {done.stderr}")
        return
    if done.returncode:
        fail(command, done.stderr)
    got = np.load(target)
    expected = expected_windows(array, axes, border, constant)
    if got.dtype != np.dtype(dtype) or got.shape != expected.shape:
        fail(command, f"got {got.dtype} {got.shape}, expected {dtype} {expected.shape}")
    if not np.array_equal(got, expected, equal_nan=True):
        fail(command, f"elements differ on {array.dtype} {array.shape}")

    # fold: every tap is added where it was read, as add.at does with the windows of the indices.
    if np.dtype(dtype).kind == "c":
        return
    index = expected_windows(np.arange(array.size).reshape(shape), axes, border, -1)
    values = random_array(rng, got.shape, dtype)
    if np.dtype(dtype).kind == "f":
        # Small integers: sums are exact in any order.
        values = rng.integers(-9, 9, size=got.shape).astype(dtype)
    flat = np.zeros(array.size, dtype)
    real = index >= 0
    with np.errstate(over="ignore"):
        np.add.at(flat, index[real], values[real])
    save(rng, source, values)
    lengths = ",".join(map(str, shape[rank - k :]))
    command, done = run(program, "fold", source, "-o", target, "--force", "--shape", lengths, *args)
    if done.returncode:
        fail(command, done.stderr)
    if not np.array_equal(np.load(target), flat.reshape(shape)):
        fail(command, f"sums differ on {array.dtype} {array.shape}")


def check_patches(rng, program, folder):
    height, width = (int(n) for n in rng.integers(1, 60, size=2))
    channels = int(rng.choice([1, 3, 4]))
    shape = (height, width) if channels == 1 else (height, width, channels)
    extension = rng.choice(["png", "tif"] if channels == 4 else ["png", "bmp", "tif", "jpg", "webp"])
    if channels == 1 and extension in ("webp", "bmp"):
        extension = "png"
    source, target = folder / f"p.{extension}", folder / "y.npy"
    how = {"jpg": {"subsampling": 0}, "webp": {"lossless": True}}.get(extension, {})
    Image.fromarray(rng.integers(0, 256, size=shape, dtype="u1")).save(source, **how)
    # Decoders of JPEG may differ by a rounding: the program's own pixels are then the reference.
    pixels = np.asarray(Image.open(source))
    if extension == "jpg":
        command, done = run(program, "patches", source, "-o", target, "--force", "--size", f"{height},{width}")
        if done.returncode:
            fail(command, done.stderr)
        ours = np.load(target)[0, 0]
        if ours.shape != pixels.shape or np.abs(ours.astype(int) - pixels).max() > 8:
            fail(command, "decoded otherwise than by Pillow")
        pixels = ours
    edge = rng.choice(["drop", "keep", "ceil", "covered", "snap", "balance"])
    axes = random_axes(rng, [height, width])
    for axis in axes:
        axis.update(edge=edge, same=None, before=0, after=0, dilation=1, size=int(rng.integers(1, axis["length"] + 1)))
        axis["starts"], _ = starts(*(axis[k] for k in "length size step dilation before after edge same".split()))
    view = pixels if channels > 1 else pixels[..., None]
    expected = expected_windows(np.moveaxis(view, -1, 0), axes, "constant", 0)
    expected = np.moveaxis(expected, 0, -1)
    if channels == 1:
        expected = expected[..., 0]
    size, step = (",".join(str(axis[key]) for axis in axes) for key in ("size", "step"))
    command, done = run(
        program, "patches", source, "-o", target, "--force", "--size", size, "--step", step, "--edge", edge
    )
    if done.returncode:
        fail(command, done.stderr)
    if not np.array_equal(np.load(target), expected):
        fail(command, f"patches differ on {pixels.shape}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name, check in [("windows and fold", check_windows), ("patches", check_patches)]:
            for case in range(args.cases):
                rng = np.random.default_rng([args.seed, case])
                check(rng, args.program, Path(folder))
            print(f"{name}: {args.cases} random cases agree with numpy {np.__version__}")


if __name__ == "__main__":
    main()
