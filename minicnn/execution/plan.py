"""How a model predicts: step by step (steps.py), in memory that stays for the next run, and before long on tape.

For small inputs Python takes longer than the kernels. When inputs of the same shapes come a second time their run is
recorded (take.py). From then on it is played. Training and `set_weights` are seen; a layer that holds another array
needs another take, a changed graph another plan. (On an empty kernel cache the first three predictions compile: run,
record, play.)
"""

import os
import threading
from collections import OrderedDict
from typing import Any

from .. import kernels
from ..kernels import Workspace
from ..layers import SymbolicTensor
from .chains import run_chain
from .graph import BuiltModel, Values, mutable_part
from .steps import Step, steps
from .take import Take, can_record

SMALL = 1 << 21  # bytes of inputs; with larger ones Python's share of the time is small, and they would be copied
TAKES = 4  # shapes of inputs that a plan remembers; with more in turn none comes a second time


class Plan:
    """How a model runs when nobody asks for what is in between.

    Parameters
    ----------
    model : BuiltModel
    heads : set of SymbolicTensor
        The outputs of which the logits are wanted: the activation at their ends is left out.

    Attributes
    ----------
    steps : list of Step
    outputs : list of SymbolicTensor
        The model's.
    workspace : Workspace
        Callers get copies of what lies in it.
    """

    def __init__(self, model: BuiltModel, heads: frozenset[SymbolicTensor]):
        self._made_by, self._process = mutable_part(model), os.getpid()  # first: a change from now on is seen
        self._model = model
        self.outputs: list[SymbolicTensor] = model.outputs
        self.heads: frozenset[SymbolicTensor] = heads
        self.steps: list[Step] = steps(model, heads)
        self.workspace: Workspace = Workspace()
        self._free = threading.Lock()
        self._takes: OrderedDict[Any, Take | None] = OrderedDict()
        self._records = can_record(model)

    def is_current(self) -> bool:
        """Tell whether the model is the one that the plan was made for, and the process is."""
        # A forked child may hold the lock of a thread that it does not have.
        return self._process == os.getpid() and mutable_part(self._model) == self._made_by

    def run(self, values: Values) -> None:
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

    def _copy_outputs(self, values: Values) -> None:
        """What a caller holds must lie neither where the next run writes nor in the inputs, as a view of them."""
        values.update({tensor: values[tensor].copy() for tensor in self.outputs})

    def _take(self, values: Values) -> Take | None:
        """Return the take for inputs of these shapes, played with these; None if they come for the first time."""
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

    def _record(self, key: Any, values: Values) -> Take:
        """Run on tape, and keep the take if it can be played."""
        layers = [layer for _, layer in self._model.walk() if not layer.is_model]
        take, self._takes[key] = Take(self._run, values, self.outputs, layers, self.workspace), None
        if not take.tape.good:
            self._records = False
            self._takes.clear()
        elif take.tape.as_expected():  # else it went a way that the next one need not go
            self._takes[key] = take
        return take

    def _run(self, values: Values) -> None:
        """Run step by step; drop each array when nobody reads it any more."""
        for nodes, chain, inputs, finished in self.steps:
            last = nodes[-1]
            arrays = [values[tensor] for tensor in inputs]
            if chain is not None:
                dtype = nodes[0].layer.dtype  # a nested model may have another one
                y = run_chain(chain, *(array.astype(dtype, copy=False) for array in arrays))
            else:
                how = {} if self.heads.isdisjoint(last.outputs) else {"logits": True}
                y = last.layer.forward(arrays if last.several else arrays[0], keep=False, **how)
            values.update(zip(last.outputs, y if len(last.outputs) > 1 else [y], strict=True))
            del arrays, y
            for tensor in finished:
                del values[tensor]
