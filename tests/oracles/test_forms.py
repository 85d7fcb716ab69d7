"""Forms of catalogue entries with a network's last layer or with prompts of two models, against their definitions in NumPy."""

from __future__ import annotations

import math
from typing import Any

import entrospect as en
import numpy as np
import pytest
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RNG = np.random.default_rng(3)
LABELS = np.array([2, 5, 9])[RNG.permutation(np.repeat(np.arange(3), [4, 7, 5]))]
X: Floats = RNG.normal(size=(16, 4)) + 2 * RNG.normal(size=(10, 4))[LABELS]
W: Floats = RNG.normal(size=(3, 4))
B: Floats = RNG.normal(size=3)
MEANS: Floats = np.array([X[c == LABELS].mean(axis=0) for c in (2, 5, 9)])


def test_self_duality_with_the_layer() -> None:
    m = MEANS - MEANS.mean(axis=0)
    expected = float(np.linalg.norm(W / np.linalg.norm(W) - m / np.linalg.norm(m)))
    e = en.classifier_collapse(X, LABELS, W, B)
    assert e.value == pytest.approx(expected, rel=1e-12)
    assert e.estimator == "neural_collapse"
    assert "row c of W the weights of class c" in e.explain()
    assert en.classifier_collapse(X, LABELS, -3 * m).value == pytest.approx(2, rel=1e-12)


@pytest.mark.parametrize("bias", [None, B, 40 * np.eye(3)[1]], ids=["none", "some", "one wins"])
def test_answers_of_the_layer(bias: Floats | None) -> None:
    answers = (X @ W.T + (0 if bias is None else bias)).argmax(axis=1)
    nearest = ((X[:, None] - MEANS) ** 2).sum(axis=2).argmin(axis=1)
    e = en.classifier_collapse(X, LABELS, W, bias, measure="nc4")
    assert e.value == pytest.approx((answers != nearest).mean(), rel=1e-12)
    kept = LABELS != 9
    masked = en.classifier_collapse(X, LABELS, W[:2], None if bias is None else bias[:2], measure="nc4", mask=kept)
    answers = (X[kept] @ W[:2].T + (0 if bias is None else bias[:2])).argmax(axis=1)
    nearest = ((X[kept][:, None] - MEANS[:2]) ** 2).sum(axis=2).argmin(axis=1)
    assert masked.value == pytest.approx((answers != nearest).mean(), rel=1e-12)


def test_the_means_as_layer_agree_with_the_nearest_mean() -> None:
    """argmin |z - m_c| = argmax (m_c . z - |m_c|^2 / 2)."""
    assert en.classifier_collapse(X, LABELS, MEANS, -(MEANS**2).sum(axis=1) / 2, measure="nc4").value == 0


@pytest.mark.parametrize(
    ("weight", "bias", "measure", "message"),
    [
        (W[:2], None, "nc3", "weights are 2 x 4; 3 classes need 3 x 4"),
        (W[:, :3], None, "nc3", "weights are 3 x 3; 3 classes need 3 x 4"),
        (W, B[:2], "nc4", "biases are 2 x 1; 3 classes need 3 x 1"),
        (W * [1, 1, math.nan, 1], None, "nc3", "weights have nan at row 0, column 2"),
        (W, None, "nc1", "measure = 'nc1'; allowed: 'nc3', 'nc4'"),
    ],
)
def test_layers_that_do_not_fit(weight: Floats, bias: Floats | None, measure: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        en.classifier_collapse(X, LABELS, weight, bias, measure=measure)


def test_a_layer_of_zeros_has_no_shape() -> None:
    e = en.classifier_collapse(X, LABELS, 0 * W, on_failure="ignore")
    assert (e.status, math.isnan(e.value)) == ("degenerate", True)


def entropy(x: Floats) -> float:
    z = x - x.mean(axis=0)
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    lam = np.linalg.svd(z, compute_uv=False) ** 2
    p = lam[lam > 1e-12] / lam.sum()
    return float(-(p * np.log(p)).sum())


def test_diff_erank_of_prompts() -> None:
    x = [RNG.normal(size=(n, 6)) for n in (5, 9, 30)]
    y = [RNG.normal(size=(n, 4)) * [3, 1, 1, 0.1] for n in (5, 9, 30)]
    h_x, h_y = np.array([entropy(v) for v in x]), np.array([entropy(v) for v in y])
    g_x, g_y = math.exp(h_x.mean()), math.exp(h_y.mean())
    e = en.diff_erank_of_prompts(x, y)
    assert e.value == pytest.approx(g_x - g_y, rel=1e-11)
    assert e.std_error == pytest.approx((g_x * h_x - g_y * h_y).std(ddof=1) / math.sqrt(3), rel=1e-10)
    assert e.n == 88
    e = en.diff_erank_of_prompts(x, y, mean="rank")
    differences = np.exp(h_x) - np.exp(h_y)
    assert e.value == pytest.approx(differences.mean(), rel=1e-11)
    assert e.std_error == pytest.approx(differences.std(ddof=1) / math.sqrt(3), rel=1e-10)
    for mean in ("entropy", "rank"):
        one: Any = en.diff_erank_of_prompts(x[1:2], y[1:2], mean=mean)
        assert one.value == pytest.approx(en.diff_erank(x[1], y[1]).value, rel=1e-12)
        assert one.std_error is None


def test_prompts_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="x has 2 prompts and y 1"):
        en.diff_erank_of_prompts([X, X], [X])
    with pytest.raises(ValueError, match="x has 0 prompts and y 0"):
        en.diff_erank_of_prompts([], [])
    with pytest.raises(ValueError, match=r"diff_erank: y\[1\]: n = 1 rows"):
        en.diff_erank_of_prompts([X, X], [X, X[:1]])
    with pytest.raises(ValueError, match="mean = 'median'; allowed: 'entropy', 'rank'"):
        en.diff_erank_of_prompts([X], [X], mean="median")  # type: ignore[arg-type]
