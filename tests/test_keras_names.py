"""Keras's names for the classification of pictures: each is here, or stands below as out; no argument is swallowed.

A class that both have takes each argument of Keras's, or refuses it in a sentence that names it.
"""

import inspect

import pytest

import minicnn
from minicnn import callbacks, constraints, initializers, layers, losses, metrics, optimizers, regularizers
from tests.keras_oracle import keras

ROOMS = {
    "callbacks": callbacks,
    "constraints": constraints,
    "initializers": initializers,
    "losses": losses,
    "metrics": metrics,
    "optimizers": optimizers,
    "optimizers.schedules": optimizers.schedules,
    "regularizers": regularizers,
}
# What Keras has and minicnn has not, by room: other kinds of tasks, and rules that few nets want.
OUT = {
    "callbacks": "ProgbarLogger RemoteMonitor SwapEMAWeights TensorBoard OrbaxCheckpoint",
    "constraints": "MinMaxNorm MaxNorm",
    "initializers": "Identity IdentityInitializer Orthogonal OrthogonalInitializer STFT STFTInitializer",
    "losses": """BinaryFocalCrossentropy CTC CategoricalFocalCrossentropy CategoricalGeneralizedCrossEntropy
        CategoricalHinge Circle CosineSimilarity Dice Hinge KLDivergence LogCosh MeanAbsolutePercentageError
        MeanSquaredLogarithmicError Poisson SquaredHinge Tversky""",
    "metrics": """Accuracy BinaryCrossentropy BinaryIoU CategoricalCrossentropy CategoricalHinge ConcordanceCorrelation
        CosineSimilarity FBetaScore FalseNegatives FalsePositives Hinge IoU KLDivergence LogCoshError
        MeanAbsolutePercentageError MeanIoU MeanMetricWrapper MeanSquaredLogarithmicError OneHotIoU OneHotMeanIoU
        PearsonCorrelation Poisson PrecisionAtRecall R2Score RecallAtPrecision RootMeanSquaredError
        SensitivityAtSpecificity SparseCategoricalCrossentropy SpecificityAtSensitivity SquaredHinge Sum TrueNegatives
        TruePositives""",
    "optimizers": """Adadelta Adafactor Adagrad Adamax Ftrl Lamb Lion LossScaleOptimizer MultiOptimizer Muon Nadam
        OptimizerMap ScheduleFreeAdamW""",
    "optimizers.schedules": "CosineDecayRestarts InverseTimeDecay PolynomialDecay",
    "regularizers": "OrthogonalRegularizer Regularizer",
}
NOT_OURS = {"self", "args", "kwargs", "dtype", "name"}  # dtype: the model decides; any text is a name


def of_keras(room):
    """Find Keras's module of a room."""
    found = keras
    for part in room.split("."):
        found = getattr(found, part)
    return found


def classes(module):
    """Return name -> class of a module's public classes, each under the name that it has itself."""
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isclass(value) and not name.startswith("_") and name[0].isupper()
    }


@pytest.mark.parametrize("room", ROOMS)
def test_every_class_is_here_or_listed_as_out(room):
    theirs = set(classes(of_keras(room))) - set(OUT[room].split())
    lacking = {name for name in theirs if not hasattr(ROOMS[room], name)}
    assert not lacking, f"{room}: {sorted(lacking)} are neither here nor listed as out"


NEEDED = {
    "CosineDecay": (0.1, 10),
    "ExponentialDecay": (0.1, 10, 0.5),
    "PiecewiseConstantDecay": ([1], [0.1, 0.2]),
    "CSVLogger": ("a.csv",),
    "ModelCheckpoint": ("a.keras",),
    "BackupAndRestore": ("state",),
    "LearningRateScheduler": (abs,),
    "CallbackList": (),
    "Conv2D": (2, 3),
    "Conv2DTranspose": (2, 3),
    "Dense": (2,),
    "DepthwiseConv2D": (3,),
    "Resizing": (2, 2),
    "SeparableConv2D": (2, 3),
    "Dropout": (0.5,),
    "SpatialDropout2D": (0.5,),
    "Activation": ("relu",),
    "Rescaling": (2.0,),
    "Reshape": ((2,),),
    "InputLayer": ((2,),),
    "Optimizer": (0.1,),
}


def shared():
    """Yield (class here, class of Keras's) of those that both have."""
    pairs = [(module, of_keras(room)) for room, module in ROOMS.items()] + [(layers, keras.layers)]
    for ours, theirs in pairs:
        for name, kind in sorted(classes(theirs).items()):
            own = getattr(ours, name, None)
            if inspect.isclass(own) and name not in ("Layer", "Metric", "Loss", "CallbackList", "InputLayer", "Mean"):
                yield pytest.param(own, kind, id=f"{ours.__name__.rpartition('.')[2]}.{name}")


@pytest.mark.parametrize(("ours", "theirs"), list(shared()))
def test_no_argument_is_swallowed(ours, theirs):
    own = inspect.signature(ours).parameters
    for name in inspect.signature(theirs).parameters:
        if name in own or name in NOT_OURS:
            continue
        with pytest.raises((ValueError, TypeError)) as error:  # what no argument could mean
            ours(*NEEDED.get(ours.__name__, ()), **{name: "no such thing"})
        assert name in str(error.value)


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "compile"])
def test_arguments_of_a_model_s_methods(method):
    theirs, ours = (list(inspect.signature(getattr(of.Model, method)).parameters) for of in (keras, minicnn))
    known = [name for name in theirs if name in ours]
    assert known == [name for name in ours if name in theirs], "the order is Keras's"
    lacking = set(theirs) - set(ours) - {"kwargs"}
    assert lacking <= (
        {"run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss"} if method == "compile" else set()
    )
