#pragma once
// The interval of a mean whose standard error was estimated too.

#include "entrospect/core/estimate.hpp"

namespace entrospect {

// center -+ t std_error with t the quantile of Student's distribution that leaves (1 - confidence) / 2 on each side.
Interval student_interval(double center, double std_error, double degrees_of_freedom, double confidence);

}  // namespace entrospect
