"""Values on real data through the Python package: the anchors published for scikit-learn's digits, and the activations shipped in
notebooks/data, in bfloat16 and float32, against NumPy oracles that share no code with the library."""

from __future__ import annotations

import math
import pathlib
from typing import Any

import entrospect as en
import numpy as np
import pytest
from numpy.typing import NDArray

DATA = pathlib.Path(__file__).resolve().parents[2] / "notebooks" / "data"
EPS = float(np.finfo(np.float64).eps)
Floats = NDArray[np.float64]

# The six quantities once more, the slow and obvious way: whole matrices, singular values where possible, nats and counts.


def naive_renyi(weights: Floats, order: float) -> float:
    p = weights[weights > 0] / weights[weights > 0].sum()
    if order == 1:
        return float(-(p * np.log(p)).sum())
    if math.isinf(order):
        return float(-np.log(p.max()))
    return float(np.log((p**order).sum()) / (1 - order))


def naive_prepared(x: Floats, center: bool = False, normalize: bool = False) -> Floats:
    x = x - x.mean(axis=0) if center else x
    norms: Floats = np.sqrt((x**2).sum(axis=1, keepdims=True))
    return x / norms if normalize else x


def naive_singular_values(x: Floats) -> Floats:
    """The non-zero ones: s <= max(n, d) eps s_1 is zero."""
    s = np.linalg.svd(x, compute_uv=False)
    nonzero: Floats = s[s > max(x.shape) * np.finfo(np.float64).eps * s[0]]
    return nonzero


def naive_von_neumann_entropy(x: Floats) -> float:
    return naive_renyi(naive_singular_values(naive_prepared(x, normalize=True)) ** 2, 1)


def naive_vendi_score(x: Floats, order: float) -> float:
    """Cosine kernel."""
    return math.exp(naive_renyi(naive_singular_values(naive_prepared(x, normalize=True)) ** 2, order))


def naive_effective_rank(x: Floats, center: bool = True, normalize: bool = False, order: float = 1) -> float:
    """exp H_q of the squared singular values: q = 2 is the participation ratio, q = inf the stable rank."""
    return math.exp(naive_renyi(naive_singular_values(naive_prepared(x, center, normalize)) ** 2, order))


def naive_rankme(x: Floats) -> float:
    return math.exp(naive_renyi(naive_singular_values(x), 1))


def naive_distances(x: Floats) -> Floats:
    return np.array([np.sqrt(((x - row) ** 2).sum(axis=1)) for row in x])


def naive_median_bandwidth(x: Floats) -> float:
    return float(np.median(naive_distances(x)[np.triu_indices(len(x), 1)]))


def naive_gaussian(x: Floats, sigma: float) -> Floats:
    return np.exp(-(naive_distances(x) ** 2) / (2 * sigma**2))


def naive_matrix_entropy(x: Floats, sigma: float, order: float) -> float:
    """Gaussian kernel."""
    eigenvalues = np.linalg.eigvalsh(naive_gaussian(x, sigma) / len(x))
    return naive_renyi(np.where(eigenvalues > len(x) * np.finfo(np.float64).eps * eigenvalues[-1], eigenvalues, 0), order)


def naive_diffusion_spectral_entropy(x: Floats, sigma: float, t: float = 1, anisotropy: float = 0.5) -> float:
    """From the random walk itself, by the general eigenvalue solver: no symmetric form is used."""
    kernel = naive_gaussian(x, sigma)
    degree = kernel.sum(axis=1)
    kernel = kernel / np.outer(degree**anisotropy, degree**anisotropy)
    walk = kernel / kernel.sum(axis=1, keepdims=True)
    return naive_renyi(np.abs(np.linalg.eigvals(walk)) ** t, 1)


def naive_diffusion_spectral_mutual_information(
    x: Floats, labels: NDArray[np.int64], sigma: float, t: float = 1, repeats: int = 20, seed: int = 0
) -> tuple[float, float]:
    """Value and standard error: mean entropy of random subsets as large as each class, less the entropy of the class."""
    rng = np.random.default_rng(seed)
    value, variance = 0.0, 0.0
    for label in np.unique(labels):
        rows = x[labels == label]
        share = len(rows) / len(x)
        subsets = [naive_diffusion_spectral_entropy(x[rng.choice(len(x), len(rows), replace=False)], sigma, t) for _ in range(repeats)]
        value += share * (float(np.mean(subsets)) - naive_diffusion_spectral_entropy(rows, sigma, t))
        variance += share**2 * float(np.var(subsets, ddof=1)) / repeats
    return value, math.sqrt(variance)


@pytest.fixture(scope="module")
def digits() -> Any:
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn brings the digits")
    return datasets.load_digits()


def rounded(value: float, printed: str) -> bool:
    """`printed` is `value` rounded to the digits shown."""
    half_unit = 0.5 * 10.0 ** -len(printed.split(".")[1])
    return abs(value - float(printed)) <= half_unit * (1 + 1e-6)


ANCHORS = [
    ("von_neumann_entropy", {}, "1.542788"),
    ("vendi_score", {}, "4.67761"),
    ("vendi_score", {"order": 2}, "2.06410"),
    ("vendi_score", {"order": math.inf}, "1.44806"),
    ("effective_rank", {"center": True, "normalize": "l2"}, "20.74221"),
    ("effective_rank", {}, "20.55325"),
    ("rankme", {}, "29.62909"),
    ("effective_rank", {"order": 2}, "13.16851"),
    ("effective_rank", {"order": math.inf}, "6.71565"),
]


@pytest.mark.parametrize(("name", "options", "printed"), ANCHORS)
def test_anchor(digits: Any, name: str, options: dict[str, Any], printed: str) -> None:
    estimate = en.run(name, digits.data, **options)
    assert estimate.status == "ok"
    assert rounded(estimate.value, printed), f"{name}: {estimate.value} is not {printed}"


DIFFUSION_ANCHORS = [
    (0.0, 20, {1: "8.37268", 2: "3.71686", 3: "1.77097", 5: ".42544"}),
    (0.0, 10, {1: "10.45201", 2: "9.79900", 3: "9.14069", 5: "8.03113"}),
    (0.0, 40, {1: "4.14417", 2: ".41310", 3: ".04735", 5: ".00072"}),
    (0.5, 20, {1: "8.38842", 2: "3.88331", 3: "1.89254", 5: ".46004"}),
]


@pytest.mark.parametrize(("anisotropy", "sigma", "printed"), DIFFUSION_ANCHORS)
def test_diffusion_anchor(digits: Any, anisotropy: float, sigma: float, printed: dict[int, str]) -> None:
    s = en.spectrum(digits.data, affinity=en.Diffusion(bandwidth=sigma, anisotropy=anisotropy))
    for t, text in printed.items():
        value = en.entropy(s, t=t, unit="bits").value
        assert rounded(value, text), f"t = {t}: {value} is not {text}"
    t, text = next(iter(printed.items()))
    direct = en.diffusion_spectral_entropy(digits.data, bandwidth=sigma, anisotropy=anisotropy, t=t, unit="bits")
    assert rounded(direct.value, text)


@pytest.mark.parametrize(("label", "printed"), [(0, "1.83957"), (1, "2.70179")])
def test_vendi_score_of_one_class(digits: Any, label: int, printed: str) -> None:
    assert rounded(en.vendi_score(digits.data[digits.target == label]).value, printed)


# Activations of a trained network: a bfloat16 hidden layer, float32 image and logits.
LAYERS = [("epoch_0", "layers.3"), ("epoch_3", "layers.0"), ("epoch_30", "layers.9"), ("epoch_30", "layers.10")]


@pytest.fixture(scope="module", params=LAYERS, ids="-".join)
def layer(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    """The tensor in its file, and the same numbers read by NumPy from the archive."""
    epoch, name = request.param
    tensor = en.open(DATA / "digits" / epoch / "model.safetensors.index.json")[name]
    with np.load(DATA / "digits_npz" / f"{epoch}.npz") as archive:
        return tensor, archive[name].astype(np.float64)


def close(estimate: en.Estimate, expected: float, condition: float = 1.0) -> bool:
    """A matrix of order n built and solved in float64 has eigenvalues off by c n eps of the largest, c a small number; an entropy moves by
    that times the number of eigenvalues and their |ln|, under n * 40 here. `condition` is for quantities of square roots of eigenvalues."""
    n = estimate.n
    return abs(estimate.value - expected) <= 40 * n * n * EPS * condition * max(1.0, abs(expected))


def test_tensor_holds_what_the_archive_holds(layer: tuple[Any, Any]) -> None:
    tensor, x = layer
    assert tensor.dtype == ("F32" if tensor.name in ("layers.0", "layers.10") else "BF16")
    assert np.array_equal(tensor.numpy(), x)


def test_von_neumann_entropy(layer: tuple[Any, Any]) -> None:
    tensor, x = layer
    assert close(en.von_neumann_entropy(tensor), naive_von_neumann_entropy(x))


@pytest.mark.parametrize("order", [0.5, 1.0, 2.0, math.inf])
def test_vendi_score(layer: tuple[Any, Any], order: float) -> None:
    tensor, x = layer
    assert close(en.vendi_score(tensor, order=order), naive_vendi_score(x, order), condition=100 if order < 1 else 1)


@pytest.mark.parametrize("options", [{}, {"center": False}, {"normalize": "l2"}], ids=str)
def test_effective_rank(layer: tuple[Any, Any], options: dict[str, Any]) -> None:
    tensor, x = layer
    expected = naive_effective_rank(x, center=options.get("center", True), normalize="normalize" in options)
    assert close(en.effective_rank(tensor, **options), expected)


def test_rank_family(layer: tuple[Any, Any]) -> None:
    tensor, x = layer
    s = naive_singular_values(x)
    # s = sqrt(lam) with lam off by n eps lam_1 is off by n eps s_1 (s_1 / s) / 2.
    assert close(en.rankme(tensor), naive_rankme(x), condition=float(s[0] / s[-1]))
    assert close(en.effective_rank(tensor, order=2), naive_effective_rank(x, order=2))
    assert close(en.effective_rank(tensor, center=False, order=math.inf), naive_effective_rank(x, center=False, order=math.inf))


def test_matrices(layer: tuple[Any, Any]) -> None:
    tensor, x = layer
    n = len(x)
    # Entries are sums of n or d products, each rounded once.
    covariance = en.scatter_matrix(tensor, center=True) / (n - 1)
    assert np.abs(covariance - np.cov(x, rowvar=False)).max() <= n * EPS * np.square(x).max()
    scatter = en.scatter_matrix(tensor, precision="single")
    assert np.abs(scatter - x.T @ x).max() <= n * np.finfo(np.float32).eps * n * np.square(x).max()
    kernel = en.gram_matrix(tensor, bandwidth=3.0)
    assert kernel.dtype == np.float64
    # |a - b|^2 / 18 is off by a few eps of the largest squared norm, and exp(-u) by as much as u.
    largest = float(np.square(x - x.mean(axis=0)).sum(axis=1).max())
    assert np.abs(kernel - naive_gaussian(x, 3.0)).max() <= 32 * EPS * max(1.0, largest)
    single = en.gram_matrix(tensor, bandwidth=3.0, precision="single")
    assert single.dtype == np.float32
    assert np.abs(single - kernel).max() <= 32 * np.finfo(np.float32).eps * max(1.0, largest)


@pytest.mark.parametrize("order", [1.0, 1.01, 2.0, 5.0])
def test_matrix_entropy(layer: tuple[Any, Any], order: float) -> None:
    tensor, x = layer
    estimate = en.matrix_entropy(tensor, order=order)
    sigma = naive_median_bandwidth(x)
    assert estimate.diagnostics["bandwidth"] == pytest.approx(sigma, rel=1e-12)
    assert close(estimate, naive_matrix_entropy(x, sigma, order))


@pytest.mark.parametrize(("t", "anisotropy"), [(1, 0.0), (1, 0.5), (1, 1.0), (3, 0.5)])
def test_diffusion_spectral_entropy(layer: tuple[Any, Any], t: float, anisotropy: float) -> None:
    tensor, x = layer
    estimate = en.diffusion_spectral_entropy(tensor, t=t, anisotropy=anisotropy)
    sigma = naive_median_bandwidth(x)
    assert estimate.diagnostics["bandwidth"] == pytest.approx(sigma, rel=1e-12)
    # Eigenvalues at round-off level count with |lam|^t at t = 1: their number times their size, n^2 eps, and its logarithm.
    assert close(estimate, naive_diffusion_spectral_entropy(x, sigma, t, anisotropy))


def test_diffusion_spectral_mutual_information(layer: tuple[Any, Any]) -> None:
    """Random subsets differ, so values agree within 5 standard errors of their difference; bandwidth from all rows, once."""
    tensor, x = layer
    labels = np.load(DATA / "digits" / "labels.npy")
    estimate = en.diffusion_spectral_mutual_information(tensor, labels, seed=7)
    value, error = naive_diffusion_spectral_mutual_information(x, labels, naive_median_bandwidth(x))
    assert estimate.std_error is not None
    tolerance = 5 * math.hypot(estimate.std_error, error)
    assert abs(estimate.value - value) <= tolerance
    assert tolerance < 0.2 * value  # small enough to tell bits from nats


def test_labels_shuffled_carry_nothing(layer: tuple[Any, Any]) -> None:
    tensor, _ = layer
    labels = np.random.default_rng(11).permutation(np.load(DATA / "digits" / "labels.npy"))
    estimate = en.diffusion_spectral_mutual_information(tensor, labels, repeats=40)
    assert estimate.std_error is not None
    # The classes are then random subsets too: ten more draws, whose spread is sqrt(repeats) larger than the mean's error.
    assert abs(estimate.value) <= 5 * estimate.std_error * math.sqrt(40 + 1)


def test_half_precision_is_read_as_it_is(layer: tuple[Any, Any]) -> None:
    """bfloat16 from the file and its float64 widening give the same value up to the rounding of the products."""
    tensor, x = layer
    for name in ("von_neumann_entropy", "effective_rank", "matrix_entropy", "diffusion_spectral_entropy"):
        stored, widened = en.run(name, tensor), en.run(name, x)
        assert close(stored, widened.value), name
