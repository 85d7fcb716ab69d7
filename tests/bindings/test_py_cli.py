"""The command from Python, and the same bits through every door."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
from typing import Any

import entrospect as en
import numpy as np
import numpy.typing as npt
import pytest

SPECS = "von_neumann_entropy,effective_rank:order=2,rankme,vendi_score,matrix_entropy,dse:t=2,dsmi"


@pytest.fixture(scope="module", autouse=True)
def command() -> str:
    try:
        return en.cli.command()
    except FileNotFoundError:
        pytest.skip("the entrospect command was not built (ENTROSPECT_CLI=OFF)")


@pytest.fixture
def acts() -> dict[str, npt.NDArray[Any]]:
    rng = np.random.default_rng(11)
    return {f"layers.{i}": rng.normal(size=(120, 8 + i)).astype(np.float32) for i in (1, 2, 10)}


@pytest.fixture
def labels() -> npt.NDArray[np.int64]:
    return np.arange(120) % 4


def values(rows: en.Rows) -> list[tuple[str, str, float]]:
    return [(row["tensor"], row["estimator"], row["value"]) for row in rows]


def test_command_file_and_memory_give_identical_bits(acts: dict[str, Any], labels: npt.NDArray[np.int64], tmp_path: pathlib.Path) -> None:
    np.savez(tmp_path / "acts.npz", **acts)
    np.save(tmp_path / "labels.npy", labels)
    command = en.cli.run(["run", str(tmp_path / "acts.npz"), "-e", SPECS, "--labels", str(tmp_path / "labels.npy"), "--seed", "3"])
    memory = en.layers(acts, SPECS, labels=labels, seed=3)
    file = en.layers(en.open(tmp_path / "acts.npz"), SPECS, labels=labels, seed=3)
    assert len(command) == 21
    assert values(command) == values(memory) == values(file)
    for ours, theirs in zip(memory, command, strict=True):
        different = {key for key in ours if ours[key] != theirs[key]}
        assert different <= {"cell", "file", "layer", "seconds"}, different


def test_streamed_files_give_the_bits_of_memory(acts: dict[str, Any], tmp_path: pathlib.Path) -> None:
    x = np.random.default_rng(1).normal(size=(5000, 40)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    (tensor,) = en.open(tmp_path / "x.npy").values()
    (row,) = en.cli.run(["run", str(tmp_path / "x.npy"), "-e", "effective_rank"])
    assert row["value"] == en.effective_rank(x).value == en.effective_rank(tensor).value


def test_cells_without_a_value_come_back_as_rows(tmp_path: pathlib.Path) -> None:
    np.save(tmp_path / "flat.npy", np.full((20, 3), np.nan))
    (row,) = en.cli.run(["run", str(tmp_path / "flat.npy"), "-e", "rankme"])
    assert np.isnan(row["value"])
    assert row["status"] == "error"
    assert row["reason"]


def test_failures_of_the_command_raise_with_what_it_said() -> None:
    with pytest.raises(en.cli.CommandError, match="rankme") as caught:
        en.cli.run(["run", ".", "-e", "rankmee"])
    assert caught.value.code == 2
    with pytest.raises(en.cli.CommandError) as caught:
        en.cli.run(["run", "no such folder", "-e", "rankme"])
    assert caught.value.code == 4


def test_other_commands_print(capsys: pytest.CaptureFixture[str]) -> None:
    assert en.cli.run(["list", "rankme"]) == []
    assert "rankme" in capsys.readouterr().out


def test_python_m_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "entrospect", "list", "--json"], capture_output=True, text=True, check=True)
    assert [entry["name"] for entry in json.loads(done.stdout)] == [entry["name"] for entry in en.catalogue()]
    assert subprocess.run([sys.executable, "-m", "entrospect", "nonsense"], capture_output=True, check=False).returncode == 2
