"""A take: one run of a model on tape (kernels/machine/tape.py), to be played for other inputs of the same shapes.

A take reads the layers' arrays where they lie, so what changes in them is seen. It holds which arrays they are: a
layer that has another one needs another take.
"""

from collections.abc import Callable

from .. import kernels
from ..kernels import Workspace
from ..layers import Layer, SymbolicTensor
from ..types import Arrays
from .graph import BuiltModel, Values, replaced


class Take:
    """A run on tape, for inputs of given shapes. To make one is to run once.

    Parameters
    ----------
    run : function of dict
        Runs the model: gets the inputs, symbolic tensor -> array, and puts the outputs there too.
    values : dict, symbolic tensor -> array
        The inputs.
    outputs : list of SymbolicTensor
        The model's.
    layers : list of Layer
        Those whose arrays the run reads.
    workspace : Workspace
        Where all that lies between inputs and outputs is written.

    Attributes
    ----------
    tape : kernels.Tape
    outputs : dict, symbolic tensor -> array
        Of the last play; the next one overwrites them.
    """

    def __init__(
        self,
        run: Callable[[Values], None],
        values: Values,
        outputs: list[SymbolicTensor],
        layers: list[Layer],
        workspace: Workspace,
    ):
        self._arrays = [(layer, dict(layer.params), dict(layer.state)) for layer in layers]
        self._inputs = {tensor: array.copy() for tensor, array in values.items()}
        self.tape: kernels.Tape = kernels.Tape(workspace)
        given = dict(self._inputs)
        with kernels.recording(self.tape):
            run(given)
        self.outputs: Values = {tensor: given[tensor] for tensor in outputs}

    def fits(self) -> bool:
        """Tell whether the layers' arrays are the ones that were recorded; what is in them may have changed."""
        return all(
            _are_one(layer.params, params) and _are_one(layer.state, state) for layer, params, state in self._arrays
        )

    def play(self, values: Values) -> bool:
        """Fill `outputs` for other inputs; False if these need another way, and nothing is to be used."""
        for tensor, array in self._inputs.items():
            array[...] = values[tensor]
        return kernels.play(self.tape)


def _are_one(one: Arrays, other: Arrays) -> bool:
    """Tell whether two dicts hold the same arrays: not equal ones, the very same."""
    return one.keys() == other.keys() and all(array is other[key] for key, array in one.items())


def can_record(model: BuiltModel) -> bool:
    """Tell whether all is computed in kernels: by this package's layers, in one dtype, none of them on paper.

    They say where they compute otherwise (`kernels.tape.refuse`). What somebody else wrote may not.
    """
    return all(
        type(layer).__module__.startswith("minicnn.")
        and not replaced(layer)
        and layer.dtype == model.dtype
        and getattr(layer, "algorithm", None) != "reference"
        for _, layer in model.walk()
    )
