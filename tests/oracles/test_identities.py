"""Laws that hold whatever the numbers are, for every estimator they apply to; and for each law a wrong estimator that breaks it."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable
from typing import Any

import entrospect as en
import numpy as np
import pytest
from numpy.typing import NDArray

Floats = NDArray[np.float64]
EPS = float(np.finfo(np.float64).eps)
N, D = 30, 6
# Eigenvalues to a few n eps of the largest, n of them, |ln p| < 40; kernels of data 10 times as large lose a digit.
TOLERANCE = 40 * N * N * EPS * 10


def samples(seed: int = 3, n: int = N) -> Floats:
    return np.random.default_rng(seed).normal(size=(n, D)) / (1 + np.arange(D)) + 0.3


def rotation(seed: int = 1) -> Floats:
    return np.asarray(np.linalg.qr(np.random.default_rng(seed).normal(size=(D, D)))[0])


@dataclasses.dataclass
class Subject:
    """A function of samples, in nats, and the laws it obeys."""

    name: str
    nats: Callable[..., float]
    laws: set[str]


def estimator(name: str, laws: str, logarithm: bool = False, **fixed: Any) -> Subject:
    def nats(x: Floats, **options: Any) -> float:
        e = en.run(name, x, on_failure="ignore", **{**fixed, **options})
        return math.log(e.value) if e.unit == "count" or logarithm else e.value

    return Subject(f"{name} {fixed or ''}", nats, set(laws.split()))


SUBJECTS = [
    estimator("von_neumann_entropy", "sides rotate permute repeat scale rows cap"),
    estimator("von_neumann_entropy", "sides rotate permute repeat scale cap", normalize="none"),
    estimator("von_neumann_entropy", "sides rotate permute repeat scale shift cap", normalize="none", center=True),
    estimator("effective_rank", "sides rotate permute repeat scale shift order cap"),
    estimator("effective_rank", "sides rotate permute repeat scale order cap", center=False),
    estimator("rankme", "sides rotate permute repeat scale cap"),
    estimator("participation_ratio", "sides rotate permute repeat scale shift cap"),
    estimator("stable_rank", "sides rotate permute repeat scale cap"),
    estimator("top_share", "sides rotate permute repeat scale shift", rank=2),
    estimator("spectral_gap", "sides rotate permute repeat scale shift"),
    estimator("anisotropy", "sides rotate permute repeat scale shift"),
    estimator("numerical_rank", "rotate permute repeat scale cap"),
    estimator("condition_number", "rotate permute repeat scale", logarithm=True),
    estimator("nuclear_norm", "sides rotate permute"),
    estimator("nuclear_norm", "permute", norm="l12"),
    estimator("alpha_req", "sides rotate permute repeat scale shift"),
    estimator("log_det", "rotate permute repeat"),
    estimator("log_det", "rotate permute shift", center=True),
    estimator("coding_rate", "sides rotate permute repeat scale rows"),
    estimator("coding_rate", "sides rotate permute repeat", normalize="none"),
    estimator("eigenscore", "sides permute"),
    estimator("weight_entropy", "rotate permute repeat scale"),
    estimator("power_law_alpha", "rotate permute repeat scale"),
    estimator("vector_participation_ratio", "permute repeat scale rows"),
    estimator("mp_soft_rank", "sides rotate permute scale"),
    estimator("mp_spike_share", "sides rotate permute scale"),
    estimator("tsallis_entropy", "sides rotate permute repeat scale rows cap"),
    estimator("vendi_score", "sides rotate permute repeat scale rows order cap weights"),
    estimator("vendi_score", "rotate permute repeat shift order cap weights", kernel="gaussian", bandwidth=0.8),
    estimator("vendi_score", "rotate permute scale shift order cap", kernel="gaussian"),
    estimator("vendi_score", "permute repeat shift order cap weights", kernel="laplacian_l1", bandwidth=2.0),
    estimator("matrix_entropy", "rotate permute repeat shift order cap", bandwidth=0.8),
    estimator("matrix_entropy", "rotate permute scale shift order cap"),
    estimator("matrix_entropy", "sides rotate permute repeat scale order cap", kernel="linear"),
    estimator("diffusion_spectral_entropy", "rotate permute repeat shift order steps cap", bandwidth=0.8),
    estimator("diffusion_spectral_entropy", "rotate permute scale shift order cap", anisotropy=1.0),
    estimator(
        "diffusion_spectral_entropy", "rotate permute repeat shift order steps cap", bandwidth=0.8, anisotropy=0.0, kernel="laplacian_l2"
    ),
    estimator("diffusion_spectral_entropy", "rotate permute scale shift order steps cap", graph="knn", k=3),
    estimator("diffusion_spectral_entropy", "rotate permute scale shift order cap", graph="knn01", k=3, symmetrize="mutual"),
    estimator("diffusion_spectral_entropy", "rotate permute scale shift order cap", bandwidth="knn"),
    estimator("diffusion_spectral_entropy", "rotate permute scale shift order cap", bandwidth="max_slope"),
    estimator("adjacency_spectral_entropy", "rotate permute repeat shift order cap", bandwidth=0.8),
    estimator("adjacency_spectral_entropy", "rotate permute scale shift order cap"),
    estimator("diffusion_matrix_entropy", "rotate permute scale shift"),
    estimator("diffusion_matrix_entropy", "rotate permute scale shift", graph="knn", k=3),
    estimator("eigenvalue_count", "rotate permute scale shift cap", t=3.0, threshold=0.1),
    estimator("classic_shannon_entropy", "permute repeat scale shift cap", bins=3),
]

Law = Callable[[Callable[..., float]], float]


def spread(*values: float) -> float:
    return max(values) - min(values)


def sides(f: Callable[..., float]) -> float:
    """The n x n and the d x d matrix have the same non-zero eigenvalues, for n > d and n < d."""
    return max(spread(f(x, side="gram"), f(x, side="cov")) for x in (samples(), samples(n=4), samples(n=D)))


def rotate(f: Callable[..., float]) -> float:
    return spread(f(samples()), f(samples() @ rotation()))


def permute(f: Callable[..., float]) -> float:
    return spread(f(samples()), f(samples()[np.random.default_rng(2).permutation(N)]), f(samples()[::-1]))


def repeat(f: Callable[..., float]) -> float:
    return spread(f(samples(n=12)), f(np.tile(samples(n=12), (3, 1))), f(np.repeat(samples(n=12), 2, axis=0)))


def scale(f: Callable[..., float]) -> float:
    return max(spread(f(samples()), f(factor * samples())) for factor in (-1.0, 1e-6, 1e5, 2.0**-300, 2.0**300))


def rows(f: Callable[..., float]) -> float:
    """Only the directions of the rows matter."""
    return spread(f(samples()), f(samples() * np.linspace(1e-9, 1e9, N)[:, None]))


def shift(f: Callable[..., float]) -> float:
    return spread(f(samples()), f(samples() + 64.0)) / 64  # the shift costs that much of the accuracy of the samples


def order(f: Callable[..., float]) -> float:
    """Falling in the order, without a seam at 1, from its limit ln rank at 0 to -ln p_1 at inf."""
    x = samples(n=12)
    sweep = [0.0, 1e-9, 0.25, 0.5, 0.99, 1 - 1e-12, 1.0, 1 + 1e-12, 1.01, 2.0, 4.0, 100.0, 1e6, 1e15, math.inf]
    values = [f(x, order=q) for q in sweep]
    rises = max(b - a for a, b in itertools.pairwise(values))
    seams = max(spread(values[0], values[1]) - 1e-7, spread(*values[5:8]) - 1e-10, spread(*values[-2:]))
    return max(rises, seams, 0.1 - spread(*values))  # and it does depend on the order


def steps(f: Callable[..., float]) -> float:
    """More steps forget: falling in t, ln n as t -> 0, the number of clusters as t -> inf."""
    values = [f(samples(), t=t) for t in (1e-6, 0.5, 1.0, 2.0, 5.0, 50.0, 1e4)]
    rises = max(b - a for a, b in itertools.pairwise(values))
    clusters = np.concatenate([1e3 * c + samples(c, 12) for c in range(3)])
    return max(rises, spread(values[0], math.log(N)) - 1e-4, spread(f(clusters, t=1e9), math.log(3)) - 1e-4)


def cap(f: Callable[..., float]) -> float:
    """0 <= H <= ln n for any data, also a single direction and orthogonal rows."""
    ray = np.outer(np.linspace(1, 2, 9), np.ones(D))
    return max(max(-f(x), f(x) - math.log(len(x))) for x in (samples(), samples(n=4), ray, np.eye(D) + 0.0))


def weights(f: Callable[..., float]) -> float:
    """Whole weights are repeats, and only their ratios matter."""
    x, w = samples(n=12), 1 + np.arange(12) % 3
    repeated = np.repeat(x, w, axis=0)
    settings = itertools.product((1.0, 1e-3, 1e300), (0.5, 1.0, 2.0))
    return max(spread(f(x, weights=w * factor, order=q), f(repeated, order=q)) for factor, q in settings)


LAWS: dict[str, Law] = {law.__name__: law for law in (sides, rotate, permute, repeat, scale, rows, shift, order, steps, cap, weights)}

# Laws that need sqrt of eigenvalues or orders below 1 magnify round-off by the root of the smallest kept.
LOOSER = {"rankme": 1e4, "anisotropy": 1e4, "nuclear_norm": 1e4, "alpha_req": 1e2, "weights": 1e6, "order": 1e2, "scale": 1e2}


def allowed(law: str, subject: str) -> float:
    return TOLERANCE * max(LOOSER.get(law, 1.0), LOOSER.get(subject.split()[0], 1.0))


@pytest.mark.parametrize(("law", "subject"), [(law, s) for s in SUBJECTS for law in sorted(s.laws)], ids=lambda p: getattr(p, "name", p))
def test_law(law: str, subject: Subject) -> None:
    assert LAWS[law](subject.nats) <= allowed(law, subject.name)


def test_every_law_has_a_subject() -> None:
    assert set().union(*(s.laws for s in SUBJECTS)) == set(LAWS)


def squared(w: Any) -> Any:
    return None if w is None else np.square(w / np.max(w))


def right(x: Floats, **options: Any) -> float:
    """A right estimator for the planted ones to spoil: takes every option that a law sets."""
    q, t, w = options.get("order", 1.0), options.get("t", 1.0), options.get("weights")
    s = np.linalg.svd(x * np.sqrt(w / np.max(w))[:, None] if w is not None else x, compute_uv=False)
    p = (s / s[0]) ** (2 * t)
    p = p[p > 1e-14] / p.sum()
    if q == 1:
        return float(-(p * np.log(p)).sum())
    return float(-np.log(p.max())) if q > 1e3 else float(np.log((p**q).sum()) / (1 - q))


PLANTED: dict[str, list[Callable[..., float]]] = {
    "sides": [lambda x, **o: right(x) + (1e-3 if o["side"] == "gram" else 0)],
    "rotate": [lambda x, **o: right(np.maximum(x, 0)), lambda x, **o: float(np.abs(x).sum())],
    "permute": [lambda x, **o: right(x[:-1]), lambda x, **o: right(x * np.linspace(1, 1.01, len(x))[:, None])],
    "repeat": [lambda x, **o: right(x) + 1e-6 * len(x), lambda x, **o: right(x[: max(2, len(x) - 1)])],
    "scale": [lambda x, **o: right(x + 1e-8), lambda x, **o: math.tanh(float(np.abs(x).max()))],
    "rows": [lambda x, **o: right(x)],
    "shift": [lambda x, **o: right(x)],
    "order": [
        lambda x, **o: right(x),  # deaf to the order
        lambda x, **o: -right(x, **o),
        lambda x, **o: right(x, order=o["order"] if abs(o["order"] - 1) > 1e-13 else 1.01),
    ],
    "steps": [lambda x, **o: right(x), lambda x, **o: right(x, t=1 / o["t"])],
    "cap": [lambda x, **o: right(x) / math.log(2), lambda x, **o: right(x) - 1e-6],
    "weights": [lambda x, **o: right(x), lambda x, **o: right(x, weights=squared(o.get("weights")))],
}


@pytest.mark.parametrize("law", sorted(LAWS))
def test_a_wrong_estimator_breaks_the_law(law: str) -> None:
    for wrong in PLANTED[law]:
        assert LAWS[law](wrong) > 1e2 * TOLERANCE
