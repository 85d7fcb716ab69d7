"""Values with gradients, through the Python door; the mathematics is tested in tests/estimators/gradient_test.cpp."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import entrospect as en
import numpy as np
import numpy.typing as npt
import pytest

Matrix = npt.NDArray[np.float64]
NAMES = [entry["name"] for entry in en.catalogue() if entry["differentiable"]]
X: Matrix = np.random.default_rng(3).normal(size=(9, 4)) + 0.3


def fixed(name: str) -> dict[str, Any]:
    """A bandwidth that does not follow the samples, and labels where they are needed."""
    entry = en.describe(name)
    out: dict[str, Any] = {"bandwidth": 1.5} if "bandwidth" in {field["name"] for field in entry["fields"]} else {}
    if entry["labels"] == "required":
        out["labels"] = np.arange(9) % 3
    return out


def others(name: str) -> tuple[Matrix, ...]:
    return tuple(X[:, ::-1] ** 2 for _ in en.describe(name)["samples"][1:])


def central_differences(name: str, x: Matrix, step: float = 1e-5, **options: Any) -> Matrix:
    out = np.empty_like(x)
    for index in np.ndindex(*x.shape):
        above, below = x.copy(), x.copy()
        above[index] += step
        below[index] -= step
        out[index] = (en.run(name, above, *others(name), **options).value - en.run(name, below, *others(name), **options).value) / (
            2 * step
        )
    return out


def test_the_first_families_are_differentiable() -> None:
    expected = {"von_neumann_entropy", "matrix_entropy", "vendi_score", "effective_rank", "rankme", "diffusion_spectral_entropy"}
    assert expected <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_value_and_gradient_of_every_differentiable_estimator(name: str) -> None:
    e, g = en.value_and_gradient(name, X, *others(name), **fixed(name))
    assert g.shape == X.shape
    assert g.dtype == np.float64
    assert e.value == pytest.approx(en.run(name, X, *others(name), **fixed(name)).value, rel=1e-12)
    expected = central_differences(name, X, **fixed(name))
    assert np.abs(g - expected).max() <= 1e-6 * np.abs(expected).max()


@pytest.mark.parametrize("wrong", [-1.0, 2.0, 1 + 3e-6])
def test_the_comparison_catches_wrong_factors(wrong: float) -> None:
    expected = central_differences("von_neumann_entropy", X)
    g = wrong * en.value_and_gradient("von_neumann_entropy", X)[1]
    assert np.abs(g - expected).max() > 1e-6 * np.abs(expected).max()


def test_functions_and_aliases_stand_for_their_names() -> None:
    _, by_name = en.value_and_gradient("diffusion_spectral_entropy", X, t=2)
    for estimator in ("dse", en.dse, en.diffusion_spectral_entropy):
        assert np.array_equal(en.value_and_gradient(estimator, X, t=2)[1], by_name)
    with pytest.raises(TypeError, match=r"estimator = .*; write the name of an estimator or its function"):
        en.value_and_gradient(np.linalg.norm, X)


def test_masked_rows_have_gradient_zero() -> None:
    mask = np.arange(9) % 4 != 1
    e, g = en.value_and_gradient("vendi_score", X, mask=mask)
    assert e.n == mask.sum()
    assert (g[~mask] == 0).all()
    assert np.array_equal(g[mask], en.value_and_gradient("vendi_score", X[mask])[1])


def test_weights_are_constants() -> None:
    weights = np.linspace(0.5, 2, 9)
    _, g = en.value_and_gradient("vendi_score", X, weights=weights)
    direction = np.random.default_rng(4).normal(size=X.shape)
    above, below = (en.vendi_score(X + s * 1e-5 * direction, weights=weights).value for s in (1, -1))
    assert (g * direction).sum() == pytest.approx((above - below) / 2e-5, rel=1e-6)


def test_statuses_go_the_usual_ways() -> None:
    low_rank = X[:, :2] @ np.random.default_rng(5).normal(size=(2, 4))
    with pytest.warns(en.EstimateWarning, match=r"rankme: nonsmooth: no gradient exists at 2 zero eigenvalues") as caught:
        _, g = en.value_and_gradient("rankme", low_rank)
    assert caught[0].filename == __file__
    assert np.isfinite(g).all()
    with pytest.raises(en.EstimateError, match="nonsmooth"):
        en.value_and_gradient("rankme", low_rank, on_failure="raise")
    e, g = en.value_and_gradient("effective_rank", np.ones((5, 3)), on_failure="ignore")
    assert e.status == "degenerate"
    assert np.isnan(g).all()


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("dsmi", {}, r"diffusion_spectral_mutual_information: has no gradient; estimators that have one: 'von_neumann_entropy'"),
        ("rankme", {"compat": "rankme-paper"}, r"rankme: compat = 'rankme-paper' has no gradient"),
        ("matrix_entropy", {"kernel": lambda a, b: float(a @ b)}, r"a Python function as kernel has no gradient"),
        ("vendi_score", {"ordr": 2}, r"unknown option 'ordr'"),
    ],
)
def test_refusals(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        en.value_and_gradient(name, X, **options)


def test_without_torch_the_package_works_and_says_what_is_missing() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import entrospect as en, numpy as np\n"
        "assert float(en.vendi_score(np.eye(3))) > 2.9\n"
        "try:\n    en.torch.vendi_score(np.eye(3))\n"
        "except ImportError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=100)
    assert done.stdout.startswith("entrospect.torch needs PyTorch, which is not installed: pip install torch"), done.stderr
