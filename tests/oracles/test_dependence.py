"""Quantities of two sample matrices against NumPy, written as the formulas are in the literature."""

from __future__ import annotations

import pathlib
import pickle
from typing import Any

import entrospect as en
import numpy as np
import pytest
from numpy.typing import NDArray

Floats = NDArray[np.float64]
EPS = float(np.finfo(np.float64).eps)


def samples(n: int, d: int, seed: int) -> Floats:
    return np.random.default_rng(seed).normal(size=(n, d)) / (1 + np.arange(d)) + 0.3


def distances(x: Floats) -> Floats:
    return np.asarray(np.sqrt(((x[:, None, :] - x[None, :, :]) ** 2).sum(axis=2)))


def gaussian(x: Floats, sigma: float | None = None) -> Floats:
    """The median distance is the default bandwidth."""
    r = distances(x)
    sigma = sigma or float(np.median(r[np.triu_indices(len(x), 1)]))
    return np.asarray(np.exp(-(r**2) / (2 * sigma**2)))


def biased(k: Floats, m: Floats) -> float:
    """tr(K J L J), undivided."""
    j = np.eye(len(k)) - 1 / len(k)
    return float(np.trace(k @ j @ m @ j))


def unbiased(k: Floats, m: Floats) -> float:
    n, k, m = len(k), k - np.diag(np.diag(k)), m - np.diag(np.diag(m))
    whole = np.trace(k @ m) + k.sum() * m.sum() / ((n - 1) * (n - 2)) - 2 / (n - 2) * (k @ m).sum()
    return float(whole / (n * (n - 3)))


@pytest.mark.parametrize("n", [4, 31, 400])
def test_hsic(n: int) -> None:
    x, y = samples(n, 3, 1), samples(n, 2, 2)
    y[:, 0] += x[:, 0] ** 2
    for k, m, options in (
        (gaussian(x), gaussian(y), {}),
        (gaussian(x, 0.7), gaussian(y, 0.7), {"bandwidth": 0.7}),
        (x @ x.T, y @ y.T, {"kernel": "linear"}),
        (x @ x.T, y @ y.T, {"kernel": "linear", "side": "gram"}),
    ):
        # n^2 products of entries that centering leaves, each to a few n eps of the largest row sum.
        tolerance = 64 * n * EPS * max(1.0, abs(k).max() * abs(m).max())
        assert en.hsic(x, y, **options).value == pytest.approx(biased(k, m) / (n - 1) ** 2, abs=tolerance)
        assert en.hsic(x, y, convention="v-statistic", **options).value == pytest.approx(biased(k, m) / n**2, abs=tolerance)
        assert en.hsic(x, y, convention="unbiased", **options).value == pytest.approx(unbiased(k, m), abs=n * tolerance)
        assert en.hsic(x, y, **options).cap == pytest.approx((biased(k, k) * biased(m, m)) ** 0.5 / (n - 1) ** 2, abs=tolerance)


@pytest.mark.parametrize("n", [4, 31, 400])
def test_cka(n: int) -> None:
    x, y = samples(n, 3, 1), samples(n, 2, 2)
    y[:, 0] += x[:, 0] ** 2
    cases: list[tuple[Floats, Floats, dict[str, Any]]] = [(x @ x.T, y @ y.T, {}), (gaussian(x), gaussian(y), {"kernel": "gaussian"})]
    for k, m, options in cases:
        # A ratio whose parts are known to 64 n eps of their size, which the smallest of them magnifies.
        u, b = unbiased(k, m) / (unbiased(k, k) * unbiased(m, m)) ** 0.5, biased(k, m) / (biased(k, k) * biased(m, m)) ** 0.5
        tolerance = 64 * n * EPS * n * biased(k, k) / (n * (n - 3) * unbiased(k, k)) + 64 * n * EPS
        assert en.cka(x, y, **options).value == pytest.approx(u, abs=tolerance)
        assert en.cka(x, y, convention="biased", **options).value == pytest.approx(b, abs=tolerance)


def test_cka_knows_rotations_scales_and_shifts() -> None:
    x = samples(40, 5, 1)
    y = x[:, :3] + samples(40, 3, 2)
    rotation = np.linalg.qr(np.random.default_rng(3).normal(size=(5, 5)))[0]
    for convention in ("unbiased", "biased"):
        value = en.cka(x, y, convention=convention).value
        assert en.cka(x, x, convention=convention).value == pytest.approx(1, abs=1e-12)
        assert en.cka(x, 3 * x @ rotation - 2, convention=convention).value == pytest.approx(1, abs=1e-12)
        assert en.cka(100 * x @ rotation + 1, -0.01 * y, convention=convention).value == pytest.approx(value, abs=1e-11)
        assert en.cka(y, x, convention=convention).value == pytest.approx(value, abs=1e-12)
        stretched = x * np.array([1, 10, 100, 1, 1])
        assert abs(en.cka(stretched, y, convention=convention).value - value) > 1e-3, "not invariant to every linear map"


def test_biased_cka_of_unrelated_data_is_large_and_unbiased_is_not() -> None:
    """The published decay of the biased form with d / n; linear kernel, 8 unrelated dimensions each."""
    for n, printed in ((32, 0.1955), (64, 0.1017), (128, 0.0569), (256, 0.0293)):
        rng, biased_values, unbiased_values = np.random.default_rng(n), [], []
        for _ in range(40):
            x, y = rng.normal(size=(n, 8)), rng.normal(size=(n, 8))
            biased_values.append(en.cka(x, y, convention="biased").value)
            unbiased_values.append(en.cka(x, y).value)
        error = np.std(biased_values, ddof=1)  # the printed value is one draw: its own spread and that of our mean
        assert abs(np.mean(biased_values) - printed) < 4 * error * (1 + 1 / 40) ** 0.5
        assert abs(np.mean(unbiased_values)) < 4 * np.std(unbiased_values, ddof=1) / 40**0.5


def test_hsic_of_functions_as_kernels() -> None:
    x, y = samples(20, 3, 1), samples(20, 2, 2)
    mask = np.arange(20) % 5 != 0

    def kernel(a: Floats, b: Floats) -> float:
        return float(np.exp(-((a - b) ** 2).sum() / (2 * 0.7**2)))

    assert en.hsic(x, y, kernel=kernel).value == pytest.approx(en.hsic(x, y, bandwidth=0.7).value, rel=1e-12)
    assert en.hsic(x, y, kernel=kernel, mask=mask).value == pytest.approx(en.hsic(x[mask], y[mask], bandwidth=0.7).value, rel=1e-12)


def test_the_permutation_null_moves_rows_of_y() -> None:
    """The mean over all permutations is known: a permuted kernel matrix is on average constant off its diagonal."""
    n, count = 30, 4000
    x, y = samples(n, 3, 1), samples(n, 2, 2)
    k, m = gaussian(x), gaussian(y)
    j = np.eye(n) - 1 / n
    a, b = j @ k @ j, j @ m @ j
    # E <A, P B P^T> = tr A tr B / n + (sum_offdiagonal A) (sum_offdiagonal B) / (n (n - 1)), sums of centered matrices being zero.
    mean = np.trace(a) * np.trace(b) / n + np.trace(a) * np.trace(b) / (n * (n - 1))
    e = en.hsic(x, y, null="permutation", n_null=count, seed=3, on_failure="ignore")
    spread: Any = e.diagnostics["null_sd"]
    assert e.diagnostics["null_mean"] == pytest.approx(mean / (n - 1) ** 2, abs=4 * spread / count**0.5)


def means(x: Floats, y: Floats, sigma: float) -> tuple[Floats, Floats, Floats]:
    both = gaussian(np.vstack([x, y]), sigma)
    n = len(x)
    return both[:n, :n], both[n:, n:], both[:n, n:]


@pytest.mark.parametrize(("n", "m"), [(2, 2), (30, 12), (200, 350)])
def test_mmd2_and_cs_divergence(n: int, m: int) -> None:
    x, y = samples(n, 3, 1), samples(m, 3, 2) + 0.2
    pooled = distances(np.vstack([x, y]))
    median = float(np.median(pooled[np.triu_indices(n + m, 1)]))
    cases: list[tuple[float, dict[str, Any]]] = [(0.8, {"bandwidth": 0.8}), (median, {})]
    for sigma, options in cases:
        kx, ky, kxy = means(x, y, sigma)
        biased_value = kx.mean() + ky.mean() - 2 * kxy.mean()
        off = (kx.sum() - n) / (n * (n - 1)) + (ky.sum() - m) / (m * (m - 1)) - 2 * kxy.mean()
        tolerance = 64 * EPS * (n + m)
        assert en.mmd2(x, y, **options).value == pytest.approx(biased_value, abs=tolerance)
        assert en.mmd2(x, y, convention="unbiased", **options).value == pytest.approx(off, abs=tolerance)
        divergence = np.log(kx.mean()) + np.log(ky.mean()) - 2 * np.log(kxy.mean())
        assert en.cs_divergence(x, y, **options).value == pytest.approx(divergence, abs=tolerance / kxy.mean())
    mean = ((x.mean(axis=0) - y.mean(axis=0)) ** 2).sum()
    assert en.mmd2(x, y, kernel="linear").value == pytest.approx(mean, abs=1e-12)
    assert en.mmd2(x + 1000, y + 1000, kernel="linear").value == pytest.approx(mean, abs=1e-9)


@pytest.mark.parametrize("statistic", ["biased", "unbiased"])
def test_the_null_of_mmd2_deals_the_rows_out_anew(statistic: Any) -> None:
    """Over all deals the within and between means are one and the same."""
    n, m, count = 20, 13, 4000
    x, y = samples(n, 2, 1), samples(m, 2, 2)
    both = gaussian(np.vstack([x, y]))
    size = n + m
    apart = (both.sum() - size) / (size * (size - 1))
    # Biased: 1 / n + (1 - 1 / n) apart, the same for y, less 2 apart.
    expected = 0 if statistic == "unbiased" else (1 / n + 1 / m) * (1 - apart)
    e = en.mmd2(x, y, statistic=statistic, null="permutation", n_null=count, seed=2, on_failure="ignore")
    spread: Any = e.diagnostics["null_sd"]
    assert e.diagnostics["null_mean"] == pytest.approx(expected, abs=4 * spread / count**0.5)
    assert e.value == en.mmd2(x, y, statistic=statistic, on_failure="ignore").value


def information(k: Floats, m: Floats) -> float:
    """Cauchy-Schwarz mutual information in nats."""
    return float(np.log((k * m).mean() * k.mean() * m.mean() / (k.mean(axis=1) * m.mean(axis=1)).mean() ** 2))


@pytest.mark.parametrize("n", [2, 31, 300])
def test_cs_qmi(n: int) -> None:
    x, y = samples(n, 3, 1), samples(n, 2, 2)
    y[:, 0] += x[:, 0] ** 2
    tolerance = 64 * EPS * n
    cases: list[tuple[Floats, Floats, dict[str, Any]]] = [
        (gaussian(x), gaussian(y), {}),
        (gaussian(x, 0.7), gaussian(y, 0.7), {"bandwidth": 0.7}),
    ]
    for k, m, options in cases:
        value = information(k, m)
        assert en.cs_qmi(x, y, **options).value == pytest.approx(value, abs=tolerance)
        assert en.cs_qmi(x, y, unit="bits", **options).value == pytest.approx(value / np.log(2), abs=tolerance)
        ratio = value / (information(k, k) * information(m, m)) ** 0.5
        assert en.cs_qmi(x, y, normalizer="self", **options).value == pytest.approx(ratio, abs=100 * tolerance)
        assert en.cs_qmi(k, m, kernel="precomputed").value == pytest.approx(value, abs=tolerance)
    # The tool: squared distances of the rows listed twice, below the diagonal; ten times their median is used as sigma.

    def tool(z: Floats) -> Floats:
        twice = distances(np.vstack([z, z])) ** 2
        return gaussian(z, 10 * max(float(np.median(twice[np.tril_indices(2 * n, -1)])), 0.01))

    expected = information(tool(x), tool(y)) / np.log(2)
    assert en.cs_qmi(x, y, compat="cs-ib").value == pytest.approx(expected, abs=tolerance)


def test_conditional_cs_divergence() -> None:
    n = 60
    x, y, z = samples(n, 3, 1), samples(n, 2, 2), samples(n, 2, 3) + 0.4
    both = np.vstack([y, z])
    for compat in (None, "cs-ib-conditional"):
        k, all_pairs = gaussian(x), gaussian(both)
        weights = (k**2).sum(axis=1) if compat else k.sum(axis=1) ** 2
        blocks = all_pairs[:n, :n], all_pairs[n:, n:], all_pairs[n:, :n]
        yy, zz, zy = (((k * block).sum(axis=1) / weights).sum() for block in blocks)
        value = np.log(yy) + np.log(zz) - 2 * np.log(zy)
        e = en.conditional_cs_divergence(x, y, z, compat=compat)
        assert e.value == pytest.approx(value / np.log(2) if compat else value, abs=64 * EPS * n)
        assert e.unit == ("bits" if compat else "nats")
    assert en.conditional_cs_divergence(x, y, y).value == pytest.approx(0, abs=64 * EPS)
    far = en.conditional_cs_divergence(x, y, z + 3)
    assert far.value > en.conditional_cs_divergence(x, y, z).value


@pytest.mark.parametrize("sigma", [None, 0.8])
def test_ksd2(sigma: float | None) -> None:
    n, d = 50, 3
    x, s = samples(n, d, 1), -samples(n, d, 2)
    options: dict[str, Any] = {"bandwidth": sigma} if sigma else {}
    width = en.ksd2(x, s, **options).diagnostics["bandwidth"]
    assert isinstance(width, float)
    apart = x[:, None, :] - x[None, :, :]
    r2 = (apart**2).sum(axis=2)
    k = np.exp(-r2 / (2 * width**2))
    mixed = ((s[:, None, :] - s[None, :, :]) * apart).sum(axis=2) / width**2
    h = k * (s @ s.T + mixed + d / width**2 - r2 / width**4)
    tolerance = 64 * EPS * n * np.abs(h).max()
    assert en.ksd2(x, s, **options).value == pytest.approx(h.mean(), abs=tolerance)
    off = (h.sum() - np.trace(h)) / (n * (n - 1))
    assert en.ksd2(x, s, convention="u-statistic", **options).value == pytest.approx(off, abs=tolerance)


def test_directions_on_the_sphere() -> None:
    x, y = samples(70, 5, 1), samples(70, 5, 2)
    u, v = (z / np.linalg.norm(z, axis=1, keepdims=True) for z in (x, y))
    r = distances(u)[np.triu_indices(70, 1)]
    tolerance = 64 * EPS * 70
    assert en.uniformity(x).value == pytest.approx(np.log(np.exp(-2 * r**2).mean()), abs=tolerance)
    assert en.uniformity(x, t=0.3).value == pytest.approx(np.log(np.exp(-0.3 * r**2).mean()), abs=tolerance)
    assert en.alignment(x, y).value == pytest.approx(((u - v) ** 2).sum(axis=1).mean(), abs=tolerance)
    assert en.alignment(x, y, exponent=1.0).value == pytest.approx(np.linalg.norm(u - v, axis=1).mean(), abs=tolerance)
    assert en.hyperspherical_energy(x).value == pytest.approx((1 / r).mean(), rel=1e-12)
    assert en.hyperspherical_energy(x, exponent=0.0).value == pytest.approx(-np.log(r).mean(), abs=tolerance)
    assert en.hyperspherical_energy(x, exponent=2.0, convention="sum").value == pytest.approx(2 * (r**-2).sum(), rel=1e-12)
    assert en.uniformity(5 * x).value == pytest.approx(en.uniformity(x).value, abs=tolerance)


def test_cka_matrix() -> None:
    layers = {f"layer{i}": samples(80, d, i) for i, d in enumerate((3, 100, 7))}
    layers["layer2"] = layers["layer2"] + layers["layer0"][:, :1]
    for options in ({}, {"statistic": "biased"}, {"kernel": "gaussian"}, {"kernel": "gaussian", "bandwidth": 0.9}):
        table = en.cka_matrix(layers, **options)
        assert table.shape == (3, 3)
        pairs = [[en.cka(a, b, **options).value for b in layers.values()] for a in layers.values()]
        assert table == pytest.approx(np.array(pairs), abs=1e-11)
    mask = np.arange(80) % 3 > 0
    masked = en.cka_matrix(list(layers.values()), mask=mask)
    assert masked == pytest.approx(en.cka_matrix([x[mask] for x in layers.values()]), abs=1e-12)
    with pytest.raises(ValueError, match="'layer1' has 79 rows where 'layer0' has 80"):
        en.cka_matrix({"layer0": layers["layer0"], "layer1": layers["layer1"][:79]})
    with pytest.raises(ValueError, match="no layers"):
        en.cka_matrix([])
    with pytest.raises(ValueError, match="kernel = 'gausian'"):
        en.cka_matrix(layers, kernel="gausian")  # type: ignore[arg-type]


def test_the_null_is_part_of_the_result(tmp_path: pathlib.Path) -> None:
    x, y = samples(40, 3, 1), samples(40, 2, 2)
    x_path, y_path = tmp_path / "x.npy", tmp_path / "y.npy"
    np.save(x_path, x)
    np.save(y_path, y)
    e = en.hsic(x, y, null="permutation", n_null=199, on_failure="ignore")
    assert e.null is not None
    assert (e.null.method, e.null.count) == ("permutation", 199)
    assert e.null.mean == e.diagnostics["null_mean"]
    assert e.null.p_value == e.diagnostics["p_value"]
    low, high = e.null.interval
    assert low < e.null.mean < high
    row = e.to_dict()
    assert (row["null_mean"], row["null_lo"], row["null_hi"], row["p_value"]) == (e.null.mean, low, high, e.null.p_value)
    assert f"p = {e.null.p_value:g}" in e.explain()
    assert pickle.loads(pickle.dumps(e)).null == e.null
    (stored,) = en.cli.run(["run", str(x_path), "--y", str(y_path), "-e", "hsic:null=permutation,n_null=199"])
    assert (stored["null_mean"], stored["p_value"]) == (e.null.mean, e.null.p_value)
    plain = en.hsic(x, y)
    assert plain.null is None
    assert plain.to_dict()["p_value"] is None


def test_a_mask_has_no_meaning_where_rows_are_not_paired() -> None:
    x = samples(10, 2, 1)
    with pytest.raises(ValueError, match="takes no mask"):
        en.run("mmd2", x, x, mask=np.ones(10, dtype=bool))
    with pytest.raises(TypeError, match="mask"):
        en.mmd2(x, x, mask=np.ones(10, dtype=bool))  # type: ignore[call-arg]


def test_a_precomputed_matrix_that_is_no_kernel_is_refused() -> None:
    x, y = samples(12, 3, 1), samples(12, 2, 2)
    k, m = x @ x.T, y @ y.T
    crooked = k.copy()
    crooked[1, 2] += 1
    below = k - 5 * np.eye(12)
    for function in (en.hsic, en.cka, en.cs_qmi):
        who = function.__name__
        with pytest.raises(ValueError, match=f"{who}: x: .*must be square, not 12 x 3"):
            function(x, m, kernel="precomputed")
        with pytest.raises(ValueError, match=f"{who}: y: .*not symmetric"):
            function(np.exp(k), crooked, kernel="precomputed")
        with pytest.raises(ValueError, match=f"{who}: 'y' has 2 rows where 'x' has 12; they go together row by row"):
            function(k, y.T @ y, kernel="precomputed")  # a covariance
    for biased in (en.hsic, lambda a, b, **options: en.cka(a, b, statistic="biased", **options)):
        with pytest.raises(ValueError, match=r"x: .*not positive semi-definite: its smallest eigenvalue is -5.*to its diagonal"):
            biased(below, m, kernel="precomputed")
        assert biased(below + 5 * np.eye(12), m, kernel="precomputed").value > 0
    with pytest.raises(ValueError, match=r"cka_matrix: 1: .*not positive semi-definite"):
        en.cka_matrix([m, below], kernel="precomputed", statistic="biased")
    with pytest.raises(ValueError, match=r"cs_qmi: y: .*not positive semi-definite"):
        en.cs_qmi(np.exp(-distances(x)), 1 - np.eye(12), kernel="precomputed")
    # The unbiased form does not look at the diagonal.
    assert en.cka(below, m, kernel="precomputed").value == pytest.approx(en.cka(k, m, kernel="precomputed").value, abs=64 * 12 * EPS)


def test_remedies_are_named() -> None:
    x, y = samples(12, 3, 1), samples(12, 3, 2)
    zero = x.copy()
    zero[5] = 0
    with pytest.raises(ValueError, match=r"alignment: y: .*row 5; remove them, or set zero_rows=drop"):
        en.alignment(x, zero)
    kept = np.arange(12) != 5
    assert en.alignment(x, zero, zero_rows="drop").value == en.alignment(x[kept], zero[kept]).value
    with pytest.raises(ValueError, match=r"mmd2: x and y together: .*row 5 .*remove the row"):
        en.mmd2(zero, y, kernel="cosine")
    with pytest.raises(ValueError, match=r"hsic: y: .*row 5 .*remove the row"):
        en.hsic(x, zero, kernel="cosine")
    for e in (
        en.cs_divergence(x, y + 1e6, bandwidth=1.0, on_failure="ignore"),
        en.conditional_cs_divergence(x, y, y + 1e6, bandwidth=1.0, on_failure="ignore"),
    ):
        assert (e.value, e.status) == (np.inf, "nonfinite")
        assert "raise the bandwidth" in str(e.reason)
    energy = en.hyperspherical_energy(np.vstack([x, 2 * x[:2]]), on_failure="ignore")
    assert (energy.value, energy.status) == (np.inf, "nonfinite")
    assert "2 pairs of rows are equal" in str(energy.reason)


def test_three_matrices() -> None:
    x, y, z = samples(20, 3, 1), samples(20, 2, 2), samples(20, 2, 3)
    e = en.conditional_cs_divergence(x, y, z)
    assert en.run("conditional_cs_divergence", x, y, z).value == e.value
    for wrong, message in (
        ((x, y[:19], z), "'y' has 19 rows where 'x' has 20"),
        ((x, y, z[:19]), "'z' has 19 rows where 'x' has 20"),
        ((x, y, x), "'z' has d = 3 features where 'y' has 2"),
        ((x, y, np.full_like(z, np.nan)), "conditional_cs_divergence: z: 40 of 20 x 2 values are NaN"),
        ((x[:1], y[:1], z[:1]), "conditional_cs_divergence: x: n = 1 rows; at least 2"),
        ((x * 0, y, z), "x: bandwidth 'median' is 0"),
        ((x, y * 0, z * 0), "y and z together: bandwidth 'median' is 0"),
    ):
        with pytest.raises(ValueError, match=message):
            en.conditional_cs_divergence(*wrong)


def test_batches_of_rows() -> None:
    x, y = samples(40, 3, 1), samples(40, 2, 2)
    y[:, 0] += x[:, 0]
    whole = en.cka(x, y, statistic="minibatch", batch_size=40)
    assert whole.value == en.cka(x, y).value
    # Eight rows at a time, dealt by 400 seeds: the mean is the unbiased form of all rows.
    values = [en.hsic(x, y, statistic="minibatch", batch_size=8, kernel="linear", seed=seed).value for seed in range(400)]
    error = float(np.std(values)) / 20
    assert np.mean(values) == pytest.approx(unbiased(x @ x.T, y @ y.T), abs=4 * error)
    e = en.hsic(x, y, convention="minibatch", batch_size=16, seed=3)
    assert (e.diagnostics["batches"], e.diagnostics["batch_rows"], e.diagnostics["rows_left_out"], e.seed) == (2, 16, 8, 3)
    table = en.cka_matrix([x, y], statistic="minibatch", batch_size=16, seed=3)
    assert table[0, 1] == pytest.approx(en.cka(x, y, statistic="minibatch", batch_size=16, seed=3).value, abs=1e-12)
    with pytest.raises(ValueError, match=r"batch_size = 41 is not in \[4, n = 40\]"):
        en.hsic(x, y, statistic="minibatch", batch_size=41)


def test_errors_say_which_matrix() -> None:
    x = samples(12, 3, 1)
    y = samples(12, 2, 2)
    with pytest.raises(ValueError, match="'y' has 11 rows where 'x' has 12"):
        en.hsic(x, y[:11])
    with pytest.raises(ValueError, match=r"hsic: n = 3 .*4"):
        en.hsic(x[:3], y[:3], convention="unbiased")
    with pytest.raises(ValueError, match="hsic: y: all rows are equal"):
        en.hsic(x, np.ones((12, 2)))
    y[4, 1] = np.nan
    with pytest.raises(ValueError, match=r"(?s)hsic: y: .*row 4, column 1"):
        en.hsic(x, y)
