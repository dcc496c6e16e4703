"""Nets that PyTorch exports, by its older exporter and by its newer one, against ONNX Runtime."""

import warnings

import numpy as np
import pytest

import minicnn
from tests.files.onnx_reader.nets import agree, classes, drawn

torch = pytest.importorskip("torch")
nn = torch.nn


class Residual(nn.Module):
    """A block of ResNet, its stem with a padded pooling."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 8, 7, 2, 3, bias=False), nn.BatchNorm2d(8)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.conv2, self.bn2 = nn.Conv2d(8, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16)
        self.down, self.bn3 = nn.Conv2d(8, 16, 1, 2, bias=False), nn.BatchNorm2d(16)
        self.relu, self.fc = nn.ReLU(), nn.Linear(16, 5)

    def forward(self, x):
        x = self.pool(self.relu(self.bn1(self.conv1(x))))
        x = self.relu(self.bn2(self.conv2(x)) + self.bn3(self.down(x)))
        return self.fc(torch.flatten(nn.functional.adaptive_avg_pool2d(x, 1), 1))


class Mobile(nn.Module):
    """An inverted residual of MobileNet, with attention over channels and its mean over the pixels."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU6())
        self.depthwise = nn.Sequential(
            nn.Conv2d(8, 8, 3, 1, 1, groups=8, bias=False), nn.BatchNorm2d(8), nn.Hardswish()
        )
        self.squeeze, self.excite = nn.Conv2d(8, 4, 1), nn.Conv2d(4, 8, 1)
        self.project = nn.Conv2d(8, 8, 3, padding=2, dilation=2, groups=4)
        self.head = nn.Sequential(nn.Dropout(0.2), nn.Linear(8, 5))

    def forward(self, x):
        x = self.stem(x)
        y = self.depthwise(x)
        y = y * nn.functional.hardsigmoid(self.excite(torch.relu(self.squeeze(y.mean((2, 3), keepdim=True)))))
        return self.head((x + self.project(y)).mean([2, 3]))


class Fire(nn.Module):
    """SqueezeNet: two convolutions side by side, pooling with a window over the edge, a convolution as the head."""

    def __init__(self):
        super().__init__()
        self.conv, self.pool = nn.Conv2d(3, 8, 3, 2), nn.MaxPool2d(3, 2, ceil_mode=True)
        self.one, self.three = nn.Conv2d(8, 6, 1), nn.Conv2d(8, 4, 3, padding=1)
        self.last = nn.Conv2d(10, 5, 1)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv(x)))
        x = self.pool(torch.cat([torch.relu(self.one(x)), self.three(x)], 1))
        return torch.flatten(nn.functional.adaptive_avg_pool2d(torch.relu(self.last(x)), (1, 1)), 1)


class Padded(nn.Module):
    """Pads that are not symmetric; a view by the size of the batch; a dense layer after a picture."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm1d(6)
        self.pool, self.fc1, self.fc2 = nn.AvgPool2d(3, 2, 1), nn.Linear(4 * 17 * 16, 6), nn.Linear(6, 5)

    def forward(self, x):
        x = self.pool(nn.functional.leaky_relu(self.conv(nn.functional.pad(x, (1, 0, 2, 1)))))
        x = x.view(x.size(0), -1)
        return torch.softmax(self.fc2(torch.sigmoid(self.norm(self.fc1(x)))), 1)


def sequential():
    """The course's homework."""
    return nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 4, (3, 2), padding="same"), nn.Tanh(),
        nn.MaxPool2d(3, 2, 1), nn.Flatten(), nn.Linear(256, 6), nn.ELU(), nn.Dropout(), nn.Linear(6, 5),
    )  # fmt: skip


def opsets(first, last, daily):
    """Return all of a range, of which but a few are tried every day."""
    return [each if each in daily else pytest.param(each, marks=pytest.mark.slow) for each in range(first, last + 1)]


NETS = {"sequential": sequential, "residual": Residual, "mobile": Mobile, "fire": Fire, "padded": Padded}


def made(kind):
    """Return a net with statistics of its own, as after a training."""
    torch.manual_seed(3)
    net = NETS[kind]()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a pad of an even kernel may copy
        for _ in range(3):
            net.train()(torch.randn(4, 3, 32, 32))
    return net.eval()


def export(net, path, **more):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(net, (torch.zeros(1, 3, 32, 32),), path, **more)


@pytest.mark.parametrize("kind", NETS)
@pytest.mark.parametrize("opset", opsets(11, 20, {11, 13, 17, 20}))
@pytest.mark.parametrize("batch", ["of one", "of any size"])
def test_the_older_exporter(tmp_path, kind, opset, batch):
    axes = {"input": {0: "n"}} if batch == "of any size" else None
    net = made(kind)
    export(net, tmp_path / "net.onnx", dynamo=False, opset_version=opset, input_names=["input"], dynamic_axes=axes)
    x = drawn(2 if axes else 1, 3, 32, 32)
    model = agree(tmp_path / "net.onnx", x)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.testing.assert_allclose(
            model.predict(x.transpose(0, 2, 3, 1)), net(torch.from_numpy(x)), rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize("kind", NETS)
@pytest.mark.parametrize(
    ("opset", "beside"),
    [
        (18, True),
        (23, False),
        *(pytest.param(*o, marks=pytest.mark.slow) for o in ((18, False), (20, False), (23, True))),
    ],
)
def test_the_newer_exporter(tmp_path, kind, opset, beside):
    pytest.importorskip("onnxscript")
    export(made(kind), tmp_path / "net.onnx", dynamo=True, opset_version=opset, external_data=beside, verbose=False)
    assert (tmp_path / "net.onnx.data").exists() == beside
    agree(tmp_path / "net.onnx", drawn(1, 3, 32, 32))


def test_training_mode_keeps_what_prediction_drops(tmp_path):
    """Batch normalization and dropout stay layers where the file keeps them, named as in the program."""
    net = made("mobile")
    export(
        net, tmp_path / "net.onnx", dynamo=False, input_names=["input"], training=torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=False, opset_version=17,
    )  # fmt: skip
    model = minicnn.load_model(tmp_path / "net.onnx")
    names = [layer.name for layer in model.layers]
    assert {"stem.0", "depthwise.0", "squeeze", "excite", "head.1"} <= set(names)
    assert "DepthwiseConv2D" in classes(model)
