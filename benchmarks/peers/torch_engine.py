"""PyTorch: forward passes, in its two layouts: channels first, and channels last."""

import numpy as np
import torch
import torch.nn.functional as F

ELEMENTWISE = {"relu": torch.relu, "sigmoid": torch.sigmoid, "softmax": lambda x: torch.softmax(x, -1)}


class Engine:
    """PyTorch on the processor; convolutions and pools in both layouts."""

    name = "torch"
    has_threads = True

    def __init__(self, threads):
        torch.set_num_threads(threads)

    def runs(self, case, which, arrays):
        """Make the calls of one pass. Arguments and result as minicnn's; of gradients it is not asked."""
        if which != "fwd" or 0 in case.x_shape:
            return {}
        x, kernel, bias = (
            None if array is None else torch.from_numpy(np.ascontiguousarray(array)) for array in arrays[:3]
        )
        if case.operation in ELEMENTWISE:
            return {"torch": (_quiet(lambda: ELEMENTWISE[case.operation](x)), _as_array)}
        if case.operation == "dense":
            weight = kernel.T.contiguous()
            return {"torch": (_quiet(lambda: F.linear(x, weight, bias)), _as_array)}
        layouts = {"torch nchw": torch.contiguous_format, "torch nhwc": torch.channels_last}
        return {
            name: (_quiet(_windowed(case, x, kernel, bias, layout)), _channels_last) for name, layout in layouts.items()
        }


def _quiet(function):
    """Run without the bookkeeping for gradients, as a user who only predicts does."""
    return torch.inference_mode()(function)


def _windowed(case, x, kernel, bias, layout):
    x = x.permute(0, 3, 1, 2).contiguous(memory_format=layout)
    (top, bottom), (left, right) = case.pads
    even = top == bottom and left == right
    padding = (top, left) if even else (0, 0)

    def frame(value):
        return x if even else F.pad(x, (left, right, top, bottom), value=value)

    if case.operation == "maxpool2d":
        return lambda: F.max_pool2d(frame(float("-inf")), case.window, case.strides, padding)
    order = (3, 2, 0, 1) if case.operation == "conv2d" else (2, 3, 0, 1)
    weight = kernel.permute(*order).contiguous(memory_format=layout)
    if case.operation == "depthwise_conv2d":
        return lambda: F.conv2d(frame(0.0), weight, bias, case.strides, padding, groups=x.shape[1])
    return lambda: torch.relu_(F.conv2d(frame(0.0), weight, bias, case.strides, padding))


def _as_array(value):
    return value.numpy()


def _channels_last(value):
    return value.permute(0, 2, 3, 1).numpy()
