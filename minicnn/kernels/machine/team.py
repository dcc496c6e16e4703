"""A team of threads that share a loop over jobs without asking Python.

Python's lock lets one thread run at a time, and handing it from one thread to another takes 50 to 200 us where a
processor has to be woken: as long as many a kernel. So the team meets in an array of numbers instead. Its helpers sit
in compiled code, without the lock, and look at one number of it again and again; a task is published there as an
address of code and an address of arguments. To join takes a helper about a microsecond.

Every step is safe by the order of a few atomic numbers:

    leader                                      helper
    claim BUSY, or else do all jobs alone       see that TURN changed
    describe the task                           INSIDE += 1
    OPEN = 1;  TURN += 1                        where OPEN is 1: claim chunks of jobs from NEXT until none is left
    claim chunks from NEXT until none is left   INSIDE -= 1
    OPEN = 0;  wait until INSIDE is 0
    BUSY = 0

A helper that is late finds OPEN at 0 and leaves: so nobody waits for it. One that found OPEN at 1 is counted INSIDE,
and the description stays as it is until it has left. The leader holds what the arguments point to all that time.
"""

import platform
import sys
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from ...types import NDArray
from .jit import Instructions, intrinsic, jit

# places in the team's array; numbers that many threads change lie on cache lines of their own
BUSY, TURN, OPEN, INSIDE, NEXT, CODE, DATA, JOBS, CHUNK, SEATS, FAILED = 0, 8, 16, 24, 32, 40, 41, 42, 43, 44, 45
SIZE = 48
PATIENCE = 1000  # looks, some 30 us, after which a waiting leader lets other threads have its processor

I8: Any = ir.IntType(8)
I32: Any = ir.IntType(32)
I64: Any = ir.IntType(64)
NOTHING: Any = ir.VoidType()
TASK: Any = ir.FunctionType(I32, [I8.as_pointer(), I64, I64])  # (arguments, start, stop) -> 0, or not 0 for a failure


def new() -> NDArray[np.int64]:
    """Return the array of a team that has nothing to do."""
    return np.zeros(SIZE, np.int64)


def _place(context, builder, signature, args):
    """Return the address of team[index]."""
    data = context.make_array(signature.args[0])(context, builder, args[0]).data
    return builder.gep(data, [args[1]])


@intrinsic
def _load(typingctx, team, index):
    """Read team[index] from memory, now."""

    def codegen(context, builder, signature, args):
        return builder.load_atomic(_place(context, builder, signature, args), "seq_cst", 8)

    return types.int64(team, types.intp), codegen


@intrinsic
def _store(typingctx, team, index, value):
    """Write team[index]; what this thread wrote before is seen by who reads it."""

    def codegen(context, builder, signature, args):
        builder.store_atomic(args[2], _place(context, builder, signature, args), "seq_cst", 8)
        return context.get_dummy_value()

    return types.none(team, types.intp, types.int64), codegen


@intrinsic
def _add(typingctx, team, index, value):
    """Add to team[index] in one step; return what it was before."""

    def codegen(context, builder, signature, args):
        return builder.atomic_rmw("add", _place(context, builder, signature, args), args[2], "seq_cst")

    return types.int64(team, types.intp, types.int64), codegen


@intrinsic
def _claim(typingctx, team, index):
    """Turn team[index] from 0 to 1 in one step; False if it was not 0."""

    def codegen(context, builder, signature, args):
        place = _place(context, builder, signature, args)
        answer = builder.cmpxchg(place, I64(0), I64(1), "seq_cst", "seq_cst")
        return builder.extract_value(answer, 1)

    return types.boolean(team, types.intp), codegen


@intrinsic
def _pause(typingctx):
    """Let the processor breathe between two looks, so that a spinning thread takes little from its neighbour."""

    def codegen(context, builder, signature, args):
        machine = platform.machine().lower()
        if machine in ("x86_64", "amd64"):
            kind = ir.FunctionType(NOTHING, [])
            builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.sse2.pause"), [])
        elif machine in ("arm64", "aarch64"):
            kind = ir.FunctionType(NOTHING, [I32])
            builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.aarch64.hint"), [I32(1)])  # yield
        return context.get_dummy_value()

    return types.none(), codegen


@intrinsic
def _give_way(typingctx):
    """Let another thread have this processor, if one waits for it."""

    def codegen(context, builder, signature, args):
        if sys.platform != "win32":
            kind = ir.FunctionType(I32, [])
            builder.call(cgutils.get_or_insert_function(builder.module, kind, "sched_yield"), [])
        return context.get_dummy_value()

    return types.none(), codegen


@intrinsic
def _processor(typingctx):
    """Tell the number of the processor that this thread runs on; -1 where the system does not say."""

    def codegen(context, builder, signature, args):
        if not sys.platform.startswith("linux"):
            return I32(-1)
        kind = ir.FunctionType(I32, [])
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, "sched_getcpu"), [])

    return types.int32(), codegen


@jit
def processor() -> int:
    """Tell the number of the processor that this thread runs on; -1 where the system does not say."""
    return _processor()


@intrinsic
def _call(typingctx, code, data, start, stop):
    """Do the jobs start <= job < stop of the task at an address; False if memory ran out."""

    def codegen(context, builder, signature, args):
        function = builder.inttoptr(args[0], TASK.as_pointer())
        failed = builder.call(function, [builder.inttoptr(args[1], I8.as_pointer()), args[2], args[3]])
        return builder.icmp_signed("==", failed, I32(0))

    return types.boolean(types.int64, types.int64, types.int64, types.int64), codegen


@intrinsic
def package(typingctx, kernel, args) -> Instructions:
    """Make a task of kernel(start, stop, *args): return the addresses of its code and its arguments, and their size.

    The code is a function (arguments, start, stop), the same for every kernel, that takes the arguments apart and calls
    this one: so a helper can call what it knows nothing about but two addresses.

    The arguments lie on the stack of the calling function: the task must end before that returns, or be kept (`keep`).
    Their arrays are borrowed: the task holds no reference to them, its caller does.
    """
    taken = kernel.get_call_type(typingctx, (types.intp, types.intp, *args.types), {})

    def codegen(context, builder, signature, values):
        compiled = kernel.dispatcher.get_compile_result(taken)
        context.add_linking_libs([compiled.library])
        packed = values[1]
        for index, kind in enumerate(args.types):
            if isinstance(kind, types.Array):
                array = context.make_array(kind)(context, builder, builder.extract_value(packed, index))
                array.meminfo = array.parent = ir.Constant(I8.as_pointer(), None)
                packed = builder.insert_value(packed, array._getvalue(), index)
        place = cgutils.alloca_once_value(builder, packed)
        name = f"task_of_{compiled.fndesc.mangled_name}"
        function = ir.Function(builder.module, TASK, name)
        function.linkage = "internal"
        inside = ir.IRBuilder(function.append_basic_block("entry"))
        data, start, stop = function.args
        loaded = inside.load(inside.bitcast(data, packed.type.as_pointer()))
        arguments = [start, stop, *cgutils.unpack_tuple(inside, loaded, len(args.types))]
        target = context.declare_function(builder.module, compiled.fndesc)
        status, _ = context.call_conv.call_function(inside, target, types.none, taken.args, arguments)
        inside.ret(inside.zext(status.is_error, I32))
        size = context.get_abi_sizeof(packed.type)
        numbers = [builder.ptrtoint(function, I64), builder.ptrtoint(place, I64), I64(size)]
        return context.make_tuple(builder, signature.return_type, numbers)

    return types.UniTuple(types.int64, 3)(kernel, args), codegen


@intrinsic
def keep(typingctx, task, place) -> Instructions:
    """Copy a task's arguments to `place`, an array of bytes; return its code's address, or 0 if they do not fit."""

    def codegen(context, builder, signature, args):
        code, data, size = cgutils.unpack_tuple(builder, args[0])
        array = context.make_array(signature.args[1])(context, builder, args[1])
        fits = builder.icmp_signed("<=", size, builder.mul(array.nitems, array.itemsize))
        with builder.if_then(fits):
            cgutils.raw_memcpy(builder, array.data, builder.inttoptr(data, I8.as_pointer()), size, 1)
        return builder.select(fits, code, I64(0))

    return types.int64(task, place), codegen


@jit
def _work(team):
    """Claim chunks of jobs and do them until none is left."""
    jobs, chunk = team[JOBS], team[CHUNK]
    while True:
        start = _add(team, NEXT, chunk)
        if start >= jobs:
            return
        if not _call(team[CODE], team[DATA], start, min(start + chunk, jobs)):
            _store(team, FAILED, 1)


@jit
def lead(team, code, data, jobs, chunk, seats) -> bool:
    """Do a task with as many helpers as come, `seats` at most. False if memory ran out.

    Parameters
    ----------
    team : array
        see `new`
    code, data : int
        addresses, see `package`
    jobs : int
        how many there are
    chunk : int
        how many are claimed at once
    seats : int
        helpers at most
    """
    if not _claim(team, BUSY):
        return _call(code, data, 0, jobs)
    team[CODE], team[DATA], team[JOBS], team[CHUNK], team[SEATS] = code, data, jobs, chunk, seats
    team[NEXT] = team[FAILED] = 0
    _store(team, OPEN, 1)
    _add(team, TURN, 1)
    _work(team)
    _store(team, OPEN, 0)
    looks = 0
    while _load(team, INSIDE):
        _pause()
        looks += 1
        if looks > PATIENCE:
            _give_way()
    done = team[FAILED] == 0
    _store(team, BUSY, 0)
    return done


@jit
def play(team, tasks) -> bool:
    """Do one task after the other: rows (code, data, jobs, chunk, seats); without seats, alone. False: no memory."""
    done = True
    for i in range(len(tasks)):
        code, data, jobs, chunk, seats = tasks[i]
        if seats:
            done &= lead(team, code, data, jobs, chunk, seats)
        else:
            done &= _call(code, data, 0, jobs)
    return done


@jit
def serve(team, number, turn, spins) -> int:
    """Help with every task that comes, until none came for `spins` looks; return the last turn seen.

    Parameters
    ----------
    team : array
        see `new`
    number : int
        this helper's, from 0: it joins where there are more seats
    turn : int
        the last one that this helper saw
    spins : int
        looks in vain after which it returns
    """
    looks = 0
    while looks < spins:
        now = _load(team, TURN)
        if now == turn:
            _pause()
            looks += 1
            continue
        turn, looks = now, 0
        _add(team, INSIDE, 1)
        if _load(team, OPEN) and number < team[SEATS]:
            _work(team)
        _add(team, INSIDE, -1)
    return turn
