"""Attention of a whole model as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import numpy as np

from entrospect import _core
from entrospect._table import Table
from entrospect._typing import Mask, Progress, Samples


class AttentionRows(Table):
    """A list of flat dicts, one per layer, head, block of queries or query."""

    _numeric = frozenset(
        {"prompt", "layer", "head", "block", "query", "rows", "entropy", "cap", "normalized", "least", "most"}
        | {"collapse_share", "overload_share", "single_key_rows"}
    )

    def _failed(self) -> list[bool]:
        return [row["collapsed"] for row in self]


def attention(
    x: Samples | Mapping[str, Samples] | Iterable[Samples],
    *,
    mask: Mask | None = None,
    per: Literal["layer", "head", "block", "query"] = "head",
    blocks: int = 8,
    causal: bool = False,
    order: float | Literal["inf"] = 1.0,
    collapse: float = 0.1,
    overload: float = 0.75,
    tolerance: float = 0.005,
    unit: Literal["nats", "bits"] = "nats",
    device: Literal["copy"] | None = None,
    threads: int | None = None,
    progress: Progress = None,
) -> AttentionRows:
    """Entropy of attention probabilities per layer, head, block of queries or query; the formula is that of `attention_entropy`.

    `x` is one array (layers x heads x T x T, heads x T x T or T x T), or layers by name or in a list, each heads x T x T or, as models
    return them, prompts x heads x T x T: then every prompt has rows of its own. `mask`, nonzero = token, is (T,), or (prompts, T) for
    batches: a padded key is no choice and a padded query no row. With `causal` a query attends to the keys up to its own. `cap` is the mean
    of ln of the keys that a row may attend to, `normalized` the entropy over it; `collapse_share` is the share of rows below `collapse`
    times their cap, `overload_share` of those above `overload` times it, both of the rows with more than one key; `collapsed` says that the
    mean entropy is below `collapse` times the mean cap. `per="block"` cuts the queries of each head into `blocks` equal parts: how entropy
    runs along the sequence.

    All heads run side by side on the library's threads. Rows that do not sum to 1 within `tolerance` over those keys are an error that
    names the worst; `tolerance` admits probabilities rounded to bfloat16.

    >>> import entrospect as en
    >>> a = en.testing.causal_attention(4)
    >>> rows = en.attention([[a, a], [a, a]], causal=True)
    >>> [(row["layer"], row["head"], round(row["entropy"], 4), round(row["normalized"], 4)) for row in rows][:2]
    [(0, 0, 0.7945, 1.0), (0, 1, 0.7945, 1.0)]
    """
    if per not in ("layer", "head", "block", "query"):
        raise ValueError(f"per = {per!r}; allowed: 'layer', 'head', 'block', 'query'")
    if per == "block" and blocks < 1:
        raise ValueError(f"blocks = {blocks}; allowed: at least 1")
    if device not in (None, "copy"):
        raise ValueError(f"device = {device!r}; allowed: None, 'copy'")
    heads: list[tuple[str, int, Samples, Mask | None]] = []
    places: list[dict[str, Any]] = []
    for place, array, tokens in _heads(x, mask):
        label = ", ".join(f"{key} {value}" for key, value in place.items())
        if per == "layer":
            place.pop("head")
        if not places or per != "layer" or places[-1] != place:
            places.append(place)
        heads.append((label, len(places) - 1, array, tokens))
    if not heads:
        raise ValueError("x has no heads; pass probabilities of layers x heads x queries x keys")
    options: dict[str, Any] = {"causal": causal, "order": order, "collapse": collapse, "overload": overload}
    options.update(tolerance=tolerance, unit=unit)
    parts = {"layer": 0, "head": 0, "block": blocks, "query": 2**62}[per]
    found = _core.attention_rows(heads, parts, options, device == "copy", threads, progress)
    return AttentionRows(_row(places[row["group"]], row, per, unit) for row in found)


def _row(place: dict[str, Any], found: dict[str, Any], per: str, unit: str) -> dict[str, Any]:
    row = dict(place)
    if per == "query":
        row["query"] = found["first_query"]
    elif per == "block":
        row["queries"] = f"{found['first_query']}-{found['last_query']}"
    row.update((key, value) for key, value in found.items() if key not in ("group", "first_query", "last_query"))
    row["unit"] = unit
    return row


def _heads(x: Any, mask: Mask | None) -> Iterator[tuple[dict[str, Any], Any, Any]]:
    """Every head with its place and its mask."""
    tokens = None if mask is None else np.asarray(mask)
    if tokens is not None and tokens.ndim not in (1, 2):
        raise ValueError(f"mask has {tokens.ndim} dimensions; allowed: (T,), or (prompts, T) for batches")
    if hasattr(x, "shape"):
        if len(x.shape) not in (2, 3, 4):
            raise ValueError(f"x has {len(x.shape)} dimensions; allowed: layers x heads x T x T, heads x T x T, T x T")
        x = [x[i] for i in range(len(x))] if len(x.shape) == 4 else [x]
    for name, layer in x.items() if isinstance(x, Mapping) else enumerate(x):
        dimensions = _dimensions(layer)
        if dimensions not in (2, 3, 4):
            raise ValueError(f"layer {name} has {dimensions} dimensions; allowed: heads x T x T, prompts x heads x T x T, T x T")
        batched = dimensions == 4
        if tokens is not None and (tokens.ndim == 2) != batched:
            wanted = "(prompts, T)" if batched else "(T,)"
            raise ValueError(f"mask has {tokens.ndim} dimensions; layer {name} has {dimensions}, so it must be {wanted}")
        if batched and tokens is not None and len(tokens) != len(layer):
            raise ValueError(f"mask has {len(tokens)} prompts; layer {name} has {len(layer)}")
        prompts = layer if batched else [layer if dimensions == 3 else [layer]]
        for p in range(len(prompts)):
            for h in range(len(prompts[p])):
                place: dict[str, Any] = {"prompt": p} if batched else {}
                place.update(layer=name, head=h)
                yield place, prompts[p][h], tokens[p] if tokens is not None and batched else tokens


def _dimensions(layer: Any) -> int:
    """Of an array, or of lists of arrays."""
    if hasattr(layer, "shape"):
        return len(layer.shape)
    return 1 + _dimensions(layer[0]) if len(layer) > 0 else 0
