"""Records of arrays handed to compiled functions by address, without counting references.

A record of eighty arrays is six hundred words. Passed by value, as numba does it, each call copies
those and counts a reference for every array up and down again, atomically: 0.3 microseconds, for
functions that do the work of a few nanoseconds. `borrow` puts the record on the caller's stack and
hands out its address; attributes read through it hold no references. So a borrowed record is valid
only until the function that borrowed it returns: borrow in the outermost compiled function, and pass
it down. Borrow arguments only, whose arrays the caller keeps alive; of a local record the compiler drops
the arrays after its last use, which is the borrowing.
"""

from __future__ import annotations

from typing import Any, TypeVar

from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.core.datamodel.registry import register_default
from numba.core.imputils import lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import intrinsic

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
