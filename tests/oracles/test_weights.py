"""Quantities of weight matrices against their definitions, written out with NumPy, and against WeightWatcher's formulas."""

from __future__ import annotations

import itertools
import math
from typing import Any

import entrospect as en
import numpy as np
import pytest
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SHAPES = [(60, 20), (15, 40), (12, 12)]


@pytest.fixture(params=SHAPES, ids=str)
def w(request: pytest.FixtureRequest) -> Floats:
    n, d = request.param
    out: Floats = np.random.default_rng(n).standard_t(3, size=(n, d)) / np.sqrt(1 + np.arange(d))
    return out


def test_weight_entropy(w: Floats) -> None:
    s = np.linalg.svd(w, compute_uv=False)
    p = s**2 / (s**2).sum()
    assert en.weight_entropy(w).value == pytest.approx(-(p * np.log(p)).sum() / math.log(len(s)), rel=1e-11)


@pytest.mark.parametrize(("compat", "eps"), [("weightwatcher", 1e-10), ("weightwatcher-gpu", 6e-5)])
def test_weight_entropy_of_the_tool(w: Floats, compat: Any, eps: float) -> None:
    for rank in (len(w.T), 3, 1):
        u, s, v = np.linalg.svd(w, full_matrices=False)
        s[rank:] = 0
        low = (u * s) @ v
        s = np.linalg.svd(low, compute_uv=False)
        p = s**2 / (s**2).sum() + eps
        found = np.count_nonzero(s > s.max() * max(w.shape) * np.finfo(float).eps) + eps
        assert found == min(rank, *w.shape) + eps
        e = en.weight_entropy(low, compat=compat)
        assert e.value == pytest.approx(-(p * np.log(p)).sum() / math.log(found), rel=1e-6 if rank == 1 else 1e-10)
        assert e.compat_faults


def fit(lam: Floats, tool: bool) -> tuple[float, float, float, int]:
    """xmin, alpha, distance and length of the tail with the least distance, by trying all. The tool looks at the distance from below and
    has a rule of its own for fewer than 20 eigenvalues."""
    small = tool and len(lam) < 20
    best = (0.0, 0.0, math.inf, 0)
    lam = np.sort(lam)
    for i in range(len(lam) - (min(8, len(lam)) if small else 2) + 1):
        tail = lam[i:]
        n = len(tail)
        alpha = 1 + (n - small) / np.log(tail / tail[0]).sum()
        model = 1 - (tail / tail[0]) ** (1 - alpha)
        distance = np.abs(model - np.arange(n) / n).max()
        if not tool:
            distance = max(distance, np.abs(model - np.arange(1, n + 1) / n).max())
        if distance < best[2]:
            best = (float(tail[0]), float(alpha), float(distance), n)
    return best


def test_power_law_alpha(w: Floats) -> None:
    lam: Floats = np.square(np.linalg.svd(w, compute_uv=False), dtype=np.float64)
    compat: Any
    for compat, several in itertools.product((None, "weightwatcher"), (lam, lam[:7])):
        w = np.diag(np.sqrt(several))
        xmin, alpha, distance, tail = fit(several, compat is not None)
        e = en.power_law_alpha(w, compat=compat)
        assert e.value == pytest.approx(alpha, rel=1e-9)
        assert e.std_error == pytest.approx((alpha - 1) / math.sqrt(tail), rel=1e-9)
        assert (e.diagnostics["xmin"], e.diagnostics["ks_distance"]) == pytest.approx((xmin, distance), rel=1e-9)
        assert e.diagnostics["tail"] == tail


def test_vector_participation_ratio(w: Floats) -> None:
    ratio = np.linalg.norm(w, axis=1) / np.linalg.norm(w, ord=4, axis=1)
    assert en.vector_participation_ratio(w).value == pytest.approx((ratio**4).mean(), rel=1e-12)
    assert en.vector_participation_ratio(w, compat="weightwatcher").value == pytest.approx(ratio.mean(), rel=1e-12)


def test_marchenko_pastur(w: Floats) -> None:
    large, small = max(w.shape), min(w.shape)
    lam = np.linalg.svd(w, compute_uv=False) ** 2 / large
    edge = (w**2).mean() * (1 + math.sqrt(small / large)) ** 2
    for side in ("gram", "cov"):
        e = en.mp_soft_rank(w, side=side)
        assert e.value == pytest.approx(edge / lam[0], rel=1e-11)
        assert e.cap is not None
        assert e.value <= e.cap
        e = en.mp_spike_share(w, side=side)
        assert e.value == pytest.approx(lam[lam > edge].sum() / lam.sum(), rel=1e-11)
        assert e.diagnostics["spikes"] == (lam > edge).sum()


def test_shuffled_edge(w: Floats) -> None:
    """Other shuffles of the same entries have the same mean to a few standard errors."""
    large = max(w.shape)
    rng = np.random.default_rng(1)
    tops = [np.linalg.norm(rng.permutation(w.ravel()).reshape(w.shape), 2) ** 2 / large for _ in range(100)]
    e = en.mp_soft_rank(w, edge="shuffled", n_null=100, seed=3)
    scatter = np.std(tops) * math.sqrt(2 / 100)
    assert abs(float(e.diagnostics["edge"]) - np.mean(tops)) < 5 * scatter
    top = np.linalg.norm(w, 2) ** 2 / large
    assert e.value == pytest.approx(float(e.diagnostics["edge"]) / top, rel=1e-11)
    assert e.std_error == pytest.approx(np.std(tops) / 10 / top, rel=0.5)


def test_diff_erank() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(30, 6)), rng.normal(size=(9, 12)) + 3

    def erank(a: Floats) -> float:
        z = a - a.mean(axis=0)
        z /= np.linalg.norm(z, axis=1, keepdims=True)
        lam = np.linalg.svd(z, compute_uv=False) ** 2
        p = lam[lam > 1e-12] / lam.sum()
        return math.exp(-(p * np.log(p)).sum())

    compat: Any
    for compat in (None, "diff-erank"):
        assert en.diff_erank(x, y, compat=compat).value == pytest.approx(erank(x) - erank(y), rel=1e-11)
