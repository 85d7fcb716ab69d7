"""Measure how often nulls reject: a command, not a test, since it takes minutes.

    PYTHONPATH=build/python python tests/statistical/nulls.py              # what nulls.json lacks or has of an older version
    PYTHONPATH=build/python python tests/statistical/nulls.py hsic cka     # these again

For every estimator with a null and every distribution of coverage.py, of REPLICATES independent data sets the share with p <= LEVEL: where
the null holds, which should be LEVEL, and where there is something to find. Under the null p = (1 + c) / (1 + m) takes each of its 1 + m
values as often, so with (1 + m) LEVEL a whole number the first share is exactly LEVEL but for chance, standard error 0.005.

Writes nulls.json beside this file, which bindings/tools/generate.py puts into the reference pages, and prints the table.
"""

from __future__ import annotations

import json
import pathlib
import sys
import time
from collections.abc import Callable
from typing import Any

import entrospect as en
import numpy as np
from coverage import DISTRIBUTIONS, D, Floats, Random
from numpy.typing import NDArray

N, REPLICATES, DRAWS, LEVEL = 60, 2000, 99, 0.05
FILE = pathlib.Path(__file__).with_name("nulls.json")

# Where a run of the defaults takes too long.
OPTIONS: dict[str, dict[str, Any]] = {"diffusion_spectral_mutual_information": {"repeats": 3, "n_null": 39}}

# grad ln p of each distribution at x.
SCORES: dict[str, Callable[[Floats], Floats]] = {
    "Gaussian": lambda x: -x,
    "Gaussian, power-law spectrum": lambda x: -x * np.arange(1, D + 1) ** 2,
    "Student t, 5 degrees of freedom": lambda x: -(5 + D) * x / (5 + np.square(x).sum(axis=1, keepdims=True)),
}


def data(entry: dict[str, Any], name: str, random: Random, effect: bool) -> tuple[list[Floats], dict[str, Any]]:
    """What the estimator compares: independent or alike; with `effect`, dependent or half a unit apart."""
    x, other = DISTRIBUTIONS[name](random, N), DISTRIBUTIONS[name](random, N)
    if entry["labels"] == "required":
        labels: NDArray[np.int64] = np.arange(N) % 2
        return [x + effect * labels[:, None]], {"labels": labels}
    if entry["samples"] == ["x", "score"]:
        return [x + 0.5 * effect, SCORES[name](x + 0.5 * effect)], {}
    return [x, other + 0.5 * effect * (x if entry["paired"] else np.ones_like(x))], {}


def method(entry: dict[str, Any]) -> str | None:
    """The null that it has."""
    choices = next((field["choices"] for field in entry["fields"] if field["name"] == "null"), ["none"])
    return next((choice for choice in choices if choice != "none"), None)


def measure(entry: dict[str, Any], name: str) -> dict[str, Any]:
    """One row of the table."""
    random = np.random.default_rng([list(DISTRIBUTIONS).index(name), *entry["name"].encode()])
    options = {"null": method(entry), "n_null": DRAWS, **OPTIONS.get(entry["name"], {})}
    rejected = {False: 0, True: 0}
    for replicate in range(REPLICATES):
        for effect in rejected:
            samples, extra = data(entry, name, random, effect)
            e = getattr(en, entry["name"])(*samples, **options, **extra, seed=replicate, threads=1, on_failure="ignore")
            rejected[effect] += e.null.p_value <= LEVEL
    return {"data": name, "false_positives": rejected[False] / REPLICATES, "found": rejected[True] / REPLICATES}


def write(settings: dict[str, Any], estimators: dict[str, Any]) -> None:
    """One line for each row, so that a new measurement reads well as a difference."""
    blocks = []
    for name, entry in estimators.items():
        rows = ",\n   ".join(json.dumps(row) for row in entry["rows"])
        blocks.append(f'  {json.dumps(name)}: {{"version": {entry["version"]}, "draws": {entry["draws"]}, "rows": [\n   {rows}]}}')
    FILE.write_text(f'{{"settings": {json.dumps(settings)},\n "estimators": {{\n' + ",\n".join(blocks) + "\n}}\n")


def main() -> int:
    kept: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {}
    settings = {"n": N, "d": D, "replicates": REPLICATES, "level": LEVEL}
    found: dict[str, Any] = kept["estimators"] if kept.get("settings") == settings else {}
    catalogue = {entry["name"]: entry for entry in en.catalogue() if method(entry)}
    chosen = [en.describe(name)["name"] for name in sys.argv[1:]]
    chosen = chosen or [name for name, entry in catalogue.items() if found.get(name, {}).get("version") != entry["version"]]
    for name in chosen:
        start = time.process_time()
        rows = [measure(catalogue[name], each) for each in DISTRIBUTIONS]
        found[name] = {"version": catalogue[name]["version"], "draws": OPTIONS.get(name, {}).get("n_null", DRAWS), "rows": rows}
        print(f"{name} ({time.process_time() - start:.1f} s)")
        for row in rows:
            print(f"  {row['data']:34}{row['false_positives']:>10.3f}{row['found']:>10.3f}", flush=True)
        write(settings, {each: found[each] for each in catalogue if each in found})
    return 0


if __name__ == "__main__":
    sys.exit(main())
