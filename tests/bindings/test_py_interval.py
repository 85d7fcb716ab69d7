"""interval= and baseline= through every door, and against a plain loop in NumPy."""

from __future__ import annotations

import json
import math
import pathlib
import subprocess
from typing import Any

import entrospect as en
import numpy as np
import numpy.typing as npt
import pytest

Matrix = npt.NDArray[np.float64]
COLUMNS = ("value", "std_error", "lo", "hi", "interval_method")


@pytest.fixture
def x() -> Matrix:
    return np.random.default_rng(4).normal(size=(40, 5)) / np.arange(1, 6)


def von_neumann(x: Matrix) -> float:
    z = x / np.sqrt((x**2).sum(axis=1, keepdims=True))
    p = np.linalg.svd(z, compute_uv=False) ** 2 / len(x)
    return float(-(p * np.log(p)).sum())


def test_leaving_out_each_row_is_a_loop(x: Matrix) -> None:
    e = en.von_neumann_entropy(x, interval="jackknife", blocks=40)
    values = np.array([von_neumann(np.delete(x, i, axis=0)) for i in range(40)])
    error = math.sqrt(39 / 40 * float(((values - values.mean()) ** 2).sum()))
    assert e.std_error == pytest.approx(error, rel=1e-9)
    assert e.diagnostics["bias"] == pytest.approx(39 * (values.mean() - von_neumann(x)), rel=1e-7)
    assert e.interval is not None
    t39 = 2.022690920  # 97.5 % point of Student's t with 39 degrees of freedom
    assert e.interval == pytest.approx((e.value - t39 * error, e.value + t39 * error), rel=1e-9)


def test_function_layers_and_command_have_the_same_columns(x: Matrix, tmp_path: pathlib.Path) -> None:
    e = en.rankme(x, interval="jackknife", blocks=8, seed=3)
    (row,) = en.layers({"a": x}, "rankme", interval="jackknife", blocks=8, seed=3)
    assert e.interval is not None
    assert [row[name] for name in COLUMNS] == [e.value, e.std_error, *e.interval, "jackknife"]
    assert [e.to_dict()[name] for name in COLUMNS] == [row[name] for name in COLUMNS]
    np.savez(tmp_path / "acts.npz", a=x)
    try:
        (from_command,) = en.cli.run(
            ["run", str(tmp_path / "acts.npz"), "-e", "rankme:blocks=8", "--interval", "jackknife", "--baseline", "gaussian", "--seed", "3"]
        )
    except FileNotFoundError:
        pytest.skip("the entrospect command was not built (ENTROSPECT_CLI=OFF)")
    assert [from_command[name] for name in COLUMNS] == [row[name] for name in COLUMNS]


def test_the_command_says_what_is_wrong(x: Matrix, tmp_path: pathlib.Path) -> None:
    np.savez(tmp_path / "acts.npz", a=x[:12])
    try:
        command = [en.cli.command(), "run", str(tmp_path / "acts.npz"), "-e", "rankme", "--json"]
    except FileNotFoundError:
        pytest.skip("the entrospect command was not built (ENTROSPECT_CLI=OFF)")
    done = subprocess.run([*command, "--interval", "bootstrap"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "'bootstrap'" in done.stderr
    assert "'jackknife', 'subsample'" in done.stderr
    done = subprocess.run([*command, "--interval", "jackknife"], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "blocks = 20 is more than the 12 rows" in json.loads(done.stdout)["reason"]


def test_a_function_as_kernel_loses_rows_and_columns(x: Matrix) -> None:
    def gaussian(a: Matrix, b: Matrix) -> float:
        return math.exp(-float(((a - b) ** 2).sum()) / 2)

    ours = en.matrix_entropy(x, kernel=gaussian, interval="jackknife", blocks=5, on_failure="raise")
    named = en.matrix_entropy(x, bandwidth=1.0, interval="jackknife", blocks=5)
    assert ours.std_error == pytest.approx(named.std_error, rel=1e-9)


def test_masked_rows_are_not_resampled(x: Matrix) -> None:
    mask = np.arange(40) % 4 != 0
    asked: dict[str, Any] = {"interval": "subsample", "replicates": 50, "baseline": "shuffled"}
    masked, copied = en.rankme(x, mask=mask, **asked), en.rankme(x[mask], **asked)
    assert (masked.std_error, masked.interval) == (copied.std_error, copied.interval)
    assert masked.diagnostics["baseline_mean"] == copied.diagnostics["baseline_mean"]


def test_the_gaussian_baseline_is_page_s_formula_to_its_accuracy(x: Matrix) -> None:
    e = en.von_neumann_entropy(np.random.default_rng(1).normal(size=(300, 20)), baseline="gaussian", baseline_draws=20)
    mean, page = e.diagnostics["baseline_mean"], e.diagnostics["baseline_page"]
    assert page == pytest.approx(math.log(20) - 20 / 600, rel=1e-14)
    # The formula is the expansion to O(1 / n) of n rows in d columns; the next terms are of the size of its square.
    assert mean == pytest.approx(page, abs=4 * float(e.diagnostics["baseline_std_error"]) + (20 / 300) ** 2)


def test_progress_names_the_stage(x: Matrix) -> None:
    stages: list[tuple[str, float]] = []
    en.rankme(x, interval="subsample", replicates=20, baseline="shuffled", threads=1, progress=lambda s, done: stages.append((s, done)))
    assert {stage for stage, _ in stages} == {"interval", "baseline"}
    assert all(0 < done <= 1 for _, done in stages)
