"""Types of arguments, for annotations. Nothing here is needed at run time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, TypeAlias

import numpy.typing as npt

from entrospect._core import Tensor


class SupportsDLPack(Protocol):
    """Any array that exports itself through DLPack: torch, JAX, CuPy, NumPy."""

    def __dlpack__(self, *args: Any, **kwargs: Any) -> Any: ...

    def __dlpack_device__(self) -> Any: ...


Samples: TypeAlias = npt.NDArray[Any] | SupportsDLPack | memoryview | Tensor
Labels: TypeAlias = npt.ArrayLike | SupportsDLPack | Tensor | Sequence[str]
Weights: TypeAlias = npt.ArrayLike | SupportsDLPack | Tensor
Mask: TypeAlias = npt.ArrayLike | SupportsDLPack
Kernel: TypeAlias = Callable[[npt.NDArray[Any], npt.NDArray[Any]], float]
Progress: TypeAlias = Callable[[str, float], object] | bool | None
OnFailure: TypeAlias = Literal["raise", "warn", "ignore"]
Row: TypeAlias = dict[str, Any]

__all__ = ["Kernel", "Labels", "Mask", "OnFailure", "Progress", "Row", "Samples", "SupportsDLPack", "Weights"]
