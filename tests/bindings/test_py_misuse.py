"""Misuse of single entries that no rule of the catalogue covers: each is an error or a status that names what to do."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import entrospect as en
import numpy as np
import pytest

NAMES = [entry["name"] for entry in en.catalogue()]
RNG = np.random.default_rng(1)
X, Y = RNG.normal(size=(24, 5)), RNG.normal(size=(24, 5))
LABELS = np.arange(24) % 3
INDEFINITE = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_option_names_the_nearest(name: str) -> None:
    call: Callable[..., Any] = getattr(en, name)
    field = next(field["name"] for field in en.describe(name)["fields"] if len(field["name"]) > 3)
    with pytest.raises(TypeError, match=rf"{name}\(\) has no option '{field}s'; did you mean '{field}'\?"):
        call(**{f"{field}s": 1})
    with pytest.raises(TypeError, match=rf"{name}\(\) has no option 'qqqq'\. Options: "):
        call(qqqq=1)


def test_options_by_position_are_refused_by_name() -> None:
    with pytest.raises(TypeError, match=r"vendi_score\(\) takes x by position, got 2 arguments; options have names: order="):
        en.vendi_score(X, 2)  # type: ignore[call-arg]


def test_a_warning_points_at_the_call() -> None:
    with warnings.catch_warnings(record=True) as met:
        warnings.simplefilter("always")
        en.log_det(X.T)
        en.run("log_det", X.T)
    assert [warning.filename for warning in met] == [__file__, __file__]


@pytest.mark.parametrize("order", [1.0, 2.0])
def test_a_product_does_not_hide_an_indefinite_factor(order: float) -> None:
    """The entrywise square of the matrix is positive semi-definite."""
    one = np.ones((3, 3))
    options: Any = {"kernel": "precomputed", "order": order}
    for call in (en.matrix_joint_entropy, en.matrix_conditional_entropy, en.matrix_mutual_information, en.difference_of_entropies):
        with pytest.raises(ValueError, match=r": x: the matrix is not positive semi-definite: its smallest eigenvalue is -0\.8"):
            call(INDEFINITE, INDEFINITE, **options)
        with pytest.raises(ValueError, match=r": y: the matrix is not positive semi-definite"):
            call(one, INDEFINITE, **options)


def test_classes_and_groups_without_scatter_are_told() -> None:
    alone = np.where(np.arange(24) == 0, 9, LABELS)
    assert "1 class has one row" in en.coding_rate_reduction(X, alone).warnings[0]
    assert "rows of every group are equal" in en.lidar(np.repeat(X, 2, axis=0), np.repeat(np.arange(24), 2)).warnings[0]


def test_zero_is_not_negative() -> None:
    e = en.tsallis_entropy(np.ones((4, 2)), on_failure="ignore")
    assert math.copysign(1, e.value) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: en.diff_erank(np.ones((4, 2)), Y), r"x: 4 rows cannot be normalized .* zero_rows=drop where that is an option"),
        (lambda: en.von_neumann_entropy(np.vstack([X, 0 * X[:1]])), r"1 row cannot be normalized to length 1, being zero: row 24;"),
        (lambda: en.matrix_joint_entropy(X.T @ X, Y.T @ Y, kernel="precomputed"), r"diagonal must be 1 .* a covariance of features is no"),
        (lambda: en.dsmi(X, LABELS[:, None]), r"labels must be 1-d, one entry per row; it has 2 axes\. Write labels\.ravel\(\)"),
        (lambda: en.dse(X, graph="knn", k=24), r"k = 24 neighbors is not in \[1, n - 1\] for n = 24"),
    ],
)
def test_messages_say_what_to_do(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
