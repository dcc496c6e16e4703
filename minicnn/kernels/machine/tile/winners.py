"""Which pixel of a window was the maximum: noted on the way forward, in bytes; read again on the way back.

Max pooling sends the whole gradient of an output to the first pixel of its window that held the maximum. Forward, a
tile of numbers goes along with the tile of maxima; `store` writes it to an array of bytes. Backward, each pixel of the
window keeps the gradient where the byte names it.
"""

from llvmlite import ir
from numba import types

from ..jit import Instructions, intrinsic
from .arithmetic import wins
from .moves import masked_load
from .values import I8, I32, address, data_of, elementwise, masks, number_of, pack, splat, vector_of


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
        data, wanted = data_of(context, builder, signature.args[1], args[1]), masks(builder, tile, used)
        vector = ir.VectorType(I8, tile.lanes)
        named, nothing = splat(builder, vector, builder.trunc(number, I8)), ir.Constant(vector, None)
        masked = masked_load(builder, tile, vector, "i8")
        kept = []
        for t in range(tile.t):
            for v in range(tile.v):
                at = address(builder, data, offset, vector, v * tile.lanes)
                same = builder.icmp_signed("==", builder.call(masked, [at, I32(1), wanted[v], nothing]), named)
                cell = builder.extract_value(cells, t * tile.v + v)
                kept.append(builder.select(same, cell, ir.Constant(vector_of(tile), None)))
            offset = builder.add(offset, step)
        return pack(builder, tile, kept)

    return tile(tile, winners, types.intp, types.intp, types.intp, types.intp), codegen
