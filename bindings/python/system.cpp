// Facts about this build and this process.

#include <pybind11/stl.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "entrospect/bindings/python/bind.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/status.hpp"
#include "entrospect/spectral/backend.hpp"

namespace py = pybind11;

namespace entrospect::python {

void bind_system(py::module_& m) {
  m.attr("__version__") = ENTROSPECT_VERSION;
  m.def(
      "threadpool_info",
      [] {
        py::dict out;
        const char* variable = std::getenv("ENTROSPECT_NUM_THREADS");
        out["user_api"] = "entrospect";
        out["num_threads"] = thread_count({});
        out["ENTROSPECT_NUM_THREADS"] = variable != nullptr ? py::object(py::str(variable)) : py::object(py::none());
        out["version"] = ENTROSPECT_VERSION;
        out["lapack"] = lapack_available();
        return out;
      },
      "threadpool_info() -> dict[str, Any]\n\nThe library's own thread pool, in the manner of threadpoolctl, which cannot see it.");
  m.def(
      "statuses",
      [] {
        std::vector<std::string> names;
        for (int i = 0; i <= static_cast<int>(Status::nonsmooth); ++i)
          names.emplace_back(name(static_cast<Status>(i)));  // nonsmooth is the last
        return names;
      },
      "statuses() -> list[str]\n\nEvery status that an estimate can have.");
}

}  // namespace entrospect::python
