"""progress=True: a bar by tqdm where it is installed, else lines on standard error."""

from __future__ import annotations

import sys
from typing import Any


class Bar:
    """Takes (stage, done in [0, 1]); leaves the line when done."""

    def __init__(self) -> None:
        self._bar: Any = None
        try:
            from tqdm.auto import tqdm
        except ImportError:
            return
        self._bar = tqdm(total=100, unit="%")

    def __call__(self, stage: str, done: float) -> None:
        if self._bar is None:
            print(f"{stage} {100 * done:.0f} %", file=sys.stderr)
            return
        self._bar.set_description(stage)
        self._bar.update(100 * done - self._bar.n)
        if done >= 1:
            self._bar.close()
