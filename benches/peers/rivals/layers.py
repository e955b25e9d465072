"""Layers of networks: oneDNN by itself, torch, onnxruntime, tract."""

import tempfile

import onnx
import onnxruntime
import torch
import torch.nn.functional as F
import tract

from . import onednn, rival

torch.set_grad_enabled(False)


def model(operator, inputs, constants, attributes):
    """A model of one operator."""
    value = onnx.helper.make_tensor_value_info
    ((name, x),) = inputs.items()
    node = onnx.helper.make_node(operator, [name, *constants], ["out"], **attributes)
    graph = onnx.helper.make_graph(
        [node],
        "row",
        [value(name, onnx.TensorProto.FLOAT, x.shape)],
        [value("out", onnx.TensorProto.FLOAT, None)],
        [onnx.numpy_helper.from_array(a, name) for name, a in constants.items()],
    )
    made = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)])
    made.ir_version = 8
    return made


def session(operator, inputs, *rest):
    """The model in onnxruntime, with its input and output bound."""
    ((name, x),) = inputs.items()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    made = onnxruntime.InferenceSession(model(operator, inputs, *rest).SerializeToString(), options)
    binding = made.io_binding()
    binding.bind_cpu_input(name, x)
    binding.bind_output("out")
    # The session must live as long as the call.
    return lambda: made.run_with_iobinding(binding), lambda _: binding.copy_outputs_to_cpu()[0]


def runnable(operator, inputs, *rest):
    """The model in tract, its input a tensor of tract's already."""
    (x,) = inputs.values()
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        onnx.save(model(operator, inputs, *rest), file.name)
        made = tract.onnx().load(file.name).into_model().into_runnable()
    tensor = tract.Tensor.from_numpy(x)
    return lambda: made.run([tensor]), lambda out: out[0].to_numpy()


def pool(row):
    return (row["notes"][name] for name in ("size", "step", "padding"))


def max_pool(order):
    def make(row, x):
        size, step, padding = pool(row)
        run, out = onednn.max_pool(x["x"][None], (1, *x["output"].shape), size, step, padding, order)
        return run, lambda made: out(made)[0]

    return make


rival("pool/*", "oneDNN nchw")(max_pool("nchw"))
rival("pool/*", "oneDNN nhwc")(max_pool("nhwc"))


def torch_max_pool(format):
    def make(row, x):
        tensor = torch.from_numpy(x["x"])[None].contiguous(memory_format=format)
        size, step, padding = pool(row)
        return lambda: F.max_pool2d(tensor, size, step, padding), lambda made: made.numpy()[0]

    return make


rival("pool/*", "torch")(torch_max_pool(torch.contiguous_format))
rival("pool/*", "torch nhwc")(torch_max_pool(torch.channels_last))


@rival("pool/*", "onnxruntime")
def _(row, x):
    size, step, padding = pool(row)
    attributes = {"kernel_shape": [size] * 2, "strides": [step] * 2, "pads": [padding] * 4}
    run, out = session("MaxPool", {"x": x["x"][None]}, {}, attributes)
    return run, lambda made: out(made)[0]


def layer(row):
    return (row["notes"][name] for name in ("step", "padding", "groups"))


def convolution(order):
    def make(row, x):
        arrays = (x[name] for name in "xwb")
        return onednn.convolution(*arrays, x["output"].shape, *layer(row), order)

    return make


for family in ("resnet/*", "depthwise/*"):
    rival(family, "oneDNN nchw")(convolution("nchw"))
    rival(family, "oneDNN nhwc")(convolution("nhwc"))
    rival(family, "oneDNN own layout")(convolution("own"))

    @rival(family, "torch")
    def _(row, x):
        image, weights, bias = (torch.from_numpy(x[name]) for name in "xwb")
        step, padding, groups = layer(row)
        return lambda: F.conv2d(image, weights, bias, step, padding, 1, groups), lambda made: made.numpy()

    for name, engine in (("onnxruntime", session), ("tract", runnable)):

        @rival(family, name)
        def _(row, x, engine=engine):
            step, padding, groups = layer(row)
            attributes = {"strides": [step] * 2, "pads": [padding] * 4, "group": groups}
            return engine("Conv", {"x": x["x"]}, {"w": x["w"], "b": x["b"]}, attributes)


@rival("im2col/*", "torch")
def _(row, x):
    image = torch.from_numpy(x["x"])
    return lambda: F.unfold(image, 3, padding=1), lambda made: made.numpy()
