"""The matrices behind the spectra."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from entrospect import _core
from entrospect._layers import named_layers
from entrospect._spectrum import Bandwidth, KernelName
from entrospect._typing import Mask, Progress, Samples, Weights


def copies(device: str | None) -> bool:
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
    return _core.scatter_matrix(x, options, weights, mask, copies(device), threads, progress)


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
    return _core.gram_matrix(x, options, mask, copies(device), threads, progress)


def cka_matrix(
    x: Mapping[str, Samples] | Iterable[Samples],
    *,
    statistic: Literal["unbiased", "biased", "minibatch"] = "unbiased",
    batch_size: int = 0,
    kernel: KernelName = "linear",
    bandwidth: Bandwidth = "median",
    degree: float = 3.0,
    offset: float = 1.0,
    side: Literal["auto", "gram", "cov"] = "auto",
    seed: int = 0,
    mask: Mask | None = None,
    device: Literal["copy"] | None = None,
    threads: int | None = None,
    progress: Progress = None,
) -> npt.NDArray[np.float64]:
    """`cka` of every pair of layers: x maps names to samples or lists samples, n rows each; the result is layers x layers.

    Every kernel matrix is built once, so that this is much faster than a loop over pairs. With m layers of d features together,
    `side="gram"` costs n^2 (d + m^2) flops and holds m kernel matrices, n x n each; `side="cov"` (linear kernel) costs n d^2 and holds one
    d x d matrix; 'auto' takes the one with fewer flops. `statistic="minibatch"` holds matrices of batch_size rows only (0: 256).

    >>> import entrospect as en
    >>> x = en.testing.known_rank(n=20, d=4, rank=3)
    >>> en.cka_matrix([x, 2 * x]).round(6)
    array([[1., 1.],
           [1., 1.]])
    """
    named = named_layers(x, None)
    if not named:
        raise ValueError("x has no layers; pass a mapping of names to n x d arrays, or a list of arrays")
    names, samples = [name for name, _ in named], [layer for _, layer in named]
    options: dict[str, Any] = {"statistic": statistic, "batch_size": batch_size, "kernel": kernel, "bandwidth": bandwidth}
    options.update(degree=degree, offset=offset, side=side, seed=seed)
    return _core.cka_matrix(samples, names, options, mask, copies(device), threads, progress)


def spectral_clusters(
    y: Samples,
    clusters: int = 10,
    *,
    kernel: KernelName = "gaussian",
    bandwidth: Bandwidth = "median",
    restarts: int = 10,
    center: bool = False,
    normalize: Literal["none", "l2", "standardize"] = "none",
    seed: int = 0,
    mask: Mask | None = None,
    device: Literal["copy"] | None = None,
    threads: int | None = None,
    progress: Progress = None,
) -> npt.NDArray[np.int64]:
    """Classes of the rows by spectral clustering (Ng, Jordan, Weiss 2002), numbered by their first row; the same seed, the same classes.

    They make a target of several dimensions into labels: `en.dsmi(x, labels=en.spectral_clusters(y))`.

    >>> import entrospect as en
    >>> import numpy as np
    >>> en.spectral_clusters(np.array([[0.0], [9.0], [0.1], [9.1]]), 2, bandwidth=1.0)
    array([0, 1, 0, 1])
    """
    options: dict[str, Any] = {"kernel": kernel, "bandwidth": bandwidth, "center": center, "normalize": normalize, "seed": seed}
    return _core.spectral_clusters(y, clusters, restarts, options, mask, copies(device), threads, progress)
