"""minicnn's kernels, called as its layers call them."""

from minicnn import kernels


class MiniCNN:
    """The engine itself: one kernel call a pass, memory reused as in a training loop."""

    name = "minicnn"

    def runs(self, case, which, arrays):
        """Make the calls of one pass.

        Parameters
        ----------
        case : Case
        which : "fwd", "dX" or "dW"
        arrays : (x, kernel, bias, dy) as `case.arrays` returns them

        Returns
        -------
        runs : dict
            Variant -> (function that does the work, function that turns its result into an NHWC array).
        """
        return {"minicnn": (getattr(self, f"_{case.operation}")(case, which, *arrays), _same)}

    def _conv2d(self, case, which, x, kernel, bias, dy):
        how = case.strides, case.pads
        if which == "fwd":
            return lambda: kernels.conv2d_forward(x, kernel, bias, *how, activation="relu")
        if which == "dX":
            return lambda: kernels.conv2d_backward_input(dy, kernel, x.shape, *how)
        return lambda: kernels.conv2d_backward_kernel(dy, x, case.window, *how)

    def _depthwise_conv2d(self, case, which, x, kernel, bias, dy):
        how = case.strides, case.pads
        if which == "fwd":
            return lambda: kernels.depthwise_conv2d_forward(x, kernel, bias, *how)
        if which == "dX":
            return lambda: kernels.depthwise_conv2d_backward_input(dy, kernel, x.shape, *how)
        return lambda: kernels.depthwise_conv2d_backward_kernel(dy, x, case.window, *how)

    def _maxpool2d(self, case, which, x, kernel, bias, dy):
        how = case.window, case.strides, case.pads
        if which == "fwd":
            return lambda: kernels.maxpool2d_forward(x, *how)
        return lambda: kernels.maxpool2d_backward(dy, x, *how)

    def _dense(self, case, which, x, kernel, bias, dy):
        if which == "fwd":
            return lambda: kernels.dense_forward(x, kernel, bias)
        if which == "dX":
            return lambda: kernels.dense_backward_input(dy, kernel)
        return lambda: kernels.dense_backward_kernel(dy, x)

    def _relu(self, case, which, x, kernel, bias, dy):
        return _elementwise(which, x, dy, kernels.relu_forward, kernels.relu_backward)

    def _sigmoid(self, case, which, x, kernel, bias, dy):
        return _elementwise(which, x, dy, kernels.sigmoid_forward, kernels.sigmoid_backward)

    def _softmax(self, case, which, x, kernel, bias, dy):
        return _elementwise(which, x, dy, kernels.softmax_forward, kernels.softmax_backward)


def _elementwise(which, x, dy, forward, backward):
    if which == "fwd":
        return lambda: forward(x)
    y = forward(x)
    return lambda: backward(dy, y)


def _same(value):
    return value
