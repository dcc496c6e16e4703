"""HDF5, the part of it that Keras writes: read in Python alone, written with h5py.

    file                section of the HDF5 File Format Specification, version 3.0
    superblock.py       II.A                        where the root group is
    btree_v1.py         III.A.1                     index of a group's members, of an array's chunks
    btree_v2.py         III.A.2                     index of a group's names, in the newer format
    symbol_table.py     III.B, C, D; IV.A.2.r       members of a group, names in a local heap
    links.py            IV.A.2.c, g                 members of a group, in the newer format
    fractal_heap.py     III.G                       where many links lie
    object_header.py    IV.A.1, IV.A.2.q            the messages of a group or an array
    messages.py         IV.A.2.b, d, l              shape, datatype, filters
    attributes.py       IV.A.2.m, v; III.E          texts, in the global heap too
    storage.py          IV.A.2.i                    an array's numbers
    chunks.py           III.A.1, IV.A.2.l           the same, in chunks that are packed

byte_reader.py bounds every access and the work that a file may cause; reader.py puts all together; writer.py writes.
"""

from .byte_reader import EXPANSION, FLOOR
from .reader import Dataset, File, Group
from .superblock import SIGNATURE
from .writer import image

__all__ = ["Dataset", "EXPANSION", "FLOOR", "File", "Group", "SIGNATURE", "image"]
