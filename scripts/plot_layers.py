#!/usr/bin/env python3
"""Draws what `entrospect run` found, layer by layer, as a PNG.

    entrospect run notebooks/data/digits -e dse,dsmi --labels notebooks/data/digits/labels.npy -o out
    python scripts/plot_layers.py out -o layers.png

One panel per estimator, layers from left to right in natural order, one curve per file: with one file per training checkpoint the curves
darken as training goes on. A band is +- one standard error, where the result has one. A value that is missing (its row says why) is
a gap in the curve and is named on the terminal.

Reads results.jsonl or results.csv, or the folder that holds them. Needs matplotlib.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import pathlib
import re
import sys
from typing import Any

try:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.axes import Axes
except ImportError as error:
    raise SystemExit(f"{error}; install it with: {sys.executable} -m pip install matplotlib") from None

Row = dict[str, Any]
NUMERIC = ("value", "std_error", "cap", "layer", "n", "d")


def read_rows(path: pathlib.Path) -> list[Row]:
    if path.is_dir():
        found = [path / name for name in ("results.jsonl", "results.csv") if (path / name).is_file()]
        if not found:
            raise SystemExit(f"{path}: no results.jsonl and no results.csv; write them with: entrospect run PATH -o {path}")
        path = found[0]
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".csv":
        rows: list[Row] = list(csv.DictReader(text.splitlines()))
    else:
        lines = text.splitlines()
        if lines and not text.endswith("\n"):
            lines.pop()  # a run that was cut off leaves a torn last line; resuming computes that cell again
        parsed = [json.loads(line) for line in lines]
        rows = list({row["cell"]: row for row in parsed}.values())  # a cell computed again replaces its earlier row
    for row in rows:
        for key in NUMERIC:
            row[key] = float(row[key]) if row.get(key) not in (None, "") else None
        if isinstance(row.get("params"), str):
            row["params"] = json.loads(row["params"] or "{}")
    if not rows:
        raise SystemExit(f"{path}: no rows")
    return rows


def natural(text: str) -> list[tuple[int, int, str]]:
    """Sorts layers.2 before layers.10."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", text) if part]


def panel_of(row: Row) -> str:
    """Rows with the same estimator and options share a panel."""
    return json.dumps([row["estimator"], row.get("params") or {}], sort_keys=True)


def panel_title(row: Row, rows: list[Row]) -> str:
    """The estimator, and its options as far as its panels differ in them."""
    alike = [other.get("params") or {} for other in rows if other["estimator"] == row["estimator"]]
    differing = [
        f"{key} = {value:g}" if isinstance(value, float) else f"{key} = {value}"
        for key, value in (row.get("params") or {}).items()
        if any(other.get(key) != value for other in alike)
    ]
    return ", ".join([row["estimator"].replace("_", " "), *differing])


def curve_of(row: Row) -> str:
    """The checkpoint: the folder of the file, or the file itself when it lies in the root."""
    file = pathlib.PurePosixPath(row["file"])
    return str(file.parent) if str(file.parent) != "." else file.name


def draw_panel(axes: Axes, rows: list[Row], tensors: list[str], curves: dict[str, set[str]], normalized: bool) -> None:
    colors = plt.get_cmap("viridis_r")
    for number, (curve, layers) in enumerate(curves.items()):
        found = {row["tensor"]: row for row in rows if curve_of(row) == curve}
        x, y, error = [], [], []
        for position, tensor in enumerate(tensors):
            if tensor in layers:  # without a value it is a gap, not a straight line across
                row = found.get(tensor, {"value": math.nan, "std_error": None, "cap": None})
                scale = (row["cap"] or math.nan) if normalized else 1.0
                x.append(position)
                y.append(row["value"] / scale)
                error.append((row["std_error"] or 0.0) / scale)
        color = colors(0.12 + 0.83 * number / (len(curves) - 1)) if len(curves) > 1 else colors(0.7)
        axes.plot(x, y, marker="o", markersize=4, linewidth=1.8, color=color, label=curve)
        if any(error):
            low, high = ([a + sign * b for a, b in zip(y, error, strict=True)] for sign in (-1, 1))
            axes.fill_between(x, low, high, color=color, alpha=0.18, linewidth=0)
    units = sorted({row["unit"] for row in rows})
    axes.set_ylabel("share of the cap" if normalized else " / ".join(units))
    axes.set_xticks(range(len(tensors)), tensors, rotation=45, ha="right", fontsize=8)
    axes.grid(axis="y", color="0.9")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def draw(rows: list[Row], output: pathlib.Path, title: str | None, normalized: bool) -> None:
    tensors = sorted({row["tensor"] for row in rows}, key=natural)
    curves: dict[str, set[str]] = {curve: set() for curve in sorted({curve_of(row) for row in rows}, key=natural)}
    for row in rows:
        curves[curve_of(row)].add(row["tensor"])
    rows = [row for row in rows if row["value"] is not None]
    panels = list(dict.fromkeys(panel_of(row) for row in rows))
    columns = 2 if len(panels) == 4 else min(3, len(panels))
    lines = -(-len(panels) // columns)
    figure, grid = plt.subplots(lines, columns, figsize=(4.6 * columns + 1.4, 3.5 * lines + 0.4), squeeze=False, layout="constrained")
    for axes, panel in zip(grid.flat, panels, strict=False):
        members = [row for row in rows if panel_of(row) == panel]
        draw_panel(axes, members, tensors, curves, normalized)
        axes.set_title(panel_title(members[0], rows), fontsize=11)
    for axes in list(grid.flat)[len(panels) :]:
        axes.set_visible(False)
    if title:
        figure.suptitle(title)
    if len(curves) > 1:
        handles, labels = grid.flat[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right upper", frameon=False, fontsize=9)
    figure.savefig(output, dpi=150)
    plt.close(figure)


def main() -> int:
    p = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    p.add_argument("results", type=pathlib.Path, help="results.jsonl, results.csv, or the folder that holds them")
    p.add_argument("-o", "--output", type=pathlib.Path, default=pathlib.Path("layers.png"), help="default: layers.png")
    p.add_argument("-e", "--estimators", nargs="+", help="only these (default: all)")
    p.add_argument("--normalized", action="store_true", help="draw value / cap, comparable between layers of different width")
    p.add_argument("--title")
    options = p.parse_args()

    rows = read_rows(options.results)
    if options.estimators:
        known = sorted({row["estimator"] for row in rows})
        unknown = sorted(set(options.estimators) - set(known))
        if unknown:
            print(f"no rows of {', '.join(unknown)}; the results hold {', '.join(known)}", file=sys.stderr)
            return 2
        rows = [row for row in rows if row["estimator"] in options.estimators]
    for row in rows:
        if row["value"] is None:
            where = " ".join(str(row[key]) for key in ("file", "tensor", "estimator") if row.get(key))
            print(f"no value: {where}: {row.get('reason') or row.get('status')}", file=sys.stderr)
    rows = [row for row in rows if row.get("tensor") and row.get("estimator")]  # a file that could not be opened has neither
    if not any(row["value"] is not None for row in rows):
        print(f"{options.results}: no row has a value, nothing to draw", file=sys.stderr)
        return 4
    draw(rows, options.output, options.title, options.normalized)
    print(options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
