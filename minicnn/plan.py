"""How a model predicts: step by step (inference.py), in memory that stays for the next run, and before long on tape.

For small inputs Python takes longer than the kernels. When inputs of the same shapes come a second time their run is
recorded (kernels/tape.py), and from then on it is played. A tape reads the layers' arrays where they lie, so training
and `set_weights` are seen; a layer that holds another array, or another setting, needs another tape, or another plan.
"""

import threading
from collections import OrderedDict

from . import inference, kernels
from .kernels.memory import Workspace
from .layers import LAYERS, Sigmoid
from .layers.base import changes

SMALL = 1 << 21  # bytes of inputs; with larger ones Python's share of the time is small, and they would be copied
TAKES = 4  # runs that a plan keeps on tape


class Plan:
    """How a model runs at inference. The memory of one run stays for the next, as long as the plan lives.

    Attributes
    ----------
    steps : list of Step        layers : list of Layer, those of nested models too
    outputs : list of SymbolicTensor        workspace : Workspace, in which nothing lies that a caller holds
    """

    def __init__(self, model, logits):
        self._seen = changes[0]
        self.layers, self.outputs = _layers(model), model.outputs
        self._settings = _settings(self.layers)
        self.head = model.outputs[0] if logits else None  # where the logits leave out the activation
        self.steps = inference.steps(model, self.head)
        self.workspace, self._free = Workspace(), threading.Lock()
        self._takes, self._records = OrderedDict(), _can_record(model)

    def is_current(self):
        """Tell whether the layers' settings are those that the plan was made by."""
        seen = changes[0]
        if seen != self._seen:
            if _settings(self.layers) != self._settings:
                return False
            self._seen = seen
        return True

    def run(self, values):
        """Fill `values` (symbolic tensor -> array, the inputs to begin with) with the model's outputs."""
        inside = kernels.tape.current() is not None  # of a model whose run is being recorded
        if inside or not self._free.acquire(blocking=False):  # or another thread predicts, and each has its own memory
            self._run(values)
            return
        try:
            if not (self._records and self._play(values)):
                with kernels.workspace(self.workspace):
                    self._run(values)
                    # what somebody holds must not lie in memory that the next run writes to
                    values.update({tensor: values[tensor].copy() for tensor in self.outputs})
        finally:
            self._free.release()

    def _play(self, values):
        """Run from a tape, if inputs of these shapes came before; tell whether it did."""
        if not 0 < sum(array.nbytes for array in values.values()) <= SMALL:
            return False
        key = (kernels.get_num_threads(), *(array.shape for array in values.values()))
        if key not in self._takes:  # once is not worth a tape
            self._takes[key] = None
            if len(self._takes) > TAKES:
                self._takes.popitem(last=False)
            return False
        self._takes.move_to_end(key)
        take = self._takes[key]
        if take is None or not take.fits():
            take = self._takes[key] = Take(self, values)
            self._records = take.tape.good
        elif not take.play(values):
            return False
        values.update({tensor: array.copy() for tensor, array in take.outputs.items()})
        return True

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
        self._arrays = [(layer, kind, key, array) for layer in plan.layers for kind in ("params", "state")
                        for key, array in getattr(layer, kind).items()]
        self._inputs = {tensor: array.copy() for tensor, array in values.items()}
        self.tape = kernels.Tape(plan.workspace)
        given = dict(self._inputs)
        with kernels.recording(self.tape):
            plan._run(given)
        self.outputs = {tensor: given[tensor] for tensor in plan.outputs}

    def fits(self):
        """Tell whether the layers' arrays are the ones that were recorded; what is in them may have changed."""
        return all(getattr(layer, kind).get(key) is array for layer, kind, key, array in self._arrays)

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


def _is_model(layer):
    return hasattr(layer, "nodes")


def _settings(layers):
    """Give what a plan is made by, besides the graph, and what a tape holds of layers besides their arrays."""
    return [(layer.get_config(), getattr(layer, "algorithm", None)) for layer in layers]


def _can_record(model):
    """Tell whether all is computed in kernels: by the package's own layers, in one dtype, none of them on paper."""
    own = {*LAYERS.values(), Sigmoid}
    return all(type(node.layer) in own and node.layer.dtype == model.dtype
               and getattr(node.layer, "algorithm", None) != "reference"
               and (not _is_model(node.layer) or _can_record(node.layer)) for node in model.nodes)
