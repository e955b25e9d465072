"""Windows, patches, stitching and pictures: numpy, torch, tiler, OpenCV, scipy."""

import cv2
import numpy as np
import scipy.ndimage
import torch
from numpy.lib.stride_tricks import sliding_window_view
from tiler import Merger, Tiler

from . import rival

cv2.setNumThreads(1)


def same(made):
    return np.asarray(made)


@rival("views/view", "numpy")
def _(row, x):
    image = x["image"]
    return lambda: sliding_window_view(image, (3, 3)), lambda made: np.array(made.shape[:2])


@rival("views/sum", "numpy")
def _(row, x):
    image = x["image"]
    return lambda: sliding_window_view(image, (3, 3)).sum((2, 3)), same


def split(image, patch):
    height, width, channels = image.shape
    return height // patch, patch, width // patch, patch, channels


@rival("views/pack-[0-9]*", "numpy")
def _(row, x):
    image, patch = x["image"], x["output"].shape[2]
    axes = (0, 2, 1, 3, 4)
    return lambda: np.ascontiguousarray(image.reshape(split(image, patch)).transpose(axes)), same


@rival("views/pack-[0-9]*", "torch")
def _(row, x):
    image, patch = x["image"], x["output"].shape[2]
    tensor = torch.from_numpy(image)
    return lambda: tensor.reshape(split(image, patch)).permute(0, 2, 1, 3, 4).contiguous(), same


@rival("views/pack-overlapping", "numpy")
def _(row, x):
    image = x["image"]
    return lambda: np.ascontiguousarray(sliding_window_view(image, (8, 8))[::4, ::4]), same


@rival("views/pack-overlapping", "torch")
def _(row, x):
    tensor = torch.from_numpy(x["image"])
    return lambda: tensor.unfold(0, 8, 4).unfold(1, 8, 4).contiguous(), same


@rival("views/stitch*", "tiler")
def _(row, x):
    image, (size, overlap) = x["image"], map(int, x["tile"])
    tiler = Tiler(image.shape, (size, size), overlap=(overlap, overlap), mode="constant")

    def cut_and_merge():
        merger = Merger(tiler, window="hann")
        for index, tile in tiler(image):
            merger.add(index, tile)
        return merger.merge(dtype=np.float32)

    def inside(made):
        # Its Hann window weighs 0 at the border, which it then blanks: the inside is right.
        made = np.array(made)
        blank = np.ones(made.shape, bool)
        blank[1:-1, 1:-1] = False
        made[blank] = x["output"][blank]
        return made

    return cut_and_merge, inside


MEAN, DEVIATION = (
    np.array(values, np.float32) for values in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
)


@rival("patches/vit", "torch")
def _(row, x):
    pixels = torch.from_numpy(x["image"])
    mean, deviation = (torch.from_numpy(v).reshape(3, 1, 1) for v in (MEAN, DEVIATION))

    def tokens():
        image = (pixels.permute(2, 0, 1).float() / 255 - mean) / deviation
        return image.reshape(3, 14, 16, 14, 16).permute(1, 3, 0, 2, 4).reshape(196, 768).contiguous()

    return tokens, same


@rival("patches/vit", "numpy")
def _(row, x):
    pixels = x["image"]

    def tokens():
        image = (pixels.astype(np.float32) / np.float32(255) - MEAN) / DEVIATION
        image = image.reshape(14, 16, 14, 16, 3).transpose(0, 2, 4, 1, 3)
        return np.ascontiguousarray(image.reshape(196, 768))

    return tokens, same


def dilate(row, x):
    image, size = x["x"][0], row["notes"]["size"]
    kernel = np.ones((size, size), np.uint8)
    out = np.empty_like(image)
    return lambda: cv2.dilate(image, kernel, dst=out), lambda made: made[None]


rival("pool/sliding-*", "OpenCV")(dilate)
rival("curve/u8-*", "OpenCV")(dilate)


@rival("pool/sliding-*", "scipy")
def _(row, x):
    image, size = x["x"][0], row["notes"]["size"]
    lowest = 0 if image.dtype == np.uint8 else -np.inf
    return (
        lambda: scipy.ndimage.maximum_filter(image, size, mode="constant", cval=lowest),
        lambda made: made[None],
    )
