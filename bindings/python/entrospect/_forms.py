"""Forms of catalogue entries with data that have no place there: a network's last layer, prompts of two models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from entrospect import _core
from entrospect._core import Estimate
from entrospect._matrices import copies
from entrospect._typing import Labels, Mask, OnFailure, Progress, Samples


def classifier_collapse(
    x: Samples,
    labels: Labels,
    weight: Samples,
    bias: Samples | None = None,
    *,
    measure: Literal["nc3", "nc4"] = "nc3",
    mask: Mask | None = None,
    device: Literal["copy"] | None = None,
    threads: int | None = None,
    progress: Progress = None,
    on_failure: OnFailure = "warn",
) -> Estimate:
    """`neural_collapse` against the last linear layer of the network: `weight` is C x d, one row for each class, `bias` has C entries.

    "nc3" is |W / |W|_F - M / |M|_F|_F, M the class means less their mean: 0 when the layer is the means (self-duality). "nc4" is the share
    of rows whose class by the layer has not the nearest mean. Row c belongs to the c-th class in ascending order of the labels; every
    class must occur, with at least two rows.

    >>> import entrospect as en
    >>> x, labels = en.testing.clusters([3, 3, 3]), [0, 0, 0, 1, 1, 1, 2, 2, 2]
    >>> means = x[::3] - x.mean(axis=0)
    >>> round(en.classifier_collapse(x, labels, means).value, 6), en.classifier_collapse(x, labels, -means, measure="nc4").value
    (0.0, 1.0)
    """
    return _core.classifier_collapse(x, labels, weight, bias, measure, mask, copies(device), threads, progress, on_failure)


def diff_erank_of_prompts(
    x: Iterable[Samples],
    y: Iterable[Samples],
    *,
    mean: Literal["entropy", "rank"] = "entropy",
    order: float = 1.0,
    device: Literal["copy"] | None = None,
    threads: int | None = None,
    progress: Progress = None,
    on_failure: OnFailure = "warn",
) -> Estimate:
    """`diff_erank` of a data set: x[i] are the tokens of prompt i in the untrained model, y[i] in the trained one.

    mean="entropy" takes exp of the mean entropy over prompts, as the paper's tool does; mean="rank" the mean of the effective ranks. The
    standard error is over prompts.

    >>> import entrospect as en
    >>> x = [en.testing.known_rank(n=20 + i, d=6, rank=5) for i in range(4)]
    >>> y = [en.testing.known_rank(n=20 + i, d=6, rank=2) for i in range(4)]
    >>> e = en.diff_erank_of_prompts(x, y)
    >>> 2 < e.value < 3, e.diagnostics["prompts"]
    (True, 4)
    """
    return _core.diff_erank_of_prompts(list(x), list(y), mean, order, copies(device), threads, progress, on_failure)
