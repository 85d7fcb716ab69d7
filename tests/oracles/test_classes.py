"""Quantities of labelled rows against their definitions, written out with NumPy, and the numbers of other tools."""

from __future__ import annotations

import itertools
import math
from typing import Any

import entrospect as en
import numpy as np
import pytest
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def groups(sizes: list[int], d: int, seed: int = 0) -> tuple[Floats, NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    return rng.normal(size=(len(sizes), d))[labels] * 2 + rng.normal(size=(len(labels), d)) + 5, labels


CASES = [groups([4] * 6, 3), groups([3] * 4, 20, 1), groups([2, 5, 9], 4, 2)]
EVEN = CASES[:2]


def scatters(x: Floats, labels: NDArray[np.int64], unbiased: bool = False) -> tuple[Floats, Floats, Floats]:
    """Centered class means, covariance of the means, mean covariance within a class."""
    classes = [x[labels == c] for c in np.unique(labels)]
    means = np.array([rows.mean(axis=0) for rows in classes])
    centered = means - means.mean(axis=0)
    within = np.mean([np.cov(rows, rowvar=False, ddof=int(unbiased)) for rows in classes], axis=0)
    return centered, centered.T @ centered / (len(means) - int(unbiased)), within


def root_inverse(a: Floats) -> Floats:
    lam, u = np.linalg.eigh(a)
    return np.asarray((u / np.sqrt(lam)) @ u.T)


def entropy(p: Floats) -> float:
    p = p[p > 0]
    return float(-(p * np.log(p)).sum())


def lda(x: Floats, labels: NDArray[np.int64], delta: float, unbiased: bool = False) -> Floats:
    _, between, within = scatters(x, labels, unbiased)
    root = root_inverse(within + delta * np.eye(len(within)))
    return np.asarray(root @ between @ root)


@pytest.mark.parametrize(("x", "labels"), CASES)
@pytest.mark.parametrize("delta", [1e-4, 0.3])
def test_lidar(x: Floats, labels: NDArray[np.int64], delta: float) -> None:
    for unbiased in (False, True):
        lam = np.maximum(np.linalg.eigvalsh(lda(x, labels, delta, unbiased)), 0)
        for side in ("gram", "cov"):
            e = en.lidar(x, labels, delta=delta, unbiased=unbiased, side=side)
            assert e.value == pytest.approx(math.exp(entropy(lam / lam.sum())), rel=1e-8)
            assert e.cap == min(len(np.unique(labels)) - 1, x.shape[1])


@pytest.mark.parametrize(("x", "labels"), EVEN)
def test_lidar_tools(x: Floats, labels: NDArray[np.int64]) -> None:
    lam = np.maximum(np.linalg.eigvalsh(lda(x, labels, 1e-4)), 0)
    assert en.lidar(x, labels, compat="skean").value == pytest.approx(entropy(lam / lam.sum()), rel=1e-8)

    lam = np.maximum(np.linalg.eigvalsh(lda(x, labels, 1e-4, unbiased=True)), 0) + 1e-8
    assert en.lidar(x, labels, compat="stable-pretraining").value == pytest.approx(math.exp(entropy(lam / lam.sum())), rel=1e-8)

    means, _, within = scatters(x, labels)
    size = len(x) // len(means)
    root = root_inverse(within * size + 1e-6 * np.eye(x.shape[1]))
    a = root @ (means.T @ means) @ root
    s2 = np.linalg.svd(a - a.mean(axis=0), compute_uv=False) ** 2
    p = s2 / s2.sum() + 1e-7
    assert en.lidar(x, labels, compat="reptrix").value == pytest.approx(math.exp(-(p * np.log(p)).sum()), rel=1e-7)


@pytest.mark.parametrize(("x", "labels"), CASES)
def test_lidar_pooled(x: Floats, labels: NDArray[np.int64]) -> None:
    _, between, _ = scatters(x, labels, unbiased=True)
    residuals = np.vstack([x[labels == c] - x[labels == c].mean(axis=0) for c in np.unique(labels)])
    root = root_inverse(residuals.T @ residuals / (len(x) - len(np.unique(labels))) + 1e-4 * np.eye(x.shape[1]))
    lam = np.maximum(np.linalg.eigvalsh(root @ between @ root), 0)
    p = lam / lam.sum() + 1e-12
    assert en.lidar(x, labels, compat="stable-pretraining-jax").value == pytest.approx(math.exp(entropy(p / p.sum())), rel=1e-8)


def rate(z: Floats, eps_squared: float) -> float:
    n, d = z.shape
    return float(np.linalg.slogdet(np.eye(d) + d / (n * eps_squared) * z.T @ z)[1])


@pytest.mark.parametrize(("x", "labels"), CASES)
@pytest.mark.parametrize("eps_squared", [0.5, 3.0])
def test_coding_rate_reduction(x: Floats, labels: NDArray[np.int64], eps_squared: float) -> None:
    z = x / np.linalg.norm(x, axis=1, keepdims=True)
    shares = [((labels == c).mean(), c) for c in np.unique(labels)]
    expected = rate(z, eps_squared) / 2 - sum(w / 2 * rate(z[labels == c], eps_squared) for w, c in shares)
    for side in ("gram", "cov"):
        e = en.coding_rate_reduction(x, labels, eps_squared=eps_squared, side=side)
        assert e.value == pytest.approx(expected, rel=1e-10)
        assert e.cap is not None
        assert e.value <= e.cap
    first = rate(x, 0.01) - sum(rate(x[labels == c], 0.01) for _, c in shares)
    assert en.mcr2(x, labels, compat="mcr2").value == pytest.approx(first, rel=1e-10)
    final = rate(x, 0.01) / 2
    for c in np.unique(labels):
        size = (labels == c).sum() + 1e-8
        w, d = x[labels == c], x.shape[1]
        final -= size / len(x) / 2 * np.linalg.slogdet(np.eye(d) + d / (size * 0.01) * w.T @ w)[1]
    assert en.mcr2(x, labels, compat="mcr2-final").value == pytest.approx(final, rel=1e-9)


@pytest.mark.parametrize(("x", "labels"), CASES)
@pytest.mark.parametrize("local_weight", [0.0, 0.7])
def test_mmcr(x: Floats, labels: NDArray[np.int64], local_weight: float) -> None:
    z = x / np.linalg.norm(x, axis=1, keepdims=True)
    views = [z[labels == c] for c in np.unique(labels)]
    expected = local_weight * np.mean([np.linalg.norm(v, "nuc") for v in views])
    expected -= np.linalg.norm(np.array([v.mean(axis=0) for v in views]), "nuc")
    assert en.mmcr(x, labels, local_weight=local_weight).value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("x", "labels"), CASES)
def test_neural_collapse(x: Floats, labels: NDArray[np.int64]) -> None:
    centered, between, within = scatters(x, labels)
    classes = len(centered)
    pairs = list(itertools.combinations(range(classes), 2))
    variances = [((x[labels == c] - x[labels == c].mean(axis=0)) ** 2).sum(axis=1).mean() for c in np.unique(labels)]
    norms = np.linalg.norm(centered, axis=1)
    cosines = [centered[a] @ centered[b] / norms[a] / norms[b] for a, b in pairs]
    classifier = centered @ np.linalg.pinv(within + between, rcond=1e-12)
    means = np.array([x[labels == c].mean(axis=0) for c in np.unique(labels)])
    nearest = ((x[:, None] - means[None]) ** 2).sum(axis=2).argmin(axis=1)
    expected: dict[Any, float] = {
        "nc1": float(np.trace(within @ np.linalg.pinv(between, rcond=1e-10))) / classes,
        "cdnv": float(np.mean([(variances[a] + variances[b]) / 2 / ((centered[a] - centered[b]) ** 2).sum() for a, b in pairs])),
        "nc2-norms": float(norms.std() / norms.mean()),
        "nc2-angles": float(np.mean([abs(c + 1 / (classes - 1)) for c in cosines])),
        "nc3": float(np.linalg.norm(classifier / np.linalg.norm(classifier) - centered / np.linalg.norm(centered))),
        "nc4": float((nearest != labels).mean()),
    }
    for measure, value in expected.items():
        e = en.neural_collapse(x, labels, measure=measure)
        assert e.value == pytest.approx(value, rel=1e-8, abs=1e-12), measure
        assert e.cap is None or e.value <= e.cap
