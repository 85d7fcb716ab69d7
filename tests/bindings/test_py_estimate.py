"""The result object: members, text, HTML, rows, pickles."""

from __future__ import annotations

import copy
import html.parser
import json
import math
import pathlib
import pickle

import entrospect as en
import numpy as np
import pytest

GOLDEN = pathlib.Path(__file__).parent / "golden"


@pytest.fixture
def e() -> en.Estimate:
    return en.von_neumann_entropy(en.testing.clusters((2, 3, 4)))


def shannon(*p: float) -> float:
    return -sum(q * math.log(q) for q in p)


def test_members(e: en.Estimate) -> None:
    assert e.value == pytest.approx(shannon(2 / 9, 3 / 9, 4 / 9), abs=1e-14)
    assert float(e) == e.value
    assert (e.unit, e.status, e.ok, e.reason, e.flags) == ("nats", "ok", True, None, [])
    assert (e.n, e.d) == (9, 3)
    assert e.cap == pytest.approx(math.log(3), abs=1e-15)
    assert e.normalized == pytest.approx(e.value / math.log(3), abs=1e-15)
    assert (e.estimator, e.convention, e.compat, e.compat_faults) == ("von_neumann_entropy", "paper", None, [])
    assert (e.std_error, e.interval, e.interval_method, e.residual, e.seed) == (None, None, None, None, None)
    assert e.options["normalize"] == "l2"
    assert e.diagnostics["duplicate_rows"] == 6
    assert e.backend_requested == "auto"
    assert e.warnings == []


def test_units_convert_value_and_cap(e: en.Estimate) -> None:
    bits = en.von_neumann_entropy(en.testing.clusters((2, 3, 4)), unit="bits")
    assert bits.unit == "bits"
    assert bits.value == pytest.approx(e.value / math.log(2), rel=1e-15)
    assert bits.cap == pytest.approx(math.log2(3), rel=1e-15)


def test_compat_names_its_faults() -> None:
    e = en.rankme(en.testing.orthogonal(5), compat="stable-pretraining-torch")
    assert e.compat == "stable-pretraining-torch"
    assert e.compat_faults
    assert e.options["epsilon"] == 1e-5
    assert "stable-pretraining-torch" in repr(e)


def test_an_option_equal_to_its_default_counts_as_not_given() -> None:
    x = en.testing.orthogonal(5)
    assert en.rankme(x, compat="rankme-paper", epsilon=0.0).value == en.rankme(x, compat="rankme-paper").value


def test_text_is_one_line(e: en.Estimate) -> None:
    assert repr(e) == "von_neumann_entropy = 1.06086 nats (paper)"
    assert "\n" not in repr(e)


def test_explain_shows_formula_values_and_source(e: en.Estimate) -> None:
    text = e.explain()
    for part in (e.formula, "n = 9, d = 3", "duplicate_rows = 6", "CVPR 2023"):
        assert part in text


def test_row_is_schema_v1(e: en.Estimate) -> None:
    schema = json.loads((pathlib.Path(en.__file__).parent / "row_v1.schema.json").read_text())
    row = e.to_dict()
    assert list(row) == list(schema["properties"])
    assert row["value"] == e.value
    assert (row["estimator"], row["unit"], row["n"], row["d"], row["status"]) == ("von_neumann_entropy", "nats", 9, 3, "ok")
    assert row["params"] == e.options
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    jsonschema.validate(json.loads(json.dumps(row)), schema)
    assert json.loads(e.to_json())["diagnostics"] == e.diagnostics


def test_a_value_that_does_not_exist_is_nan_and_null() -> None:
    e = en.effective_rank(np.ones((6, 3)), on_failure="ignore")
    assert e.status == "degenerate"
    assert math.isnan(e.value)
    assert math.isnan(e.to_dict()["value"])
    assert json.loads(e.to_json())["value"] is None
    assert e.reason
    assert e.advice


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles(protocol: int) -> None:
    e = en.rankme(en.testing.orthogonal(5), compat="stable-pretraining-torch", center=True, on_failure="ignore")
    back = pickle.loads(pickle.dumps(e, protocol))
    for name in (n for n in dir(en.Estimate) if not n.startswith("_")):
        member = getattr(e, name)
        if not callable(member):
            assert getattr(back, name) == member, name
    assert back.explain() == e.explain()
    assert copy.deepcopy(e).to_dict() == e.to_dict()


class Balance(html.parser.HTMLParser):
    """Raises on a tag that is closed out of order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("br", "meta"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def check_golden(name: str, text: str) -> None:
    path = GOLDEN / name
    assert path.exists(), f"{path} is missing; its text should be\n{text}"
    assert text == path.read_text(encoding="utf-8").rstrip("\n"), f"{name} changed; if that is meant, replace it with\n{text}"


def test_html_is_the_golden_file(e: en.Estimate) -> None:
    text = e._repr_html_()
    parser = Balance()
    parser.feed(text)
    assert parser.open == []
    check_golden("estimate.html", text)


def test_html_of_a_failure_is_the_golden_file() -> None:
    text = en.effective_rank(np.ones((6, 3)), on_failure="ignore")._repr_html_()
    assert "degenerate" in text
    check_golden("failure.html", text)


def test_html_escapes_what_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    from entrospect import _html

    hostile = "<script>alert(1)</script>"

    class Hostile:
        estimator = formula = reason = compat = convention = backend_used = status = advice = interval_method = unit = hostile
        ok = False
        value, std_error, cap, normalized, n, d = 1.0, 0.1, 2.0, 0.5, 3, 4
        interval = (0.0, 1.0)
        null = None
        compat_faults = warnings = [hostile]  # noqa: RUF012
        options = diagnostics = {hostile: hostile}  # noqa: RUF012

    text = _html.estimate(Hostile())  # type: ignore[arg-type]
    assert "<script>" not in text
    assert text.count("&lt;script&gt;") >= 10


@pytest.mark.parametrize("name", ["value", "unit", "diagnostics", "n"])
def test_results_cannot_be_edited(e: en.Estimate, name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(e, name, 0)
