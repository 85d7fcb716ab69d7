"""Prints, separated by semicolons, the prefixes of the build-time Python packages that hold headers."""

from importlib import metadata

MARKERS = {"cmeel-eigen": "Eigen3Config.cmake", "boost-headers": "boost/version.hpp"}
LEVELS = {"cmeel-eigen": 4, "boost-headers": 3}  # from the marker up to the prefix: share/eigen3/cmake/X, include/boost/X


def prefix(package: str) -> str | None:
    try:
        files = metadata.files(package) or []
    except metadata.PackageNotFoundError:
        return None
    for file in files:
        if str(file).endswith(MARKERS[package]):
            return file.locate().resolve().parents[LEVELS[package] - 1].as_posix()
    return None


print(";".join(found for found in map(prefix, MARKERS) if found))
