"""Patches and stitching beside torch, numpy and tiler, one thread, in one run.

    pip install numpy torch tiler
    cargo bench -p windows-benches --bench patches -- --noplot
    python benches/peers/patches.py

The rivals are timed here, best of many, then the estimates that the benches just wrote are read, and the
ratios printed. Inputs have the same shapes and types; results are checked before they are timed.
"""

import importlib.metadata
import json
import os
import pathlib
import time

import numpy as np
import torch
from tiler import Merger, Tiler

torch.set_num_threads(1)
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", "target")) / "criterion"


def best(work, times):
    shortest = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        work()
        shortest = min(shortest, time.perf_counter() - start)
    return shortest


def ours(group, name):
    folder = TARGET / group.replace("/", "_") / name
    estimates = json.loads((folder / "new" / "sample.json").read_text())
    return min(t / n for t, n in zip(estimates["times"], estimates["iters"])) * 1e-9


def row(what, rival, theirs, group, name):
    mine = ours(group, name)
    print(f"| {what} | {rival} | {theirs * 1e6:.1f} us | {mine * 1e6:.1f} us | {theirs / mine:.1f} |")


def torch_tokens(image, mean, std):
    x = (torch.from_numpy(image).permute(2, 0, 1).float() / 255 - mean) / std
    return x.reshape(3, 14, 16, 14, 16).permute(1, 3, 0, 2, 4).reshape(196, 768).contiguous()


def numpy_tokens(image, mean, std):
    x = (image.astype(np.float32) / np.float32(255) - mean) / std
    return np.ascontiguousarray(
        x.reshape(14, 16, 14, 16, 3).transpose(0, 2, 4, 1, 3).reshape(196, 768)
    )


rng = np.random.default_rng(1)
image = rng.integers(0, 256, (224, 224, 3), dtype=np.uint8)
mean = np.array([0.485, 0.456, 0.406], np.float32)
std = np.array([0.229, 0.224, 0.225], np.float32)
planes = [torch.from_numpy(x).reshape(3, 1, 1) for x in (mean, std)]
assert np.allclose(torch_tokens(image, *planes).numpy(), numpy_tokens(image, mean, std), atol=1e-6)

big = rng.random((2048, 2048), dtype=np.float32)
tiler = Tiler(big.shape, (256, 256), overlap=(64, 64), mode="constant")


def cut_and_merge():
    merger = Merger(tiler, window="hann")
    for index, tile in tiler(big):
        merger.add(index, tile)
    return merger.merge(dtype=np.float32)


# Its Hann window weighs 0 at the border, which it then blanks: the inside is right.
assert np.allclose(cut_and_merge()[1:-1, 1:-1], big[1:-1, 1:-1], atol=1e-5)

names = ["numpy", "torch", "tiler"]
print(", ".join(f"{name} {importlib.metadata.version(name)}" for name in names))
print("| work | rival | rival | ours | times faster |\n| --- | --- | --- | --- | --- |")
group = "224x224x3 u8 to normalised f32 patches of 16"
row("normalised ViT tokens", "torch", best(lambda: torch_tokens(image, *planes), 300), group, "vit")
row("normalised ViT tokens", "numpy", best(lambda: numpy_tokens(image, mean, std), 300), group, "vit")
group = "2048x2048 f32, tiles of 256, 64 overlap, Hann"
row("cut and stitch", "tiler", best(cut_and_merge, 10), group, "cut and stitch")
