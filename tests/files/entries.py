"""Serialized layers, models and compile settings as Keras 3 writes them, made without Keras."""


def serialized(module, class_name, config, **more):
    """Return Keras 3's form of an object; `more` may hold `build_config={"input_shape": [...]}`."""
    return {"module": module, "class_name": class_name, "config": config, "registered_name": None, **more}


def layer(class_name, name, shape=None, **config):
    """Return a serialized layer; `shape` is the input's that it is built for."""
    more = {} if shape is None else {"build_config": {"input_shape": shape}}
    return serialized("keras.layers", class_name, {"name": name, **config}, **more)


def sequential(name, entries, input_shape, trainable=True):
    """Return a serialized Sequential of serialized layers, the InputLayer first; the shape is [None, ...]."""
    shape = list(input_shape)
    config = {"name": name, "trainable": trainable, "dtype": "float32", "layers": entries, "build_input_shape": shape}
    return serialized("keras", "Sequential", config, build_config={"input_shape": shape})


def compiled(optimizer, settings, loss, metrics=None):
    """Return Keras's compile settings for an optimizer of this class name and these settings."""
    unused = ("weight_decay", "clipnorm", "global_clipnorm", "clipvalue", "ema_overwrite_frequency")
    unused += ("loss_scale_factor", "gradient_accumulation_steps")
    base = {"name": optimizer.lower(), "use_ema": False, "ema_momentum": 0.99, **dict.fromkeys(unused)}
    return {
        "optimizer": serialized("keras.optimizers", optimizer, {**base, **settings}),
        "loss": loss,
        "loss_weights": None,
        "metrics": metrics,
        "weighted_metrics": None,
        "run_eagerly": False,
        "steps_per_execution": 1,
        "jit_compile": False,
    }
