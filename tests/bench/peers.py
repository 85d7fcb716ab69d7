#!/usr/bin/env python3
"""Entrospect beside its peers: the same inputs, interleaved in one process.

    python tests/bench/peers.py                      every case, minimum and median of 5 rounds
    python tests/bench/peers.py --quick              small sizes and 2 rounds, to see that it runs; its ratios mean nothing
    python tests/bench/peers.py gram call            these cases only
    python tests/bench/peers.py --json peers.json    the same numbers for a machine

Each round runs every contender of a case once, starting with another one each time, so that a busy moment of the machine meets all of
them. Ratios are of minima, on the clock and, in brackets, of processor time: other work on the machine disturbs the second less, and the
two agree where contenders use as many threads. `gemm` is NumPy's product of two square matrices of the case's type, on all its threads,
timed in the same rounds: it stands for the speed of this machine at this moment (the linked BLAS, which may differ, is measured by
tests/bench in C++). Targets are printed, not enforced, and hold for the full sizes. Peers keep their own thread settings, which are
printed; on a machine with other work, --threads 1 disturbs them least. A peer that is not installed is named and left out.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import itertools
import json
import math
import os
import pathlib
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import entrospect as en
import numpy as np
from numpy.typing import NDArray

# Threads of a BLAS wait awake for tens of milliseconds after a call, on the processors of whoever runs next.
PAUSE = 0.1  # seconds

Work = Callable[[], Any]
Array = NDArray[Any]


@dataclass
class Target:
    """`a` / `b` in time should be at most `at_most`: the promise "2x faster than b" is a / b <= 1 / 2."""

    a: str
    b: str
    at_most: float


@dataclass
class Case:
    name: str
    contenders: dict[str, Work]
    targets: list[Target] = field(default_factory=list)
    calls: int = 1  # per timing, for what is too short to time alone
    # Of the last results, by contender: what to print beside the times. Speed without agreement is worth nothing.
    agreement: Callable[[dict[str, Any]], str] | None = None


@dataclass
class Scale:
    quick: bool

    def __call__(self, full: int, quick: int) -> int:
        return quick if self.quick else full


def optional(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


def gemm(dtype: np.dtype[Any] | type, n: int) -> Work:
    rng = np.random.default_rng(1)
    a: Array = rng.standard_normal((n, n)).astype(dtype)
    b: Array = rng.standard_normal((n, n)).astype(dtype)
    return lambda: a @ b


def unit_rows(x: Array) -> Array:
    z: Array = x / np.linalg.norm(x, axis=1, keepdims=True)
    return z


def shannon(eigenvalues: Array) -> float:
    p = eigenvalues[eigenvalues > 0]
    p = p / p.sum()
    return float(-(p * np.log(p)).sum())


def spread(values: dict[str, Any]) -> str:
    numbers = {name: float(v) for name, v in values.items() if name != "gemm"}
    reference = numbers["entrospect"]
    worst = max(abs(v / reference - 1) for v in numbers.values())
    return f"value {reference:.10g}, largest relative difference {worst:.1e}"


def covariance(scale: Scale) -> Iterator[Case]:
    """Scatter matrix of tall data, as it is and centred; the mean is far from 0."""
    n, d = scale(20000, 2000), scale(768, 128)
    wide = np.random.default_rng(2).standard_normal((n, d)) + 3.0
    yield covariance_case(wide, "double")
    yield covariance_case(wide.astype(np.float32), "single")


def covariance_case(x: Array, precision: Literal["double", "single"]) -> Case:
    n, d = x.shape

    def difference(results: dict[str, Any]) -> str:
        ours, theirs = results["entrospect centred"] / (n - 1), results["np.cov"]
        return f"largest difference from np.cov: {np.abs(ours - theirs).max() / np.abs(theirs).max():.1e} of the largest entry"

    # The product of two m x m matrices costs 2 m^3 flops, a scatter matrix n d (d + 1): with this m the two cost the same.
    m = round((n * d * (d + 1) / 2) ** (1 / 3))
    return Case(
        f"covariance {x.dtype} {n} x {d}",
        {
            "entrospect": lambda: en.scatter_matrix(x, precision=precision),
            "entrospect centred": lambda: en.scatter_matrix(x, center=True, precision=precision),
            "numpy X'X": lambda: x.T @ x,
            "np.cov": lambda: np.cov(x, rowvar=False),
            "gemm": gemm(x.dtype, m),
        },
        [
            Target("entrospect", "gemm", 1 / 0.9),
            Target("entrospect centred", "gemm", 1 / 0.8),
            Target("entrospect centred", "np.cov", 1 / 2),
        ],
        agreement=difference,
    )


def von_neumann(scale: Scale) -> Iterator[Case]:
    n, d = scale(4000, 400), scale(2000, 200)
    x = np.random.default_rng(3).standard_normal((n, d))

    def numpy_entropy() -> float:
        z = unit_rows(x)
        return shannon(np.linalg.eigvalsh(z.T @ z / n))

    contenders: dict[str, Work] = {
        "entrospect": lambda: en.von_neumann_entropy(x),
        "numpy": numpy_entropy,
        "gemm": gemm(np.float64, scale(2000, 200)),
    }
    torch = optional("torch")
    if torch:
        tensor = torch.from_numpy(x)

        def torch_entropy() -> float:
            z = torch.nn.functional.normalize(tensor, dim=1)
            return shannon(torch.linalg.eigvalsh(z.T @ z / n).numpy())

        contenders["torch"] = torch_entropy
    yield Case(f"von Neumann entropy float64 {n} x {d}", contenders, [Target("entrospect", "numpy", 1.0)], agreement=spread)


def vendi(scale: Scale) -> Iterator[Case]:
    n, d = scale(4096, 400), scale(768, 96)
    x = np.random.default_rng(4).standard_normal((n, d)).astype(np.float32)
    contenders: dict[str, Work] = {
        "entrospect": lambda: en.vendi_score(x, precision="single"),
        "entrospect double": lambda: en.vendi_score(x),
        "gemm": gemm(np.float32, scale(2000, 200)),
    }
    peer = optional("vendi_score.vendi")
    if peer:
        contenders["vendi-score dual"] = lambda: peer.score_dual(x)
        yield Case(f"Vendi score float32 {n} x {d}", contenders, [Target("entrospect", "vendi-score dual", 0.8)], agreement=spread)
    else:
        yield Case(f"Vendi score float32 {n} x {d}", contenders, agreement=spread)


def vendi_orders(scale: Scale) -> Iterator[Case]:
    """Orders of the Vendi score. The peer's score_X takes the n x n side and its order is 1 whatever it is asked for."""
    n, d = scale(4096, 400), scale(768, 96)
    x = np.random.default_rng(10).standard_normal((n, d))

    def frobenius() -> float:
        z = unit_rows(x)
        return 1 / float(np.square(z.T @ z / n).sum())

    contenders: dict[str, Work] = {
        "order 1": lambda: en.vendi_score(x),
        "order 2": lambda: en.vendi_score(x, order=2),
        "order 0.5": lambda: en.vendi_score(x, order=0.5),
        "order inf": lambda: en.vendi_score(x, order=math.inf),
        "order 2, numpy norm": frobenius,
        "gemm": gemm(np.float64, scale(2000, 200)),
    }
    targets = [Target("order 2", "order 2, numpy norm", 1.0)]
    peer = optional("vendi_score.vendi")
    if peer:
        contenders["vendi-score X"] = lambda: peer.score_X(x, q=2)
        targets += [Target(name, "vendi-score X", 0.03) for name in contenders if name.startswith("order") and "numpy" not in name]

    def agreement(results: dict[str, Any]) -> str:
        two, exact = float(results["order 2"]), results["order 2, numpy norm"]
        said = f"; score_X(q=2) says {results['vendi-score X']:.10g}, order 1 is {float(results['order 1']):.10g}" if peer else ""
        return f"order 2 is {two:.10g}, relative difference from the norm {abs(two / exact - 1):.1e}{said}"

    yield Case(f"Vendi score of every order float64 {n} x {d}", contenders, targets, agreement=agreement)


def spectrum(scale: Scale) -> Iterator[Case]:
    n = scale(4000, 400)
    x = np.random.default_rng(5).standard_normal((n, 16))
    squared = np.square(x).sum(axis=1)
    k = np.exp(-np.maximum(squared[:, None] + squared - 2 * x @ x.T, 0) / 32)
    k = (k + k.T) / 2
    linalg = optional("scipy.linalg")
    contenders: dict[str, Work] = {
        "entrospect": lambda: en.spectrum(k, en.Gram(kernel="precomputed")).values,
        "numpy eigvalsh": lambda: np.linalg.eigvalsh(k)[::-1],
        "gemm": gemm(np.float64, scale(2000, 200)),
    }
    if linalg:
        contenders["scipy eigvalsh evd"] = lambda: linalg.eigvalsh(k, driver="evd")[::-1]

    def difference(results: dict[str, Any]) -> str:
        ours, theirs = np.asarray(results["entrospect"]), results["numpy eigvalsh"]
        return f"largest difference {np.abs(ours - theirs).max() / theirs[0]:.1e} of the largest eigenvalue"

    yield Case(f"exact spectrum float64 {n}", contenders, [Target("entrospect", "numpy eigvalsh", 0.75)], agreement=difference)


def gram(scale: Scale) -> Iterator[Case]:
    n, d = scale(4000, 400), 64
    x = (np.random.default_rng(6).standard_normal((n, d)) + 100.0).astype(np.float32)
    sigma = 8.0

    def two_pass() -> Array:
        squared = np.square(x).sum(axis=1)
        k: Array = x @ x.T
        k *= -2
        k += squared[:, None]
        k += squared
        k *= -1 / (2 * sigma**2)
        np.exp(k, out=k)
        return k

    contenders: dict[str, Work] = {
        "entrospect": lambda: en.gram_matrix(x, bandwidth=sigma, precision="single"),
        "numpy product + exp": two_pass,
        "gemm": gemm(np.float32, scale(2000, 200)),
    }
    targets = [Target("entrospect", "numpy product + exp", 1 / 2)]
    sklearn = optional("sklearn.metrics.pairwise")
    if sklearn:
        contenders["scikit-learn rbf_kernel"] = lambda: sklearn.rbf_kernel(x, gamma=1 / (2 * sigma**2))
        targets.append(Target("entrospect", "scikit-learn rbf_kernel", 1 / 2.5))

    def error(results: dict[str, Any]) -> str:
        rows = slice(0, 200)
        wide = x.astype(np.float64)
        exact = np.exp(-np.square(wide[rows, None, :] - wide[None, :, :]).sum(axis=-1) / (2 * sigma**2))
        errors = {name: np.abs(k[rows] - exact).max() for name, k in results.items() if name != "gemm"}
        return "largest error at mean 100 (target 5e-7): " + ", ".join(f"{name} {e:.1e}" for name, e in errors.items())

    yield Case(f"Gaussian Gram float32 {n} x {d}", contenders, targets, agreement=error)


def curves(scale: Scale) -> Iterator[Case]:
    """Many orders and diffusion times of one matrix cost what one entropy costs."""
    x = np.random.default_rng(7).standard_normal((scale(2000, 300), 64))
    orders = [float(q) for q in np.linspace(0.5, 5, 50)]
    times = list(range(1, 21))
    yield Case(
        "50 orders and 20 diffusion times",
        {
            "one entropy": lambda: en.matrix_entropy(x, bandwidth=8.0),
            "50 orders": lambda: en.spectrum(x, en.Gram(bandwidth=8.0)).entropy(orders),
            "one diffusion entropy": lambda: en.diffusion_spectral_entropy(x, bandwidth=8.0),
            "20 times": lambda: en.entropy(en.spectrum(x, en.Diffusion(bandwidth=8.0)), t=times),
        },
        [Target("50 orders", "one entropy", 1.05), Target("20 times", "one diffusion entropy", 1.05)],
    )


def diffusion(scale: Scale) -> Iterator[Case]:
    """Diffusion spectral entropy beside its published recipe in plain NumPy: affinities, their sums, all eigenvalues, the entropy."""
    n, sigma = scale(4000, 400), 8.0
    x = np.random.default_rng(10).standard_normal((n, 64))

    def recipe() -> float:
        squared = np.square(x).sum(axis=1)
        k = np.exp(-np.maximum(squared[:, None] + squared - 2 * (x @ x.T), 0) / (2 * sigma**2))
        degree = k.sum(axis=1)
        return shannon(np.abs(np.linalg.eigvalsh(k / np.sqrt(np.outer(degree, degree)))))

    yield Case(
        f"diffusion spectral entropy float64 {n} x 64",
        {
            "entrospect": lambda: en.diffusion_spectral_entropy(x, bandwidth=sigma, anisotropy=0.0),
            "numpy recipe": recipe,
            "gemm": gemm(np.float64, scale(2000, 200)),
        },
        [Target("entrospect", "numpy recipe", 0.45)],
        agreement=spread,
    )


def call(scale: Scale) -> Iterator[Case]:
    """A small matrix: nearly all of the time is the call itself."""
    x = np.random.default_rng(8).standard_normal((64, 32))
    contenders: dict[str, Work] = {"entrospect": lambda: en.von_neumann_entropy(x)}

    def numpy_entropy() -> float:
        z = unit_rows(x)
        return shannon(np.linalg.eigvalsh(z.T @ z / 64))

    contenders["numpy"] = numpy_entropy
    peer = optional("vendi_score.vendi")
    if peer:
        contenders["log vendi-score dual"] = lambda: math.log(peer.score_dual(x))
    yield Case("call overhead 64 x 32", contenders, [Target("entrospect", "seconds", 150e-6)], calls=scale(500, 20), agreement=spread)


def gradient(scale: Scale) -> Iterator[Case]:
    """An entropy as part of a loss: value and gradient. `torch eigvalsh` is the eigenvalues alone, forward and backward, of the d x d
    matrix whose eigenvectors ours needs; `torch eigvalsh n x n` of the Gram matrix that most code in PyTorch decomposes."""
    torch = optional("torch")
    if not torch:
        return
    n, d = scale(512, 64), scale(256, 32)
    z = torch.randn(n, d, dtype=torch.float64, generator=torch.Generator().manual_seed(9)).requires_grad_()
    with torch.no_grad():
        unit = torch.nn.functional.normalize(z, dim=1)
        rho = (unit.T @ unit / n).requires_grad_()
        gram = (unit @ unit.T / n).requires_grad_()

    def entropy(p: Any) -> Any:
        return -(p * p.log()).sum()

    def backward(leaf: Any, value: Callable[[], Any]) -> Array:
        leaf.grad = None
        value().backward()
        gradient: Array = leaf.grad.numpy()
        return gradient

    def through_torch() -> Any:
        rows = torch.nn.functional.normalize(z, dim=1)
        return entropy(torch.linalg.eigvalsh(rows.T @ rows / n))

    def difference(results: dict[str, Any]) -> str:
        ours, theirs = results["entrospect"], results["torch"]
        return f"largest difference {np.abs(ours - theirs).max() / np.abs(theirs).max():.1e} of the largest entry"

    yield Case(
        f"von Neumann entropy forward and backward {n} x {d}",
        {
            "entrospect": lambda: backward(z, lambda: en.torch.von_neumann_entropy(z)),
            "torch": lambda: backward(z, through_torch),
            "torch eigvalsh": lambda: backward(rho, lambda: entropy(torch.linalg.eigvalsh(rho))),
            "torch eigvalsh n x n": lambda: backward(gram, lambda: entropy(torch.linalg.eigvalsh(gram).abs())),
            "gemm": gemm(np.float64, n),
        },
        [
            Target("entrospect", "torch eigvalsh", 1.0),
            Target("entrospect", "torch", 1.0),
            Target("entrospect", "torch eigvalsh n x n", 1.0),
        ],
        calls=scale(10, 2),
        agreement=difference,
    )


def kernels(x: Array) -> Array:
    squared = np.square(x).sum(axis=1)
    r2 = np.maximum(squared[:, None] + squared - 2 * x @ x.T, 0)
    k: Array = np.exp(-r2 / (2 * np.median(r2[np.triu_indices(len(x), 1)])))
    return k


def permutations(scale: Scale) -> Iterator[Case]:
    """Permutation tests with 999 draws. NumPy indexes one kernel matrix per draw; it is timed for 27 draws, a 37th of them."""
    n, draws, timed = scale(2000, 200), 999, 27
    rng = np.random.default_rng(10)
    x, y = rng.standard_normal((n, 16)), rng.standard_normal((n, 16))
    centering = np.eye(n) - 1 / n
    a, b = (centering @ kernels(z) @ centering for z in (x, y))

    def indexed_hsic() -> list[float]:
        orders = [rng.permutation(n) for _ in range(timed)]
        return [float((a * b[np.ix_(p, p)]).sum()) / (n - 1) ** 2 for p in orders]

    half = n // 2
    pooled = kernels(x)

    def indexed_mmd() -> list[float]:
        out = []
        for _ in range(timed):
            p = rng.permutation(n)
            k = pooled[np.ix_(p, p)]
            out.append(float(k[:half, :half].mean() + k[half:, half:].mean() - 2 * k[:half, half:].mean()))
        return out

    def agreement(results: dict[str, Any]) -> str:
        e, drawn = results["entrospect"], results["numpy, a 37th"]
        return f"mean of the null {e.null.mean:.4g}, of NumPy's draws {np.mean(drawn):.4g} +- {np.std(drawn) / timed**0.5:.1g}"

    ours = {"null": "permutation", "n_null": draws, "on_failure": "ignore"}
    target = [Target("entrospect", "numpy, a 37th", 0.2 * draws / timed)]
    yield Case(
        f"HSIC with {draws} permutations, {n} rows",
        {"entrospect": lambda: en.hsic(x, y, **ours), "numpy, a 37th": indexed_hsic},  # type: ignore[arg-type]
        target,
        agreement=agreement,
    )
    yield Case(
        f"MMD with {draws} permutations, {half} and {n - half} rows",
        {"entrospect": lambda: en.mmd2(x[:half], x[half:], **ours), "numpy, a 37th": indexed_mmd},  # type: ignore[arg-type]
        target,
        agreement=agreement,
    )


def layers(scale: Scale) -> Iterator[Case]:
    """CKA of every pair of layers against the products of its kernel matrices, as many and as large."""
    count, n, d = scale(24, 4), scale(2000, 200), scale(768, 64)
    rng = np.random.default_rng(11)
    samples = [rng.standard_normal((n, d)) for _ in range(count)]
    other = rng.standard_normal((n, d))  # of a matrix with its own transpose NumPy computes one half

    def products() -> None:
        for x in samples:
            x @ other.T

    def error(results: dict[str, Any]) -> str:
        return f"difference from cka of a pair {abs(results['entrospect'][0, 1] - en.cka(samples[0], samples[1]).value):.1e}"

    yield Case(
        f"CKA of {count} x {count} layers, {n} x {d}",
        {"entrospect": lambda: en.cka_matrix(samples), "its GEMMs": products},
        [Target("entrospect", "its GEMMs", 1.3)],
        agreement=error,
    )


def attention(scale: Scale) -> Iterator[Case]:
    """Entropy of every row of the heads of a model, all threads against one and against NumPy in float32, which checks nothing.

    What Python does for 96 heads is not shared between threads; tests/bench/attention_bench.cpp measures the rest.
    """
    heads, tokens = scale(96, 8), scale(128, 32)
    logits = 2 * np.random.default_rng(12).standard_normal((heads, tokens, tokens))
    p = np.exp(logits)
    a: Array = (p / p.sum(axis=-1, keepdims=True)).astype(np.float32)

    def ours(threads: int | None) -> Array:
        return np.array([row["entropy"] for row in en.attention(a, threads=threads)])

    def difference(results: dict[str, Any]) -> str:
        wide = a.astype(np.float64)
        wide /= wide.sum(axis=-1, keepdims=True)
        exact = -(wide * np.log(wide)).sum(axis=-1).mean(axis=-1)
        worst = {name: np.abs(values / exact - 1).max() for name, values in results.items()}
        return "largest relative error of a head: " + ", ".join(f"{name} {error:.1e}" for name, error in worst.items())

    threads = en.threadpool_info()["num_threads"]
    contenders: dict[str, Work] = {
        "all threads": lambda: ours(None),
        "one thread": lambda: ours(1),
        "numpy float32": lambda: -(a * np.log(a)).sum(axis=-1).mean(axis=-1),
    }
    targets = [Target("all threads", "one thread", 1 / (0.9 * threads)), Target("all threads", "numpy float32", 1.0)]
    yield Case(f"entropy of {heads} attention heads, {tokens} tokens", contenders, targets, calls=scale(20, 1), agreement=difference)


CASES: dict[str, Callable[[Scale], Iterator[Case]]] = {
    f.__name__: f
    for f in (
        covariance,
        von_neumann,
        vendi,
        vendi_orders,
        spectrum,
        gram,
        curves,
        diffusion,
        gradient,
        permutations,
        layers,
        attention,
        call,
    )
}


def measure(case: Case, rounds: int) -> tuple[dict[str, list[float]], dict[str, list[float]], dict[str, Any]]:
    """Seconds per call of each contender in each round, on the clock and of all processors, and its last result."""
    seconds: dict[str, list[float]] = {name: [] for name in case.contenders}
    processor: dict[str, list[float]] = {name: [] for name in case.contenders}
    results: dict[str, Any] = {}
    names = list(case.contenders)
    for name in names:
        case.contenders[name]()  # pages, caches and threads are warm
    for start in range(rounds):
        for name in itertools.islice(itertools.cycle(names), start % len(names), start % len(names) + len(names)):
            work = case.contenders[name]
            time.sleep(PAUSE)
            begin, processor_begin = time.perf_counter(), time.process_time()
            for _ in range(case.calls):
                results[name] = work()
            seconds[name].append((time.perf_counter() - begin) / case.calls)
            processor[name].append((time.process_time() - processor_begin) / case.calls)
    return seconds, processor, results


def report(case: Case, seconds: dict[str, list[float]], processor: dict[str, list[float]], results: dict[str, Any]) -> dict[str, Any]:
    least = {name: min(times) for name, times in seconds.items()} | {"seconds": 1.0}
    least_processor = {name: min(times) for name, times in processor.items()} | {"seconds": 1.0}
    print(f"\n{case.name}")
    for name, times in seconds.items():
        in_gemm = f"{least[name] / least['gemm']:9.2f} gemm" if "gemm" in least else ""
        print(f"  {name:26s} min {1e3 * min(times):10.3f} ms   median {1e3 * statistics.median(times):10.3f} ms{in_gemm}")
    judged = []
    for target in case.targets:
        ratio = least[target.a] / least[target.b]
        of_processor = least_processor[target.a] / least_processor[target.b]
        met = ratio <= target.at_most
        judged.append(
            {"a": target.a, "b": target.b, "ratio": ratio, "processor_ratio": of_processor, "at_most": target.at_most, "met": met}
        )
        verdict = "met" if met else "MISSED"
        print(f"  {target.a} / {target.b} = {ratio:.4g} [{of_processor:.4g}], target <= {target.at_most:.4g}: {verdict}", flush=True)
    agreement = case.agreement(results) if case.agreement else None
    if agreement:
        print(f"  {agreement}")
    return {"case": case.name, "seconds": seconds, "processor_seconds": processor, "targets": judged, "agreement": agreement}


def limit_threads(count: int) -> str | None:
    """Of everything in this process; what cannot be limited is named."""
    os.environ["ENTROSPECT_NUM_THREADS"] = str(count)
    torch, threadpoolctl = optional("torch"), optional("threadpoolctl")
    if torch:
        torch.set_num_threads(count)
    if threadpoolctl is None:
        return "threadpoolctl is not installed, so --threads does not reach NumPy: set OPENBLAS_NUM_THREADS"
    threadpoolctl.threadpool_limits(count)
    return None


def environment() -> dict[str, Any]:
    versions = {"entrospect": en.__version__, "python": platform.python_version(), "numpy": np.__version__}
    missing = []
    for package, module in (("scipy", "scipy"), ("scikit-learn", "sklearn"), ("torch", "torch"), ("vendi-score", "vendi_score.vendi")):
        if optional(module) is None:
            missing.append(package)
        else:
            versions[package] = importlib.metadata.version(package)
    threads: dict[str, Any] = {"processors": len(os.sched_getaffinity(0)), "entrospect": en.threadpool_info()}
    threadpoolctl = optional("threadpoolctl")
    if threadpoolctl:
        threads["blas"] = [
            {key: pool[key] for key in ("internal_api", "version", "num_threads")} for pool in threadpoolctl.threadpool_info()
        ]
    return {"versions": versions, "missing": missing, "threads": threads, "machine": platform.machine()}


def main() -> int:
    p = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    p.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)} (default: all)")
    p.add_argument("--quick", action="store_true", help="small sizes, 2 rounds")
    p.add_argument("--rounds", type=int, help="timings of each contender (default: 5, with --quick 2)")
    p.add_argument("--threads", type=int, help="of Entrospect and of every peer (default: their own choices)")
    p.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write versions, threads, all timings and ratios here")
    options = p.parse_args()
    unknown = [name for name in options.cases if name not in CASES]
    if unknown:
        p.error(f"unknown case {unknown[0]}; there are {', '.join(CASES)}")

    for module in ("scipy.linalg", "sklearn.metrics.pairwise", "vendi_score.vendi"):
        optional(module)  # thread pools exist once loaded
    if options.threads:
        problem = limit_threads(options.threads)
        if problem:
            p.error(problem)
    machine = environment()
    print(json.dumps(machine["versions"]), json.dumps(machine["threads"]), sep="\n")
    if machine["missing"]:
        print(f"not installed, left out: {', '.join(machine['missing'])}")
    rows = []
    for name in options.cases or CASES:
        for case in CASES[name](Scale(options.quick)):
            measured = measure(case, options.rounds or (2 if options.quick else 5))
            rows.append(report(case, *measured))
    if options.json:
        options.json.write_text(json.dumps({**machine, "quick": options.quick, "rows": rows}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
