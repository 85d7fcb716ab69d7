"""The command, from Python: entrospect.cli.run(["run", "acts/", "-e", "vendi_score"])."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from entrospect import _core
from entrospect._layers import Rows
from entrospect._typing import Row


def command() -> str:
    """Path of the entrospect command that belongs to this package."""
    name = "entrospect.exe" if os.name == "nt" else "entrospect"
    build = Path(_core.__file__).resolve().parents[2]
    beside = (build / name, Path(sysconfig.get_path("scripts")) / name)  # build tree, installed wheel
    for candidate in beside:
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return str(candidate)
    found = shutil.which(name)
    if found is None:
        places = f"{beside[0].parent}, {beside[1].parent} or PATH"
        raise FileNotFoundError(f"there is no command 'entrospect' in {places}; install it with 'pip install .'")
    return found


class CommandError(RuntimeError):
    """The command ended with a code that means no rows; the message holds what it said, `code` the exit code."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(f"entrospect ended with exit code {code}: {said.strip()}")
        self.code = code


def run(arguments: Sequence[str]) -> Rows:
    """Run the command and return its rows (schema v1; a missing value is NaN). Commands other than `run` print and return no rows.

    Exit codes 0 (all cells have a value) and 3 (some have none; their rows say why) return; every other code raises CommandError.
    """
    wanted = list(arguments)
    rows = wanted[:1] == ["run"]
    if rows and "--json" not in wanted:
        wanted.append("--json")
    done = subprocess.run([command(), *wanted], capture_output=True, check=False, encoding="utf-8")
    if done.returncode not in (0, 3):
        raise CommandError(done.returncode, done.stderr)
    sys.stderr.write(done.stderr)
    if not rows:
        sys.stdout.write(done.stdout)
        return Rows()
    return Rows(_row(line) for line in done.stdout.splitlines())


def _row(line: str) -> Row:
    row: Row = json.loads(line)
    if row["value"] is None:
        row["value"] = math.nan
    return row


def main() -> int:
    """python -m entrospect: the command itself."""
    return subprocess.run([command(), *sys.argv[1:]], check=False).returncode
