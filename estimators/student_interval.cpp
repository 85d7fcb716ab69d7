#include "entrospect/estimators/student_interval.hpp"

#include <boost/math/distributions/students_t.hpp>

namespace entrospect {

Interval student_interval(double center, double std_error, double degrees_of_freedom, double confidence) {
  const boost::math::students_t student(degrees_of_freedom);
  const double half = boost::math::quantile(complement(student, (1 - confidence) / 2)) * std_error;
  return {center - half, center + half};
}

}  // namespace entrospect
