"""The matrices behind the spectra."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from entrospect import _core
from entrospect._spectrum import Bandwidth, KernelName
from entrospect._typing import Mask, Progress, Samples, Weights


def _copies(device: str | None) -> bool:
    if device not in (None, "copy"):
        raise ValueError(f"device = {device!r}; allowed: None, 'copy'")
    return device == "copy"


def scatter_matrix(
    x: Samples,
    *,
    center: bool = False,
    normalize: Literal["none", "l2", "standardize"] = "none",
    weights: Weights | None = None,
    precision: Literal["double", "single"] = "double",
    mask: Mask | None = None,
    device: Literal["copy"] | None = None,
    threads: int | None = None,
    progress: Progress = None,
) -> npt.NDArray[np.float64]:
    """X^T diag(weights) X of the samples, undivided, d x d: one pass in chunks, safe for any mean when centered.

    `precision="single"` computes the products of a chunk in float32; chunks merge in float64 either way.

    >>> import entrospect as en
    >>> en.scatter_matrix(en.testing.orthogonal(2), center=True)
    array([[ 0.5, -0.5],
           [-0.5,  0.5]])
    """
    options: dict[str, Any] = {"center": center, "normalize": normalize, "precision": precision}
    return _core.scatter_matrix(x, options, weights, mask, _copies(device), threads, progress)


def gram_matrix(
    x: Samples,
    *,
    kernel: KernelName = "gaussian",
    bandwidth: Bandwidth = "median",
    degree: float = 3.0,
    offset: float = 1.0,
    center: bool = False,
    normalize: Literal["none", "l2", "standardize"] = "none",
    precision: Literal["double", "single"] = "double",
    seed: int = 0,
    mask: Mask | None = None,
    device: Literal["copy"] | None = None,
    threads: int | None = None,
    progress: Progress = None,
) -> npt.NDArray[Any]:
    """K_ij = k(x_i, x_j), n x n, exactly symmetric; float64, or float32 when `precision="single"`.

    >>> import entrospect as en
    >>> en.gram_matrix(en.testing.orthogonal(2), kernel="polynomial", degree=2)
    array([[4., 1.],
           [1., 4.]])
    """
    options: dict[str, Any] = {"kernel": kernel, "bandwidth": bandwidth, "degree": degree, "offset": offset}
    options.update(center=center, normalize=normalize, precision=precision, seed=seed)
    return _core.gram_matrix(x, options, mask, _copies(device), threads, progress)
