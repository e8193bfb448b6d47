"""Some columns of a row at a time, in compiled code: their product with others, and adding others to them.

Numba unrolls loops as short as an attention head and computes column by column. As vectors, which processors
have instructions for, attention over pairs takes half the time.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

LANE = ir.IntType(32)


@intrinsic
def _product(
    typing: Any, one: Any, row: Any, begin: Any, other: Any, where: Any, after: Any, lanes: Any
) -> Any:
    number, count = one.dtype, len(lanes)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        places = (
            _address(context, builder, kind, arguments[at : at + 3], count)
            for at, kind in ((0, one), (3, other))
        )
        parts = builder.fmul(*(builder.load(place, align=_bytes(number)) for place in places))
        scalar = parts.type.element
        declared: Any = cgutils.get_or_insert_function
        summed = declared(
            builder.module,
            ir.FunctionType(scalar, [scalar, parts.type]),
            f"llvm.vector.reduce.fadd.v{count}f{number.bitwidth}",
        )
        return builder.call(summed, [ir.Constant(scalar, 0.0), parts], fastmath=("reassoc",))

    place = types.intp
    return number(one, place, place, other, place, place, lanes), generate


@intrinsic
def _add(
    typing: Any,
    one: Any,
    row: Any,
    begin: Any,
    factor: Any,
    other: Any,
    where: Any,
    after: Any,
    lanes: Any,
) -> Any:
    number, count = one.dtype, len(lanes)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        into = _address(context, builder, one, arguments[:3], count)
        more = _address(context, builder, other, arguments[4:7], count)
        added = builder.load(more, align=_bytes(number))
        nowhere = ir.Constant(added.type, ir.Undefined)
        single = builder.insert_element(nowhere, arguments[3], LANE(0))
        alike = ir.Constant(ir.VectorType(LANE, count), [0] * count)
        times = builder.shuffle_vector(single, nowhere, alike)
        added = builder.fmul(times, added, flags=("contract",))
        total = builder.fadd(builder.load(into, align=_bytes(number)), added, flags=("contract",))
        builder.store(total, into, align=_bytes(number))
        return context.get_dummy_value()

    place = types.intp
    return types.void(one, place, place, number, other, place, place, lanes), generate


def _address(context: Any, builder: Any, kind: Any, given: Any, count: int) -> Any:
    """Where so many columns of a row begin, as one vector; given: array, row and column."""
    value, row, column = given
    array = context.make_array(kind)(context, builder, value)
    columns = builder.extract_value(array.shape, 1)
    first = builder.gep(array.data, [builder.add(builder.mul(row, columns), column)])
    vector = ir.VectorType(context.get_value_type(kind.dtype), count)
    return builder.bitcast(first, vector.as_pointer())


def _bytes(number: Any) -> int:
    return int(number.bitwidth) // 8


product: Any = _product
"""The product of as many columns of a row as there are `lanes`, from `begin` on, with those of another row.

`one` and `other` are arrays of rows, `lanes` a tuple whose length counts. Nothing checks the bounds.
"""

add: Any = _add
"""Add to as many columns of a row as there are `lanes` those of another row, times a factor."""
