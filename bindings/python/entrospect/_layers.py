"""Layers x estimators as a table."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, cast, overload

import numpy as np
import numpy.typing as npt

from entrospect import _core
from entrospect._core import Estimate, EstimateWarning
from entrospect._table import Table
from entrospect._table import text as _text
from entrospect._typing import Labels, Mask, OnFailure, Progress, Row, Samples, SupportsDLPack, Weights

if TYPE_CHECKING:
    pass

_log = logging.getLogger("entrospect")

Per: TypeAlias = Literal["prompt", "dataset", "token"]
Pool: TypeAlias = Literal["mean", "last", "first", "max"]
Layout: TypeAlias = Literal["nchw", "nhwc"]
_T = TypeVar("_T", bound=np.generic)


class Rows(Table):
    """A list of flat dicts (row schema v1): pandas.DataFrame(rows) takes it as it is.

    `estimates` holds the Estimate of each row, None where the cell failed; `prompts` the Estimates of its prompts under per="prompt".
    """

    def __init__(self, rows: Iterable[Row] = (), estimates: Iterable[Estimate | None] = (), prompts: Iterable[list[Estimate]] = ()) -> None:
        super().__init__(rows)
        self.estimates: list[Estimate | None] = list(estimates)
        self.prompts: list[list[Estimate]] = list(prompts)

    _numeric = frozenset({"layer", "normalized", "value", "std_error", "p_value", "n", "d"})

    def _failed(self) -> list[bool]:
        return [row["status"] != "ok" for row in self]

    def _shown(self) -> tuple[list[str], list[list[str]]]:
        """Names and texts of the columns to look at; those that are empty in every row are left out."""
        texts = [
            [*(_text(row[name]) for name in _BEFORE_OPTIONS), given, normalized, *(_text(row[name]) for name in _AFTER_OPTIONS)]
            for row, given, normalized in zip(self, _differing_options(self), self._mean_normalized(), strict=True)
        ]
        names = [*_BEFORE_OPTIONS, "options", "normalized", *_AFTER_OPTIONS]
        used = [i for i, name in enumerate(names) if name == "value" or any(row[i] for row in texts)]
        return [names[i] for i in used], [[row[i] for i in used] for row in texts]

    def _mean_normalized(self) -> list[str]:
        """What compares where rows are means over prompts whose caps differ."""
        if len(self.estimates) != len(self):
            return [""] * len(self)
        return ["" if e is None or e.cap is not None else _text(e.normalized) for e in self.estimates]


_BEFORE_OPTIONS = ("file", "layer", "tensor", "estimator")
_AFTER_OPTIONS = ("value", "std_error", "p_value", "unit", "n", "d", "status", "reason")


def _differing_options(rows: Sequence[Row]) -> list[str]:
    """Of every row the options in which rows of its estimator differ: what tells dse:t=1 from dse:t=2."""
    seen: dict[str, dict[str, set[Any]]] = {}
    for row in rows:
        if row["status"] != "error":  # such a row has only the options that were given
            for key, value in row["params"].items():
                seen.setdefault(row["estimator"], {}).setdefault(key, set()).add(value)

    def differs(row: Row, key: str) -> bool:
        return len(seen.get(row["estimator"], {}).get(key, ())) > 1

    return [
        ", ".join(f"{key}={_text(value)}" for key, value in row["params"].items() if value is not None and differs(row, key))
        for row in rows
    ]


def layers(
    x: Mapping[str, Samples] | Iterable[Samples] | Samples,
    estimators: str | Sequence[str],
    *,
    per: Per | None = None,
    pool: Pool | None = None,
    drop_tokens: Sequence[int | Literal["bos", "cls"]] = (),
    labels: Labels | None = None,
    weights: Weights | None = None,
    names: Sequence[str] | None = None,
    mask: Mask | None = None,
    device: Literal["copy"] | None = None,
    as_column: bool = False,
    threads: int | None = None,
    progress: Progress = None,
    on_failure: OnFailure = "ignore",
    **options: Any,
) -> Rows:
    """Run every estimator on every layer; one row each, in the order of the layers.

    `x` maps names to samples, or lists samples (then `names` may name them). `estimators` are texts such as "vendi_score" or
    "vendi_score:order=2,kernel=gaussian", the same grammar as the command's -e. Keyword `options` (center, seed, unit, ...) go to every
    estimator that has them; what an estimator's own text says wins. `labels` and `weights` reach the estimators that take them;
    `mask` keeps rows. Estimators of one layer share its spectra. A cell that fails is a row with value NaN, a status and a reason,
    unless on_failure="raise".

    With `per`, layers are activations of prompts, (prompts, positions, features), such as a transformer's hidden_states; one array is one
    layer. `mask` is (prompts, positions), nonzero = keep: padding on either side is never a row. What is analyzed:

    per="prompt": the kept tokens of each prompt; the row is the mean over prompts, with its standard error and 95 % interval over prompts.
        `rows.prompts` has the single values. Caps differ with the length of a prompt, so compare `estimate.normalized`, the mean of
        value / cap. A prompt with fewer than two kept tokens has no value, and the status says so.
    per="dataset": one row for each prompt, pooled over its kept tokens by `pool`: "mean" (default), "max", or the "first" or "last" one.
    per="token": the kept tokens of all prompts. Tokens of one prompt depend on each other, so interval="jackknife" (or "subsample") leaves
        out whole prompts.

    `drop_tokens` lists positions among the kept tokens of each prompt to leave out: 0 ("bos", "cls") is the first, -1 the last. `labels`
    and `weights` have one entry for each prompt (per="dataset"), or for each token, (prompts, positions), where per="token" takes one for
    each prompt too. Positions with more than 20 times the median norm, constant rows and what looks like unmasked padding are warned of.

    >>> import entrospect as en
    >>> acts = {"layer0": en.testing.orthogonal(4), "layer1": en.testing.known_rank(n=20, d=4, rank=1)}
    >>> rows = en.layers(acts, ["vendi_score", "rankme"])
    >>> [(row["tensor"], row["estimator"], round(row["value"], 3)) for row in rows][:2]
    [('layer0', 'vendi_score', 4.0), ('layer0', 'rankme', 4.0)]

    >>> hidden = en.testing.known_rank(n=20, d=4, rank=3).reshape(5, 4, 4)  # 5 prompts of 4 tokens
    >>> row = en.layers(hidden, "von_neumann_entropy", per="prompt")[0]
    >>> row["n"], row["interval_method"]
    (20, 'prompts')
    """
    if per is None and (pool is not None or drop_tokens):
        raise ValueError("pool and drop_tokens are about the tokens of prompts; pass per='prompt', 'dataset' or 'token' too")
    if pool is not None and per != "dataset":
        raise ValueError(f"pool = {pool!r}: only per='dataset' pools the tokens of a prompt; per is {per!r}")
    sources = named_layers([cast("Samples", x)] if per is not None and _is_array(x) else x, names)
    if not sources:
        raise ValueError("x has no layers; pass a mapping of names to n x d arrays, or a list of arrays")
    if device not in (None, "copy"):
        raise ValueError(f"device = {device!r}; allowed: None, 'copy'")
    text = estimators if isinstance(estimators, str) else ",".join(estimators)
    given = {key: value for key, value in options.items() if value is not None}
    drop = _positions(drop_tokens)
    if per is not None:
        positions = mask if mask is not None else sources[0][1]
        labels, weights = _by_entry(labels, per, positions), _by_entry(weights, per, positions)
    cells = _core.layers(
        sources, text, given, per, pool or "mean", drop, labels, weights, mask, device == "copy", as_column, threads, progress, on_failure
    )
    rows = Rows((row for row, _, _ in cells), (estimate for _, estimate, _ in cells), (prompts for _, _, prompts in cells))
    for row in rows:
        if row["status"] == "error":
            _log.warning("%s %s: %s", row["tensor"], row["estimator"], row["reason"])
    if per is not None:
        _warn_of_tokens(rows)
    return rows


def _is_array(x: object) -> bool:
    return hasattr(x, "__dlpack__") or hasattr(x, "shape")


def _positions(drop_tokens: Sequence[int | str]) -> list[int]:
    if isinstance(drop_tokens, str):
        raise TypeError(f"drop_tokens = {drop_tokens!r}; write a list: [{drop_tokens!r}]")
    out = []
    for token in drop_tokens:
        if token in ("bos", "cls"):
            out.append(0)
        elif isinstance(token, str) or not hasattr(token, "__index__") or isinstance(token, bool):
            raise ValueError(
                f"drop_tokens has {token!r}; allowed: 'bos' or 'cls' (the first kept token), or a position, negative from the end"
            )
        else:
            out.append(token.__index__())
    return out


def _by_entry(values: Any, per: Per, positions: Any) -> Any:
    """Labels or weights in one line: one entry for each prompt (per="dataset") or for each token, padding included."""
    if values is None or per == "dataset":
        return values
    array = np.asarray(values)
    prompts_positions = tuple(positions.shape[:2]) if hasattr(positions, "shape") else np.asarray(positions).shape[:2]
    if array.shape == prompts_positions:
        return array.reshape(-1)
    if per == "token" and array.shape == prompts_positions[:1]:
        return np.repeat(array, prompts_positions[1])
    raise ValueError(
        f"labels and weights have one entry for each token, shape {prompts_positions}"
        + (f", or for each prompt, shape {prompts_positions[:1]}" if per == "token" else "")
        + f"; given: {array.shape}"
    )


def _warn_of_tokens(rows: Rows) -> None:
    """One warning of each kind for all layers: what token_warnings() found is on every estimate."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        for warning in row["warnings"]:
            kind = warning.split(":")[0]
            if kind in ("massive activations", "constant rows") or kind.startswith("equal last rows"):
                found.setdefault(kind.split(" in ")[0], {}).setdefault(row["tensor"], warning)
    for by_layer in found.values():
        layer, text = next(iter(by_layer.items()))
        more = f" (and {len(by_layer) - 1} more layers)" if len(by_layer) > 1 else ""
        warnings.warn(f"layer '{layer}'{more}: {text}", EstimateWarning, stacklevel=3)


def named_layers(x: Mapping[str, Samples] | Iterable[Samples] | Samples, names: Sequence[str] | None) -> list[tuple[str, Samples]]:
    if isinstance(x, Mapping):
        if names is not None:
            raise ValueError("names: x is a mapping and already has names")
        return [(str(name), samples) for name, samples in x.items()]
    if _is_array(x):
        raise TypeError(
            "x is one array; layers are a mapping of names to n x d arrays, or a list of arrays. per= takes one array of "
            "(prompts, positions, features)"
        )
    listed = list(cast("Iterable[Samples]", x))
    if names is not None and len(names) != len(listed):
        raise ValueError(f"names has {len(names)} entries; x has {len(listed)} layers")
    return [(str(name), samples) for name, samples in zip(names or range(len(listed)), listed, strict=False)]


@overload
def to_rows(x: npt.NDArray[_T], *, layout: Layout = ..., per: Literal["pixel", "image"] = ...) -> npt.NDArray[_T]: ...
@overload
def to_rows(x: SupportsDLPack, *, layout: Layout = ..., per: Literal["pixel", "image"] = ...) -> SupportsDLPack: ...
def to_rows(x: Any, *, layout: Layout = "nchw", per: Literal["pixel", "image"] = "pixel") -> Any:
    """Convolutional maps as samples: a row for each pixel, (images * height * width, channels), or for each image, all values in one row.

    Works on NumPy arrays and PyTorch tensors and returns the same kind: a view where the memory lies in that order (per="image" of
    contiguous maps, per="pixel" of channels-last ones), else a copy.

    >>> import entrospect as en
    >>> import numpy as np
    >>> maps = np.zeros((8, 3, 5, 5))
    >>> en.to_rows(maps).shape, en.to_rows(maps, per="image").shape
    ((200, 3), (8, 75))
    """
    if layout not in ("nchw", "nhwc"):
        raise ValueError(f"layout = {layout!r}; allowed: 'nchw', 'nhwc'")
    if per not in ("pixel", "image"):
        raise ValueError(f"per = {per!r}; allowed: 'pixel', 'image'")
    if not hasattr(x, "shape") or not hasattr(x, "reshape"):
        raise TypeError(f"x is a {type(x).__name__}; maps are an array of four axes, {layout}")
    if len(x.shape) != 4:
        raise ValueError(f"x has shape {tuple(x.shape)}; maps have four axes, {layout}")
    if per == "image":
        return x.reshape(x.shape[0], x.shape[1] * x.shape[2] * x.shape[3])
    if layout == "nchw":
        x = x.permute(0, 2, 3, 1) if hasattr(x, "permute") else x.transpose(0, 2, 3, 1)
    return x.reshape(x.shape[0] * x.shape[1] * x.shape[2], x.shape[3])
