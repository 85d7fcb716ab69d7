"""Entropy of attention against NumPy: rows, masks, causality, shares, and every form in which models return probabilities."""

from __future__ import annotations

from typing import Any

import entrospect as en
import numpy as np
import pytest
from numpy.typing import NDArray

Floats = NDArray[np.float64]
EPS = float(np.finfo(np.float64).eps)


def softmax(logits: Floats, allowed: NDArray[np.bool_]) -> Floats:
    p = np.where(allowed, np.exp(logits), 0.0)
    return np.asarray(p / np.maximum(p.sum(axis=-1, keepdims=True), 1e-300))


def model(shape: tuple[int, ...], causal: bool, tokens: NDArray[np.bool_] | None = None) -> Floats:
    """Probabilities as a model gives them: padded keys get none, rows of padded queries are anything."""
    t = shape[-1]
    allowed = np.ones((t, t), dtype=bool) if not causal else np.tril(np.ones((t, t), dtype=bool))
    logits = 3 * np.random.default_rng(17).normal(size=shape)
    if tokens is None:
        return softmax(logits, allowed)
    p = softmax(logits, allowed & tokens[None, :])
    p[..., ~tokens, :] = np.nan
    return p


def rows(p: Floats, causal: bool, tokens: NDArray[np.bool_] | None = None) -> tuple[Floats, Floats]:
    """Entropy and cap of each row that counts, by the definition."""
    t = len(p)
    tokens = np.ones(t, dtype=bool) if tokens is None else tokens
    entropy, cap = [], []
    for i in np.flatnonzero(tokens):
        keys = [j for j in range(t) if tokens[j] and (j <= i or not causal)]
        entropy.append(-sum(p[i, j] * np.log(p[i, j]) for j in keys if p[i, j] > 0))
        cap.append(np.log(len(keys)))
    return np.array(entropy), np.array(cap)


def check(row: dict[str, Any], entropy: Floats, cap: Floats, scale: float = 1.0) -> None:
    tolerance = 64 * EPS * len(entropy)
    assert row["rows"] == len(entropy)
    assert row["entropy"] == pytest.approx(entropy.mean() * scale, abs=tolerance)
    assert row["cap"] == pytest.approx(cap.mean() * scale, abs=tolerance)
    assert (row["least"], row["most"]) == pytest.approx((entropy.min() * scale, entropy.max() * scale), abs=tolerance)
    choosing = cap > 0
    assert row["single_key_rows"] == (~choosing).sum()
    if not choosing.any():
        assert (row["collapse_share"], row["overload_share"]) == (None, None)
        return
    assert row["normalized"] == pytest.approx(entropy.mean() / cap.mean(), abs=tolerance)
    share = entropy[choosing] / cap[choosing]
    assert row["collapse_share"] == pytest.approx((share < 0.3).mean())
    assert row["overload_share"] == pytest.approx((share > 0.6).mean())
    assert row["collapsed"] == (entropy.mean() < 0.3 * cap.mean())


LIMITS: dict[str, Any] = {"collapse": 0.3, "overload": 0.6}
MASKS: dict[str, Any] = {
    "none": lambda t: None,
    "right padding": lambda t: np.arange(t) < max(1, t - 3),
    "left padding": lambda t: np.arange(t) >= min(3, t - 1),
    "holes": lambda t: np.arange(t) % 4 != 2,
}


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("t", [1, 2, 9, 70])
def test_heads(t: int, mask: str, causal: bool) -> None:
    tokens = MASKS[mask](t)
    a = model((3, 2, t, t), causal, tokens)
    heads = en.attention(a, mask=tokens, causal=causal, **LIMITS)
    assert [(row["layer"], row["head"]) for row in heads] == [(layer, head) for layer in range(3) for head in range(2)]
    for row in heads:
        check(row, *rows(a[row["layer"], row["head"]], causal, tokens))
    layers = en.attention(list(a), mask=tokens, causal=causal, per="layer", unit="bits", **LIMITS)
    assert [row["layer"] for row in layers] == [0, 1, 2]
    for row in layers:
        both = [rows(head, causal, tokens) for head in a[row["layer"]]]
        entropy, cap = (np.concatenate(part) for part in zip(*both, strict=True))
        check(row, entropy, cap, scale=1 / np.log(2))
    queries = en.attention(a, mask=tokens, causal=causal, per="query", **LIMITS)
    entropy, cap = rows(a[0, 0], causal, tokens)
    counted = np.arange(t) if tokens is None else np.flatnonzero(tokens)
    for row, i, h, most in zip(queries, counted, entropy, cap, strict=False):
        assert row["query"] == i
        assert (row["entropy"], row["cap"]) == pytest.approx((h, most), abs=64 * EPS)


def test_blocks_are_the_profile_along_the_sequence() -> None:
    a = model((2, 50, 50), True)
    blocks = en.attention(a, causal=True, per="block", blocks=4, **LIMITS)
    assert [row["queries"] for row in blocks] == 2 * ["0-12", "13-24", "25-37", "38-49"]
    for k, row in enumerate(blocks):
        entropy, cap = rows(a[k // 4], True)
        first, last = map(int, row["queries"].split("-"))
        check(row, entropy[first : last + 1], cap[first : last + 1])


def test_batches_of_prompts_have_a_mask_each() -> None:
    tokens = np.arange(9) < np.array([[9], [4], [6]])
    layers = {name: np.stack([model((2, 9, 9), True, mask) for mask in tokens]) for name in ("first", "second")}
    found = en.attention(layers, mask=tokens, causal=True, **LIMITS)
    assert [(row["prompt"], row["layer"], row["head"]) for row in found][:7] == [
        *[(p, "first", h) for p in range(3) for h in range(2)],
        (0, "second", 0),
    ]
    for row in found:
        check(row, *rows(layers[row["layer"]][row["prompt"], row["head"]], True, tokens[row["prompt"]]))
    assert len(en.attention(layers, mask=tokens, causal=True, per="layer")) == 6


def test_the_last_queries_of_a_longer_sequence() -> None:
    a = model((20, 20), True)
    e, tail = en.attention_entropy(a, causal=True), en.attention_entropy(a[15:], causal=True)
    entropy, cap = rows(a, True)
    assert e.value == pytest.approx(entropy.mean(), abs=64 * EPS)
    assert (tail.value, tail.cap) == pytest.approx((entropy[15:].mean(), cap[15:].mean()), abs=64 * EPS)


@pytest.mark.parametrize("order", [0.5, 1.0, 2.0, np.inf])
def test_one_head_is_the_catalogue_entry(order: float) -> None:
    a = model((40, 40), False)
    e = en.attention_entropy(a, order=order)
    (row,) = en.attention(a, order=order)
    assert (e.value, e.cap) == (row["entropy"], row["cap"])
    assert e.diagnostics["collapse_share"] == row["collapse_share"]
    power = a.max(axis=1) if np.isinf(order) else (a**order).sum(axis=1)
    if order != 1:
        exact = -np.log(power) if np.isinf(order) else np.log(power) / (1 - order)
        assert e.value == pytest.approx(exact.mean(), abs=64 * EPS)


def test_threads_and_element_types() -> None:
    a = model((12, 8, 33, 33), True)
    one = en.attention(a, causal=True, threads=1)
    assert list(en.attention(a, causal=True, threads=4)) == list(one)
    half = np.asarray(a, dtype=np.float16)
    for row, exact in zip(en.attention(half, causal=True), one, strict=True):
        assert row["entropy"] == pytest.approx(exact["entropy"], abs=0.01)


def test_rows_that_are_no_distributions_are_refused() -> None:
    a = model((2, 3, 8, 8), False)
    a[1, 2, 5] *= 0.9
    a[0, 1, 3] *= 0.95
    with pytest.raises(ValueError, match=r"layer 1, head 2: row 5 sums to 0\.9 over its 8 keys.*worst of 2 rows"):
        en.attention(a)
    assert len(en.attention(a, tolerance=0.2)) == 6
    with pytest.raises(ValueError, match=r"layer 0, head 0: row 0 sums to .* over its 1 keys.*causal"):
        en.attention(model((1, 1, 8, 8), False)[:, :, :1, :1])
    logits = model((3, 8, 8), False)
    logits[1, 2, 4] = -0.25
    with pytest.raises(ValueError, match=r"layer 0, head 1: row 2, column 4 is -0\.25; .*softmax"):
        en.attention(logits)
    logits[1, 2, 4] = np.nan
    with pytest.raises(ValueError, match=r"row 2, column 4 is nan"):
        en.attention(logits)
    with pytest.raises(ValueError, match=r"8 queries and 5 keys"):
        en.attention(np.full((8, 5), 0.2), causal=True)
    with pytest.raises(ValueError, match=r"chosen rows"):
        en.attention_entropy(en.testing.causal_attention(6), causal=True, mask=np.arange(6) > 2)


def test_masks_and_shapes_that_do_not_fit_are_refused() -> None:
    a = model((2, 2, 6, 6), False)
    with pytest.raises(ValueError, match="5 entries for 6 keys"):
        en.attention(a, mask=np.ones(5, dtype=bool))
    with pytest.raises(ValueError, match="no row is left"):
        en.attention(a, mask=np.zeros(6, dtype=bool))
    with pytest.raises(ValueError, match=r"must be \(T,\)"):
        en.attention(a, mask=np.ones((2, 6)))
    with pytest.raises(ValueError, match=r"must be \(prompts, T\)"):
        en.attention([a], mask=np.ones(6))
    with pytest.raises(ValueError, match="mask has 3 prompts; layer 0 has 2"):
        en.attention([a], mask=np.ones((3, 6)))
    with pytest.raises(ValueError, match="mask has 3 dimensions"):
        en.attention(a, mask=np.ones((1, 1, 6)))
    with pytest.raises(ValueError, match="x has 5 dimensions"):
        en.attention(a[None])
    with pytest.raises(ValueError, match="layer b has 1 dimensions"):
        en.attention({"b": np.ones(3)})
    with pytest.raises(ValueError, match="no heads"):
        en.attention([])
    for wrong, message in (
        ({"per": "token"}, "per = 'token'"),
        ({"per": "block", "blocks": 0}, "blocks = 0"),
        ({"device": "gpu"}, "device"),
    ):
        with pytest.raises(ValueError, match=message):
            en.attention(a, **wrong)
    with pytest.raises(ValueError, match=r"collapse = 2 is not a number in \[0, 1\]"):
        en.attention(a, collapse=2.0)


def test_rows_show_themselves() -> None:
    found = en.attention(np.eye(3)[None])
    assert found[0]["collapsed"]
    text = repr(found).splitlines()
    assert text[0].split()[:4] == ["layer", "head", "rows", "entropy"]
    assert "collapse_share" in found._repr_html_()
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    assert list(found.to_pandas()["entropy"]) == [0.0]
    assert isinstance(found.to_pandas(), pandas.DataFrame)


def test_tensors_of_a_model_are_read_without_a_copy() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    a = torch.from_numpy(model((2, 3, 16, 16), True))
    assert list(en.attention(a, causal=True)) == list(en.attention(a.numpy(), causal=True))
    brain = a.to(torch.bfloat16)
    for row, exact in zip(en.attention([brain[0], brain[1]], causal=True), en.attention(a, causal=True), strict=True):
        assert row["entropy"] == pytest.approx(exact["entropy"], abs=0.05)
