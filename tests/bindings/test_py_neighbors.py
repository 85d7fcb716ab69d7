"""Neighbor graphs and spectral clusters from Python."""

from __future__ import annotations

from typing import Any

import entrospect as en
import numpy as np
import pytest
from numpy.typing import NDArray

X: NDArray[np.float64] = np.random.default_rng(4).normal(size=(60, 3))


def adjacency(k: int, edges: str, symmetrize: str) -> NDArray[np.float64]:
    distance = np.linalg.norm(X[:, None] - X, axis=2)
    order = np.argsort(distance, axis=1, kind="stable")[:, 1 : k + 1]
    scale = distance[np.arange(len(X)), order[:, -1]]
    directed = np.zeros_like(distance)
    weights = np.exp(-(distance**2) / np.outer(scale, scale)) if edges == "local_scale" else np.ones_like(distance)
    for i, near in enumerate(order):
        directed[i, near] = weights[i, near]
    out: NDArray[np.float64] = np.maximum(directed, directed.T) if symmetrize == "union" else np.minimum(directed, directed.T)
    np.fill_diagonal(out, 1.0)
    return out


@pytest.mark.parametrize("edges", ["local_scale", "ones"])
@pytest.mark.parametrize("symmetrize", ["union", "mutual"])
def test_the_spectrum_is_that_of_the_graph(edges: Any, symmetrize: Any) -> None:
    k = adjacency(6, edges, symmetrize)
    q = k.sum(axis=1)
    k = k / np.sqrt(np.outer(q, q))
    d = k.sum(axis=1)
    expected = np.linalg.eigvalsh(k / np.sqrt(np.outer(d, d)))[::-1]
    s = en.spectrum(X, en.NeighborGraph(k=6, edges=edges, symmetrize=symmetrize))
    np.testing.assert_allclose(s.values, expected, atol=1e-12)
    graph: Any = "knn" if edges == "local_scale" else "knn01"
    for e, t in zip(s.dse(t=[1.0, 3.0]), (1.0, 3.0), strict=True):
        assert en.dse(X, t=t, graph=graph, k=6, symmetrize=symmetrize).value == pytest.approx(e.value, rel=1e-12)


def test_few_eigenvalues_leave_an_interval() -> None:
    full = en.spectrum(X, en.NeighborGraph(k=6))
    some = en.spectrum(X, en.NeighborGraph(k=6), leading=20, backend="lanczos")
    assert not some.complete
    for t in (1.0, 4.0):
        e = some.dse(t=t, on_failure="ignore")
        assert e.interval is not None
        assert e.interval[0] <= full.dse(t=t).value <= e.interval[1]


def test_spectral_clusters_are_classes() -> None:
    y = np.repeat(np.arange(3), 20)[:, None] * 50.0 + X
    labels = en.spectral_clusters(y, 3, bandwidth=4.0)
    np.testing.assert_array_equal(labels, np.repeat(np.arange(3), 20))
    assert en.dsmi(y, labels=labels).value == en.dsmi(y, labels=np.repeat(np.arange(3), 20)).value
    with pytest.raises(ValueError, match=r"clusters = 1 .*\[2, n\]"):
        en.spectral_clusters(y, 1)
    with pytest.raises(TypeError, match="whole number"):
        en.spectral_clusters(y, 2.5)  # type: ignore[arg-type]
