"""
`Generic` without `typing`: type checkers see the real one, start-up does not pay for it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Generic as Generic
    from typing import TypeVar

    T = TypeVar("T")
else:
    T = None

    class Generic:
        """A base that may be subscripted and does nothing else."""

        __slots__ = ()

        def __class_getitem__(cls, item):
            return cls
