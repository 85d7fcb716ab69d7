"""Layers x estimators as a table."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from entrospect import _core, _html
from entrospect._core import Estimate
from entrospect._typing import Labels, Mask, OnFailure, Progress, Row, Samples, Weights

if TYPE_CHECKING:
    import pandas

_log = logging.getLogger("entrospect")


class Rows(list[Row]):
    """A list of flat dicts (row schema v1): pandas.DataFrame(rows) takes it as it is.

    `estimates` holds the Estimate of each row, None where the cell failed.
    """

    def __init__(self, rows: Iterable[Row] = (), estimates: Iterable[Estimate | None] = ()) -> None:
        super().__init__(rows)
        self.estimates: list[Estimate | None] = list(estimates)

    def to_pandas(self) -> pandas.DataFrame:
        """The rows as a pandas.DataFrame."""
        import pandas

        return pandas.DataFrame(list(self))

    def __repr__(self) -> str:
        columns, rows = self._shown()
        widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]

        def line(texts: Sequence[str]) -> str:
            padded = (
                text.rjust(width) if name in _NUMERIC else text.ljust(width)
                for name, text, width in zip(columns, texts, widths, strict=True)
            )
            return "  ".join(padded).rstrip()

        return "\n".join(map(line, (columns, *rows))) if self else "no rows"

    def _repr_html_(self) -> str:
        columns, rows = self._shown()
        return _html.table(columns, rows, _NUMERIC, [row["status"] != "ok" for row in self])

    def _shown(self) -> tuple[list[str], list[list[str]]]:
        """Names and texts of the columns to look at; those that are empty in every row are left out."""
        options = _differing_options(self)
        texts = [
            [*(_text(row[name]) for name in _BEFORE_OPTIONS), given, *(_text(row[name]) for name in _AFTER_OPTIONS)]
            for row, given in zip(self, options, strict=True)
        ]
        names = [*_BEFORE_OPTIONS, "options", *_AFTER_OPTIONS]
        used = [i for i, name in enumerate(names) if name == "value" or any(row[i] for row in texts)]
        return [names[i] for i in used], [[row[i] for i in used] for row in texts]


_BEFORE_OPTIONS = ("file", "layer", "tensor", "estimator")
_AFTER_OPTIONS = ("value", "std_error", "unit", "n", "d", "status", "reason")
_NUMERIC = frozenset({"layer", "value", "std_error", "n", "d"})


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


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
    x: Mapping[str, Samples] | Iterable[Samples],
    estimators: str | Sequence[str],
    *,
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

    >>> import entrospect as en
    >>> acts = {"layer0": en.testing.orthogonal(4), "layer1": en.testing.known_rank(n=20, d=4, rank=1)}
    >>> rows = en.layers(acts, ["vendi_score", "rankme"])
    >>> [(row["tensor"], row["estimator"], round(row["value"], 3)) for row in rows][:2]
    [('layer0', 'vendi_score', 4.0), ('layer0', 'rankme', 4.0)]
    """
    sources = _named(x, names)
    if not sources:
        raise ValueError("x has no layers; pass a mapping of names to n x d arrays, or a list of arrays")
    if device not in (None, "copy"):
        raise ValueError(f"device = {device!r}; allowed: None, 'copy'")
    text = estimators if isinstance(estimators, str) else ",".join(estimators)
    given = {key: value for key, value in options.items() if value is not None}
    cells = _core.layers(sources, text, given, labels, weights, mask, device == "copy", as_column, threads, progress, on_failure)
    rows = Rows((row for row, _ in cells), (estimate for _, estimate in cells))
    for row in rows:
        if row["status"] == "error":
            _log.warning("%s %s: %s", row["tensor"], row["estimator"], row["reason"])
    return rows


def _named(x: Mapping[str, Samples] | Iterable[Samples], names: Sequence[str] | None) -> list[tuple[str, Samples]]:
    if isinstance(x, Mapping):
        if names is not None:
            raise ValueError("names: x is a mapping and already has names")
        return [(str(name), samples) for name, samples in x.items()]
    if hasattr(x, "__dlpack__") or hasattr(x, "shape"):
        raise TypeError("x is one array; layers are a mapping of names to n x d arrays, or a list of arrays")
    listed = list(x)
    if names is not None and len(names) != len(listed):
        raise ValueError(f"names has {len(names)} entries; x has {len(listed)} layers")
    return [(str(name), samples) for name, samples in zip(names or range(len(listed)), listed, strict=False)]
