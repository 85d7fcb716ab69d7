#!/usr/bin/env python3
"""The compat ids beside the tools that they name: both on the same random inputs, with the difference. Not part of the tests.

    python -m venv --system-site-packages tools
    tools/bin/pip install vendi-score==0.0.3 reptrix==0.1.0 manylatents==0.1.8
    PYTHONPATH=build/test/python tools/bin/python tests/oracles/compare_tools.py

A tool that is not installed is named and left out. These packages ask for much that the functions compared here never use: `pip install
--no-deps` and then whatever the import misses is a smaller way. `allowed` is 1e-9, or the precision that the tool computes in; the exit
code is 1 when a difference is larger. Not compared: stable-pretraining, whose RankMe is a callback of a training stack, and tools that the
package index does not have (its representation-itl 1.0.7 contains no code).
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import entrospect as en
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass
class Comparison:
    tool: str
    call: str  # of entrospect
    ours: Callable[[Array], en.Estimate]
    theirs: Callable[[Array], float]
    allowed: float  # relative difference


def vendi_score() -> Iterator[Comparison]:
    vendi = importlib.import_module("vendi_score.vendi")

    def gaussian(x: Array) -> Array:
        k: Array = np.exp(-np.square(x[:, None] - x[None]).sum(axis=-1) / 50)
        return k

    def of_order(q: float) -> Iterator[Comparison]:
        yield Comparison(
            "vendi-score",
            f"vendi_score(kernel='precomputed', order={q}, compat='vendi-score')",
            lambda x: en.vendi_score(gaussian(x), kernel="precomputed", order=q, compat="vendi-score"),
            lambda x: vendi.score_K(gaussian(x), q=q),
            1e-9,
        )
        # The tool's samples path ignores the order; so does the compat id.
        yield Comparison(
            "vendi-score",
            f"vendi_score(order={q}, compat='vendi-score')",
            lambda x: en.vendi_score(x, order=q, compat="vendi-score"),
            lambda x: vendi.score_X(x, q=q),
            1e-9,
        )

    for q in (0.5, 1.0, 2.0, 5.0):
        yield from of_order(q)


def reptrix() -> Iterator[Comparison]:
    torch = importlib.import_module("torch")
    rankme, alpha, utils = (importlib.import_module(f"reptrix.{name}") for name in ("rankme", "alpha", "utils"))
    yield Comparison(
        "reptrix",
        "rankme(compat='reptrix')",
        lambda x: en.rankme(x, compat="reptrix"),
        lambda x: rankme.get_rankme(torch.from_numpy(x)),
        1e-9,
    )
    # A range is passed because the tool changes its default range in place.
    yield Comparison(
        "reptrix",
        "alpha_req(first_rank=11, last_rank=60)",
        lambda x: en.alpha_req(x, first_rank=11, last_rank=60),
        lambda x: alpha.get_powerlaw(utils.get_eigenspectrum(x), np.arange(10, 60))[0],
        1e-6,  # weights in float32
    )


def manylatents() -> Iterator[Comparison]:
    tool = importlib.import_module("manylatents.metrics.diffusion_spectral_entropy")
    yield Comparison(
        "manylatents",
        "diffusion_spectral_entropy(compat='manylatents')",
        lambda x: en.diffusion_spectral_entropy(x, compat="manylatents"),
        lambda x: tool.DiffusionSpectralEntropy(x),
        1e-8,  # its neighbor search takes squared distances from inner products
    )

    def dense(alpha: float, t: int) -> Comparison:
        return Comparison(
            "manylatents",
            f"diffusion_spectral_entropy(graph='dense', bandwidth=5, anisotropy={alpha}, t={t}, compat='manylatents')",
            lambda x: en.run("dse", x, graph="dense", bandwidth=5.0, anisotropy=alpha, t=float(t), compat="manylatents"),
            lambda x: tool.DiffusionSpectralEntropy(x, kernel="dense", gaussian_kernel_sigma=5.0, alpha=alpha, t=t),
            1e-9,
        )

    for alpha, t in ((0.0, 1), (0.5, 2), (1.0, 5)):
        yield dense(alpha, t)


TOOLS = (vendi_score, reptrix, manylatents)


def inputs(seeds: int) -> Iterator[tuple[str, Array]]:
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        yield f"Gaussian, seed {seed}", rng.normal(size=(200, 80))
        yield f"decaying, seed {seed}", rng.normal(size=(200, 80)) / np.sqrt(np.arange(1, 81)) + 0.3


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    seeds = parser.parse_args().seeds
    failed = 0
    for tool in TOOLS:
        try:
            comparisons = list(tool())
        except ImportError as error:
            print(f"{tool.__name__}: left out, {error}")
            continue
        for comparison in comparisons:
            worst, where, pair = -1.0, "", (0.0, 0.0)
            for name, x in inputs(seeds):
                ours, theirs = comparison.ours(x).value, float(comparison.theirs(x))
                difference = abs(ours - theirs) / max(abs(theirs), 1e-300)
                if not difference <= worst:
                    worst, where, pair = difference, name, (ours, theirs)
            verdict = "ok" if worst <= comparison.allowed else "DIFFERENT"
            failed += verdict != "ok"
            print(f"{verdict:<9}  {worst:8.1e} of {comparison.allowed:.0e}  {comparison.tool}: {comparison.call}")
            print(f"           worst on {where}: {pair[0]:.12g}, the tool {pair[1]:.12g}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
