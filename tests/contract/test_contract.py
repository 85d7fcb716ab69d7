"""What every estimator of the catalogue must keep through the Python door. A new estimator is enrolled by being in the catalogue."""

from __future__ import annotations

import contextlib
import inspect
import itertools
import json
import math
import pathlib
import pickle
from collections.abc import Callable
from typing import Any

import entrospect as en
import numpy as np
import numpy.typing as npt
import pytest

NAMES = [entry["name"] for entry in en.catalogue() if entry["samples"]]
OF_LABELS = [entry["name"] for entry in en.catalogue() if not entry["samples"]]
SCHEMA = json.loads((pathlib.Path(en.__file__).parent / "row_v1.schema.json").read_text())
N, D = 48, 5

Matrix = npt.NDArray[Any]
# How this estimator is called on samples: on the rows `rows` of its other inputs.
Call = Callable[..., en.Estimate]


def of_probabilities(call: Call) -> bool:
    return bool(en.describe(call.__name__)["samples"] == ["probabilities"])


def suited(call: Call, x: Matrix) -> Matrix:
    """The samples, or probabilities made of them where rows must be distributions; exact in float32."""
    if of_probabilities(call):
        x = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    return x.astype(np.float32).astype(np.float64)


@pytest.fixture
def x(call: Call) -> Matrix:
    return suited(call, np.random.default_rng(21).normal(size=(N, D)))


@pytest.fixture(params=NAMES)
def call(request: pytest.FixtureRequest) -> Call:
    entry = en.describe(request.param)
    function = getattr(en, request.param)
    labels = np.arange(N) % 3
    others = [np.random.default_rng(22 + i).normal(size=(N, 900)) for i in range(len(entry["samples"]) + entry["more_samples"] - 1)]

    def run(samples: Any, rows: Any = slice(None), **options: Any) -> en.Estimate:
        if entry["labels"] == "required":
            options["labels"] = labels[rows]
        options.setdefault("on_failure", "ignore")
        width = samples.shape[1]  # several estimators compare column by column
        estimate: en.Estimate = function(samples, *(other[rows, :width] for other in others), **options)
        return estimate

    run.__name__ = request.param
    return run


def same(a: en.Estimate, b: en.Estimate) -> bool:
    """Equal in everything but what describes the array's way in."""
    entry = {"copied", "byte_swapped", "rows_masked", "detached"}

    def facts(e: en.Estimate) -> list[Any]:
        diagnostics = {key: value for key, value in e.diagnostics.items() if key not in entry}
        return [e.value, e.std_error, e.interval, e.cap, e.status, e.n, e.d, e.unit, diagnostics]

    return facts(a) == facts(b)


def test_a_plain_call_is_ok_and_says_what_it_is(call: Call, x: Matrix) -> None:
    e = call(x)
    assert e.status == "ok", e
    assert math.isfinite(e.value)
    assert e.estimator == call.__name__
    assert (e.n, e.d) == (N, D)
    assert e.unit in ("nats", "bits", "count", "none")
    assert e.convention
    assert e.formula
    assert e.citation
    assert set(e.options) == {field["name"] for field in en.describe(call.__name__)["fields"]}


LAYOUTS: dict[str, Callable[[Matrix], Any]] = {
    "fortran order": np.asfortranarray,
    "negative row stride": lambda x: np.ascontiguousarray(x[::-1])[::-1],
    "negative column stride": lambda x: np.ascontiguousarray(x[:, ::-1])[:, ::-1],
    "no unit stride": lambda x: np.repeat(np.repeat(x, 2, axis=0), 2, axis=1)[::2, ::2],
    "float32": lambda x: x.astype(np.float32),
    "big-endian": lambda x: x.astype(">f8"),
    "read-only": lambda x: np.frombuffer(x.tobytes()).reshape(x.shape),
    "memoryview": lambda x: x.data,
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_does_not_change_a_bit(call: Call, x: Matrix, layout: str) -> None:
    e = call(LAYOUTS[layout](x))
    plain = call(x)
    if layout == "float32":  # the same values; only tolerances may follow the input's precision
        assert e.value == plain.value
    else:
        assert same(e, plain)


def test_half_precision_is_read_as_its_widening(call: Call, x: Matrix) -> None:
    narrow = x.astype(np.float16)
    assert call(narrow).value == call(narrow.astype(np.float64)).value
    ml_dtypes = pytest.importorskip("ml_dtypes", reason="ml_dtypes is not installed")
    brain = x.astype(ml_dtypes.bfloat16)
    assert call(brain).value == call(brain.astype(np.float64)).value


def test_memory_maps(call: Call, x: Matrix, tmp_path: pathlib.Path) -> None:
    np.save(tmp_path / "x.npy", x)
    assert same(call(np.load(tmp_path / "x.npy", mmap_mode="r")), call(x))
    (tensor,) = en.open(tmp_path / "x.npy").values()
    assert call(tensor).value == call(x).value


def test_inputs_are_not_written(call: Call, x: Matrix) -> None:
    before = x.copy()
    call(x)
    assert np.array_equal(x, before)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_an_error_with_its_place(call: Call, x: Matrix, bad: float) -> None:
    x[7, 2] = x[9, 1] = bad
    with pytest.raises(ValueError, match=r"(?s)2.*7.*2"):
        call(x)


@pytest.mark.parametrize("shape", [(0, D), (1, D), (N, 0)])
def test_too_small_inputs_are_errors_naming_the_size(call: Call, shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"[nd] = \d|at least|labels"):
        call(np.ones(shape), slice(0, shape[0]))


def test_constant_data_have_a_status_or_an_exact_value(call: Call) -> None:
    defaults = {field["name"]: field["default"] for field in en.describe(call.__name__)["fields"]}
    needs_a_distance = defaults.get("kernel") == "gaussian" and defaults.get("bandwidth") == "median"
    entry = en.describe(call.__name__)
    # Nothing depends on a constant, so one of a pair is refused; so are features without a range for bins, and rows without a direction.
    refused = entry["paired"] if len(entry["samples"]) > 1 else needs_a_distance or of_probabilities(call)
    refused = refused or call.__name__ in ("classic_shannon_entropy", "diff_erank")
    with (
        pytest.raises(ValueError, match=r"bandwidth|all rows are equal|sums to 5|is constant|equal to the mean")
        if refused
        else contextlib.nullcontext()
    ):
        e = call(np.ones((N, D)))
        assert math.isfinite(e.value) or e.status != "ok"


def test_duplicated_rows_are_counted(call: Call, x: Matrix) -> None:
    x[1] = x[0]
    assert call(x).diagnostics["duplicate_rows"] == 1


def test_constant_columns_are_counted(call: Call, x: Matrix) -> None:
    if of_probabilities(call):
        x[:, 0] += x[:, 3]
        x[:, 3] = 0
    else:
        x[:, 3] = 2.5
    if call.__name__ == "classic_shannon_entropy":
        with pytest.raises(ValueError, match="feature 3 is constant"):
            call(x)
    else:
        assert call(x).diagnostics["constant_columns"] == 1


def test_threads_do_not_change_a_bit(call: Call) -> None:
    x = suited(call, np.random.default_rng(5).normal(size=(N, 900)))
    estimates = [call(x, threads=threads) for threads in (1, 2, 7)]
    assert all(same(a, b) for a, b in itertools.pairwise(estimates))


def test_the_same_seed_gives_the_same_bits(call: Call, x: Matrix) -> None:
    if "seed" not in inspect.signature(getattr(en, call.__name__)).parameters:
        pytest.skip("draws no random numbers")
    assert same(call(x, seed=3), call(x, seed=3))


def test_masks_equal_selected_rows(call: Call, x: Matrix) -> None:
    mask = np.arange(N) % 4 != 0
    if not en.describe(call.__name__)["paired"]:
        pytest.skip("takes sample matrices whose rows do not belong together")
    masked = call(x, mask=mask)
    assert masked.value == call(x[mask], mask).value
    assert masked.diagnostics["rows_masked"] == N - mask.sum()


def test_units_convert_everything_once(call: Call, x: Matrix) -> None:
    if en.describe(call.__name__)["unit"] != "entropy":
        pytest.skip("has no logarithm")
    nats, bits = call(x), call(x, unit="bits")
    assert (nats.unit, bits.unit) == ("nats", "bits")
    factor = 1 / math.log(2)
    for name in ("value", "cap", "std_error"):
        if getattr(nats, name) is not None:
            assert getattr(bits, name) == pytest.approx(factor * getattr(nats, name), rel=1e-14), name
    if nats.interval is not None:
        assert bits.interval == pytest.approx([factor * end for end in nats.interval], rel=1e-14)


def test_every_convention_and_compat_id_runs_and_names_itself(call: Call, x: Matrix) -> None:
    for convention in en.describe(call.__name__)["conventions"]:
        e = call(x, **{"compat" if convention["compat"] else "convention": convention["id"]})
        assert math.isfinite(e.value), convention["id"]
        if convention["compat"]:
            assert e.compat == convention["id"]
            assert e.compat_faults == convention["faults"]
            assert e.compat_faults, f"{convention['id']} reproduces no fault: then it is a convention"
        else:
            assert e.convention == convention["id"]


def test_defaults_given_or_not_are_the_same(call: Call, x: Matrix) -> None:
    fields = en.describe(call.__name__)["fields"]
    given = {field["name"]: field["default"] for field in fields if field["default"] != ""}
    assert same(call(x, **given), call(x))


def test_wrong_options_name_the_value_and_what_is_allowed(call: Call, x: Matrix) -> None:
    for field in en.describe(call.__name__)["fields"]:
        name, kind = field["name"], field["kind"]
        if kind == "choice":
            with pytest.raises(ValueError, match=r"no such word"):
                call(x, **{name: "no such word"})
        with pytest.raises(TypeError, match=name):
            call(x, **{name: [1]})
        if field["range"] is not None:
            with pytest.raises(ValueError, match=name):
                call(x, **{name: float("nan") if kind != "integer" else -(2**62)})
        if kind == "boolean":
            with pytest.raises(TypeError, match=name):
                call(x, **{name: 0.5})


def test_results_pickle_and_make_rows(call: Call, x: Matrix) -> None:
    e = call(x)
    back = pickle.loads(pickle.dumps(e))
    assert same(back, e)
    assert back.explain() == e.explain()
    row = e.to_dict()
    assert list(row) == list(SCHEMA["properties"])
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    jsonschema.validate(json.loads(json.dumps(row)), SCHEMA)


def test_text_forms(call: Call, x: Matrix) -> None:
    e = call(x)
    assert "\n" not in repr(e)
    assert repr(e).startswith(f"{call.__name__} = ")
    assert e.formula in e.explain()
    assert f"n = {N}, d = {D}" in e.explain()
    assert call.__name__.replace("_", " ") in e._repr_html_()


def test_layers_and_run_give_the_function_value(call: Call, x: Matrix) -> None:
    entry = en.describe(call.__name__)
    if len(entry["samples"]) > 1:
        with pytest.raises(ValueError, match="one at a time"):
            en.layers({"a": x}, call.__name__)
        return
    labels = np.arange(N) % 3 if entry["labels"] == "required" else None
    (row,) = en.layers({"a": x}, call.__name__, labels=labels)
    assert row["value"] == en.run(call.__name__, x, labels=labels).value == call(x).value


@pytest.mark.parametrize("name", OF_LABELS)
def test_estimators_of_labels_alone(name: str) -> None:
    function, labels = getattr(en, name), np.arange(N) % 3
    e = function(labels)
    assert (e.status, e.estimator, e.n, e.d) == ("ok", name, N, 0)
    assert math.isfinite(e.value)
    assert e.formula in e.explain()
    assert same(function(list(map(str, labels))), e)
    assert same(en.run(name, labels=labels), e)
    assert same(pickle.loads(pickle.dumps(e)), e)
    assert list(e.to_dict()) == list(SCHEMA["properties"])
    mask = np.arange(N) % 4 != 0
    assert function(labels, mask=mask).value == function(labels[mask]).value
    for few in ([], [1]):
        with pytest.raises(ValueError, match=f"n = {len(few)} rows; at least 2"):
            function(few)
    with pytest.raises(ValueError, match="real numbers"):
        function(labels + 0.5)
    with pytest.raises(ValueError, match="needs labels"):
        en.run(name)
    with pytest.raises(ValueError, match="takes 0 sample matrices"):
        en.run(name, np.ones((N, D)), labels=labels)
    with pytest.raises(ValueError, match="labels alone"):
        en.layers({"a": np.ones((N, D))}, name, labels=labels)
