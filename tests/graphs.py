"""Random graphs of layers: branches that meet, layers called several times, models inside, several inputs.

A `Recipe` is a list of steps that Hypothesis can shrink and print; `build` follows it with Keras's layers or with ours.
Every tensor is known at two sizes of pictures at once, so that what fits at one fits at the other.
"""

from dataclasses import dataclass

from hypothesis import strategies as st

SIZES = (8, 8), (11, 9)  # of pictures: the graph's own, and the one that an open graph is given too


@dataclass(frozen=True)
class Step:
    """A call: of layer `name`, made by kind and settings when it comes for the first time, on some tensors."""

    kind: str
    name: str
    settings: tuple  # of (key, value)
    sources: tuple  # numbers of tensors, the inputs first

    def layer(self, of, model):
        """Make the layer, or the model inside."""
        settings = dict(self.settings)
        if self.kind != "Model":
            return getattr(of, self.kind)(**settings, name=self.name)
        x = of.Input((None, None, settings["channels"]))
        y = of.Conv2D(settings["filters"], 3, padding="same", name=f"{self.name}_conv")(x)
        y = of.BatchNormalization(name=f"{self.name}_bn")(y)
        z = of.Activation("tanh", name=f"{self.name}_act")(y)
        return model(x, of.Add(name=f"{self.name}_sum")([y, z]), name=self.name)


@dataclass(frozen=True)
class Recipe:
    """Inputs (their channels), steps, the tensors that the head reads, the layers that do not learn."""

    inputs: tuple
    open_sizes: bool
    steps: tuple
    ends: tuple
    frozen: tuple

    def build(self, of, model):
        """Follow the recipe: `of` holds Input and the layers, `model` is what joins them."""
        size = (None, None) if self.open_sizes else SIZES[0]
        inputs = [of.Input((*size, channels), name=f"in{at}") for at, channels in enumerate(self.inputs)]
        tensors, layers = list(inputs), {}
        for step in self.steps:
            if step.name not in layers:
                layers[step.name] = step.layer(of, model)
            given = [tensors[at] for at in step.sources]
            tensors.append(layers[step.name](given if step.kind in ("Add", "Multiply", "Concatenate") else given[0]))
        rows = [of.GlobalAveragePooling2D(name=f"mean{at}")(tensors[at]) for at in self.ends]
        row = rows[0] if len(rows) == 1 else of.Concatenate(name="join")(rows)
        net = model(inputs if len(inputs) > 1 else inputs[0], of.Dense(2, name="head")(row))
        for name in self.frozen:
            net.get_layer(name).trainable = False
        return net


def _after(kind, settings, shape):
    """Return the shape after a layer: (((H, W) at either size), channels)."""
    sizes, channels = shape
    if kind in ("Conv2D", "DepthwiseConv2D", "SeparableConv2D", "MaxPooling2D", "AveragePooling2D"):
        window = settings.get("kernel_size", settings.get("pool_size"))
        stride, whole = settings.get("strides", 1), settings["padding"] == "same"
        sizes = tuple(
            tuple((size - 1) // stride + 1 if whole else (size - window) // stride + 1 for size in each)
            for each in sizes
        )
    if kind == "ZeroPadding2D":
        sizes = tuple((height + 1, width + 2) for height, width in sizes)
    if kind == "DepthwiseConv2D":
        channels *= settings["depth_multiplier"]
    return sizes, settings.get("filters", channels)


@st.composite
def _new_layer(draw, channels):
    """Draw a layer that takes pictures of any size."""
    kind = draw(st.sampled_from(["Conv2D", "Conv2D", "BatchNormalization", "MaxPooling2D", "Model", "DepthwiseConv2D",
                                 "SeparableConv2D", "AveragePooling2D", "Activation", "ZeroPadding2D"]))  # fmt: skip
    padding, stride = draw(st.sampled_from(["same", "valid"])), draw(st.sampled_from([1, 1, 2]))
    window, filters = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    activation = draw(st.sampled_from(["linear", "tanh", "relu"]))
    return kind, {
        "Conv2D": {
            "filters": filters,
            "kernel_size": window,
            "strides": stride,
            "padding": padding,
            "activation": activation,
        },
        "DepthwiseConv2D": {
            "kernel_size": window,
            "strides": stride,
            "padding": padding,
            "depth_multiplier": 1 + filters % 2,
            "activation": activation,
        },
        "SeparableConv2D": {"filters": filters, "kernel_size": window, "padding": padding, "activation": activation},
        "MaxPooling2D": {"pool_size": window, "strides": stride, "padding": padding},
        "AveragePooling2D": {"pool_size": window, "strides": stride, "padding": padding},
        "Activation": {"activation": draw(st.sampled_from(["relu", "sigmoid"]))},
        "Model": {"channels": channels, "filters": filters},
        "BatchNormalization": {"momentum": 0.9},
        "ZeroPadding2D": {"padding": ((1, 0), (0, 2))},
    }[kind]


@st.composite
def recipes(draw, most_steps=7):
    """Draw a graph."""
    inputs = tuple(draw(st.lists(st.integers(1, 3), min_size=1, max_size=2)))
    shapes, steps, made = [(SIZES, channels) for channels in inputs], [], {}

    def call(kind, name, settings, sources):
        first = shapes[sources[0]]
        if kind == "Concatenate":
            shape = first[0], sum(shapes[at][1] for at in sources)
        else:
            shape = _after(kind, settings, first)
        if min(size for each in shape[0] for size in each) < 1:
            return  # the window would not fit
        steps.append(Step(kind, name, tuple(settings.items()), tuple(sources)))
        shapes.append(shape)

    for number in range(draw(st.integers(3, most_steps))):
        at = draw(st.sampled_from(range(len(shapes))))
        sizes, channels = shapes[at]
        way = draw(st.sampled_from(["new", "new", "again", "again", "meet", "residual", "scale"]))
        again = [name for name, (kind, _, wanted) in made.items() if channels == wanted or wanted is None]
        alike = [other for other, shape in enumerate(shapes) if shape[0] == sizes]
        if way == "again" and again:
            name = draw(st.sampled_from(again))
            call(made[name][0], name, made[name][1], [at])
        elif way == "meet":
            call("Concatenate", f"l{number}", {}, [at, draw(st.sampled_from(alike))])
        elif way == "residual":
            call("Conv2D", f"l{number}a", {"filters": channels, "kernel_size": 1, "padding": "same"}, [at])
            call("Add", f"l{number}b", {}, [at, len(shapes) - 1])
            call("Activation", f"l{number}c", {"activation": "relu"}, [len(shapes) - 1])
        elif way == "scale":
            call("Add", f"l{number}b", {}, [at, draw(st.sampled_from([o for o in alike if shapes[o][1] == channels]))])
        else:
            kind, settings = draw(_new_layer(channels))
            count = len(steps)
            call(kind, f"l{number}", settings, [at])
            if len(steps) > count:
                fixed = "Conv2D" in kind or kind in ("BatchNormalization", "Model")
                made[f"l{number}"] = kind, settings, channels if fixed else None
    last = range(max(0, len(shapes) - 3), len(shapes))
    ends = tuple(sorted(draw(st.sets(st.sampled_from(last), min_size=1)) | {len(shapes) - 1}))
    reached = set(ends)
    for at in reversed(range(len(inputs), len(shapes))):  # an input that nobody reads is no input in Keras
        reached |= set(steps[at - len(inputs)].sources) if at in reached else set()
    ends = tuple(sorted({*ends, *(at for at in range(len(inputs)) if at not in reached)}))
    learning = sorted({step.name for at, step in enumerate(steps, len(inputs)) if at in reached})
    frozen = tuple(draw(st.lists(st.sampled_from(learning), unique=True, max_size=2))) if learning else ()
    return Recipe(inputs, draw(st.booleans()), tuple(steps), ends, frozen)
