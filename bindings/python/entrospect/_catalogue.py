"""The catalogue as data, and estimators by name."""

from __future__ import annotations

import functools
import json
from typing import Any, Literal

from entrospect import _core
from entrospect._core import Estimate
from entrospect._typing import Labels, Mask, OnFailure, Progress, Samples, Weights


class Description(dict[str, Any]):
    """Everything that the catalogue knows about one estimator: a dict whose repr is readable."""

    def __repr__(self) -> str:
        lines = [f"{self['name']}: {self['summary']}"]
        if self["aliases"]:
            lines.append(f"  aliases      {', '.join(self['aliases'])}")
        lines += [f"  {key:<12} {self[key]}" for key in ("formula", "unit", "range", "cap", "cost")]
        lines += [f"  {key:<12} {self[key]}" for key in ("labels", "weights") if self[key] != "none"]
        lines.append("  options")
        lines.extend(f"    {field['name']} = {field['default']!r}  {field['help']}" for field in self["fields"])
        for kind, compat in (("conventions", False), ("compat ids", True)):
            entries = [c for c in self["conventions"] if bool(c["compat"]) is compat]
            if entries:
                lines.append(f"  {kind}")
                lines.extend(f"    {c['id']}  {c['formula'] or self['formula']}" for c in entries)
        lines.extend(f"  reference    {r}" for r in self["references"])
        return "\n".join(lines)


@functools.cache
def _entries() -> dict[str, Description]:
    return {entry["name"]: Description(entry) for entry in json.loads(_core.catalogue_json())}


def catalogue() -> list[Description]:
    """Every estimator, in the order of the catalogue.

    >>> import entrospect as en
    >>> "vendi_score" in [entry["name"] for entry in en.catalogue()]
    True
    """
    return list(_entries().values())


def describe(name: str) -> Description:
    """One estimator by name or alias: formula, unit, range, options, conventions, compat ids, cost, references.

    >>> import entrospect as en
    >>> en.describe("dse")["name"]
    'diffusion_spectral_entropy'
    """
    return _entries()[_core.canonical_name(name)]


def run(
    name: str,
    *samples: Samples,
    labels: Labels | None = None,
    weights: Weights | None = None,
    mask: Mask | None = None,
    device: Literal["copy"] | None = None,
    as_column: bool = False,
    threads: int | None = None,
    progress: Progress = None,
    on_failure: OnFailure = "warn",
    **options: Any,
) -> Estimate:
    """Run an estimator by name or alias; `options` are its keyword options.

    An option given here wins over a convention or compat id even where it equals the default; the functions named after the estimators
    cannot tell such an option from one that was left out.

    >>> import entrospect as en
    >>> x = en.testing.orthogonal(4)
    >>> float(en.run("vendi_score", x, order=2)) == float(en.vendi_score(x, order=2))
    True
    """
    return _core.run(name, samples, options, labels, weights, mask, device, as_column, threads, progress, on_failure)
