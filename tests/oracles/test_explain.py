"""What explain() prints is arithmetic that gives the value: every statement of "with values" is evaluated, its pieces recomputed."""

from __future__ import annotations

import itertools
import math
import re
from typing import Any

import entrospect as en
import numpy as np
import pytest

N, D = 18, 4
X = np.random.default_rng(5).normal(size=(N, D)) * (1 + np.arange(D)) + 0.5
LABELS = np.arange(N) % 3
# Nine digits are shown; a difference or a power of shown numbers loses a few of them.
SHOWN = 5e-7


def number(text: str) -> float | None:
    """The value of an arithmetic expression in digits, ln, exp and inf, or None for anything with other letters."""
    text = re.sub(r" (nats|bits)$", "", text.strip())
    if re.search(r"[^0-9eE+\-*/(). linxp f]", text) or not re.fullmatch(r"(?:ln|exp|inf|[0-9.]+(?:e[+-]?[0-9]+)?|[-+*/() ])+", text):
        return None
    text = re.sub(r"ln ([0-9.e+-]+)", r"log(\1)", text)
    return float(eval(text, {"__builtins__": {}}, {"log": math.log, "exp": math.exp, "inf": math.inf}))


def chain(e: en.Estimate) -> str:
    line = next(line for line in e.explain().splitlines() if line.startswith("with values"))
    return line.removeprefix("with values").strip()


def check(e: en.Estimate) -> list[float]:
    """The numbers of the chain's last statement; every '=' between two numbers holds."""
    last: list[float] = []
    for statement in chain(e).split("; "):
        values = [v for v in map(number, statement.split(" = ")) if v is not None]
        for v in values[1:]:
            assert v == pytest.approx(values[0], rel=SHOWN, abs=SHOWN), f"'{statement}' is not true"
        last = values
    assert last, chain(e)
    assert last[-1] == pytest.approx(e.value, rel=SHOWN, abs=SHOWN), f"{chain(e)}\ndoes not end in {e.value}"
    return last


def stated(e: en.Estimate, what: str) -> float:
    found = re.search(r"(?:^|[;,] |sum of \d+ )" + re.escape(what) + r"(?: with weights)? = (-?[0-9.e+-]+)", chain(e))
    assert found, f"'{what}' is not in {chain(e)}"
    return float(found.group(1))


ORDERS = [0.0, 0.5, 1.0, 1.0 + 1e-9, 2.0, 5.0, math.inf]
ROWS: list[dict[str, Any]] = [
    {},
    {"center": True},
    {"normalize": "l2"},
    {"center": True, "normalize": "l2"},
    {"normalize": "standardize"},
    {"center": False},
]


def each(*options: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    return options


def treated(options: dict[str, Any], center: bool = False, normalize: str = "none") -> Any:
    center, normalize = options.get("center", center), options.get("normalize", normalize)
    z = X - X.mean(axis=0) if center or normalize == "standardize" else X
    if normalize == "standardize":
        return z / z.std(axis=0, ddof=1)
    return z / np.linalg.norm(z, axis=1, keepdims=True) if normalize == "l2" else z


def says(e: en.Estimate, options: dict[str, Any], center: bool = False, normalize: str = "none") -> None:
    center, normalize = options.get("center", center), options.get("normalize", normalize)
    text = chain(e)
    assert ("standardized" in text) == (normalize == "standardize")
    assert ("centered" in text) == (center and normalize != "standardize")
    assert ("divided by their norms" in text) == (normalize == "l2")


@pytest.mark.parametrize("rows", ROWS, ids=str)
@pytest.mark.parametrize("unit", ["nats", "bits"])
def test_von_neumann_entropy(rows: dict[str, Any], unit: Any) -> None:
    e = en.von_neumann_entropy(X, unit=unit, **rows)
    check(e)
    says(e, rows, normalize="l2")
    z = treated(rows, normalize="l2")
    m = N - 1 if rows.get("center") or rows.get("normalize") == "standardize" else N
    assert stated(e, f"tr(Z^T Z) / {m}") == pytest.approx((z**2).sum() / m, rel=SHOWN)
    compat: Any
    for compat in ("vne", "koopman"):
        check(en.von_neumann_entropy(X, unit=unit, compat=compat, **rows))


@pytest.mark.parametrize("rows", ROWS, ids=str)
@pytest.mark.parametrize("order", ORDERS)
def test_effective_rank(rows: dict[str, Any], order: float) -> None:
    e = en.effective_rank(X, order=order, **rows)
    check(e)
    says(e, rows, center=True)
    e = en.effective_rank(X, order=order, spectrum_of="singular-values", **rows)
    check(e)
    assert stated(e, "singular values") == pytest.approx(np.linalg.svd(treated(rows, center=True), compute_uv=False).sum(), rel=SHOWN)


@pytest.mark.parametrize(
    "compat", ["rankme-paper", "stable-pretraining-torch", "stable-pretraining-jax", "reptrix", "diff-erank", "djaniak", "ssrlib"]
)
def test_rank_tools(compat: Any) -> None:
    for rows in each({}, {"normalize": "l2"}):
        e = en.rankme(X, compat=compat, **rows)
        check(e)
        if float(e.options["epsilon"] or 0) > 0:
            assert stated(e, "epsilon") == e.options["epsilon"]
    check(en.rankme(X, epsilon=0.01))


KERNELS: list[dict[str, Any]] = [
    {"kernel": "gaussian", "bandwidth": 3.0},
    {"kernel": "laplacian_l1"},
    {"kernel": "laplacian_l2", "bandwidth": "sqrt_half_d"},
    {"kernel": "linear"},
    {"kernel": "cosine"},
    {"kernel": "polynomial", "degree": 2.0},
    {"kernel": "exponential", "bandwidth": 40.0},
]


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda k: k["kernel"])
@pytest.mark.parametrize("order", ORDERS)
def test_matrix_entropy(kernel: dict[str, Any], order: float) -> None:
    for more in each({}, {"unit": "bits"}, {"normalizer": "log-n"}, {"normalizer": "log-n-log-d"}, {"normalize": "l2"}):
        e = en.matrix_entropy(X, order=order, **kernel, **more)
        check(e)
        assert f"{kernel['kernel']} kernel" in chain(e)
        assert ("sigma = " in chain(e)) == ("bandwidth" in e.diagnostics)
        if "bandwidth" in e.diagnostics:
            assert stated(e, "sigma") == pytest.approx(e.diagnostics["bandwidth"], rel=SHOWN)
        assert ("normalizer" in e.formula) or e.unit != "none"


@pytest.mark.parametrize("method", ["radial", "finger", "quadratic"])
def test_bounds_name_themselves(method: Any) -> None:
    for more in each({}, {"unit": "bits"}, {"normalizer": "log-n"}):
        e = en.matrix_entropy(X, method=method, **more)
        assert "bound of H_1" in e.formula
        assert stated(e, "|A|_F^2") == pytest.approx(e.diagnostics["purity"], rel=SHOWN)
        if method != "radial" or more:
            check(e)


@pytest.mark.parametrize("compat", ["repitl", "yu", "skean", "djaniak"])
@pytest.mark.parametrize("order", [0.5, 1.0, 2.0, 3.0, math.inf])
def test_matrix_tools(compat: Any, order: float) -> None:
    e = en.matrix_entropy(X, order=order, compat=compat)
    check(e)
    if order == 2 and compat in ("repitl", "djaniak"):
        assert "H_2 = ln" not in chain(e), "the tool's order 2 is not H_2"


@pytest.mark.parametrize("kernel", [*KERNELS[:3], KERNELS[4]], ids=lambda k: k["kernel"])
@pytest.mark.parametrize("order", ORDERS)
def test_vendi_score(kernel: dict[str, Any], order: float) -> None:
    for weights in (None, np.arange(1.0, N + 1)):
        e = en.vendi_score(X, order=order, weights=weights, **kernel)
        check(e)
        assert ("with weights" in chain(e)) == (weights is not None)
        e = en.vendi_score(X, order=order, weights=weights, compat="vendi-score", **kernel)
        check(e)
        e = en.vendi_score(X, order=order, weights=weights, method="truncated", rank=3, on_failure="ignore", **kernel)
        check(e)
        assert "largest VS_q" in e.formula
    if kernel["kernel"] == "gaussian":
        e = en.vendi_score(X, order=order, method="features", features=40, **kernel)
        check(e)
        assert "random Fourier features" in e.formula


@pytest.mark.parametrize(("t", "anisotropy"), list(itertools.product([0.5, 1.0, 3.0], [0.0, 0.5, 1.0])))
def test_diffusion_spectral_entropy(t: float, anisotropy: float) -> None:
    for more in each(
        {"order": 1.0},
        {"order": 2.0},
        {"unit": "bits"},
        {"graph": "knn", "k": 5},
        {"kernel": "laplacian_l1"},
        {"bandwidth": 2.0},
    ):
        e = en.diffusion_spectral_entropy(X, t=t, anisotropy=anisotropy, **more)
        check(e)
        assert (stated(e, "t"), stated(e, "a")) == (t, anisotropy)
        assert ("nearest-neighbor graph" in chain(e)) == ("graph" in more)
        assert ("sigma" in chain(e)) == ("graph" not in more)
    given: dict[str, Any] = {"anisotropy": anisotropy} if anisotropy == 1.0 else {}
    tools: list[Any] = ["dse-dsmi", "manylatents"]
    for compat in tools:
        e = en.diffusion_spectral_entropy(X, t=t, compat=compat, **given)
        check(e)
        assert stated(e, "a") == e.options["anisotropy"]
        assert stated(e, "t") == e.options["t"]


def test_beside_diffusion_spectral_entropy() -> None:
    graphs = each({}, {"graph": "knn", "k": 5}, {"graph": "knn01", "k": 5}, {"normalize": "l2"}, {"compat": "dse-dsmi"})
    for name in ("adjacency_spectral_entropy", "diffusion_matrix_entropy"):
        for more in graphs + each({"unit": "bits"}):
            e = en.run(name, X, **more)
            check(e)
            says(e, more)
    for more in graphs[:-1] + each({"compat": "manylatents"}, {"t": 1.0, "threshold": 0.2}):
        e = en.eigenvalue_count(X, **more)
        check(e)
        assert stated(e, "t") == e.options["t"]
    for more in each({}, {"bins": 4}, {"unit": "bits"}, {"compat": "dse-dsmi"}):
        check(en.classic_shannon_entropy(X, on_failure="ignore", **more))


def test_diffusion_spectral_mutual_information() -> None:
    for more in each({}, {"unit": "bits"}, {"graph": "knn", "k": 3}, {"compat": "dse-dsmi"}, {"order": 2.0, "t": 2.0}, {"normalize": "l2"}):
        e = en.diffusion_spectral_mutual_information(X, LABELS, on_failure="ignore", **more)
        check(e)
        assert "3 classes" in chain(e)
        says(e, more)


@pytest.mark.parametrize("rows", ROWS, ids=str)
def test_indices_of_a_spectrum(rows: dict[str, Any]) -> None:
    centered = {"participation_ratio": True, "stable_rank": False, "top_share": True, "spectral_gap": True, "anisotropy": True}
    for name, center in centered.items():
        z = treated(rows, center=center)
        m = N - 1 if rows.get("center", center) or rows.get("normalize") == "standardize" else N
        for more in each({}, {"rank": 2}) if name in ("top_share", "spectral_gap") else each({}):
            e = en.run(name, X, **rows, **more)
            check(e)
            says(e, rows, center=center)
            assert f"C = Z^T Z / {m}" in chain(e)
        if name == "participation_ratio":
            assert stated(e, "tr C") == pytest.approx((z**2).sum() / m, rel=SHOWN)
            assert stated(e, "tr C^2") == pytest.approx(((z.T @ z / m) ** 2).sum(), rel=SHOWN)
        if name == "stable_rank":
            assert stated(e, "lam_1") == pytest.approx(np.linalg.norm(z, 2) ** 2 / m, rel=SHOWN)
        if name == "anisotropy":
            assert stated(e, "s_1") == pytest.approx(np.linalg.norm(z, 2), rel=SHOWN)


@pytest.mark.parametrize("rows", ROWS, ids=str)
def test_ranks_and_condition_numbers(rows: dict[str, Any]) -> None:
    s = np.linalg.svd(treated(rows), compute_uv=False)
    for more in each({}, {"tolerance": "eigenvalues"}, {"tolerance": 0.3}):
        e = en.numerical_rank(X, **rows, **more)
        check(e)
        says(e, rows)
        assert stated(e, "s_1") == pytest.approx(s[0], rel=SHOWN)
        assert e.value == (s > e.diagnostics["tolerance"] * s[0]).sum()
    e = en.condition_number(X, **rows)
    check(e)
    assert stated(e, "s_4") == pytest.approx(s[-1], rel=SHOWN)
    deficient = np.hstack([X, X[:, :1] - X[:, 1:2]])
    e = en.condition_number(deficient, on_failure="ignore")
    assert check(e)[-1] == math.inf
    check(en.condition_number(deficient, numerical_rank=True))


Y = np.random.default_rng(6).normal(size=(N, 3)) + X[:, :1]


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda k: k["kernel"])
@pytest.mark.parametrize("convention", ["biased", "v-statistic", "unbiased"])
def test_hsic(kernel: dict[str, Any], convention: Any) -> None:
    for side in ("gram", "cov") if kernel["kernel"] == "linear" else ("auto",):
        e = en.hsic(X, Y, convention=convention, side=side, null="permutation", n_null=9, on_failure="ignore", **kernel)
        check(e)
        by = {"biased": (N - 1) ** 2, "v-statistic": N**2, "unbiased": N * (N - 3)}[convention]
        assert stated(e, "sum A_ij B_ij") == pytest.approx(e.value * by, rel=SHOWN)
        for prefix in ("", "y_"):
            if prefix + "bandwidth" in e.diagnostics:
                assert stated(e, prefix + "sigma") == pytest.approx(e.diagnostics[prefix + "bandwidth"], rel=SHOWN)
    check(en.hsic(X, Y, statistic="minibatch", batch_size=5, on_failure="ignore", **kernel))
    check(en.cka(X, Y, statistic="minibatch", batch_size=5, on_failure="ignore", **kernel))


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda k: k["kernel"])
def test_cka(kernel: dict[str, Any]) -> None:
    for more in each({}, {"convention": "biased"}, {"compat": "platonic"}, {"null": "permutation", "n_null": 9}):
        e = en.cka(X, Y, on_failure="ignore", **{**more, **kernel})
        check(e)
        assert stated(e, "HSIC(x, x)") == pytest.approx(e.diagnostics["hsic_xx"], rel=SHOWN)


@pytest.mark.parametrize("rows", ROWS, ids=str)
def test_norms_and_volumes(rows: dict[str, Any]) -> None:
    z = treated(rows)
    m = N - 1 if rows.get("center") or rows.get("normalize") == "standardize" else N
    for more in each({}, {"per_row": True}):
        e = en.nuclear_norm(X, **rows, **more)
        check(e)
        says(e, rows)
        assert stated(e, "singular values") == pytest.approx(np.linalg.svd(z, compute_uv=False).sum(), rel=SHOWN)
        check(en.nuclear_norm(X, norm="l12", **rows, **more))
        check(en.nuclear_norm(X, compat="mnn", **rows, **more))
    for more in each({}, {"unit": "bits"}):
        e = en.log_det(X, **rows, **more)
        check(e)
        says(e, rows)
        assert e.value == pytest.approx(np.linalg.slogdet(z.T @ z / m)[1] / (math.log(2) if more else 1), rel=SHOWN)
        for compat in each({}, {"compat": "mcr2"}, {"eps_squared": 7.0}):
            e = en.coding_rate(X, **rows, **more, **compat)
            check(e)
            assert ("1/2" in e.formula) == ("compat" not in compat)
        check(en.eigenscore(X, **more))
        check(en.eigenscore(X.T, ridge=0.5, **more))
    deficient = np.hstack([X, X[:, :1] - X[:, 1:2]])
    for unit in each({}, {"unit": "bits"}):
        assert check(en.log_det(deficient, on_failure="ignore", **unit))[-1] == -math.inf


@pytest.mark.parametrize("rows", ROWS, ids=str)
def test_decay_and_tsallis(rows: dict[str, Any]) -> None:
    for more in each({}, {"last_rank": 2}, {"fit_weights": "uniform"}):
        e = en.alpha_req(X, **rows, **more)
        check(e)
        says(e, rows, center=True)
        assert stated(e, "slope") == pytest.approx(-e.value, rel=SHOWN)
    for order in ORDERS:
        e = en.tsallis_entropy(X, order=order, **rows)
        check(e)
        says(e, rows, normalize="l2")


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda k: k["kernel"])
def test_mmd2(kernel: dict[str, Any]) -> None:
    for more in each({}, {"convention": "unbiased"}, {"null": "permutation", "n_null": 9}):
        e = en.mmd2(X, X[:7, ::-1] + 1, on_failure="ignore", **{**more, **kernel})
        assert check(e)
    for more in each({"convention": "block"}, {"convention": "linear-time"}, {"statistic": "block", "block_size": 5}):
        assert check(en.mmd2(X, X[:, ::-1] + 1, on_failure="ignore", **{**more, **kernel}))


@pytest.mark.parametrize("kernel", KERNELS[:3], ids=lambda k: k["kernel"])
def test_cs_divergence(kernel: dict[str, Any]) -> None:
    for more in each({}, {"unit": "bits"}, {"null": "permutation", "n_null": 9}):
        assert check(en.cs_divergence(X, X[:7, ::-1] + 1, on_failure="ignore", **{**more, **kernel}))


W = np.random.default_rng(7).normal(size=(N, 2))


@pytest.mark.parametrize("order", ORDERS)
def test_matrix_information(order: float) -> None:
    calls: list[tuple[str, Any]] = [
        ("matrix_joint_entropy", (X, Y, W)),
        ("matrix_conditional_entropy", (X, Y)),
        ("matrix_mutual_information", (X, Y)),
        ("matrix_conditional_mutual_information", (X, Y, W)),
        ("matrix_total_correlation", (X, Y, W)),
        ("matrix_dual_total_correlation", (X, Y, W)),
        ("o_information", (X, Y, W)),
        ("s_information", (X, Y, W)),
        ("difference_of_entropies", (X, Y)),
    ]
    for name, samples in calls:
        for more in each({}, {"unit": "bits"}, {"kernel": "cosine"}, {"kernel": "polynomial", "degree": 2.0, "diagonal": "normalize"}):
            e = en.run(name, *samples, order=order, on_failure="ignore", **more)
            check(e)
            assert f"{more.get('kernel', 'gaussian')} kernel" in chain(e)
            if "y_bandwidth" in e.diagnostics:
                assert stated(e, "y_sigma") == pytest.approx(e.diagnostics["y_bandwidth"], rel=SHOWN)
            if name != "matrix_conditional_entropy":
                together = "x, y" if len(samples) == 2 else "x, y, z" if name[0] in "os" or "conditional" in name else "x, y, x3"
                told = e.diagnostics["entropy_" + together.replace(", ", "_")]
                assert stated(e, f"H({together})") == pytest.approx(told, rel=SHOWN, abs=SHOWN)
    normalizer: Any
    for normalizer in ("min", "max", "sqrt", "mean"):
        check(en.matrix_mutual_information(X, Y, order=order, normalizer=normalizer))
    check(en.matrix_total_correlation(X, Y, W, order=order, normalized=True))
    check(en.matrix_mutual_information(X, Y, order=order, null="permutation", n_null=9, on_failure="ignore"))
    if order not in (1, math.inf):
        check(en.difference_of_powers(X, Y, order=order))
    for unit in each({}, {"unit": "bits"}):
        e = en.jensen_renyi(X, LABELS, order=order, on_failure="ignore", **unit)
        check(e)
        assert "3 classes" in chain(e)


def test_quantum_divergences() -> None:
    for more in each({}, {"unit": "bits"}, {"weights": "rows"}, {"kernel": "gaussian"}, {"center": True, "normalize": "l2"}):
        check(en.quantum_jsd(X, X[:9, ::-1] + 1, X[3:] * 2, **more))
    for more in each({}, {"unit": "bits"}, {"compat": "repitl"}, {"center": True}):
        check(en.quantum_kl(X, X[:9, ::-1] + 1, **more))


def test_classes() -> None:
    for more in each({}, {"compat": "skean"}, {"compat": "stable-pretraining"}, {"compat": "reptrix"}, {"delta": 0.5, "unbiased": True}):
        e = en.lidar(X, LABELS, **more)
        check(e)
        assert "3 classes of 6 rows" in chain(e)
        assert stated(e, "delta") == e.options["delta"]
    for more in each({}, {"compat": "mcr2"}, {"compat": "mcr2-final"}, {"unit": "bits"}, {"normalize": "none", "weighted": False}):
        e = en.coding_rate_reduction(X, LABELS, **more)
        check(e)
        assert ("1/2" in e.formula) == (e.options["half"] is True)
        says(e, {"normalize": e.options["normalize"]})
    for more in each({}, {"local_weight": 0.3}):
        check(en.mmcr(X, LABELS, **more))
    for measure in ("nc1", "cdnv", "nc2-norms", "nc2-angles", "nc3", "nc4"):
        check(en.neural_collapse(X, LABELS, measure=measure))


@pytest.mark.parametrize("rows", ROWS, ids=str)
def test_weights(rows: dict[str, Any]) -> None:
    for more in each({}, {"compat": "weightwatcher"}, {"compat": "weightwatcher-gpu"}):
        e = en.weight_entropy(X, **more, **rows)
        check(e)
        says(e, rows)
    for more in each({}, {"compat": "weightwatcher"}):
        e = en.power_law_alpha(X, **more, **rows)
        check(e)
        says(e, rows)
        assert stated(e, "xmin") == pytest.approx(e.diagnostics["xmin"], rel=SHOWN)


def test_noise_and_localization() -> None:
    for more in each({}, {"edge": "shuffled", "n_null": 3}):
        for name in ("mp_soft_rank", "mp_spike_share"):
            e = en.run(name, X, **more)
            check(e)
            assert ("shuffled" in e.formula) == bool(more)
    check(en.vector_participation_ratio(X))
    check(en.vector_participation_ratio(X, compat="weightwatcher"))
    for order in ORDERS:
        check(en.diff_erank(X, X[:7, ::-1] ** 2, order=order))


@pytest.mark.parametrize("unit", ["nats", "bits"])
def test_answers(unit: Any) -> None:
    for kernel in KERNELS:
        for weights in (None, np.arange(1.0, N + 1)):
            for tau in (0.5, 2.0):
                check(en.snne(X, tau=tau, unit=unit, weights=weights, **kernel))
    for kernel in (*KERNELS[:3], KERNELS[-1]):
        e = en.kernel_language_entropy(X, unit=unit, t=0.7, **kernel)
        check(e)
        assert stated(e, "t") == 0.7
        check(en.kernel_language_entropy(X, normalizer="log-n", **kernel))
        check(en.u_eigv(X, **kernel))
    for weights in (None, np.arange(1.0, N + 1)):
        check(en.semantic_entropy(LABELS, unit=unit, weights=weights))


@pytest.mark.parametrize("order", ORDERS)
def test_attention_entropy(order: float) -> None:
    a = np.exp(X) / np.exp(X).sum(axis=1, keepdims=True)
    for unit in each({}, {"unit": "bits"}):
        assert check(en.attention_entropy(a, order=order, **unit))
        check(en.attention_entropy(en.testing.causal_attention(7), causal=True, order=order, **unit))


@pytest.mark.parametrize("kernel", KERNELS[:3], ids=lambda k: k["kernel"])
def test_cs_qmi(kernel: dict[str, Any]) -> None:
    for more in each({}, {"unit": "bits"}, {"null": "permutation", "n_null": 9}, {"normalizer": "self"}, {"compat": "cs-ib"}):
        e = en.cs_qmi(X, Y, on_failure="ignore", **{**more, **kernel})
        assert check(e)
        assert stated(e, "ln mean_i(k_i l_i)") < 0


@pytest.mark.parametrize("kernel", KERNELS[:3], ids=lambda k: k["kernel"])
def test_conditional_cs_divergence(kernel: dict[str, Any]) -> None:
    for more in each({}, {"unit": "bits"}, {"compat": "cs-ib-conditional"}):
        assert check(en.conditional_cs_divergence(X, Y, Y[::-1] + 1, on_failure="ignore", **{**more, **kernel}))


def test_ksd2() -> None:
    for more in each({}, {"convention": "u-statistic"}, {"bandwidth": 2.0}, {"null": "wild-bootstrap", "n_null": 9}):
        e = en.ksd2(X, -X, on_failure="ignore", **more)
        assert check(e)
        assert stated(e, "sigma") == pytest.approx(e.diagnostics["bandwidth"], rel=SHOWN)


def test_directions() -> None:
    for t in (0.5, 2.0):
        e = en.uniformity(X, t=t)
        assert check(e)
        assert stated(e, "t") == t
    for exponent in (0.0, 1.0, 2.5):
        for more in each({}, {"convention": "sum"}):
            e = en.hyperspherical_energy(X, exponent=exponent, **more)
            assert check(e)
            assert stated(e, "exponent") == exponent
    for exponent in (1.0, 2.0):
        assert check(en.alignment(X, X[::-1], exponent=exponent))


def test_a_wrong_chain_is_noticed() -> None:
    class Planted:
        value = 2.0

        def __init__(self, text: str) -> None:
            self.text = text

        def explain(self) -> str:
            return "formula      f\nwith values  " + self.text

    check(Planted("Z = x; H_2 = -0.5 / (1 - 2) = 0.5 nats; exp(0.693147181) = 2"))  # type: ignore[arg-type]
    for wrong in ("H_1 = 0.5 nats; exp(0.7) = 2", "H_2 = -0.5 / (1 - 3) = 0.5 nats; exp(0.693147181) = 2", "exp(0) = 1", "Z = x"):
        with pytest.raises(AssertionError):
            check(Planted(wrong))  # type: ignore[arg-type]
