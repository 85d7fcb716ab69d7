"""A kernel given as a Python function becomes a precomputed Gram matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def gram(x: Any, kernel: Any, mask: Any) -> npt.NDArray[np.float64]:
    """K_ij = kernel(x[i], x[j]) for the rows that the mask keeps; each pair is evaluated once, the other half is mirrored."""
    rows = range(len(x)) if mask is None else np.flatnonzero(np.asarray(mask)).tolist()
    samples = [x[i] for i in rows]
    matrix = np.empty((len(samples), len(samples)))
    for i, a in enumerate(samples):
        for j in range(i + 1):
            matrix[i, j] = matrix[j, i] = float(kernel(a, samples[j]))
    return matrix
