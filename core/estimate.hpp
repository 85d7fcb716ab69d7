#pragma once
// A number that says what it is.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "entrospect/core/diagnostics.hpp"
#include "entrospect/core/options.hpp"
#include "entrospect/core/status.hpp"
#include "entrospect/core/unit.hpp"

namespace entrospect {

struct Interval {
  double low = 0, high = 0;
};

// The same statistic where chance alone pairs or deals the data.
struct NullSummary {
  std::string method;     // "permutation", "wild-bootstrap"
  std::size_t count = 0;  // values drawn
  double mean = 0, sd = 0;
  Interval central;    // between the 2.5 % and the 97.5 % quantile of the values drawn
  double p_value = 1;  // (1 + #{null >= value}) / (1 + count)
};

struct Estimate {
  double value = 0;  // in `unit`; NaN only together with a status that is not ok
  Unit unit = Unit::nats;
  std::optional<double> std_error;   // same unit
  std::optional<Interval> interval;  // same unit
  std::string interval_method;       // "jackknife", "subsample", "repeats", "bounds", ...; empty when there is no interval or std_error
  std::optional<NullSummary> null;   // same unit
  std::optional<double> cap;         // largest value possible at this n and d, same unit
  Status status = Status::ok;
  std::string reason;         // one line for this result; advice(status) has the paragraph
  std::vector<Status> flags;  // every condition met, in order, the primary status included

  std::string estimator;                   // canonical name
  std::string convention;                  // id actually used
  std::string compat;                      // compat id, or empty
  std::vector<std::string> compat_faults;  // what the compat id reproduces
  OptionMap options;                       // every option with the value used
  std::size_t n = 0, d = 0;
  std::optional<std::uint64_t> seed;  // present when random numbers were drawn
  std::string backend_requested, backend_used;
  std::optional<double> residual;
  std::vector<std::string> warnings;
  Diagnostics diagnostics;

  std::string formula;      // with symbols
  std::string substituted;  // the same with the values used
  std::string citation;

  explicit operator double() const { return value; }
  [[nodiscard]] std::optional<double> normalized() const;  // value / cap
  [[nodiscard]] bool ok() const { return status == Status::ok; }
  [[nodiscard]] std::string text() const;     // one line: name = value unit +- error (convention; status)
  [[nodiscard]] std::string explain() const;  // formula with the values used, axes, n, d, cap, backend, what was dropped, citation

  void flag(Status s, std::string why);  // adds to flags; the first one that is not ok becomes the status
};

}  // namespace entrospect
