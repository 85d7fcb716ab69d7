"""Matrix-based information of several representations against its definition in NumPy, and the tools' own formulas."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import entrospect as en
import numpy as np
import numpy.typing as npt
import pytest

Floats = npt.NDArray[np.float64]
EPS = float(np.finfo(float).eps)
N = 14
RNG = np.random.default_rng(11)
X, Y, Z = (RNG.normal(size=(N, d)) + 0.2 for d in (3, 2, 4))
ORDERS = [0.5, 1.0, 1.01, 2.0, 4.0, 7.0, math.inf]
# Round-off of n eigenvalues, each to a few n eps, through slopes of at most about ln(1 / eps).
TOLERANCE = 64 * N * EPS * math.log(1 / EPS)


def squared_distances(x: Floats) -> Floats:
    out: Floats = ((x[:, None] - x[None]) ** 2).sum(axis=2)
    return out


def gaussian(x: Floats, sigma: float) -> Floats:
    return np.asarray(np.exp(-squared_distances(x) / (2 * sigma**2)))


def median(x: Floats) -> float:
    return float(np.median(np.sqrt(squared_distances(x))[np.triu_indices(len(x), 1)]))


def renyi(p: Floats, q: float) -> float:
    p = p[p > 0]
    if q == 1:
        return float(-(p * np.log(p)).sum())
    if math.isinf(q):
        return float(-np.log(p.max()))
    return float(np.log((p**q).sum()) / (1 - q))


def entropy(k: Floats, q: float) -> float:
    lam = np.linalg.eigvalsh(k / np.trace(k))
    if q < 1:
        lam = lam[lam > len(k) * EPS * lam.max()]
    return renyi(np.maximum(lam, 0) / lam.sum(), q)


def repitl(k: Floats, q: float) -> float:
    """Positive eigenvalues over their sum; order 2 divides by n^2 whatever the trace is."""
    if q == 2:
        return -math.log((k**2).sum() / len(k) ** 2)
    lam = np.linalg.eigvalsh(k)
    lam = lam[lam > 0]
    return renyi(lam / lam.sum(), q)


def yu(k: Floats, q: float) -> float:
    """Absolute eigenvalues of the trace-one matrix, in bits."""
    lam = np.abs(np.linalg.eigvalsh(k / np.trace(k)))
    return math.log2(lam.max()) * -1 if math.isinf(q) else math.log2((lam**q).sum()) / (1 - q)


Entropy = Callable[[Floats, float], float]


def quantities(h: Callable[..., float]) -> dict[str, tuple[Sequence[Floats], float]]:
    """Each quantity's samples and value from h(...), the entropy of a set of the variables 0, 1, 2."""
    single = [h(i) for i in range(3)]
    total = sum(single) - h(0, 1, 2)
    dual = h(0, 1, 2) - sum(h(0, 1, 2) - h(*(j for j in range(3) if j != i)) for i in range(3))
    return {
        "matrix_joint_entropy": ((X, Y, Z), h(0, 1, 2)),
        "matrix_conditional_entropy": ((X, Y), h(0, 1) - h(1)),
        "matrix_mutual_information": ((X, Y), h(0) + h(1) - h(0, 1)),
        "matrix_conditional_mutual_information": ((X, Y, Z), h(0, 2) + h(1, 2) - h(0, 1, 2) - h(2)),
        "matrix_total_correlation": ((X, Y, Z), total),
        "matrix_dual_total_correlation": ((X, Y, Z), dual),
        "o_information": ((X, Y, Z), total - dual),
        "s_information": ((X, Y, Z), total + dual),
    }


def of_sets(kernels: Sequence[Floats], rule: Entropy, order: float) -> Callable[..., float]:
    def h(*members: int) -> float:
        product = np.ones((N, N))
        for i in members:
            product = product * kernels[i]
        return rule(product, order)

    return h


@pytest.mark.parametrize("order", ORDERS)
def test_definitions(order: float) -> None:
    kernels = [gaussian(x, median(x)) for x in (X, Y, Z)]
    for name, (samples, value) in quantities(of_sets(kernels, entropy, order)).items():
        assert en.run(name, *samples, order=order).value == pytest.approx(value, abs=TOLERANCE), name
        assert en.run(name, *samples, order=order, unit="bits").value == pytest.approx(value / math.log(2), abs=2 * TOLERANCE), name


@pytest.mark.parametrize("order", ORDERS)
def test_repitl(order: float) -> None:
    kernels = [gaussian(x, math.sqrt(x.shape[1] / 2)) for x in (X, Y, Z)]
    for name, (samples, value) in quantities(of_sets(kernels, repitl, order)).items():
        assert en.run(name, *samples, order=order, compat="repitl").value == pytest.approx(value, abs=1e-9), name


@pytest.mark.parametrize("order", [0.5, 1.01, 2.0, 4.0, math.inf])
def test_yu(order: float) -> None:
    kernels = [np.exp(-squared_distances(x) / 3.0) for x in (X, Y, Z)]  # s = 3
    h = of_sets(kernels, yu, order)
    for name, (samples, value) in quantities(h).items():
        e = en.run(name, *samples, order=order, bandwidth=3.0, compat="yu")
        if name == "matrix_mutual_information":
            value /= max(h(0), h(1))
            assert e.unit == "none"
        else:
            assert e.unit == "bits"
        assert e.value == pytest.approx(value, abs=1e-9), name


def test_tools_take_matrices_whose_trace_is_not_n() -> None:
    """The printed faults: order 2 of diag(.5, .5) and of [[2/3, 1/3], [1/3, 2/3]], joint with all ones."""
    ones = np.ones((2, 2))
    for k, wrong, right in (
        (np.diag([0.5, 0.5]), 2.079442, math.log(2)),
        (np.array([[2.0, 1.0], [1.0, 2.0]]) / 3, 1.280934, -math.log((1 + 0.25) / 2)),
    ):
        found = en.matrix_joint_entropy(k, ones, order=2, kernel="precomputed", compat="repitl").value
        assert found == pytest.approx(wrong, abs=1e-6)
        normalized = en.matrix_joint_entropy(k, ones, order=2, kernel="precomputed", diagonal="normalize").value
        assert normalized == pytest.approx(right, abs=1e-6)


def permuted(rule: Entropy, k: Floats, other: Floats, order: float) -> list[float]:
    orders = itertools.permutations(range(len(k)))
    return [rule(k * other[np.ix_(p, p)], order) for p in orders]


@pytest.mark.parametrize("order", [1.0, 1.7, 2.0, 3.0])
def test_differences_over_all_permutations(order: float) -> None:
    x, y = X[:5], Y[:5]
    k, other = gaussian(x, median(x)), gaussian(y, median(y))
    paired = entropy(k * other, order)
    found = en.difference_of_entropies(x, y, order=order, repeats="all").value
    assert found == pytest.approx(np.mean(permuted(entropy, k, other, order)) - paired, abs=TOLERANCE)
    if order == 1:
        return

    def power(a: Floats, q: float) -> float:
        return float((np.maximum(np.linalg.eigvalsh(a / np.trace(a)), 0) ** q).sum())

    expected = np.mean(permuted(power, k, other, order)) - power(k * other, order)
    assert en.difference_of_powers(x, y, order=order, repeats="all").value == pytest.approx(expected, abs=TOLERANCE)


@pytest.mark.parametrize("compat", ["repitl", "yu"])
@pytest.mark.parametrize("order", [1.01, 2.0, 3.0])
def test_tools_over_permutations_and_classes(compat: Any, order: float) -> None:
    rule: Entropy = repitl if compat == "repitl" else yu
    options: Any = {"order": order, "compat": compat} | ({"bandwidth": 3.0} if compat == "yu" else {})

    def kernel(x: Floats) -> Floats:
        return gaussian(x, math.sqrt(x.shape[1] / 2 if compat == "repitl" else 1.5))  # yu: 2 sigma^2 = s = 3

    x, y = X[:5], Y[:5]
    k, other = kernel(x), kernel(y)
    found = en.difference_of_entropies(x, y, repeats="all", **options).value
    assert found == pytest.approx(np.mean(permuted(rule, k, other, order)) - rule(k * other, order), abs=1e-9)

    def power(a: Floats, q: float) -> float:
        nats = rule(a, q) * (math.log(2) if compat == "yu" else 1)
        return math.exp((1 - q) * nats)

    found = en.difference_of_powers(x, y, repeats="all", **options).value
    assert found == pytest.approx(np.mean(permuted(power, k, other, order)) - power(k * other, order), abs=1e-9)
    labels = np.arange(N) % 3
    same = (labels[:, None] == labels[None]).astype(float)
    value = rule(kernel(X), order) + rule(same, order) - rule(kernel(X) * same, order)
    assert en.jensen_renyi(X, labels, **options).value == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize("n", [4, 5])
def test_skean_multiplies_clamped_products(n: int) -> None:
    """n = 4: products of rows, n <= d. n = 5, d = 4: products of features."""

    def clamped(x: Floats) -> Floats:
        z = x - x.mean(axis=0)
        z /= np.linalg.norm(z, axis=1, keepdims=True)
        return np.asarray(np.maximum(z @ z.T if len(z) <= z.shape[1] else z.T @ z, 0))

    x, y = Z[:n], RNG.normal(size=(n, 4))
    k, other = clamped(x), clamped(y)
    e = en.difference_of_entropies(x, y, compat="skean", repeats="all")
    assert e.value == pytest.approx(np.mean(permuted(repitl, k, other, 1)) - repitl(k * other, 1), abs=1e-9)
    assert (e.n, e.d) == (n, 4)


def density(x: Floats) -> Floats:
    rho = x.T @ x
    return np.asarray(rho / np.trace(rho))


def test_quantum_divergences() -> None:
    x, y, z = X, RNG.normal(size=(9, 3)) * [1, 2, 3], RNG.normal(size=(20, 3))
    rho = [density(v) for v in (x, y, z)]

    def h(matrix: Floats) -> float:
        return entropy(matrix, 1)

    assert en.quantum_jsd(x, y, z).value == pytest.approx(h(np.mean(rho, axis=0)) - np.mean([h(r) for r in rho]), abs=TOLERANCE)
    w = np.array([len(v) for v in (x, y, z)]) / (len(x) + len(y) + len(z))
    mixture = sum(share * r for share, r in zip(w, rho, strict=True))
    rows = h(mixture) - sum(share * h(r) for share, r in zip(w, rho, strict=True))
    assert en.quantum_jsd(x, y, z, weights="rows").value == pytest.approx(rows, abs=TOLERANCE)

    def log(matrix: Floats) -> Floats:
        lam, u = np.linalg.eigh(matrix)
        return np.asarray(u @ np.diag(np.log(lam)) @ u.T)

    assert en.quantum_kl(x, y).value == pytest.approx(np.trace(rho[0] @ (log(rho[0]) - log(rho[1]))), abs=TOLERANCE)


def test_quantum_kl_off_the_support_is_infinite() -> None:
    x, y = np.eye(2), np.array([[1.0, 0], [2, 0]])
    e = en.quantum_kl(x, y, on_failure="ignore")
    assert e.value == math.inf
    assert e.status == "nonfinite"
    assert "mass" in str(e.reason)
    assert en.quantum_kl(x, y, compat="repitl").value == pytest.approx(10.82, abs=5e-3)


def test_jensen_renyi_of_classes() -> None:
    labels = np.arange(N) % 3
    k = gaussian(X, 1.5)
    same = (labels[:, None] == labels[None]).astype(float)
    for order in ORDERS:
        value = entropy(k, order) + entropy(same, order) - entropy(k * same, order)
        e = en.jensen_renyi(X, labels, order=order, bandwidth=1.5, on_failure="ignore")
        assert e.value == pytest.approx(value, abs=TOLERANCE), order


def test_any_number_of_matrices_and_a_function_as_kernel() -> None:
    def kernel(a: Floats, b: Floats) -> float:
        return float(np.exp(-((a - b) ** 2).sum() / 2))

    five = [X, Y, Z, X[:, :1], Z[:, 1:]]
    named: Any = en.matrix_joint_entropy(*five, bandwidth=1.0)
    assert en.matrix_joint_entropy(*five, kernel=kernel).value == pytest.approx(named.value, rel=1e-12)
    assert "x5_bandwidth" in named.diagnostics
    mask = np.arange(N) % 3 != 0
    assert en.o_information(X, Y, Z, mask=mask).value == en.o_information(X[mask], Y[mask], Z[mask]).value
    with pytest.raises(ValueError, match=r"takes 3 or more sample matrices"):
        en.run("o_information", X, Y)
    with pytest.raises(ValueError, match=r"only n x n kernel matrices over the same rows may be multiplied"):
        en.matrix_mutual_information(X, Y, side="cov")
