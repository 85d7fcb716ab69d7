#pragma once
// Which linear algebra this build calls.

#include <string>

namespace entrospect {

// "OpenBLAS 0.3.21 (Haswell)": library and the processor core that its kernels are chosen for; "none (Eigen)" when no LAPACK is built in.
std::string linear_algebra();

}  // namespace entrospect
