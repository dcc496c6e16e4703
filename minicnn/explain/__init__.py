"""Where every number of a CNN comes from, forward and backward.

    print(trace(model, x, "conv2d_1", (3, 4, 2)))                    one output: its window, products, bias, activation
    print(trace_gradient(model, x, y, "conv2d/kernel", (0, 0, 1, 2)))    one gradient: masks, winners, and the sum
    saliency(model, x, "shirt"); grad_cam(...); occlusion(...)       maps: which pixels speak for a class
    patches(model, "conv2d", 3, pictures); seen_by(model, "conv2d", (3, 4))    what a filter looks for, what a cell sees
    weight_histograms(model); activation_histograms(model, x); dead_units(model, x)    how all its numbers are spread
    gradient_ascent(model, "conv2d_1", 3); kernel_pictures(model)    a picture that a filter likes, its kernel as one
    page.write("model.keras", ["shirt.png"], "page.html")            the explorer: one page, offline, in any browser
    show(model, pictures)                                            ... in a notebook
    walk("softmax"); print(shapes("64x64x3 conv10 3x3 pool2"))       small examples in the terminal
    exercises.write_file("conv2d"); exercises.check("conv2d.py")    write a part yourself, and have it proved

The yardstick of the page is CNN Explainer (Wang et al. 2020, arXiv:2004.15004), which shows one fixed net of ten
classes. Every row is tested in tests/explain.

| view                                                         | CNN Explainer | this page |
|--------------------------------------------------------------|---------------|-----------|
| overview: columns of maps, connections on hover              | yes           | yes       |
| elastic convolution view: channels, kernels, intermediate maps | yes         | yes       |
| formula views: convolution, ReLU, pooling, flatten, softmax  | yes           | yes       |
| choice of the colour scale                                   | yes           | yes       |
| playground of size, window, stride                           | yes           | yes, with dilation and padding |
| a picture of one's own                                       | yes           | yes       |
| a model of one's own, its classes and data                   | no            | yes       |
| sigmoid, dense, loss                                         | no            | yes       |
| backward: gradients of every map, kernel and bias, taken apart | no          | yes       |
| one step of learning at any rate                             | no            | yes, of SGD or Adam, to take and undo |
| a mistake: one class against another                         | no            | yes       |
| receptive fields, weights and multiply-adds                  | no            | yes       |
| the patches that make a map strongest                        | no            | yes       |
| an address for every number                                  | no            | yes       |
| training: the net at several epochs                          | no            | yes       |
| histograms by epoch, dead ReLUs, kernels in colour           | no            | yes       |
| pixels and weights to change                                 | no            | yes       |
| non-square windows, asymmetric padding, the floor            | no            | yes       |
| keyboard alone; a phone's screen                             | no            | yes       |
"""

from . import exercises, page
from .lessons import shapes, walk
from .page import show
from .scores import (
    Ascent,
    Patch,
    Scored,
    grad_cam,
    gradient_ascent,
    kernel_pictures,
    occlusion,
    overlay,
    patches,
    saliency,
    score,
    score_gradient,
)
from .spread import Dead, Histogram, activation_histograms, dead_units, histogram, weight_histograms
from .terms import seen_by, trace, trace_gradient

__all__ = [
    "Ascent",
    "Dead",
    "Histogram",
    "Patch",
    "Scored",
    "activation_histograms",
    "dead_units",
    "exercises",
    "grad_cam",
    "gradient_ascent",
    "histogram",
    "kernel_pictures",
    "occlusion",
    "overlay",
    "page",
    "patches",
    "saliency",
    "score",
    "score_gradient",
    "seen_by",
    "shapes",
    "show",
    "trace",
    "trace_gradient",
    "walk",
    "weight_histograms",
]
