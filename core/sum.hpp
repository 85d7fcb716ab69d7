#pragma once
// Compensated sums in a fixed order (Neumaier 1974): the error does not grow with the number of terms.

#include <cmath>
#include <span>

namespace entrospect {

class Sum {
 public:
  void add(double term) {
    const double total = total_ + term;
    error_ += std::abs(total_) >= std::abs(term) ? (total_ - total) + term : (term - total) + total_;
    total_ = total;
  }
  [[nodiscard]] double value() const { return total_ + error_; }

 private:
  double total_ = 0, error_ = 0;
};

inline double sum(std::span<const double> terms) {
  Sum s;
  for (const double term : terms) s.add(term);
  return s.value();
}

}  // namespace entrospect
