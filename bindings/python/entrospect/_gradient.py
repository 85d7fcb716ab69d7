"""Values with their exact derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from entrospect import _core, _functions
from entrospect._core import Estimate
from entrospect._typing import Labels, Mask, OnFailure, Progress, Samples, Weights


def name_of(estimator: str | Callable[..., Any]) -> str:
    """The name that an estimator's function stands for."""
    if isinstance(estimator, str):
        return estimator
    name = getattr(estimator, "__name__", "")
    if getattr(_functions, name, None) is not estimator:
        raise TypeError(f"estimator = {estimator!r}; write the name of an estimator or its function, such as entrospect.vendi_score")
    return str(name)


def value_and_gradient(
    estimator: str | Callable[..., Estimate],
    x: Samples,
    *others: Samples,
    labels: Labels | None = None,
    weights: Weights | None = None,
    mask: Mask | None = None,
    device: Literal["copy"] | None = None,
    as_column: bool = False,
    threads: int | None = None,
    progress: Progress = None,
    on_failure: OnFailure = "warn",
    **options: Any,
) -> tuple[Estimate, npt.NDArray[np.float64]]:
    """An estimate and its exact derivative with respect to every value of `x`, n x d, in the estimate's unit.

    `estimator` is a name, an alias or the function itself; `others` are the samples that it takes besides `x`, `options` its keyword
    options. The gradient of a function of eigenvalues is computed by the matrix-function form U f(lam) U^T, so it is finite at repeated and
    zero eigenvalues. Where the value has no derivative (order at most 1/2 at a zero eigenvalue, tied largest eigenvalues at order inf) the
    status is `nonsmooth` and the gradient one of the support. Rows that are masked or dropped have gradient 0. Weights, and the bandwidth
    that a rule finds, count as constants. Compat ids, bounds and approximations are refused.

    >>> import entrospect as en
    >>> e, g = en.value_and_gradient("von_neumann_entropy", np.array([[1.0, 0.0], [1.0, 1.0]]))
    >>> g.round(6)
    array([[ 0.      , -0.623225],
           [-0.311613,  0.311613]])
    """
    return _core.value_and_gradient(
        name_of(estimator), (x, *others), options, labels, weights, mask, device, as_column, threads, progress, on_failure
    )
