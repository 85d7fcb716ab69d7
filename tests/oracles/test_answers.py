"""Disagreement of answers against NumPy and SciPy, written as the formulas are in the papers."""

from __future__ import annotations

from typing import Any

import entrospect as en
import numpy as np
import pytest
from numpy.typing import NDArray

Floats = NDArray[np.float64]
EPS = float(np.finfo(np.float64).eps)
SIZES = [2, 3, 10, 70, 200]


def similarities(n: int, seed: int) -> Floats:
    """Scores in [0, 1] as an entailment model gives them, averaged over both directions: not positive semi-definite."""
    a = np.random.default_rng(seed).uniform(size=(n, n))
    s = (a + a.T) / 2
    np.fill_diagonal(s, 1.0)
    return np.asarray(s)


def exponential(a: Floats) -> Floats:
    """exp(a) by scaling, 24 terms of the series, and squaring: no eigenvalues."""
    halvings = max(0, int(np.ceil(np.log2(max(1e-300, np.abs(a).sum(axis=1).max())))) + 4)
    a = a / 2.0**halvings
    out = term = np.eye(len(a))
    for k in range(1, 25):
        term = term @ a / k
        out = out + term
    for _ in range(halvings):
        out = out @ out
    return np.asarray(out)


def von_neumann(rho: Floats) -> float:
    p = np.linalg.eigvalsh((rho + rho.T) / 2)
    p = p[p > 0]
    return float(-(p * np.log(p)).sum())


@pytest.mark.parametrize("n", SIZES)
def test_snne(n: int) -> None:
    s, loglik = similarities(n, 1), np.random.default_rng(2).uniform(-900, -800, size=n)
    for tau in (0.1, 1.0, 10.0):
        logs = np.log(np.exp(s / tau).sum(axis=1))
        options: dict[str, Any] = {"tau": tau, "kernel": "precomputed"}
        assert en.run("snne", s, **options).value == pytest.approx(-logs.mean(), rel=64 * EPS)
        w = np.exp(loglik - loglik.max())
        assert en.run("snne", s, weights=w, **options).value == pytest.approx(-(w / w.sum() * logs).sum(), rel=64 * EPS)
    x = np.random.default_rng(3).normal(size=(n, 6))
    z = x / np.linalg.norm(x, axis=1, keepdims=True)
    assert en.snne(x).value == pytest.approx(-np.log(np.exp(z @ z.T).sum(axis=1)).mean(), rel=64 * EPS)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("t", [0.05, 0.4, 2.0])
def test_kernel_language_entropy(n: int, t: float) -> None:
    for w in (similarities(n, 4), en.gram_matrix(np.random.default_rng(5).normal(size=(n, 3)), kernel="gaussian")):
        heat = exponential(-t * (np.diag(w.sum(axis=1)) - w))
        scale = np.sqrt(np.diag(heat))
        expected = von_neumann(heat / np.outer(scale, scale) / n)
        # Squaring in the oracle and n eigenvalues here: n eps each, through p ln p.
        tolerance = 64 * n * n * EPS
        assert en.kernel_language_entropy(w, t=t, kernel="precomputed").value == pytest.approx(expected, abs=tolerance)
        share = en.kernel_language_entropy(w, t=t, kernel="precomputed", normalizer="log-n")
        assert share.value == pytest.approx(expected / np.log(n), abs=tolerance)
        assert share.unit == "none"


@pytest.mark.parametrize("n", SIZES)
def test_u_eigv(n: int) -> None:
    w = similarities(n, 6)
    root = np.diag(1 / np.sqrt(w.sum(axis=1)))
    lam = np.linalg.eigvalsh(np.eye(n) - root @ w @ root)
    expected = np.maximum(0, 1 - lam).sum()
    assert en.u_eigv(w, kernel="precomputed").value == pytest.approx(expected, abs=16 * n * EPS)
    x = np.random.default_rng(7).normal(size=(n, 3))
    assert en.u_eigv(x, bandwidth=1.5).value == pytest.approx(
        en.u_eigv(en.gram_matrix(x, bandwidth=1.5), kernel="precomputed").value, abs=16 * n * EPS
    )


def test_single_precision_similarities_are_symmetric_to_their_rounding() -> None:
    s = np.asarray(similarities(20, 8), dtype=np.float32)
    s[3, 4] = np.nextafter(s[3, 4], np.float32(2))
    for name in ("snne", "kernel_language_entropy", "u_eigv"):
        assert np.isfinite(en.run(name, s, kernel="precomputed").value)
        s64 = s.astype(np.float64)
        with pytest.raises(ValueError, match="not symmetric"):
            en.run(name, s64, kernel="precomputed")


@pytest.mark.parametrize("n", [2, 3, 10, 500])
def test_semantic_entropy(n: int) -> None:
    rng = np.random.default_rng(n)
    labels, loglik = rng.integers(0, 4, size=n), rng.uniform(-900, -800, size=n)
    counts = np.unique(labels, return_counts=True)[1] / n
    e = en.semantic_entropy(labels)
    assert e.value == pytest.approx(-(counts * np.log(counts)).sum(), abs=16 * EPS)
    assert e.cap == pytest.approx(np.log(len(counts)), abs=EPS)
    w = np.exp(loglik - loglik.max())
    p = np.array([w[labels == c].sum() / w.sum() for c in np.unique(labels)])
    e = en.semantic_entropy(labels.astype(str), weights=1e-200 * w, unit="bits")
    assert e.value == pytest.approx(-(p * np.log2(p)).sum(), abs=16 * n * EPS)
    assert e.diagnostics["largest_share"] == pytest.approx(p.max(), abs=16 * EPS)
    with pytest.raises(ValueError, match=r"weights has \d+ rows where 'labels' has"):
        en.semantic_entropy(labels, weights=w[1:])
    with pytest.raises(ValueError, match="weights are 0"):  # exp of a long answer's log-likelihood
        en.semantic_entropy(labels, weights=np.exp(loglik))
