"""The command, from Python: entrospect.cli.run(["run", "acts/", "-e", "vendi_score"])."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from entrospect._layers import Rows


def command() -> str:
    """Path of the entrospect command that belongs to this package."""
    name = "entrospect.exe" if os.name == "nt" else "entrospect"
    package = Path(__file__).resolve().parent
    beside = (package.parent.parent / name, Path(sysconfig.get_path("scripts")) / name)  # build tree, installed wheel
    for candidate in beside:
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return str(candidate)
    found = shutil.which(name)
    if found is None:
        places = f"{beside[0].parent}, {beside[1].parent} or PATH"
        raise FileNotFoundError(f"there is no command 'entrospect' in {places}; install it with 'pip install .'")
    return found


def run(arguments: Sequence[str]) -> Rows:
    """Run the command and return its rows (schema v1); what it says goes to standard error.

    Exit codes 0 (all cells have a value) and 3 (some have none; their rows say why) return; every other code raises
    subprocess.CalledProcessError.
    """
    wanted = list(arguments)
    if wanted[:1] == ["run"] and "--json" not in wanted:
        wanted.append("--json")
    done = subprocess.run([command(), *wanted], stdout=subprocess.PIPE, check=False, text=True)
    if done.returncode not in (0, 3):
        raise subprocess.CalledProcessError(done.returncode, done.args, done.stdout)
    return Rows(json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))


def main() -> int:
    """python -m entrospect: the command itself."""
    return subprocess.run([command(), *sys.argv[1:]], check=False).returncode
