#pragma once
// Estimates as text for machines. One row of schema v1; NaN and infinities become null.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "entrospect/core/estimate.hpp"
#include "entrospect/core/registry.hpp"

namespace entrospect::io {

// Of a row. 1 had no columns for the null.
inline constexpr int kRowSchema = 1;

// Where an estimate came from; empty fields become null.
struct RowOrigin {
  std::string cell, file, tensor;
  std::optional<std::int64_t> layer;
  double seconds = 0;
  std::vector<std::pair<std::string, std::string>> partners{};  // name, file and tensor of each further sample matrix; in the row's params
};

std::string to_json(const Estimate& estimate);                            // the estimate with all diagnostics
std::string row_json(const Estimate& estimate, const RowOrigin& origin);  // one line of results.jsonl
std::string catalogue_json();                                             // every estimator, field and convention: what generators read

}  // namespace entrospect::io
