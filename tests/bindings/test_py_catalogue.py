"""Functions, stub, pages and schema derive from the catalogue; examples and types hold."""

from __future__ import annotations

import doctest
import importlib
import inspect
import json
import pathlib
import subprocess
import sys
from typing import Any

import entrospect as en
import numpy as np
import numpy.typing as npt
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = [entry["name"] for entry in en.catalogue()]


def generate(*arguments: str) -> subprocess.CompletedProcess[str]:
    script = [sys.executable, str(ROOT / "bindings/tools/generate.py"), *arguments]
    path = str(pathlib.Path(en._core.__file__).parents[1])
    return subprocess.run(script, capture_output=True, text=True, check=False, env={"PYTHONPATH": path, "PATH": ""})


def test_generated_files_are_fresh() -> None:
    done = generate("--check")
    assert done.returncode == 0, done.stderr


def test_a_stale_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    page = ROOT / "notebooks/reference/rankme.md"
    text = page.read_text(encoding="utf-8")
    try:
        page.write_text(text + "edited by hand\n", encoding="utf-8")
        done = generate("--check")
    finally:
        page.write_text(text, encoding="utf-8")
    assert done.returncode == 1
    assert "notebooks/reference/rankme.md" in done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_signature_is_the_option_table(name: str) -> None:
    entry = en.describe(name)
    parameters = list(inspect.signature(getattr(en, name)).parameters.values())
    positional = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert positional == entry["samples"] + (["labels"] if entry["labels"] == "required" else [])
    keyword = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    more = [p.name for p in parameters if p.kind is p.VAR_POSITIONAL]
    assert more == ["more"] * entry["more_samples"]
    assert len(positional) + len(more) + len(keyword) == len(parameters)
    for field in entry["fields"]:
        default = keyword[field["name"]]
        assert default == (None if field["default"] == "" else field["default"])
        assert isinstance(default, float) == (field["kind"] == "number") or field["kind"] == "number_or_choice"


@pytest.mark.parametrize("name", NAMES)
def test_docstring_has_every_part(name: str) -> None:
    entry = en.describe(name)
    doc = inspect.getdoc(getattr(en, name))
    assert doc is not None
    flat = " ".join(doc.split())
    for part in (entry["summary"], entry["formula"], entry["range"], entry["cap"], entry["cost"], *entry["references"], ">>> "):
        assert " ".join(part.split()) in flat
    for field in entry["fields"]:
        assert f"{field['name']}: {field['help']}" in flat
    for convention in entry["conventions"]:
        assert f"{convention['id']}:" in flat


@pytest.mark.parametrize("module", ["", "._attention", "._catalogue", "._functions", "._layers", "._matrices", "._spectrum"])
def test_examples_run(module: str) -> None:
    code = importlib.import_module("entrospect" + module)
    runner = doctest.DocTestRunner()
    documented = [code, *(inspect.unwrap(value) for value in vars(code).values() if inspect.isroutine(value) or inspect.isclass(value))]
    for value in documented:
        if value is code or value.__module__ == code.__name__:
            for example in doctest.DocTestFinder(recurse=value is not code).find(value, code.__name__):
                runner.run(example)
    assert runner.tries > 0
    assert runner.failures == 0


def test_aliases_are_the_same_functions() -> None:
    for entry in en.catalogue():
        for alias in entry["aliases"]:
            assert getattr(en, alias) is getattr(en, entry["name"])
            assert en.describe(alias) == entry


def test_the_public_names_exist_and_are_listed() -> None:
    assert len(set(en.__all__)) == len(en.__all__)
    for name in en.__all__:
        assert hasattr(en, name), name
    assert set(NAMES) <= set(en.__all__)


def test_description_reads_as_text() -> None:
    text = repr(en.describe("rankme"))
    for part in ("formula", "epsilon = 0.0", "rankme-paper", "ICML 2023"):
        assert part in text
    assert json.loads(json.dumps(en.describe("rankme")))["name"] == "rankme"


def test_run_is_the_function() -> None:
    x = np.random.default_rng(0).normal(size=(30, 4))
    assert en.run("effective-rank", x, order=2).to_dict() == en.effective_rank(x, order=2).to_dict()
    labels = np.arange(30) % 3
    assert en.run("dsmi", x, labels=labels, seed=3).value == en.dsmi(x, labels, seed=3).value


def test_row_schema_lists_every_status() -> None:
    schema = json.loads((pathlib.Path(en.__file__).parent / "row_v1.schema.json").read_text())
    header = (ROOT / "core/status.hpp").read_text(encoding="utf-8")
    body = header[header.index("enum class Status {") : header.index("};")]
    declared = [line.strip().split(",")[0] for line in body.splitlines()[1:] if line.strip()]
    assert schema["properties"]["status"]["enum"] == [*declared, "error"]


SAMPLE = """
import numpy as np
import entrospect as en

x = np.eye(4)
e: en.Estimate = en.vendi_score(x, order=2.0, kernel="gaussian")
value: float = float(e)
low, high = e.interval or (0.0, 1.0)
s: en.Spectrum = en.spectrum(x, en.Diffusion(bandwidth="median"))
one: en.Estimate = s.dse(2.0)
many: list[en.Estimate] = s.entropy([0.5, 1.0, 2.0])
rows: en.Rows = en.layers({"a": x}, ["rankme", "dse:t=2"], center=True)
values: list[float] = [row["value"] for row in rows]
mutual: en.Estimate = en.dsmi(x, labels=[0, 0, 1, 1], seed=1)
file = en.open("x.npz")
rank: en.Estimate = en.rankme(file["h"], compat="rankme-paper")
"""


def test_a_user_file_passes_mypy_strict(tmp_path: pathlib.Path) -> None:
    api = pytest.importorskip("mypy.api", reason="mypy is not installed")
    (tmp_path / "user.py").write_text(SAMPLE)
    (tmp_path / "wrong.py").write_text(SAMPLE + 'en.vendi_score(x, kernel="gausian")\nen.rankme(x, oder=1)\n')
    options = ["--strict", "--config-file=", f"--cache-dir={tmp_path / 'cache'}"]
    out, _, code = api.run([*options, str(tmp_path / "user.py")])
    assert code == 0, out
    out, _, code = api.run([*options, str(tmp_path / "wrong.py")])
    assert out.count("error:") == 2, out


def test_the_stub_has_what_the_module_has() -> None:
    text = (pathlib.Path(en.__file__).parent / "_core.pyi").read_text()
    for name in vars(en._core):
        if not name.startswith("_"):
            assert f"def {name}(" in text or f"class {name}" in text, name


def test_callable_kernels_become_a_precomputed_matrix() -> None:
    x = np.random.default_rng(2).normal(size=(20, 3))

    def kernel(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> float:
        return float(np.exp(-((a - b) ** 2).sum() / 2))

    e = en.vendi_score(x, kernel=kernel)
    assert e.options["kernel"] == "precomputed"
    # The two Gram matrices differ by a few eps per entry; the score of 20 samples by far less than 1e-12.
    assert e.value == pytest.approx(en.vendi_score(x, kernel="gaussian", bandwidth=1.0).value, rel=1e-12)
    mask = np.arange(20) % 2 == 0
    assert en.vendi_score(x, kernel=kernel, mask=mask).value == en.vendi_score(x[mask], kernel=kernel).value
    with pytest.raises(TypeError, match="side"):
        en.run("rankme", x, side=kernel)
