"""Layers of transformer activations: prompts x positions x features with a mask."""

from __future__ import annotations

import math
from typing import Any, Literal

import entrospect as en
import numpy as np
import numpy.typing as npt
import pytest

LENGTHS = (9, 6, 12, 4, 7)
wrong: Any = en  # for calls that a type checker refuses too


@pytest.fixture
def hidden() -> npt.NDArray[np.float32]:
    return np.random.default_rng(8).normal(size=(5, 12, 6)).astype(np.float32)


@pytest.fixture(params=["left", "right"])
def mask(request: pytest.FixtureRequest) -> npt.NDArray[np.int64]:
    mask = np.zeros((5, 12), dtype=np.int64)
    for prompt, length in enumerate(LENGTHS):
        mask[prompt, slice(12 - length, None) if request.param == "left" else slice(length)] = 1
    return mask


def kept(hidden: npt.NDArray[Any], mask: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    return [rows[keep != 0] for rows, keep in zip(hidden, mask, strict=True)]


def value(*args: Any, **kwargs: Any) -> float:
    return float(en.layers(*args, **kwargs)[0]["value"])


def test_per_prompt_is_the_mean_of_the_prompts_values(hidden: Any, mask: Any) -> None:
    rows = en.layers([hidden, 2 * hidden], ["von_neumann_entropy", "effective_rank:center=true"], mask=mask, per="prompt")
    for row, estimate, prompts in zip(rows, rows.estimates, rows.prompts, strict=True):
        assert estimate is not None
        options: dict[str, Any] = {"center": True} if row["estimator"] == "effective_rank" else {}
        direct = [en.run(row["estimator"], x, **options) for x in kept(hidden, mask)]
        assert [e.value for e in prompts] == [e.value for e in direct]
        assert [e.n for e in prompts] == list(LENGTHS)
        values = np.array([e.value for e in direct])
        assert row["value"] == pytest.approx(values.mean(), rel=1e-14)
        assert row["std_error"] == pytest.approx(values.std(ddof=1) / math.sqrt(5), rel=1e-12)
        half = 2.7764451051977987 * row["std_error"]  # 97.5 % point of Student's t, 4 degrees of freedom
        assert (row["lo"], row["hi"]) == pytest.approx((values.mean() - half, values.mean() + half), rel=1e-10)
        assert row["interval_method"] == "prompts"
        assert row["n"] == sum(LENGTHS)
        assert estimate.cap is None
        assert estimate.normalized == pytest.approx(np.mean([e.normalized for e in direct if e.normalized is not None]), rel=1e-14)
        assert "normalized" in str(rows).splitlines()[0]


def test_per_token_stacks_what_the_mask_keeps(hidden: Any, mask: Any) -> None:
    rows = en.layers([hidden], "von_neumann_entropy", mask=mask, per="token")
    assert rows[0]["value"] == en.von_neumann_entropy(hidden[mask != 0]).value
    assert rows[0]["n"] == sum(LENGTHS)
    assert rows.estimates[0] is not None
    assert rows.estimates[0].diagnostics["tokens_masked"] == 60 - sum(LENGTHS)
    assert rows.prompts == [[]]


def test_the_uncertainty_of_tokens_is_that_of_prompts(hidden: Any, mask: Any) -> None:
    prompts = kept(hidden, mask)
    rows = en.layers([hidden], "von_neumann_entropy,rankme", mask=mask, per="token", interval="jackknife")
    for row in rows:
        without = np.array([en.run(row["estimator"], np.concatenate(prompts[:i] + prompts[i + 1 :])).value for i in range(5)])
        assert row["value"] == en.run(row["estimator"], np.concatenate(prompts)).value
        expected = math.sqrt(4 / 5 * np.square(without - without.mean()).sum())  # delete-one jackknife over 5 prompts
        assert row["std_error"] == pytest.approx(expected, rel=1e-9)
        assert row["interval_method"] == "jackknife"
        assert (row["params"]["interval"], row["params"]["blocks"]) == ("jackknife", 5)
    single = en.von_neumann_entropy(hidden[mask != 0], interval="jackknife")
    assert single.std_error != rows[0]["std_error"]  # leaves out tokens, as if they were independent
    plain = en.layers([hidden], "von_neumann_entropy", mask=mask, per="prompt")
    assert en.layers([hidden], "von_neumann_entropy", mask=mask, per="prompt", interval="jackknife")[0]["lo"] == plain[0]["lo"]
    pooled = en.layers([hidden], "von_neumann_entropy", mask=mask, per="dataset", interval="jackknife", blocks=5)
    assert pooled[0]["interval_method"] == "jackknife"
    with pytest.raises(ValueError, match="leaves out whole prompts"):
        en.layers([hidden], "dsmi", labels=np.arange(5) % 2, mask=mask, per="token", interval="jackknife", on_failure="raise")
    with pytest.raises(ValueError, match="allowed here: 2 to 5"):
        en.layers([hidden], "rankme", mask=mask, per="token", interval="jackknife", blocks=9, on_failure="raise")


@pytest.mark.parametrize("pool", ["mean", "max", "first", "last"])
def test_per_dataset_pools_kept_tokens(hidden: Any, mask: Any, pool: Literal["mean", "max", "first", "last"]) -> None:
    functions = {"mean": lambda x: x.astype(float).mean(0), "max": lambda x: x.max(0), "first": lambda x: x[0], "last": lambda x: x[-1]}
    pooled = np.array([functions[pool](x) for x in kept(hidden, mask)])
    rows = en.layers([hidden], "von_neumann_entropy", mask=mask, per="dataset", pool=pool)
    assert rows[0]["value"] == pytest.approx(en.von_neumann_entropy(pooled).value, rel=1e-13)
    assert rows[0]["n"] == 5
    assert rows.estimates[0] is not None
    assert rows.estimates[0].diagnostics.get("copied") == ("pooled" if pool in ("mean", "max") else None)


def test_padding_is_never_read(hidden: Any, mask: Any) -> None:
    """Not even a NaN there is seen."""
    padded = np.where(mask[..., None] != 0, hidden, np.nan)
    for per in ("prompt", "dataset", "token"):
        assert value([padded], "rankme", mask=mask, per=per) == value([hidden], "rankme", mask=mask, per=per)


def test_every_layout_is_read_in_place(hidden: Any, mask: Any) -> None:
    layouts = {
        "positions first": hidden.transpose(1, 0, 2).copy().transpose(1, 0, 2),
        "reversed": hidden[::-1, ::-1].copy()[::-1, ::-1],
        "window": np.concatenate([hidden, hidden], axis=2)[:, :, :6],
    }
    expected = en.layers([hidden], "rankme", mask=mask, per="token")
    for x in layouts.values():
        rows = en.layers([x], "rankme", mask=mask, per="token")
        assert rows[0]["value"] == expected[0]["value"]
        assert rows.estimates[0] is not None
        assert "copied" not in rows.estimates[0].diagnostics
    rows = en.layers([np.asfortranarray(hidden)], "rankme", mask=mask, per="token")
    assert rows[0]["value"] == expected[0]["value"]
    assert rows.estimates[0] is not None
    assert rows.estimates[0].diagnostics["copied"] == "strides"


def test_hidden_states_of_torch(hidden: Any, mask: Any) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    states = tuple(torch.from_numpy(hidden).to(torch.bfloat16) for _ in range(3))
    rows = en.layers(states, "von_neumann_entropy", mask=torch.from_numpy(mask), per="prompt")
    assert len(rows) == 3
    assert rows[0]["value"] == value([states[0].float().numpy()], "von_neumann_entropy", mask=mask, per="prompt")
    states[0].requires_grad_()
    rows = en.layers(states[0], "von_neumann_entropy", mask=mask.astype(bool), per="token")
    assert rows.estimates[0] is not None
    assert rows.estimates[0].diagnostics["detached"] is True


def test_dropped_tokens_are_counted_from_the_first_kept_one(hidden: Any, mask: Any) -> None:
    expected = np.concatenate([x[1:-1] for x in kept(hidden, mask)])
    rows = en.layers([hidden], "rankme", mask=mask, per="token", drop_tokens=["bos", -1])
    assert rows[0]["value"] == en.rankme(expected).value
    assert rows.estimates[0] is not None
    assert rows.estimates[0].diagnostics["tokens_dropped"] == 10
    assert value([hidden], "rankme", per="token", drop_tokens=[0]) == en.rankme(hidden[:, 1:].reshape(-1, 6)).value


def test_short_prompts_are_a_status(hidden: Any, mask: Any) -> None:
    mask[1] = np.arange(12) == 3
    mask[4] = 0
    rows = en.layers([hidden], "von_neumann_entropy", mask=mask, per="prompt")
    assert rows[0]["status"] == "out_of_valid_range"
    assert rows[0]["reason"] == "2 of 5 prompts: prompt 1 has 1 kept tokens; at least 2 are needed"
    assert [math.isnan(e.value) for e in rows.prompts[0]] == [False, True, False, False, True]
    assert rows[0]["value"] == pytest.approx(np.mean([rows.prompts[0][i].value for i in (0, 2, 3)]))
    rows = en.layers([hidden], "von_neumann_entropy", mask=mask, per="dataset")
    assert rows[0]["n"] == 4
    assert "1 of 5 prompts have no kept token" in rows[0]["reason"]
    assert rows[0]["status"] == "out_of_valid_range"


def test_a_prompt_that_cannot_be_computed_fails_its_cell_by_name(hidden: Any, mask: Any) -> None:
    hidden[2] = np.nan
    row = en.layers([hidden], "rankme", mask=mask, per="prompt")[0]
    assert row["status"] == "error"
    assert row["reason"].startswith("prompt 2: ")
    with pytest.raises(ValueError, match="NaN"):
        en.layers([hidden], "rankme", mask=mask, per="prompt", on_failure="raise")


def test_labels_belong_to_prompts_or_tokens(hidden: Any, mask: Any) -> None:
    label = np.array([0, 1, 0, 1, 0])
    rows = np.repeat(label, LENGTHS)
    x = hidden[mask != 0]
    expected = en.dsmi(x, rows, seed=3).value
    assert value([hidden], "dsmi", labels=label, mask=mask, per="token", seed=3) == expected
    assert value([hidden], "dsmi", labels=np.broadcast_to(label[:, None], (5, 12)), mask=mask, per="token", seed=3) == expected
    pooled = np.array([x[-1] for x in kept(hidden, mask)])
    direct = en.dsmi(pooled, label, seed=3).value
    assert value([hidden], "dsmi", labels=label, mask=mask, per="dataset", pool="last", seed=3) == direct
    with pytest.raises(ValueError, match="one entry for each token"):
        en.layers([hidden], "dsmi", labels=label[:3], mask=mask, per="token")
    with pytest.raises(ValueError, match="3 entries; 5 are needed, one for each prompt"):
        en.layers([hidden], "dsmi", labels=label[:3], mask=mask, per="dataset", on_failure="raise")


def test_massive_activations_are_warned_of_once(hidden: Any, mask: Any) -> None:
    loud = hidden.copy()
    for rows, keep in zip(loud, mask, strict=True):
        rows[np.flatnonzero(keep)[0]] *= 100
    with pytest.warns(en.EstimateWarning, match=r"layer '0' \(and 1 more layers\): massive activations.*position 0") as caught:
        rows = en.layers([loud, loud, hidden], ["rankme", "vendi_score"], mask=mask, per="token")
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert [len(row["warnings"]) for row in rows] == [1, 1, 1, 1, 0, 0]
    en.layers([loud], "rankme", mask=mask, per="token", drop_tokens=[0])  # no warning is left


def test_unmasked_padding_is_warned_of(hidden: Any, mask: Any) -> None:
    padded = np.where(mask[..., None] != 0, hidden, np.float32(1) * np.arange(6, dtype=np.float32))
    if mask[0, 0] == 0:  # padding on the left leaves no equal final rows
        return
    with pytest.warns(en.EstimateWarning, match="equal last rows in .* of 5 prompts and no mask"):
        en.layers([padded], "rankme", per="token")
    en.layers([padded], "rankme", mask=mask, per="token")
    with pytest.warns(en.EstimateWarning, match="constant rows"):
        en.layers([np.where(mask[..., None] != 0, hidden, np.float32(0))], "rankme", mask=np.ones((5, 12), int), per="token")


class OnDevice:
    """An array on a device, in the manner of torch: indexing selects there, cpu() copies."""

    device = "cuda:0"

    def __init__(self, x: npt.NDArray[Any]) -> None:
        self.x, self.shape = x, x.shape

    def __dlpack_device__(self) -> tuple[int, int]:
        return (2, 0)

    def __dlpack__(self, **_: Any) -> Any:
        raise AssertionError("the device's memory cannot be read from here")

    def __getitem__(self, index: Any) -> OnDevice:
        return OnDevice(self.x[index])

    def cpu(self) -> npt.NDArray[Any]:
        return self.x


def test_only_kept_tokens_leave_the_device(hidden: Any, mask: Any) -> None:
    with pytest.raises(ValueError, match='device="copy"'):
        en.layers([OnDevice(hidden)], "rankme", mask=mask, per="token", on_failure="raise")
    for per in ("prompt", "dataset", "token"):
        rows = en.layers([OnDevice(hidden)], "rankme", mask=OnDevice(mask), per=per, device="copy")
        assert rows[0]["value"] == value([hidden], "rankme", mask=mask, per=per)
        assert rows.estimates[0] is not None
        assert rows.estimates[0].diagnostics["device_bytes_copied"] == 4 * 6 * sum(LENGTHS)


def test_threads_do_not_change_a_bit(hidden: Any, mask: Any) -> None:
    for per in ("prompt", "dataset", "token"):
        tables = [[row["value"] for row in en.layers([hidden] * 3, "dse,rankme", mask=mask, per=per, threads=t)] for t in (1, 2, 7)]
        assert tables[0] == tables[1] == tables[2]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda h: en.layers([h], "rankme", on_failure="raise"),
            ValueError,
            r"layers\(\) takes \(prompts, positions, .* with per=",
        ),
        (lambda h: en.layers([h[0]], "rankme", per="token", on_failure="raise"), ValueError, r"shape \(12, 6\); per= takes"),
        (lambda h: wrong.layers([h], "rankme", per="sentence"), ValueError, "'prompt', 'dataset', 'token'"),
        (lambda h: wrong.layers([h], "rankme", per="dataset", pool="median"), ValueError, "'mean', 'last', 'first', 'max'"),
        (lambda h: en.layers([h], "rankme", per="token", pool="mean"), ValueError, "only per='dataset' pools"),
        (lambda h: en.layers([h], "rankme", drop_tokens=[0]), ValueError, "pass per="),
        (lambda h: wrong.layers([h], "rankme", per="token", drop_tokens="bos"), TypeError, r"write a list: \['bos'\]"),
        (lambda h: wrong.layers([h], "rankme", per="token", drop_tokens=["eos"]), ValueError, "'eos'; allowed"),
        (lambda h: en.layers([h], "rankme", per="token", mask=np.ones(12, int)), ValueError, r"mask has 1 axes"),
        (lambda h: en.layers([h], "rankme", per="token", mask=np.ones((5, 11), int), on_failure="raise"), ValueError, r"must be \(5, 12\)"),
        (lambda h: en.layers([h], "rankme", per="token", mask=np.ones((5, 12))), TypeError, "float64"),
        (
            lambda h: en.layers([h], "rankme", per="token", mask=np.zeros((5, 12), int), on_failure="raise"),
            ValueError,
            "none of its 5 x 12",
        ),
        (lambda h: en.layers(h, "rankme"), TypeError, "x is one array"),
    ],
)
def test_misuse_names_what_is_allowed(hidden: Any, call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(hidden)


def test_maps_become_rows() -> None:
    x = np.arange(2 * 3 * 4 * 5, dtype=float).reshape(2, 3, 4, 5)
    pixels = en.to_rows(x)
    assert pixels.shape == (40, 3)
    assert np.array_equal(pixels[0], x[0, :, 0, 0])
    assert np.array_equal(pixels[-1], x[1, :, 3, 4])
    assert np.array_equal(en.to_rows(x.transpose(0, 2, 3, 1), layout="nhwc"), pixels)
    last = np.ascontiguousarray(x.transpose(0, 2, 3, 1))
    assert np.shares_memory(en.to_rows(last, layout="nhwc"), last)
    assert np.shares_memory(en.to_rows(last.transpose(0, 3, 1, 2)), last)
    assert np.shares_memory(en.to_rows(x, per="image"), x)
    assert en.to_rows(x, per="image").shape == (2, 60)
    torch = pytest.importorskip("torch", reason="torch is not installed")
    assert np.array_equal(en.to_rows(torch.from_numpy(x)).numpy(), pixels)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: wrong.to_rows(x[0]), "four axes"),
        (lambda x: wrong.to_rows(x, layout="chwn"), "'nchw', 'nhwc'"),
        (lambda x: wrong.to_rows(x, per="channel"), "'pixel', 'image'"),
        (lambda x: wrong.to_rows([x]), "is a list"),
    ],
)
def test_maps_of_other_shapes_are_misuse(call: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        call(np.zeros((2, 3, 4, 5)))
