"""Estimators as differentiable functions of PyTorch tensors, for use inside a loss.

    loss = cross_entropy - 0.1 * entrospect.torch.von_neumann_entropy(z)

Names and options are those of the estimators; the result is a scalar tensor of the dtype and on the device of `z`, and so is its gradient.
Both are computed in float64 on the host (`device="copy"` for tensors elsewhere). Second derivatives are not available. PyTorch is imported
when the first function is called.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

from entrospect import _core, _functions
from entrospect._catalogue import catalogue, describe

# Keywords that are no options, in the order in which the compiled module takes them, with their defaults.
_CONTROLS = {
    "labels": None,
    "weights": None,
    "mask": None,
    "device": None,
    "as_column": False,
    "threads": None,
    "progress": None,
    "on_failure": "warn",
}


class _Torch(NamedTuple):
    module: Any
    value: Any  # the autograd function


@functools.cache
def _torch() -> _Torch:
    try:
        import torch
    except ImportError as error:
        raise ImportError("entrospect.torch needs PyTorch, which is not installed: pip install torch") from error

    class Derivative(torch.autograd.Function):
        """The gradient times what comes from the loss. It depends on z, in a way that is not known here."""

        @staticmethod
        def forward(ctx: Any, incoming: Any, z: Any, gradient: Any) -> Any:
            return incoming * gradient

        @staticmethod
        def backward(ctx: Any, *incoming: Any) -> Any:
            raise RuntimeError("entrospect.torch has no second derivatives: call backward or autograd.grad without differentiating twice")

    derivative: Any = Derivative

    class Value(torch.autograd.Function):
        """A value and its gradient that are known already."""

        @staticmethod
        def forward(ctx: Any, z: Any, value: Any, gradient: Any) -> Any:
            ctx.save_for_backward(z, gradient)
            return value.clone()

        @staticmethod
        def backward(ctx: Any, *incoming: Any) -> Any:
            z, gradient = ctx.saved_tensors
            return derivative.apply(incoming[0], z, gradient), None, None

    return _Torch(torch, Value)


def _constant(torch: Any, samples: Any, name: str) -> Any:
    """Samples that no gradient is taken of."""
    if not isinstance(samples, torch.Tensor):
        return samples
    if torch.is_grad_enabled() and samples.requires_grad:
        raise ValueError(f"{name} requires a gradient, which is taken with respect to the first samples only; pass {name}.detach()")
    return samples.detach()


def _differentiable(name: str) -> Callable[..., Any]:
    original = getattr(_functions, name)
    further = describe(name)["samples"][1:]

    def function(z: Any, *others: Any, **options: Any) -> Any:
        torch, value = _torch()
        if not isinstance(z, torch.Tensor):
            raise TypeError(f"entrospect.torch.{name} takes a torch.Tensor, not {type(z).__name__}; entrospect.{name} takes other arrays")
        rest = (*others, *(options.pop(key) for key in further[len(others) :] if key in options))
        samples = (z.detach(), *(_constant(torch, x, key) for key, x in zip(further, rest, strict=False)), *rest[len(further) :])
        controls = [options.pop(key, default) for key, default in _CONTROLS.items()]
        if not (torch.is_grad_enabled() and z.requires_grad):
            return z.new_tensor(_core.run(name, samples, options, *controls).value)
        estimate, gradient = _core.value_and_gradient(name, samples, options, *controls)
        # A column given as a vector has a gradient of its own shape.
        return value.apply(z, z.new_tensor(estimate.value), torch.from_numpy(gradient).to(z).reshape(z.shape))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Differentiable {name} of the rows of a tensor: a scalar tensor.\n\n    {original.__doc__}"
    parameters = list(inspect.signature(original).parameters.values())
    first = parameters[0].name if "z" in further else "z"  # the third samples of some are called z
    function.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [parameters[0].replace(name=first, annotation="torch.Tensor"), *parameters[1:]], return_annotation="torch.Tensor"
    )
    return function


def _names() -> list[str]:
    return sorted(name for entry in catalogue() if entry["differentiable"] for name in (entry["name"], *entry["aliases"]))


def __getattr__(name: str) -> Callable[..., Any]:
    if name not in _functions.__all__:
        raise AttributeError(f"module 'entrospect.torch' has no attribute '{name}'")
    if name not in _names():
        raise AttributeError(f"entrospect.torch has no '{name}': it has no gradient; those with one: {', '.join(_names())}")
    function = globals()[name] = _differentiable(_core.canonical_name(name))
    return function


def __dir__() -> list[str]:
    return _names()
