"""torch tensors: no copy, bfloat16 as it is, gradients detached and recorded."""

from __future__ import annotations

from typing import Any

import entrospect as en
import numpy as np
import pytest

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed")


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "float64"])
def test_every_float_without_a_copy(name: str) -> None:
    x = torch.randn(40, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64).to(getattr(torch, name))
    e = en.rankme(x)
    assert "copied" not in e.diagnostics
    assert e.value == en.rankme(x.double().numpy()).value


@pytest.mark.parametrize("view", [lambda x: x.T, lambda x: x[::2], lambda x: x[:, 1:4], lambda x: x[3:].view(torch.float64)])
def test_views(view: Any) -> None:
    x = view(torch.randn(40, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64))
    e = en.rankme(x)
    assert "copied" not in e.diagnostics
    assert e.value == en.rankme(np.ascontiguousarray(x.numpy())).value


def test_gradients_are_detached_and_recorded() -> None:
    x = torch.randn(20, 4, requires_grad=True)
    e = en.rankme(x)
    assert e.diagnostics["detached"] is True
    assert x.requires_grad
    assert e.value == en.rankme(x.detach()).value


def test_lazy_negation_is_resolved() -> None:
    z = torch.complex(torch.randn(20, 4), torch.randn(20, 4))
    imaginary = z.conj().imag
    assert imaginary.is_neg()
    assert en.rankme(imaginary).value == en.rankme(-z.imag.contiguous()).value


@pytest.mark.parametrize("name", ["int32", "bool", "complex64"])
def test_other_types_are_refused(name: str) -> None:
    with pytest.raises(TypeError, match=r"samples are float16, bfloat16, float32 or float64"):
        en.rankme(torch.ones(4, 4, dtype=getattr(torch, name)))


def test_meta_tensors_have_no_memory() -> None:
    with pytest.raises((ValueError, BufferError)):
        en.rankme(torch.empty(4, 4, device="meta"))


def test_one_axis_is_refused() -> None:
    with pytest.raises(ValueError, match=r"as_column=True"):
        en.rankme(torch.ones(4))


def test_importing_both_in_either_order_keeps_both_working() -> None:
    import subprocess
    import sys

    for order in ("torch, entrospect", "entrospect, torch"):
        code = f"import {order}; import numpy; x = torch.randn(30, 4); print(entrospect.rankme(x).value, float((x @ x.T).sum()))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
