# Shared by the scripts in this folder, which source it: what must be on the machine, and how it gets there.
# Every function says what it is about to do, and says nothing when there is nothing to do.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
venv=.venv
python=$venv/bin/python
jobs=$(nproc 2>/dev/null || echo 2)

say() { printf '\n==> %s\n' "$*"; }
die() { printf '\nerror: %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# need_packages NAME...: installs the Debian packages that are missing. Elsewhere need_tools and the configure step name what they miss.
need_packages() {
  command -v dpkg-query >/dev/null || return 0
  local package missing=()
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || die "this needs root once:  apt-get install ${missing[*]}"
  say "Installing Debian packages: ${missing[*]}"
  {
    as_root apt-get -q update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "${missing[@]}"
  } || die "the packages were not installed, for the reason above. As root:  apt-get update && apt-get install ${missing[*]}"
}

# need_tools PACKAGE...: compiler, make, CMake and Python with its headers, and the packages named. A tool counts as present wherever it
# comes from; its package is asked for only when the command is missing.
need_tools() {
  local packages=("$@")
  has_compiler || packages+=(g++)
  has_make || packages+=(make)
  has_cmake || packages+=(cmake)
  has_venv || packages+=(python3 python3-venv)
  has_python_headers || packages+=(python3-dev)
  need_packages "${packages[@]}"

  local lacks=()
  has_compiler || lacks+=("a C++20 compiler called c++ (Debian: g++)")
  has_make || lacks+=("make")
  has_cmake || lacks+=("cmake")
  has_venv || lacks+=("python3 of 3.10 or newer with the modules venv and ensurepip (Debian: python3-venv)")
  has_python_headers || lacks+=("Python.h of that python3 (Debian: python3-dev)")
  [ ${#lacks[@]} -eq 0 ] || die "not found on this machine, please install: $(printf '%s; ' "${lacks[@]}" | sed 's/; $//')"
}

has_compiler() { command -v c++ >/dev/null; }
has_make() { command -v make >/dev/null; }
has_cmake() { command -v cmake >/dev/null; }
has_venv() { python3 -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }
has_python_headers() {
  python3 -c 'import os, sysconfig as s; os.stat(os.path.join(s.get_path("include"), "Python.h"))' 2>/dev/null
}

# What the library, the command and their tests are built from.
library_packages=(libeigen3-dev libboost-dev nlohmann-json3-dev libcli11-dev libzip-dev libxxhash-dev libopenblas-dev libspectra-dev)
test_packages=(libgtest-dev)

# A private environment; nothing outside this folder changes. One that was moved here from elsewhere no longer works and is made anew.
need_venv() {
  [ "$("$python" -c 'import sys; print(sys.prefix)' 2>/dev/null)" = "$PWD/$venv" ] && return 0
  say "Creating the Python environment $venv"
  rm -rf "$venv"
  python3 -m venv "$venv"
}

pip_install() {
  "$python" -m pip install --quiet --disable-pip-version-check "$@" ||
    die "pip did not install $*, for the reason above. Once that is mended, the same script goes on from here."
}

# need_python NAME WORD...: pip install WORD... unless the same was installed before. NAME is for the record.
need_python() {
  local name=$1 stamp=$venv/entrospect-$1.stamp
  shift
  [ "$(cat "$stamp" 2>/dev/null)" = "$*" ] && return 0
  say "Installing into $venv: $*"
  pip_install "$@"
  printf '%s\n' "$*" > "$stamp"
}

# CMake 3.25 or newer: the system's, else one in the environment.
need_cmake() {
  cmake=cmake
  cmake -P /dev/stdin <<< 'if(CMAKE_VERSION VERSION_LESS 3.25) message(FATAL_ERROR old) endif()' 2>/dev/null && return 0
  need_python cmake 'cmake>=3.25'
  cmake=$PWD/$venv/bin/cmake
}

# One line that changes when any file that goes into the installed package changes.
source_fingerprint() {
  find CMakeLists.txt pyproject.toml README.md cmake core spectral estimators bindings -type f -not -path '*/__pycache__/*' -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum
}
