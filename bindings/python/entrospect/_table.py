"""Lists of flat dicts that show themselves as a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from entrospect import _html
from entrospect._typing import Row

if TYPE_CHECKING:
    import pandas


class Table(list[Row]):
    """A list of flat dicts: pandas.DataFrame(rows) takes it as it is."""

    _numeric: frozenset[str] = frozenset()

    def to_pandas(self) -> pandas.DataFrame:
        """The rows as a pandas.DataFrame."""
        import pandas

        return pandas.DataFrame(list(self))

    def __repr__(self) -> str:
        columns, rows = self._shown()
        widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]

        def line(texts: Sequence[str]) -> str:
            padded = (
                text.rjust(width) if name in self._numeric else text.ljust(width)
                for name, text, width in zip(columns, texts, widths, strict=True)
            )
            return "  ".join(padded).rstrip()

        return "\n".join(map(line, (columns, *rows))) if self else "no rows"

    def _repr_html_(self) -> str:
        columns, rows = self._shown()
        return _html.table(columns, rows, self._numeric, self._failed())

    def _failed(self) -> list[bool]:
        return [False] * len(self)

    def _shown(self) -> tuple[list[str], list[list[str]]]:
        """Names and texts of the columns to look at."""
        columns = list(self[0]) if self else []
        return columns, [[text(row[name]) for name in columns] for row in self]


def text(value: Any) -> str:
    """Six significant digits; nothing for None and NaN."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
