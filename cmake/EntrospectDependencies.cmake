# Finds every package in the order <Name>_ROOT, CMAKE_PREFIX_PATH, system; prints each choice; stops once, with one install line for all
# that is missing. In a wheel build the build-time Python packages (cmeel-eigen, boost-headers) come first on CMAKE_PREFIX_PATH. Spectra has
# no such package, so a wheel has Lanczos only where the system's Spectra is installed.

if(SKBUILD)
  find_package(Python REQUIRED COMPONENTS Interpreter)
  execute_process(
    COMMAND ${Python_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/build_packages.py
    OUTPUT_VARIABLE build_packages OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  list(PREPEND CMAKE_PREFIX_PATH ${build_packages})
endif()

set(missing_required "")
set(missing_optional "")

function(entrospect_print_choice name)
  if(${name}_VERSION)
    set(version " ${${name}_VERSION}")
  endif()
  message(STATUS "entrospect: ${name}${version} (${ARGN})")
endfunction()

# entrospect_need(<required | what is lost without it> <Name> <Debian package> <variable that holds the place found> <arguments of find_package>)
macro(entrospect_need importance name debian place)
  find_package(${name} ${ARGN} QUIET)
  if(${name}_FOUND)
    entrospect_print_choice(${name} ${${place}})
  elseif("${importance}" STREQUAL "required")
    list(APPEND missing_required ${debian})
  else()
    message(STATUS "entrospect: ${name} not found; without it ${importance}. Debian package: ${debian}")
    list(APPEND missing_optional "  ${debian}: without it ${importance}")
  endif()
endmacro()

find_package(Threads REQUIRED)
entrospect_need(required Eigen3 libeigen3-dev Eigen3_DIR 3.4 NO_MODULE)
entrospect_need(required BoostMath libboost-dev BoostMath_INCLUDE_DIR 1.74)
entrospect_need(required nlohmann_json nlohmann-json3-dev nlohmann_json_DIR 3.10 NO_MODULE)
entrospect_need(required LibZip libzip-dev LibZip_LIBRARY)
entrospect_need(required xxHash libxxhash-dev xxHash_LIBRARY)
if(ENTROSPECT_CLI)
  entrospect_need(required CLI11 libcli11-dev CLI11_DIR 2.1 NO_MODULE)
endif()
if(ENTROSPECT_PYTHON)
  entrospect_need(required Python python3-dev Python_EXECUTABLE 3.10 COMPONENTS Interpreter Development.Module)
  if(Python_FOUND AND NOT pybind11_ROOT AND NOT pybind11_DIR)
    # pybind11 as a package of this interpreter, when there is one: it fits it better than the system's.
    # (`python -m pybind11 --cmakedir` puts a path with a space into quotes.)
    execute_process(
      COMMAND ${Python_EXECUTABLE} -c "import pybind11; print(pybind11.get_cmake_dir())"
      OUTPUT_VARIABLE pybind11_ROOT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  entrospect_need(required pybind11 pybind11-dev pybind11_DIR 2.10 CONFIG)
endif()
if(ENTROSPECT_TESTS)
  entrospect_need(required GTest libgtest-dev GTest_DIR NO_MODULE)
endif()
if(ENTROSPECT_BENCHMARKS)
  entrospect_need(required benchmark libbenchmark-dev benchmark_DIR NO_MODULE)
endif()
if(ENTROSPECT_LAPACK STREQUAL "ON")
  entrospect_need(required OpenBLAS libopenblas-dev OpenBLAS_LIBRARIES)
elseif(ENTROSPECT_LAPACK STREQUAL "AUTO")
  entrospect_need("spectra and matrix products use Eigen, 2 to 5 times slower above n = 1000" OpenBLAS libopenblas-dev OpenBLAS_LIBRARIES)
else()
  message(STATUS "entrospect: BLAS and LAPACK off by ENTROSPECT_LAPACK=${ENTROSPECT_LAPACK}")
endif()
entrospect_need("a few leading eigenvalues cost as much as all of them: there is no backend 'lanczos'" Spectra libspectra-dev Spectra_DIR
  1.0 NO_MODULE)

if(missing_required)
  list(JOIN missing_required " " line)
  list(JOIN missing_optional "\n" optional)
  if(optional)
    string(PREPEND optional "\nOptional, also missing:\n")
  endif()
  message(FATAL_ERROR "Missing packages. Install them with\n  apt-get install ${line}\nor set <Name>_ROOT to where each one is.${optional}")
endif()
