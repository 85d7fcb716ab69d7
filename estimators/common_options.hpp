#pragma once
// Options that every estimator of the catalogue has, by one mechanism: interval (uncertainty.hpp) and baseline (baseline.hpp). Doors see
// them in the field table like an estimator's own.

#include "entrospect/core/registry.hpp"

namespace entrospect {

// `info` with interval, blocks, replicates, fraction, confidence, baseline, baseline_draws and seed behind its fields, and with `run`,
// `footprint` and `gradient` that know them. One that the estimator has already, of the same kind and default, is shared: its seed and its
// confidence are those of interval and baseline too. Throws std::logic_error where it is another.
EstimatorInfo with_common_options(const EstimatorInfo& info);

}  // namespace entrospect
