"""Matrices with known answers, for trying estimators and for tests. No random numbers: the same values everywhere."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]


def orthogonal(n: int) -> Matrix:
    """n orthonormal rows: von Neumann entropy ln n; Vendi score, RankMe and uncentered effective rank n."""
    return np.eye(n)


def identical(n: int, d: int) -> Matrix:
    """n equal rows: von Neumann entropy 0, Vendi score 1."""
    return np.tile(np.linspace(1.0, 2.0, d), (n, 1))


def clusters(sizes: tuple[int, ...]) -> Matrix:
    """Rows on len(sizes) orthogonal axes: with a cosine kernel the Vendi score of order q is the Hill number of sizes / sum(sizes)."""
    return np.repeat(np.eye(len(sizes)), sizes, axis=0)


def singular_values(values: tuple[float, ...], n: int) -> Matrix:
    """n x len(values) with exactly these singular values (n >= len(values)): RankMe is exp of the entropy of values / sum(values)."""
    if n < len(values):
        raise ValueError(f"n = {n}; allowed: at least {len(values)}, the number of singular values")
    basis: Matrix = _cosine_basis(n, len(values)) * np.asarray(values)
    return basis


def known_rank(n: int, d: int, rank: int) -> Matrix:
    """n x d with `rank` equal singular values and the rest 0: RankMe and uncentered effective rank are `rank` at every order."""
    if not 1 <= rank <= min(n, d):
        raise ValueError(f"rank = {rank}; allowed: 1 to min(n, d) = {min(n, d)}")
    return _cosine_basis(n, rank) @ _cosine_basis(d, rank).T


def circle(n: int) -> Matrix:
    """n points on a circle: every Gram matrix is circulant, its spectrum two-fold degenerate."""
    angle = 2 * np.pi * np.arange(n) / n
    return np.column_stack([np.cos(angle), np.sin(angle)])


def causal_attention(n: int) -> Matrix:
    """Row i looks evenly at the keys up to its own: attention entropy of row i is ln(i + 1)."""
    return np.tril(np.ones((n, n))) / np.arange(1.0, n + 1)[:, None]


def _cosine_basis(n: int, columns: int) -> Matrix:
    """Orthonormal columns of the discrete cosine transform (type II)."""
    rows, frequencies = np.meshgrid(np.arange(n), np.arange(columns), indexing="ij")
    basis: Matrix = np.sqrt(2.0 / n) * np.cos(np.pi * (rows + 0.5) * frequencies / n)
    basis[:, 0] = np.sqrt(1.0 / n)
    return basis
