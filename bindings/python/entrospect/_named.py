"""Errors of a call that does not fit a signature, with what was probably meant."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable, Mapping
from types import CodeType
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
_TAKES_MORE = 0x04  # a function of *more: inspect.CO_VARARGS


def _misfit(name: str, code: CodeType, given: int, options: Mapping[str, object]) -> str:
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    for option in options:
        if option in names:
            continue
        near = difflib.get_close_matches(option, names, n=1)
        meant = f"; did you mean {near[0]!r}?" if near else "."
        return f"{name}() has no option {option!r}{meant} Options: {', '.join(names[code.co_argcount :])}"
    taken = names[: code.co_argcount]
    return f"{name}() takes {', '.join(taken)} by position, got {given} arguments; options have names: {names[code.co_argcount]}=..."


def named(function: Callable[P, R]) -> Callable[P, R]:
    """The function, whose TypeError names the option that is nearest to one that it does not have."""
    code: CodeType = function.__code__
    names = frozenset(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    most = None if code.co_flags & _TAKES_MORE else code.co_argcount

    @functools.wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        if not names.issuperset(kwargs) or (most is not None and len(args) > most):
            raise TypeError(_misfit(function.__name__, code, len(args), kwargs))
        return function(*args, **kwargs)

    return checked
