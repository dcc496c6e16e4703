"""Keras's public names that are not here, each with what else to do: `from minicnn.layers import LSTM` says it.

    __getattr__ = refusing("layers")        in a room's __init__
    sys.meta_path.append(elsewhere)         in minicnn's own: `import minicnn.applications.xception` says it, too

A name that is neither here nor Keras's stays unknown, as in any module.
"""

import re
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

SEQUENCES = "what has no rows and columns is another kind of net; pictures take Conv2D and pooling"
OTHER_AXES = "pictures have two axes: the layer of this name in 2D"
OF_ONES_OWN = "write a layer of your own (_build, _forward, _backward; check_layer checks it)"
LOSSES = "write a function of (y_true, y_pred) that returns values and slopes, and give it to compile(loss=...)"
METRICS = "write a function of (y_true, y_pred), or compute it from model.predict(x)"
BY_NAME = "give the name, or the object itself"
WRITTEN = "get_config and from_config write and read what model files hold"
ARRAYS = "NumPy computes on arrays; symbolic tensors take + - * / with numbers and one another, and layers"
OWN_CLASSES = "load_model(path, custom_objects={name: class})"

# Room -> Keras's names, blanks between them -> what else to do.
ELSEWHERE: dict[str, dict[str, str]] = {
    "": {
        "applications": "load_model opens a net of theirs that Keras saved; utils has preprocess_input",
        "activations": "layers take an activation's name: Dense(2, activation='relu')",
        "datasets": "utils.image_dataset_from_directory reads a folder, np.load arrays",
        "preprocessing": "load_img, img_to_array and image_dataset_from_directory stand in minicnn.utils",
        "saving export": "load_model, and model.save(path), stand in minicnn.models",
        "backend ops random tree Variable Function Operation KerasTensor": ARRAYS,
        "Loss Metric Optimizer Initializer Regularizer": "the bases stand in minicnn.losses, metrics, optimizers",
        "DTypePolicy FloatDTypePolicy dtype_policies mixed_precision": "model.astype('float64') makes a model of it",
        "Quantizer quantizers": "keras_ref export makes a small file of a trained net",
        "device distribution": "one processor computes; set_num_threads says with how many threads",
        "RematScope remat StatelessScope SymbolicScope name_scope": "leave it out: nothing is compiled into a graph",
        "InputSpec": "a layer's compute_output_shape refuses shapes",
        "config distillation legacy visualization wrappers version src": "a net for pictures needs none of it",
    },
    "callbacks": {
        "ProgbarLogger": "fit(verbose=1) shows it",
        "RemoteMonitor OrbaxCheckpoint": "LambdaCallback(on_epoch_end=...) sends what you write, ModelCheckpoint saves",
        "SwapEMAWeights": "write a Callback of your own: on_train_batch_end, model.get_weights, model.set_weights",
    },
    "constraints": {
        "MinMaxNorm min_max_norm": "MaxNorm, NonNeg and UnitNorm are here",
        "deserialize get serialize": BY_NAME,
    },
    "initializers": {
        "Identity IdentityInitializer Orthogonal OrthogonalInitializer STFT STFTInitializer identity orthogonal stft":
            "layer.set_weights sets what you compute",
        "constant glorot_normal he_normal he_uniform lecun_normal lecun_uniform random_normal random_uniform "
        "truncated_normal variance_scaling": "the class, HeNormal say, or its name in text",
        "deserialize get serialize": BY_NAME,
    },
    "layers": {
        "AdditiveAttention Attention GroupQueryAttention MultiHeadAttention ReversibleEmbedding": SEQUENCES,
        "Bidirectional ConvLSTM1D ConvLSTM2D ConvLSTM3D Embedding GRU GRUCell LSTM LSTMCell Masking RNN RepeatVector "
        "SimpleRNN SimpleRNNCell StackedRNNCells TextVectorization TimeDistributed MelSpectrogram STFTSpectrogram":
            SEQUENCES,
        "CategoryEncoding Discretization HashedCrossing Hashing IntegerLookup StringLookup": "encode before the net",
        "AugMix AutoContrast ContrastLimitedAdaptiveHistogramEqualization CutMix Equalization MaxNumBoundingBoxes "
        "MixUp Pipeline RandAugment RandomCrop Solarization RandomColorDegeneration RandomColorJitter "
        "RandomElasticTransform RandomErasing RandomGaussianBlur RandomGrayscale RandomHue RandomInvert "
        "RandomPerspective RandomPosterization RandomSaturation RandomSharpness RandomShear":
            "RandomFlip, RandomRotation, RandomZoom, RandomTranslation, RandomContrast and RandomBrightness train",
        "AlphaDropout GaussianDropout": "Dropout, or GaussianNoise",
        "Lambda": OF_ONES_OWN + "; Rescaling does arithmetic",
        "FlaxLayer JaxLayer TFSMLayer TorchModuleWrapper": "load_model opens an ONNX file of the net",
        "Convolution2D Convolution2DTranspose SeparableConvolution2D": "Conv2D, Conv2DTranspose, SeparableConv2D",
        "AdaptiveAveragePooling2D AdaptiveMaxPooling2D": "GlobalAveragePooling2D, GlobalMaxPooling2D, or Resizing",
        "Identity": "Activation('linear')",
        "ActivityRegularization Dot EinsumDense RMSNormalization SpectralNormalization UnitNormalization Wrapper dot":
            OF_ONES_OWN,
        "InputSpec": "compute_output_shape refuses shapes",
        "deserialize serialize": WRITTEN,
    },
    "losses": {
        "BinaryFocalCrossentropy CTC CategoricalFocalCrossentropy CategoricalGeneralizedCrossEntropy "
        "CategoricalHinge Circle CosineSimilarity Dice Hinge KLDivergence LogCosh MeanAbsolutePercentageError "
        "MeanSquaredLogarithmicError Poisson SquaredHinge Tversky binary_focal_crossentropy "
        "categorical_focal_crossentropy categorical_generalized_cross_entropy categorical_hinge circle "
        "cosine_similarity ctc dice hinge kl_divergence log_cosh mean_absolute_percentage_error "
        "mean_squared_logarithmic_error poisson squared_hinge tversky": LOSSES,
        "huber mean_absolute_error mean_squared_error": "the class, MeanSquaredError say, or its name",
        "deserialize serialize": WRITTEN,
    },
    "metrics": {
        "Accuracy BinaryCrossentropy BinaryIoU CategoricalCrossentropy CategoricalHinge ConcordanceCorrelation "
        "CosineSimilarity FBetaScore FalseNegatives FalsePositives Hinge IoU KLDivergence LogCoshError "
        "MeanAbsolutePercentageError MeanIoU MeanMetricWrapper MeanSquaredLogarithmicError OneHotIoU OneHotMeanIoU "
        "PearsonCorrelation Poisson PrecisionAtRecall R2Score RecallAtPrecision RootMeanSquaredError "
        "SensitivityAtSpecificity SparseCategoricalCrossentropy SpecificityAtSensitivity SquaredHinge Sum "
        "TrueNegatives TruePositives binary_crossentropy binary_focal_crossentropy categorical_crossentropy "
        "categorical_focal_crossentropy categorical_hinge concordance_correlation hinge huber kl_divergence log_cosh "
        "mean_absolute_percentage_error mean_squared_logarithmic_error pearson_correlation poisson "
        "sparse_categorical_crossentropy squared_hinge": METRICS,
        "deserialize serialize": WRITTEN,
    },
    "optimizers": {
        "Adadelta Adafactor Adagrad Adamax Ftrl Lamb Lion Muon Nadam ScheduleFreeAdamW legacy":
            "SGD, RMSprop, Adam and AdamW are here",
        "LossScaleOptimizer MultiOptimizer OptimizerMap": "leave it out: one optimizer trains all",
        "deserialize serialize": WRITTEN,
    },
    "optimizers.schedules": {
        "CosineDecayRestarts InverseTimeDecay PolynomialDecay":
            "a subclass of LearningRateSchedule, or LearningRateScheduler(function of the epoch)",
        "deserialize serialize": WRITTEN,
    },
    "regularizers": {
        "OrthogonalRegularizer Regularizer orthogonal_regularizer": "L1, L2 and L1L2 are here",
        "deserialize get serialize": BY_NAME,
    },
    "utils": {
        "plot_model model_to_dot": "model.summary() prints the layers, `minicnn explain` shows them",
        "array_to_img save_img": "Pillow does it: Image.fromarray(x.astype('uint8')).save(path)",
        "clear_session": "leave it out: nothing is kept between models",
        "PyDataset Sequence": "any class with __len__ and __getitem__ will do, for fit, evaluate and predict",
        "normalize": "x / np.linalg.norm(x, axis=-1, keepdims=True)",
        "split_dataset": "fit(validation_split=...), or image_dataset_from_directory(validation_split=...)",
        "get_file": "bring the file yourself: nothing is fetched here",
        "CustomObjectScope custom_object_scope get_custom_objects get_registered_name get_registered_object "
        "register_keras_serializable": OWN_CLASSES,
        "deserialize_keras_object serialize_keras_object": WRITTEN,
        "Progbar disable_interactive_logging enable_interactive_logging is_interactive_logging_enabled":
            "fit(verbose=...) says what is shown",
        "pack_x_y_sample_weight unpack_x_y_sample_weight": "batches are (x, y) or (x, y, weights)",
        "audio_dataset_from_directory pad_sequences text_dataset_from_directory timeseries_dataset_from_array "
        "FeatureSpace": SEQUENCES,
        "Config bounding_boxes get_source_inputs is_keras_tensor legacy standardize_dtype":
            "a net for pictures needs none of it",
    },
}  # fmt: skip


def advice(room: str, name: str) -> str | None:
    """Return what to do in place of a name of Keras's that is not here; None where nothing is known of it.

    Parameters
    ----------
    room : str
        "layers", "losses", ...; "" for keras itself.
    name : str

    Examples
    --------
    >>> advice("utils", "clear_session"), advice("utils", "nothing")
    ('leave it out: nothing is kept between models', None)
    """
    found = (text for names, text in ELSEWHERE[room].items() if name in names.split())
    return next(found, OTHER_AXES if room == "layers" and re.search("[A-Z][a-z]+.*[13]D", name) else None)


def refusing(room: str) -> Callable[[str], Any]:
    """Return a room's `__getattr__`.

    Parameters
    ----------
    room : str
        As in `advice`.

    Raises
    ------
    ImportError
        When it is asked for one of Keras's names that are not here: `from ... import` shows the sentence of no other.
    AttributeError
        For any other.

    Examples
    --------
    >>> refusing("layers")("Conv1D")
    Traceback (most recent call last):
    ...
    ImportError: Keras's layers.Conv1D is not here: pictures have two axes: the layer of this name in 2D.
    """

    def missing(name: str) -> Any:
        told = advice(room, name)
        if told is None:
            raise AttributeError(f"module {f'minicnn.{room}'.rstrip('.')!r} has no attribute {name!r}")
        raise ImportError(f"Keras's {f'{room}.'.lstrip('.')}{name} is not here: {told}.")

    return missing


def find_spec(fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> None:
    """Refuse a module of Keras's that is not here; Python asks when all others have not found it.

    Parameters
    ----------
    fullname : str
        "minicnn.applications", say: what lies inside is asked for after it.
    path, target
        As `importlib.abc.MetaPathFinder` has them; not used.

    Raises
    ------
    ImportError
        As `refusing` has it. Of any other module nothing is said.

    Examples
    --------
    >>> import minicnn.applications.xception
    Traceback (most recent call last):
    ...
    ImportError: Keras's applications is not here: load_model opens a net of theirs that Keras saved; utils has \
    preprocess_input.
    """
    package, _, inner = fullname.partition(".")
    room, _, name = inner.rpartition(".")
    if package == __package__ and room in ELSEWHERE and advice(room, name) is not None:
        refusing(room)(name)
