"""Which pixel of a window was the maximum: noted on the way forward, in bytes; read again on the way back.

Max pooling sends the whole gradient of an output to the first pixel of its window that held the maximum. Forward, a
tile of numbers goes along with the tile of maxima; `store` writes it to an array of bytes. Backward, each pixel of the
window keeps the gradient where the byte names it.
"""

from llvmlite import ir
from numba import types

from ..jit import Instructions, intrinsic
from . import some_lanes
from .arithmetic import wins
from .values import I8, data_of, elementwise, number_of, pack, size_of, splat, vector_of


@intrinsic
def winner(typingctx, tile, best, other, number) -> Instructions:
    """Note who wins: `number` where `other` takes the place of `best` in their first maximum, `tile` elsewhere.

    np.where(other > best, number, tile)        the first NaN of a window wins too
    """

    def later(builder, before, a, b, number):
        number = splat(builder, vector_of(tile), builder.sitofp(number, number_of(tile)))
        return builder.select(wins(builder, a, b), number, before)

    return tile(tile, best, other, types.intp), elementwise(tile, later)


@intrinsic
def keep(typingctx, tile, winners, iw, step, used, number) -> Instructions:
    """Set a cell to zero unless its byte of `winners` is `number`. Of lanes from `used` on nothing is to be used.

    np.where(winners[iw + row*step + lane] == number, tile, 0)
    """

    def codegen(context, builder, signature, args):
        cells, _, offset, step, used, number = args
        array, vector = (context, builder, signature.args[1], args[1]), ir.VectorType(I8, tile.lanes)
        data, size = data_of(*array), size_of(*array)
        named, nothing = splat(builder, vector, builder.trunc(number, I8)), ir.Constant(vector_of(tile), None)
        kept = []
        for i, byte in enumerate(some_lanes.read(builder, tile, vector, data, (offset, step), used, size)):
            same = builder.icmp_signed("==", byte, named)
            kept.append(builder.select(same, builder.extract_value(cells, i), nothing))
        return pack(builder, tile, kept)

    return tile(tile, winners, types.intp, types.intp, types.intp, types.intp), codegen
