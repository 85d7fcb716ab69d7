// Facts about this build and this process.

#include <cstdlib>

#include "entrospect/bindings/python/bind.hpp"
#include "entrospect/core/parallel.hpp"
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
}

}  // namespace entrospect::python
