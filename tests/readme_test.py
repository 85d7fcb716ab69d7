"""The README's snippets run as they are printed. (The C++ one is compiled and run by the consumer test; the `sh` blocks install packages,
so here they are only compared with what the scripts install.)"""

from __future__ import annotations

import json
import pathlib
import re
import subprocess

import entrospect as en
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("snippet", blocks("python"))
def test_python_snippets(snippet: str, capsys: pytest.CaptureFixture[str]) -> None:
    if "import torch" in snippet:
        pytest.importorskip("torch", reason="PyTorch is not installed")
    exec(compile(snippet, "README.md", "exec"), {})
    if "print(" in snippet:
        assert "vendi_score" in capsys.readouterr().out


@pytest.mark.parametrize("line", [line for block in blocks("console") for line in block.splitlines()])
def test_command_snippets(line: str, tmp_path: pathlib.Path) -> None:
    program, *words = line.split()
    assert program == "entrospect"
    words = [str(tmp_path / word) if word.startswith("out/") else word for word in words]
    done = subprocess.run([en.cli.command(), *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip()


def script_packages(variable: str) -> set[str]:
    setup = (ROOT / "scripts" / "setup.sh").read_text(encoding="utf-8")
    found = re.search(rf"^{variable}=\((.*)\)$", setup, flags=re.MULTILINE)
    assert found
    return set(found.group(1).split())


def test_packages_are_those_of_the_scripts() -> None:
    pip, plain = [set(line.split()[3:]) for block in blocks("sh") for line in block.splitlines() if line.startswith("sudo apt-get")]
    library = script_packages("library_packages")
    assert plain - {"g++", "make", "cmake"} == library | script_packages("test_packages")
    assert pip - {"g++"} == library - {"libeigen3-dev", "libboost-dev"}  # these come as build-time Python packages


def test_presets_exist() -> None:
    presets = json.loads((ROOT / "CMakePresets.json").read_text(encoding="utf-8"))
    workflows = {preset["name"] for preset in presets["workflowPresets"]}
    named = set(re.findall(r"--workflow --preset ([\w-]+)", README))
    (further,) = re.findall(r"^Further presets: (.*?)\.$", README, flags=re.MULTILINE)
    named |= set(re.findall(r"`([\w-]+)`", further))
    assert "default" in named
    assert named <= workflows


def test_table_names_estimators() -> None:
    table = README.partition("## What to use when")[2].partition("##")[0]
    names = [name for line in table.splitlines() if line.startswith("| ") for name in re.findall(r"`(\w+)`", line.split("|")[2])]
    assert len(names) > 6
    for name in names:
        assert en.describe(name)["name"]
