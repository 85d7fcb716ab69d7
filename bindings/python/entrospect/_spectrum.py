"""Spectra computed once and functionals that read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, overload

from entrospect import _core
from entrospect._core import Estimate, Spectrum
from entrospect._typing import Mask, OnFailure, Progress, Samples, Weights

KernelName = Literal["linear", "cosine", "gaussian", "laplacian_l1", "laplacian_l2", "polynomial", "exponential", "precomputed"]
Bandwidth = float | Literal["median", "median/2", "sqrt_half_d", "knn", "max_slope"]
Side = Literal["auto", "gram", "cov"]


@dataclass(frozen=True)
class Covariance:
    """X^T X / denominator, or X X^T / denominator on the cheaper side: the non-zero eigenvalues are the same."""

    denominator: float = 1.0
    side: Side = "auto"


@dataclass(frozen=True)
class Gram:
    """The kernel matrix K_ij = k(x_i, x_j), undivided."""

    kernel: KernelName = "gaussian"
    bandwidth: Bandwidth = "median"
    degree: float = 3.0
    offset: float = 1.0
    normalize_diagonal: bool = False
    side: Side = "auto"


@dataclass(frozen=True)
class Diffusion:
    """D^-1/2 K_a D^-1/2 with K_a = diag(q)^-a K diag(q)^-a, q = K 1: similar to the random walk of this anisotropy."""

    kernel: KernelName = "gaussian"
    bandwidth: Bandwidth = "median"
    degree: float = 3.0
    offset: float = 1.0
    anisotropy: float = 0.5


@dataclass(frozen=True)
class NeighborGraph:
    """The diffusion operator of the graph of the k nearest neighbors, as Diffusion: sparse, exact neighbors.

    `edges` weigh exp(-|x_i - x_j|^2 / (s_i s_j)), s_i the distance to the k-th neighbor, or 1. Of more than 4000 rows only the `leading`
    eigenvalues (100 unless given) are computed, and no n x n matrix.
    """

    k: int = 15
    edges: Literal["local_scale", "ones"] = "local_scale"
    symmetrize: Literal["union", "mutual"] = "union"
    anisotropy: float = 0.5


Affinity = Covariance | Gram | Diffusion | NeighborGraph


@dataclass(frozen=True)
class Renyi:
    """ln(sum p^q) / (1 - q) with q = order; order 1 is Shannon, order inf is -ln max p."""

    order: float = 1.0


@dataclass(frozen=True)
class Shannon:
    """-sum p ln p."""


@dataclass(frozen=True)
class Hill:
    """exp of the Renyi entropy: an effective number."""

    order: float = 1.0


Functional = Shannon | Renyi | Hill


def spectrum(
    x: Samples,
    affinity: Affinity | None = None,
    *,
    center: bool = False,
    normalize: Literal["none", "l2", "standardize"] = "none",
    weights: Weights | None = None,
    leading: int = 0,
    backend: str = "auto",
    precision: Literal["double", "single"] = "double",
    lapack_threads: int = 1,
    seed: int = 0,
    mask: Mask | None = None,
    device: Literal["copy"] | None = None,
    as_column: bool = False,
    threads: int | None = None,
    progress: Progress = None,
) -> Spectrum:
    """Eigenvalues of an affinity of the samples (default: Covariance()), computed once.

    The result answers any number of orders and diffusion times at no further cost.

    `leading` asks for at least so many of the eigenvalues of largest magnitude, 0 for all. On large matrices, or with
    backend="lanczos", no others are computed: an entropy is then an interval, with status "truncated" unless it is narrow.

    >>> import entrospect as en
    >>> s = en.spectrum(en.testing.known_rank(n=40, d=8, rank=2), en.Gram(kernel="linear"))
    >>> [round(float(e), 3) for e in s.hill_number([0, 1, 2])][0]
    2.0
    """
    chosen = Covariance() if affinity is None else affinity
    if not isinstance(chosen, (Covariance, Gram, Diffusion, NeighborGraph)):
        raise TypeError(
            f"affinity is a {type(chosen).__qualname__}; write en.Covariance(...), en.Gram(...), en.Diffusion(...) or en.NeighborGraph(...)"
        )
    if weights is not None and not isinstance(chosen, Gram):
        raise ValueError("weights: only a Gram affinity takes row weights; use affinity=en.Gram(...)")
    if device not in (None, "copy"):
        raise ValueError(f"device = {device!r}; allowed: None, 'copy'")
    options: dict[str, Any] = {"affinity": type(chosen).__name__.lower(), **asdict(chosen)}
    options.update(center=center, normalize=normalize, backend=backend, precision=precision, lapack_threads=lapack_threads, seed=seed)
    options["leading"] = leading
    return _core.spectrum(x, options, weights, mask, device == "copy", as_column, threads, progress)


@overload
def entropy(
    s: Spectrum, functional: Functional = ..., *, t: float = 1.0, unit: str = "nats", on_failure: OnFailure = "warn"
) -> Estimate: ...


@overload
def entropy(
    s: Spectrum, functional: Functional = ..., *, t: Sequence[float], unit: str = "nats", on_failure: OnFailure = "warn"
) -> list[Estimate]: ...


def entropy(
    s: Spectrum,
    functional: Functional = Shannon(),
    *,
    t: float | Sequence[float] = 1.0,
    unit: str = "nats",
    on_failure: OnFailure = "warn",
) -> Estimate | list[Estimate]:
    """A functional of a spectrum. `t` is the diffusion time, for diffusion spectra only.

    >>> import entrospect as en
    >>> s = en.spectrum(en.testing.orthogonal(4), en.Gram(kernel="linear"))
    >>> round(float(en.entropy(s, en.Renyi(2))), 6)  # ln 4
    1.386294
    """
    if not isinstance(s, Spectrum):
        raise TypeError(f"s is a {type(s).__qualname__}; write en.entropy(en.spectrum(x), ...)")
    if isinstance(functional, Shannon):
        return s.entropy(1.0, t=t, unit=unit, on_failure=on_failure)
    if isinstance(functional, Renyi):
        return s.entropy(functional.order, t=t, unit=unit, on_failure=on_failure)
    if isinstance(functional, Hill):
        return s.hill_number(functional.order, t=t, on_failure=on_failure)
    raise TypeError(f"functional is a {type(functional).__qualname__}; write en.Shannon(), en.Renyi(q) or en.Hill(q)")
