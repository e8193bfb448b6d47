"""Records of arrays handed to compiled functions by address, without counting references.

A record of eighty arrays is six hundred words. Passed by value, as numba does it, each call copies
those and counts a reference for every array up and down again, atomically: 0.3 microseconds, for
functions that do the work of a few nanoseconds. `borrow` puts the record on the caller's stack and
hands out its address; attributes read through it hold no references. So a borrowed record is valid
only until the function that borrowed it returns: borrow in the outermost compiled function, and pass
it down. Borrow arguments only, whose arrays the caller keeps alive; of a local record the compiler drops
the arrays after its last use, which is the borrowing.

A call from Python unwraps every array of a record first, 0.7 microseconds each. `Held` does that once: it
keeps a record and its unwrapped words, and compiled functions take it as the borrowed record.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import numpy as np
from numba import njit, typeof
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.core.datamodel.registry import register_default
from numba.core.imputils import lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import NativeValue, intrinsic, unbox

T = TypeVar("T")


class Borrowed(types.Type):
    """The address of a named tuple of arrays, scalars and further such tuples."""

    def __init__(self, record: Any) -> None:
        self.record = record
        super().__init__(name=f"Borrowed({record})")


@register_default(Borrowed)
class BorrowedModel(models.PrimitiveModel):
    """One pointer."""

    def __init__(self, manager: Any, kind: Borrowed) -> None:
        record = manager.lookup(kind.record).get_value_type()
        super().__init__(manager, kind, record.as_pointer())


@intrinsic
def _borrow(typing: Any, record: Any) -> Any:
    if isinstance(record, Borrowed):  # a caller that was compiled has borrowed it already
        return record(record), lambda context, builder, signature, arguments: arguments[0]

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return cgutils.alloca_once_value(builder, arguments[0])

    return Borrowed(record)(record), generate


@infer_getattr
class BorrowedAttributes(AttributeTemplate):
    """A nested record is borrowed in turn, everything else has its own type."""

    key = Borrowed

    def generic_resolve(self, kind: Borrowed, name: str) -> Any:
        """Return the type of an attribute, None where the record has none of that name."""
        if name not in kind.record.fields:
            return None
        return _type_of(kind.record, name)


@lower_getattr_generic(Borrowed)
def _read(context: Any, builder: Any, kind: Borrowed, address: Any, name: str) -> Any:
    index = kind.record.fields.index(name)
    field = cgutils.gep_inbounds(builder, address, 0, index)
    result = _type_of(kind.record, name)
    if isinstance(result, Borrowed):
        return field
    value = builder.load(field)
    if isinstance(result, types.Array):
        array = context.make_array(result)(context, builder, value=value)
        array.meminfo = cgutils.get_null_value(array.meminfo.type)
        array.parent = cgutils.get_null_value(array.parent.type)
        value = array._getvalue()  # noqa: SLF001
    return value


def _type_of(record: Any, name: str) -> Any:
    field = record[record.fields.index(name)]
    return Borrowed(field) if isinstance(field, types.BaseNamedTuple) else field


borrow: Any = _borrow
"""The address of a record, for as long as the calling compiled function runs."""


class Held(Generic[T]):
    """A record to be handed to compiled functions again and again, unwrapped once.

    `record` and its arrays live as long as this does; what they are is not to be exchanged for others.
    Its class is importable wherever the package is: the index of compiled code names it.
    """

    __slots__ = ("_numba_type_", "_words", "address", "record")

    def __init__(self, record: T) -> None:
        self.record = record
        self._words = np.zeros(_size(record) // 8 + 1, np.int64)
        self.address: int = self._words.ctypes.data
        _write(record, self.address)
        self._numba_type_ = Borrowed(typeof(record))  # what numba asks arguments for

    def __reduce__(self) -> tuple[type[Held[T]], tuple[T]]:
        """A copy holds the copied record, at an address of its own."""
        return Held, (self.record,)


@unbox(Borrowed)
def _address_of(kind: Borrowed, held: Any, context: Any) -> Any:
    number = context.pyapi.object_getattr_string(held, "address")
    address = context.pyapi.long_as_voidptr(number)
    context.pyapi.decref(number)
    typed = context.builder.bitcast(address, context.context.get_value_type(kind))
    failed = cgutils.is_not_null(context.builder, context.pyapi.err_occurred())
    return NativeValue(typed, is_error=failed)


@intrinsic
def _store(typing: Any, record: Any, address: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = context.get_value_type(record).as_pointer()
        builder.store(arguments[0], builder.inttoptr(arguments[1], place))
        return context.get_dummy_value()

    return types.void(record, types.int64), generate


@intrinsic
def _width(typing: Any, record: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return context.get_constant(
            types.intp, context.get_abi_sizeof(context.get_value_type(record))
        )

    return types.intp(record), generate


_stored: Any = _store
_sized: Any = _width


@njit(cache=True)
def _size(record: Any) -> int:
    """The bytes of an unwrapped record."""
    return int(_sized(record))


@njit(cache=True)
def _write(record: Any, address: int) -> None:
    """Write an unwrapped record to an address."""
    _stored(record, address)
