"""Tables of layers x estimators."""

from __future__ import annotations

import json
import logging
import math
import pathlib
from typing import Any

import entrospect as en
import numpy as np
import numpy.typing as npt
import pytest

Acts = dict[str, npt.NDArray[Any]]
wrong: Any = en  # for calls that a type checker refuses too


@pytest.fixture
def acts() -> Acts:
    rng = np.random.default_rng(5)
    return {f"layers.{i}": rng.normal(size=(90, 4 + 3 * i)).astype(np.float32) for i in range(4)}


def test_cells_are_the_functions_values_in_the_order_of_the_layers(acts: Acts) -> None:
    rows = en.layers(acts, ["vendi_score", "dse:t=2", "rankme"])
    assert [(row["tensor"], row["layer"], row["estimator"]) for row in rows[:4]] == [
        ("layers.0", 0, "vendi_score"),
        ("layers.0", 0, "diffusion_spectral_entropy"),
        ("layers.0", 0, "rankme"),
        ("layers.1", 1, "vendi_score"),
    ]
    assert len(rows) == len(rows.estimates) == 12
    for row, estimate in zip(rows, rows.estimates, strict=True):
        assert estimate is not None
        assert row["value"] == estimate.value
    by = {(row["tensor"], row["estimator"]): row["value"] for row in rows}
    for name, x in acts.items():
        assert by[name, "vendi_score"] == en.vendi_score(x).value
        assert by[name, "diffusion_spectral_entropy"] == en.dse(x, t=2).value
        assert by[name, "rankme"] == en.rankme(x).value


def test_spec_text_is_the_command_grammar(acts: Acts) -> None:
    listed = en.layers(acts, ["dse:t=2", "vendi_score:order=2,kernel=gaussian"])
    text = en.layers(acts, "dse:t=2,vendi_score:order=2,kernel=gaussian")
    assert [row["value"] for row in listed] == [row["value"] for row in text]
    assert listed[1]["params"]["kernel"] == "gaussian"


def test_common_options_reach_the_estimators_that_have_them(acts: Acts) -> None:
    rows = en.layers({"a": acts["layers.1"]}, ["effective_rank", "vendi_score:order=2", "rankme"], order=0.5, center=True)
    x = acts["layers.1"]
    assert rows[0]["value"] == en.effective_rank(x, order=0.5, center=True).value
    assert rows[1]["value"] == en.vendi_score(x, order=2).value
    assert rows[2]["value"] == en.rankme(x, center=True).value
    with pytest.raises(ValueError, match=r"none of the estimators.*has it"):
        en.layers(acts, ["rankme"], t=2)


def test_labels_and_masks(acts: Acts) -> None:
    labels = np.arange(90) % 3
    mask = np.arange(90) < 60
    rows = en.layers(acts, ["dsmi", "rankme"], labels=labels, mask=mask, seed=4)
    x = acts["layers.0"]
    assert rows[0]["value"] == en.dsmi(x, labels, mask=mask, seed=4).value == en.dsmi(x[mask], labels[mask], seed=4).value
    assert rows[1]["n"] == 60
    texts = en.layers(acts, "dsmi", labels=[["cat", "dog", "eel"][i % 3] for i in range(90)], mask=mask, seed=4)
    assert texts[0]["value"] == rows[0]["value"]


def test_a_list_counts_its_layers_and_may_be_named(acts: Acts) -> None:
    assert [row["tensor"] for row in en.layers(list(acts.values()), "rankme")] == ["0", "1", "2", "3"]
    assert [row["tensor"] for row in en.layers(list(acts.values())[:2], "rankme", names=["in", "out"])] == ["in", "out"]
    assert len(en.layers((x for x in acts.values()), "rankme")) == 4


def test_pandas_takes_the_rows_as_they_are(acts: Acts) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    acts["bad"] = acts["layers.0"].astype(int)
    rows = en.layers(acts, ["rankme", "vendi_score"])
    frame = pandas.DataFrame(rows)
    assert frame.equals(rows.to_pandas())
    assert frame["value"].dtype == np.float64
    assert frame["value"].isna().sum() == 2
    assert list(frame.columns) == list(rows[0])


def test_failing_cells_are_rows_with_a_reason(acts: Acts, caplog: pytest.LogCaptureFixture) -> None:
    acts = {
        "whole": acts["layers.0"],
        "integers": acts["layers.0"].astype(int),
        "nan": acts["layers.0"] * np.nan,
        "constant": np.ones((90, 2)),
    }
    with caplog.at_level(logging.WARNING, "entrospect"):
        rows = en.layers(acts, ["rankme", "effective_rank"])
    status = {(row["tensor"], row["estimator"]): row["status"] for row in rows}
    assert status["whole", "rankme"] == "ok"
    assert status["integers", "rankme"] == status["integers", "effective_rank"] == status["nan", "rankme"] == "error"
    assert status["constant", "effective_rank"] == "degenerate"
    reasons = {row["tensor"]: row["reason"] for row in rows}
    assert "int64" in reasons["integers"]
    assert "layer 'integers'" in reasons["integers"]
    assert all(math.isnan(row["value"]) for row in rows if row["status"] == "error")
    assert [e is None for e in rows.estimates] == [row["status"] == "error" for row in rows]
    assert len(caplog.records) == 4
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    schema = json.loads((pathlib.Path(en.__file__).parent / "row_v1.schema.json").read_text())
    for row in rows:
        jsonschema.validate(row, schema)


def test_failures_can_raise_or_warn(acts: Acts) -> None:
    with pytest.raises(TypeError, match=r"layer 'a'.*int64"):
        en.layers({"a": acts["layers.0"].astype(int)}, "rankme", on_failure="raise")
    with pytest.raises(en.EstimateError):
        en.layers({"a": np.ones((5, 2))}, "effective_rank", on_failure="raise")
    with pytest.warns(en.EstimateWarning, match="degenerate") as caught:
        en.layers({"a": np.ones((5, 2))}, "effective_rank", on_failure="warn")
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda a: en.layers(a, "rankmee"), ValueError, "rankme"),
        (lambda a: en.layers(a, "rankme:epsilom=1"), ValueError, "epsilon"),
        (lambda a: en.layers(a, "rankme:epsilon=-1"), ValueError, r"\[0, 1\)"),
        (lambda a: en.layers(a, "rankme", epsilom=0), ValueError, "did you mean 'epsilon'"),
        (lambda a: en.layers(a, []), ValueError, "name is missing"),
        (lambda a: en.layers({}, "rankme"), ValueError, "no layers"),
        (lambda a: en.layers(a["layers.0"], "rankme"), TypeError, "x is one array"),
        (lambda a: en.layers(a, "rankme", names=["a"]), ValueError, "already has names"),
        (lambda a: en.layers(list(a.values()), "rankme", names=["a"]), ValueError, "1 entries; x has 4 layers"),
        (lambda a: wrong.layers(a, "rankme", device="gpu"), ValueError, "device"),
    ],
)
def test_misuse_always_raises(acts: Acts, call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(acts)


def test_threads_do_not_change_a_bit(acts: Acts) -> None:
    tables = [[row["value"] for row in en.layers(acts, ["dse", "vendi_score"], threads=threads)] for threads in (1, 2, 7)]
    assert tables[0] == tables[1] == tables[2]


def test_labels_that_are_needed_and_missing_are_misuse(acts: Acts) -> None:
    with pytest.raises(ValueError, match="diffusion_spectral_mutual_information needs labels"):
        en.layers(acts, ["rankme", "dsmi"])


def test_text_tells_rows_of_one_estimator_apart() -> None:
    acts = {"in": en.testing.orthogonal(4), "out": np.full((4, 2), np.nan)}
    table = str(en.layers(acts, ["vendi_score:order=1", "vendi_score:order=2", "rankme"]))
    lines = table.splitlines()
    assert [line.split()[:4] for line in lines[1:3]] == [["0", "in", "vendi_score", "order=1"], ["0", "in", "vendi_score", "order=2"]]
    assert lines[0].split() == ["layer", "tensor", "estimator", "options", "value", "unit", "n", "d", "status", "reason"]
    assert "order" not in lines[3]
    assert lines[2].split()[4:] == ["4", "count", "4", "4", "ok"]
    assert "8 of 4 x 2 values are NaN" in lines[6]
    assert str(en.Rows()) == "no rows"


def test_an_option_without_a_value_is_none() -> None:
    row = en.layers([np.eye(3)], "rankme")[0]
    assert row["params"]["compat"] is None
    assert row["compat"] is None
    assert row["seconds"] > 0


def test_html_is_escaped() -> None:
    text = en.layers({"<b>": np.eye(3)}, "rankme")._repr_html_()
    assert "<b>" not in text
    assert "&lt;b&gt;" in text
