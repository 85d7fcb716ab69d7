"""Spectra computed once: eigenvalues against NumPy, orders and times against the estimators."""

from __future__ import annotations

import itertools
import math
from typing import Any

import entrospect as en
import numpy as np
import numpy.typing as npt
import pytest

EPS = float(np.finfo(np.float64).eps)


@pytest.fixture
def x() -> npt.NDArray[np.float64]:
    return np.random.default_rng(1).normal(size=(60, 9)) + 3


def close(values: npt.NDArray[np.float64], reference: npt.NDArray[Any]) -> None:
    """Eigenvalues of a symmetric n x n matrix agree to n eps of the largest (backward stability, with room for the products)."""
    tolerance = 10 * max(len(reference), 60) * EPS * float(np.abs(reference).max())
    np.testing.assert_allclose(values, np.sort(reference)[::-1], rtol=0, atol=tolerance)


def test_covariance_is_that_of_numpy(x: npt.NDArray[np.float64]) -> None:
    s = en.spectrum(x, en.Covariance(denominator=59), center=True)
    close(s.values, np.linalg.eigvalsh(np.cov(x.T)))
    assert (s.n, s.d, s.complete, s.affinity) == (60, 9, True, "covariance")
    assert s.max_rank == 9
    assert s.trace == pytest.approx(np.trace(np.cov(x.T)), rel=1e-13)


@pytest.mark.parametrize("side", ["gram", "cov"])
def test_both_sides_share_their_eigenvalues(x: npt.NDArray[np.float64], side: Any) -> None:
    s = en.spectrum(x, en.Covariance(side=side))
    close(s.values[:9], np.linalg.eigvalsh(x.T @ x))


def test_gaussian_gram(x: npt.NDArray[np.float64]) -> None:
    squared = ((x[:, None] - x[None]) ** 2).sum(-1)
    close(en.spectrum(x, en.Gram(bandwidth=2.0)).values, np.linalg.eigvalsh(np.exp(-squared / 8)))
    median = float(np.median(np.sqrt(squared)[np.triu_indices(60, 1)]))
    s = en.spectrum(x, en.Gram())
    assert s.diagnostics["bandwidth"] == pytest.approx(median, rel=1e-12)
    close(s.values, np.linalg.eigvalsh(np.exp(-squared / (2 * median**2))))


def test_row_weights(x: npt.NDArray[np.float64]) -> None:
    w = np.linspace(1, 2, 60)
    k = (x @ x.T) * np.sqrt(np.outer(w, w))
    close(en.spectrum(x, en.Gram(kernel="linear", side="gram"), weights=w).values, np.linalg.eigvalsh(k))


def test_diffusion_answers_orders_and_times(x: npt.NDArray[np.float64]) -> None:
    s = en.spectrum(x, en.Diffusion(bandwidth=2.0, anisotropy=0.5))
    assert s.values[0] == pytest.approx(1, abs=1e-12)
    for t, e in zip([0.5, 1, 3], s.dse([0.5, 1, 3]), strict=True):
        assert e.value == en.dse(x, bandwidth=2.0, anisotropy=0.5, t=t).value
        p = np.abs(s.values) ** t / (np.abs(s.values) ** t).sum()
        assert e.value == pytest.approx(-(p * np.log(p)).sum(), rel=1e-12)
    assert en.entropy(s, t=[1, 2])[0].value == s.dse().value


@pytest.mark.parametrize("order", [0, 0.5, 1, 2, 7, math.inf])
def test_orders_are_those_of_the_estimator(x: npt.NDArray[np.float64], order: float) -> None:
    s = en.spectrum(x, en.Covariance(denominator=60), normalize="l2")
    assert s.entropy(order).value == pytest.approx(en.matrix_entropy(x, kernel="cosine", order=order).value, rel=1e-9)
    assert s.hill_number(order).value == pytest.approx(math.exp(s.entropy(order).value), rel=1e-14)
    assert s.hill_number(order).unit == "count"
    assert en.entropy(s, en.Renyi(order)).value == s.entropy(order).value
    assert en.entropy(s, en.Hill(order)).value == s.hill_number(order).value
    assert s.entropy(order, unit="bits").value == pytest.approx(s.entropy(order).value / math.log(2), rel=1e-15)


def test_a_list_of_orders_is_a_list_of_estimates(x: npt.NDArray[np.float64]) -> None:
    s = en.spectrum(x)
    orders = np.linspace(0.5, 5, 50)
    values = [e.value for e in s.entropy(list(orders))]
    assert values == [s.entropy(float(order)).value for order in orders]
    assert all(a >= b for a, b in itertools.pairwise(values)), "entropy falls in the order"
    assert en.entropy(s).value == en.entropy(s, en.Shannon()).value == s.entropy().value


def test_values_are_read_only_and_outlive_the_spectrum(x: npt.NDArray[np.float64]) -> None:
    values = en.spectrum(x).values
    with pytest.raises(ValueError, match="read-only"):
        values[0] = 0
    assert values.sum() == pytest.approx((x**2).sum(), rel=1e-12)


def test_precomputed_kernel(x: npt.NDArray[np.float64]) -> None:
    k = x @ x.T
    close(en.spectrum(k, en.Gram(kernel="precomputed")).values, np.linalg.eigvalsh(k))


def test_mask_and_intake_reach_the_diagnostics(x: npt.NDArray[np.float64]) -> None:
    mask = np.arange(60) < 40
    s = en.spectrum(x.astype(">f8"), mask=mask)
    assert (s.diagnostics["byte_swapped"], s.diagnostics["rows_masked"], s.n) == (True, 20, 40)
    assert np.array_equal(s.values, en.spectrum(x[:40]).values)


wrong: Any = en  # calls that a type checker refuses too


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: wrong.spectrum(x, "gram"), TypeError, r"write en\.Covariance"),
        (lambda x: wrong.spectrum(x, wrong.Gram(kernel="gausian")), ValueError, "gaussian"),
        (lambda x: wrong.spectrum(x, wrong.Gram(bandwidth=-1)), ValueError, "bandwidth"),
        (lambda x: wrong.spectrum(x, en.Diffusion(anisotropy=2)), ValueError, r"anisotropy.*2.*\[0, 1\]"),
        (lambda x: wrong.spectrum(x, weights=np.ones(60)), ValueError, "Gram"),
        (lambda x: wrong.spectrum(x, device="gpu"), ValueError, "device"),
        (lambda x: wrong.spectrum(np.where(x > 4, np.nan, x)), ValueError, "finite|NaN"),
        (lambda x: wrong.spectrum(np.zeros((4, 2)), normalize="l2"), ValueError, "row"),
        (lambda x: wrong.spectrum(x).entropy(-1), ValueError, "order"),
        (lambda x: wrong.spectrum(x).entropy("two"), TypeError, "order = 'two'"),
        (lambda x: wrong.spectrum(x).entropy(t=2), ValueError, r"en\.Diffusion"),
        (lambda x: wrong.spectrum(x).entropy([1], t=[1]), ValueError, "not both"),
        (lambda x: wrong.spectrum(x).entropy(unit="dits"), ValueError, "'nats', 'bits'"),
        (lambda x: wrong.spectrum(x, en.Diffusion()).dse(0), ValueError, "t"),
        (lambda x: wrong.entropy(x), TypeError, r"en\.spectrum\(x\)"),
        (lambda x: wrong.entropy(en.spectrum(x), 2), TypeError, r"en\.Renyi"),
    ],
)
def test_misuse(x: npt.NDArray[np.float64], call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(x)


def test_repr_is_one_line(x: npt.NDArray[np.float64]) -> None:
    assert repr(en.spectrum(x)).startswith("<Spectrum of covariance: 9 of 9 eigenvalues, n = 60, d = 9")


def test_scatter_matrix_is_numpys_product(x: npt.NDArray[np.float64]) -> None:
    # Each entry is a sum of 60 products: its error is at most 60 eps of the sum of their magnitudes.
    bound = 60 * EPS * (np.abs(x).T @ np.abs(x)).max()
    np.testing.assert_allclose(en.scatter_matrix(x), x.T @ x, rtol=0, atol=bound)
    np.testing.assert_allclose(en.scatter_matrix(x, center=True), np.cov(x.T) * 59, rtol=0, atol=bound)
    w = np.linspace(0, 1, 60)
    np.testing.assert_allclose(en.scatter_matrix(x, weights=w), (x * w[:, None]).T @ x, rtol=0, atol=bound)
    single = en.scatter_matrix(x.astype(np.float32), precision="single")
    np.testing.assert_allclose(single, x.T @ x, rtol=0, atol=bound * np.finfo(np.float32).eps / EPS)


@pytest.mark.parametrize("options", [{}, {"center": True}, {"normalize": "standardize"}, {"normalize": "l2"}, {"precision": "single"}])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_scatter_matrix_names_the_first_value_that_is_not_finite(x: npt.NDArray[np.float64], options: dict[str, Any], bad: float) -> None:
    spoilt = x.copy()
    spoilt[[7, 50], 2] = bad
    with pytest.raises(ValueError, match="2 of 60 x 9 values are NaN or Inf, the first at row 7, column 2"):
        en.scatter_matrix(spoilt, **options)


def test_scatter_matrix_refuses_squares_beyond_its_precision(x: npt.NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match="leave the range of float64"):
        en.scatter_matrix(x * 1e160)
    with pytest.raises(ValueError, match="leave the range of float32"):
        en.scatter_matrix(x * 1e25, precision="single")


def test_gram_matrix_is_the_kernel(x: npt.NDArray[np.float64]) -> None:
    k = en.gram_matrix(x, bandwidth=2.0)
    squared = ((x[:, None] - x[None]) ** 2).sum(-1)
    # The exponent is below 100 in magnitude and carries a relative error of some eps of |x|^2.
    np.testing.assert_allclose(k, np.exp(-squared / 8), rtol=0, atol=1e-13)
    assert np.array_equal(k, k.T)
    assert np.array_equal(np.diag(k), np.ones(60))
    single = en.gram_matrix(x, bandwidth=2.0, precision="single")
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, k, rtol=0, atol=5e-7)


def test_one_spectrum_answers_every_index(x: npt.NDArray[np.float64]) -> None:
    s = en.spectrum(x, en.Covariance(denominator=59), center=True)
    lam = s.values
    p = lam / lam.sum()
    expected = {
        "participation_ratio": (s.participation_ratio(), 1 / (p**2).sum()),
        "stable_rank": (s.stable_rank(), 1 / p[0]),
        "anisotropy": (s.anisotropy(), np.sqrt(lam[0]) / np.sqrt(lam).sum()),
        "top_share": (s.top_share(3), p[:3].sum()),
        "spectral_gap": (s.spectral_gap(rank=2), (lam[1] - lam[2]) / lam[0]),
        "entropy": (s.min_entropy(unit="bits"), -np.log2(p[0])),
        "tsallis_entropy": (s.tsallis_entropy(3), (1 - (p**3).sum()) / 2),
        "alpha_req": (
            s.alpha_req(first_rank=2, last_rank=7, fit_weights="uniform"),
            -np.polyfit(np.log(np.arange(2, 8)), np.log(lam[1:7]), 1)[0],
        ),
    }
    for name, (found, value) in expected.items():
        assert found.estimator == name
        assert float(found) == pytest.approx(float(value), rel=1e-10), name
        assert found.n == 60
    assert float(s.top_share()) == float(en.top_share(x))
    assert float(s.tsallis_entropy()) == pytest.approx(1 - float((p**2).sum()), rel=1e-12)
    assert float(en.spectrum(x, en.Gram(bandwidth=3.0)).stable_rank()) > 1


def test_indices_name_what_is_wrong(x: npt.NDArray[np.float64]) -> None:
    s = en.spectrum(x)
    with pytest.raises(ValueError, match="rank = 0"):
        s.top_share(0)
    with pytest.raises(ValueError, match="there are 9"):
        s.spectral_gap(9)
    with pytest.raises(ValueError, match="fit_weights = 'none'; allowed: 'reciprocal', 'uniform'"):
        s.alpha_req(fit_weights="none")
    with pytest.raises(ValueError, match="negative eigenvalues"):
        en.spectrum(x, en.NeighborGraph(k=4)).stable_rank()
    with pytest.raises(ValueError, match=r"order = -1 is not in \[0, inf\]"):
        s.tsallis_entropy(-1)


def has_lanczos() -> bool:
    try:
        en.spectrum(np.eye(4), backend="lanczos", leading=1)
    except ValueError as e:
        if "needs Spectra" in str(e):
            return False
        raise
    return True


def test_leading_values(x: npt.NDArray[np.float64]) -> None:
    if not has_lanczos():
        pytest.skip("built without Spectra")
    every = en.spectrum(x, en.Gram(bandwidth=3.0))
    few = en.spectrum(x, en.Gram(bandwidth=3.0), leading=7, backend="lanczos")
    assert (len(few.values), few.complete, few.size, few.backend_used) == (7, False, 60, "lanczos")
    assert (few.trace, few.frobenius2) == (every.trace, every.frobenius2)
    assert every.residuals.size == 0
    assert every.reason == ""
    assert few.residuals.max() <= 1e-11 * few.values[0]
    np.testing.assert_allclose(few.values, every.values[:7], rtol=0, atol=few.residuals.max() + 1e-13 * few.values[0])
    assert few.status in ("ok", "truncated")
    for order in (0.5, 1, 3):
        e = few.entropy(order, on_failure="ignore")
        assert e.interval_method == "bounds"
        assert e.interval is not None
        assert e.interval[0] - 1e-12 <= float(every.entropy(order)) <= e.interval[1] + 1e-12
    assert float(few.entropy(2, on_failure="ignore")) == pytest.approx(float(every.entropy(2)), rel=1e-12)


def test_leading_is_a_wish_on_small_matrices_and_checked(x: npt.NDArray[np.float64]) -> None:
    assert en.spectrum(x, leading=3).complete
    with pytest.raises(ValueError, match="leading"):
        en.spectrum(x, leading=-1)
    if has_lanczos():
        with pytest.raises(ValueError, match=r"leading = 0 is not in \[1, n - 1\]"):
            en.spectrum(x, backend="lanczos")
