"""Every compat id against the formula that its tool publishes, written out with NumPy; vendi-score also against the package itself."""

from __future__ import annotations

import itertools
import math
import pathlib
import types
from collections.abc import Callable
from typing import Any

import entrospect as en
import numpy as np
import pytest
from numpy.typing import NDArray

Floats = NDArray[np.float64]
EPS = float(np.finfo(np.float64).eps)
LN2 = math.log(2)
SHAPES = [(40, 5), (7, 12), (16, 16)]


def samples(n: int, d: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(size=(n, d)) * (1 + np.arange(d)) + 0.4


def tolerance(n: int, value: float = 1.0, condition: float = 1.0) -> float:
    """Eigenvalues of a matrix of order n are known to a few n eps of the largest; an entropy sums n of them times |ln p| < 40."""
    return 40 * n * n * EPS * condition * max(1.0, abs(value))


@pytest.fixture(params=SHAPES, ids=str)
def x(request: pytest.FixtureRequest) -> Floats:
    return samples(*request.param)


def check(estimate: en.Estimate, expected: float, condition: float = 1.0) -> None:
    n = max(estimate.n, estimate.d)
    assert abs(estimate.value - expected) <= tolerance(n, expected, condition), f"{expected} expected\n{estimate.explain()}"
    assert estimate.compat_faults


def shannon(p: Floats) -> float:
    p = p[p > 0]
    return float(-(p * np.log(p)).sum())


def renyi(p: Floats, order: float) -> float:
    p = p[p > 0]
    if order == 1:
        return shannon(p)
    return float(np.log((p**order).sum()) / (1 - order))


def unit_rows(x: Floats) -> Floats:
    return np.asarray(x / np.linalg.norm(x, axis=1, keepdims=True))


def gaussian(x: Floats, two_sigma_squared: float) -> Floats:
    return np.array([[math.exp(-((a - b) ** 2).sum() / two_sigma_squared) for b in x] for a in x])


# Von Neumann entropy


def test_vne(x: Floats) -> None:
    x[1] = 0
    x[2] *= 1e-13 / np.linalg.norm(x[2])
    z = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    check(en.von_neumann_entropy(x, compat="vne"), shannon(np.linalg.svd(z / math.sqrt(len(z)), compute_uv=False) ** 2))


def test_koopman(x: Floats) -> None:
    x *= 1e-3  # the ridge must matter
    d = x.shape[1]
    c = np.cov(x, rowvar=False) + 1e-8 * np.eye(d)
    lam = np.maximum(np.linalg.eigvalsh(c / np.trace(c)), 1e-8)
    e = en.von_neumann_entropy(x, compat="koopman")
    check(e, shannon(lam))
    assert e.cap == pytest.approx(math.log(d))


# Matrix entropy


@pytest.mark.parametrize("order", [0.5, 1.0, 1.5, 2.0, 2.0001, 5.0])
def test_repitl(x: Floats, order: float) -> None:
    n, d = x.shape
    k = gaussian(x, 2 * (d / 2))
    lam = np.linalg.eigvalsh(k / np.trace(k))
    lam = np.maximum(lam, 0) / np.maximum(lam, 0).sum()
    expected = -math.log((k**2).sum() / n**2) if order == 2 else renyi(lam, order)
    check(en.matrix_entropy(x, order=order, compat="repitl"), expected, 1e6 if order < 1 else 1)
    linear = x @ x.T
    if order == 2:  # right only if tr K = n, which a linear kernel does not have
        check(en.matrix_entropy(x, kernel="linear", order=2, compat="repitl"), -math.log((linear**2).sum() / n**2))


def test_repitl_laplacian(x: Floats) -> None:
    n, d = x.shape
    k = np.array([[math.exp(-math.sqrt(((a - b) ** 2).sum()) / (math.sqrt(2) * math.sqrt(d / 2))) for b in x] for a in x])
    check(en.matrix_entropy(x, kernel="laplacian_l2", compat="repitl"), shannon(np.linalg.eigvalsh(k / n)))


@pytest.mark.parametrize("order", [None, 0.5, 1.01, 2.0, 3.0])
def test_yu(x: Floats, order: float | None) -> None:
    s = 3.0 * x.shape[1] ** 2
    lam = np.abs(np.linalg.eigvalsh(gaussian(x, s) / len(x)))
    q = 1.01 if order is None else order
    options: dict[str, Any] = {} if order is None else {"order": order}
    # Near order 1 the tool's formula divides the rounding of sum p by 1 - q.
    condition = 1e6 if q < 1 else max(1.0, 1 / abs(q - 1))
    check(en.matrix_entropy(x, bandwidth=s, compat="yu", **options), renyi(lam, q) / LN2, condition)


@pytest.mark.parametrize("normalizer", ["max-entropy", "log-n", "log-d", "log-n-log-d"])
def test_skean(x: Floats, normalizer: Any) -> None:
    n, d = x.shape
    z = unit_rows(x - x.mean(axis=0))
    k = z @ z.T if n <= d else z.T @ z
    lam = np.linalg.eigvalsh(np.maximum(k, 0) / np.trace(k))
    lam = lam[lam > 0] / lam[lam > 0].sum()
    by = {
        "max-entropy": min(math.log(n), math.log(d)),
        "log-n": math.log(n),
        "log-d": math.log(d),
        "log-n-log-d": math.log(n) * math.log(d),
    }
    e = en.matrix_entropy(x, compat="skean", normalizer=normalizer)
    check(e, shannon(lam) / by[normalizer])
    assert e.unit == "none"


def token_by_token(x: Floats) -> Floats:
    """np.cov takes rows as variables: tokens."""
    return np.asarray(np.linalg.eigvalsh(np.cov(unit_rows(x - x.mean(axis=0)))))


@pytest.mark.parametrize("order", [1.0, 2.0, 3.0])
def test_djaniak(x: Floats, order: float) -> None:
    lam = np.maximum(token_by_token(x), 0)
    p = lam / lam.sum()
    expected = -math.log((p**2).sum() / len(x) ** 2) if order == 2 else renyi(p, order)
    check(en.matrix_entropy(x, compat="djaniak", order=order), expected)


# The rank family: the same number under either name


def both(x: Floats, compat: Any, expected: float, condition: float = 1.0) -> None:
    check(en.effective_rank(x, compat=compat), expected, condition)
    check(en.rankme(x, compat=compat), expected, condition)


@pytest.mark.parametrize(
    ("compat", "epsilon"), [("rankme-paper", 1e-7), ("stable-pretraining-torch", 1e-5), ("stable-pretraining-jax", 1e-7)]
)
def test_rankme(x: Floats, compat: Any, epsilon: float) -> None:
    x *= 1e-4  # what is added to a sum must matter
    s = np.linalg.svd(x, compute_uv=False)
    p = s / (s.sum() + (epsilon if compat.endswith("jax") else 0)) + epsilon
    both(x, compat, math.exp(shannon(p)), condition=float(s[0] / s[-1]))


def test_reptrix(x: Floats) -> None:
    s2 = np.linalg.svd(x - x.mean(axis=0), compute_uv=False) ** 2
    both(x, "reptrix", math.exp(shannon(s2 / s2.sum() + 1e-7)))


def test_diff_erank(x: Floats) -> None:
    z = unit_rows(x - x.mean(axis=0))
    lam = np.linalg.svd(z.T @ z / len(z), compute_uv=False)
    both(x, "diff-erank", math.exp(shannon(lam / lam.sum())))


def test_djaniak_rank(x: Floats) -> None:
    lam = np.maximum(token_by_token(x), 0)
    both(x, "djaniak", math.exp(shannon(lam / lam.sum())))


def test_ssrlib(x: Floats) -> None:
    x *= 1e-4  # the epsilon must matter
    s2 = np.linalg.svd(x - x.mean(axis=0), compute_uv=False) ** 2 / (len(x) - 1)
    both(x, "ssrlib", math.exp(shannon(np.clip(s2 / (s2.sum() + 1e-12), 1e-12, 1))))


# Norms and coding rates


def test_mnn(x: Floats) -> None:
    z = unit_rows(x - x.mean(axis=0))
    norms = np.sort(np.linalg.norm(z, axis=0))[::-1]
    check(en.nuclear_norm(x, compat="mnn"), float(norms[: min(x.shape)].sum()) / len(x))


def test_mcr2(x: Floats) -> None:
    n, d = x.shape
    expected = float(np.linalg.slogdet(np.eye(d) + d / (n * 0.01) * x.T @ x)[1])
    check(en.coding_rate(x, compat="mcr2"), expected)


# Vendi score: the package itself


@pytest.fixture
def vendi(monkeypatch: pytest.MonkeyPatch) -> Any:
    package = pytest.importorskip("vendi_score.vendi", reason="vendi-score is not installed")
    # A module that SciPy moved after the package was written.
    monkeypatch.setitem(package.scipy.sparse.__dict__, "csr", types.SimpleNamespace(csr_matrix=package.scipy.sparse.csr_matrix))
    return package


@pytest.mark.parametrize("order", [0.5, 1.0, 2.0, 7.5, math.inf])
def test_vendi_score_of_a_kernel(vendi: Any, x: Floats, order: float) -> None:
    k = gaussian(x, 2 * 5.0**2 * x.shape[1])
    condition = 1e6 if order < 1 else 1
    for weights in (None, np.arange(1.0, len(x) + 1)):
        p = None if weights is None else weights / weights.sum()
        expected = float(vendi.score_K(k, q="inf" if math.isinf(order) else order, p=p))
        check(en.vendi_score(k, kernel="precomputed", order=order, weights=weights, compat="vendi-score"), expected, condition)


def test_vendi_score_of_an_indefinite_kernel(vendi: Any) -> None:
    k = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    check(en.vendi_score(k, kernel="precomputed", compat="vendi-score"), float(vendi.score_K(k)))
    k = np.array([[4.0, 1], [1, 1]])
    check(en.vendi_score(k, kernel="precomputed", compat="vendi-score"), float(vendi.score_K(k)))
    check(en.vendi_score(k, kernel="precomputed", diagonal="normalize", compat="vendi-score"), float(vendi.score_K(k, normalize=True)))


@pytest.mark.parametrize("order", [1.0, 2.0])
def test_vendi_score_of_samples(vendi: Any, x: Floats, order: float) -> None:
    x[0] = 0  # stays zero
    weights = np.arange(1.0, len(x) + 1)
    check(en.vendi_score(x, order=order, compat="vendi-score"), float(vendi.score_X(x, q=order)))
    check(en.vendi_score(x, order=order, weights=weights, compat="vendi-score"), float(vendi.score_X(x, p=weights / weights.sum())))
    check(en.vendi_score(x, kernel="linear", compat="vendi-score"), float(vendi.score_X(x, normalize=False)), 1e3)


def test_vendi_score_is_ours_on_ordinary_data(vendi: Any, x: Floats) -> None:
    for order in (0.5, 1.0, 2.0):
        assert abs(en.vendi_score(x, order=order).value - vendi.score_dual(x, q=order)) <= tolerance(
            max(x.shape), len(x), 1e6 if order < 1 else 1
        )
    similarity: Callable[[Any, Any], float] = lambda a, b: math.exp(-abs(a - b))  # noqa: E731
    points = [0.0, 0.0, 10.0, 10.0, 20.0, 20.0]
    ours = en.vendi_score(np.array(points)[:, None], kernel="laplacian_l1", bandwidth=1.0)
    assert abs(ours.value - float(vendi.score(points, similarity))) <= tolerance(6, 3)
    # Round-off decides the tool's rank; the sample has three different points.
    assert en.vendi_score(np.array(points)[:, None], kernel="laplacian_l1", bandwidth=1.0, order=0).value == pytest.approx(3, rel=1e-14)


def test_fkea() -> None:
    """Other draws of the tool's rule: 2m features phi, covariance phi^T phi / n, eigenvalues floored at 1e-10, two decimals."""
    x = samples(60, 3)
    m, sigma = 600, 4.0

    def score(seed: int) -> float:
        w = np.random.default_rng(seed).normal(size=(3, m)) / sigma
        phi = np.hstack([np.cos(x @ w), np.sin(x @ w)]) / math.sqrt(m)
        nonzero = np.linalg.eigvalsh(phi @ phi.T / len(x))  # the other 2m - n are zero
        return math.exp(shannon(np.maximum(np.append(nonzero, np.zeros(2 * m - len(x))), 1e-10)))

    draws = np.array([score(seed) for seed in range(12)])
    e = en.vendi_score(x, bandwidth=sigma, features=m, compat="fkea")
    # One more draw of the same distribution, whose spread 12 draws give: Student with 11 degrees, 6 standard errors is p < 1e-4.
    assert abs(e.value - draws.mean()) <= 6 * draws.std(ddof=1) * math.sqrt(1 + 1 / 12) + 0.005
    assert e.value == round(e.value, 2)


# Diffusion


def test_dse_dsmi(x: Floats) -> None:
    k = gaussian(x, 2 * 10.0**2)
    q = k.sum(axis=1)
    lam = np.abs(np.linalg.eigvalsh(k / np.sqrt(np.outer(q, q))))
    for t in (1.0, 3.0):
        p = lam**t / (lam**t).sum() + EPS
        e = en.diffusion_spectral_entropy(x, t=t, compat="dse-dsmi")
        check(e, float(-(p * np.log2(p)).sum()))
        assert e.unit == "bits"


def test_dse_dsmi_siblings(x: Floats) -> None:
    n = len(x)
    k = gaussian(x, 2 * 10.0**2)
    q = k.sum(axis=1)
    half = k / np.sqrt(np.outer(q, q))
    p = half / half.sum(axis=1, keepdims=True) / n + EPS
    check(en.diffusion_matrix_entropy(x, compat="dse-dsmi"), float(-(p * np.log2(p)).sum()))
    lam = np.abs(np.linalg.eigvalsh(k))
    p = lam / lam.sum() + EPS
    check(en.adjacency_spectral_entropy(x, compat="dse-dsmi"), float(-(p * np.log2(p)).sum()))
    words = (x - x.min(axis=0)) / (x.max(axis=0) - x.min(axis=0)) >= 0.5
    counts = np.unique(words, axis=0, return_counts=True)[1]
    check(en.classic_shannon_entropy(x, compat="dse-dsmi", on_failure="ignore"), shannon(counts / n) / LN2)


def test_manylatents() -> None:
    neighbors = pytest.importorskip("sklearn.neighbors", reason="scikit-learn finds the neighbors")
    x = samples(50, 4)
    distances, index = neighbors.NearestNeighbors(n_neighbors=16).fit(x).kneighbors(x)
    k = np.eye(50)
    for i in range(50):
        for d, j in zip(distances[i, 1:], index[i, 1:], strict=True):
            k[i, j] = k[j, i] = max(k[i, j], math.exp(-(d**2) / (distances[i, 15] * distances[j, 15])))
    q = k.sum(axis=1)
    k = k / np.outer(q, q)
    d1 = k.sum(axis=1)
    lam = np.abs(np.linalg.eigvalsh(k / np.sqrt(np.outer(d1, d1))))
    p = lam**3 / (lam**3).sum() + EPS
    e = en.diffusion_spectral_entropy(x, compat="manylatents")
    check(e, float(-(p * np.log2(p)).sum()))
    assert e.diagnostics["eigenvalue_count"] == int((lam**100 > 1e-6).sum())
    check(en.eigenvalue_count(x, compat="manylatents"), int((lam**100 > 1e-6).sum()))


def tool_entropy(x: Floats) -> float:
    if len(x) < 2:
        return 0.0
    k = gaussian(x, 200.0)
    q = k.sum(axis=1)
    lam = np.abs(np.linalg.eigvalsh(k / np.sqrt(np.outer(q, q))))
    p = lam / lam.sum() + EPS
    return float(-(p * np.log2(p)).sum())


@pytest.mark.parametrize("labels", [np.arange(9) % 2, np.arange(9) % 3, np.linspace(-3.0, 5.0, 9) ** 2], ids=["two", "three", "real"])
def test_dse_dsmi_information(labels: NDArray[Any]) -> None:
    """Over all subsets, so that nothing is drawn. Real-valued labels fall into 10 equal-width bins."""
    x = samples(9, 3) * 10
    classes = labels
    if labels.dtype.kind == "f":
        edges = np.linspace(labels.min(), labels.max(), 11)
        classes = np.clip(np.searchsorted(edges, labels, side="right") - 1, 0, 9)
    expected = 0.0
    for c in np.unique(classes):
        rows = x[classes == c]
        subsets = [tool_entropy(x[list(which)]) for which in itertools.combinations(range(9), len(rows))]
        expected += len(rows) / 9 * (float(np.mean(subsets)) - tool_entropy(rows))
    e = en.diffusion_spectral_mutual_information(x, labels, repeats="all", compat="dse-dsmi")
    check(e, expected)


# What a tool does not define is refused, and never answered under its name.


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("effective_rank", {"compat": "ssrlib", "order": 2.0}),
        ("effective_rank", {"compat": "ssrlib", "epsilon": 0.1}),
        ("effective_rank", {"compat": "ssrlib", "spectrum_of": "singular-values"}),
        ("effective_rank", {"compat": "rankme-paper", "order": 2.0}),
        ("diffusion_spectral_entropy", {"compat": "dse-dsmi", "order": 2.0}),
        ("diffusion_spectral_entropy", {"compat": "manylatents", "order": math.inf}),
        ("vendi_score", {"compat": "vendi-score", "method": "truncated"}),
        ("vendi_score", {"compat": "vendi-score", "method": "features", "kernel": "gaussian"}),
        ("matrix_entropy", {"compat": "repitl", "method": "radial"}),
        ("matrix_entropy", {"compat": "skean", "kernel": "cosine"}),
    ],
    ids=str,
)
def test_tools_refuse_what_they_do_not_define(name: str, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=rf"{name}: .*compat|needs order = 1"):
        en.run(name, samples(20, 4), **options)


def test_options_given_to_run_win_over_a_tool() -> None:
    x = samples(20, 3)
    half = en.run("diffusion_spectral_entropy", x, anisotropy=0.5, compat="dse-dsmi")
    assert half.options["anisotropy"] == 0.5
    assert half.value != en.run("diffusion_spectral_entropy", x, compat="dse-dsmi").value
    with pytest.raises(ValueError, match="divides by zero at order = 1"):
        en.run("matrix_entropy", x, order=1.0, compat="yu")


@pytest.mark.parametrize("seed", range(5))
def test_published_value_on_uniform_data(seed: int) -> None:
    """100 points uniform in (0, 1)^10 at the tool's sigma 10: .091 was published, .096 is typical; the spread of a draw is about .0015."""
    x = np.random.default_rng(seed).uniform(size=(100, 10))
    assert en.diffusion_spectral_entropy(x, compat="dse-dsmi").value == pytest.approx(0.095, abs=6 * 0.0015)


@pytest.mark.parametrize(("compat", "printed"), [("rankme-paper", "2050.78"), ("stable-pretraining-torch", "2345.10")])
def test_epsilon_in_2048_directions(compat: Any, printed: str) -> None:
    e = en.rankme(np.eye(2048), compat=compat)
    assert f"{e.value:.2f}" == printed
    assert e.warnings


@pytest.mark.parametrize("kernel", ["linear", "gaussian"])
def test_platonic(x: Floats, kernel: Any) -> None:
    x = x * 0.01 if kernel == "linear" else x  # the epsilon must matter
    y = samples(x.shape[0], x.shape[1], seed=7)[:, :3] * (0.01 if kernel == "linear" else 1)
    k, m = (x @ x.T, y @ y.T) if kernel == "linear" else (gaussian(x, 2.0), gaussian(y, 2.0))  # sigma 1
    j = np.eye(len(x)) - 1 / len(x)

    def hsic(a: Floats, b: Floats) -> float:
        return float(np.trace(a @ j @ b @ j))

    expected = hsic(k, m) / (math.sqrt(hsic(k, k) * hsic(m, m)) + 1e-6)
    check(en.cka(x, y, kernel=kernel, compat="platonic"), expected)


def test_every_compat_id_has_a_test() -> None:
    ids = {c["id"] for entry in en.catalogue() for c in entry["conventions"] if c["compat"]}
    files = [path for path in pathlib.Path(__file__).parent.glob("test_*.py") if path.name != "test_explain.py"]
    source = "".join(path.read_text(encoding="utf-8") for path in files)
    assert len(ids) >= 15
    assert [i for i in sorted(ids) if f'"{i}"' not in source] == []
