"""Files as mappings of tensor names to lazily opened samples."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Literal

from entrospect import _core
from entrospect._core import Tensor

Unfold = Literal["none", "tokens", "pixels", "images", "matrices"]


class File(Mapping[str, Tensor]):
    """The tensors of a file, in natural order. Only headers have been read."""

    def __init__(self, path: str | os.PathLike[str], tensors: list[Tensor]) -> None:
        self.path = os.fspath(path)
        self._tensors = {tensor.name: tensor for tensor in tensors}

    def __getitem__(self, name: str) -> Tensor:
        try:
            return self._tensors[name]
        except KeyError:
            raise KeyError(f"{self.path} has no tensor {name!r}; it has {', '.join(self._tensors)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)

    def __repr__(self) -> str:
        lines = [f"<File {self.path}: {len(self)} tensors"]
        lines.extend(f"  {t.name}  {t.dtype} {t.shape}" + (f"  ({t.problem})" if t.problem else "") for t in self.values())
        return "\n".join(lines) + ">"


def open(path: str | os.PathLike[str], *, dtype: str = "", lenient: bool = False, unfold: Unfold = "none") -> File:
    """Open a .npy, .npz, .safetensors or .safetensors.index.json file without reading its data.

    Every function that takes samples or labels takes the tensors in it, so bfloat16 needs no further package. `dtype="bf16"` reads
    two-byte void .npy data as bfloat16; `lenient=True` accepts stray bytes after the last tensor. `unfold` says what the rows of tensors of
    three and more axes are: "tokens" (rows of the last axis), "pixels" (of n x c x h x w), "images" (a row for each index of the first
    axis), or "matrices" (a tensor for each index of the axes before the last two, such as attention heads, by names like `a[3,7]`).
    """
    return File(path, _core.open_file(path, dtype, lenient, unfold))
