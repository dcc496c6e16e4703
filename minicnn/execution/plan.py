"""How a model predicts: step by step (chains.py), in memory that stays for the next run, and before long on tape.

For small inputs Python takes longer than the kernels. When inputs of the same shapes come a second time their run is
recorded (kernels/tape.py): a take. From then on it is played. A take reads the layers' arrays where they lie, so
training and `set_weights` are seen; a layer that holds another array needs another take, one with another setting
another plan. (On an empty kernel cache the first three predictions compile: run, record, play.)
"""

import os
import threading
from collections import OrderedDict

import numpy as np

from .. import kernels
from ..kernels.machine.memory import Workspace
from . import chains as inference

SMALL = 1 << 21  # bytes of inputs; with larger ones Python's share of the time is small, and they would be copied
TAKES = 4  # shapes of inputs that a plan remembers; with more in turn none comes a second time
NO_SETTINGS = {"params", "grads", "state", "_saved", "_stamp"}  # of a layer's attributes


class Plan:
    """How a model runs when nobody asks for what is in between.

    Attributes
    ----------
    steps : list of Step        layers : list of Layer, those of nested models too
    outputs : list of SymbolicTensor        workspace : Workspace; callers get copies of what lies in it
    """

    def __init__(self, model, logits):
        self._stamps, self._process = _stamps(model), os.getpid()  # first: a change from now on is seen
        self._model, self.layers, self.outputs = model, _layers(model), model.outputs
        self._settings = _settings(self.layers)
        self.head = model.outputs[0] if logits else None  # where the logits leave out the activation
        self.steps = inference.steps(model, self.head)
        self.workspace, self._free = Workspace(), threading.Lock()
        self._takes, self._records = OrderedDict(), _can_record(model)

    def is_current(self):
        """Tell whether layers and settings are those that the plan was made by, and the process is."""
        stamps = _stamps(self._model)
        if stamps != self._stamps:
            if _layers(self._model) != self.layers or not _same(self._settings, _settings(self.layers)):
                return False
            self._stamps = stamps
        return self._process == os.getpid()  # a forked child may hold the lock of a thread that it does not have

    def run(self, values):
        """Fill `values` (symbolic tensor -> array, the inputs to begin with) with the model's outputs."""
        if kernels.tape.current() is not None:  # inside a model whose run is being recorded
            self._run(values)
        elif not self._free.acquire(blocking=False):  # another thread predicts: let each have memory of its own
            self._run(values)
            self._copy_outputs(values)
        else:
            try:
                take = self._take(values) if self._records else None
                if take is None:
                    with kernels.workspace(self.workspace):
                        self._run(values)
                else:
                    values.update(take.outputs)
                self._copy_outputs(values)
            finally:
                self._free.release()

    def _copy_outputs(self, values):
        """What a caller holds must lie neither where the next run writes nor in the inputs, as a view of them."""
        values.update({tensor: values[tensor].copy() for tensor in self.outputs})

    def _take(self, values):
        """Give the take for inputs of these shapes, played with these; None if they come for the first time."""
        if not 0 < sum(array.nbytes for array in values.values()) <= SMALL:
            return None
        key = (kernels.get_num_threads(), *(array.shape for array in values.values()))
        known = key in self._takes
        take = self._takes[key] = self._takes.pop(key, None)  # the last one used is the last in order
        if len(self._takes) > TAKES:
            self._takes.popitem(last=False)
        if known and (take is None or not take.fits()):
            return self._record(key, values)
        return take if take is not None and take.play(values) else None

    def _record(self, key, values):
        take, self._takes[key] = Take(self, values), None
        if not take.tape.good:
            self._records = False
            self._takes.clear()
        elif take.tape.as_expected():  # else it went a way that the next one need not go
            self._takes[key] = take
        return take

    def _run(self, values):
        for nodes, chain, inputs, finished in self.steps:
            last = nodes[-1]
            arrays = [values[tensor] for tensor in inputs]
            if chain is not None:
                dtype = nodes[0].layer.dtype  # a nested model may have another one
                y = inference.run_chain(chain, *(array.astype(dtype, copy=False) for array in arrays))
            else:
                how = {"logits": True} if self.head is not None and self.head in last.outputs else {}
                y = last.layer.forward(arrays if last.several else arrays[0], keep=False, **how)
            values.update(zip(last.outputs, y if len(last.outputs) > 1 else [y], strict=True))
            del arrays, y
            for tensor in finished:
                del values[tensor]


class Take:
    """A run of a plan on tape, for inputs of given shapes. To make one is to run once.

    Parameters
    ----------
    plan : Plan         values : dict, symbolic tensor -> array, the inputs

    Attributes
    ----------
    tape : kernels.Tape         outputs : dict, symbolic tensor -> array, of the last play
    """

    def __init__(self, plan, values):
        self._arrays = [
            (layer, kind, dict(getattr(layer, kind))) for layer in plan.layers for kind in ("params", "state")
        ]
        self._inputs = {tensor: array.copy() for tensor, array in values.items()}
        self.tape = kernels.Tape(plan.workspace)
        given = dict(self._inputs)
        with kernels.recording(self.tape):
            plan._run(given)
        self.outputs = {tensor: given[tensor] for tensor in plan.outputs}

    def fits(self):
        """Tell whether the layers' arrays are the ones that were recorded; what is in them may have changed."""
        return all(_same(getattr(layer, kind), arrays) for layer, kind, arrays in self._arrays)

    def play(self, values):
        """Fill `outputs` for other inputs; False if these need another way, and nothing is to be used."""
        for tensor, array in self._inputs.items():
            array[...] = values[tensor]
        return kernels.play(self.tape)


def _layers(model):
    """List the layers of a model, those of nested models too."""
    found = {}
    for node in model.nodes:
        found.update(dict.fromkeys(_layers(node.layer) if _is_model(node.layer) else [node.layer]))
    return list(found)


def _stamps(model):
    """List the stamps of a model and of all in it: others as soon as an attribute of one was set."""
    inside = (_stamps(node.layer) if _is_model(node.layer) else [node.layer._stamp] for node in model.nodes)
    return [model._stamp, *(stamp for stamps in inside for stamp in stamps)]


def _is_model(layer):
    return hasattr(layer, "nodes")


def _settings(layers):
    """Give, layer by layer, what a plan is made by and a tape holds, besides the graph and the layers' arrays."""
    return [{key: value for key, value in vars(layer).items() if key not in NO_SETTINGS} for layer in layers]


def _same(one, other):
    """Compare two values, or dicts, lists or tuples of them; arrays are the same only if they are one."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, (list, tuple)) and type(one) is type(other):
        return len(one) == len(other) and all(map(_same, one, other))
    return one is other or type(one) is type(other) and not isinstance(one, np.ndarray) and one == other


def _can_record(model):
    """Tell whether all is computed in kernels: by this package's layers, in one dtype, none of them on paper.

    They say where they compute otherwise (`kernels.tape.refuse`). What somebody else wrote may not.
    """
    return all(
        type(node.layer).__module__.startswith("minicnn.")
        and {"forward", "_forward"}.isdisjoint(vars(node.layer))
        and node.layer.dtype == model.dtype
        and getattr(node.layer, "algorithm", None) != "reference"
        and (not _is_model(node.layer) or _can_record(node.layer))
        for node in model.nodes
    )
