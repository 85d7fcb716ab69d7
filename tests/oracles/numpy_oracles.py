"""The six quantities once more, the slow and obvious way, in NumPy: whole matrices, singular values where possible, no code of the library.

Values are nats (entropies) or counts (ranks, Vendi scores). Samples are float64 arrays, one row per sample.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def renyi(weights: Floats, order: float) -> float:
    p = weights[weights > 0] / weights[weights > 0].sum()
    if order == 1:
        return float(-(p * np.log(p)).sum())
    if math.isinf(order):
        return float(-np.log(p.max()))
    return float(np.log((p**order).sum()) / (1 - order))


def prepared(x: Floats, center: bool = False, normalize: bool = False) -> Floats:
    x = x - x.mean(axis=0) if center else x
    return x / np.sqrt((x**2).sum(axis=1, keepdims=True)) if normalize else x


def singular_values(x: Floats) -> Floats:
    """The non-zero ones: s <= max(n, d) eps s_1 is zero."""
    s = np.linalg.svd(x, compute_uv=False)
    return s[s > max(x.shape) * np.finfo(np.float64).eps * s[0]]


def von_neumann_entropy(x: Floats) -> float:
    return renyi(singular_values(prepared(x, normalize=True)) ** 2, 1)


def vendi_score(x: Floats, order: float) -> float:
    """Cosine kernel."""
    return math.exp(renyi(singular_values(prepared(x, normalize=True)) ** 2, order))


def effective_rank(x: Floats, center: bool = True, normalize: bool = False, order: float = 1) -> float:
    """exp H_q of the squared singular values: q = 2 is the participation ratio, q = inf the stable rank."""
    return math.exp(renyi(singular_values(prepared(x, center, normalize)) ** 2, order))


def rankme(x: Floats) -> float:
    return math.exp(renyi(singular_values(x), 1))


def distances(x: Floats) -> Floats:
    return np.array([np.sqrt(((x - row) ** 2).sum(axis=1)) for row in x])


def median_bandwidth(x: Floats) -> float:
    return float(np.median(distances(x)[np.triu_indices(len(x), 1)]))


def gaussian(x: Floats, sigma: float) -> Floats:
    return np.exp(-(distances(x) ** 2) / (2 * sigma**2))


def matrix_entropy(x: Floats, sigma: float, order: float) -> float:
    """Gaussian kernel."""
    eigenvalues = np.linalg.eigvalsh(gaussian(x, sigma) / len(x))
    return renyi(np.where(eigenvalues > len(x) * np.finfo(np.float64).eps * eigenvalues[-1], eigenvalues, 0), order)


def diffusion_spectral_entropy(x: Floats, sigma: float, t: float = 1, anisotropy: float = 0.5) -> float:
    """From the random walk itself, by the general eigenvalue solver: no symmetric form is used."""
    kernel = gaussian(x, sigma)
    degree = kernel.sum(axis=1)
    kernel = kernel / np.outer(degree**anisotropy, degree**anisotropy)
    walk = kernel / kernel.sum(axis=1, keepdims=True)
    return renyi(np.abs(np.linalg.eigvals(walk)) ** t, 1)


def diffusion_spectral_mutual_information(
    x: Floats, labels: NDArray[np.int64], sigma: float, t: float = 1, repeats: int = 20, seed: int = 0
) -> tuple[float, float]:
    """Value and standard error: mean entropy of random subsets as large as each class, less the entropy of the class."""
    rng = np.random.default_rng(seed)
    value = variance = 0.0
    for label in np.unique(labels):
        rows = x[labels == label]
        share = len(rows) / len(x)
        subsets = [diffusion_spectral_entropy(x[rng.choice(len(x), len(rows), replace=False)], sigma, t) for _ in range(repeats)]
        value += share * (np.mean(subsets) - diffusion_spectral_entropy(rows, sigma, t))
        variance += share**2 * np.var(subsets, ddof=1) / repeats
    return float(value), math.sqrt(variance)
