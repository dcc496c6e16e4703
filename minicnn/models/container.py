"""A layer that holds layers: how they are found in it, and how their arrays are its own.

Its arrays are theirs under longer names, "layer/kernel"; so an optimizer, a file or a nested model treats it as it
treats any layer.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

from ..arguments import is_integer, text
from ..layers import Layer
from ..types import Array, ArrayLike, Arrays

if TYPE_CHECKING:
    from .model import Model


def is_model(layer: Layer) -> "TypeGuard[Model]":
    """Ask `layer.is_model`, so that type checkers hear it.

    Examples
    --------
    >>> from minicnn import Dense, Input, Sequential
    >>> from minicnn.models import is_model
    >>> is_model(Sequential([Input((4,)), Dense(2)])), is_model(Dense(2))
    (True, False)
    """
    return layer.is_model


class Container(Layer):
    """A layer that holds layers: what a model is, its graph left aside.

    Attributes
    ----------
    layers : list of Layer
        In Keras's order.
    """

    is_model: bool = True
    layers: list[Layer]
    grads: dict[str, Any]

    def _make_arrays(self) -> None:
        self.grads = {}

    # ---- layers -----------------------------------------------------------------------------------------

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Find a layer by its name, or by its place.

        Parameters
        ----------
        name : str, optional
            "conv2d"; "inner/conv2d" looks into a nested model.
        index : int, optional
            In `layers`, in place of the name.

        Raises
        ------
        ValueError
            There is none of this name, which the sentence says with those that there are, or at this place; neither
            or both are given.

        Examples
        --------
        >>> from minicnn import Dense, Input, Sequential
        >>> model = Sequential([Input((4,)), Dense(2, name="last")])
        >>> model.get_layer("last").params["kernel"].shape, model.get_layer(index=0).name
        ((4, 2), 'last')
        """
        if (name is None) == (index is None):
            raise ValueError(f"Give `name` or `index`, one of them. Received: name={name!r}, index={index!r}.")
        if name is None:
            if not is_integer(index) or not -len(self.layers) <= index < len(self.layers):
                raise ValueError(f"`index` must be a place among {len(self.layers)} layers. Received: index={index!r}.")
            return self.layers[index]
        head, _, rest = text("name", name).partition("/")
        for layer in self.layers:
            if layer.name == head:
                return layer.get_layer(rest) if rest and is_model(layer) else layer
        names = ", ".join(f"'{layer.name}'" for layer in self.layers)
        raise ValueError(f"`name` must be one of the layers {names}. Received: name={name!r}.")

    def walk(self) -> Iterator[tuple[str, Layer]]:
        """Yield (path, layer) of every layer, nested models too, each before what lies in it ("inner", "inner/conv2d").

        Examples
        --------
        >>> from minicnn import Dense, Input, Sequential
        >>> model = Sequential([Input((4,)), Sequential([Dense(2)], name="inner"), Dense(3)])
        >>> [path for path, _ in model.walk()]
        ['inner', 'inner/dense', 'dense']
        """
        for layer in self.layers:
            yield layer.name, layer
            if is_model(layer):
                yield from ((f"{layer.name}/{path}", inside) for path, inside in layer.walk())

    def leaves(self) -> Iterator[tuple[str, Layer]]:
        """Yield (path, layer) of every layer that is no model, those of nested models as "inner/layer".

        Examples
        --------
        >>> from minicnn import Dense, Input, Sequential
        >>> model = Sequential([Input((4,)), Sequential([Dense(2)], name="inner"), Dense(3)])
        >>> [path for path, layer in model.leaves() if layer.params]
        ['inner/dense', 'dense']
        """
        return ((path, layer) for path, layer in self.walk() if not layer.is_model)

    def drop_grads(self) -> None:
        """Drop the gradients of the last backward, in all layers."""
        self.grads = {}
        for layer in self.layers:
            layer.drop_grads()

    def forget(self) -> None:
        """Drop everything that was pushed, in all layers."""
        super().forget()
        for layer in self.layers:
            layer.forget()

    # ---- arrays -----------------------------------------------------------------------------------------

    @property
    def params(self) -> Arrays:  # pyright: ignore[reportIncompatibleVariableOverride]  made anew from the layers'
        """The arrays that train: "layer/kernel" -> array."""
        return {
            f"{layer.name}/{key}": array
            for layer in self.layers
            if self.trainable and layer.trainable
            for key, array in layer.params.items()
        }

    @property
    def state(self) -> Arrays:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The arrays that change without a gradient: "layer/moving_mean" -> array."""
        return {f"{layer.name}/{key}": array for layer in self.layers for key, array in layer.state.items()}

    @property
    def trainable(self) -> bool:
        """Whether the model learns; setting it sets every layer, as in Keras."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]  all layers set
        self._trainable = value
        for layer in getattr(self, "layers", ()):
            layer.trainable = self._trainable

    @property
    def weights(self) -> list[Array]:
        """The arrays themselves, layer by layer, in Keras's order."""
        return [array for layer in self.layers for array in layer.weights]

    @property
    def trainable_weights(self) -> list[Array]:
        """Those that training changes."""
        return list(self.params.values())

    def get_weights(self) -> list[Array]:
        """Copy all arrays, layer by layer, in Keras's order.

        Examples
        --------
        >>> from minicnn import Dense, Input, Sequential
        >>> [array.shape for array in Sequential([Input((4,)), Dense(3), Dense(2)]).get_weights()]
        [(4, 3), (3,), (3, 2), (2,)]
        """
        return [array for layer in self.layers for array in layer.get_weights()]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Set all arrays, layer by layer, in Keras's order.

        Parameters
        ----------
        weights : sequence of array
            As many as `get_weights` returns, of the same shapes; they are copied.

        Raises
        ------
        ValueError
            The number of arrays or a shape is another.

        Examples
        --------
        >>> from minicnn import Dense, Input, Sequential
        >>> model = Sequential([Input((2,)), Dense(1)])
        >>> model.set_weights([[[3], [4]], [0.5]])
        >>> model.predict([[1, 2]]).tolist()
        [[11.5]]
        """
        weights = list(weights)
        counts = [len(layer.get_weights()) for layer in self.layers]
        if len(weights) != sum(counts):
            raise ValueError(f"Model '{self.name}' has {sum(counts)} arrays. Received: {len(weights)}.")
        for layer, count in zip(self.layers, counts, strict=True):
            layer.set_weights(weights[:count])
            weights = weights[count:]

    def count_params(self) -> int:
        """Count the numbers in all arrays, trainable or not.

        Examples
        --------
        >>> from minicnn.models import homework
        >>> homework((150, 150), 2).count_params()
        11215873
        """
        return sum(layer.count_params() for layer in self.layers)
