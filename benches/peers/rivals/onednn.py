"""oneDNN by its C interface: pooling and convolution in the layout that is asked for.

Only what the tables need of `oneapi/dnnl/dnnl.h`. Layouts are given as strides, so that no tag of the header is
needed but `any`, by which the library chooses its own.
"""

import ctypes
import importlib.metadata
from pathlib import Path

import numpy as np

VERSION = importlib.metadata.version("onednn-cpu-gomp")
CPU, IN_ORDER, F32, ANY = 1, 1, 3, 1
INFERENCE, DIRECT, POOL_MAX = 96, 1, 0x1FF
SRC_MD, WEIGHTS_MD, DST_MD, IMPL = 129, 131, 133, 8
SRC, DST, WEIGHTS, BIAS = 1, 17, 33, 41


def library():
    for file in importlib.metadata.files("onednn-cpu-gomp"):
        if file.name == "libdnnl.so.3.2":
            return ctypes.CDLL(str(Path(file.locate()).resolve()))
    raise FileNotFoundError("libdnnl.so.3.2")


lib = library()
lib.dnnl_primitive_desc_query_md.restype = ctypes.c_void_p
lib.dnnl_memory_desc_get_size.restype = ctypes.c_size_t


class Argument(ctypes.Structure):
    _fields_ = [("index", ctypes.c_int), ("memory", ctypes.c_void_p)]


class Version(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in ("major", "minor", "patch")]


lib.dnnl_version.restype = ctypes.POINTER(Version)
found = lib.dnnl_version().contents
NAME = f"oneDNN {found.major}.{found.minor}.{found.patch}"


def made(function, *arguments):
    """What a `dnnl_*_create` makes."""
    handle = ctypes.c_void_p()
    status = getattr(lib, function)(ctypes.byref(handle), *arguments)
    if status:
        raise RuntimeError(f"{function}: status {status}")
    return handle


engine = made("dnnl_engine_create", CPU, ctypes.c_size_t(0))
stream = made("dnnl_stream_create", engine, IN_ORDER)


def dims(values):
    return (ctypes.c_int64 * 12)(*values)


def described(shape, order=None):
    """A description of f32 in memory: axes from the outermost to the innermost, or as the library likes."""
    if order is None:
        return made("dnnl_memory_desc_create_with_tag", len(shape), dims(shape), F32, ANY)
    strides, step = [0] * len(shape), 1
    for axis in reversed(order):
        strides[axis], step = step, step * shape[axis]
    return made("dnnl_memory_desc_create_with_strides", len(shape), dims(shape), F32, dims(strides))


class Memory:
    """Aligned memory of a description."""

    def __init__(self, description):
        self.description = description
        self.bytes = lib.dnnl_memory_desc_get_size(ctypes.c_void_p(value(description)))
        self.room = np.empty(self.bytes + 64, np.uint8)
        self.shift = -self.room.ctypes.data % 64
        pointer = ctypes.c_void_p(self.room.ctypes.data + self.shift)
        self.handle = made("dnnl_memory_create", ctypes.c_void_p(value(description)), engine, pointer)

    def array(self, shape):
        return self.room[self.shift :][: self.bytes].view(np.float32).reshape(shape)


def value(handle):
    return handle.value if isinstance(handle, ctypes.c_void_p) else handle


def executed(primitive, arguments):
    """A call that runs a primitive with its memories."""
    array = (Argument * len(arguments))(*((i, value(m.handle)) for i, m in arguments.items()))
    execute, wait, count = lib.dnnl_primitive_execute, lib.dnnl_stream_wait, len(arguments)

    def run():
        if execute(primitive, stream, count, array) or wait(stream):
            raise RuntimeError("a primitive failed")

    run.keep = arguments
    return run


def reorder(source, target):
    description = made(
        "dnnl_reorder_primitive_desc_create",
        ctypes.c_void_p(value(source.description)),
        engine,
        ctypes.c_void_p(value(target.description)),
        engine,
        None,
    )
    executed(made("dnnl_primitive_create", description), {SRC: source, DST: target})()


def filled(array, description):
    """Memory of a description with the values of a plain array."""
    plain = Memory(described(array.shape, range(array.ndim)))
    plain.array(array.shape)[...] = array
    target = Memory(description)
    reorder(plain, target)
    return target


def plain(memory, shape):
    target = Memory(described(shape, range(len(shape))))
    reorder(memory, target)
    return target.array(shape).copy()


ORDERS = {"nchw": (0, 1, 2, 3), "nhwc": (0, 2, 3, 1), "own": None}


def asked(description, which):
    found = lib.dnnl_primitive_desc_query_md(description, which, 0)
    return ctypes.c_void_p(found)


def max_pool(x, out_shape, size, step, padding, order):
    order = ORDERS[order]
    source = filled(x, described(x.shape, order))
    target = Memory(described(out_shape, order))
    two = [dims([n, n]) for n in (step, size, 0, padding)]
    description = made(
        "dnnl_pooling_forward_primitive_desc_create",
        engine,
        INFERENCE,
        POOL_MAX,
        source.description,
        target.description,
        *two,
        dims([(n - 1) * step + size - m - padding for n, m in zip(out_shape[2:], x.shape[2:])]),
        None,
    )
    run = executed(made("dnnl_primitive_create", description), {SRC: source, DST: target})
    return run, lambda _: plain(target, out_shape)


def convolution(x, w, b, out_shape, step, padding, groups, order):
    order = ORDERS[order]
    if groups > 1:
        w = w.reshape(groups, w.shape[0] // groups, *w.shape[1:])
    two = [dims([n, n]) for n in (step, 0, padding, padding)]
    description = made(
        "dnnl_convolution_forward_primitive_desc_create",
        engine,
        INFERENCE,
        DIRECT,
        described(x.shape, order),
        described(w.shape),
        described(b.shape, [0]),
        described(out_shape, order),
        *two,
        None,
    )
    # Weights are always in the layout that the library asks for, reordered before anything is timed.
    source = filled(x, asked(description, SRC_MD))
    weights = filled(w, asked(description, WEIGHTS_MD))
    bias = filled(b, described(b.shape, [0]))
    target = Memory(asked(description, DST_MD))
    memories = {SRC: source, WEIGHTS: weights, BIAS: bias, DST: target}
    run = executed(made("dnnl_primitive_create", description), memories)
    return run, lambda _: plain(target, out_shape)
