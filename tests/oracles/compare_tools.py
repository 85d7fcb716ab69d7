#!/usr/bin/env python3
"""The compat ids beside the tools that they name: both on the same random inputs, with the difference. Not part of the tests.

    python -m venv --system-site-packages tools
    tools/bin/pip install --no-deps vendi-score==0.0.3 reptrix==0.1.0 manylatents==0.1.8 stable-pretraining==0.1.8 weightwatcher==0.7.7 \
        dse-dsmi==1.1 mcr2==1.0.2 mmcr==0.1.0 cka-pytorch==1.1.3
    tools/bin/pip install graphtools lightning loguru omegaconf hydra-core einops powerlaw jax seaborn tqdm
    PYTHONPATH=build/test/python tools/bin/python tests/oracles/compare_tools.py

A tool that is not installed is named and left out. The packages ask for much that the functions compared here never use, hence
`--no-deps`. `allowed` is 1e-9, or the precision that the tool computes in; the exit code is 1 when a difference is larger. A tool without
a compat id of its own (mcr2, mmcr, cka-pytorch) is compared with the definition that it implements. Not compared are tools that the
package index does not have: its representation-itl 1.0.7 contains no code.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.metadata
import importlib.util
import io
import logging
import math
import pathlib
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import entrospect as en
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
SINGLE = 2e-5  # of a tool that computes in float32: some hundred roundings of 6e-8


@dataclass
class Comparison:
    tool: str
    call: str  # of entrospect
    ours: Callable[[Array], float]
    theirs: Callable[[Array], float]
    allowed: float = 1e-9  # relative difference
    absolute: Callable[[Array], float] = lambda _: 0.0  # allowed beside it, for a tool that draws random numbers


def bare(package: str, *folders: str) -> str:
    """Makes the package's modules importable one by one, without its __init__, which imports a whole training stack."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.submodule_search_locations is None:
        raise ModuleNotFoundError(f"No module named {package!r}")
    root = pathlib.Path(next(iter(spec.submodule_search_locations)))
    for folder in ("", *folders):
        module = types.ModuleType(".".join([package, *pathlib.Path(folder).parts]))
        module.__path__ = [str(root / folder)]
        sys.modules[module.__name__] = module
    return package


def grouped(x: Array, size: int = 5) -> Array:
    """Labels of groups of rows that lie together."""
    return np.arange(len(x)) // size


def vendi_score() -> Iterator[Comparison]:
    vendi = importlib.import_module("vendi_score.vendi")

    def gaussian(x: Array) -> Array:
        k: Array = np.exp(-np.square(x[:, None] - x[None]).sum(axis=-1) / 50)
        return k

    def of_order(q: float) -> Iterator[Comparison]:
        yield Comparison(
            "vendi-score",
            f"vendi_score(kernel='precomputed', order={q}, compat='vendi-score')",
            lambda x: en.vendi_score(gaussian(x), kernel="precomputed", order=q, compat="vendi-score").value,
            lambda x: vendi.score_K(gaussian(x), q=q),
        )
        # The tool's samples path ignores the order; so does the compat id.
        yield Comparison(
            "vendi-score",
            f"vendi_score(order={q}, compat='vendi-score')",
            lambda x: en.vendi_score(x, order=q, compat="vendi-score").value,
            lambda x: vendi.score_X(x, q=q),
        )

    for q in (0.5, 1.0, 2.0, 5.0):
        yield from of_order(q)


def reptrix() -> Iterator[Comparison]:
    torch = importlib.import_module("torch")
    rankme, alpha, lidar, utils = (importlib.import_module(f"reptrix.{name}") for name in ("rankme", "alpha", "lidar", "utils"))
    yield Comparison(
        "reptrix",
        "rankme(compat='reptrix')",
        lambda x: en.rankme(x, compat="reptrix").value,
        lambda x: rankme.get_rankme(torch.from_numpy(x)),
    )
    # A range is passed because the tool changes its default range in place.
    yield Comparison(
        "reptrix",
        "alpha_req(first_rank=11, last_rank=60)",
        lambda x: en.alpha_req(x, first_rank=11, last_rank=60).value,
        lambda x: alpha.get_powerlaw(utils.get_eigenspectrum(x), np.arange(10, 60))[0],
        1e-6,  # weights in float32
    )
    # The tool multiplies a float64 matrix by a float32 identity: float64 only as far as the scatter is well conditioned.
    yield Comparison(
        "reptrix",
        "lidar(labels, compat='reptrix'), 12 features",
        lambda x: en.lidar(x[:, :12], grouped(x), compat="reptrix").value,
        lambda x: lidar.get_lidar(torch.from_numpy(np.ascontiguousarray(x[:, :12])), len(x) // 5, 5),
        1e-7,
    )


def stable_pretraining() -> Iterator[Comparison]:
    torch = importlib.import_module("torch")
    tool = bare("stable_pretraining", "callbacks", "jax", "jax/callbacks")
    queue = "stable_pretraining.callbacks"
    rankme, lidar = importlib.import_module(f"{queue}.rankme").RankMe, importlib.import_module(f"{queue}.lidar").LiDAR

    def logged_rankme(x: Array) -> float:
        """The callback on a queue that holds x, as at the end of a validation batch."""
        callback = rankme("rankme", "target", len(x), x.shape[1])
        callback._target_queue = types.SimpleNamespace(data=torch.from_numpy(x))
        values: dict[str, float] = {}
        callback.on_validation_batch_end(
            types.SimpleNamespace(global_rank=0), types.SimpleNamespace(log=values.__setitem__), {}, {}, batch_idx=0
        )
        return values["rankme"]

    def queue_lidar(x: Array) -> float:
        callback = lidar("lidar", "target", len(x), x.shape[1], n_classes=len(x) // 5, samples_per_class=5)
        return float(callback._compute_lidar(torch.from_numpy(x))["lidar"])

    yield Comparison(
        "stable-pretraining",
        "rankme(compat='stable-pretraining-torch')",
        lambda x: en.rankme(x, compat="stable-pretraining-torch").value,
        logged_rankme,
    )
    # The tool adds a float32 identity.
    yield Comparison(
        "stable-pretraining",
        "lidar(labels, compat='stable-pretraining')",
        lambda x: en.lidar(x, grouped(x), compat="stable-pretraining").value,
        queue_lidar,
        1e-7,
    )
    # Its trainer needs flax; the two functions are NumPy and jax.numpy alone.
    trainer: Any = types.ModuleType(f"{tool}.jax.trainer")
    trainer.Callback = trainer.Trainer = object
    sys.modules[trainer.__name__] = trainer
    jax_rankme, jax_lidar = (importlib.import_module(f"{tool}.jax.callbacks.{name}") for name in ("rankme", "lidar"))
    yield Comparison(
        "stable-pretraining",
        "rankme(compat='stable-pretraining-jax')",
        lambda x: en.rankme(x, compat="stable-pretraining-jax").value,
        lambda x: jax_rankme.rankme(x),
        SINGLE,
    )
    uneven = np.minimum(np.arange(200) // 7, 20)
    yield Comparison(
        "stable-pretraining",
        "lidar(labels, compat='stable-pretraining-jax')",
        lambda x: en.lidar(x, uneven, compat="stable-pretraining-jax").value,
        lambda x: jax_lidar.lidar(x, uneven),
    )


def weightwatcher() -> Iterator[Comparison]:
    rmt, power_law = (importlib.import_module(f"weightwatcher.{name}") for name in ("RMT_Util", "WW_powerlaw"))
    torch, whole = importlib.import_module("torch"), importlib.import_module("weightwatcher")
    logging.disable(logging.CRITICAL)

    def singular(x: Array) -> Array:
        out: Array = np.linalg.svd(x, compute_uv=False)
        return out

    def heavy(x: Array) -> Array:
        """Singular values with a power law, of the same vectors."""
        u, s, v = np.linalg.svd(x, full_matrices=False)
        out: Array = (u * s**4) @ v
        return out

    def reported(x: Array, column: str) -> float:
        """What the tool prints for a linear layer with these weights; it works in float32."""
        layer = torch.nn.Linear(x.shape[1], x.shape[0], bias=False)
        layer.weight.data = torch.from_numpy(x.astype(np.float32))
        details = whole.WeightWatcher(model=torch.nn.Sequential(layer)).analyze(plot=False)
        return float(details[column].iloc[0])

    def as_reported(x: Array) -> Array:
        return x.astype(np.float32).astype(np.float64)

    yield Comparison(
        "weightwatcher",
        "weight_entropy(compat='weightwatcher')",
        lambda x: en.weight_entropy(x, compat="weightwatcher").value,
        lambda x: rmt.matrix_entropy(singular(x), max(x.shape)),
    )
    yield Comparison(
        "weightwatcher",
        "weight_entropy(compat='weightwatcher-gpu')",
        lambda x: en.weight_entropy(x, compat="weightwatcher-gpu").value,
        lambda x: with_epsilon(rmt, 6e-5, lambda: rmt.matrix_entropy(singular(x), max(x.shape))),
    )
    for rows in (None, 30, 12, 6):  # of fewer than 20 singular values the tool makes something else

        def matrix(x: Array, rows: int | None = rows) -> Array:
            return heavy(x[:rows])

        yield Comparison(
            "weightwatcher",
            f"power_law_alpha(compat='weightwatcher'), {rows or 80} eigenvalues",
            lambda x, matrix=matrix: en.power_law_alpha(matrix(x), compat="weightwatcher").value,  # type: ignore[misc]
            lambda x, matrix=matrix: power_law.WWFit(singular(matrix(x)) ** 2).alpha,  # type: ignore[misc]
            1e-8,  # logarithms of sums of roots
        )
    yield Comparison(
        "weightwatcher",
        "power_law_alpha(compat='weightwatcher').std_error",
        lambda x: en.power_law_alpha(heavy(x), compat="weightwatcher").std_error or math.nan,
        lambda x: power_law.WWFit(singular(heavy(x)) ** 2).sigma,
        1e-8,
    )
    yield Comparison(
        "weightwatcher",
        "vector_participation_ratio(compat='weightwatcher')",
        lambda x: en.vector_participation_ratio(x, compat="weightwatcher").value,
        lambda x: float(np.mean([rmt.participation_ratio(row) for row in x])),
    )
    yield Comparison(
        "weightwatcher",
        "mp_soft_rank()",
        lambda x: en.mp_soft_rank(x).value,
        lambda x: rmt.calc_mp_soft_rank(singular(x) ** 2 / max(x.shape), rmt.get_Q(x), math.sqrt(np.square(x).mean())),
    )
    for column, call, value in (
        ("alpha", "power_law_alpha(compat='weightwatcher')", lambda x: en.power_law_alpha(x, compat="weightwatcher").value),
        ("entropy", "weight_entropy(compat='weightwatcher')", lambda x: en.weight_entropy(x, compat="weightwatcher").value),
        ("stable_rank", "stable_rank()", lambda x: en.stable_rank(x).value),
        ("matrix_rank", "numerical_rank()", lambda x: en.numerical_rank(x).value),
    ):
        yield Comparison(
            "weightwatcher",
            f"{call} beside column {column} of analyze()",
            lambda x, value=value: value(as_reported(x)),  # type: ignore[misc]
            lambda x, column=column: reported(x, column),  # type: ignore[misc]
            SINGLE,
        )


def with_epsilon(module: Any, value: float, compute: Callable[[], float]) -> float:
    """The tool sets its epsilon by the hardware it finds; the larger one belongs to GPUs."""
    before = module.EPSILON
    module.EPSILON = value
    try:
        return compute()
    finally:
        module.EPSILON = before


def dse_dsmi() -> Iterator[Comparison]:
    entropy, information = (importlib.import_module(f"dse_dsmi.{name}") for name in ("dse", "dsmi"))
    for t, sigma in ((1, 10.0), (3, 10.0), (5, 4.0)):
        yield Comparison(
            "dse-dsmi",
            f"diffusion_spectral_entropy(t={t}, bandwidth={sigma}, compat='dse-dsmi')",
            lambda x, t=t, s=sigma: en.dse(x, t=float(t), bandwidth=s, compat="dse-dsmi").value,  # type: ignore[misc]
            lambda x, t=t, s=sigma: entropy.diffusion_spectral_entropy(x, gaussian_kernel_sigma=s, t=t),  # type: ignore[misc]
        )
    yield Comparison(
        "dse-dsmi",
        "diffusion_matrix_entropy(compat='dse-dsmi')",
        lambda x: en.diffusion_matrix_entropy(x, compat="dse-dsmi").value,
        lambda x: entropy.diffusion_spectral_entropy(x, matrix_entry_entropy=True),
    )
    yield Comparison(
        "dse-dsmi",
        "adjacency_spectral_entropy(compat='dse-dsmi')",
        lambda x: en.adjacency_spectral_entropy(x, compat="dse-dsmi").value,
        lambda x: entropy.adjacency_spectral_entropy(x),
    )
    yield Comparison(
        "dse-dsmi",
        "classic_shannon_entropy(compat='dse-dsmi'), 6 features",
        lambda x: en.classic_shannon_entropy(x[:, :6], compat="dse-dsmi").value,
        lambda x: entropy.diffusion_spectral_entropy(x[:, :6], classic_shannon_entropy=True),
    )

    # The tool's subsets are drawn anew from other streams than ours: means over seeds, apart by at most 6 standard errors of both.
    seeds = range(12)

    def compared(name: str, labels: Array) -> Comparison:
        def rows(x: Array) -> Array:
            out: Array = np.column_stack([x[:, :4] * 5, 10 * labels])
            return out

        def ours(x: Array) -> Array:
            return np.array([en.dsmi(rows(x), labels, seed=seed, compat="dse-dsmi").value for seed in seeds])

        def theirs(x: Array) -> Array:
            tool = information.diffusion_spectral_mutual_information
            return np.array([tool(rows(x), labels, random_seed=seed)[0] for seed in seeds])

        def error(x: Array) -> float:
            return 6 * math.hypot(*(float(values.std(ddof=1)) / math.sqrt(len(seeds)) for values in (ours(x), theirs(x))))

        return Comparison(
            "dse-dsmi",
            f"diffusion_spectral_mutual_information({name}, compat='dse-dsmi'), mean of {len(seeds)} seeds",
            lambda x: float(ours(x).mean()),
            lambda x: float(theirs(x).mean()),
            absolute=error,
        )

    yield compared("labels", np.arange(200) % 3)
    yield compared("real-valued labels", np.linspace(-3.0, 5.0, 200) ** 2)


def manylatents() -> Iterator[Comparison]:
    tool = importlib.import_module("manylatents.metrics.diffusion_spectral_entropy")

    def apart(x: Array) -> Array:
        """Four groups far apart."""
        out: Array = x + 100.0 * (np.arange(len(x)) % 4)[:, None]
        return out

    yield Comparison(
        "manylatents",
        "diffusion_spectral_entropy(compat='manylatents')",
        lambda x: en.diffusion_spectral_entropy(x, compat="manylatents").value,
        lambda x: tool.DiffusionSpectralEntropy(x),
        1e-8,  # its neighbor search takes squared distances from inner products
    )
    yield Comparison(
        "manylatents",
        "eigenvalue_count(compat='manylatents')",
        lambda x: en.eigenvalue_count(apart(x), compat="manylatents").value,
        lambda x: tool.DiffusionSpectralEntropy(apart(x), output_mode="eigenvalue_count"),
    )

    def dense(alpha: float, t: int) -> Comparison:
        return Comparison(
            "manylatents",
            f"diffusion_spectral_entropy(graph='dense', bandwidth=5, anisotropy={alpha}, t={t}, compat='manylatents')",
            lambda x: en.run("dse", x, graph="dense", bandwidth=5.0, anisotropy=alpha, t=float(t), compat="manylatents").value,
            lambda x: tool.DiffusionSpectralEntropy(x, kernel="dense", gaussian_kernel_sigma=5.0, alpha=alpha, t=t),
        )

    for alpha, t in ((0.0, 1), (0.5, 2), (1.0, 5)):
        yield dense(alpha, t)


def mcr2() -> Iterator[Comparison]:
    torch, tool = importlib.import_module("torch"), importlib.import_module("mcr2.primitives.coding_rate")

    def reduction(x: Array) -> float:
        labels = np.arange(len(x)) % 4
        return float(tool.DeltaR(torch.from_numpy(x), torch.from_numpy(np.eye(4)[labels]), math.sqrt(0.5)))

    yield Comparison(
        "mcr2",
        "coding_rate(normalize='none', eps_squared=.5)",
        lambda x: en.coding_rate(x, normalize="none", eps_squared=0.5).value,
        lambda x: float(tool.R(torch.from_numpy(x), math.sqrt(0.5))),
    )
    yield Comparison(
        "mcr2",
        "coding_rate_reduction(labels, normalize='none', eps_squared=.5)",
        lambda x: en.coding_rate_reduction(x, np.arange(len(x)) % 4, normalize="none", eps_squared=0.5).value,
        reduction,
        1e-6,  # class shares in float32
    )


def mmcr() -> Iterator[Comparison]:
    torch, tool = importlib.import_module("torch"), importlib.import_module("mmcr.mmcr")
    for weight in (0.0, 0.3):
        yield Comparison(
            "mmcr",
            f"mmcr(labels, local_weight={weight})",
            lambda x, w=weight: en.mmcr(x, grouped(x), local_weight=w).value,  # type: ignore[misc]
            lambda x, w=weight: float(tool.MMCRLoss(w)(torch.from_numpy(x.reshape(-1, 5, x.shape[1])))),  # type: ignore[misc]
        )


def cka_pytorch() -> Iterator[Comparison]:
    torch, tool = importlib.import_module("torch"), importlib.import_module("cka_pytorch.hsic")

    def gram(x: Array) -> Any:
        return torch.from_numpy(x @ x.T)[None]

    yield Comparison(
        "cka-pytorch",
        "hsic(x, y, kernel='linear', convention='unbiased')",
        lambda x: en.hsic(x[:, :30], x[:, 20:], kernel="linear", convention="unbiased").value,
        lambda x: float(tool.hsic1(gram(x[:, :30]), gram(x[:, 20:]))[0]),
    )
    yield Comparison(
        "cka-pytorch",
        "cka(x, y)",
        lambda x: en.cka(x[:, :30], x[:, 20:]).value,
        lambda x: float(
            tool.hsic1(gram(x[:, :30]), gram(x[:, 20:]))[0]
            / math.sqrt(tool.hsic1(gram(x[:, :30]), gram(x[:, :30]))[0] * tool.hsic1(gram(x[:, 20:]), gram(x[:, 20:]))[0])
        ),
    )


TOOLS = (vendi_score, reptrix, stable_pretraining, weightwatcher, dse_dsmi, manylatents, mcr2, mmcr, cka_pytorch)


def inputs(seeds: int) -> Iterator[tuple[str, Array]]:
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        yield f"Gaussian, seed {seed}", rng.normal(size=(200, 80))
        yield f"decaying, seed {seed}", rng.normal(size=(200, 80)) / np.sqrt(np.arange(1, 81)) + 0.3


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tool", help="only this one, by its package's name")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # of the tools
    failed = 0
    print("| call | tool | ours | the tool's | relative difference | allowed | |\n|---|---|---|---|---|---|---|")
    for tool in TOOLS:
        name = tool.__name__.replace("_", "-")
        if arguments.tool not in (None, name):
            continue
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                comparisons = list(tool())
        except ImportError as error:
            print(f"{name} left out: {error}", file=sys.stderr)
            continue
        for comparison in comparisons:
            worst, row = -1.0, ""
            for _, x in inputs(seeds=arguments.seeds):
                with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                    ours, theirs = float(comparison.ours(x)), float(comparison.theirs(x))
                    allowed = comparison.allowed + comparison.absolute(x) / abs(theirs)
                difference = abs(ours - theirs) / abs(theirs)
                if not difference / allowed <= worst:
                    worst = difference / allowed
                    row = f"{ours:.12g} | {theirs:.12g} | {difference:.1e} | {allowed:.0e}"
            failed += not worst <= 1
            verdict = "ok" if worst <= 1 else "DIFFERENT"
            version = importlib.metadata.version(comparison.tool)
            print(f"| `{comparison.call}` | {comparison.tool} {version} | {row} | {verdict} |", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
