"""Measure what is inside a neural representation: entropy, effective dimension, information about inputs and labels.

Every estimator is a function of samples (n rows, d columns) that returns an Estimate: a number that says what it is.

>>> import entrospect as en
>>> x = en.testing.known_rank(n=60, d=12, rank=3)
>>> e = en.effective_rank(x)
>>> e.status, round(e.value, 3) <= 3
('ok', True)
"""

from __future__ import annotations

import logging as _logging

try:
    from entrospect import _core as _core
except ImportError as _error:
    raise ImportError(
        f"entrospect's compiled part could not be loaded ({_error}). Install the package with 'pip install .' in its source tree, "
        "or build it there with 'cmake -S . -B build -DENTROSPECT_PYTHON=ON && cmake --build build' and put build/python on PYTHONPATH."
    ) from _error

from entrospect import cli, testing
from entrospect import torch as torch  # not in __all__: `from entrospect import *` must not hide PyTorch
from entrospect._attention import AttentionRows, attention
from entrospect._catalogue import Description, catalogue, describe, run
from entrospect._core import Estimate, EstimateError, EstimateWarning, FileError, Spectrum, Tensor, __version__, threadpool_info
from entrospect._files import File, open
from entrospect._forms import classifier_collapse, diff_erank_of_prompts
from entrospect._functions import *  # noqa: F403
from entrospect._functions import __all__ as _estimators
from entrospect._gradient import value_and_gradient
from entrospect._layers import Rows, layers, to_rows
from entrospect._matrices import cka_matrix, gram_matrix, scatter_matrix, spectral_clusters
from entrospect._spectrum import Covariance, Diffusion, Gram, Hill, NeighborGraph, Renyi, Shannon, entropy, spectrum

_logging.getLogger("entrospect").addHandler(_logging.NullHandler())

__all__ = [
    "AttentionRows",
    "Covariance",
    "Description",
    "Diffusion",
    "Estimate",
    "EstimateError",
    "EstimateWarning",
    "File",
    "FileError",
    "Gram",
    "Hill",
    "NeighborGraph",
    "Renyi",
    "Rows",
    "Shannon",
    "Spectrum",
    "Tensor",
    "__version__",
    "attention",
    "catalogue",
    "cka_matrix",
    "classifier_collapse",
    "cli",
    "describe",
    "diff_erank_of_prompts",
    "entropy",
    "gram_matrix",
    "layers",
    "open",
    "run",
    "scatter_matrix",
    "spectral_clusters",
    "spectrum",
    "testing",
    "threadpool_info",
    "to_rows",
    "value_and_gradient",
    *_estimators,
]
