"""The README's snippets run as they are printed. (The C++ one is compiled and run by the consumer test.)"""

from __future__ import annotations

import pathlib
import re
import subprocess

import entrospect as en
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def test_python_snippets(capsys: pytest.CaptureFixture[str]) -> None:
    snippets = blocks("python")
    assert snippets
    for snippet in snippets:
        exec(compile(snippet, "README.md", "exec"), {})
    assert "vendi_score" in capsys.readouterr().out


@pytest.mark.parametrize("line", [line for block in blocks("console") for line in block.splitlines()])
def test_command_snippets(line: str, tmp_path: pathlib.Path) -> None:
    program, *words = line.split()
    assert program == "entrospect"
    words = [str(tmp_path / word) if word.startswith("out/") else word for word in words]
    done = subprocess.run([en.cli.command(), *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip()
