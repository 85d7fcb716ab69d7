"""The notebook forms of an Estimate and of a table of layers."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any

from entrospect._core import Estimate

# currentColor keeps the card readable on light and dark pages; only the status is colored.
_STYLE = (
    "<style>"
    ".entrospect{display:inline-block;font:13px/1.5 system-ui,sans-serif;border:1px solid color-mix(in srgb,currentColor 25%,transparent);"
    "border-radius:6px;padding:8px 14px 6px;max-width:54em}"
    ".entrospect b{font-size:20px;font-weight:600;font-variant-numeric:tabular-nums}"
    ".entrospect .s{float:right;margin-left:2em;padding:0 8px;border-radius:9px;color:#fff}"
    ".entrospect .f{font-family:ui-monospace,monospace;font-size:12px;margin:2px 0}"
    ".entrospect th{text-align:left;padding:0 12px 2px 0;font-weight:600;border-bottom:1px solid}"
    ".entrospect .n{text-align:right;font-variant-numeric:tabular-nums}"
    ".entrospect table{border-collapse:collapse;margin:4px 0;font-size:12px}"
    ".entrospect td{text-align:left;padding:0 12px 0 0;border:0;background:none;vertical-align:top}"
    ".entrospect td:first-child{opacity:.65;white-space:nowrap}"
    ".entrospect meter{width:10em;height:.9em;vertical-align:-1px}"
    ".entrospect summary{cursor:pointer;opacity:.65;font-size:12px}"
    "</style>"
)
_OK, _NOT_OK = "#1a7f37", "#b35900"


def _number(value: float) -> str:
    return f"{value:.6g}"


def _with_unit(value: float, unit: str) -> str:
    if math.isnan(value):
        return "no value"
    return _number(value) if unit in ("count", "none") else f"{_number(value)} {unit}"


def _table(pairs: list[tuple[str, str]]) -> str:
    """Pairs of text; the right side is HTML already."""
    return "<table>" + "".join(f"<tr><td>{html.escape(key)}</td><td>{value}</td></tr>" for key, value in pairs) + "</table>"


def _text(value: Any) -> str:
    return html.escape(_number(value) if isinstance(value, float) else str(value))


def _facts(e: Estimate) -> list[tuple[str, str]]:
    facts = []
    if e.std_error is not None:
        facts.append(("standard error", html.escape(f"{_with_unit(e.std_error, e.unit)} ({e.interval_method})")))
    elif e.interval is None:
        facts.append(("uncertainty", "not computed"))
    if e.interval is not None:
        low, high = e.interval
        facts.append(("interval", html.escape(f"[{_number(low)}, {_number(high)}] ({e.interval_method})")))
    if e.null is not None:
        low, high = e.null.interval
        text = f"mean {_number(e.null.mean)}, 95 % in [{_number(low)}, {_number(high)}], p = {_number(e.null.p_value)} ({e.null.method})"
        facts.append(("null", html.escape(text)))
    if e.cap is not None:
        share = e.normalized
        bar = ""
        if share is not None and 0 <= share <= 1:
            bar = f' <meter min="0" max="1" value="{share:.4f}"></meter> {100 * share:.1f} % of it'
        facts.append(("largest possible", html.escape(_with_unit(e.cap, e.unit)) + bar))
    facts.append(("samples", f"n = {e.n}, d = {e.d}"))
    if e.compat:
        facts.append(("compat", html.escape(e.compat) + "".join(f"<br>{html.escape(fault)}" for fault in e.compat_faults)))
    elif e.convention:
        facts.append(("convention", html.escape(e.convention)))
    if e.reason:
        facts.append(("reason", html.escape(e.reason)))
    facts.extend(("warning", html.escape(warning)) for warning in e.warnings)
    return facts


def estimate(e: Estimate) -> str:
    """One card: the value with its unit, status and cap in sight, options and diagnostics folded."""
    status = f'<span class="s" style="background:{_OK if e.ok else _NOT_OK}" title="{html.escape(e.advice)}">{html.escape(e.status)}</span>'
    details = [(key, _text(value)) for key, value in e.options.items() if value is not None]
    diagnostics = [(key, _text(value)) for key, value in e.diagnostics.items()]
    if e.backend_used:
        diagnostics.insert(0, ("backend", html.escape(e.backend_used)))
    folded = "".join(
        f"<details><summary>{title}</summary>{_table(pairs)}</details>"
        for title, pairs in (("options", details), ("diagnostics", diagnostics))
        if pairs
    )
    return (
        f'{_STYLE}<div class="entrospect">{status}{html.escape(e.estimator.replace("_", " "))}<br>'
        f"<b>{html.escape(_with_unit(e.value, e.unit))}</b>"
        f'<div class="f">{html.escape(e.formula)}</div>{_table(_facts(e))}{folded}</div>'
    )


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], numeric: frozenset[str], failed: Sequence[bool]) -> str:
    """Texts as a table: the columns in `numeric` align right, the rows that `failed` have the color of a status that is not ok."""
    kinds = ['class="n"' if column in numeric else "" for column in columns]

    def line(tag: str, texts: Sequence[str]) -> str:
        return "".join(f"<{tag} {kind}>{html.escape(text)}</{tag}>" for kind, text in zip(kinds, texts, strict=True))

    body = "".join(
        f'<tr style="color:{_NOT_OK}">{line("td", row)}</tr>' if bad else f"<tr>{line('td', row)}</tr>"
        for row, bad in zip(rows, failed, strict=True)
    )
    head = f"<thead><tr>{line('th', columns)}</tr></thead>"
    return f'{_STYLE}<div class="entrospect" style="max-width:none"><table>{head}<tbody>{body}</tbody></table></div>'
