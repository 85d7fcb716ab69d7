"""What no compiler checks: who may include whom, that nothing names one machine, and that the documents tell the truth.

The include rule is one table, LAYERS below; CONTRIBUTING.md explains it.
"""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]

# Third-party package -> the include lines that mean it.
PACKAGES = {
    "Eigen": r"(unsupported/)?Eigen/",
    "Boost.Math": r"boost/math/",
    "Boost": r"boost/",
    "Spectra": r"Spectra/",
    "LAPACK": r"(cblas|lapacke|openblas_config)\.h$",
    "JSON": r"nlohmann/",
    "CLI11": r"CLI/",
    "libzip": r"zip\.h$",
    "xxHash": r"xxh3?(ash)?\.h$",
    "pybind11": r"pybind11/",
    "Python": r"Python\.h$",
    "threads and memory": r"(pthread|sched|sys/mman|sys/sysinfo)\.h$",
    "POSIX": r"(unistd|fcntl|fnmatch|signal|poll|termios|sys/\w+)\.h$",
    "standard library": r"[a-z_0-9]+$",
}
# Folder -> the project's folders and the packages it may include.
LAYERS: dict[str, tuple[set[str], set[str]]] = {}
LAYERS["core"] = ({"core"}, {"standard library", "Eigen", "threads and memory"})
LAYERS["spectral"] = ({"core", "spectral"}, {"standard library", "Eigen", "Spectra", "LAPACK", "threads and memory"})
LAYERS["estimators"] = ({"core", "spectral", "estimators"}, {"standard library", "Eigen", "Boost.Math"})
LAYERS["bindings/io"] = (
    LAYERS["estimators"][0] | {"bindings/io"},
    {"standard library", "POSIX", "threads and memory", "JSON", "libzip", "xxHash"},
)
LAYERS["bindings/cli"] = (
    LAYERS["bindings/io"][0] | {"bindings/cli"},
    {"standard library", "POSIX", "threads and memory", "JSON", "CLI11"},
)
LAYERS["bindings/python"] = (
    LAYERS["bindings/io"][0] | {"bindings/python"},
    {"standard library", "POSIX", "threads and memory", "JSON", "pybind11", "Python"},
)
PUBLIC = ("core", "spectral", "estimators", "bindings/io")
# A caller's compiler flags must not change what these headers mean to the compiled library.
PRIVATE_PACKAGES = set(PACKAGES) - {"standard library", "threads and memory", "POSIX"}


def tracked(*patterns: str) -> list[pathlib.Path]:
    """Files that git knows, or would know after `git add`; without git, all that .gitignore does not name."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns]
    try:
        names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        return unignored(*patterns)
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def unignored(*patterns: str) -> list[pathlib.Path]:
    rules = ["/.git", *(ROOT / ".gitignore").read_text(encoding="utf-8").split()]

    def ours(path: pathlib.Path) -> bool:
        name = relative(path)
        # A rule that begins with a slash is about the top folder only.
        ignored = any(fnmatch(part, rule.strip("/")) for rule in rules for part in name.split("/")[: 1 if rule.startswith("/") else None])
        return path.is_file() and not ignored

    return [path for pattern in patterns or ("*",) for path in ROOT.rglob(pattern) if ours(path)]


def relative(path: pathlib.Path) -> str:
    return path.relative_to(ROOT).as_posix()


def sources() -> list[pathlib.Path]:
    return [p for p in tracked("*.hpp", "*.cpp", "*.h", "*.inc") if layer_of(relative(p))]


def layer_of(name: str) -> str | None:
    return next((layer for layer in LAYERS if name.startswith(layer + "/")), None)


def includes(path: pathlib.Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if found := re.match(r'\s*#\s*include\s*([<"][^>"]+[>"])', line):
            yield number, found.group(1)


def package_of(include: str) -> str | None:
    return next((name for name, pattern in PACKAGES.items() if re.match(pattern, include)), None)


def public_headers() -> list[str]:
    names = (relative(p) for p in tracked("*.hpp"))
    return sorted(n for n in names if layer_of(n) in PUBLIC and "/detail/" not in n)


def violations(name: str, include: str) -> str | None:
    """Why this include line breaks the rule, or None."""
    layer = layer_of(name)
    assert layer is not None
    folders, packages = LAYERS[layer]
    target = include[1:-1]
    if include.startswith('"'):
        if not target.startswith("entrospect/"):
            return 'own headers are included as "entrospect/<folder>/<file>"'
        if target == "entrospect/entrospect.hpp":  # all of core, spectral and estimators; written by the build
            return None if "estimators" in folders and name.endswith(".cpp") else "this header is for sources above spectral/ only"
        target_layer = layer_of(target.removeprefix("entrospect/"))
        return None if target_layer in folders else f"{layer}/ may include {sorted(folders)}, not {target_layer}"
    package = package_of(target)
    if package not in packages:
        return f"{layer}/ may include {sorted(packages)}, not {package or 'an unknown package'}"
    if package in PRIVATE_PACKAGES and name in public_headers():
        return f"a public header shows {package}; move it to a .cpp or a header in detail/"
    return None


def test_files_are_found_without_git() -> None:
    assert set(tracked()) <= set(unignored()), "an ignored file is tracked"


def test_every_include_obeys_its_layer() -> None:
    found = sources()
    assert len(found) > 20, "the search for sources found almost nothing"
    broken = [
        f"{relative(path)}:{number}: {include}: {why}"
        for path in found
        for number, include in includes(path)
        if (why := violations(relative(path), include))
    ]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize(
    ("name", "include"),
    [
        ("core/planted.cpp", '"entrospect/spectral/spectrum.hpp"'),
        ("core/planted.cpp", "<boost/math/special_functions/digamma.hpp>"),
        ("core/planted.cpp", "<nlohmann/json.hpp>"),
        ("spectral/planted.cpp", '"entrospect/estimators/catalogue.hpp"'),
        ("spectral/planted.cpp", '"entrospect/entrospect.hpp"'),
        ("spectral/planted.cpp", "<unistd.h>"),
        ("estimators/planted.hpp", '"entrospect/entrospect.hpp"'),
        ("estimators/planted.cpp", "<Spectra/SymEigsSolver.h>"),
        ("estimators/planted.cpp", "<boost/asio.hpp>"),
        ("estimators/planted.cpp", '"../core/unit.hpp"'),
        ("bindings/io/planted.cpp", '"entrospect/bindings/cli/table.hpp"'),
        ("bindings/cli/planted.cpp", "<Eigen/Core>"),
        ("core/sample_matrix.hpp", "<Eigen/Core>"),
    ],
)
def test_planted_violations_are_seen(name: str, include: str) -> None:
    assert violations(name, include)


def test_spectra_appears_in_one_source_at_most() -> None:
    users = {relative(p) for p in sources() for _, include in includes(p) if package_of(include[1:-1]) == "Spectra"}
    assert len(users) <= 1, users
    assert all(user.endswith(".cpp") for user in users), users


def test_tests_are_not_included() -> None:
    users = [relative(p) for p in sources() for _, include in includes(p) if "/tests/" in include]
    assert not users


@pytest.fixture(scope="module")
def include_root(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("include")
    (folder / "entrospect").symlink_to(ROOT)
    return folder


@pytest.mark.parametrize("header", public_headers())
def test_public_header_compiles_alone(header: str, include_root: pathlib.Path) -> None:
    compiler = os.environ.get("CXX") or shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.skip("no C++ compiler on the path")
    command = [compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", f"-I{include_root}", "-xc++", "-"]
    done = subprocess.run(command, input=f'#include "entrospect/{header}"\n', capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_no_tracked_file_names_one_machine() -> None:
    machine = re.compile(r"(?<![\w.~$}*-])/(work|root|home|farm|tmp|Users)/|pypi\.(org|python)|deb\.debian|archive\.ubuntu")
    hits = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # data
        if path == pathlib.Path(__file__).resolve():
            continue  # holds the pattern
        hits += [f"{relative(path)}:{n}: {line.strip()[:120]}" for n, line in enumerate(text.splitlines(), 1) if machine.search(line)]
    assert not hits, "\n".join(hits)


def test_comments_name_documents_that_exist() -> None:
    named = [(p, word) for p in sources() for word in re.findall(r"[\w/]+\.md\b", p.read_text(encoding="utf-8"))]
    missing = [f"{relative(p)} names {word}" for p, word in named if not (ROOT / word).is_file()]
    assert not missing, "\n".join(missing)


def blocks(document: str, language: str) -> list[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("index", [0, 1])
def test_readme_opens_with_two_commands(index: int) -> None:
    (command,) = blocks("README.md", "sh")[index].strip().splitlines()
    script = ROOT / command
    assert script.is_file()
    assert os.access(script, os.X_OK)


def test_contributing_names_paths_that_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    words = re.findall(r"`([\w.\-/]+/[\w.\-/]*)`", text)
    assert len(words) > 20
    missing = [word for word in words if not (ROOT / word).exists()]
    assert not missing, f"CONTRIBUTING.md names {missing}"
